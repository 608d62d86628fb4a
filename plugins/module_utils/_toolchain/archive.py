# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Unpacking a toolchain's archive: regular files below one folder, and nothing else.

Two forms exist: the tar.gz of the Go site, whose entries begin with "go/", and the zip of the module golang.org/toolchain, whose
entries begin with "golang.org/toolchain@v0.0.1-go1.22.7.linux-amd64/".
"""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import os
import stat
import tarfile
import typing as t
import zipfile
import zlib

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

# A toolchain is about 15,000 files and 300 MB.
MAX_ENTRIES = 100_000
MAX_BYTES = 3 << 30

# A module's zip carries no modes; these are what cmd/go makes executable (src/cmd/go/internal/toolchain/select.go).
_EXECUTABLE = ("bin/*", "pkg/tool/*", "lib/go_*_exec", "lib/*/go_*_exec", "misc/go_*_exec", "misc/*/go_*_exec")

_CHUNK = 1 << 20


class _File(t.NamedTuple):
    """One file of an archive. name: as the archive has it; path: below the toolchain's root."""

    name: str
    path: str
    size: int
    executable: bool
    open: t.Callable[[], t.IO[bytes]]


def unpack(archive: str, folder: str) -> str:
    """Unpack a toolchain into the existing folder C(folder), and never outside of it.

    Raises GoPluginsError; the folder is then to be thrown away.

    For a module's zip its hash is returned, as go.sum and the checksum database have it (golang.org/x/mod/sumdb/dirhash, Hash1);
    else an empty text.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as opened_zip:
                return _module_hash(_write(archive, list(_zip_files(archive, opened_zip)), folder))
        with tarfile.open(archive) as opened_tar:
            _write(archive, _tar_files(archive, opened_tar), folder)
            return ""
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise GoPluginsError(f"{archive} is no whole archive of a Go toolchain: {error}", f"rm {archive}, and get it again") from error


def _zip_files(archive: str, opened: zipfile.ZipFile) -> t.Iterator[_File]:
    for info in opened.infolist():
        if info.filename.endswith("/"):
            continue
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _refused(archive, info.filename, "it is not a regular file")
        # The first two elements name the module; what follows is the toolchain.
        path = _safe(archive, info.filename, 2)
        executable = any(fnmatch.fnmatch(path, pattern) for pattern in _EXECUTABLE)
        yield _File(info.filename, path, info.file_size, executable, lambda info=info: opened.open(info))  # type: ignore[misc]


def _tar_files(archive: str, opened: tarfile.TarFile) -> t.Iterator[_File]:
    # Not listed first: that would decompress everything twice.
    for info in opened:
        if info.isdir():
            continue
        if not info.isfile():
            raise _refused(archive, info.name, "it is not a regular file")
        reader = opened.extractfile(info)
        if reader is None:
            raise _refused(archive, info.name, "it cannot be read")
        yield _File(info.name, _safe(archive, info.name, 1), info.size, bool(info.mode & 0o111), lambda reader=reader: reader)  # type: ignore[misc]


def _safe(archive: str, name: str, strip: int) -> str:
    parts = name.split("/")
    if name.startswith("/") or "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts) or len(parts) <= strip:
        raise _refused(archive, name, "its path leaves the toolchain's folder")
    return "/".join(parts[strip:])


def _write(archive: str, files: t.Iterable[_File], folder: str) -> dict[str, str]:
    """Write all files; from name to SHA-256."""
    digests: dict[str, str] = {}
    total = 0
    for file in files:
        total += file.size
        if total > MAX_BYTES or len(digests) >= MAX_ENTRIES:
            raise _refused(archive, file.name, f"there are more than {MAX_ENTRIES} entries or {MAX_BYTES >> 20} MiB")
        if file.name in digests:
            raise _refused(archive, file.name, "it is there twice")
        target = os.path.join(folder, file.path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        digests[file.name] = _copy(archive, file, target)
    return digests


def _copy(archive: str, file: _File, target: str) -> str:
    digest = hashlib.sha256()
    left = file.size
    with file.open() as reader, open(target, "xb") as writer:
        while True:
            chunk = reader.read(_CHUNK)
            if not chunk:
                break
            left -= len(chunk)
            if left < 0:
                raise _refused(archive, file.name, "it is longer than announced")
            digest.update(chunk)
            writer.write(chunk)
        os.fchmod(writer.fileno(), 0o755 if file.executable else 0o644)
    if left:
        raise _refused(archive, file.name, "it is shorter than announced")
    return digest.hexdigest()


def _module_hash(digests: dict[str, str]) -> str:
    lines = "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def _refused(archive: str, name: str, why: str) -> GoPluginsError:
    return GoPluginsError(f"{archive}: the entry {name!r} is refused: {why}", "get the archive from a source that you trust")
