# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


def test_write_replaces_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "f"
    path.write_text("old")
    _files.write_atomically(str(path), b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["f"]


def test_a_write_that_fails_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_text("old")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        _files.write_atomically(str(path), b"new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["f"]


def test_json_survives_a_round_and_is_sorted(tmp_path):
    path = str(tmp_path / "j")
    _files.write_json(path, {"b": [1], "a": "x"})
    assert _files.read_json(path) == {"a": "x", "b": [1]}
    assert list(json.loads((tmp_path / "j").read_text())) == ["a", "b"]


@pytest.mark.parametrize("content", [None, "", "{", "\x00"])
def test_json_that_is_missing_or_not_whole_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / "j").write_text(content)
    assert _files.read_json(str(tmp_path / "j")) is None


def test_a_read_only_tree_is_removed(tmp_path):
    folder = tmp_path / "mod" / "deep"
    folder.mkdir(parents=True)
    (folder / "f").write_text("x")
    (tmp_path / "mod" / "link").symlink_to(tmp_path)
    folder.chmod(0o500)
    (tmp_path / "mod").chmod(0o500)
    _files.remove_tree(str(tmp_path / "mod"))
    assert os.listdir(tmp_path) == []
    _files.remove_tree(str(tmp_path / "mod"))


def test_a_temporary_folder_goes_away_even_when_it_fails(tmp_path):
    with pytest.raises(RuntimeError), _files.temporary_folder(str(tmp_path), "x.") as folder:
        open(os.path.join(folder, "f"), "w").close()
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_a_lock_is_waited_for(tmp_path):
    order = []

    def second():
        with _files.locked(str(tmp_path / "l")):
            order.append("second")

    with _files.locked(str(tmp_path / "l")):
        thread = threading.Thread(target=second)
        thread.start()
        time.sleep(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_too_little_space_is_told_with_figures(tmp_path):
    with pytest.raises(GoPluginsError, match=r"not enough disk for the build: .* MB free, 1000000000 MB are needed"):
        _files.require_free_space(str(tmp_path / "not" / "there"), 10**15, "the build")
    _files.require_free_space(str(tmp_path), 1, "the build")
