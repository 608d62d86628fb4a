# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several runs put into one folder: each file as a whole, and nothing of those that were killed."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import shared_folder


def test_files_stand_under_their_names_alone_with_the_usual_permissions(tmp_path):
    folder = tmp_path / "new" / "folder"
    shared_folder.write(str(folder), {"a.html": b"one", "b.xml": b"two"})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.html": b"one", "b.xml": b"two"}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_without_files_nothing_is_made(tmp_path):
    shared_folder.write(str(tmp_path / "new"), {})
    assert not (tmp_path / "new").exists()


def test_a_file_that_cannot_be_placed_leaves_nothing_beside_it(tmp_path):
    (tmp_path / "b.xml").mkdir()
    with pytest.raises(OSError, match=r"b\.xml"):
        shared_folder.write(str(tmp_path), {"a.html": b"one", "b.xml": b"two"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.html", "b.xml"]


def test_what_a_killed_run_left_goes_away(tmp_path):
    """And nothing else that looks like it."""
    left, others = ".unfinished.goplugins-abcdefgh", [".unfinished.mine", "unfinished", ".unfinished.goplugins-abc"]
    for name in (left, *others):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_bytes(b"half")
    shared_folder.write(str(tmp_path), {"a": b"one"})
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a", *others])


def test_what_another_run_works_with_stays(tmp_path):
    with shared_folder.filling(str(tmp_path)) as other:
        shared_folder.write(str(tmp_path), {"a": b"one"})
        assert os.path.isdir(other)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
