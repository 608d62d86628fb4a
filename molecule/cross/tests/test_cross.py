# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One amd64 host built for three CPUs, and a gateway of each CPU loads what is for it."""

from __future__ import annotations

import re

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.versions import newest_glibc
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from runs import EPHEMERAL, machine

testinfra_hosts = ["ansible://build_hosts"]

ROOT = "/home/builder/tyk-plugins"
FETCHED = EPHEMERAL / "dist" / "v5.99.0"
FLOOR = (2, 17)
SYMBOLS = {"testplugin": "AuthCheck", "enrich": "SignResponse", "nomod": "Stamp"}
# GOARCH: what runs programs of that CPU, and the CPU as pyelftools names it.
CPUS = {
    "amd64": ([], "x64"),
    "arm64": (["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"], "AArch64"),
    "s390x": (["qemu-s390x-static", "-L", "/usr/s390x-linux-gnu"], "IBM S/390"),
}


@pytest.fixture(params=CPUS)
def cpu(request):
    return request.param


@pytest.fixture(params=SYMBOLS)
def name(request):
    return request.param


def gateway(cpu):
    return f"{ROOT}/gateways/release-5.99.0/tyk_linux_{cpu}"


def load(host, cpu, name, symbol):
    words = [*CPUS[cpu][0], gateway(cpu), "plugin", "load", "-f", f"{ROOT}/artifacts/v5.99.0/{name}_v5.99.0_linux_{cpu}.so", "-s", symbol]
    return host.run(" ".join(["%s"] * len(words)), *words)


def test_the_gateway_of_its_cpu_loads_it(host, cpu, name):
    loaded = load(host, cpu, name, SYMBOLS[name])
    assert loaded.rc == 0, loaded
    assert "loaded ok" in loaded.stdout + loaded.stderr


def test_a_symbol_that_is_not_there_is_refused(host, cpu):
    refused = load(host, cpu, "nomod", "NoSuchSymbol")
    assert refused.rc != 0
    assert "loaded ok" not in refused.stdout + refused.stderr


def test_it_runs_where_glibc_is_old(cpu, name):
    with (FETCHED / f"{name}_v5.99.0_linux_{cpu}.so").open("rb") as file:
        elf = ELFFile(file)
        assert elf.get_machine_arch() == CPUS[cpu][1]
        needs = [
            version.name
            for section in elf.iter_sections()
            if isinstance(section, GNUVerNeedSection)
            for _library, versions in section.iter_versions()
            for version in versions
        ]
    found = [tuple(int(part) for part in need[6:].split(".")) for need in needs if re.fullmatch(r"GLIBC_[0-9.]+", need)]
    assert found, needs
    assert max(found) <= FLOOR
    # The verdict goes by what its own reader finds.
    with open_binary(str(FETCHED / f"{name}_v5.99.0_linux_{cpu}.so")) as binary:
        assert newest_glibc(binary.libraries().versions) == max(found)


def test_no_compiler_of_the_distribution_was_installed(host):
    assert not host.package("gcc").is_installed
    assert not host.exists("gcc")


def test_no_archive_is_left(host):
    assert host.file(f"{ROOT}/cc/.archives").listdir() == []


def test_cross_compilers_come_from_the_distribution():
    host = machine("cross_hosts")
    for package in ("gcc", "gcc-aarch64-linux-gnu", "gcc-s390x-linux-gnu"):
        assert host.package(package).is_installed
    assert host.file("/home/builder/cc/proofs.json").is_file
    assert not host.file("/home/builder/cc/zig").exists
