# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the runtime knows of a plugin: its path, the packages it checks, and the symbols that C(plugin.Lookup) finds, with their types.

The linker writes it as the variable that runtime.lastmoduledatap points to (src/cmd/link/internal/ld/symtab.go, symtab); the runtime
reads it as its moduledata (src/runtime/symtab.go) when the plugin is opened (src/runtime/plugin.go, plugin_lastmoduleinit).
"""

from __future__ import annotations

import hashlib
import struct
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.image import Image
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import Span

# Where moduledata has "types" and "ptab", counted in words; pluginpath and pkghashes follow ptab.
# The layouts of Go 1.27, 1.26, 1.20 to 1.25, 1.18 and 1.19, 1.16 and 1.17. Each is tried, and taken only if everything in it fits.
_LAYOUTS = ((37, 48), (37, 51), (37, 50), (35, 48), (35, 46))
_WORDS = 64
_PTAB, _PLUGIN_PATH, _PACKAGES = 0, 3, 5
_WORDS_PER_PACKAGE = 5

FINGERPRINT_SIZE = 8

# Each limit is far above what a plugin has: the largest known has 557 packages and exports a dozen symbols.
_MAX_PACKAGES = 8192
_MAX_PATH = 1024
_MAX_EXPORTS = 4096
_MAX_SIGNATURE = 8192

# src/internal/abi/type.go: the bits of TFlag and Kind. Before Go 1.26 the upper bits of the kind had other meanings.
_EXTRA_STAR = 1 << 1
_KIND_MASK = 31
FUNC, POINTER = 19, 22


class Module(t.NamedTuple):
    """A plugin's moduledata. types: the address that offsets of names and types count from. exports, packages: (address, number)."""

    path: bytes
    types: int
    exports: tuple[int, int]
    packages: tuple[int, int]


class Type(t.NamedTuple):
    """A Go type. string: as C(reflect) prints it. hash: of its full name, with import paths instead of package names."""

    kind: int
    string: bytes
    hash: int


def read_module(image: Image) -> Module | None:
    """The moduledata of a plugin; None for a program, and where it is of an unknown Go."""
    symbol = image.symbol(b"runtime.lastmoduledatap")
    if image.kind != "shared" or symbol is None:
        return None
    try:
        (address,) = image.words(symbol.address, 1)
        words = image.words(address, _WORDS)
    except BinaryError:
        return None
    for types, start in _LAYOUTS:
        module = _fitting(image, words[types], words[start : start + 8])
        if module is not None:
            return module
    return None


def _fitting(image: Image, types: int, words: tuple[int, ...]) -> Module | None:
    """The module, if these words are slices and a string as they should be, and the first package is what it says."""
    table, path, checked = words[_PTAB : _PTAB + 3], words[_PLUGIN_PATH : _PLUGIN_PATH + 2], words[_PACKAGES : _PACKAGES + 3]
    if table[1] != table[2] or checked[1] != checked[2]:
        return None
    if table[1] > _MAX_EXPORTS or not 0 < checked[1] <= _MAX_PACKAGES or not 0 < path[1] <= _MAX_PATH:
        return None
    try:
        module = Module(image.read(path[0], path[1]), types, (table[0], table[1]), (checked[0], checked[1]))
        next(_packages(image, module, 1))
        name = next((name for name, _type in exports(image, module)), None)
    except BinaryError:
        return None
    return module if name is None or is_exported(name) else None


def packages(image: Image, module: Module) -> t.Iterator[tuple[bytes, bytes]]:
    """(import path, fingerprint) of every package, in the order in which the runtime compares them."""
    return _packages(image, module, module.packages[1])


def _packages(image: Image, module: Module, count: int) -> t.Iterator[tuple[bytes, bytes]]:
    """src/runtime/symtab.go, modulehash: name, linktimehash, *runtimehash."""
    words = image.words(module.packages[0], count * _WORDS_PER_PACKAGE)
    for place in range(0, len(words), _WORDS_PER_PACKAGE):
        name, name_size, value, value_size = words[place : place + 4]
        if not 0 < name_size <= _MAX_PATH or value_size != FINGERPRINT_SIZE:
            raise image.file.error("bad-module-data", f"the package list of the plugin is broken at {module.packages[0]:#x}")
        yield image.read(name, name_size), image.read(value, value_size)


def exports(image: Image, module: Module) -> t.Iterator[tuple[bytes, Type]]:
    """(name, type) of what C(plugin.Lookup) finds; the type of a variable is that of a pointer to it. src/runtime/plugin.go, ptabEntry."""
    address, count = module.exports
    if not count:
        return
    entries = struct.unpack(f"{image.byte_order}{2 * count}i", image.read(address, 8 * count))
    # Before Go 1.17 the length of a name had two bytes, most significant first. No identifier is that long.
    short = image.read(module.types + entries[0] + 1, 1) != b"\0"
    for name, kind in zip(entries[::2], entries[1::2]):
        yield _name(image.at(module.types + name), short), _type(image, module, module.types + kind, short)


def _type(image: Image, module: Module, address: int, short: bool) -> Type:
    """src/internal/abi/type.go, Type: two words, hash, flags, two alignments, kind, two words, string."""
    word = image.pointer_size
    span = image.at(address)
    hashed, flags, kind = struct.unpack(f"{image.byte_order}IBxxB", span.read(2 * word, 8))
    (offset,) = struct.unpack(f"{image.byte_order}i", span.read(4 * word + 8, 4))
    string = _name(image.at(module.types + offset), short)
    return Type(kind & _KIND_MASK, string[1:] if flags & _EXTRA_STAR else string, hashed)


def _name(span: Span, short: bool) -> bytes:
    """src/internal/abi/type.go, Name: a byte of flags, the length, the text."""
    head = span.peek(1, 3)
    length = head[0] << 8 | head[1]
    size = 2
    if short:
        length = size = 0
        for place, byte in enumerate(head):
            length |= (byte & 0x7F) << 7 * place
            size += 1
            if byte < 0x80:
                break
    if length > _MAX_SIGNATURE:
        raise span.error("bad-module-data", f"the name of a type has {length} bytes")
    return span.read(1 + size, length)


def is_exported(identifier: bytes) -> bool:
    """Whether it is an identifier of Go that begins with an upper-case letter (https://go.dev/ref/spec#Exported_identifiers)."""
    try:
        name = identifier.decode()
    except UnicodeDecodeError:
        return False
    word = all(char == "_" or char.isalpha() or char.isdecimal() for char in name)
    return word and name[:1].isalpha() and name[:1].isupper()


def type_hash(image: Image, name: str) -> int | None:
    """The hash that this file's compiler gives to the type of this full name; None where its way to hash is unknown."""
    for known in _KNOWN_TYPES:
        symbol = image.symbol(b"type:" + known) or image.symbol(b"type." + known)
        if symbol is not None:
            (recorded,) = struct.unpack(f"{image.byte_order}I", image.read(symbol.address + 2 * image.pointer_size, 4))
            way = next((way for way in _HASHES if way(known) == recorded), None)
            return None if way is None else way(name.encode("utf-8", "surrogateescape"))
    return None


# Types that are in nearly every program, each by a symbol of its own name.
_KNOWN_TYPES = (b"string", b"int", b"error", b"bool", b"uint8")


def _sha256(name: bytes, start: int, difference: int) -> int:
    (value,) = struct.unpack_from("<I", hashlib.sha256(name).digest(), start)
    return int(value) ^ difference


# src/cmd/compile/internal/types/fmt.go, TypeHash, and src/cmd/internal/{hash,notsha256}: Go 1.19 to 1.23, 1.24, and two since.
# It was MD5 before.
_HASHES: tuple[t.Callable[[bytes], int], ...] = (
    lambda name: _sha256(name, 0, 0xFFFFFFFF),
    lambda name: _sha256(name, 8, 0),
    lambda name: _sha256(name, 0, 0x01),
    lambda name: _sha256(name, 0, 0xFF),
)
