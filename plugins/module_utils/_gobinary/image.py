# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ELF and Mach-O have in common, in the terms of the layers above: memory, symbols by name, libraries."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import Span

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Libraries

# Names of symbols and import paths. The longest that Go writes, of generic functions, have a few thousand bytes.
MAX_NAME = 32 << 10

# Symbols of a file that has no index of them: all of them are looked through, once.
MAX_SCANNED = 1 << 20
MAX_SCANNED_NAMES = 64 << 20

# Steps through hash chains and tries, over the life of an open file. The 857 packages of a gateway with 169,000 symbols take 2041.
MAX_STEPS = 1 << 17


class RawSymbol(t.NamedTuple):
    """A symbol that the file defines and exports. size: 0 where the format has none."""

    address: int
    size: int
    is_function: bool


class Segment(t.NamedTuple):
    """C(size) bytes at C(offset) of the file become memory at C(address)."""

    address: int
    offset: int
    size: int
    writable: bool
    executable: bool

    def has(self, address: int) -> bool:
        return self.address <= address < self.address + self.size


class Image(t.Protocol):
    """A file as its loader sees it. Every method may raise BinaryError."""

    @property
    def file(self) -> Span:
        """The bytes of the whole image; of a universal file, the slice."""

    @property
    def format(self) -> str:
        """C(elf) or C(macho)."""

    @property
    def kind(self) -> str:
        """C(exe), C(pie), or C(shared) for what only another program can load."""

    @property
    def byte_order(self) -> str:
        """As C(struct) has it."""

    @property
    def pointer_size(self) -> int:
        """4 or 8."""

    @property
    def goarch(self) -> str:
        """The processor."""

    @property
    def goos(self) -> str:
        """The system, as far as the file itself shows it."""

    def at(self, address: int) -> Span:
        """The file's bytes from an address to the end of its segment."""

    def read(self, address: int, size: int) -> bytes:
        """C(size) bytes of a segment at an address."""

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """Pointers and integers of pointer size, as they are once the file is loaded at the addresses that its headers name."""

    def symbol(self, name: bytes) -> RawSymbol | None:
        """The symbol of this name, as C(dlsym) finds it; by an index, so that its cost does not grow with the number of symbols."""

    def names(self, prefix: bytes) -> t.Iterator[bytes]:
        """The names of symbols that begin with C(prefix); some of them may be defined elsewhere."""

    def build_info_places(self) -> t.Iterator[tuple[int, int]]:
        """(address, size) of what may hold Go's build info, likeliest first."""

    def libraries(self) -> Libraries:
        """What the dynamic loader must find."""


class Budget:
    """Counts the steps through structures that may be made to go in circles."""

    def __init__(self, file: Span) -> None:
        self._file = file
        self._left = MAX_STEPS

    def step(self, cost: int = 1) -> None:
        """Raises BinaryError when there have been too many."""
        self._left -= cost
        if self._left < 0:
            raise self._file.error("too-complex", "to find a symbol takes more steps than in the file of any linker")


def part_at(segments: t.Iterable[Segment], file: Span, address: int) -> Span:
    """The bytes of C(file) from C(address) to the end of its segment. Raises BinaryError."""
    return file.part(*_place(segments, file, address))


def read_at(segments: t.Iterable[Segment], file: Span, address: int, size: int) -> bytes:
    """C(size) bytes of one segment of C(file) at C(address). Raises BinaryError."""
    offset, left = _place(segments, file, address)
    if size > left:
        raise file.error("truncated", f"{size} bytes are expected at the address {address:#x}, but its segment ends after {left}")
    return file.read(offset, size)


def _place(segments: t.Iterable[Segment], file: Span, address: int) -> tuple[int, int]:
    """Where in C(file) the address is, and how many bytes of its segment follow."""
    for segment in segments:
        skipped = address - segment.address
        if 0 <= skipped < segment.size:
            return segment.offset + skipped, segment.size - skipped
    raise file.error("bad-address", f"no segment of it holds the address {address:#x}")
