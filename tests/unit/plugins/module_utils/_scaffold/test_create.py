# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A folder that is created whole or not at all, and never written over."""

from __future__ import annotations

import concurrent.futures
import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._scaffold import create

FILES = {"README.md": "read me\n", "enrich/go.mod": "module m\n"}
MARK = "enrich/go.mod"


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("there", [False, True])
def test_it_is_created_where_nothing_is_or_an_empty_folder(tmp_path, there):
    folder = tmp_path / "above" / "enrich"
    if there:
        folder.mkdir(parents=True)
    assert create.other_files(str(folder), FILES, MARK) is None
    assert create.create(str(folder), FILES, MARK)
    assert texts(folder) == FILES
    assert os.listdir(folder.parent) == ["enrich"]
    assert create.other_files(str(folder), FILES, MARK) == []


def test_what_was_changed_is_named_and_left_alone(tmp_path):
    folder = tmp_path / "enrich"
    create.create(str(folder), FILES, MARK)
    (folder / "README.md").write_text("mine\n")
    assert create.other_files(str(folder), FILES, MARK) == ["README.md"]
    (folder / "README.md").unlink()
    assert create.other_files(str(folder), FILES, MARK) == ["README.md"]
    assert not create.create(str(folder), FILES, MARK)
    assert texts(folder) == {MARK: FILES[MARK]}


@pytest.mark.parametrize("what", ["another folder", "a file", "a link to nothing"])
def test_anything_else_is_refused_and_left_alone(tmp_path, what):
    folder = tmp_path / "enrich"
    if what == "another folder":
        folder.mkdir()
        (folder / "notes.txt").write_text("mine\n")
    elif what == "a file":
        folder.write_text("mine\n")
    else:
        folder.symlink_to("nowhere")
    before = os.lstat(folder)
    with pytest.raises(
        GoPluginsError, match=f"{'is not empty' if what == 'another folder' else 'is not a folder'}.*nothing is written there"
    ):
        create.other_files(str(folder), FILES, MARK)
    with pytest.raises((GoPluginsError, OSError)):
        create.create(str(folder), FILES, MARK)
    assert os.lstat(folder).st_ino == before.st_ino and os.listdir(tmp_path) == ["enrich"]


def test_a_run_that_fails_in_its_middle_leaves_nothing(tmp_path, monkeypatch):
    real = _files.write_atomically

    def write(path, data):
        if path.endswith("go.mod"):
            raise OSError(28, "No space left on device")
        real(path, data)

    monkeypatch.setattr(create, "write_atomically", write)
    with pytest.raises(OSError, match="No space"):
        create.create(str(tmp_path / "enrich"), FILES, MARK)
    assert os.listdir(tmp_path) == []


def test_of_runs_at_once_one_creates_it(tmp_path):
    folder = str(tmp_path / "enrich")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _number: create.create(folder, FILES, MARK), range(16)))
    assert sorted(made) == [False] * 15 + [True]
    assert texts(tmp_path / "enrich") == FILES and os.listdir(tmp_path) == ["enrich"]


def test_what_a_killed_run_left_beside_it_is_removed(tmp_path):
    folder = tmp_path / "enrich"
    assert create.create(str(folder), {"go.mod": "module x\n"}, "go.mod")
    left, other = tmp_path / ".enrich.goplugins-abcdefgh", tmp_path / ".other.goplugins-abcdefgh"
    left.mkdir()
    other.mkdir()
    create.swept(str(folder))
    assert sorted(path.name for path in tmp_path.iterdir()) == [other.name, "enrich"]
