# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a universal Mach-O file has slices for."""

from __future__ import annotations

import struct

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError
from ansible_collections.goplugins.tyk.tests import craft

AMD64, ARM64, PPC64 = 0x01000007, 0x0100000C, 0x01000012


def fat(*cpus):
    """The header of a universal file: each a processor, or one and its kind."""
    pairs = [cpu if isinstance(cpu, tuple) else (cpu, 0) for cpu in cpus]
    return b"\xca\xfe\xba\xbe" + struct.pack(">I", len(cpus)) + b"".join(struct.pack(">IIIII", *pair, 4096, 16, 12) for pair in pairs)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (fat(ARM64, AMD64).ljust(8192, b"\0"), ("darwin/arm64", "darwin/amd64")),
        (fat(PPC64, AMD64).ljust(8192, b"\0"), ("darwin/amd64",)),
        # arm64e has the number of arm64, and another kind of it.
        (fat((ARM64, 0x80000002), ARM64).ljust(8192, b"\0"), ("darwin/arm64",)),
        (fat((ARM64, 0x80000002)).ljust(8192, b"\0"), ()),
        (fat(PPC64).ljust(8192, b"\0"), ()),
        (b"\xcf\xfa\xed\xfe".ljust(64, b"\0"), ()),
        (b"\x7fELF", ()),
        (b"", ()),
    ],
)
def test_the_slices_of_a_file(tmp_path, data, expected):
    path = tmp_path / "file"
    path.write_bytes(data)
    with open_file(str(path)) as file:
        assert file.slices == expected


def test_a_file_that_breaks_the_rules_is_an_error(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(fat(ARM64))
    with open_file(str(path)) as file, pytest.raises(BinaryError):
        assert file.slices
    with pytest.raises(BinaryError, match="No such file") as raised, open_file(str(tmp_path / "nothing")):
        pass
    assert raised.value.code == "not-found"


def test_what_a_file_is_loaded_with(tmp_path):
    path = tmp_path / "file"
    for data, abi in ((craft.elf(), b"\x7fELF\x02\x01\x3e\x00"), (craft.elf(kind=craft.S390X), b"\x7fELF\x02\x02\x00\x16"), (b"#!", b"#!")):
        path.write_bytes(data)
        with open_file(str(path)) as file:
            assert file.abi == abi


def test_each_slice_is_opened_once(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(craft.macho_plugin())
    with open_file(str(path)) as file:
        assert file.slices == ()
        assert file.binary() is file.binary()
        assert file.binary("darwin/amd64").plugin_path == "example.com/p"
        with pytest.raises(BinaryError, match="it is for darwin/amd64, not for darwin/arm64"):
            file.binary("darwin/arm64")
