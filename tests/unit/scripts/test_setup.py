# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scripts/setup on machines that lack something."""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLAIN = ["awk", "basename", "cat", "chmod", "cp", "dirname", "env", "id", "ln", "mkdir", "rm", "sed", "sh", "sleep", "uname"]

# A Python that makes an environment, installs into it slowly, and notes both; what is left of it it does as a real one.
SLOW_PYTHON = """
case $* in
    '-m venv '*) echo venv >>"$HOME/log"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    '-m pip --version') ;;
    '-m pip install '*) echo begin >>"$HOME/log"; sleep 1; echo end >>"$HOME/log" ;;
    *) exec {python} "$@" ;;
esac
"""


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

    def start(**commands):
        for name, script in commands.items():
            path = tools / name.replace("_", "-").replace("python3-11", "python3.11")
            # What stands there may be a link to the system's own.
            path.unlink(missing_ok=True)
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        return subprocess.Popen(
            [str(folder / "scripts" / "setup"), "build"],
            env={"PATH": str(tools), "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def refused(machine, tmp_path):
    """What setup says on a machine with these commands, which lacks something."""

    def run(**commands):
        process = machine(**commands)
        _stdout, stderr = process.communicate()
        assert not (tmp_path / "checkout" / ".venv").exists()
        assert process.returncode == 1
        return stderr

    return run


def test_everything_that_is_missing_is_named_at_once_with_the_command_that_installs_it(refused):
    said = refused(apt_get="exit 9", id="echo 0")
    assert said.splitlines() == [
        "This machine lacks: Python 3.11, 3.12 or 3.13, a C compiler with the headers of the C library, git.",
        "Install with: apt-get install python3 python3-venv gcc libc6-dev git",
    ]


def test_who_is_not_root_is_told_to_use_sudo(refused):
    assert "Install with: sudo dnf install " in refused(dnf="exit 9", id="echo 1000")


def test_a_python_without_venv_is_named(refused):
    python = 'case "$2" in *ensurepip*) exit 1 ;; esac'
    said = refused(apt_get="exit 9", id="echo 0", python3_11=python, git="", gcc="", cc="")
    assert said.splitlines() == [
        "This machine lacks: the venv module of python3.11.",
        "Install with: apt-get install python3.11-venv",
    ]


def test_a_shim_without_a_python_behind_it_is_no_python(refused):
    said = refused(python3="echo 'pyenv: python3: command not found' >&2; exit 127", git="", gcc="", cc="")
    assert "lacks: Python 3.11, 3.12 or 3.13." in said


def test_a_compiler_without_headers_is_no_compiler(refused):
    said = refused(apt_get="exit 9", id="echo 0", python3="", git="", gcc="exit 1", cc="exit 1")
    assert "libc6-dev" in said


def test_two_at_once_make_one_environment_one_after_the_other(machine, tmp_path):
    commands = {"python3": SLOW_PYTHON.format(python=sys.executable), "git": "", "gcc": "", "cc": "", "go": "echo go1.26.0"}
    processes = [machine(**commands) for _number in range(3)]
    said = [process.communicate(timeout=60) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    # Who waited finds all done.
    assert (tmp_path / "log").read_text().split() == ["venv", "begin", "end"]
    assert sum("waiting for it to end" in stdout for stdout, _stderr in said) == 2


def test_a_killed_one_leaves_no_lock(machine, tmp_path):
    commands = {"python3": SLOW_PYTHON.format(python=sys.executable), "git": "", "gcc": "", "cc": "", "go": "echo go1.26.0"}
    first = machine(**commands)
    deadline = time.monotonic() + 30
    while not (tmp_path / "log").exists() or "begin" not in (tmp_path / "log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    first.kill()
    first.communicate(timeout=60)
    second = machine(**commands)
    _stdout, stderr = second.communicate(timeout=60)
    assert second.returncode == 0, stderr
    assert (tmp_path / "checkout" / ".venv" / "complete-build").exists()
