# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options with C(no_log): a result may show all of them but the secrets in them."""

from __future__ import annotations

import re
import typing as t
import urllib.parse

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# scheme://user:PASSWORD@host; the user alone is no secret.
_PASSWORD = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@]*:([^/\s]+)@")
# A shorter word is part of too many others: hiding it would spoil the paths in a result.
_SHORTEST = 4


def show_all_but(module: AnsibleModule, text: str, secrets: t.Iterable[str]) -> None:
    """Let results show the value of an option with C(no_log), and hide its C(secrets).

    C(no_log) keeps the value out of the system's log, which is written before anything can hide a part of it.
    """
    module.no_log_values.discard(text)
    module.no_log_values.update(word for word in secrets if len(word) >= _SHORTEST)


def passwords(text: str) -> list[str]:
    """The passwords in the URLs of a text, as they are written there, and decoded."""
    found = _PASSWORD.findall(text)
    return list(dict.fromkeys(word for password in found for word in (password, urllib.parse.unquote(password))))
