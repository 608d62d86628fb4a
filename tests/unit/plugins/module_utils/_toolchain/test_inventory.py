# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories: every change of an installed toolchain is seen, and nothing else."""

from __future__ import annotations

import os
import shutil
import stat

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import inventory


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "1.22.7"
    (root / "pkg" / "tool").mkdir(parents=True)
    (root / "VERSION").write_text("go1.22.7\n")
    (root / "pkg" / "tool" / "compile").write_bytes(b"abc")
    (root / "pkg" / "tool" / "link").write_bytes(b"def")
    for path in (root, *root.rglob("*")):
        path.chmod(0o644 if path.is_file() else 0o755)
    return root


@pytest.fixture
def no_reading(monkeypatch):
    def refuse(path):
        raise AssertionError(f"{path} was read")

    monkeypatch.setattr(inventory, "sha256_file", refuse)


def installed(folder):
    return inventory.Inventory("1.22.7", "linux/amd64", "module", "h1:x", inventory.take(str(folder)))


def test_what_is_as_it_was_is_not_read(folder, tmp_path, request):
    files = inventory.take(str(folder))
    request.getfixturevalue("no_reading")
    assert inventory.compare(str(folder), files) == ((), files)
    # An installation ends with a rename.
    folder.rename(tmp_path / "elsewhere")
    assert inventory.compare(str(tmp_path / "elsewhere"), files) == ((), files)


def test_the_inventory_does_not_count_itself(folder, tmp_path):
    value = installed(folder)
    inventory.write(str(tmp_path), value)
    assert inventory.compare(str(folder), value.files).differences == ()
    assert inventory.NAME in os.listdir(folder)
    (folder / "pkg" / inventory.NAME).touch()
    assert inventory.compare(str(folder), value.files).differences == (f"pkg/{inventory.NAME} does not belong to it",)


def forged(folder):
    """As an ordinary user can: other bytes, and all that can be set back is set back."""
    path = folder / "pkg" / "tool" / "compile"
    status = path.stat()
    path.write_bytes(b"abX")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def replaced(folder):
    path = folder / "pkg" / "tool" / "compile"
    shutil.copy2(path, folder / "new")
    (folder / "new").write_bytes(b"abX")
    shutil.copystat(path, folder / "new")
    os.replace(folder / "new", path)


def by_a_link(folder):
    path = folder / "pkg" / "tool" / "compile"
    path.rename(folder.parent / "compile")
    path.symlink_to(folder.parent / "compile")


def by_a_folder(folder):
    (folder / "VERSION").unlink()
    (folder / "VERSION").mkdir()


def by_a_fifo(folder):
    (folder / "VERSION").unlink()
    os.mkfifo(folder / "VERSION", 0o644)


COMPILE = "pkg/tool/compile"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (forged, f"{COMPILE} was changed"),
        (replaced, f"{COMPILE} was changed"),
        (lambda folder: (folder / COMPILE).write_bytes(b""), f"{COMPILE} was changed"),
        (lambda folder: (folder / COMPILE).chmod(0o666), f"{COMPILE} has another type or mode"),
        (by_a_link, f"{COMPILE} has another type or mode"),
        (by_a_folder, "VERSION is missing|VERSION/ does not belong to it"),
        (by_a_fifo, "VERSION has another type or mode"),
        (lambda folder: (folder / "VERSION").unlink(), "VERSION is missing"),
        (
            lambda folder: shutil.rmtree(folder / "pkg"),
            "pkg/ is missing|pkg/tool/ is missing|pkg/tool/compile is missing|pkg/tool/link is missing",
        ),
        (lambda folder: (folder / "stale.go").touch(), "stale.go does not belong to it"),
        (lambda folder: (folder / "empty").mkdir(), "empty/ does not belong to it"),
        (lambda folder: (folder / "pkg").chmod(0o777), "pkg/ has another type or mode"),
        (lambda folder: folder.chmod(0o777), "./ has another type or mode"),
        (lambda folder: (folder / "link").symlink_to("VERSION"), "link does not belong to it"),
    ],
)
def test_every_change_is_named(folder, change, difference):
    files = inventory.take(str(folder))
    change(folder)
    assert "|".join(inventory.compare(str(folder), files).differences) == difference


def test_a_lost_tree_is_not_listed_in_all_its_parts(folder):
    for number in range(100):
        (folder / f"f{number:02}").touch()
    files = inventory.take(str(folder))
    for number in range(100):
        (folder / f"f{number:02}").unlink()
    differences = inventory.compare(str(folder), files).differences
    assert differences[0] == "f00 is missing" and differences[-1] == "and 92 more" and len(differences) == 9


def test_a_copy_with_the_same_bytes_is_as_good_and_then_as_fast(folder, tmp_path, request):
    files = inventory.take(str(folder))
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    compared = inventory.compare(str(copy), files)
    assert compared.differences == ()
    assert compared.files != files
    request.getfixturevalue("no_reading")
    assert inventory.compare(str(copy), compared.files) == ((), compared.files)


def test_only_what_differs_is_read(folder, monkeypatch):
    files = inventory.take(str(folder))
    os.utime(folder / "VERSION")
    read = []
    monkeypatch.setattr(inventory, "sha256_file", lambda path: read.append(path) or files["VERSION"].digest)
    assert inventory.compare(str(folder), files).differences == ()
    assert read == [str(folder / "VERSION")]


def test_modes_hold_the_type(folder):
    files = inventory.take(str(folder))
    assert stat.S_ISREG(int(files["VERSION"].mode, 8))
    assert files["pkg/tool/"] == ("40755", "", "")


def test_written_and_read_it_is_the_same(folder, tmp_path):
    value = installed(folder)
    inventory.write(str(tmp_path), value)
    assert inventory.read(str(tmp_path), "1.22.7") == value
    assert inventory.read(str(tmp_path), "1.22.70") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b'{"format": 99}',
        b'{"format": 1}',
        b'{"format": 1, "files": {"a": "b"}}',
        b'{"format": 1, "files": []}',
    ],
)
def test_an_inventory_that_is_not_whole_counts_as_none_but_tells_whose_folder_it_is(folder, tmp_path, content):
    assert not inventory.is_ours(str(tmp_path), "1.22.7")
    (folder / inventory.NAME).write_bytes(content)
    assert inventory.read(str(tmp_path), "1.22.7") is None
    assert inventory.is_ours(str(tmp_path), "1.22.7")


def test_a_link_to_a_folder_of_ours_is_not_ours(folder, tmp_path):
    (folder / inventory.NAME).touch()
    (tmp_path / "1.22.8").symlink_to(folder)
    assert not inventory.is_ours(str(tmp_path), "1.22.8")
