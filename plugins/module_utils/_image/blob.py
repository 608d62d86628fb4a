# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bytes that are made of others without holding them: headers in memory, and whole files where they are."""

from __future__ import annotations

import hashlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import chunks
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


class File(t.NamedTuple):
    """A file on this machine, as it was when it was read."""

    path: str
    size: int
    sha256: str


Piece = t.Union[bytes, File]


class Blob(t.NamedTuple):
    """Pieces one after the other, with the SHA-256 and the size of all of them."""

    pieces: tuple[Piece, ...]
    sha256: str
    size: int

    @property
    def digest(self) -> str:
        return f"sha256:{self.sha256}"


def read_file(path: str) -> File:
    """A regular file as it is now. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks(path):
        digest.update(chunk)
        size += len(chunk)
    return File(path, size, digest.hexdigest())


def join(pieces: t.Iterable[Piece]) -> Blob:
    """The blob of the pieces. Raises GoPluginsError where a file is no longer what it was, OSError."""
    pieces = tuple(pieces)
    digest, size = hashlib.sha256(), 0
    for chunk in stream(pieces):
        digest.update(chunk)
        size += len(chunk)
    return Blob(pieces, digest.hexdigest(), size)


def of_file(file: File) -> Blob:
    """A file as a blob."""
    return Blob((file,), file.sha256, file.size)


def stream(pieces: t.Iterable[Piece]) -> t.Iterator[bytes]:
    """The bytes of the pieces. Raises GoPluginsError where a file is no longer what it was, OSError."""
    for piece in pieces:
        if isinstance(piece, bytes):
            yield piece
            continue
        digest, size = hashlib.sha256(), 0
        for chunk in chunks(piece.path):
            digest.update(chunk)
            size += len(chunk)
            yield chunk
        if (size, digest.hexdigest()) != (piece.size, piece.sha256):
            raise GoPluginsError(f"{piece.path} changed while it was read", "run the task again when what writes to it has ended")


def write(blob: Blob, path: str, mode: int = 0o644) -> None:
    """Write the blob to a new file. Raises GoPluginsError where a file is no longer what it was, OSError."""
    with open(path, "xb") as target:
        for chunk in stream(blob.pieces):
            target.write(chunk)
    os.chmod(path, mode)
