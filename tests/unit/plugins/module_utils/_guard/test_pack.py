# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file that is the program: the same bytes each time, nothing in it that it does not import, and it runs by itself."""

from __future__ import annotations

import io
import pathlib
import shutil
import subprocess
import sys
import zipfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._guard import pack

PACK = f"""
import sys
{{before}}
from {pack.PACKAGE}._guard import pack
sys.stdout.buffer.write(pack.pack(pack.GUARD, sys.executable))
"""


def packed(python, collections, before=""):
    code = PACK.format(before=before)
    return subprocess.run([python, "-c", code], env={"PYTHONPATH": str(collections)}, check=True, capture_output=True).stdout


def pythons():
    """From release to path: the Python of the tests, and one of each other release that is at hand and that targets may have."""
    found = {f"3.{sys.version_info[1]}": sys.executable}
    installed = sorted(pathlib.Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python3"))
    for path in (*(shutil.which(f"python3.{minor}") for minor in range(8, 20)), *installed):
        code = "import sys; print('3.%d' % sys.version_info[1] if sys.version_info >= (3, 8) else '')"
        done = subprocess.run([path, "-c", code], check=False, capture_output=True, text=True) if path else None
        if done and done.stdout.strip():
            found.setdefault(done.stdout.strip(), str(path))
    return found


PYTHONS = pythons()


@pytest.fixture(scope="module")
def archive(collections):
    return packed(sys.executable, collections)


def test_the_same_code_and_python_give_the_same_bytes(archive, collections):
    # What else a process has in memory decides which strings are shared, and marshal may write that down.
    others = "import json, argparse, subprocess, typing, ast; words = [chr(n) + 'path' for n in range(99)]"
    assert packed(sys.executable, collections, others) == archive
    assert packed(sys.executable, collections, f"import {pack.GUARD}") == archive


def test_it_holds_what_it_imports_and_no_more(archive, repository):
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        names = [name for name in file.namelist() if name.endswith(".py")]
        assert {f"{name}c" for name in names} | set(names) == set(file.namelist())
        sources = {name: file.read(name).decode() for name in names}
    folder = pack.PACKAGE.replace(".", "/")
    rooms = {name[len(folder) + 1 :].split("/")[0].split(".")[0] for name in names if name.startswith(f"{folder}/")}
    assert rooms == {"__init__", "_command", "_definitions", "_errors", "_files", "_gateway", "_gobinary", "_golang", "_guard", "_verdict"}
    assert not [name for name in names if name.endswith(("pack.py", "_gateway/checkout.py", "_golang/gomod.py"))]
    for name, source in sources.items():
        if name.startswith(f"{folder}/_") and not name.startswith(f"{folder}/__init__"):
            assert source == (repository / "plugins" / "module_utils" / name[len(folder) + 1 :]).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("python", PYTHONS.values(), ids=list(PYTHONS))
@pytest.mark.parametrize("packer", ["own", "other"])
def test_any_python_runs_it_alone(python, packer, archive, collections, tmp_path):
    """Isolated, without the packages of the system, whichever Python compiled it."""
    guard = tmp_path / "guard.pyz"
    guard.write_bytes(archive if packer == "other" else packed(python, collections))
    guard.chmod(0o755)
    command = [python, "-IS", str(guard)] if packer == "other" else [str(guard)]
    done = subprocess.run(
        [*command, "check", "--gateway=/nowhere", "--conf=/nowhere"], env={}, cwd="/", check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "tyk-plugin-guard: the guard itself failed, the plugins were not checked: /nowhere: No such file or directory Fix: ls -ld /\n"
    )


def test_python_takes_its_own_code_and_not_the_source(archive, tmp_path):
    """So it starts in a third of the time: the source may be anything then."""
    guard = tmp_path / "guard.pyz"
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(broken, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, b"1 / 0" if entry.filename.endswith(".py") else old.read(entry))
    guard.write_bytes(broken.getvalue())
    done = subprocess.run([sys.executable, "-IS", str(guard), "--help"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_it_wrote_is_known_again(archive, tmp_path):
    path = tmp_path / "guard.pyz"
    path.write_bytes(archive)
    assert pack.read(str(path)) == archive
    assert len(pack.listed(archive)) > 100 and pack.listed(archive)[0].startswith("#!")
    path.write_bytes(archive[:5000])
    assert pack.read(str(path)) == archive[:5000] and pack.listed(archive[:5000]) == []
    for other in (b"", b"#!/bin/sh\n", archive.split(b"\n", 2)[2]):
        path.write_bytes(other)
        assert pack.read(str(path)) is None
    (tmp_path / "link").symlink_to(path)
    assert pack.read(str(tmp_path / "link")) is None
    assert pack.read(str(tmp_path)) is None
    with pytest.raises(FileNotFoundError):
        pack.read(str(tmp_path / "nowhere"))
