# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scripts/setup on machines that lack something."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLAIN = ["awk", "basename", "cat", "cmp", "dirname", "env", "id", "ln", "mkdir", "rm", "sed", "sh", "uname"]


@pytest.fixture
def machine(tmp_path):
    """A machine with the commands that every system has, and those that are given as name=script."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in PLAIN:
        (tools / name).symlink_to(shutil.which(name))

    def run(**commands):
        for name, script in commands.items():
            path = tools / name.replace("_", "-").replace("python3-11", "python3.11")
            # What stands there may be a link to the system's own.
            path.unlink(missing_ok=True)
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        done = subprocess.run(
            [str(folder / "scripts" / "setup"), "build"],
            env={"PATH": str(tools), "HOME": str(tmp_path)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert not (folder / ".venv").exists()
        return done

    return run


def test_everything_that_is_missing_is_named_at_once_with_the_command_that_installs_it(machine):
    done = machine(apt_get="exit 9", id="echo 0")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "This machine lacks: Python 3.11, 3.12 or 3.13, a C compiler with the headers of the C library, git.",
        "Install with: apt-get install python3 python3-venv gcc libc6-dev git",
    ]


def test_who_is_not_root_is_told_to_use_sudo(machine):
    assert "Install with: sudo dnf install " in machine(dnf="exit 9", id="echo 1000").stderr


def test_a_python_without_venv_is_named(machine):
    python = 'case "$2" in *ensurepip*) exit 1 ;; esac'
    done = machine(apt_get="exit 9", id="echo 0", python3_11=python, git="", gcc="", cc="")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "This machine lacks: the venv module of python3.11.",
        "Install with: apt-get install python3.11-venv",
    ]


def test_a_shim_without_a_python_behind_it_is_no_python(machine):
    done = machine(python3="echo 'pyenv: python3: command not found' >&2; exit 127", git="", gcc="", cc="")
    assert done.returncode == 1
    assert "lacks: Python 3.11, 3.12 or 3.13." in done.stderr


def test_a_compiler_without_headers_is_no_compiler(machine):
    done = machine(apt_get="exit 9", id="echo 0", python3="", git="", gcc="exit 1", cc="exit 1")
    assert done.returncode == 1
    assert "libc6-dev" in done.stderr
