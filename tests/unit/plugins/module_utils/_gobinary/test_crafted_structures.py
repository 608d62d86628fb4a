# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ELF files with whole headers and structures behind them that lie: loops, counts and sizes that no linker writes."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.elf import gnu_hash
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError

HASH, STRTAB, SYMTAB, STRSZ, GNU_HASH = 4, 5, 6, 10, 0x6FFFFEF5
DYNAMIC, STRINGS, SYMBOLS, TABLE, INFO, SIZE = 0x200, 0x400, 0x1000, 0x2000, 0x3000, 0x4000
NAME = b"go:link.pkghashbytes.runtime"
MAGIC = b"\xff Go buildinf:"


def elf(tags=(), pieces=(), sections=b"", **change):
    """A library of 64 bit for amd64: one segment, writable, of the whole file at address 0. pieces: from place to bytes."""
    values = {"type": 3, "machine": 62, "version": 1, "entry": 0, "phoff": 64, "shoff": SIZE if sections else 0, "flags": 0, "ehsize": 64}
    values.update({"phentsize": 56, "phnum": 2, "shentsize": 64, "shnum": len(sections) // 64, "shstrndx": 0}, **change)
    data = bytearray(SIZE)
    data[:64] = b"\x7fELF" + bytes((2, 1, 1, 0)) + bytes(8) + struct.pack("<HHIQQQIHHHHHH", *values.values())
    data[64:120] = struct.pack("<IIQQQQQQ", 1, 6, 0, 0, 0, SIZE, SIZE, 4096)
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in (*tags, (0, 0)))
    data[120:176] = struct.pack("<IIQQQQQQ", 2, 6, DYNAMIC, DYNAMIC, 0, len(dynamic), len(dynamic), 8)
    for place, piece in {DYNAMIC: dynamic, **dict(pieces)}.items():
        data[place : place + len(piece)] = piece
    return bytes(data) + sections


def symbol(name, value, size=20):
    return struct.pack("<IBBHQQ", name, 0x11, 0, 1, value, size)


def named(name=NAME, count=2):
    """Strings and symbols: all symbols but the first have that name. Where they are, as tags and pieces."""
    strings = b"\0" + name + b"\0"
    tags = [(STRTAB, STRINGS), (SYMTAB, SYMBOLS), (STRSZ, len(strings))]
    return tags, {STRINGS: strings, SYMBOLS: bytes(24) + symbol(1, 0x100) * (count - 1)}


def by_hash(table, name=NAME):
    tags, pieces = named(name)
    return elf([*tags, (HASH, TABLE)], {**pieces, TABLE: table})


def by_gnu_hash(table, name=NAME):
    tags, pieces = named(name)
    return elf([*tags, (GNU_HASH, TABLE)], {**pieces, TABLE: table})


def build_info(header, behind=b""):
    return elf(pieces={INFO: header.ljust(32, b"\0") + behind})


def word(*values):
    return struct.pack(f"<{len(values)}I", *values)


# Entries without the lowest bit never end a chain.
ENDLESS = word(1, 1, 1, 0) + b"\xff" * 8 + word(1) + word(gnu_hash(b"other") & ~1) * 4000
LOOP = word(1, 2, 1, 0, 1)
INLINE = MAGIC + bytes((8, 2))
POINTERS = MAGIC + bytes((8, 0)) + struct.pack("<QQ", INFO + 32, INFO + 48)


def told(path, data, ask):
    path.write_bytes(data)
    with open_binary(str(path)) as binary:
        return ask(binary)


def find(binary):
    return binary.fingerprint("other")


@pytest.mark.parametrize(
    ("data", "ask", "code"),
    [
        (by_gnu_hash(ENDLESS), find, "truncated"),
        (by_gnu_hash(word(2**32 - 1, 1, 1, 0) + b"\xff" * 8), find, "truncated"),
        (by_gnu_hash(word(0, 1, 1, 0)), find, "bad-hash-table"),
        (by_gnu_hash(word(1, 1, 2**32 - 1, 0)), find, "truncated"),
        (by_hash(LOOP, b"go:link.pkghashbytes.x"), find, "too-complex"),
        (by_hash(word(2**32 - 1, 2)), find, "truncated"),
        (by_hash(word(1, 2**32 - 1, 1)), find, "truncated"),
        (by_hash(word(0, 2)), find, "bad-hash-table"),
        (build_info(INLINE, b"\x80\x80\x80\x80\x40"), lambda binary: binary.build_info, "bad-build-info"),
        (build_info(INLINE, b"\xff" * 10), lambda binary: binary.build_info, "bad-build-info"),
        (build_info(INLINE, b"\x04go1\xff\x80\x80\x80\x40"), lambda binary: binary.build_info, "bad-build-info"),
        (build_info(POINTERS, struct.pack("<QQQQ", 0, 2**33, 0, 2**33)), lambda binary: binary.build_info, "bad-build-info"),
        (build_info(POINTERS, struct.pack("<QQQQ", 2**63, 8, 2**63, 8)), lambda binary: binary.build_info, "bad-address"),
    ],
    ids=[
        *("gnu: endless chain", "gnu: 2^32 buckets", "gnu: no bucket", "gnu: 2^32 words of Bloom filter"),
        *("chain in a circle", "2^32 buckets", "2^32 symbols", "no bucket"),
        *("16 GB of version", "an endless length", "16 GB of modules", "pointers to 8 GB", "pointers to nowhere"),
    ],
)
def test_what_lies_is_refused_by_its_own_code(tmp_path, data, ask, code):
    with pytest.raises(BinaryError) as raised:
        told(tmp_path / "file", data, ask)
    assert raised.value.code == code, raised.value.message


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 17])
def test_a_chain_of_any_length_is_followed_to_its_end(tmp_path, length):
    chain = word(*[gnu_hash(b"other") & ~1] * (length - 1), gnu_hash(NAME) | 1)
    tags, pieces = named(count=length + 1)
    data = elf([*tags, (GNU_HASH, TABLE)], {**pieces, TABLE: word(1, 1, 1, 0) + bytes(8) + word(1) + chain})
    assert told(tmp_path / "file", data, lambda binary: (binary.fingerprint("runtime"), binary.fingerprint("net"))) == (bytes(8), None)


def test_symbols_without_a_hash_table_are_counted_before_they_are_read(tmp_path):
    tags, pieces = named()
    section = struct.pack("<IIQQQQIIQQ", 0, 11, 2, SYMBOLS, SYMBOLS, 24 * 2**32, 0, 0, 8, 24)
    with pytest.raises(BinaryError) as raised:
        told(tmp_path / "file", elf(tags, pieces, section), find)
    assert raised.value.code in ("too-large", "truncated")


def test_sections_that_overlap_are_read_like_any_others(tmp_path):
    """Nothing depends on sections; what the dynamic table says of the same bytes counts."""
    tags, pieces = named()
    section = struct.pack("<IIQQQQIIQQ", 0, 11, 2, SYMBOLS, SYMBOLS, 48, 0, 0, 8, 24)
    over = struct.pack("<IIQQQQIIQQ", 0, 3, 2, SYMBOLS, SYMBOLS - 8, 64, 0, 0, 1, 0)
    data = elf([*tags, (HASH, TABLE)], {**pieces, TABLE: word(1, 2, 1, 0, 0)}, over + section + section)
    assert told(tmp_path / "file", data, lambda binary: binary.fingerprint("runtime")) is not None


@pytest.mark.parametrize("name", [b"\xff\xfe", b"a\xc3", b"\xed\xa0\x80"])
def test_names_that_are_not_utf_8_are_read_and_found(tmp_path, name):
    data = by_hash(word(1, 2, 1, 0, 0), b"go:link.pkghashbytes." + name)
    (found,) = told(tmp_path / "file", data, lambda binary: binary.fingerprints())
    found.encode("utf-8")


def variable(address, length):
    """A file that exports main.version, a string of Go: an address and a length."""
    tags, pieces = named(b"main.version")
    table = struct.pack("<IIIII", 1, 2, 1, 0, 0)
    return elf([*tags, (HASH, TABLE)], {**pieces, TABLE: table, 0x100: struct.pack("<QQ", address, length), INFO: b"v5.3.6"})


def test_the_text_of_a_variable(tmp_path):
    path = tmp_path / "file"
    for address, length, expected in ((INFO, 6, "v5.3.6"), (0, 0, "")):
        path.write_bytes(variable(address, length))
        with open_binary(str(path)) as binary:
            assert binary.string("main.version") == expected
            assert binary.string("main.other") is None


@pytest.mark.parametrize(("address", "length"), [(INFO, 1 << 40), (INFO, 5000), (1 << 60, 6), (SIZE - 1, 6)])
def test_a_text_that_is_too_long_or_nowhere_is_refused(tmp_path, address, length):
    path = tmp_path / "file"
    path.write_bytes(variable(address, length))
    with open_binary(str(path)) as binary, pytest.raises(BinaryError):
        binary.string("main.version")
