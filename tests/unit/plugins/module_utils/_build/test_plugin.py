# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of plugins and of their artifacts."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._module import arguments
from hypothesis import given
from hypothesis import strategies as st


def test_artifacts_are_named_as_the_gateway_looks_for_them():
    assert plugin.artifact_name("testplugin", "v5.3.6", Platform("linux", "arm64")) == "testplugin_v5.3.6_linux_arm64.so"


@given(st.text(max_size=8))
def test_no_name_leaves_its_folder(name):
    try:
        file = plugin.artifact_name(name, "v1.0.0", Platform("linux", "amd64"))
    except GoPluginsError:
        return
    assert "/" not in file and "\0" not in file and ".." not in file and not file.startswith((".", "-"))


def test_the_hosts_own_compiler_and_a_cross_compiler():
    assert arguments.compiler(None, host_platform()) in ("gcc", "cc")
    assert arguments.compiler("zig cc", Platform("linux", "s390x")) == "zig cc"
    assert arguments.compiler(None, Platform("linux", "s390x")) == "s390x-linux-gnu-gcc"


def test_a_target_without_a_known_compiler_asks_for_one():
    with pytest.raises(GoPluginsError, match="no C compiler is known for darwin/arm64"):
        arguments.compiler(None, Platform("darwin", "arm64"))
