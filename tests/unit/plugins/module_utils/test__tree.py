# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin's source as one value."""

from __future__ import annotations

import io
import os
import tarfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _tree
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


@pytest.fixture
def source(tmp_path):
    root = tmp_path / "source"
    (root / "pkg").mkdir(parents=True)
    (root / "main.go").write_text("package main\n")
    (root / "pkg" / "p.go").write_text("package pkg\n")
    return root


def digest(root):
    return _tree.read_tree(str(root)).digest


def test_touching_a_file_is_no_change(source):
    before = digest(source)
    os.utime(source / "main.go", (1, 1))
    assert digest(source) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "main.go").write_text("package main // x\n"),
        lambda root: (root / "new.go").write_text(""),
        lambda root: (root / "main.go").rename(root / "other.go"),
        lambda root: (root / "main.go").chmod(0o755),
        lambda root: (root / "main.go").unlink(),
    ],
    ids=["content", "new file", "renamed", "executable", "removed"],
)
def test_every_change_is_seen(source, change):
    before = digest(source)
    change(source)
    assert digest(source) != before


def test_version_control_is_not_source(source):
    before = digest(source)
    (source / ".git").mkdir()
    (source / ".git" / "HEAD").write_text("x")
    (source / "pkg" / ".git").write_text("gitdir: elsewhere")
    assert digest(source) == before


def test_the_digest_does_not_depend_on_the_place(source, tmp_path):
    _tree.copy_tree(_tree.read_tree(str(source)), str(tmp_path / "copy"))
    assert digest(tmp_path / "copy") == digest(source)


def test_a_file_that_changes_while_it_is_copied_is_noticed(source, tmp_path):
    tree = _tree.read_tree(str(source))
    (source / "main.go").write_text("package other\n")
    with pytest.raises(GoPluginsError, match="changed while it was being read"):
        _tree.copy_tree(tree, str(tmp_path / "copy"))


def test_packed_and_unpacked_it_is_the_same_and_packs_the_same_bytes(source, tmp_path):
    for name in ("a.tar", "b.tar"):
        _tree.pack_tree(_tree.read_tree(str(source)), str(tmp_path / name))
        os.utime(source / "main.go", (7, 7))
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    _tree.unpack_tree(str(tmp_path / "a.tar"), str(tmp_path / "out"))
    assert digest(tmp_path / "out") == digest(source)


@pytest.mark.parametrize(
    ("name", "kind"), [("../out", tarfile.REGTYPE), ("/abs", tarfile.REGTYPE), ("link", tarfile.SYMTYPE), ("device", tarfile.CHRTYPE)]
)
def test_a_hostile_archive_is_refused(tmp_path, name, kind):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = "/etc/passwd"
    with tarfile.open(tmp_path / "t.tar", "w") as tar:
        tar.addfile(info, io.BytesIO())
    with pytest.raises(GoPluginsError, match="refused entry"):
        _tree.unpack_tree(str(tmp_path / "t.tar"), str(tmp_path / "inner" / "out"))
    assert not (tmp_path / "inner").exists()


def test_a_link_inside_the_source_counts_as_its_file(source):
    (source / "link.go").symlink_to("main.go")
    assert "link.go" in _tree.read_tree(str(source)).paths()


def link_into_git(root):
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("[remote]\n\turl = https://me:secret@example.com\n")
    (root / "l").symlink_to(".git/config")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: (root / "l").symlink_to("/etc/hostname"), "leaves the source folder"),
        (lambda root: (root / "l.go").symlink_to("nowhere.go"), "cannot read"),
        (lambda root: (root / "l.go").symlink_to("l.go"), "cannot read"),
        (lambda root: os.mkfifo(root / "pipe.go"), "not a regular file"),
        (link_into_git, "which is version control and no source"),
        (lambda root: (root / os.fsdecode(b"a\xff.go")).write_text(""), r"the name of a file is not UTF-8: .*/a\\xff\.go"),
        (lambda root: (root / os.fsdecode(b"d\xff")).mkdir(), r"the name of a file is not UTF-8: .*/d\\xff"),
    ],
    ids=["file outside", "dangling", "loop", "fifo", "into .git", "file name", "folder name"],
)
def test_what_is_no_source_is_refused(source, make, message):
    make(source)
    with pytest.raises(GoPluginsError, match=message):
        _tree.read_tree(str(source))


def into(name, target):
    def make(root):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(target)

    return make


@pytest.mark.parametrize(
    "make",
    [
        into("folder", "/etc"),
        into("above", ".."),
        into("of.go", "/etc"),
        into(".#main.go", "someone@host.1234"),
        into("_old.go", "/etc/hostname"),
        into(".venv/python3", "/usr/bin/env"),
        into("testdata/in.go", "/etc/hostname"),
        into("README.md", "nowhere"),
        into("itself", "itself"),
        lambda root: os.mkfifo(root / "pipe"),
        lambda root: os.mkfifo(root / ".pipe.go"),
    ],
    ids=["folder", "above", "folder like a file", "lock", "underscore", "below a dot", "testdata", "dangling", "loop", "fifo", "dot fifo"],
)
def test_what_go_ignores_is_ignored(source, make):
    before = digest(source)
    make(source)
    assert digest(source) == before


def test_a_file_that_can_be_embedded_by_its_name_is_kept(source):
    (source / "_page.html").write_text("x")
    assert "_page.html" in _tree.read_tree(str(source)).paths()


def test_names_cannot_be_made_to_look_like_other_files(source):
    """Two trees with other files have other digests, whatever their files are called."""
    before = _tree.read_tree(str(source))
    (first, second) = before.entries
    mark = "x" if second.executable else "-"
    joined = _tree.Tree(before.root, (first._replace(path=f"{first.path}\n{second.sha256} {mark} {second.path}"),))
    assert joined.digest != before.digest


def test_a_sparse_giant_is_refused_by_its_size_before_anything_is_read(source, monkeypatch):
    with open(source / "z.bin", "wb") as file:
        file.truncate(1 << 40)
    monkeypatch.setattr(_tree, "sha256_file", lambda path: pytest.fail(f"{path} was read"))
    with pytest.raises(GoPluginsError, match=r"z\.bin holds more than 2048 MiB") as caught:
        _tree.read_tree(str(source))
    assert caught.value.fix.startswith("du ")


def test_a_file_that_vanishes_while_it_is_packed_is_named(source, tmp_path):
    tree = _tree.read_tree(str(source))
    (source / "main.go").unlink()
    with pytest.raises(GoPluginsError, match=r"cannot read .*/main\.go"):
        _tree.pack_tree(tree, str(tmp_path / "t.tar"))


def test_an_archive_that_is_none_is_refused(tmp_path):
    (tmp_path / "t.tar").write_bytes(b"nothing of the kind" * 100)
    with pytest.raises(GoPluginsError, match="is no whole archive"):
        _tree.unpack_tree(str(tmp_path / "t.tar"), str(tmp_path / "out"))


def test_an_archive_that_claims_too_much_is_refused_before_it_is_written(tmp_path):
    info = tarfile.TarInfo("giant")
    info.size = _tree.MAX_BYTES + 1
    (tmp_path / "t.tar").write_bytes(info.tobuf() + bytes(1 << 20))
    with pytest.raises(GoPluginsError, match="refused entry 'giant'"):
        _tree.unpack_tree(str(tmp_path / "t.tar"), str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(GoPluginsError, match="there is no source folder"):
        _tree.read_tree(str(tmp_path / "nowhere"))


def test_a_tree_that_is_too_large_is_no_plugin(source, monkeypatch):
    monkeypatch.setattr(_tree, "MAX_FILES", 1)
    with pytest.raises(GoPluginsError, match="not the source of one plugin"):
        _tree.read_tree(str(source))
