# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What zig calls Go's platforms: the values of C(zig cc -target)."""

from __future__ import annotations

import typing as t


class _Zig(t.NamedTuple):
    """cpu: zig's name of it. abi: what follows the C library's name. oldest_glibc: that zig has, empty for a system without glibc."""

    cpu: str
    abi: str = ""
    oldest_glibc: str = ""


# zig compiles plugins for these platforms of Go. It has no headers and libraries of macOS.
_TARGETS = {
    "linux/amd64": _Zig("x86_64", oldest_glibc="2.2.5"),
    "linux/386": _Zig("x86", oldest_glibc="2.0"),
    "linux/arm64": _Zig("aarch64", oldest_glibc="2.17"),
    "linux/arm": _Zig("arm", abi="eabihf", oldest_glibc="2.4"),
    "linux/ppc64le": _Zig("powerpc64le", oldest_glibc="2.19"),
    "linux/s390x": _Zig("s390x", oldest_glibc="2.2"),
    "linux/riscv64": _Zig("riscv64", oldest_glibc="2.27"),
    "linux/loong64": _Zig("loongarch64", oldest_glibc="2.36"),
    "freebsd/amd64": _Zig("x86_64"),
}
PLATFORMS = tuple(_TARGETS)


def zig_target(platform: str, version: str = "", libc: str = "glibc") -> str:
    """A target of zig, such as C(x86_64-linux-gnu.2.17), C(arm-linux-musleabihf) or C(x86_64-freebsd.13.2).

    platform: as V(linux/amd64); of one that is not in the table the CPU keeps Go's name. version: of glibc or FreeBSD, empty for zig's
    default. libc: V(glibc) or V(musl), for Linux.
    """
    goos, _slash, goarch = platform.partition("/")
    zig = _TARGETS.get(platform, _Zig(goarch))
    if goos != "linux":
        system = goos
    elif libc == "musl":
        system, version = f"linux-musl{zig.abi}", ""
    else:
        system = f"linux-gnu{zig.abi}"
    return f"{zig.cpu}-{system}" + (f".{version}" if version else "")


def oldest_glibc(platform: str) -> str:
    """The oldest glibc that zig links against for a platform; empty for a platform without glibc."""
    return _TARGETS[platform].oldest_glibc
