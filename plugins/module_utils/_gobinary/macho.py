# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mach-O: what dyld sees of a file.

64 bit and little-endian, as all that Go compiles for macOS today; thin, or a slice of a universal file.

Rules and names: C(mach-o/loader.h), C(mach-o/nlist.h), C(mach-o/fat.h), C(mach-o/fixup-chains.h) of Apple's cctools and dyld.
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
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Libraries
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import Span, text

MAGIC = b"\xcf\xfa\xed\xfe"
# Of formats that are recognised only to be named: 32 bit, and big-endian.
OTHER_MAGICS = (b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf")
UNIVERSAL_MAGIC, UNIVERSAL_MAGIC_64 = b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf"

_CPUS = {0x01000007: "amd64", 0x0100000C: "arm64"}
# arm64 with signed pointers, another kind of program, for which Go does not compile (mach/machine.h).
_SUBTYPE_MASK, _ARM64E = 0x00FFFFFF, (0x0100000C, 2)
_MH_EXECUTE, _MH_DYLIB, _MH_BUNDLE = 2, 6, 8
_MH_PIE = 0x200000
_LC_SYMTAB, _LC_LOAD_DYLINKER, _LC_SEGMENT_64 = 0x2, 0xE, 0x19
_LC_LOAD_DYLIBS = (0xC, 0x20, 0x80000018, 0x8000001F, 0x80000023)
_LC_DYLD_INFO, _LC_VERSION_MIN_MACOSX, _LC_BUILD_VERSION = (0x22, 0x80000022), 0x24, 0x32
_LC_DYLD_EXPORTS_TRIE, _LC_DYLD_CHAINED_FIXUPS = 0x80000033, 0x80000034
_PLATFORMS = {1: "darwin", 2: "ios"}
_VM_PROT_WRITE, _VM_PROT_EXECUTE = 2, 4
_S_ATTR_INSTRUCTIONS = 0x80000400
_N_STAB, _N_TYPE, _N_EXT, _N_SECT = 0xE0, 0x0E, 0x01, 0x0E
_EXPORT_REEXPORT = 0x08
# dyld_chained_ptr_64_rebase: the target is an address, or an offset from the image's start.
_CHAINED_PTR_64, _CHAINED_PTR_64_OFFSET = 2, 6
_CHAINED_START_NONE, _CHAINED_START_MULTI = 0xFFFF, 0x8000

_HEADER = struct.Struct("<4sIIIIIII")
_COMMAND = struct.Struct("<II")
_SEGMENT = struct.Struct("<16sQQQQIIII")
_SECTION = struct.Struct("<16s16sQQIIIIIIII")
_SYMBOL = struct.Struct("<IBBHQ")

# Each limit is far above what linkers write, and keeps a file that lies from costing time or memory.
_MAX_SLICES = 32
_MAX_COMMANDS = 128
_MAX_COMMANDS_SIZE = 256 << 10
_MAX_CHAINS = 32
_MAX_LIBRARY_NAME = 4096
# A node of the export trie: its edges hold at most 256 parts of names. Most nodes fit into what is read first.
_NODE, _MAX_NODE = 256, 64 << 10


def slices(file: Span) -> tuple[tuple[str, Span], ...]:
    """(GOARCH, bytes) of the slices of a universal file that are for processors known to Go. Raises BinaryError.

    Java class files have the same magic; where a universal file counts its slices they have a version, 45 or more.
    """
    magic, count = struct.unpack(">4sI", file.read(0, 8))
    form = struct.Struct(">IIIII" if magic == UNIVERSAL_MAGIC else ">IIQQII")
    if count > _MAX_SLICES:
        raise file.error("not-a-go-binary", f"it is no universal Mach-O file: {count} slices are too many")
    found = []
    for place in range(count):
        cpu, subtype, offset, size = form.unpack(file.read(8 + place * form.size, form.size))[:4]
        if cpu in _CPUS and (cpu, subtype & _SUBTYPE_MASK) != _ARM64E:
            found.append((_CPUS[cpu], file.part(offset, size)))
    return tuple(found)


class MachO:
    """A thin Mach-O file, as an C(Image)."""

    format = "macho"
    byte_order = "<"
    pointer_size = 8

    def __init__(self, file: Span) -> None:
        if file.peek(0, 4) != MAGIC:
            raise file.error("bad-header", "it is no 64-bit Mach-O image")
        self.file = file
        _magic, self._cpu, _subtype, self._type, self._count, self._commands_size, self._flags, _reserved = _HEADER.unpack(
            file.read(0, _HEADER.size)
        )
        self._budget = Budget(file)
        self._nodes: dict[int, _Node] = {}

    @property
    def kind(self) -> str:
        if self._type in (_MH_DYLIB, _MH_BUNDLE):
            return "shared"
        return "pie" if self._flags & _MH_PIE else "exe"

    @property
    def goarch(self) -> str:
        if self._cpu not in _CPUS:
            raise self.file.error("unknown-machine", f"Go compiles for no Mach-O processor {self._cpu:#x} today")
        return _CPUS[self._cpu]

    @property
    def goos(self) -> str:
        for command, body in self._commands:
            if command == _LC_BUILD_VERSION:
                return _PLATFORMS.get(struct.unpack("<I", body.read(0, 4))[0], "darwin")
        return "darwin"

    # Load commands and memory.

    @functools.cached_property
    def _commands(self) -> tuple[tuple[int, Span], ...]:
        """(command, what follows its size) of each."""
        if self._count > _MAX_COMMANDS or self._commands_size > _MAX_COMMANDS_SIZE:
            raise self.file.error("bad-header", f"it claims {self._count} load commands of {self._commands_size} bytes")
        area = self.file.part(_HEADER.size, self._commands_size)
        commands = []
        place = 0
        for _each in range(self._count):
            command, size = _COMMAND.unpack(area.read(place, _COMMAND.size))
            if size < _COMMAND.size:
                raise self.file.error("bad-header", f"a load command claims a size of {size} bytes")
            commands.append((command, area.part(place + _COMMAND.size, size - _COMMAND.size)))
            place += size
        return tuple(commands)

    def _body(self, *wanted: int) -> Span | None:
        return next((body for command, body in self._commands if command in wanted), None)

    @functools.cached_property
    def _segments(self) -> tuple[tuple[bytes, Segment], ...]:
        """(name, segment) of each."""
        segments = []
        for command, body in self._commands:
            if command == _LC_SEGMENT_64:
                name, address, _memory, offset, size, _most, protection, _sections, _flags = _SEGMENT.unpack(body.read(0, _SEGMENT.size))
                writable, executable = bool(protection & _VM_PROT_WRITE), bool(protection & _VM_PROT_EXECUTE)
                segments.append((name.rstrip(b"\0"), Segment(address, offset, size, writable, executable)))
        return tuple(segments)

    @functools.cached_property
    def _sections(self) -> tuple[tuple[bytes, Segment], ...]:
        """(name, section) of each; executable: it holds instructions."""
        sections = []
        for command, body in self._commands:
            if command == _LC_SEGMENT_64:
                count = _SEGMENT.unpack(body.read(0, _SEGMENT.size))[7]
                for entry in _SECTION.iter_unpack(body.read(_SEGMENT.size, count * _SECTION.size)):
                    name, address, size, offset, flags = entry[0], entry[2], entry[3], entry[4], entry[8]
                    sections.append((name.rstrip(b"\0"), Segment(address, offset, size, False, bool(flags & _S_ATTR_INSTRUCTIONS))))
        return tuple(sections)

    @functools.cached_property
    def _start(self) -> int:
        """The address of the Mach-O header, which exported symbols count from."""
        for _name, segment in self._segments:
            if segment.offset == 0 and segment.size:
                return segment.address
        raise self.file.error("bad-header", "no segment of it begins with its header")

    def at(self, address: int) -> Span:
        return part_at((segment for _name, segment in self._segments), self.file, address)

    def read(self, address: int, size: int) -> bytes:
        return read_at((segment for _name, segment in self._segments), self.file, address, size)

    def words(self, address: int, count: int) -> tuple[int, ...]:
        """Pointers hold their value, or are links of a chain that says how to make it (mach-o/fixup-chains.h)."""
        values = list(struct.unpack(f"<{count}Q", self.read(address, count * 8)))
        for place, value in self._chained(address, count * 8):
            if (place - address) % 8 == 0:
                values[(place - address) // 8] = value
        return tuple(values)

    def _chained(self, address: int, size: int) -> t.Iterator[tuple[int, int]]:
        """(place, value) of the pointers into the image itself, and zero for others, within C(address) and C(address + size)."""
        for start, page_size, form, pages in self._chains:
            first, last = (address - start) // page_size, (address + size - 1 - start) // page_size
            for page in range(max(first, 0), min(last, len(pages) - 1) + 1):
                self._budget.step()
                if pages[page] != _CHAINED_START_NONE:
                    yield from self._page_chain(start + page * page_size, page_size, pages[page], form, range(address, address + size - 7))

    def _page_chain(self, page: int, page_size: int, first: int, form: int, wanted: range) -> t.Iterator[tuple[int, int]]:
        data = self.at(page).peek(0, page_size)
        place = first
        while place + 8 <= len(data):
            self._budget.step()
            (raw,) = struct.unpack_from("<Q", data, place)
            if page + place in wanted:
                target = (raw & 0xFFFFFFFFF) + (self._start if form == _CHAINED_PTR_64_OFFSET else 0)
                yield page + place, 0 if raw >> 63 else target
            step = raw >> 51 & 0xFFF
            if not step:
                return
            place += step * 4

    @functools.cached_property
    def _chains(self) -> tuple[tuple[int, int, int, tuple[int, ...]], ...]:
        """(address, page size, pointer format, offset of the first link on each page) of the segments that have chains."""
        command = self._body(_LC_DYLD_CHAINED_FIXUPS)
        if command is None:
            return ()
        table = self.file.part(*struct.unpack("<II", command.read(0, 8)))
        starts = table.rest(struct.unpack("<I", table.read(4, 4))[0])
        (count,) = struct.unpack("<I", starts.read(0, 4))
        chains = []
        for (offset,) in struct.iter_unpack("<I", starts.read(4, min(count, _MAX_CHAINS) * 4)):
            if not offset:
                continue
            _size, page_size, form, start, _most, pages = struct.unpack("<IHHQIH", starts.read(offset, 22))
            if form not in (_CHAINED_PTR_64, _CHAINED_PTR_64_OFFSET) or not page_size:
                raise self.file.error("unknown-fixups", f"its chained fixups are of the unknown format {form}")
            firsts = struct.unpack(f"<{pages}H", starts.read(offset + 22, pages * 2))
            chains.append((self._start + start, page_size, form, firsts))
        return tuple(chains)

    # Symbols. Their names begin with an underscore.

    def symbol(self, name: bytes) -> RawSymbol | None:
        if self._trie is None:
            address = self._scanned.get(name)
            return None if address is None else self._located(address)
        node = self._node(0)
        rest = b"_" + name
        while rest:
            edge, child = next((pair for pair in node.edges if rest.startswith(pair[0])), (b"", 0))
            if not edge:
                return None
            rest = rest[len(edge) :]
            node = self._node(child)
        return None if node.address is None else self._located(self._start + node.address)

    def _located(self, address: int) -> RawSymbol:
        return RawSymbol(address, 0, any(section.executable and section.has(address) for _name, section in self._sections))

    def names(self, prefix: bytes) -> t.Iterator[bytes]:
        """In the order of the export trie, or of the symbol table."""
        if self._trie is None:
            yield from (name for name in self._scanned if name.startswith(prefix))
            return
        wanted = b"_" + prefix
        waiting = [(b"", 0)]
        while waiting:
            name, place = waiting.pop()
            node = self._node(place)
            if node.address is not None and name.startswith(wanted):
                yield name[1:]
            for edge, child in reversed(node.edges):
                longer = name + edge
                self._budget.step(1 + len(longer) // 8)
                if edge and longer.startswith(wanted[: len(longer)]):
                    waiting.append((longer, child))

    @functools.cached_property
    def _trie(self) -> Span | None:
        """The exported symbols as a tree of the parts of their names; None where there is none."""
        info = self._body(*_LC_DYLD_INFO)
        tries = [command.read(0, 8) for command in (self._body(_LC_DYLD_EXPORTS_TRIE),) if command is not None]
        tries += [info.read(32, 8)] if info is not None else []
        for entry in tries:
            offset, size = struct.unpack("<II", entry)
            if size:
                return self.file.part(offset, size)
        return None

    def _node(self, place: int) -> _Node:
        """Kept, as the import paths of packages share their beginnings."""
        self._budget.step()
        if place in self._nodes:
            return self._nodes[place]
        for size in (_NODE, _MAX_NODE):
            node = _parse_node(self._trie.peek(place, size)) if self._trie else None
            if node is not None:
                self._budget.step(len(node.edges))
                self._nodes[place] = node
                return node
        raise self.file.error("bad-export-trie", f"the node at offset {place} of its export trie is broken")

    @functools.cached_property
    def _scanned(self) -> dict[bytes, int]:
        """Address by name of the external symbols of a file without export trie, as Go itself links where no other linker is needed."""
        command = self._body(_LC_SYMTAB)
        if command is None:
            return {}
        offset, count, strings_offset, strings_size = struct.unpack("<IIII", command.read(0, 16))
        if count > MAX_SCANNED:
            raise self.file.error("too-large", f"it has {count} symbols and no export trie to find them by")
        strings = self.file.part(strings_offset, strings_size)
        found: dict[bytes, int] = {}
        left = MAX_SCANNED_NAMES
        for place, kind, _section, _description, value in _SYMBOL.iter_unpack(self.file.read(offset, count * _SYMBOL.size)):
            if kind & _N_STAB or not kind & _N_EXT or kind & _N_TYPE != _N_SECT:
                continue
            name = strings.string(place, MAX_NAME)
            found.setdefault(name[1:], value)
            left -= len(name)
            if left < 0:
                raise self.file.error("too-large", "its symbols have longer names than those of any Go program")
        return found

    # Build info.

    def build_info_places(self) -> t.Iterator[tuple[int, int]]:
        """The section __go_buildinfo, or else the segments that may be written to (src/debug/buildinfo/buildinfo.go, DataStart)."""
        for name, section in self._sections:
            if name == b"__go_buildinfo":
                yield section.address, section.size
        for _name, segment in self._segments:
            if segment.writable and segment.size:
                yield segment.address, segment.size

    # Libraries.

    def libraries(self) -> Libraries:
        needed = tuple(_path(body) for command, body in self._commands if command in _LC_LOAD_DYLIBS)
        linker = self._body(_LC_LOAD_DYLINKER)
        libc = "darwin" if any(name.startswith("/usr/lib/libSystem.") for name in needed) else None
        return Libraries(needed, self._oldest_system(), libc, None if linker is None else _path(linker))

    def _oldest_system(self) -> dict[str, tuple[str, ...]]:
        for command, body in self._commands:
            if command in (_LC_VERSION_MIN_MACOSX, _LC_BUILD_VERSION):
                (version,) = struct.unpack("<I", body.read(0 if command == _LC_VERSION_MIN_MACOSX else 4, 4))
                return {"macOS": (f"{version >> 16}.{version >> 8 & 255}",)}
        return {}


class _Node(t.NamedTuple):
    """A node of the export trie. address: from the start of the image, None where no symbol of this file ends here."""

    address: int | None
    edges: tuple[tuple[bytes, int], ...]


def _parse_node(data: bytes) -> _Node | None:
    """dyld's MachOLoaded::trieWalk. None where the bytes do not suffice."""
    try:
        size, place = _uleb128(data, 0)
        address = None
        if size:
            flags, at = _uleb128(data, place)
            if not flags & _EXPORT_REEXPORT:
                address, _at = _uleb128(data, at)
        place += size
        edges = []
        count = data[place]
        place += 1
        for _edge in range(count):
            end = data.index(b"\0", place)
            child, after = _uleb128(data, end + 1)
            edges.append((data[place:end], child))
            place = after
    except (IndexError, ValueError):
        return None
    return _Node(address, tuple(edges))


def _uleb128(data: bytes, place: int) -> tuple[int, int]:
    """A number, and the place behind it. Raises IndexError or ValueError."""
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            raise ValueError("a number has more than 64 bits")


def _path(body: Span) -> str:
    """The name that a load command points to; C(lc_str) counts from the start of the command."""
    (offset,) = struct.unpack("<I", body.read(0, 4))
    return text(body.peek(offset - _COMMAND.size, _MAX_LIBRARY_NAME).split(b"\0")[0])
