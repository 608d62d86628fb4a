# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile files: whatever their bytes are, the only way out is a BinaryError."""

from __future__ import annotations

import os
import struct
import sys
import threading

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError
from ansible_collections.goplugins.tyk.tests import craft
from ansible_collections.goplugins.tyk.tests.fuzz import seeds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ELF = b"\x7fELF"
MACHO = struct.pack("<I", 0xFEEDFACF)
UNIVERSAL = struct.pack(">I", 0xCAFEBABE)


def ask_everything(path):
    """Each fact of a file on its own, as one that cannot be told must not hide the next; the codes of the errors."""
    codes = []

    def answer(question):
        try:
            question()
        except BinaryError as error:
            assert error.code and str(path) in error.message
            codes.append(error.code)

    def ask():
        with open_binary(str(path)) as binary:
            for question in (
                lambda: binary.platform,
                lambda: binary.header_platform,
                lambda: binary.build_mode,
                lambda: binary.has_fingerprints,
                binary.fingerprints,
                lambda: binary.fingerprint("main"),
                lambda: binary.plugin_path,
                binary.exported,
                binary.libraries,
                lambda: binary.build_info,
            ):
                answer(question)

    answer(ask)
    return codes


def elf_header(**change):
    """An ELF header of 64 bit for amd64 with nothing behind it."""
    values = {"type": 3, "machine": 62, "version": 1, "entry": 0, "phoff": 64, "shoff": 0, "flags": 0, "ehsize": 64, "phentsize": 56}
    values = {**values, "phnum": 0, "shentsize": 64, "shnum": 0, "shstrndx": 0, **change}
    return ELF + bytes((2, 1, 1, 0)) + bytes(8) + struct.pack("<HHIQQQIHHHHHH", *values.values())


CRAFTED = {
    "empty": b"",
    "one byte": b"\x7f",
    "only the magic": ELF,
    "no sections, no segments": elf_header(),
    "segments past the end": elf_header(phnum=0xFFFF),
    "sections past the end": elf_header(shoff=2**63, shnum=0xFFFF),
    "sections of no size": elf_header(shoff=64, shnum=100, shentsize=0) + bytes(64),
    "segments of no size": elf_header(phnum=100, phentsize=0) + bytes(64),
    "tables that are the header itself": elf_header(phoff=0, phnum=10, shoff=0, shnum=10),
    "unknown processor": elf_header(machine=0xFFFF),
    "Mach-O without commands": MACHO + bytes(28),
    "Mach-O with 2^32 commands": MACHO + struct.pack("<IIIIIII", 0x01000007, 3, 2, 2**32 - 1, 2**32 - 1, 0, 0),
    "universal without slices": UNIVERSAL + bytes(4),
    "universal with 2^32 slices": UNIVERSAL + struct.pack(">I", 2**32 - 1),
    "universal of universal": UNIVERSAL + struct.pack(">IIIIII", 1, 0x01000007, 3, 0, 4096, 12) + bytes(4096),
    "text": b"#!/bin/sh\n",
    "zeros": bytes(10_000),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_crafted_files_are_refused(tmp_path, case):
    (tmp_path / "file").write_bytes(CRAFTED[case])
    assert ask_everything(tmp_path / "file")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), os.mkfifo, lambda path: path.symlink_to("nowhere"), lambda path: None])
def test_what_is_no_file_is_refused_at_once(tmp_path, make):
    make(tmp_path / "it")
    thread = threading.Thread(target=lambda: ask_everything(tmp_path / "it"), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "reading must not wait for a writer"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from([ELF + bytes((2, 1, 1, 0)), ELF + bytes((1, 1, 1, 0)), ELF + bytes((2, 2, 1, 0)), MACHO, UNIVERSAL]),
    tail=st.binary(max_size=600),
)
def test_random_bytes_behind_a_magic(tmp_path, head, tail):
    (tmp_path / "file").write_bytes(head + tail)
    ask_everything(tmp_path / "file")


@pytest.fixture(scope="module")
def library():
    """A real shared object: Python's own, or the C library that it runs on."""
    with open(f"/proc/{os.getpid()}/maps") as maps:
        paths = [line.split()[-1] for line in maps if ".so" in line]
    path = min(paths, key=os.path.getsize) if paths else sys.executable
    with open(path, "rb") as file:
        return file.read()


@pytest.fixture(scope="module")
def whole(library, go, tmp_path_factory):
    """Files that are as they should be, by name: (bytes, the ranges of them that a reader looks at)."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "source").mkdir()
    (folder / "source" / "main.go").write_text("package main\n\nfunc main() {}\n")
    (folder / "source" / "go.mod").write_text("module example.com/tiny\n\ngo 1.21\n")
    seeds.build(go, folder / "source", folder / "program", "linux/amd64", CGO_ENABLED="0")
    (folder / "plugin").write_bytes(craft.macho_plugin())
    (folder / "library").write_bytes(library)
    found = {}
    for name in ("program", "plugin"):
        assert ask_everything(folder / name) == []
        found[name] = (folder / name).read_bytes(), seeds.ranges(folder / name)
    return {**found, "library": (library, [(0, min(len(library), 4096))])}


@pytest.mark.parametrize("name", ["program", "plugin", "library"])
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_and_truncated_files(tmp_path, whole, name, data):
    original, ranges = whole[name]
    mutated = bytearray(original)
    for _number in range(data.draw(st.integers(1, 6))):
        start, length = data.draw(st.sampled_from(ranges))
        place = start + data.draw(st.integers(0, length - 1))
        piece = data.draw(st.binary(min_size=1, max_size=8))[: len(mutated) - place]
        mutated[place : place + len(piece)] = piece
    cut = data.draw(st.one_of(st.none(), st.integers(0, len(mutated))))
    (tmp_path / "file").write_bytes(mutated[:cut])
    ask_everything(tmp_path / "file")


def test_a_file_that_shrinks_while_it_is_read_ends_in_the_error(tmp_path, library):
    path = tmp_path / "file"
    path.write_bytes(library)
    with open_binary(str(path)) as binary:
        os.truncate(path, 100)
        with pytest.raises(BinaryError):
            binary.libraries()
            binary.fingerprints()
            assert binary.build_info
