# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bounded reading: every piece is checked against the end of its range and has a limit.

The bytes come from C(os.pread), not from a memory map. A file that another process cuts short while it is mapped kills the reader with
SIGBUS, which Python cannot catch; a short C(pread) is an ordinary value. What is needed of a file of 100 MB are a few thousand pieces of
some bytes. Many are neighbours, and so the pages that small ones came from are kept for a while.
"""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError

# The largest piece read at once. Large ranges are searched block by block, so a piece is a table or a string.
MAX_PIECE = 32 << 20

# Most strings are shorter.
_SHORT = 128

# What is read for a small piece, and how many of them are kept: 512 KB of a file at most.
_PAGE = 4096
_MAX_PAGES = 128

# Size of the blocks in which large ranges are searched.
_BLOCK = 1 << 20


class OpenFile:
    """A file that is open for reading, and pages of it that were read."""

    def __init__(self, descriptor: int, path: str) -> None:
        self.descriptor = descriptor
        self.path = path
        self.pages: dict[int, bytes] = {}

    def page(self, number: int) -> bytes:
        """Read a page and keep it; the last of a file is shorter. Raises OSError."""
        if len(self.pages) == _MAX_PAGES:
            self.pages.clear()
        page = self.pages[number] = os.pread(self.descriptor, _PAGE, number * _PAGE)
        return page

    def close(self) -> None:
        os.close(self.descriptor)


class Span(t.NamedTuple):
    """A range of an open file. Offsets count from its start, and every read is checked against its size."""

    opened: OpenFile
    start: int
    size: int

    def read(self, offset: int, size: int) -> bytes:
        """Exactly C(size) bytes at C(offset). Raises BinaryError."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise self.error(
                "truncated", f"{size} bytes are expected at offset {self.start + offset}, but they would end past {self.start + self.size}"
            )
        if size > MAX_PIECE:
            raise self.error("too-large", f"a piece of {size} bytes at offset {self.start + offset} is larger than in any Go program")
        start = self.start + offset
        number, place = start // _PAGE, start % _PAGE
        try:
            if place + size <= _PAGE:
                data = (self.opened.pages.get(number) or self.opened.page(number))[place : place + size]
            else:
                data = os.pread(self.opened.descriptor, size, start)
        except OSError as error:
            raise self.error("unreadable", error.strerror or str(error)) from error
        if len(data) != size:
            raise self.error("truncated", "it became shorter while it was read")
        return data

    def peek(self, offset: int, size: int) -> bytes:
        """As many of C(size) bytes at C(offset) as there are. Raises BinaryError."""
        return self.read(offset, max(min(size, self.size - offset), 0))

    def part(self, offset: int, size: int) -> Span:
        """The range of C(size) bytes at C(offset) of this one. Raises BinaryError."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise self.error(
                "truncated", f"a part of {size} bytes at offset {self.start + offset} reaches past the end at {self.start + self.size}"
            )
        return Span(self.opened, self.start + offset, size)

    def rest(self, offset: int) -> Span:
        """The range from C(offset) to the end. Raises BinaryError."""
        return self.part(offset, self.size - offset)

    def blocks(self, overlap: int) -> t.Iterator[tuple[int, bytes]]:
        """The range as (offset, bytes), block after block, each followed by the first C(overlap) bytes of the next."""
        for offset in range(0, self.size, _BLOCK):
            yield offset, self.peek(offset, _BLOCK + overlap)

    def string(self, offset: int, limit: int) -> bytes:
        """The bytes at C(offset) up to a NUL, at most C(limit). Raises BinaryError."""
        data = self.peek(offset, min(_SHORT, limit))
        end = data.find(b"\0")
        if end < 0:
            data = self.peek(offset, limit)
            end = data.find(b"\0")
        if end < 0:
            raise self.error("bad-string", f"a string at offset {self.start + offset} has no end within {len(data)} bytes")
        return data[:end]

    def error(self, code: str, text: str) -> BinaryError:
        """The error that says what is wrong with this file."""
        return BinaryError(code, f"{self.opened.path}: {text}")


def open_regular(path: str) -> Span:
    """Open a regular file; the caller closes it. Raises BinaryError.

    O_NONBLOCK: opening a FIFO without a writer would wait for ever.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        code = "not-found" if isinstance(error, (FileNotFoundError, NotADirectoryError)) else "unreadable"
        why = getattr(error, "strerror", None) or error
        fix = f"give the path of a file that this user can read: {command_line('ls -l', path)}"
        raise BinaryError(code, f"cannot open {path!r}: {why}", fix) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise BinaryError("not-a-file", f"{path} is not a regular file", f"give the path of a file: {command_line('ls -ld', path)}")
    return Span(OpenFile(descriptor, path), 0, status.st_size)


def text(data: bytes) -> str:
    """Bytes of the file as text. Names are UTF-8; what is not stays visible as escapes."""
    return data.decode("utf-8", "backslashreplace")
