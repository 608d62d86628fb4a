# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tar archives against Python's reader of them, and against bytes that must never change."""

from __future__ import annotations

import hashlib
import io
import tarfile

import hypothesis
import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._image import tar
from ansible_collections.goplugins.tyk.plugins.module_utils._image.blob import join
from hypothesis import strategies as st


def read(*pieces):
    data = b"".join(join([*pieces, tar.END]).pieces)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errorlevel=2) as archive:
        return [(entry, entry.isreg() and archive.extractfile(entry).read()) for entry in archive]


ids = st.integers(min_value=0, max_value=tar.MOST_ID)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789._-/", min_size=1, max_size=100).filter(lambda name: not name.endswith("/"))


@hypothesis.given(name=names, content=st.binary(max_size=1030), mode=st.integers(min_value=0, max_value=0o7777), user=ids, group=ids)
def test_python_reads_what_was_written(name, content, mode, user, group):
    pieces = tar.file(name, [content], len(content), mode, user, group)
    assert len(b"".join(pieces)) % 512 == 0
    ((entry, found),) = read(*pieces)
    assert (entry.name, found, entry.mode, entry.uid, entry.gid, entry.mtime) == (name, content, mode, user, group, 0)
    assert entry.uname == entry.gname == "" and entry.type == tarfile.REGTYPE


def test_folders_are_folders():
    ((entry, _content), (file, found)) = read(tar.folder("plugins", 0o700, 5, 6), *tar.file("plugins/a.so", [b"x" * 600], 600))
    assert entry.isdir() and (entry.name, entry.mode, entry.uid, entry.gid) == ("plugins", 0o700, 5, 6)
    assert (file.name, file.mode, file.uid, file.gid, found) == ("plugins/a.so", 0o644, 0, 0, b"x" * 600)


def test_the_bytes_are_the_same_for_ever():
    """Another digest here is another digest of every image that anybody has."""
    data = b"".join([tar.folder("plugins"), *tar.file("plugins/a.so", [b"abc"], 3, 0o644, 65532, 65532), tar.END])
    assert hashlib.sha256(data).hexdigest() == "758efe18ff421f10df5d486803a4c5cb7d140b5b20dc636419430a6d63eaf674"


def test_what_a_header_cannot_hold_is_refused():
    with pytest.raises(GoPluginsError, match="has more than 100 characters"):
        tar.file("a" * 101, [b""], 0)
    with pytest.raises(GoPluginsError, match="more than an image takes"):
        tar.file("a", [b""], 1 << 33)
