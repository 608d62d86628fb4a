# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receipts: what stamps see, what counts as a receipt, and which are kept."""

from __future__ import annotations

import json
import os
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _receipt

ASKED = "a" * 64


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.go").write_text("package a\n")
    (folder / "sub" / "b.go").write_text("package b\n")
    return folder


def receipt(asked=ASKED, stamps=None):
    return _receipt.Receipt(asked, _receipt.now(), _receipt.this_host(), {"artifact": "x.so"}, ["careful"], stamps or {})


def rewritten_in_place(tree):
    """Same size, same modification time: only the change time tells."""
    path, before = tree / "sub" / "b.go", (tree / "sub" / "b.go").stat()
    path.write_text("package c\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced_by_a_link(tree):
    (tree / "a.go").unlink()
    (tree / "a.go").symlink_to("sub/b.go")


CHANGES = {
    "written": lambda tree: (tree / "a.go").write_text("package other\n"),
    "rewritten in place": rewritten_in_place,
    "removed": lambda tree: (tree / "sub" / "b.go").unlink(),
    "added": lambda tree: (tree / "sub" / "c.go").write_text(""),
    "an empty folder": lambda tree: (tree / "sub" / "new").mkdir(),
    "renamed": lambda tree: (tree / "a.go").rename(tree / "c.go"),
    "moved": lambda tree: (tree / "sub" / "b.go").rename(tree / "b.go"),
    "another mode": lambda tree: (tree / "a.go").chmod(0o755),
    "a folder of another mode": lambda tree: (tree / "sub").chmod(0o700),
    "replaced by a link": replaced_by_a_link,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_stamp_sees_every_change(tree, change):
    before = _receipt.stamp(str(tree))
    assert before == _receipt.stamp(str(tree))
    change(tree)
    assert _receipt.stamp(str(tree)) != before


def test_a_stamp_does_not_see_what_is_no_source(tree):
    before = _receipt.stamp(str(tree))
    (tree / ".git").mkdir()
    (tree / ".git" / "index").write_text("x")
    (tree / "a.go").read_text()
    assert _receipt.stamp(str(tree)) == before


def test_a_stamp_of_a_file_and_of_nothing(tree):
    path = tree / "a.go"
    before = _receipt.stamp(str(path))
    assert len(before) == 64
    path.write_text("package other\n")
    assert _receipt.stamp(str(path)) not in ("", before)
    assert _receipt.stamp(str(tree / "nothing")) == ""


def test_the_stamp_of_what_was_read_at_rest(tree, monkeypatch):
    now = time.time_ns()
    assert _receipt.stamp_since(str(tree), now + 10**9) == _receipt.stamp(str(tree))
    for path in (tree, tree / "a.go", tree / "sub" / "b.go"):
        assert _receipt.stamp_since(str(path), now - 10**9) == "changed meanwhile"
    monkeypatch.setattr(_receipt, "MOST_FILES", 2)
    assert _receipt.stamp_since(str(tree), now + 10**9) == "unknown"
    with pytest.raises(OSError, match="too many files"):
        _receipt.stamp(str(tree))


def test_the_name_of_a_folder_is_no_part_of_another_stamp(tmp_path):
    """Files may not wander from one folder to another unseen."""
    for name in ("x", "y"):
        (tmp_path / name / "a").mkdir(parents=True)
        (tmp_path / name / "b").mkdir()
    (tmp_path / "x" / "a" / "f").touch()
    before = _receipt.stamp(str(tmp_path / "x"))
    (tmp_path / "x" / "a" / "f").rename(tmp_path / "x" / "b" / "f")
    assert _receipt.stamp(str(tmp_path / "x")) != before


def test_the_programs_of_commands(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "real").touch(mode=0o755)
    (tmp_path / "bin" / "cc").symlink_to("real")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    real = str(tmp_path / "bin" / "real")
    assert _receipt.programs(["cc -O2", f"'{real}' -target x", "cc -O1", "", "'"]) == ["cc", real]


def test_another_program_that_comes_first_is_another(tmp_path, monkeypatch):
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
    (tmp_path / "second" / "cc").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/first:{tmp_path}/second")
    before = _receipt.stamp("cc")
    assert before == _receipt.stamp("cc") and str(tmp_path / "second" / "cc") in before
    (tmp_path / "first" / "cc").touch(mode=0o755)
    assert _receipt.stamp("cc") != before
    (tmp_path / "first" / "cc").unlink()
    assert _receipt.stamp("cc") == before
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _receipt.stamp("cc") == ""


def test_a_receipt_that_is_forgotten(tmp_path):
    _receipt.write(str(tmp_path), [receipt()])
    assert _receipt.forget(str(tmp_path), ASKED) and _receipt.read(str(tmp_path), ASKED) is None
    assert not _receipt.forget(str(tmp_path), ASKED)


def test_a_receipt_that_holds(tmp_path, tree):
    kept = receipt(stamps={str(tree): _receipt.stamp(str(tree)), str(tmp_path / "none"): ""})
    _receipt.write(str(tmp_path / "receipts"), [kept])
    assert _receipt.read(str(tmp_path / "receipts"), ASKED) == kept
    assert _receipt.differences(kept) == []


def test_what_differs_is_named(tmp_path, tree):
    kept = receipt(stamps={str(tree): _receipt.stamp(str(tree)), str(tmp_path / "none"): ""})._replace(host="Plan9 mips")
    (tree / "a.go").write_text("")
    (tmp_path / "none").touch()
    assert _receipt.differences(kept) == [
        "the host was Plan9 mips",
        f"{tree} is not as it was",
        f"{tmp_path / 'none'} is not as it was",
    ]


def test_what_cannot_be_looked_at_has_changed():
    def stamps(path):
        raise PermissionError(13, "Permission denied", path)

    assert _receipt.differences(receipt(stamps={"/x": "y"}), stamps) == ["/x: Permission denied"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: None,
        lambda value: [],
        lambda value: {**value, "format": 0},
        lambda value: {**value, "asked": "b" * 64},
        lambda value: {**value, "stamps": ["x"]},
        lambda value: {**value, "stamps": {"/x": 1}},
        lambda value: {**value, "facts": "x"},
        lambda value: {**value, "warnings": "careful"},
        lambda value: {**value, "warnings": [1]},
        lambda value: {**value, "more": 1},
        lambda value: {name: item for name, item in value.items() if name != "time"},
    ],
)
def test_a_spoiled_receipt_is_none(tmp_path, spoil):
    _receipt.write(str(tmp_path), [receipt()])
    (path,) = tmp_path.glob("*.json")
    path.write_text(json.dumps(spoil(json.loads(path.read_text()))))
    assert _receipt.read(str(tmp_path), ASKED) is None


def test_what_is_no_file_is_no_receipt(tmp_path):
    (tmp_path / f"{ASKED[:32]}.json").mkdir()
    assert _receipt.read(str(tmp_path), ASKED) is None
    assert _receipt.read(str(tmp_path / "none"), ASKED) is None


def test_the_newest_are_kept_and_leftovers_go_away(tmp_path, monkeypatch):
    monkeypatch.setattr(_receipt, "KEPT", 3)
    left = tmp_path / f".{ASKED[:32]}.json.goplugins-abcdefgh"
    left.touch()
    for number, letter in enumerate("bcde"):
        _receipt.write(str(tmp_path), [receipt(letter * 64)])
        os.utime(tmp_path / f"{letter * 32}.json", (number, number))
    _receipt.write(str(tmp_path), [receipt()])
    assert sorted(path.name[0] for path in tmp_path.glob("*.json")) == ["a", "d", "e"]
    assert not left.exists()
