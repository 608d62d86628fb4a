# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tar archives whose bytes follow from their content alone.

Python's tarfile has written the same entry with different bytes in different releases. The digest of a layer must not depend on that, so
the headers (POSIX ustar) are made here: time 0, no names of users, fixed order.
"""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._image.blob import Piece

_BLOCK = 512
_LONGEST_NAME = 100
# What seven and eleven octal digits hold.
MOST_ID = 0o7777777
_MOST_BYTES = 0o77777777777
END = bytes(2 * _BLOCK)


def folder(name: str, mode: int = 0o755, user: int = 0, group: int = 0) -> bytes:
    """The entry of a folder. name: relative, without a slash at its end."""
    return _header(f"{name}/", 0, mode, user, group, b"5")


def file(name: str, content: t.Sequence[Piece], size: int, mode: int = 0o644, user: int = 0, group: int = 0) -> list[Piece]:
    """The entry of a file of that content. Raises GoPluginsError."""
    return [_header(name, size, mode, user, group, b"0"), *content, bytes(-size % _BLOCK)]


def _header(name: str, size: int, mode: int, user: int, group: int, kind: bytes) -> bytes:
    encoded = name.encode()
    if len(encoded) > _LONGEST_NAME:
        raise GoPluginsError(f"{name} has more than {_LONGEST_NAME} characters, which an image does not take", "give a shorter one")
    if size > _MOST_BYTES:
        raise GoPluginsError(f"{name} has {size} bytes, more than an image takes", "link it with ldflags: -s -w")
    fields = b"".join(
        (
            encoded.ljust(_LONGEST_NAME, b"\0"),
            b"%07o\0%07o\0%07o\0" % (mode, user, group),
            b"%011o\0%011o\0" % (size, 0),
            b" " * 8,
            kind,
            bytes(100),
            b"ustar\x0000",
            bytes(247),
        )
    )
    checksum = b"%06o\0 " % sum(fields)
    return fields[:148] + checksum + fields[156:]
