# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of toolchains: both forms, and everything hostile."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import io
import os
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import archive
from hypothesis import given, settings
from hypothesis import strategies as st

MODULE = "golang.org/toolchain@v0.0.1-go1.22.7.linux-amd64"


def tar(path, entries):
    """Each entry is a name, a content, and what else is to be set of its header."""
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
    """Each entry is a name, a content, and a mode."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content, *mode in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (mode[0] if mode else 0) << 16
            file.writestr(info, content)
    return str(path)


def unpack(tmp_path, path):
    folder = tmp_path / "inner" / "out"
    folder.mkdir(parents=True)
    return archive.unpack(path, MODULE, str(folder)), folder


def hash_of(names, folder):
    """Of what stands there, as the checksum database has it."""
    return archive.module_hash(names, {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in names})


def nothing_outside(tmp_path, *names):
    return sorted(os.listdir(tmp_path)) == sorted([*names, "inner"]) and os.listdir(tmp_path / "inner") == ["out"]


def modes(folder):
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def test_the_archive_of_the_go_site(tmp_path):
    entries = [
        ("go", b"", {"type": tarfile.DIRTYPE, "mode": 0o777}),
        ("go/VERSION", b"go1.22.7\n"),
        ("go/bin/go", b"x"),
        ("go/src/a/b.go", b"", {"mode": 0o666}),
        ("go/src/make.bash", b"y", {"mode": 0o7777}),
    ]
    before = os.umask(0o077)
    try:
        names, folder = unpack(tmp_path, tar(tmp_path / "a.tar.gz", entries))
    finally:
        os.umask(before)
    assert names == {path: f"go/{path}" for path in ("VERSION", "bin/go", "src/a/b.go", "src/make.bash")}
    assert (folder / "VERSION").read_bytes() == b"go1.22.7\n"
    # Whatever the archive and the umask say: for all to read, for nobody else to write.
    assert modes(folder) == {
        "VERSION": 0o644,
        "bin": 0o755,
        "bin/go": 0o755,
        "src": 0o755,
        "src/a": 0o755,
        "src/a/b.go": 0o644,
        "src/make.bash": 0o755,
    }


def test_the_zip_of_the_module_its_hash_its_executables_and_its_go_mods(tmp_path):
    names = [
        "VERSION",
        "bin/go",
        "pkg/tool/linux_amd64/compile",
        "pkg/include/a.h",
        "lib/wasm/go_js_wasm_exec",
        "src/a.go",
        "src/_go.mod",
        "src/cmd/_go.mod",
    ]
    entries = [(f"{MODULE}/{name}", name.encode()) for name in names] + [(f"{MODULE}/src/make.bash", b"#!", 0o100755)]
    packed, folder = unpack(tmp_path, zipped(tmp_path / "a.zip", entries))
    # The sum of the lines that sha256sum writes (golang.org/x/mod/sumdb/dirhash, Hash1).
    lines = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content, *_mode in sorted(entries))
    assert hash_of(packed, folder) == "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
    assert {name for name, mode in modes(folder).items() if mode == 0o755 and (folder / name).is_file()} == {
        "bin/go",
        "pkg/tool/linux_amd64/compile",
        "lib/wasm/go_js_wasm_exec",
        "src/make.bash",
    }
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*go.mod")) == ["src/cmd/go.mod", "src/go.mod"]


def test_what_the_go_command_unpacked_becomes_what_its_zip_becomes(tmp_path):
    names = ["VERSION", "bin/go", "pkg/tool/linux_amd64/compile", "src/a.go", "src/_go.mod", "src/cmd/_go.mod", "src/make.bash"]
    entries = [(f"{MODULE}/{name}", name.encode(), 0o100755 if name.endswith(".bash") else 0) for name in names]
    packed = zipped(tmp_path / "a.zip", entries)
    from_zip, folder = unpack(tmp_path, packed)
    cache = tmp_path / "cache" / "toolchain"
    for name in names:
        (cache / name).parent.mkdir(parents=True, exist_ok=True)
        (cache / name).write_bytes(name.encode())
    for path in sorted(cache.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    cache.chmod(0o555)
    moved = tmp_path / "moved"
    assert archive.adopt(str(cache), packed, MODULE, str(moved)) == from_zip
    assert modes(moved) == modes(folder) and stat.S_IMODE(moved.stat().st_mode) == 0o755
    assert hash_of(from_zip, moved) == hash_of(from_zip, folder)
    assert not cache.exists()


def test_a_go_mod_beside_its_stand_in_is_refused_there_too(tmp_path):
    (tmp_path / "cache").mkdir()
    for name in ("go.mod", "_go.mod"):
        (tmp_path / "cache" / name).write_text(name)
    packed = zipped(tmp_path / "a.zip", [])
    with pytest.raises(GoPluginsError, match="another entry has this name"):
        archive.adopt(str(tmp_path / "cache"), packed, MODULE, str(tmp_path / "moved"))
    assert not (tmp_path / "moved").exists()


HOSTILE_NAMES = ["../evil", "/evil", "", ".", "./x", "/x", "a//x", "a/", "a/../../x", "..", "a/..", "a\\b", "..\\evil"]


@pytest.mark.parametrize(
    "name",
    [f"go/{name}" for name in HOSTILE_NAMES if name not in ("", "a/")] + ["../evil", "/evil", "evil", "goo/x", "go", "./go/x", "go/a/../b"],
)
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(GoPluginsError, match="is refused: it does not lie below go/"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [(name, b"x")]))
    assert nothing_outside(tmp_path, "a.tar.gz")
    assert os.listdir(tmp_path / "inner" / "out") == []


@pytest.mark.parametrize(
    "name",
    [f"{MODULE}/{name}" for name in HOSTILE_NAMES if name not in ("", "a/", "a\\b")]
    + ["evil", "/evil", "../evil", MODULE, f"{MODULE}x/a", "golang.org/toolchain@v0.0.1-go1.22.70.linux-amd64/VERSION"],
)
def test_a_name_in_a_zip_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(GoPluginsError, match=r"is refused: it does not lie below golang\.org/toolchain@"):
        unpack(tmp_path, zipped(tmp_path / "a.zip", [(name, b"x")]))
    assert nothing_outside(tmp_path, "a.zip")
    assert os.listdir(tmp_path / "inner" / "out") == []


@pytest.mark.parametrize(
    "header",
    [
        {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.SYMTYPE, "linkname": "VERSION"},
        {"type": tarfile.LNKTYPE, "linkname": "go/VERSION"},
        {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"},
        {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 5},
        {"type": tarfile.BLKTYPE},
        {"type": tarfile.FIFOTYPE},
        {"type": tarfile.CONTTYPE},
        {"type": b"Z"},
    ],
    ids=lambda header: f"{header['type']!r}-{header.get('linkname', '')}",
)
def test_an_entry_that_is_no_file_is_refused(tmp_path, header):
    with pytest.raises(GoPluginsError, match="is not a regular file"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [("go/VERSION", b"v"), ("go/x", b"", header)]))
    assert nothing_outside(tmp_path, "a.tar.gz")
    assert os.listdir(tmp_path / "inner" / "out") == ["VERSION"]


def test_a_file_cannot_be_written_through_a_link(tmp_path):
    link = ("go/l", b"", {"type": tarfile.SYMTYPE, "linkname": str(tmp_path)})
    with pytest.raises(GoPluginsError, match="is not a regular file"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [link, ("go/l/evil", b"x")]))
    assert not (tmp_path / "evil").exists()


def test_a_sparse_file_is_refused(tmp_path):
    # As GNU tar writes a file that is one hole of a terabyte, in PAX form.
    header = {"pax_headers": {"GNU.sparse.map": "0,0", "GNU.sparse.size": str(1 << 40), "GNU.sparse.numblocks": "1"}}
    with pytest.raises(GoPluginsError, match="is not a regular file"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [("go/hole", b"", header)]))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_an_entry_of_a_zip_that_is_no_file_is_refused(tmp_path, kind):
    with pytest.raises(GoPluginsError, match="is not a regular file"):
        unpack(tmp_path, zipped(tmp_path / "a.zip", [(f"{MODULE}/link", b"/etc/passwd", kind | 0o777)]))


@pytest.mark.parametrize(
    "entries",
    [[("a", b"1"), ("a", b"2")], [("a", b"1"), ("a/b", b"2")], [("a/b", b"1"), ("a", b"2")], [("a/b", b"1"), ("a/b/c/d", b"2")]],
    ids=["twice", "a file as a folder", "a folder as a file", "deeper"],
)
def test_entries_that_are_in_each_others_way_are_refused(tmp_path, entries):
    with pytest.raises(GoPluginsError, match="another entry has this name"):
        unpack(tmp_path, tar(tmp_path / "a.tar.gz", [(f"go/{name}", content) for name, content in entries]))


def test_a_go_mod_beside_its_stand_in_is_refused(tmp_path):
    with pytest.raises(GoPluginsError, match="another entry has this name"):
        unpack(tmp_path, zipped(tmp_path / "a.zip", [(f"{MODULE}/go.mod", b"1"), (f"{MODULE}/_go.mod", b"2")]))


@pytest.mark.parametrize(("limit", "value"), [("MAX_ENTRIES", 1), ("MAX_BYTES", 3)])
def test_too_much_is_refused_before_it_is_written(tmp_path, monkeypatch, limit, value):
    monkeypatch.setattr(archive, limit, value)
    with pytest.raises(GoPluginsError, match="it holds more than"):
        unpack(tmp_path, zipped(tmp_path / "a.zip", [(f"{MODULE}/a", b"12"), (f"{MODULE}/b", b"34")]))
    assert os.listdir(tmp_path / "inner" / "out") == ["a"]


def test_headers_count_too(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_BYTES", 1 << 20)
    # Two kilobytes that unfold to two megabytes of header.
    path = tar(tmp_path / "a.tar.gz", [("go/a", b"", {"pax_headers": {"comment": "0" * (2 << 20)}})])
    assert os.path.getsize(path) < 1 << 14
    with pytest.raises(GoPluginsError, match="it holds more than"):
        unpack(tmp_path, path)


def test_a_size_that_is_not_true_is_told(tmp_path):
    path = zipped(tmp_path / "a.zip", [(f"{MODULE}/a", b"x" * 100)])
    data = Path(path).read_bytes()
    # The size of the unpacked file, in the zip's directory.
    at = data.rindex(b"PK\x01\x02") + 24
    for size in (99, 101):
        Path(path).write_bytes(data[:at] + size.to_bytes(4, "little") + data[at + 4 :])
        with tempfile.TemporaryDirectory() as folder, pytest.raises(GoPluginsError, match=r"is no whole archive|is refused"):
            archive.unpack(path, MODULE, folder)


def test_an_encrypted_entry_and_a_rare_compression_are_told(tmp_path):
    path = zipped(tmp_path / "a.zip", [(f"{MODULE}/a", b"x" * 100)])
    data = bytearray(Path(path).read_bytes())
    at = data.rindex(b"PK\x01\x02")
    for offset, value in ((8, 1), (10, 12)):
        changed = bytearray(data)
        changed[at + offset] = value
        Path(path).write_bytes(changed)
        with tempfile.TemporaryDirectory() as folder, pytest.raises(
            GoPluginsError, match=r"is no whole archive|not compressed in this way"
        ):
            archive.unpack(path, MODULE, folder)


@pytest.mark.parametrize("part", [0, 1, 2, 20, 150])
def test_a_truncated_archive_is_told(tmp_path, part):
    path = tar(tmp_path / "a.tar.gz", [("go/a", os.urandom(1000)), ("go/b", os.urandom(1000))])
    (tmp_path / "b.tar.gz").write_bytes(Path(path).read_bytes()[:part])
    with pytest.raises(GoPluginsError, match="is no whole archive"):
        unpack(tmp_path, str(tmp_path / "b.tar.gz"))


def test_a_zip_with_a_damaged_entry_is_told(tmp_path):
    path = zipped(tmp_path / "a.zip", [(f"{MODULE}/a", os.urandom(1000))])
    data = bytearray(Path(path).read_bytes())
    data[300] ^= 1
    (tmp_path / "b.zip").write_bytes(bytes(data))
    with pytest.raises(GoPluginsError, match="is no whole archive"):
        unpack(tmp_path, str(tmp_path / "b.zip"))


def test_a_full_disk_is_not_blamed_on_the_archive(tmp_path, monkeypatch):
    path = tar(tmp_path / "a.tar.gz", [("go/a", b"x")])

    def full(_descriptor, _mode):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fchmod", full)
    with pytest.raises(OSError, match="No space left"):
        unpack(tmp_path, path)


def attempt(data, suffix):
    """Unpack bytes, or be refused; any other exception, and anything outside of the folder, is a failure."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, f"a{suffix}")
        with open(path, "wb") as file:
            file.write(data)
        folder = os.path.join(place, "inner", "out")
        os.makedirs(folder)
        with contextlib.suppress(GoPluginsError):
            archive.unpack(path, MODULE, folder)
        assert sorted(os.listdir(place)) == sorted([os.path.basename(path), "inner"])
        assert os.listdir(os.path.join(place, "inner")) == ["out"]
        for root, folders, files in os.walk(folder):
            for name in folders + files:
                assert not os.path.islink(os.path.join(root, name))


ELEMENT = st.sampled_from(["go", "a", "b", "..", ".", "", "/", "\\", "c" * 60])
NAMES = st.lists(ELEMENT, min_size=1, max_size=5).map("/".join).filter(lambda name: "\0" not in name)


@settings(max_examples=150, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE]))
def test_no_tar_writes_outside(names, kind):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as file:
        for name in names:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = ".." if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            info.size = 1 if kind == tarfile.REGTYPE else 0
            file.addfile(info, io.BytesIO(b"x"))
        file.addfile(tarfile.TarInfo("go/a/after"))
    attempt(data.getvalue(), ".tar.gz")


def _samples():
    with tempfile.TemporaryDirectory() as folder:
        entries = [("VERSION", b"go1.22.7\n"), ("bin/go", b"x" * 300), ("src/a.go", b"")]
        with open(tar(os.path.join(folder, "a"), [(f"go/{name}", content) for name, content in entries]), "rb") as file:
            plain = gzip.decompress(file.read())
        with open(zipped(os.path.join(folder, "b"), [(f"{MODULE}/{name}", content) for name, content in entries]), "rb") as file:
            return plain, file.read()


PLAIN_TAR, ZIP = _samples()
CHANGES = st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), min_size=1, max_size=6)


def changed(data, changes):
    result = bytearray(data)
    for at, value in changes:
        result[at % len(result)] = value
    return bytes(result)


@settings(max_examples=300, deadline=None)
@given(CHANGES, st.sampled_from([".tar.gz", ".zip"]))
def test_bytes_that_are_not_what_they_seem_are_told_and_no_more(changes, suffix):
    if suffix == ".zip":
        attempt(b"PK" + changed(ZIP, changes)[2:], suffix)
    else:
        attempt(gzip.compress(changed(PLAIN_TAR, changes), 1), suffix)
