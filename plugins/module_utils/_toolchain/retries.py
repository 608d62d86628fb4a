# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a download that fails for a passing reason is tried again: the one place that says it."""

from __future__ import annotations

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

VARIABLE = "GOPLUGINS_RETRIES"
_RETRIES = 3
_MOST = 20
_LONGEST_PAUSE = 60.0


def pauses() -> list[float]:
    """Seconds before each further try. The environment says how many there are. Raises GoPluginsError."""
    return [min(2.0**number, _LONGEST_PAUSE) for number in range(tries_of(os.environ.get(VARIABLE, "")))]


def tries_of(text: str) -> int:
    """The number of further tries that C(text) says, the usual one if it is empty. Raises GoPluginsError."""
    text = text or str(_RETRIES)
    if not text.isascii() or not text.isdigit() or int(text) > _MOST:
        raise GoPluginsError(f"{VARIABLE} is {text!r}, not a number from 0 to {_MOST}", f"GOPLUGINS_RETRIES={_RETRIES}")
    return int(text)
