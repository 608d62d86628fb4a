# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Platforms in Go's names, and the one that this host is."""

from __future__ import annotations

import platform
import sys
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

# From C(uname -s) and C(uname -m) to Go's name, where Go has releases. Anything else is an error, never a guess.
HOSTS = {
    "Linux": {
        "x86_64": "linux/amd64",
        "aarch64": "linux/arm64",
        "s390x": "linux/s390x",
        "ppc64le": "linux/ppc64le",
        "riscv64": "linux/riscv64",
        "loongarch64": "linux/loong64",
        "i386": "linux/386",
        "i586": "linux/386",
        "i686": "linux/386",
        "armv6l": "linux/arm",
        "armv7l": "linux/arm",
    },
    "FreeBSD": {
        "amd64": "freebsd/amd64",
        "arm64": "freebsd/arm64",
        "i386": "freebsd/386",
    },
    "Darwin": {
        "x86_64": "darwin/amd64",
        "arm64": "darwin/arm64",
    },
}
_32_BIT = frozenset(("386", "arm"))


class Platform(t.NamedTuple):
    """goos, goarch: Go's names; as text C(linux/amd64)."""

    goos: str
    goarch: str

    def __str__(self) -> str:
        return f"{self.goos}/{self.goarch}"


def host_platform(system: str = "", machine: str = "", bits: int = 0) -> Platform:
    """The platform of this host, or of the given C(uname) values and pointer size. Raises GoPluginsError."""
    system, machine = system or platform.system(), machine or platform.machine()
    bits = bits or (64 if sys.maxsize > 2**32 else 32)
    name = HOSTS.get(system, {}).get(machine)
    if name is None:
        known = "; ".join(f"{known} on {', '.join(machines)}" for known, machines in HOSTS.items())
        raise GoPluginsError(f"this host is {system} on {machine}, for which Go has no release", f"use a host that is {known}")
    found = Platform(*name.split("/"))
    if bits != (32 if found.goarch in _32_BIT else 64):
        raise GoPluginsError(
            f"this is a {bits}-bit userland on a {machine} kernel: the CPU's name does not say which programs run here",
            "name the platform, such as linux/386",
        )
    return found
