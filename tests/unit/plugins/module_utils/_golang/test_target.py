# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets."""

from __future__ import annotations

import json
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import target


def test_a_target_with_plugin_mode():
    assert target.parse_target("linux/arm64", "1.22.7") == ("linux", "arm64")
    assert str(target.parse_target("freebsd/amd64", "1.22.7")) == "freebsd/amd64"


@pytest.mark.parametrize("text", ["freebsd/arm64", "windows/amd64", "linux", "linux/amd64/x", "", "linux/../x", "Linux/amd64"])
def test_a_target_without_plugin_mode_is_refused_with_what_is_possible(text):
    with pytest.raises(GoPluginsError, match="no plugin mode") as caught:
        target.parse_target(text, "1.22.7")
    assert "linux/s390x" in caught.value.fix


def test_a_target_that_came_with_a_later_go():
    with pytest.raises(GoPluginsError, match=r"Go 1.19.13 has no plugin mode for linux/loong64; it came with Go 1.22"):
        target.parse_target("linux/loong64", "1.19.13")


def test_the_table_names_only_targets_that_go_knows(go):
    known = {
        f"{one['GOOS']}/{one['GOARCH']}"
        for one in json.loads(subprocess.run([go, "tool", "dist", "list", "-json"], check=True, capture_output=True).stdout)
    }
    assert set(target.PLUGIN_TARGETS) <= known
