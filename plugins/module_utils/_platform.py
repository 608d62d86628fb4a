# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Platforms in Go's names, and the one that this host is."""

from __future__ import annotations

import platform
import sys
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

# What a host says of itself (uname -s, uname -m) and what Go calls it. Anything else is an error, never a guess.
SYSTEMS = {"linux": "linux", "freebsd": "freebsd", "darwin": "darwin"}
MACHINES = {
    "x86_64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
    "s390x": "s390x",
    "ppc64le": "ppc64le",
    "riscv64": "riscv64",
    "loongarch64": "loong64",
    "i386": "386",
    "i586": "386",
    "i686": "386",
    "armv6l": "arm",
    "armv7l": "arm",
}
_64_BIT = frozenset(("amd64", "arm64", "s390x", "ppc64le", "riscv64", "loong64"))


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
    goos, goarch = SYSTEMS.get(system.lower()), MACHINES.get(machine.lower())
    if goos is None or goarch is None:
        raise GoPluginsError(
            f"this host is {system} on {machine}, for which there is no Go that builds plugins",
            f"one of {', '.join(SYSTEMS)} on one of {', '.join(MACHINES)}",
        )
    if bits == 32 and goarch in _64_BIT:
        raise GoPluginsError(
            f"this is a 32-bit userland on a {machine} kernel: the CPU's name does not say which programs run here",
            "name the platform, such as linux/386",
        )
    return Platform(goos, goarch)
