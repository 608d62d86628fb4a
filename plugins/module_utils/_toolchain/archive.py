# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacking a toolchain: regular files below one folder, and nothing else.

Two forms exist: the tar.gz of the Go site, whose entries begin with "go/", and the zip of the module golang.org/toolchain, whose
entries begin with the module's name and version.
"""

from __future__ import annotations

import base64
import errno
import fnmatch
import gzip
import hashlib
import os
import stat
import struct
import tarfile
import typing as t
import zipfile
import zlib

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line

# A toolchain is 10,000 to 17,000 files and 200 to 450 MB.
MAX_ENTRIES = 100_000
MAX_BYTES = 1 << 30

# A module's hash says nothing of modes, and proxies may lose them; this is what cmd/go makes executable
# (src/cmd/go/internal/toolchain/select.go).
_EXECUTABLE = ("bin/*", "pkg/tool/*", "lib/go_?*_?*_exec", "lib/*/go_?*_?*_exec", "misc/*/go_?*_?*_exec")

_CHUNK = 1 << 20

# What Python's readers raise for bytes that are not what they seem. A disk that is full is not among it.
_UNREADABLE = (
    *(tarfile.TarError, zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError),
    *(struct.error, ValueError, IndexError, OverflowError, RuntimeError),
)


class _Entry(t.NamedTuple):
    """A file of an archive. path: below the toolchain's folder; open: called once, before the next entry is asked for."""

    name: str
    path: str
    size: int
    executable: bool
    open: t.Callable[[], t.IO[bytes]]


def unpack(archive: str, module: str, folder: str) -> dict[str, str]:
    """Unpack a toolchain into C(folder), which is empty, and never outside of it. From each path there to the name in the archive.

    module: the name with which the entries of a zip must begin, C(golang.org/toolchain@...).
    Raises GoPluginsError; what is in the folder is then to be thrown away.
    """
    with open(archive, "rb") as file:
        magic = file.read(2)
    try:
        if magic == b"PK":
            with zipfile.ZipFile(archive) as opened_zip:
                return _write(archive, _zip_entries(archive, opened_zip, opened_zip.infolist(), f"{module}/"), folder)
        if magic == b"\x1f\x8b":
            with _Bounded(archive) as unzipped, tarfile.open(fileobj=unzipped, mode="r|", bufsize=_CHUNK) as opened_tar:
                return _write(archive, _tar_entries(archive, opened_tar), folder)
    except _UNREADABLE as error:
        raise _damaged(archive, str(error) or type(error).__name__) from error
    except OSError as error:
        # zipfile seeks to where the directory says, be it before the file's beginning.
        if error.errno == errno.EINVAL:
            raise _damaged(archive, "its directory does not fit its contents") from error
        raise
    raise _damaged(archive, "it is neither a tar.gz nor a zip")


def adopt(unpacked: str, archive: str, module: str, folder: str) -> dict[str, str]:
    """Move a module that the go command unpacked, and make of it the toolchain that C(unpack) makes of its zip; returns what that does.

    archive: that zip, which alone knows which files can be executed. folder: where it shall be, on the same file system; nothing is there
    yet. Raises GoPluginsError and OSError.
    """
    names: dict[str, str] = {}
    try:
        with zipfile.ZipFile(archive) as opened:
            executable = {info.filename for info in opened.infolist() if info.external_attr >> 16 & 0o111}
    except _UNREADABLE as error:
        raise _damaged(archive, str(error) or type(error).__name__) from error
    for parent, _folders, files in os.walk(unpacked):
        # Go's cache is read-only, folders too.
        os.chmod(parent, 0o755)
        below = os.path.relpath(parent, unpacked)
        for name in files:
            packed = os.path.normpath(os.path.join(below, name))
            path = _unpacked_path(packed)
            if path != packed and os.path.lexists(os.path.join(unpacked, path)):
                raise _refused(unpacked, packed, "another entry has this name")
            os.rename(os.path.join(unpacked, packed), os.path.join(unpacked, path))
            names[path] = f"{module}/{packed}"
            os.chmod(os.path.join(unpacked, path), 0o755 if names[path] in executable or _is_executable(path) else 0o644)
    os.rename(unpacked, folder)
    return names


def module_hash(names: t.Mapping[str, str], digests: t.Mapping[str, str]) -> str:
    """The hash of a module as go.sum and the checksum database have it (golang.org/x/mod/sumdb/dirhash, Hash1).

    names: from path to name in the archive; digests: from path to SHA-256 in hexadecimal digits.
    """
    lines = "".join(f"{digests[path]}  {name}\n" for name, path in sorted((name, path) for path, name in names.items()))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode("utf-8", "surrogateescape")).digest()).decode()


def unpack_wheel(archive: str, package: str, folder: str) -> None:
    """Unpack the files of the one package of a Python wheel into C(folder), which is empty, and never outside of it.

    What a wheel says of itself (C(*.dist-info)) is left out. Raises GoPluginsError; what is in the folder is then to be thrown away.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            files = [info for info in opened.infolist() if not info.filename.split("/", 1)[0].endswith(".dist-info")]
            _write(archive, _zip_entries(archive, opened, files, f"{package}/"), folder)
    except _UNREADABLE as error:
        raise _damaged(archive, str(error) or type(error).__name__) from error


class _Bounded(gzip.GzipFile):
    """What comes out of a compressed file: a small archive may unfold to more than a disk holds, headers included."""

    def __init__(self, archive: str) -> None:
        super().__init__(archive, "rb")
        self._left = MAX_BYTES

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _too_much(str(self.name))
        return data


def _zip_entries(archive: str, opened: zipfile.ZipFile, infos: t.Iterable[zipfile.ZipInfo], prefix: str) -> t.Iterator[_Entry]:
    for info in infos:
        if info.filename.endswith("/"):
            continue
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise _refused(archive, info.filename, "it is not a regular file")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(archive, info.filename, "modules are not compressed in this way")
        path = _unpacked_path(_safe(archive, info.filename, prefix))
        executable = bool(mode & 0o111) or _is_executable(path)
        yield _Entry(info.filename, path, info.file_size, executable, lambda info=info: opened.open(info))  # type: ignore[misc]


def _unpacked_path(path: str) -> str:
    """A module cannot hold another, so each go.mod is there as _go.mod; cmd/go undoes this in the same way."""
    folder, name = os.path.split(path)
    return os.path.join(folder, "go.mod" if name == "_go.mod" else name)


def _is_executable(path: str) -> bool:
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in _EXECUTABLE)


def _tar_entries(archive: str, opened: tarfile.TarFile) -> t.Iterator[_Entry]:
    for info in opened:
        if info.type == tarfile.DIRTYPE:
            continue
        # A sparse file is as long as it says, with nothing behind it.
        if info.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or info.issparse():
            raise _refused(archive, info.name, "it is not a regular file")
        reader = opened.extractfile(info)
        if reader is None:
            raise _refused(archive, info.name, "it cannot be read")
        path = _safe(archive, info.name, "go/")
        yield _Entry(info.name, path, info.size, bool(info.mode & 0o111), lambda reader=reader: reader)  # type: ignore[misc]


def _safe(archive: str, name: str, prefix: str) -> str:
    """The path below the toolchain's folder."""
    path = name[len(prefix) :]
    if not name.startswith(prefix) or "\\" in path or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
        raise _refused(archive, name, f"it does not lie below {prefix}")
    return path


def _write(archive: str, entries: t.Iterable[_Entry], folder: str) -> dict[str, str]:
    """Write all files; from each path to the name in the archive."""
    names: dict[str, str] = {}
    folders = {""}
    total = 0
    for entry in entries:
        total += entry.size
        if total > MAX_BYTES or len(names) >= MAX_ENTRIES:
            raise _too_much(archive)
        try:
            _make_folders(folder, os.path.dirname(entry.path), folders)
            _copy(archive, entry, os.path.join(folder, entry.path))
            names[entry.path] = entry.name
        except (FileExistsError, NotADirectoryError) as error:
            raise _refused(archive, entry.name, "another entry has this name") from error
    return names


def _make_folders(root: str, path: str, made: set[str]) -> None:
    """Make the folders of C(path) below C(root), with a mode that does not depend on who starts this."""
    if path in made:
        return
    _make_folders(root, os.path.dirname(path), made)
    full = os.path.join(root, path)
    os.mkdir(full)
    os.chmod(full, 0o755)
    made.add(path)


def _copy(archive: str, entry: _Entry, target: str) -> None:
    left = entry.size
    # "x" follows no link and overwrites nothing.
    with entry.open() as reader, open(target, "xb") as writer:
        while True:
            chunk = reader.read(_CHUNK)
            if not chunk:
                break
            left -= len(chunk)
            if left < 0:
                raise _refused(archive, entry.name, "it is longer than announced")
            writer.write(chunk)
        os.fchmod(writer.fileno(), 0o755 if entry.executable else 0o644)
    if left:
        raise _damaged(archive, f"{entry.name!r} is shorter than announced")


def _damaged(archive: str, why: str) -> GoPluginsError:
    return GoPluginsError(
        f"{archive} is no whole archive of a toolchain: {why}", f"get it again; what is there: {command_line('ls -l', archive)}"
    )


def _refused(archive: str, name: str, why: str) -> GoPluginsError:
    return GoPluginsError(f"{archive}: the entry {name!r} is refused: {why}", "get the archive from a source that you trust")


def _too_much(archive: str) -> GoPluginsError:
    return GoPluginsError(
        f"{archive} is refused: it holds more than {MAX_ENTRIES} files or {MAX_BYTES >> 20} MiB",
        "get the archive from a source that you trust",
    )
