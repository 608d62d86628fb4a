# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module was given, and what of it a result may show: all but the secrets."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import secrets_in

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# A shorter word is part of too many others: hiding it would spoil the paths in a result.
_SHORTEST = 4
_PLAIN_HEADERS = ("accept", "content-type", "host", "user-agent")
_SECRET_NAME = re.compile(r"(?i)pass(word|wd|phrase)?$|secret|token|credential|key$")


def show_all_but_secrets(module: AnsibleModule) -> None:
    """Let results show the options with C(no_log), and hide the secrets in all options and in the environment, wherever they turn up.

    C(no_log) keeps a value out of the system's log, which is written before anything can hide a part of it.
    """
    given = list(_texts(module.params))
    words = [word for text in (*given, *os.environ.values()) for word in secrets_in(text)]
    of_plugins = [plugin.get("load_environment") for plugin in module.params.get("plugins") or () if isinstance(plugin, dict)]
    for environment in (module.params.get("environment"), *of_plugins):
        words += [value for name, value in (environment or {}).items() if _SECRET_NAME.search(name) and isinstance(value, str)]
    words += [module.params.get("secret") or "", *_of_requests(module.params.get("health") or ())]
    module.no_log_values.difference_update(given)
    module.no_log_values.update(word for word in words if len(word) >= _SHORTEST)


def hide(module: AnsibleModule, word: str) -> None:
    """Hide a secret that the module found on the host."""
    if len(word) >= _SHORTEST:
        module.no_log_values.add(word)


def _of_requests(requests: t.Any) -> t.Iterator[str]:
    """What may be secret in the requests that a module shall send."""
    for request in requests:
        if isinstance(request, dict):
            yield from (str(value) for name, value in (request.get("headers") or {}).items() if str(name).lower() not in _PLAIN_HEADERS)
            yield request.get("body") or ""


def _texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
