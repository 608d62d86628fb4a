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
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ELF = b"\x7fELF"
MACHO = struct.pack("<I", 0xFEEDFACF)
UNIVERSAL = struct.pack(">I", 0xCAFEBABE)


def ask_everything(path):
    """Every fact of a file; False where a BinaryError said no."""
    try:
        with open_binary(str(path)) as binary:
            told = (
                binary.platform,
                binary.build_mode,
                binary.has_fingerprints,
                binary.fingerprints(),
                binary.fingerprint("main"),
                binary.plugin_path,
                binary.exported(),
                binary.libraries(),
                binary.build_info,
            )
            return bool(told)
    except BinaryError as error:
        assert error.code and str(path) in error.message
        return False


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
    assert not ask_everything(tmp_path / "file")


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


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_and_truncated_shared_objects(tmp_path, library, data):
    mutated = bytearray(library)
    for _number in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, min(len(mutated), 4096) - 8))
        mutated[place : place + 8] = data.draw(st.binary(min_size=8, max_size=8))
    (tmp_path / "file").write_bytes(mutated[: data.draw(st.integers(0, len(mutated)))])
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
