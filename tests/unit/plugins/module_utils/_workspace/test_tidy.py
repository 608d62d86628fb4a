# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said when go fails while a workspace is made; that it succeeds is for the integration tests."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.tidy import Stage


@pytest.fixture
def stage(tmp_path):
    """stage(what go says): a stage in which each run of go fails and says that. The user has its plugin in /home/ann/auth."""

    def make(said, cache=""):
        go = tmp_path / "goroot" / "bin" / "go"
        go.parent.mkdir(parents=True)
        go.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{said}\nEND\nexit 1\n")
        go.chmod(0o755)
        toolchain, plugin = Go(str(tmp_path / "goroot"), "1.22.7"), tmp_path / "plugin"
        plugin.mkdir()
        shown = {str(plugin): "/home/ann/auth"}
        return Stage("auth", ".", toolchain, ["list", "-tags=a"], str(plugin), "", {"GOCACHE": cache}, shown, (), (), print)

    return make


EXCLUDED = "package m\n\timports x: build constraints exclude all Go files in "


def test_files_that_constraints_leave_out_are_those_of_the_package_that_go_names(stage, tmp_path):
    one = stage(EXCLUDED + str(tmp_path / "plugin" / "util"))
    (tmp_path / "plugin" / "hooks.go").write_text("package main\n")
    (tmp_path / "plugin" / "util").mkdir()
    (tmp_path / "plugin" / "util" / "u.go").write_text("//go:build ee\n\npackage util\n")
    with pytest.raises(GoPluginsError) as caught:
        one.packages()
    assert caught.value.message.endswith("in /home/ann/auth/util\nu.go: //go:build ee\nthe gateway's tags: a")
    assert caught.value.fix.startswith("take the constraint out of the files")


def test_a_package_of_others_that_constraints_leave_out_is_not_for_the_user_to_change(stage):
    with pytest.raises(GoPluginsError) as caught:
        stage(EXCLUDED + "/srv/go/1.22.7/src/iter").packages()
    assert caught.value.message.endswith("/srv/go/1.22.7/src/iter")
    assert caught.value.fix.startswith("do without that package")


@pytest.mark.parametrize(
    ("content", "message"), [("spoiled", r"Go's build cache .* is spoiled"), (None, "(?s)does not resolve.*not in std")]
)
def test_a_spoiled_build_cache_is_named_rather_than_what_go_says_then(tmp_path, content, message):
    go = tmp_path / "goroot" / "bin" / "go"
    go.parent.mkdir(parents=True)
    go.write_text("#!/bin/sh\necho 'main.go:2:8: package fmt is not in std (/go/src/fmt)' >&2\nexit 1\n")
    go.chmod(0o755)
    cache = tmp_path / "cache"
    (cache / "aa").mkdir(parents=True)
    if content:
        (cache / "aa" / f"{'a' * 64}-d").write_text(content)
    stage = Stage("p", ".", Go(str(tmp_path / "goroot"), "1.22.7"), ["list"], str(tmp_path), "", {"GOCACHE": str(cache)}, {}, (), (), print)
    with pytest.raises(GoPluginsError, match=message):
        stage.packages()
