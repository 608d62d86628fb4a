# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which C compilers there are for a target, host by host: the one table of them."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

# The compilers that a host has for itself, the first that is there. Go itself takes the first of its system when nothing is said
# (src/cmd/dist/build.go, defaultCCFunc).
NATIVE = {"linux": ("gcc", "clang", "cc"), "freebsd": ("clang", "cc"), "darwin": ("clang", "cc")}

# Apple's compiler makes programs for both of its CPUs.
OF_APPLE = {"darwin/amd64": "clang -arch x86_64", "darwin/arm64": "clang -arch arm64"}


class Cross(t.NamedTuple):
    """How the packages of distributions compile for one target on another host.

    command: the name of gcc as all distributions have it. packages: from family of distributions to the packages with compiler and
    C library. Where a family has only a compiler without a C library (RHEL, SUSE), or none (Alpine), zig is the way.
    """

    command: str
    packages: t.Mapping[str, tuple[str, ...]]


CROSS = {
    "linux/amd64": Cross("x86_64-linux-gnu-gcc", {"debian": ("gcc-x86-64-linux-gnu", "libc6-dev-amd64-cross")}),
    "linux/arm64": Cross(
        "aarch64-linux-gnu-gcc",
        {"debian": ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"), "arch": ("aarch64-linux-gnu-gcc",)},
    ),
    "linux/s390x": Cross("s390x-linux-gnu-gcc", {"debian": ("gcc-s390x-linux-gnu", "libc6-dev-s390x-cross")}),
    "linux/ppc64le": Cross("powerpc64le-linux-gnu-gcc", {"debian": ("gcc-powerpc64le-linux-gnu", "libc6-dev-ppc64el-cross")}),
    "linux/386": Cross("i686-linux-gnu-gcc", {"debian": ("gcc-i686-linux-gnu", "libc6-dev-i386-cross")}),
    "linux/arm": Cross("arm-linux-gnueabihf-gcc", {"debian": ("gcc-arm-linux-gnueabihf", "libc6-dev-armhf-cross")}),
    "linux/riscv64": Cross(
        "riscv64-linux-gnu-gcc",
        {"debian": ("gcc-riscv64-linux-gnu", "libc6-dev-riscv64-cross"), "arch": ("riscv64-linux-gnu-gcc",)},
    ),
    "linux/loong64": Cross("loongarch64-linux-gnu-gcc", {}),
}

# The hosts for which a family has its cross packages. Debian builds none of them for s390x and 32-bit ARM.
CROSS_HOSTS = {"debian": ("linux/amd64", "linux/386", "linux/arm64", "linux/ppc64le"), "arch": ("linux/amd64",)}

# What brings a compiler with its C library for the host itself, and git. FreeBSD's compiler is part of the base system; macOS has both
# in the Xcode command line tools, which nothing can install unattended.
PACKAGES: t.Mapping[str, t.Mapping[str, tuple[str, ...]]] = {
    "debian": {"native": ("gcc", "libc6-dev"), "git": ("git",)},
    "rhel": {"native": ("gcc", "glibc-devel"), "git": ("git-core",)},
    "suse": {"native": ("gcc", "glibc-devel"), "git": ("git-core",)},
    "alpine": {"native": ("gcc", "musl-dev"), "git": ("git",)},
    "arch": {"native": ("gcc", "glibc"), "git": ("git",)},
    "freebsd": {"native": (), "git": ("git-lite",)},
    "darwin": {"native": (), "git": ()},
}
# ID and ID_LIKE of os-release(5) and the family that they stand for.
_FAMILIES = {
    **{"debian": "debian", "ubuntu": "debian"},
    **{"rhel": "rhel", "fedora": "rhel", "centos": "rhel"},
    **{"suse": "suse", "opensuse": "suse", "sles": "suse"},
    **{"alpine": "alpine", "arch": "arch"},
}

# The hosts for which zig is on the package index of Python, with the platform by which pip asks for it.
ZIG_HOSTS = {
    "linux/amd64": "manylinux_2_12_x86_64",
    "linux/arm64": "manylinux_2_17_aarch64",
    "linux/s390x": "manylinux_2_17_s390x",
    "darwin/amd64": "macosx_13_0_x86_64",
    "darwin/arm64": "macosx_13_0_arm64",
}


def family(os_release: str, goos: str) -> str:
    """The family of a host's distribution by its os-release(5), empty where it is of none in the table."""
    if goos != "linux":
        return goos
    values = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    words = [word for name in ("ID", "ID_LIKE") for word in values.get(name, "").strip("\"'").split()]
    return next((_FAMILIES[word] for word in words if word in _FAMILIES), "")


def cross_packages(family: str, host: Platform, target: Platform) -> tuple[str, ...]:
    """The packages of the host's family that bring a cross compiler for the target; empty where it has none on such a host."""
    cross = CROSS.get(str(target))
    return cross.packages.get(family, ()) if cross and str(host) in CROSS_HOSTS.get(family, ()) else ()


def native_commands(host: Platform, target: Platform) -> tuple[str, ...]:
    """The commands of the host itself that may compile for the target, in the order in which they are looked for."""
    if target == host:
        return NATIVE[host.goos]
    if host.goos == target.goos == "darwin":
        return (OF_APPLE[str(target)],)
    return ()
