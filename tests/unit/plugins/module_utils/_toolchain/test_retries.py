# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a download is tried again, and how long it waits before."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import retries


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, [1, 2, 4]), ("", [1, 2, 4]), ("0", []), ("1", [1]), ("8", [1, 2, 4, 8, 16, 32, 60, 60])],
)
def test_each_further_try_waits_longer(monkeypatch, text, expected):
    monkeypatch.delenv(retries.VARIABLE, raising=False)
    if text is not None:
        monkeypatch.setenv(retries.VARIABLE, text)
    assert retries.pauses() == expected


@pytest.mark.parametrize("text", ["-1", "21", "many", "1.5", "²"])
def test_what_is_no_number_of_tries_is_refused(monkeypatch, text):
    monkeypatch.setenv(retries.VARIABLE, text)
    with pytest.raises(GoPluginsError, match="GOPLUGINS_RETRIES is") as error:
        retries.pauses()
    assert error.value.fix == "GOPLUGINS_RETRIES=3"
