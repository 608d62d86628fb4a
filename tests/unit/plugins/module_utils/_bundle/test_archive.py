# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Zips: written as Python's own reader and unzip read them, the same bytes each time, and nothing believed of those that are there."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zipfile

import hypothesis
import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle import archive
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle.content import Content, File
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from hypothesis import strategies as st


def content_of(folder, **files):
    found = []
    for name, data in files.items():
        path = folder / name
        path.write_bytes(data)
        found.append(File(f"{name}.so", str(path), len(data), hashlib.sha256(data).hexdigest()))
    return Content(tuple(found), b'{"file_list": []}\n')


@pytest.mark.parametrize("compress", [True, False])
@hypothesis.settings(max_examples=20, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(data=st.binary(max_size=3000), times=st.integers(1, 900))
def test_what_was_packed_is_what_is_unpacked(tmp_path_factory, compress, data, times):
    folder = tmp_path_factory.mktemp("packed")
    inside = content_of(folder, a=data * times, b=b"")
    path = str(folder / "x.zip")
    archive.write(inside, path, compress)
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        assert {name: opened.read(name) for name in opened.namelist()} == {
            "a.so": data * times,
            "b.so": b"",
            "manifest.json": inside.manifest,
        }
        for entry in opened.infolist():
            assert (entry.date_time, entry.external_attr >> 16, entry.create_system) == ((1980, 1, 1, 0, 0, 0), 0o100644, 3)
    assert archive.read(path) == archive.Packed(inside.sums, compress)
    assert list(archive.read(path).sums) == ["a.so", "b.so", "manifest.json"]


def test_time_mode_and_place_of_the_files_are_not_in_it(tmp_path):
    made = []
    for number, name in enumerate(("one", "two")):
        (tmp_path / name).mkdir()
        inside = content_of(tmp_path / name, a=b"a" * 5000, b=b"b")
        os.utime(tmp_path / name / "a", (number * 10**9,) * 2)
        (tmp_path / name / "a").chmod((0o600, 0o755)[number])
        archive.write(inside, str(tmp_path / f"{name}.zip"), True)
        made.append((tmp_path / f"{name}.zip").read_bytes())
    assert made[0] == made[1]


def test_a_file_that_changes_meanwhile_is_noticed(tmp_path):
    inside = content_of(tmp_path, a=b"before")
    (tmp_path / "a").write_bytes(b"after!")
    with pytest.raises(GoPluginsError, match="changed while it was packed"):
        archive.write(inside, str(tmp_path / "x.zip"), True)


def zipped(**files):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as opened:
        for name, data in files.items():
            opened.writestr(name.replace("__", "/"), data)
    return memory.getvalue()


def huge():
    """A zip whose one file says that it has 3 GB."""
    data = bytearray(zipped(a=b"x"))
    place = data.index(b"PK\1\2")
    struct.pack_into("<I", data, place + 24, 3_000_000_000)
    return bytes(data)


HOSTILE = {
    "empty": b"",
    "text": b"This is no zip. " * 100,
    "cut off": zipped(a=b"x" * 100)[:-30],
    "folder": zipped(a__b=b"x"),
    "outside": zipped(**{"..__..__a": b"x"}),
    "huge": huge(),
    "wrong checksum": zipped(a=b"x" * 100).replace(b"x" * 100, b"x" * 99 + b"y"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_bundle_of_ours_is_nothing(tmp_path, name):
    (tmp_path / "x.zip").write_bytes(HOSTILE[name])
    assert archive.read(str(tmp_path / "x.zip")) is None


def test_a_pipe_and_a_missing_file_are_nothing(tmp_path):
    os.mkfifo(tmp_path / "x.zip")
    assert archive.read(str(tmp_path / "x.zip")) is None and archive.read(str(tmp_path / "y.zip")) is None


@hypothesis.settings(max_examples=300, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
# The size of an entry becomes one of more than 2 GiB.
@hypothesis.example(place=164, byte=128, compress=True)
@hypothesis.given(place=st.integers(0, 10**6), byte=st.integers(1, 255), compress=st.booleans())
def test_no_byte_of_a_bundle_can_be_another(tmp_path_factory, place, byte, compress):
    """Not of the content, nor around it: what Python overlooks, a gateway may refuse. A compressed text can say the same in other bits."""
    folder = tmp_path_factory.mktemp("damaged")
    path = folder / "x.zip"
    archive.write(content_of(folder, a=b"x" * 300, b=b"y"), str(path), compress)
    whole = archive.read(str(path))
    with zipfile.ZipFile(path) as opened:
        starts = [(one.header_offset + len(one.FileHeader()), one.compress_size) for one in opened.infolist()]
    data = bytearray(path.read_bytes())
    place %= len(data)
    data[place] ^= byte
    path.write_bytes(data)
    in_text = compress and any(start <= place < start + size for start, size in starts)
    assert whole and archive.read(str(path)) in ((None, whole) if in_text else (None,))


@pytest.mark.parametrize("more", [b"\0", b"PK\5\6" + bytes(18)])
def test_nothing_stands_before_or_after_it(tmp_path, more):
    path = tmp_path / "x.zip"
    archive.write(content_of(tmp_path, a=b"x"), str(path), True)
    good = path.read_bytes()
    for data in (good + more, more + good):
        path.write_bytes(data)
        assert archive.read(str(path)) is None
