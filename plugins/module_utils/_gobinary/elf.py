# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ELF: what the dynamic loader sees of a file.

Rules: System V gABI (https://gabi.xinuos.com), chapters "Object Files" and "Program Loading and Dynamic Linking"; names are those of C(elf.h).
Program headers and the dynamic table lead to everything, as they lead the loader: they are there in a stripped file too.
The section headers serve only where the loader has no equal: to find the build info fast, and to count symbols that no hash table counts.
"""

from __future__ import annotations

import functools
import struct
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, Libraries
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import Span, text

MAGIC = b"\x7fELF"

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_PF_X, _PF_W = 1, 2
_SHT_DYNSYM = 11
_DT_NULL, _DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ = 0, 1, 4, 5, 6, 10
_DT_GNU_HASH, _DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFEF5, 0x6FFFFFFE, 0x6FFFFFFF
_STT_FUNC, _STT_GNU_IFUNC = 2, 10
_ELFOSABI_FREEBSD = 9
_ET_EXEC, _ET_DYN = 2, 3

# e_machine, 64 bit, little-endian -> GOARCH (src/cmd/link/internal/ld/elf.go, Elfinit and asmbElf).
_MACHINES = {
    (62, True, True): "amd64",
    (3, False, True): "386",
    (183, True, True): "arm64",
    (40, False, True): "arm",
    (22, True, False): "s390x",
    (21, True, True): "ppc64le",
    (21, True, False): "ppc64",
    (243, True, True): "riscv64",
    (258, True, True): "loong64",
    (8, True, True): "mips64le",
    (8, True, False): "mips64",
    (8, False, True): "mipsle",
    (8, False, False): "mips",
}

# Each limit is far above what any linker writes, and keeps a file that lies from costing time.
_MAX_PROGRAM_HEADERS = 256
_MAX_SECTION_HEADERS = 4096
_MAX_DYNAMIC = 4096
_MAX_NEEDED = 1024
_MAX_NAME = 64 << 10
# Steps along hash chains, over the life of one open file. A gateway with 169,000 symbols takes fewer than 3 for each of its 857 packages.
_MAX_STEPS = 1 << 18
# Symbols that are looked through where there is no hash table.
_MAX_SCAN = 1 << 21


class Segment(t.NamedTuple):
    """A loadable segment: C(size) bytes at C(offset) of the file become memory at C(address)."""

    address: int
    offset: int
    size: int
    flags: int


class RawSymbol(t.NamedTuple):
    """An entry of the symbol table that is defined in this file. size: 0 where the format does not tell."""

    address: int
    size: int
    is_function: bool


class Layout(t.NamedTuple):
    """The structures of one class (32 or 64 bit) and byte order."""

    order: str
    pointer_size: int
    header: struct.Struct
    program: struct.Struct
    section: struct.Struct
    dynamic: struct.Struct
    symbol: struct.Struct
    word: struct.Struct
    pointer: struct.Struct


def _layout(is_64: bool, order: str) -> Layout:
    address = "Q" if is_64 else "I"
    return Layout(
        order,
        8 if is_64 else 4,
        struct.Struct(f"{order}16xHHI{address * 3}IHHHHHH"),
        struct.Struct(f"{order}IIQQQQQQ" if is_64 else f"{order}8I"),
        struct.Struct(f"{order}II{address * 4}II{address * 2}"),
        struct.Struct(f"{order}{address * 2}"),
        struct.Struct(f"{order}IBBHQQ" if is_64 else f"{order}IIIBBH"),
        struct.Struct(f"{order}I"),
        struct.Struct(f"{order}{address}"),
    )


class Elf:
    """An ELF file of either class and byte order."""

    format = "elf"

    def __init__(self, file: Span) -> None:
        ident = file.read(0, 16) if file.size >= 16 else b""
        if ident[:4] != MAGIC or ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise file.error("bad-header", "the ELF identification is broken")
        self.file = file
        self.os_abi = ident[7]
        self.layout = _layout(ident[4] == 2, "<" if ident[5] == 1 else ">")
        head = self.layout.header.unpack(file.read(0, self.layout.header.size))
        self.type, self.machine = head[0], head[1]
        self._program_table, self._section_table = head[4], head[5]
        self._program_size, self._programs, self._section_size, self._sections, self._names_index = head[8:13]
        self._steps = 0

    @property
    def byte_order(self) -> str:
        return self.layout.order

    @property
    def pointer_size(self) -> int:
        return self.layout.pointer_size

    @property
    def goarch(self) -> str:
        """Raises BinaryError for a processor that Go does not know."""
        key = (self.machine, self.pointer_size == 8, self.byte_order == "<")
        if key not in _MACHINES:
            raise self.file.error("unknown-machine", f"e_machine {self.machine} is no processor that Go compiles for")
        return _MACHINES[key]

    @property
    def goos(self) -> str:
        """As far as the file itself tells: FreeBSD is marked, Linux is not."""
        if self.os_abi == _ELFOSABI_FREEBSD or (self.interpreter or "").startswith("/libexec/ld-elf"):
            return "freebsd"
        return "linux"

    # Memory: addresses and what the file puts there.

    @functools.cached_property
    def _program_headers(self) -> tuple[tuple[int, Segment], ...]:
        form = self.layout.program
        if self._programs > _MAX_PROGRAM_HEADERS or (self._programs and self._program_size != form.size):
            raise self.file.error("bad-header", f"{self._programs} program headers of {self._program_size} bytes")
        data = self.file.read(self._program_table, self._programs * form.size)
        found = []
        for entry in form.iter_unpack(data):
            if self.pointer_size == 8:
                kind, flags, offset, address, _paddr, size = entry[:6]
            else:
                kind, offset, address, _paddr, size, _memsz, flags = entry[:7]
            found.append((kind, Segment(address, offset, size, flags)))
        return tuple(found)

    @functools.cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The loadable segments, those that may be written to first: Go keeps the build info there."""
        loaded = [segment for kind, segment in self._program_headers if kind == _PT_LOAD]
        return tuple(sorted(loaded, key=lambda segment: not segment.flags & _PF_W))

    def at(self, address: int) -> Span:
        """The file's bytes from C(address) to the end of its segment. Raises BinaryError."""
        for segment in self.segments:
            if segment.address <= address < segment.address + segment.size:
                skipped = address - segment.address
                return self.file.part(segment.offset + skipped, segment.size - skipped)
        raise self.file.error("bad-address", f"no segment holds the address {address:#x}")

    def read(self, address: int, size: int) -> bytes:
        """C(size) bytes of the file at C(address). Raises BinaryError."""
        return self.at(address).read(0, size)

    # The dynamic table.

    @functools.cached_property
    def _dynamic(self) -> tuple[tuple[int, int], ...]:
        segments = [segment for kind, segment in self._program_headers if kind == _PT_DYNAMIC]
        if not segments:
            return ()
        form = self.layout.dynamic
        span = self.file.part(segments[0].offset, segments[0].size)
        size = min(span.size // form.size, _MAX_DYNAMIC) * form.size
        found = []
        for tag, value in form.iter_unpack(span.read(0, size)):
            if tag == _DT_NULL:
                break
            found.append((tag, value))
        return tuple(found)

    def _tag(self, tag: int) -> int | None:
        return next((value for key, value in self._dynamic if key == tag), None)

    @functools.cached_property
    def _strings(self) -> Span:
        """The string table of the dynamic symbols, .dynstr; empty where there is none."""
        address, size = self._tag(_DT_STRTAB), self._tag(_DT_STRSZ)
        return self.file.part(0, 0) if address is None or size is None else self.at(address).part(0, size)

    @functools.cached_property
    def _symbols(self) -> Span:
        """The dynamic symbol table, .dynsym, and what follows it: the dynamic table does not tell its size."""
        address = self._tag(_DT_SYMTAB)
        return self.file.part(0, 0) if address is None else self.at(address)

    def _symbol_at(self, index: int) -> tuple[int, RawSymbol | None]:
        """Offset of the name, and the symbol, None where it is defined elsewhere."""
        form = self.layout.symbol
        entry = form.unpack(self._symbols.read(index * form.size, form.size))
        if self.pointer_size == 8:
            name, info, _other, section, value, size = entry
        else:
            name, value, size, info, _other, section = entry
        return name, RawSymbol(value, size, info & 15 in (_STT_FUNC, _STT_GNU_IFUNC)) if section else None

    def _is_named(self, offset: int, wanted: bytes) -> bool:
        strings = self._strings
        size = len(wanted) + 1
        return offset + size <= strings.size and strings.read(offset, size) == wanted + b"\0"

    def symbol(self, name: bytes) -> RawSymbol | None:
        """The dynamic symbol of this name that the file defines."""
        if self._gnu_hash is not None:
            return self._by_gnu_hash(self._gnu_hash, name)
        raise self.file.error("no-hash-table", "the file has no .gnu.hash")

    @functools.cached_property
    def _gnu_hash(self) -> GnuHash | None:
        address = self._tag(_DT_GNU_HASH)
        if address is None:
            return None
        span = self.at(address)
        buckets, first, blooms, shift = struct.unpack(f"{self.byte_order}4I", span.read(0, 16))
        if not buckets or not blooms:
            return None
        bloom = span.part(16, blooms * self.pointer_size)
        bucket = span.part(16 + bloom.size, buckets * 4)
        chain = 16 + bloom.size + bucket.size
        return GnuHash(buckets, first, blooms, shift & 63, bloom, bucket, span.part(chain, span.size - chain))

    def _by_gnu_hash(self, table: GnuHash, name: bytes) -> RawSymbol | None:
        """https://sourceware.org/gnu-gabi/program-loading-and-dynamic-linking.txt, and glibc's elf/dl-lookup.c, do_lookup_x."""
        word = self.layout.word
        wanted = gnu_hash(name)
        bits = self.pointer_size * 8
        place = wanted // bits % table.blooms * self.pointer_size
        (mask,) = self.layout.pointer.unpack(table.bloom.read(place, self.pointer_size))
        if not (mask >> wanted % bits) & (mask >> (wanted >> table.shift) % bits) & 1:
            return None
        (index,) = word.unpack(table.bucket.read(wanted % table.buckets * 4, 4))
        if index < table.first:
            return None
        while True:
            self._step()
            (entry,) = word.unpack(table.chain.read((index - table.first) * 4, 4))
            if entry | 1 == wanted | 1:
                offset, symbol = self._symbol_at(index)
                if self._is_named(offset, name):
                    return symbol
            if entry & 1:
                return None
            index += 1

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MAX_STEPS:
            raise self.file.error("too-complex", "its symbol hash table needs more steps than any linker's")

    def names(self, needle: bytes) -> t.Iterator[bytes]:
        """The names in the string table that have C(needle) in them, in its order."""
        for offset, data in self._strings.blocks(_MAX_NAME):
            limit = len(data) if offset + len(data) == self._strings.size else len(data) - _MAX_NAME
            position = data.find(needle)
            while 0 <= position < limit:
                start = data.rfind(b"\0", max(position - _MAX_NAME, 0), position) + 1
                end = data.find(b"\0", position)
                if end < 0:
                    return
                if start:
                    yield data[start:end]
                position = data.find(needle, end)

    # Build info.

    def build_info_places(self) -> t.Iterator[tuple[int, int]]:
        """(address, size) of what may hold the build info, likeliest first (src/debug/buildinfo/buildinfo.go, DataStart)."""
        section = self._section(b".go.buildinfo")
        if section is not None:
            yield section
        for segment in self.segments:
            if not segment.flags & _PF_X:
                yield segment.address, segment.size

    def _section(self, name: bytes) -> tuple[int, int] | None:
        """Address and size of a section, None where the section headers are missing or tell nothing."""
        form = self.layout.section
        if self._section_size != form.size or self._sections > _MAX_SECTION_HEADERS or self._names_index >= self._sections:
            return None
        try:
            headers = list(form.iter_unpack(self.file.read(self._section_table, self._sections * form.size)))
            names = self.file.part(headers[self._names_index][4], headers[self._names_index][5])
            for header in headers:
                if header[0] + len(name) < names.size and names.read(header[0], len(name) + 1) == name + b"\0":
                    return header[3], header[5]
        except BinaryError:
            return None
        return None

    # Libraries.

    @functools.cached_property
    def interpreter(self) -> str | None:
        for kind, segment in self._program_headers:
            if kind == _PT_INTERP:
                return text(self.file.part(segment.offset, segment.size).string(0, _MAX_NAME))
        return None

    def libraries(self) -> Libraries:
        needed = tuple(text(self._strings.string(value, _MAX_NAME)) for tag, value in self._dynamic if tag == _DT_NEEDED)[:_MAX_NEEDED]
        return Libraries(needed, self._versions(), _libc(needed, self.interpreter, self.goos), self.interpreter)

    def _versions(self) -> dict[str, tuple[str, ...]]:
        """.gnu.version_r, symbol versions needed (LSB Core, "Symbol Versioning", Elfxx_Verneed)."""
        address, count = self._tag(_DT_VERNEED), self._tag(_DT_VERNEEDNUM)
        if not address or not count:
            return {}
        table = self.at(address)
        form = struct.Struct(f"{self.byte_order}HHIII")
        auxiliary = struct.Struct(f"{self.byte_order}IHHII")
        versions: dict[str, tuple[str, ...]] = {}
        place = 0
        for _each in range(min(count, _MAX_NEEDED)):
            _version, entries, library, first, following = form.unpack(table.read(place, form.size))
            names = []
            at = place + first
            for _entry in range(min(entries, _MAX_NEEDED)):
                _hash, _flags, _other, name, step = auxiliary.unpack(table.read(at, auxiliary.size))
                names.append(text(self._strings.string(name, _MAX_NAME)))
                at += step
                if not step:
                    break
            versions[text(self._strings.string(library, _MAX_NAME))] = tuple(names)
            place += following
            if not following:
                break
        return versions


class GnuHash(t.NamedTuple):
    """The parts of .gnu.hash. first: index of the first symbol that is in it."""

    buckets: int
    first: int
    blooms: int
    shift: int
    bloom: Span
    bucket: Span
    chain: Span


@functools.lru_cache(maxsize=1 << 13)
def gnu_hash(name: bytes) -> int:
    """Kept, as the names of a plugin are looked up in the gateway again."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def _libc(needed: tuple[str, ...], interpreter: str | None, goos: str) -> str | None:
    names = (*needed, (interpreter or "").rpartition("/")[2])
    if goos == "freebsd":
        return "freebsd" if any(name.startswith("libc.so.") for name in needed) else None
    if any(name.startswith(("ld-musl-", "libc.musl-")) or name == "libc.so" for name in names):
        return "musl"
    if any(name.startswith(("ld-linux", "ld64.so")) or name == "libc.so.6" for name in names):
        return "glibc"
    return None
