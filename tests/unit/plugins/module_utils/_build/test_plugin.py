# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of plugins and of their artifacts."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._module import arguments
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import record, workspace
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


PROFILE = profile.Profile(
    **dict.fromkeys(("module", "modified", "go_directive", "gcflags", "asmflags", "pgo", "goexperiment", "gofips140", "source"), ""),
    **dict.fromkeys(("race", "msan", "asan", "cover", "trimpath"), False),
    version="v5.3.6",
    commit="c" * 40,
    commit_time="20240924125426",
    go_version="1.22.7",
    tags=(),
    cpu={},
    assumed=(),
)
SUMS = ("a.b/c v1.0.0 h1:abc=", "a.b/c v1.0.0/go.mod h1:def=")


@pytest.fixture
def inputs_of(tmp_path):
    """inputs_of(root, go_work_sum): the inputs of the plugin's build in a workspace below a root, beside the checkout."""

    def read(root="root", go_work_sum=SUMS):
        folder = tmp_path / root / "workspaces" / "p"
        (folder / "plugin").mkdir(parents=True, exist_ok=True)
        (folder / "plugin" / "p.go").write_text("package main\n")
        checkout = str(tmp_path / root / "gateway")
        gateway = os.path.relpath(checkout, folder)
        pins = {("example.com/tyk", "v0.0.0-20240924125426-1db1935d8992"): gateway}
        (folder / "go.work").write_text(workspace.work_text("1.22.6", ["./plugin", gateway], pins))
        (folder / "go.work.sum").write_text("".join(f"{line}\n" for line in go_work_sum))
        known = record.Record("d", "f", "s", "p", ".", "/source", checkout, {}, SUMS, record.Facts((), (), {}, "p", "p"))
        wanted = plugin.Wanted(str(folder), PROFILE, Go("/go", "1.22.7"), Platform("linux", "amd64"), "cc", "", (), str(tmp_path), 1, {})
        return plugin._request(wanted, known).sources

    return read


def test_the_inputs_are_equal_below_every_root(inputs_of):
    assert inputs_of("root") == inputs_of("another/deep/root")
    assert set(inputs_of()) == {"gateway", "plugin", "go.work", "go.work.sum"}


@pytest.mark.parametrize("lines", [SUMS[:1], (SUMS[0], SUMS[1].replace("def", "xyz")), ()])
def test_a_line_of_go_work_sum_that_was_changed_or_taken_out_is_a_change(inputs_of, lines):
    before = inputs_of()
    assert [name for name, value in inputs_of(go_work_sum=lines).items() if value != before[name]] == ["go.work.sum"]


def test_a_line_that_go_added_to_go_work_sum_is_none(inputs_of):
    assert inputs_of(go_work_sum=("a.b/b v1.0.0 h1:new=", *reversed(SUMS))) == inputs_of()
