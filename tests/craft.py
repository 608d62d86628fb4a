# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ELF and Mach-O files made byte by byte: what no compiler at hand writes, and what none ever would."""

from __future__ import annotations

import struct
import typing as t

SIZE = 0x4000
BUILD_INFO = b"\xff Go buildinf:"


class Kind(t.NamedTuple):
    """A kind of ELF: e_machine, byte order as C(struct) has it, 32 or 64 bits, EI_OSABI."""

    machine: int
    order: str
    bits: int
    abi: int = 0

    def pointers(self, *values: int) -> bytes:
        return struct.pack(f"{self.order}{len(values)}{'Q' if self.bits == 64 else 'I'}", *values)

    def words(self, *values: int) -> bytes:
        return struct.pack(f"{self.order}{len(values)}I", *values)

    def symbol(self, name: int, value: int, section: int = 1, size: int = 20) -> bytes:
        """A global object."""
        if self.bits == 64:
            return struct.pack(f"{self.order}IBBHQQ", name, 0x11, 0, section, value, size)
        return struct.pack(f"{self.order}IIIBBH", name, value, size, 0x11, 0, section)

    def section(self, kind: int, address: int, size: int) -> bytes:
        """A section header; the offset in the file is the address."""
        wide = "Q" if self.bits == 64 else "I"
        return struct.pack(f"{self.order}II{wide * 4}II{wide * 2}", 0, kind, 2, address, address, size, 0, 0, 8, 0)


AMD64, I386, S390X, MIPS = Kind(62, "<", 64), Kind(3, "<", 32), Kind(22, ">", 64), Kind(8, ">", 32)
DYNAMIC, STRINGS, SYMBOLS, TABLE, INFO = 0x200, 0x400, 0x1000, 0x2000, 0x3000

Pieces = t.Mapping[int, bytes]


def elf(
    tags: t.Sequence[tuple[int, int]] = (),
    pieces: Pieces | None = None,
    sections: bytes = b"",
    *,
    kind: Kind = AMD64,
    interpreter: bytes = b"",
    **change: int,
) -> bytes:
    """A library, or with an interpreter a program: one segment, writable, of the whole file at address 0. pieces: from place to bytes."""
    wide = kind.bits == 64
    header, program, section = (64, 56, 64) if wide else (52, 32, 40)
    values = {"type": 3, "machine": kind.machine, "version": 1, "entry": 0, "phoff": header, "shoff": SIZE if sections else 0, "flags": 0}
    values.update(ehsize=header, phentsize=program, phnum=3 if interpreter else 2, shentsize=section)
    values.update({"shnum": len(sections) // section, "shstrndx": 0, **change})
    address = "Q" if wide else "I"
    dynamic = b"".join(kind.pointers(*tag) for tag in (*tags, (0, 0)))
    ident = b"\x7fELF" + bytes((2 if wide else 1, 1 if kind.order == "<" else 2, 1, kind.abi)) + bytes(8)
    data = bytearray(SIZE)
    data[:header] = ident + struct.pack(f"{kind.order}HHI{address * 3}IHHHHHH", *values.values())
    segments = [(1, 0, SIZE), (2, DYNAMIC, len(dynamic)), (3, DYNAMIC - 0x40, len(interpreter) + 1)][: 3 if interpreter else 2]
    for place, (what, offset, size) in enumerate(segments):
        numbers = (what, 6, offset, offset, 0, size, size, 8) if wide else (what, offset, offset, 0, size, size, 6, 8)
        data[header + place * program : header + (place + 1) * program] = struct.pack(
            f"{kind.order}{'IIQQQQQQ' if wide else '8I'}", *numbers
        )
    for place, piece in {DYNAMIC: dynamic, **({DYNAMIC - 0x40: interpreter + b"\0"} if interpreter else {}), **(pieces or {})}.items():
        data[place : place + len(piece)] = piece
    return bytes(data) + sections


# Mach-O. One segment holds the whole file; addresses count from START.
START = 1 << 32
CODE, HASHED, MODULE, NAMES, TRIE, FIXUPS = 0x800, 0xA00, 0x1800, 0x2000, 0x3000, 0x3800
POINTER, POINTER_OFFSET = 2, 6


def command(kind: int, body: bytes) -> bytes:
    """A load command."""
    body += bytes(-len(body) % 8)
    return struct.pack("<II", kind, 8 + len(body)) + body


def macho(commands: t.Sequence[bytes] = (), pieces: Pieces | None = None, cpu: int = 0x01000007, kind: int = 8) -> bytes:
    """A bundle for amd64, with sections for instructions at CODE and for build info at INFO."""
    sections = b"".join(
        struct.pack("<16s16sQQIIIIIIII", name, b"__ALL", START + place, size, place, 0, 0, 0, flags, 0, 0, 0)
        for name, place, size, flags in ((b"__text", CODE, 0x100, 0x80000400), (b"__go_buildinfo", INFO - 0x2000, 0x200, 0))
    )
    segment = struct.pack("<16sQQQQIIII", b"__ALL", START, SIZE, 0, SIZE, 7, 3, 2, 0) + sections
    every = [command(0x19, segment), *commands]
    data = bytearray(SIZE)
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, cpu, 3, kind, len(every), sum(map(len, every)), 0, 0) + b"".join(every)
    for place, piece in {0: head, **(pieces or {})}.items():
        data[place : place + len(piece)] = piece
    return bytes(data)


def uleb128(value: int) -> bytes:
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | 0x80 if value else byte)
        if not value:
            return bytes(out)


_ROOM = 0x80


def trie(*nodes: tuple[int | None, t.Sequence[tuple[bytes, int]]]) -> bytes:
    """An export trie. Of each node: where the symbol is that ends there, and (part of a name, number of a node) of its edges."""
    data = b""
    for address, edges in nodes:
        ends = b"" if address is None else b"\0" + uleb128(address)
        node = uleb128(len(ends)) + ends + bytes((len(edges),))
        data += (node + b"".join(part + b"\0" + uleb128(number * _ROOM) for part, number in edges)).ljust(_ROOM, b"\0")
    return data


def fixups(pages: t.Sequence[int], form: int = POINTER, page_size: int = SIZE) -> bytes:
    """Chained fixups of one segment. pages: of each page, where its first link is."""
    starts = struct.pack("<IHHQIH", 22 + 2 * len(pages), page_size, form, 0, 0, len(pages)) + struct.pack(f"<{len(pages)}H", *pages)
    return struct.pack("<7I", 0, 32, 0, 0, 0, 1, 0).ljust(32, b"\0") + struct.pack("<II", 1, 8) + starts


def chained(pointers: t.Mapping[int, int], form: int = POINTER) -> dict[int, bytes]:
    """The links, from place to bytes, of pointers from place to place."""
    places = sorted(pointers)
    steps = [(after - place) // 4 for place, after in zip(places, places[1:])] + [0]
    base = 0 if form == POINTER_OFFSET else START
    return {place: struct.pack("<Q", base + pointers[place] | step << 51) for place, step in zip(places, steps)}


def inline_build_info(lines: str, version: str = "go1.22.7") -> bytes:
    """Go's build info since 1.18, of a little-endian processor with pointers of 8 bytes."""
    listed = bytes(16) + lines.encode() + bytes(16)
    return (BUILD_INFO + bytes((8, 2))).ljust(32, b"\0") + b"".join(uleb128(len(text)) + text for text in (version.encode(), listed))


def macho_plugin(form: int = POINTER, more: t.Sequence[bytes] = ()) -> bytes:
    """A plugin for macOS that says all it has to by an export trie and chained fixups: example.com/p with Hook, of the package runtime.

    The build info has another path: who does not follow the links believes that.
    """
    value, path, package = b"\x01\x02\x03\x04\x05\x06\x07\x08", b"example.com/p", b"runtime"
    last, list_, first, named, kept = NAMES, NAMES + 0x40, NAMES + 0x80, NAMES + 0xC0, MODULE + 64 * 8
    # Go 1.20 to 1.25: words 50 to 52 are an empty ptab, 53 and 54 the path, 55 to 57 the packages.
    pointers = {last: MODULE, MODULE + 53 * 8: named, MODULE + 55 * 8: list_, list_: first, list_ + 16: HASHED, list_ + 32: kept}
    numbers = {MODULE + 54 * 8: len(path), MODULE + 56 * 8: 1, MODULE + 57 * 8: 1, list_ + 8: len(package), list_ + 24: len(value)}
    tree = trie(
        (None, [(b"_", 1)]),
        (None, [(b"go:link.pkghashbytes.runtime", 2), (b"runtime.lastmoduledatap", 3), (b"example.com/p.Hook", 4)]),
        (HASHED, []),
        (last, []),
        (CODE, []),
    )
    table = fixups([min(pointers)], form)
    commands = [
        command(0x80000033, struct.pack("<II", TRIE, len(tree))),
        command(0x80000034, struct.pack("<II", FIXUPS, len(table))),
        command(0xC, struct.pack("<IIII", 24, 0, 0, 0) + b"/usr/lib/libSystem.B.dylib\0"),
        *more,
    ]
    pieces = {
        HASHED: value,
        INFO - 0x2000: inline_build_info("path\texample.com/other\nbuild\t-buildmode=plugin\nbuild\tGOOS=darwin\n"),
        first: package,
        named: path,
        TRIE: tree,
        FIXUPS: table,
        **{place: struct.pack("<Q", number) for place, number in numbers.items()},
        **chained(pointers, form),
    }
    return macho(commands, pieces)
