# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one error that every room raises, and how a module reports it."""

from __future__ import annotations

import re
import typing as t

# scheme://user:secret@host and scheme://token@host, wherever they stand in a text.
_URL_CREDENTIALS = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)[^/\s'\"]+@")


def mask_credentials(text: str) -> str:
    """Hide user names, passwords and tokens in every URL of C(text)."""
    return _URL_CREDENTIALS.sub(r"\g<scheme>***@", text)


class GoPluginsError(Exception):
    """Something is wrong that the user can understand and fix.

    message: what is wrong, where, and what was expected; one or two sentences.
    fix: the commands or the setting that put it right, as the user would type them, one a line.
    details: further keys for the result of the module (str, int or list of str), e.g. cmd, rc, stdout, stderr.
    """

    def __init__(self, message: str, fix: str | None = None, **details: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.details = details

    def as_failure(self) -> dict[str, t.Any]:
        """As one of several failures in a result: the message, and the lines of the fix, with credentials masked."""
        return {"message": mask_credentials(self.message), "fix": mask_credentials(self.fix or "").splitlines()}

    def as_result(self) -> dict[str, t.Any]:
        """The keyword arguments for C(AnsibleModule.fail_json), with credentials masked."""
        text = f"{self.message}\nFix: {self.fix}" if self.fix else self.message
        result: dict[str, t.Any] = {"msg": mask_credentials(text)}
        for key, value in self.details.items():
            result[key] = _masked(value)
        return result


def _masked(value: t.Any) -> t.Any:
    if isinstance(value, str):
        return mask_credentials(value)
    if isinstance(value, (list, tuple)):
        return [_masked(item) for item in value]
    return value
