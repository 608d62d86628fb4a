# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the machine that this runs on gives to a gateway and its plugins: C library, shared libraries, CPU."""

from __future__ import annotations

import glob
import os
import platform as python_platform
import struct
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import elf
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Libraries
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.versions import dotted, newest_glibc, numbers, oldest_system
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.cpu import CPU_SETTINGS, LOWEST, levels_of_cpu, runs
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.commands import commands, old_system_compiler, zig_compiler
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import Finding, make

# Where a dynamic loader looks besides LD_LIBRARY_PATH and its cache; musl has no cache.
_FOLDERS = ("/lib", "/usr/lib", "/usr/local/lib", "/lib64", "/usr/lib64", "/lib/*-linux-*", "/usr/lib/*-linux-*", "/usr/lib/compat")
_CACHE = "/etc/ld.so.cache"
_CACHE_MAGIC = b"glibc-ld.so.cache1.1"


class Host(t.NamedTuple):
    """platform: "linux/amd64", empty where Go has no name for it. glibc: its version, empty where there is none.

    missing: of the libraries that were asked for, those that the dynamic loader does not find. cpu: the highest level that it runs, by the
    name of Go's setting; what is not there is not known. system: the release of FreeBSD or macOS, empty where it is not known.
    """

    platform: str
    glibc: tuple[int, ...]
    missing: frozenset[str]
    cpu: t.Mapping[str, str]
    system: tuple[int, ...] = ()


def own_platform() -> str:
    """The platform of this machine, empty where Go has no name for it."""
    try:
        return str(host_platform())
    except GoPluginsError:
        return ""


def read_host(abi: bytes, libraries: t.Iterable[str]) -> Host:
    """This machine. abi: C(elf.abi) of the file whose libraries are sought, for those of other CPUs do not count."""
    platform = own_platform()
    # The libraries of macOS are in no files.
    missing = [] if platform.startswith("darwin/") else [name for name in libraries if not _is_found(name, abi)]
    goos, _slash, goarch = platform.partition("/")
    return Host(platform, _glibc(), frozenset(missing), levels_of_cpu(goarch, _cpuinfo()), _system(goos))


def host_findings(gateway: Facts, plugin: Facts, host: Host) -> t.Iterator[Finding]:
    """What either file needs and this machine does not have."""
    if host.platform != gateway.platform:
        yield make("host-differs", {"host": host.platform, "gateway": gateway.platform})
        return
    filled = commands(gateway)
    unknown = []
    for side, facts in (("gateway", gateway), ("plugin", plugin)):
        libraries = facts.libraries or Libraries((), {}, None, None)
        needed = newest_glibc(libraries.versions)
        if host.glibc and needed > host.glibc:
            words = {"side": side, "needed": dotted(needed), "host": dotted(host.glibc)}
            compiler = zig_compiler(gateway.platform, words["host"])
            yield make("libc-newer-than-host", {**words, "compiler": compiler, **filled}, of_gateway=side == "gateway", evidence=words)
        elif needed and not host.glibc:
            unknown.append(f"glibc {dotted(needed)} of the {side}")
        name, oldest = oldest_system(libraries.versions) or ("", ())
        if host.system and oldest > host.system:
            words = {"side": side, "needed": f"{name} {dotted(oldest)}", "host": f"{name} {dotted(host.system)}"}
            setting, value = old_system_compiler(gateway.platform, dotted(host.system))
            more = {"setting": setting, "value": value, **filled}
            yield make("system-older-than-file", {**words, **more}, of_gateway=side == "gateway", evidence=words)
        elif oldest and not host.system:
            unknown.append(f"{name} {dotted(oldest)} of the {side}")
        missing = [name for name in libraries.needed if name in host.missing]
        if missing:
            yield make("library-missing", {"side": side, "path": facts.path, "libraries": missing})
        for setting, level in host.cpu.items():
            wanted = facts.settings.get(setting, level)
            if not runs(level, wanted):
                words = {"side": side, "setting": setting, "needed": wanted, "host": level}
                yield make("cpu-level-above-host", {**words, **commands(gateway, {setting: level})}, of_gateway=side == "gateway")
        levels = [(setting, facts.settings[setting]) for setting in CPU_SETTINGS if setting in facts.settings]
        unknown += [
            f"{setting}={level} of the {side}" for setting, level in levels if setting not in host.cpu and level != LOWEST.get(setting)
        ]
    if unknown:
        yield make("host-not-known", {"needs": unknown})


def _glibc() -> tuple[int, ...]:
    try:
        name, _space, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (ValueError, OSError):
        return ()
    return numbers(version) if name == "glibc" else ()


def _system(goos: str) -> tuple[int, ...]:
    """In a jail of FreeBSD it is the release of the kernel, which is no older than the jail's libraries."""
    release = {"freebsd": os.uname().release, "darwin": python_platform.mac_ver()[0]}.get(goos, "")
    version = numbers(release.partition("-")[0])
    # macOS gives this number to old programs, whatever release it is.
    return () if version == (10, 16) else version


def _cpuinfo() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _is_found(name: str, abi: bytes) -> bool:
    folders = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    folders += [folder for pattern in _FOLDERS for folder in sorted(glob.glob(pattern))]
    for path in (*(os.path.join(folder, name) for folder in folders), *_cached(name)):
        try:
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    if elf.abi(file.read(elf.ABI_BYTES)) == abi:
                        return True
        except OSError:
            continue
    return False


def _cached(name: str) -> list[str]:
    try:
        with open(_CACHE, "rb") as file:
            return cached_paths(file.read(), name)
    except OSError:
        return []


def cached_paths(cache: bytes, name: str) -> list[str]:
    """The paths of a library in glibc's ld.so.cache (glibc, sysdeps/generic/dl-cache.h, struct cache_file_new)."""
    start = cache.find(_CACHE_MAGIC)
    if start < 0:
        return []
    try:
        (count,) = struct.unpack_from("=I", cache, start + 20)
        entries = [struct.unpack_from("=iIIIQ", cache, start + 48 + 24 * number) for number in range(min(count, len(cache) // 24))]
    except struct.error:
        return []
    found = ((_string(cache, start + key), start + value) for _flags, key, value, _version, _capabilities in entries)
    return [_string(cache, value) for key, value in found if key == name]


def _string(data: bytes, offset: int) -> str:
    end = data.find(b"\0", offset)
    return os.fsdecode(data[offset : end if end >= 0 else len(data)])
