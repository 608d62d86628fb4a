# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""zig: unpacked from a proved wheel, repaired, and called by one script for each target."""

from __future__ import annotations

import hashlib
import pathlib
import zipfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import zig
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

HOST = Platform("linux", "amd64")
FILES = {"ziglang/zig": '#!/bin/sh\necho zig "$@"\n', "ziglang/lib/a.h": "a\n", "ziglang-1.dist-info/METADATA": "Name: ziglang\n"}


@pytest.fixture
def wheel(tmp_path):
    def make(files=None):
        path = tmp_path / "zig.whl"
        with zipfile.ZipFile(path, "w") as opened:
            for name, text in (files or FILES).items():
                opened.writestr(name, text)
        return zig.Source("1", str(path), hashlib.sha256(path.read_bytes()).hexdigest())

    return make


def test_a_wheel_is_unpacked(tmp_path, wheel):
    assert zig.reasons(str(tmp_path), "1") == ("zig 1 is not there",)
    zig.install(str(tmp_path), wheel(), HOST)
    assert zig.reasons(str(tmp_path), "1") == ()
    installed = pathlib.Path(zig.binary(str(tmp_path), "1"))
    assert installed.stat().st_mode & 0o777 == 0o755
    assert not (installed.parent / "METADATA").exists()


def test_a_changed_file_is_seen_and_repaired(tmp_path, wheel):
    zig.install(str(tmp_path), wheel(), HOST)
    header = tmp_path / "zig" / "1" / "lib" / "a.h"
    header.write_text("b\n")
    assert zig.reasons(str(tmp_path), "1") == ("lib/a.h was changed",)
    zig.install(str(tmp_path), wheel(), HOST)
    assert header.read_text() == "a\n"


def test_a_wrong_checksum_leaves_nothing(tmp_path, wheel):
    with pytest.raises(GoPluginsError, match="has the SHA-256"):
        zig.install(str(tmp_path), wheel()._replace(checksum="0" * 64), HOST)
    assert not (tmp_path / "zig" / "1").exists()


@pytest.mark.parametrize("name", ["../evil", "ziglang/../../evil", "/evil", "other/zig"])
def test_entries_outside_are_refused(tmp_path, wheel, name):
    with pytest.raises(GoPluginsError, match="is refused"):
        zig.install(str(tmp_path), wheel({**FILES, name: "x"}), HOST)
    assert not (tmp_path / "zig" / "1").exists()


def test_a_wheel_of_something_else_is_refused(tmp_path, wheel):
    with pytest.raises(GoPluginsError, match="holds no zig"):
        zig.install(str(tmp_path), wheel({"ziglang/readme": "x"}), HOST)


def test_the_folder_of_others_is_left_alone(tmp_path, wheel):
    (tmp_path / "zig" / "1").mkdir(parents=True)
    with pytest.raises(GoPluginsError, match="not put there by this collection"):
        zig.install(str(tmp_path), wheel(), HOST)


@pytest.mark.parametrize(
    ("target", "glibc", "name", "of_zig"),
    [
        ("linux/amd64", "", "zig-1-linux-amd64-glibc2.17", "x86_64-linux-gnu.2.17"),
        ("linux/amd64", "2.28", "zig-1-linux-amd64-glibc2.28", "x86_64-linux-gnu.2.28"),
        ("linux/amd64", "2.9", "zig-1-linux-amd64-glibc2.9", "x86_64-linux-gnu.2.9"),
        ("linux/riscv64", "", "zig-1-linux-riscv64-glibc2.27", "riscv64-linux-gnu.2.27"),
        ("freebsd/amd64", "2.28", "zig-1-freebsd-amd64", "x86_64-freebsd"),
    ],
)
def test_one_command_for_each_target(tmp_path, target, glibc, name, of_zig):
    platform = Platform(*target.split("/"))
    command = zig.command(str(tmp_path), "1", platform, glibc)
    assert command == str(tmp_path / "bin" / name)
    assert zig.write_command(str(tmp_path), "1", platform, glibc) is True
    assert zig.write_command(str(tmp_path), "1", platform, glibc) is False
    assert f"-target {of_zig} " in pathlib.Path(command).read_text()


def test_the_command_speaks_as_gold_and_drops_what_asks_for_it(tmp_path, wheel, run_command):
    zig.install(str(tmp_path), wheel(), HOST)
    platform = Platform("linux", "arm64")
    zig.write_command(str(tmp_path), "1", platform, "")
    command = zig.command(str(tmp_path), "1", platform, "")
    assert run_command(command, "-fuse-ld=gold", "-Wl,--version") == "GNU gold\n"
    assert run_command(command, "a b.c", "-fuse-ld=gold", "-o", "x") == "zig cc -target aarch64-linux-gnu.2.17 a b.c -o x\n"


@pytest.fixture
def run_command():
    import subprocess

    return lambda *argv: subprocess.run(argv, check=True, capture_output=True, text=True).stdout
