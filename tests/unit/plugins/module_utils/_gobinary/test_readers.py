# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each way through the reader finds, in files that are as they should be and that no compiler at hand writes; and where it stops."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.elf import sysv_hash
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError
from ansible_collections.goplugins.tyk.tests import craft
from ansible_collections.goplugins.tyk.tests.craft import AMD64, I386, INFO, MIPS, S390X, STRINGS, SYMBOLS, TABLE

NEEDED, HASH, STRTAB, SYMTAB, STRSZ, VERNEED, VERNEEDNUM = 1, 4, 5, 6, 10, 0x6FFFFFFE, 0x6FFFFFFF
DYNSYM = 11
PREFIX = b"go:link.pkghashbytes."
PACKAGES = {"runtime": b"\x11" * 8, "internal/goarch": b"\x22" * 8, "example.com/a": b"\x33" * 8}
VALUES, BEHIND = 0x100, 0x2800


def told(path, data, ask):
    path.write_bytes(data)
    with open_binary(str(path)) as binary:
        return ask(binary)


def refused(path, data, ask):
    with pytest.raises(BinaryError) as raised:
        told(path, data, ask)
    return raised.value.code


def strings(*names):
    """A table of strings, and where each begins."""
    data, places = b"\0", []
    for name in names:
        places.append(len(data))
        data += name + b"\0"
    return data, places


def fingerprints(kind, at=STRINGS):
    """Tags and pieces of a file with the fingerprints of PACKAGES; its strings are at C(at)."""
    text, places = strings(*(PREFIX + name.encode() for name in PACKAGES))
    symbols = kind.symbol(0, 0, 0) + b"".join(kind.symbol(place, VALUES + 8 * index) for index, place in enumerate(places))
    tags = [(STRTAB, at), (SYMTAB, SYMBOLS), (STRSZ, len(text))]
    return tags, {at: text, SYMBOLS: symbols, VALUES: b"".join(PACKAGES.values())}


# Build info before Go 1.18.

VERSION, LINES = b"go1.17.13", b"path\texample.com/old\nmod\texample.com/old\tv1.0.0\th1:x=\ndep\texample.com/dep\tv0.2.0\th1:y=\n"


def pointer_form(kind, version=VERSION, lines=bytes(16) + LINES + bytes(16)):
    size = kind.bits // 8
    header = craft.BUILD_INFO + bytes((size, kind.order == ">")) + kind.pointers(INFO + 0x40, INFO + 0x60)
    pieces = {INFO: header, INFO + 0x40: kind.pointers(INFO + 0x80, len(version)), INFO + 0x60: kind.pointers(INFO + 0xC0, len(lines))}
    return craft.elf(pieces={**pieces, INFO + 0x80: version, INFO + 0xC0: lines}, kind=kind)


@pytest.mark.parametrize("kind", [AMD64, I386, S390X, MIPS], ids=["8 little", "4 little", "8 big", "4 big"])
def test_build_info_behind_pointers(tmp_path, kind):
    info = told(tmp_path / "file", pointer_form(kind), lambda binary: binary.build_info)
    assert (info.go_version, info.path, info.settings) == ("go1.17.13", "example.com/old", {})
    assert info.main[:3] == ("example.com/old", "v1.0.0", "h1:x=")
    assert [module[:3] for module in info.deps] == [("example.com/dep", "v0.2.0", "h1:y=")]


def test_build_info_behind_pointers_without_modules(tmp_path):
    info = told(tmp_path / "file", pointer_form(AMD64, lines=b""), lambda binary: binary.build_info)
    assert (info.go_version, info.main, info.deps) == ("go1.17.13", None, ())


@pytest.mark.parametrize("flags", [bytes((4, 0)), bytes((8, 1))], ids=["size", "byte order"])
def test_build_info_behind_pointers_of_another_processor_is_refused(tmp_path, flags):
    data = pointer_form(AMD64).replace(craft.BUILD_INFO + bytes((8, 0)), craft.BUILD_INFO + flags)
    assert refused(tmp_path / "file", data, lambda binary: binary.build_info) == "bad-build-info"


# Fingerprints of ELF.


def everything(binary):
    return binary.fingerprints(), {name: binary.fingerprint(name) for name in PACKAGES}, binary.fingerprint("internal/absent")


EVERYTHING = (PACKAGES, PACKAGES, None)


@pytest.mark.parametrize("kind", [AMD64, I386, S390X, MIPS], ids=["8 little", "4 little", "8 big", "4 big"])
def test_fingerprints_without_hash_table_counted_by_the_section_headers(tmp_path, kind):
    """The strings are before the symbols, so that nothing else tells their number."""
    tags, pieces = fingerprints(kind)
    section = kind.section(DYNSYM, SYMBOLS, len(pieces[SYMBOLS]))
    assert told(tmp_path / "file", craft.elf(tags, pieces, section, kind=kind), everything) == EVERYTHING


@pytest.mark.parametrize("kind", [AMD64, I386, S390X, MIPS], ids=["8 little", "4 little", "8 big", "4 big"])
def test_fingerprints_without_hash_table_and_section_headers(tmp_path, kind):
    """The strings follow the symbols, as linkers put them."""
    at = SYMBOLS + len(kind.symbol(0, 0)) * (len(PACKAGES) + 1)
    tags, pieces = fingerprints(kind, at)
    assert told(tmp_path / "file", craft.elf(tags, pieces, kind=kind), everything) == EVERYTHING


@pytest.mark.parametrize(
    ("kind", "wide"),
    [(S390X, True), (S390X, False), (AMD64, False), (I386, False), (MIPS, False)],
    ids=["s390x, words of 8 bytes", "s390x", "amd64", "386", "mips"],
)
def test_fingerprints_by_hash(tmp_path, kind, wide):
    tags, pieces = fingerprints(kind)
    buckets, heads, chain = 2, [0, 0], [0]
    for index, name in enumerate(PACKAGES, 1):
        bucket = sysv_hash(PREFIX + name.encode()) % buckets
        chain.append(heads[bucket])
        heads[bucket] = index
    table = (kind.pointers if wide else kind.words)(buckets, len(chain), *heads, *chain)
    assert told(tmp_path / "file", craft.elf([*tags, (HASH, TABLE)], {**pieces, TABLE: table}, kind=kind), everything) == EVERYTHING


# Libraries of ELF.


def libraries(needed=(), versions=(), kind=AMD64, interpreter=b""):
    """A file that needs libraries, and of each in C(versions) these symbol versions."""
    text, places = strings(*needed, *(word for library, names in versions for word in (library, *names)))
    left = places[len(needed) :]
    table = b""
    for number, (_library, names) in enumerate(versions):
        size = 16 + 16 * len(names)
        table += struct.pack(f"{kind.order}HHIII", 1, len(names), left.pop(0), 16, size if number + 1 < len(versions) else 0)
        for place in range(len(names)):
            table += struct.pack(f"{kind.order}IHHII", 0, 0, 2 + place, left.pop(0), 16 if place + 1 < len(names) else 0)
    tags = [(NEEDED, place) for place in places[: len(needed)]] + [(STRTAB, STRINGS), (STRSZ, len(text))]
    tags += [(VERNEED, TABLE), (VERNEEDNUM, len(versions))] if versions else []
    return craft.elf(tags, {STRINGS: text, TABLE: table}, kind=kind, interpreter=interpreter)


@pytest.mark.parametrize("kind", [AMD64, S390X, I386], ids=["amd64", "s390x", "386"])
def test_versions_of_libraries(tmp_path, kind):
    wanted = [(b"libc.so.7", [b"FBSD_1.0", b"FBSD_1.7"]), (b"libthr.so.3", [b"FBSD_1.0"])]
    data = libraries([b"libc.so.7", b"libthr.so.3"], wanted, kind)
    found = told(tmp_path / "file", data, lambda binary: binary.libraries())
    assert found.needed == ("libc.so.7", "libthr.so.3")
    assert found.versions == {"libc.so.7": ("FBSD_1.0", "FBSD_1.7"), "libthr.so.3": ("FBSD_1.0",)}
    assert (found.libc, found.interpreter) == ("freebsd", None)


@pytest.mark.parametrize(
    ("needed", "interpreter", "libc"),
    [
        ([], b"/lib/ld-musl-x86_64.so.1", "musl"),
        ([b"libc.musl-x86_64.so.1"], b"", "musl"),
        ([b"libc.so"], b"", "musl"),
        ([b"libc.so.6"], b"", "glibc"),
        ([], b"/lib64/ld-linux-x86-64.so.2", "glibc"),
        ([], b"/lib/ld64.so.1", "glibc"),
        ([], b"/libexec/ld-elf.so.1", "freebsd"),
        ([b"libc.so.7"], b"", "freebsd"),
        ([b"libm.so.6"], b"", None),
    ],
)
def test_the_c_library_is_told_by_its_name_or_by_the_loader(tmp_path, needed, interpreter, libc):
    found = told(tmp_path / "file", libraries(needed, interpreter=interpreter), lambda binary: binary.libraries())
    assert (found.libc, found.interpreter or "") == (libc, interpreter.decode())


@pytest.mark.parametrize(
    ("kind", "needed", "interpreter", "goos"),
    [
        (AMD64._replace(abi=9), [], b"", "freebsd"),
        (AMD64, [b"libc.so.7"], b"", "freebsd"),
        (AMD64, [], b"/libexec/ld-elf.so.1", "freebsd"),
        (AMD64, [b"libc.so.6"], b"", "linux"),
    ],
)
def test_the_system_is_told_by_mark_library_or_loader(tmp_path, kind, needed, interpreter, goos):
    data = libraries(needed, kind=kind, interpreter=interpreter)
    assert told(tmp_path / "file", data, lambda binary: binary.header_platform) == (goos, "amd64")


# Mach-O.

BUILD_VERSION, VERSION_MIN, SYMTAB_COMMAND, EXPORTS = 0x32, 0x24, 0x2, 0x80000033


@pytest.mark.parametrize(
    ("commands", "goos", "oldest"),
    [
        ([craft.command(BUILD_VERSION, struct.pack("<IIII", 1, 0x000B0200, 0x000C0000, 0))], "darwin", {"macOS": ("11.2",)}),
        ([craft.command(BUILD_VERSION, struct.pack("<IIII", 2, 0x000E0000, 0x000E0000, 0))], "ios", {"macOS": ("14.0",)}),
        ([craft.command(VERSION_MIN, struct.pack("<II", 0x000A0D00, 0x000B0000))], "darwin", {"macOS": ("10.13",)}),
        ([], "darwin", {}),
    ],
    ids=["build version", "build version of iOS", "version min", "neither"],
)
def test_the_oldest_macos(tmp_path, commands, goos, oldest):
    def ask(binary):
        return binary.header_platform.goos, binary.libraries().versions

    assert told(tmp_path / "file", craft.macho(commands), ask) == (goos, oldest)


@pytest.mark.parametrize("form", [craft.POINTER, craft.POINTER_OFFSET], ids=["addresses", "offsets"])
def test_a_plugin_by_export_trie_and_chained_fixups(tmp_path, form):
    def ask(binary):
        exported = {name: symbol.kind for name, symbol in binary.exported().items()}
        return binary.plugin_path, binary.fingerprints(), binary.fingerprint("runtime"), exported, binary.libraries()

    path, packages, runtime, exported, needed = told(tmp_path / "file", craft.macho_plugin(form), ask)
    value = bytes(range(1, 9))
    assert (path, packages, runtime, exported) == ("example.com/p", {"runtime": value}, value, {"Hook": "func"})
    assert (needed.needed, needed.libc) == (("/usr/lib/libSystem.B.dylib",), "darwin")


def test_fixups_of_an_unknown_format_are_named(tmp_path):
    """Not as if they were none: then pointers would be read that are links."""
    data = craft.macho_plugin(12)

    def ask(binary):
        return binary._image.words(craft.START + craft.NAMES, 1)

    assert refused(tmp_path / "file", data, ask) == "unknown-fixups"


def exports(tree):
    return craft.macho([craft.command(EXPORTS, struct.pack("<II", craft.TRIE, len(tree)))], {craft.TRIE: tree})


def test_the_parts_of_names_in_an_export_trie_are_put_together(tmp_path):
    tree = craft.trie(
        (None, [(b"_go:link.", 1), (b"_main", 5)]),
        (None, [(b"pkghashbytes.", 2)]),
        (None, [(b"runtime", 3)]),
        (craft.HASHED, [(b"/debug", 4)]),
        (craft.HASHED + 8, []),
        (craft.CODE, []),
    )

    def ask(binary):
        return binary.fingerprints(), binary.fingerprint("runtime"), binary.fingerprint("runt"), binary.fingerprint("runtime/debug/x")

    data = bytearray(exports(tree))
    data[craft.HASHED : craft.HASHED + 16] = b"\x01" * 8 + b"\x02" * 8
    packages = {"runtime": b"\x01" * 8, "runtime/debug": b"\x02" * 8}
    assert told(tmp_path / "file", bytes(data), ask) == (packages, b"\x01" * 8, None, None)


@pytest.mark.parametrize(
    "nodes",
    [
        [(None, [(b"_go:link.pkghashbytes.", 1)]), (None, [(b"a", 1)])],
        [(None, [(b"_go:link.pkghashbytes.", 1)]), (None, [(b"a", 1), (b"b", 1)])],
        [(None, [(b"_go:link.pkghashbytes.", 1)]), (None, [(b"a", 2)]), (None, [(b"b", 1)])],
    ],
    ids=["itself", "itself twice", "in a circle"],
)
def test_an_export_trie_that_leads_to_itself_is_left(tmp_path, nodes):
    assert refused(tmp_path / "file", exports(craft.trie(*nodes)), lambda binary: binary.fingerprints()) == "too-complex"
    assert told(tmp_path / "file", exports(craft.trie(*nodes)), lambda binary: binary.fingerprint("aaaa")) is None


def test_what_is_no_identifier_is_not_exported(tmp_path):
    words = [b"Hook", b"I\xff", b"hook", b"J-k", "Größe".encode()]
    tree = craft.trie((None, [(b"_p.", 1)]), (None, [(word, 2) for word in words]), (craft.CODE, []))
    info = {INFO - 0x2000: craft.inline_build_info("path\tp\nbuild\t-buildmode=plugin\n")}
    command = craft.command(EXPORTS, struct.pack("<II", craft.TRIE, len(tree)))
    assert list(told(tmp_path / "file", craft.macho([command], {craft.TRIE: tree, **info}), lambda binary: binary.exported())) == [
        "Hook",
        "Größe",
    ]


def test_names_that_grow_weigh_no_more_than_a_megabyte(tmp_path):
    """A long edge that leads to its own node, where a name ends each time."""
    tree = craft.trie((craft.CODE, [(b"_" + b"\xff" * 90, 0)]))
    names = []

    def ask(binary):
        names.extend(binary._image.names(b""))

    assert refused(tmp_path / "file", exports(tree), ask) == "too-complex"
    assert len(names) > 10 and sum(map(len, names)) <= 1 << 20


def test_a_node_past_the_end_of_the_export_trie_is_refused(tmp_path):
    tree = craft.trie((None, [(b"_", 1000)]))
    assert refused(tmp_path / "file", exports(tree), lambda binary: binary.fingerprint("runtime")) in ("truncated", "bad-export-trie")


def symbol_table(count, size):
    body = struct.pack("<IIII", craft.NAMES, count, craft.TRIE, size)
    text = b"\0_go:link.pkghashbytes.runtime\0"
    entries = struct.pack("<IBBHQ", 1, 0x0F, 1, 0, craft.START + craft.HASHED)
    pieces = {craft.NAMES: entries, craft.TRIE: text, craft.HASHED: b"\x01" * 8}
    return craft.macho([craft.command(SYMTAB_COMMAND, body)], pieces)


def test_fingerprints_by_symbol_table_where_there_is_no_export_trie(tmp_path):
    def ask(binary):
        return binary.fingerprints(), binary.fingerprint("runtime"), binary.fingerprint("main")

    assert told(tmp_path / "file", symbol_table(1, 0x40), ask) == ({"runtime": b"\x01" * 8}, b"\x01" * 8, None)


def test_symbols_of_a_symbol_table_are_counted_before_they_are_read(tmp_path):
    for ask in (lambda binary: binary.fingerprints(), lambda binary: binary.fingerprint("runtime")):
        assert refused(tmp_path / "file", symbol_table(2**32 - 1, 0x40), ask) == "too-large"
