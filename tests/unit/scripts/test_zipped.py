# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Python compiles of a zip is kept, and what runs is what the zip says."""

from __future__ import annotations

import pathlib
import subprocess
import sys
import zipfile

import pytest

SCRIPTS = pathlib.Path(__file__).resolve().parents[3] / "scripts"
# Prints a path for each source that is compiled, then what the module says and where its code comes from.
PROGRAM = """\
import sys, zipimport

compile_source = zipimport._compile_source

def told(path, source):
    print("compiled", path)
    return compile_source(path, source)

zipimport._compile_source = told
archive, folder, scripts = sys.argv[1:]
sys.path.insert(0, scripts)
import zipped

zipped.keep(folder)
sys.path.insert(0, archive)
import sent

print(sent.say(), sent.say.__code__.co_filename)
"""


@pytest.fixture
def run(tmp_path):
    """run(name of the archive, word, folder) -> the lines that the program prints."""

    def run(name, word, folder=tmp_path):
        archive = tmp_path / name
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("sent.py", f"def say():\n    return {word!r}\n")
        command = [sys.executable, "-S", "-c", PROGRAM, str(archive), str(folder), str(SCRIPTS)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    return run


def test_the_same_source_is_compiled_once_wherever_it_comes_from(run, tmp_path):
    assert run("a.zip", "one") == [f"compiled {tmp_path}/a.zip/sent.py", f"one {tmp_path}/a.zip/sent.py"]
    assert run("a.zip", "one") == [f"one {tmp_path}/a.zip/sent.py"]
    # Tracebacks name the file that runs.
    assert run("b.zip", "one") == [f"one {tmp_path}/b.zip/sent.py"]


def test_another_source_is_compiled(run, tmp_path):
    run("a.zip", "one")
    # As long as the other, and as old.
    assert run("a.zip", "two") == [f"compiled {tmp_path}/a.zip/sent.py", f"two {tmp_path}/a.zip/sent.py"]


@pytest.mark.parametrize("left", [0, 1, -1], ids=["nothing", "its first byte", "all but its last byte"])
def test_what_is_not_whole_is_compiled_again(run, tmp_path, left):
    kept = tmp_path / "kept"
    kept.mkdir()
    run("a.zip", "one", kept)
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:left])
    assert run("a.zip", "one", kept) == [f"compiled {tmp_path}/a.zip/sent.py", f"one {tmp_path}/a.zip/sent.py"]
    assert [path.read_bytes() for path in kept.iterdir()] == [whole]


def test_where_nothing_can_be_kept_it_runs_all_the_same(run, tmp_path):
    for _time in range(2):
        assert run("a.zip", "one", tmp_path / "missing")[-1] == f"one {tmp_path}/a.zip/sent.py"
