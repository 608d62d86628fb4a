# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories: every change of an installed toolchain is seen, and nothing else."""

from __future__ import annotations

import os
import shutil

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import inventory


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "1.22.7"
    (root / "pkg" / "tool").mkdir(parents=True)
    (root / "VERSION").write_text("go1.22.7\n")
    (root / "pkg" / "tool" / "compile").write_bytes(b"abc")
    return root


def test_what_is_as_it_was_has_no_difference(folder, tmp_path):
    files = inventory.take(str(folder))
    assert inventory.difference(str(folder), files) == ""
    folder.rename(tmp_path / "elsewhere")
    assert inventory.difference(str(tmp_path / "elsewhere"), files) == ""


def same_size_same_times(folder):
    path = folder / "pkg" / "tool" / "compile"
    status = path.stat()
    path.write_bytes(b"abX")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (same_size_same_times, "pkg/tool/compile was changed"),
        (lambda folder: (folder / "pkg" / "tool" / "compile").write_bytes(b""), "pkg/tool/compile was changed"),
        (lambda folder: (folder / "VERSION").unlink(), "VERSION is missing"),
        (lambda folder: shutil.rmtree(folder / "pkg"), "pkg/tool/compile is missing"),
        (lambda folder: (folder / "stale.go").touch(), "stale.go does not belong to it"),
        (lambda folder: (folder / "link").symlink_to("VERSION"), "link does not belong to it"),
    ],
)
def test_every_change_is_named(folder, change, difference):
    files = inventory.take(str(folder))
    change(folder)
    assert inventory.difference(str(folder), files) == difference


def test_a_copy_with_the_same_bytes_is_as_good(folder, tmp_path):
    files = inventory.take(str(folder))
    shutil.copytree(folder, tmp_path / "copy")
    assert inventory.difference(str(tmp_path / "copy"), files) == ""


def test_written_and_read_it_is_the_same(folder, tmp_path):
    value = inventory.Inventory("1.22.7", "linux/amd64", "module", "h1:x", inventory.take(str(folder)))
    inventory.write(str(tmp_path), value)
    assert inventory.read(str(tmp_path), "1.22.7") == value
    assert inventory.read(str(tmp_path), "1.22.70") is None


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 99}'])
def test_an_inventory_that_is_not_ours_counts_as_none(tmp_path, content):
    (tmp_path / ".1.22.7.json").write_text(content)
    assert inventory.read(str(tmp_path), "1.22.7") is None
