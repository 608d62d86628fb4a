# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the matrix says of a machine that lacks something."""

from __future__ import annotations

import pathlib

import pytest
from ansible_collections.goplugins.tyk.tests.matrix import machine
from ansible_collections.goplugins.tyk.tests.matrix.darwin import TARGETS, write_sdk
from ansible_collections.goplugins.tyk.tests.matrix.table import File


@pytest.fixture
def bare(monkeypatch):
    """A machine on which no compiler works and no command is found."""
    monkeypatch.setattr(machine, "_compiles", lambda _compiler, _flag: False)
    monkeypatch.setattr(machine, "find_zig", lambda: "/somewhere/zig")
    monkeypatch.setattr(machine.shutil, "which", lambda _command: None)


def test_everything_that_is_missing_is_named_at_once(bare):
    files = [File(), File(platform="linux/s390x"), File(after="strip")]
    assert machine.lacking(files) == (
        "This machine lacks gcc, s390x-linux-gnu-gcc, qemu-s390x-static, strip, or what belongs to it.\n"
        "Install with: apt-get install --no-install-recommends"
        " gcc libc6-dev gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user-static binutils"
    )


def test_the_linker_for_macos(bare):
    assert "clang-16 lld-16" in machine.lacking([File(platform="darwin/arm64", cc="clang")])


@pytest.mark.parametrize("file", [File(cc="zig"), File(cc="zig-musl"), File(platform="darwin/arm64", cc="clang")])
def test_zig_comes_from_the_requirements(bare, monkeypatch, file):
    monkeypatch.setattr(machine, "find_zig", lambda: "")
    assert machine.lacking([file]) == "This machine lacks zig.\nInstall with: scripts/setup matrix"


def test_cures_find_zig_where_there_is_one(bare, monkeypatch):
    assert machine.with_zig("/usr/bin:/bin") == "/usr/bin:/bin:/somewhere"
    monkeypatch.setattr(machine, "find_zig", lambda: "")
    assert machine.with_zig("/usr/bin:/bin") == "/usr/bin:/bin"


def test_a_machine_with_all_of_it_lacks_nothing(monkeypatch):
    monkeypatch.setattr(machine, "_compiles", lambda _compiler, _flag: True)
    monkeypatch.setattr(machine.shutil, "which", lambda command: f"/usr/bin/{command}")
    assert machine.lacking([File(), File(platform="linux/arm64"), File(cc="clang"), File(after="strip")]) == ""


def test_a_platform_that_cannot_run_here():
    assert machine.runner("linux/amd64") == ()
    assert machine.runner("linux/arm64")[0] == "qemu-aarch64-static"
    assert machine.runner("freebsd/amd64") is None


def test_the_sdk_knows_the_kind_of_arm64_that_go_makes(tmp_path):
    libc = tmp_path / "libc"
    (libc / "darwin").mkdir(parents=True)
    (libc / "darwin" / "libSystem.tbd").write_text("targets: [ x86_64-macos, arm64e-macos,\n    arm64e.x1-macos ]\n")
    compilers = write_sdk(tmp_path / "sdk", libc)
    assert (tmp_path / "sdk" / "libSystem.tbd").read_text() == "targets: [ x86_64-macos, arm64-macos ]\n"
    assert compilers.keys() == TARGETS.keys()
    assert "-target arm64-apple-macos11" in pathlib.Path(compilers["darwin/arm64"].strip("'")).read_text()
