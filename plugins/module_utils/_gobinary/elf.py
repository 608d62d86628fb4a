# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ELF: what the dynamic loader sees of a file.

Rules: System V gABI (https://gabi.xinuos.com), "Object Files" and "Program Loading and Dynamic Linking"; names are those of C(elf.h).
Program headers and the dynamic table lead to everything, as they lead the loader: they are there in a stripped file too.
Section headers serve only where the loader has no equal: to find the build info fast, and to count symbols that no hash table counts.
"""

from __future__ import annotations

import functools
import struct
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.image import (
    MAX_NAME,
    MAX_SCANNED,
    MAX_SCANNED_NAMES,
    Budget,
    RawSymbol,
    Segment,
    part_at,
    read_at,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, Libraries
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import Span, text

MAGIC = b"\x7fELF"

_ET_EXEC = 2
_ELFOSABI_FREEBSD = 9
_PN_XNUM = 0xFFFF
_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_PF_X, _PF_W = 1, 2
_SHT_DYNSYM = 11
_SHN_UNDEF = 0
_STT_FUNC, _STT_GNU_IFUNC = 2, 10
_DT_NULL, _DT_NEEDED, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_RELA, _DT_STRSZ = 0, 1, 4, 5, 6, 7, 10
_DT_GNU_HASH, _DT_RELACOUNT, _DT_VERNEED, _DT_VERNEEDNUM = 0x6FFFFEF5, 0x6FFFFFF9, 0x6FFFFFFE, 0x6FFFFFFF

# e_machine, 64 bit, little-endian -> GOARCH (src/cmd/link/internal/ld/elf.go, asmbElf).
_MACHINES = {
    (3, False, True): "386",
    (8, False, False): "mips",
    (8, False, True): "mipsle",
    (8, True, False): "mips64",
    (8, True, True): "mips64le",
    (21, True, False): "ppc64",
    (21, True, True): "ppc64le",
    (22, True, False): "s390x",
    (40, False, True): "arm",
    (62, True, True): "amd64",
    (183, True, True): "arm64",
    (243, True, True): "riscv64",
    (258, True, True): "loong64",
}

# How much of a file C(abi) needs.
ABI_BYTES = 20

# Each limit is far above what linkers write, and keeps a file that lies from costing time or memory.
_MAX_PROGRAM_HEADERS = 64
_MAX_SECTION_HEADERS = 4096
_MAX_DYNAMIC = 4096
_MAX_LIBRARIES = 1024
_MAX_VERSIONS = 4096
_MAX_LIBRARY_NAME = 4096

# Words of a chain of .gnu.hash that are read at once; few are longer.
_CHAIN = 8


class _Layout(t.NamedTuple):
    """The structures of one class (32 or 64 bit) and byte order."""

    order: str
    pointer_size: int
    header: struct.Struct
    program: struct.Struct
    section: struct.Struct
    dynamic: struct.Struct
    symbol: struct.Struct
    relocation: struct.Struct
    pointer: struct.Struct
    word: struct.Struct
    need: struct.Struct
    need_version: struct.Struct


def abi(header: bytes) -> bytes:
    """What files must have in common to be loaded into one process: word size, byte order and processor, as their headers have them."""
    return header[:6] + header[18:ABI_BYTES]


def _layout(is_64: bool, order: str) -> _Layout:
    address = "Q" if is_64 else "I"
    return _Layout(
        order=order,
        pointer_size=8 if is_64 else 4,
        header=struct.Struct(f"{order}16xHHI{address * 3}IHHHHHH"),
        program=struct.Struct(f"{order}IIQQQQQQ" if is_64 else f"{order}8I"),
        section=struct.Struct(f"{order}II{address * 4}II{address * 2}"),
        dynamic=struct.Struct(f"{order}{address * 2}"),
        symbol=struct.Struct(f"{order}IBBHQQ" if is_64 else f"{order}IIIBBH"),
        relocation=struct.Struct(f"{order}{address * 3}"),
        pointer=struct.Struct(f"{order}{address}"),
        word=struct.Struct(f"{order}I"),
        need=struct.Struct(f"{order}HHIII"),
        need_version=struct.Struct(f"{order}IHHII"),
    )


class Elf:
    """An ELF file of either class and byte order, as an C(Image)."""

    format = "elf"

    def __init__(self, file: Span) -> None:
        ident = file.peek(0, 16)
        if ident[:4] != MAGIC or len(ident) < 16 or ident[4] not in (1, 2) or ident[5] not in (1, 2):
            raise file.error("bad-header", "its ELF identification is broken")
        self.file = file
        self._os_abi = ident[7]
        self._layout = _layout(ident[4] == 2, "<" if ident[5] == 1 else ">")
        self.byte_order = self._layout.order
        self.pointer_size = self._layout.pointer_size
        header = self._layout.header.unpack(file.read(0, self._layout.header.size))
        self._type, self._machine, self._program_table, self._section_table = header[0], header[1], header[4], header[5]
        self._program_size, self._programs, self._section_size, self._sections, self._section_names = header[8:13]
        self._budget = Budget(file)

    @property
    def kind(self) -> str:
        if self._type == _ET_EXEC:
            return "exe"
        return "shared" if self.interpreter is None else "pie"

    @property
    def goarch(self) -> str:
        key = (self._machine, self.pointer_size == 8, self.byte_order == "<")
        if key not in _MACHINES:
            bits = self.pointer_size * 8
            raise self.file.error("unknown-machine", f"Go compiles for no processor with ELF's number {self._machine} and {bits} bits")
        return _MACHINES[key]

    @property
    def goos(self) -> str:
        """Programs for FreeBSD are marked, its libraries name the system's libc; Linux is neither."""
        if self._os_abi == _ELFOSABI_FREEBSD or (self.interpreter or "").startswith("/libexec/ld-elf"):
            return "freebsd"
        return "freebsd" if "libc.so.7" in self._needed else "linux"

    # Memory.

    @functools.cached_property
    def _program_headers(self) -> tuple[tuple[int, Segment], ...]:
        """(type, segment) of each."""
        form = self._layout.program
        if (self._programs and self._program_size != form.size) or self._programs == _PN_XNUM or self._programs > _MAX_PROGRAM_HEADERS:
            raise self.file.error("bad-header", f"it claims {self._programs} program headers of {self._program_size} bytes")
        headers = []
        for entry in form.iter_unpack(self.file.read(self._program_table, self._programs * form.size)):
            if self.pointer_size == 8:
                kind, flags, offset, address, _physical, size, _memory, _align = entry
            else:
                kind, offset, address, _physical, size, _memory, flags, _align = entry
            headers.append((kind, Segment(address, offset, size, bool(flags & _PF_W), bool(flags & _PF_X))))
        return tuple(headers)

    @functools.cached_property
    def _segments(self) -> tuple[Segment, ...]:
        return tuple(segment for kind, segment in self._program_headers if kind == _PT_LOAD)

    def at(self, address: int) -> Span:
        return part_at(self._segments, self.file, address)

    def read(self, address: int, size: int) -> bytes:
        return read_at(self._segments, self.file, address, size)

    def words(self, address: int, count: int) -> tuple[int, ...]:
        size = count * self.pointer_size
        values = list(struct.unpack(f"{self.byte_order}{count}{'Q' if self.pointer_size == 8 else 'I'}", self.read(address, size)))
        for place, value in self._relocated(address, size):
            if place % self.pointer_size == address % self.pointer_size:
                values[(place - address) // self.pointer_size] = value
        return tuple(values)

    def _relocated(self, address: int, size: int) -> t.Iterator[tuple[int, int]]:
        """(place, value) of the pointers into the file itself, which the loader writes between C(address) and C(address + size).

        Linkers put these R_*_RELATIVE relocations first, by ascending address, and count them in DT_RELACOUNT (binutils bfd/elflink.c,
        elf_link_sort_relocs; lld ELF/SyntheticSections.cpp, computeRels). With REL and RELR tables the value stands in the place itself.
        """
        table, count = self._tag(_DT_RELA), self._tag(_DT_RELACOUNT)
        if not table or not count:
            return
        form = self._layout.relocation
        entries = self.at(table)
        low, high = 0, min(count, entries.size // form.size)
        end = high
        while low < high:
            middle = (low + high) // 2
            (place,) = self._layout.pointer.unpack(entries.read(middle * form.size, self.pointer_size))
            if place < address:
                low = middle + 1
            else:
                high = middle
        wanted = min(end - low, size // self.pointer_size)
        for place, _info, addend in form.iter_unpack(entries.read(low * form.size, wanted * form.size)):
            if not address <= place <= address + size - self.pointer_size:
                return
            yield place, addend

    # The dynamic table.

    @functools.cached_property
    def _dynamic(self) -> tuple[tuple[int, int], ...]:
        segment = next((segment for kind, segment in self._program_headers if kind == _PT_DYNAMIC), None)
        if segment is None:
            return ()
        form = self._layout.dynamic
        span = self.file.part(segment.offset, segment.size)
        entries = []
        for tag, value in form.iter_unpack(span.read(0, min(span.size // form.size, _MAX_DYNAMIC) * form.size)):
            if tag == _DT_NULL:
                break
            entries.append((tag, value))
        return tuple(entries)

    def _tag(self, wanted: int) -> int | None:
        return next((value for tag, value in self._dynamic if tag == wanted), None)

    # Symbols.

    @functools.cached_property
    def _strings(self) -> Span:
        """.dynstr, the names of the dynamic symbols; empty where there is none."""
        address, size = self._tag(_DT_STRTAB), self._tag(_DT_STRSZ)
        return self.file.part(0, 0) if address is None or size is None else self.at(address).part(0, size)

    @functools.cached_property
    def _symbols(self) -> Span:
        """.dynsym and what follows it, as the dynamic table does not have its size."""
        address = self._tag(_DT_SYMTAB)
        return self.file.part(0, 0) if address is None else self.at(address)

    def _entry(self, index: int) -> tuple[int, RawSymbol | None]:
        """Of a dynamic symbol: where its name is in .dynstr, and the symbol, None where another file defines it."""
        form = self._layout.symbol
        return self._unpacked(form.unpack(self._symbols.read(index * form.size, form.size)))

    def _unpacked(self, entry: tuple[int, ...]) -> tuple[int, RawSymbol | None]:
        if self.pointer_size == 8:
            name, info, _other, section, value, size = entry
        else:
            name, value, size, info, _other, section = entry
        return name, None if section == _SHN_UNDEF else RawSymbol(value, size, info & 15 in (_STT_FUNC, _STT_GNU_IFUNC))

    def _named(self, index: int, wanted: bytes) -> tuple[bool, RawSymbol | None]:
        """Whether the symbol at this index has the name, and the symbol."""
        place, symbol = self._entry(index)
        return self._strings.peek(min(place, self._strings.size), len(wanted) + 1) == wanted + b"\0", symbol

    def symbol(self, name: bytes) -> RawSymbol | None:
        if self._gnu_hash is not None:
            return self._by_gnu_hash(self._gnu_hash, name)
        if self._hash is not None:
            return self._by_hash(self._hash, name)
        index = self._scanned.get(name)
        return None if index is None else self._entry(index)[1]

    @functools.cached_property
    def _gnu_hash(self) -> _GnuHash | None:
        """https://sourceware.org/gnu-gabi/program-loading-and-dynamic-linking.txt"""
        address = self._tag(_DT_GNU_HASH)
        if address is None:
            return None
        table = self.at(address)
        buckets, first, blooms, _shift = struct.unpack(f"{self.byte_order}4I", table.read(0, 16))
        if not buckets:
            raise self.file.error("bad-hash-table", "its .gnu.hash has no buckets")
        bucket = table.part(16 + blooms * self.pointer_size, buckets * 4)
        return _GnuHash(buckets, first, bucket, table.rest(16 + blooms * self.pointer_size + bucket.size))

    def _by_gnu_hash(self, table: _GnuHash, name: bytes) -> RawSymbol | None:
        """As glibc's elf/dl-lookup.c, do_lookup_x, without the Bloom filter: most names that are looked up are there."""
        wanted = gnu_hash(name)
        (index,) = self._layout.word.unpack(table.bucket.read(wanted % table.buckets * 4, 4))
        if index < table.first:
            return None
        while True:
            place = (index - table.first) * 4
            piece = table.chain.read(place, 4 * max(1, min(_CHAIN, (table.chain.size - place) // 4)))
            self._budget.step(len(piece) // 4)
            for (entry,) in self._layout.word.iter_unpack(piece):
                # The lowest bit marks the end of the chain.
                if entry | 1 == wanted | 1:
                    found, symbol = self._named(index, name)
                    if found:
                        return symbol
                if entry & 1:
                    return None
                index += 1

    @functools.cached_property
    def _hash(self) -> _Hash | None:
        """gABI, "Hash Table". The words have 8 bytes on s390x: then the high half of the first, the number of buckets, is zero."""
        address = self._tag(_DT_HASH)
        if address is None:
            return None
        table = self.at(address)
        wide = self._machine == 22 and self.pointer_size == 8 and table.read(0, 4) == bytes(4)
        form = struct.Struct(f"{self.byte_order}{'Q' if wide else 'I'}")
        buckets, symbols = (form.unpack(table.read(place * form.size, form.size))[0] for place in (0, 1))
        if not buckets:
            raise self.file.error("bad-hash-table", "its .hash has no buckets")
        bucket = table.part(2 * form.size, buckets * form.size)
        return _Hash(form, buckets, bucket, table.part(2 * form.size + bucket.size, symbols * form.size))

    def _by_hash(self, table: _Hash, name: bytes) -> RawSymbol | None:
        size = table.form.size
        (index,) = table.form.unpack(table.bucket.read(sysv_hash(name) % table.buckets * size, size))
        while index:
            self._budget.step()
            found, symbol = self._named(index, name)
            if found:
                return symbol
            (index,) = table.form.unpack(table.chain.read(index * size, size))
        return None

    @functools.cached_property
    def _scanned(self) -> dict[bytes, int]:
        """Index by name of all dynamic symbols, for a file without hash table."""
        form = self._layout.symbol
        count = self._symbol_count()
        if count > MAX_SCANNED:
            raise self.file.error("too-large", f"it has {count} dynamic symbols and no hash table to find them by")
        found: dict[bytes, int] = {}
        left = MAX_SCANNED_NAMES
        for index, entry in enumerate(form.iter_unpack(self._symbols.read(0, count * form.size))):
            name = self._strings.string(self._unpacked(entry)[0], MAX_NAME)
            found.setdefault(name, index)
            left -= len(name)
            if left < 0:
                raise self.file.error("too-large", "its dynamic symbols have longer names than those of any Go program")
        return found

    def _symbol_count(self) -> int:
        """From the section headers; without them from .dynstr, which linkers put behind .dynsym."""
        form = self._layout.symbol
        address, strings = self._tag(_DT_SYMTAB), self._tag(_DT_STRTAB)
        if address is None or strings is None:
            return 0
        for header in self._section_headers:
            if header[1] == _SHT_DYNSYM and header[3] == address:
                return int(header[5]) // form.size
        return max(strings - address, 0) // form.size

    def names(self, prefix: bytes) -> t.Iterator[bytes]:
        """In the order of .dynstr."""
        strings = self._strings
        needle = b"\0" + prefix
        for offset, data in strings.blocks(MAX_NAME):
            own = len(data) if offset + len(data) == strings.size else len(data) - MAX_NAME
            place = data.find(needle)
            while 0 <= place < own:
                end = data.find(b"\0", place + 1)
                if end < 0:
                    raise self.file.error("bad-string", f"a symbol in .dynstr has a name longer than {MAX_NAME} bytes")
                yield data[place + 1 : end]
                place = data.find(needle, end)

    # Build info.

    def build_info_places(self) -> t.Iterator[tuple[int, int]]:
        """The section .go.buildinfo, or else the segments that may be written to (src/debug/buildinfo/buildinfo.go, DataStart)."""
        section = self._section(b".go.buildinfo")
        if section is not None:
            yield section
        for segment in sorted(self._segments, key=lambda segment: not segment.writable):
            if not segment.executable:
                yield segment.address, segment.size

    @functools.cached_property
    def _section_headers(self) -> tuple[tuple[int, ...], ...]:
        """Empty where they are missing or broken: nothing depends on them."""
        form = self._layout.section
        if self._section_size != form.size or self._sections > _MAX_SECTION_HEADERS:
            return ()
        try:
            return tuple(form.iter_unpack(self.file.read(self._section_table, self._sections * form.size)))
        except BinaryError:
            return ()

    def _section(self, name: bytes) -> tuple[int, int] | None:
        """Address and size of a section."""
        headers = self._section_headers
        if self._section_names >= len(headers):
            return None
        try:
            names = self.file.part(headers[self._section_names][4], headers[self._section_names][5])
            for header in headers:
                if header[0] < names.size and names.peek(header[0], len(name) + 1) == name + b"\0":
                    return header[3], header[5]
        except BinaryError:
            pass
        return None

    # Libraries.

    @functools.cached_property
    def interpreter(self) -> str | None:
        """The dynamic loader that a program asks for."""
        for kind, segment in self._program_headers:
            if kind == _PT_INTERP:
                return text(self.file.part(segment.offset, segment.size).string(0, _MAX_LIBRARY_NAME))
        return None

    @functools.cached_property
    def _needed(self) -> tuple[str, ...]:
        places = [value for tag, value in self._dynamic if tag == _DT_NEEDED]
        if len(places) > _MAX_LIBRARIES:
            raise self.file.error("too-large", f"it needs {len(places)} libraries")
        return tuple(text(self._strings.string(place, _MAX_LIBRARY_NAME)) for place in places)

    def libraries(self) -> Libraries:
        return Libraries(self._needed, self._versions(), _libc(self._needed, self.interpreter), self.interpreter)

    def _versions(self) -> dict[str, tuple[str, ...]]:
        """.gnu.version_r (Linux Standard Base Core, "Symbol Versioning", Elfxx_Verneed and Elfxx_Vernaux)."""
        address, count = self._tag(_DT_VERNEED), self._tag(_DT_VERNEEDNUM)
        if not address or not count:
            return {}
        table = self.at(address)
        versions: dict[str, tuple[str, ...]] = {}
        place = total = 0
        for _library in range(min(count, _MAX_LIBRARIES)):
            _version, entries, library, auxiliary, following = self._layout.need.unpack(table.read(place, self._layout.need.size))
            names = []
            at = place + auxiliary
            for _entry in range(entries):
                _hash, _flags, _other, name, step = self._layout.need_version.unpack(table.read(at, self._layout.need_version.size))
                names.append(text(self._strings.string(name, _MAX_LIBRARY_NAME)))
                at += step
                total += 1
                if total > _MAX_VERSIONS:
                    raise self.file.error("too-large", f"it needs more than {_MAX_VERSIONS} symbol versions")
            versions[text(self._strings.string(library, _MAX_LIBRARY_NAME))] = tuple(names)
            place += following
        return versions


class _GnuHash(t.NamedTuple):
    """The parts of .gnu.hash. first: index of the first symbol that is in it."""

    buckets: int
    first: int
    bucket: Span
    chain: Span


class _Hash(t.NamedTuple):
    """The parts of .hash."""

    form: struct.Struct
    buckets: int
    bucket: Span
    chain: Span


# Kept, as the names of a plugin's packages are looked up in the gateway again; 8192 is more than the packages of any gateway.
@functools.lru_cache(maxsize=8192)
def gnu_hash(name: bytes) -> int:
    """The hash of DT_GNU_HASH: that of Daniel J. Bernstein."""
    value = 5381
    for byte in name:
        value = value * 33 + byte & 0xFFFFFFFF
    return value


def sysv_hash(name: bytes) -> int:
    """The hash of DT_HASH (gABI, "Hash Table")."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & 0x0FFFFFFF
    return value


def _libc(needed: tuple[str, ...], interpreter: str | None) -> str | None:
    names = (*needed, (interpreter or "").rpartition("/")[2])
    if "libc.so.7" in names or "ld-elf.so.1" in names:
        return "freebsd"
    if any(name == "libc.so" or name.startswith(("ld-musl-", "libc.musl-")) for name in names):
        return "musl"
    if any(name == "libc.so.6" or name.startswith(("ld-linux", "ld64.so")) for name in names):
        return "glibc"
    return None
