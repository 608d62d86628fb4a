# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The zip of a bundle. The same content gives the same bytes: no times, owners or modes of files are in it, and the order is fixed.

Files stand in it without folders, as gateways make none for them.
"""

from __future__ import annotations

import hashlib
import struct
import typing as t
import zipfile
import zlib

from ansible_collections.goplugins.tyk.plugins.module_utils._bundle.content import Content
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import MANIFEST
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import MAX_BUNDLE, chunks, open_regular
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

_CHUNK = 1 << 20
# The earliest time that a zip can have.
_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644
_UNIX = 3
# A plugin is some ten files at the most, one for each gateway.
_MAX_FILES = 1000
# An entry of the directory at the end of a zip, and what ends it (PKWARE's APPNOTE.TXT, 4.3.12 and 4.3.16).
_ENTRY = struct.Struct("<4s4B4HL2L5H2L")
_END = struct.Struct("<4s4H2LH")
# _TIME as a zip has it, and the version of the format that is needed to read it.
_DOS_TIME, _DOS_DATE = 0, 1 << 5 | 1
_FORMAT = 20
# Everything that a hostile zip makes Python raise.
_BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, ValueError, RuntimeError, EOFError, OSError)


class Packed(t.NamedTuple):
    """What is in a zip: from names to SHA-256, in its order, and whether anything is compressed."""

    sums: dict[str, str]
    compressed: bool


def write(content: Content, path: str, compress: bool) -> None:
    """Write the zip. Raises GoPluginsError where a file is no longer what was read before, OSError."""
    with zipfile.ZipFile(path, "w") as archive:
        for file in content.files:
            found = hashlib.sha256()
            with archive.open(_entry(file.name, file.size, compress), "w") as packed:
                for chunk in chunks(file.path):
                    found.update(chunk)
                    packed.write(chunk)
            if found.hexdigest() != file.sha256:
                raise GoPluginsError(f"{file.path} changed while it was packed", "run the task again when its build has ended")
        with archive.open(_entry(MANIFEST, len(content.manifest), compress), "w") as packed:
            packed.write(content.manifest)


def _entry(name: str, size: int, compress: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _MODE << 16
    entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    entry.file_size = size
    return entry


def read(path: str) -> Packed | None:
    """What is in the zip; None where there is none, or one that is broken or otherwise than C(write) writes it.

    Python overlooks damage for which a gateway refuses a zip, as a comment that should be there.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            plain = len(names) == len(entries) <= _MAX_FILES and not any("/" in name for name in names)
            if not plain or sum(entry.file_size for entry in entries) > MAX_BUNDLE or not _is_ours(file, entries):
                return None
            sums = {entry.filename: _sha256(archive, entry) for entry in entries}
            return Packed(sums, any(entry.compress_type != zipfile.ZIP_STORED for entry in entries))
    except _BROKEN:
        return None


def _is_ours(file: t.BinaryIO, entries: t.Sequence[zipfile.ZipInfo]) -> bool:
    """Whether all bytes but those of the contents are as C(write) writes them."""
    place, directory = 0, b""
    for entry in entries:
        head, name = entry.FileHeader(zip64=False), entry.filename.encode()
        file.seek(place)
        if file.read(len(head)) != head:
            return False
        made_by = (b"PK\1\2", _FORMAT, _UNIX, _FORMAT, 0, 0, entry.compress_type, _DOS_TIME, _DOS_DATE)
        sizes = (entry.CRC, entry.compress_size, entry.file_size, len(name), 0, 0)
        directory += _ENTRY.pack(*made_by, *sizes, 0, 0, _MODE << 16, place) + name
        place += len(head) + entry.compress_size
    end = directory + _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), place, 0)
    file.seek(place)
    return file.read(len(end) + 1) == end


def _sha256(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    """Python reads no more of an entry than its size says, and compares its CRC."""
    found = hashlib.sha256()
    with archive.open(entry) as file:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            found.update(chunk)
    return found.hexdigest()
