# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of toolchains: both forms, and everything hostile."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import archive

MODULE = "golang.org/toolchain@v0.0.1-go1.22.7.linux-amd64"


def tar(path, entries):
    with tarfile.open(path, "w:gz") as file:
        for name, content, *change in entries:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            info.mode = 0o755 if "bin/" in name else 0o644
            for attribute, value in change[0].items() if change else ():
                setattr(info, attribute, value)
            file.addfile(info, io.BytesIO(content))
    return str(path)


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return str(path)


def unpack(tmp_path, path):
    folder = tmp_path / "inner" / "out"
    folder.mkdir(parents=True)
    return archive.unpack(path, str(folder)), folder


def test_the_archive_of_the_go_site(tmp_path):
    path = tar(tmp_path / "a.tar.gz", [("go/VERSION", b"go1.22.7\n"), ("go/bin/go", b"x"), ("go/src/a/b.go", b"")])
    told, folder = unpack(tmp_path, path)
    assert told == ""
    assert (folder / "VERSION").read_bytes() == b"go1.22.7\n"
    assert stat.S_IMODE((folder / "bin" / "go").stat().st_mode) == 0o755
    assert stat.S_IMODE((folder / "src" / "a" / "b.go").stat().st_mode) == 0o644


def test_the_zip_of_the_module_its_hash_and_its_executables(tmp_path):
    entries = [
        (f"{MODULE}/{name}", name.encode())
        for name in ("VERSION", "bin/go", "pkg/tool/linux_amd64/compile", "lib/wasm/go_js_wasm_exec", "src/a.go")
    ]
    told, folder = unpack(tmp_path, zipped(tmp_path / "a.zip", entries))
    # sha256sum FILES | sha256sum, as golang.org/x/mod/sumdb/dirhash documents Hash1.

    lines = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(entries))
    assert told == "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
    executable = {path.name for path in folder.rglob("*") if path.is_file() and path.stat().st_mode & 0o111}
    assert executable == {"go", "compile", "go_js_wasm_exec"}


@pytest.mark.parametrize(
    "entry",
    [
        ("go/../../evil", b"x"),
        ("../evil", b"x"),
        ("/evil", b"x"),
        ("go/./x", b"x"),
        ("go//x", b"x"),
        ("evil", b"x"),
        ("go/l", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
        ("go/l", b"", {"type": tarfile.LNKTYPE, "linkname": "go/VERSION"}),
        ("go/d", b"", {"type": tarfile.CHRTYPE}),
        ("go/f", b"", {"type": tarfile.FIFOTYPE}),
    ],
    ids=lambda entry: f"{entry[0]}{entry[2]['type'] if len(entry) > 2 else ''}",
)
def test_a_hostile_tar_writes_nothing_outside(tmp_path, entry):
    with pytest.raises(GoPluginsError, match="is refused"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [entry]))
    assert sorted(os.listdir(tmp_path)) == ["a.tar.gz", "inner"]
    assert os.listdir(tmp_path / "inner") == ["out"]
    assert os.listdir(tmp_path / "inner" / "out") == []


@pytest.mark.parametrize("name", ["golang.org/x/../../../evil", "/abs/x/y", "golang.org/x", "golang.org/x/a\\b"])
def test_a_hostile_zip_writes_nothing(tmp_path, name):
    with pytest.raises(GoPluginsError, match="is refused"):
        unpack(tmp_path, zipped(tmp_path / "a.zip", [(name, b"x")]))
    assert os.listdir(tmp_path / "inner" / "out") == []


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo(f"{MODULE}/link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(info, "/etc/passwd")
    with pytest.raises(GoPluginsError, match="is not a regular file"):
        unpack(tmp_path, str(tmp_path / "a.zip"))


def test_an_entry_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(GoPluginsError, match="it is there twice"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [("go/a", b"1"), ("go/a", b"2")]))


@pytest.mark.parametrize(("limit", "value"), [("MAX_ENTRIES", 1), ("MAX_BYTES", 3)])
def test_a_bomb_is_refused(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(archive, limit, value)
    with pytest.raises(GoPluginsError, match="there are more than"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [("go/a", b"12"), ("go/b", b"34")]))


@pytest.mark.parametrize("part", [0, 20, 150])
def test_a_truncated_archive_is_told(tmp_path, part):
    path = tar(tmp_path / "a.tar.gz", [("go/a", os.urandom(1000)), ("go/b", os.urandom(1000))])
    data = Path(path).read_bytes()
    (tmp_path / "b.tar.gz").write_bytes(data[:part])
    with pytest.raises(GoPluginsError, match="is no whole archive"):
        unpack(tmp_path, str(tmp_path / "b.tar.gz"))


def test_a_zip_with_a_damaged_entry_is_told(tmp_path):
    path = zipped(tmp_path / "a.zip", [(f"{MODULE}/a", os.urandom(1000))])
    data = bytearray(Path(path).read_bytes())
    data[300] ^= 1
    (tmp_path / "b.zip").write_bytes(bytes(data))
    with pytest.raises(GoPluginsError, match="is no whole archive"):
        unpack(tmp_path, str(tmp_path / "b.zip"))
