# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Platforms of hosts: known ones by their name, all others refused."""

from __future__ import annotations

import platform as host

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform


# What uname -s and uname -m say, and the size of a pointer of its Python.
@pytest.mark.parametrize(
    ("distribution", "system", "machine", "bits", "platform"),
    [
        ("Debian 12", "Linux", "x86_64", 64, "linux/amd64"),
        ("Debian 12", "Linux", "aarch64", 64, "linux/arm64"),
        ("Debian 12", "Linux", "s390x", 64, "linux/s390x"),
        ("Debian 12", "Linux", "ppc64le", 64, "linux/ppc64le"),
        ("Debian 12, i386", "Linux", "i686", 32, "linux/386"),
        ("Debian 12, armhf", "Linux", "armv7l", 32, "linux/arm"),
        ("Raspberry Pi OS, Pi Zero", "Linux", "armv6l", 32, "linux/arm"),
        ("Ubuntu 24.04", "Linux", "riscv64", 64, "linux/riscv64"),
        ("Rocky Linux 9", "Linux", "x86_64", 64, "linux/amd64"),
        ("RHEL 9 on IBM Z", "Linux", "s390x", 64, "linux/s390x"),
        ("Alpine 3.20", "Linux", "x86_64", 64, "linux/amd64"),
        ("Alpine 3.20", "Linux", "aarch64", 64, "linux/arm64"),
        ("Alpine 3.20, x86", "Linux", "i686", 32, "linux/386"),
        ("SLES 15", "Linux", "ppc64le", 64, "linux/ppc64le"),
        ("openSUSE Tumbleweed", "Linux", "x86_64", 64, "linux/amd64"),
        ("Arch Linux", "Linux", "x86_64", 64, "linux/amd64"),
        ("Loong Arch Linux", "Linux", "loongarch64", 64, "linux/loong64"),
        ("FreeBSD 14", "FreeBSD", "amd64", 64, "freebsd/amd64"),
        ("FreeBSD 14", "FreeBSD", "arm64", 64, "freebsd/arm64"),
        ("FreeBSD 13", "FreeBSD", "i386", 32, "freebsd/386"),
        ("macOS 14, Apple silicon", "Darwin", "arm64", 64, "darwin/arm64"),
        ("macOS 13, Intel", "Darwin", "x86_64", 64, "darwin/amd64"),
    ],
)
def test_known_hosts(monkeypatch, distribution, system, machine, bits, platform):
    assert str(host_platform(system, machine, bits)) == platform
    monkeypatch.setattr(host, "system", lambda: system)
    monkeypatch.setattr(host, "machine", lambda: machine)
    monkeypatch.setattr("sys.maxsize", 2 ** (bits - 1) - 1)
    assert str(host_platform()) == platform


@pytest.mark.parametrize(
    ("system", "machine"),
    [
        *(("Linux", machine) for machine in ("sparc64", "mips", "mips64", "x86", "ppc64", "ppc", "armv8l", "ia64", "amd64", "X86_64")),
        *(("FreeBSD", machine) for machine in ("x86_64", "aarch64", "powerpc", "riscv")),
        *(("Darwin", machine) for machine in ("Power Macintosh", "i386", "aarch64")),
        *((system, "x86_64") for system in ("SunOS", "OpenBSD", "Windows", "CYGWIN_NT-10.0", "GNU/kFreeBSD", "linux")),
    ],
)
def test_an_unknown_host_is_never_taken_for_amd64(system, machine):
    with pytest.raises(GoPluginsError, match=f"this host is {system} on {machine}") as caught:
        host_platform(system, machine, 64)
    assert "Linux on x86_64, aarch64, s390x" in caught.value.fix


@pytest.mark.parametrize(
    ("system", "machine"),
    [("Linux", "x86_64"), ("Linux", "aarch64"), ("Linux", "s390x"), ("Linux", "ppc64le"), ("FreeBSD", "amd64"), ("Darwin", "x86_64")],
)
def test_a_32_bit_userland_on_a_64_bit_kernel_is_not_guessed(system, machine):
    with pytest.raises(GoPluginsError, match=f"this is a 32-bit userland on a {machine} kernel") as caught:
        host_platform(system, machine, 32)
    assert "linux/386" in caught.value.fix


@pytest.mark.parametrize("machine", ["i686", "armv7l"])
def test_a_64_bit_userland_that_was_told_of_a_32_bit_kernel_is_not_guessed(machine):
    with pytest.raises(GoPluginsError, match="this is a 64-bit userland"):
        host_platform("Linux", machine, 64)


def test_this_host_is_known():
    assert host_platform().goos
