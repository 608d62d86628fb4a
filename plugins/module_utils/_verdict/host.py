# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the machine that this runs on gives to a gateway and its plugins: C library, shared libraries, CPU."""

from __future__ import annotations

import glob
import os
import re
import struct
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.findings import Finding, make

# The instructions that each level of GOAMD64 adds, in the words of /proc/cpuinfo (https://go.dev/wiki/MinimumRequirements#amd64).
_AMD64_LEVELS = (
    ("v2", "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"),
    ("v3", "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"),
    ("v4", "avx512f avx512bw avx512cd avx512dq avx512vl"),
)
# Where a dynamic loader looks besides LD_LIBRARY_PATH and its cache; musl has no cache.
_FOLDERS = ("/lib", "/usr/lib", "/usr/local/lib", "/lib64", "/usr/lib64", "/lib/*-linux-*", "/usr/lib/*-linux-*", "/usr/lib/compat")
_CACHE = "/etc/ld.so.cache"
_CACHE_MAGIC = b"glibc-ld.so.cache1.1"


class Host(t.NamedTuple):
    """platform: "linux/amd64", empty where Go has no name for it. glibc: its version, empty where there is none.

    missing: of the libraries that were asked for, those that the dynamic loader does not find. cpu: the highest level that it runs, by the
    name of Go's setting; what is not there is not known.
    """

    platform: str
    glibc: tuple[int, ...]
    missing: frozenset[str]
    cpu: t.Mapping[str, str]


def read_host(like: str, libraries: t.Iterable[str]) -> Host:
    """This machine. like: a file whose libraries are sought, for those of other CPUs do not count."""
    try:
        platform = str(host_platform())
    except GoPluginsError:
        platform = ""
    # The libraries of macOS are in no files.
    missing = [] if platform.startswith("darwin/") else [name for name in libraries if not _is_found(name, _kind(like))]
    return Host(platform, _glibc(), frozenset(missing), _cpu(platform))


def host_findings(gateway: Facts, plugin: Facts, host: Host, newest_glibc: t.Callable[[Facts], tuple[int, ...]]) -> t.Iterator[Finding]:
    """What either file needs and this machine does not have."""
    if host.platform != gateway.platform:
        yield make("host-differs", {"host": host.platform, "gateway": gateway.platform})
        return
    for side, facts in (("gateway", gateway), ("plugin", plugin)):
        needed = newest_glibc(facts)
        if host.glibc and needed > host.glibc:
            versions = {"needed": ".".join(map(str, needed)), "host": ".".join(map(str, host.glibc))}
            yield make("libc-newer-than-host", {"side": side, **versions})
        missing = [name for name in (facts.libraries.needed if facts.libraries else ()) if name in host.missing]
        if missing:
            yield make("library-missing", {"side": side, "path": facts.path, "libraries": missing})
        for setting, level in host.cpu.items():
            wanted = facts.settings.get(setting, level)
            if not runs(level, wanted):
                yield make("cpu-level-above-host", {"side": side, "setting": setting, "needed": wanted, "host": level})


def runs(level: str, other: str) -> bool:
    """Whether a CPU of one level surely runs code for the other: v3 and v1, v8.1 and v8.0, v8.0,lse and v8.0, power10 and power8."""
    (scale, *options), (other_scale, *needed) = level.split(","), other.split(",")
    numbers, lower = ([int(digits) for digits in re.findall(r"\d+", text)] for text in (scale, other_scale))
    return re.sub(r"\d+", "", scale) == re.sub(r"\d+", "", other_scale) and numbers >= lower and set(needed) <= set(options)


def _glibc() -> tuple[int, ...]:
    try:
        name, _space, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (ValueError, OSError):
        return ()
    return tuple(map(int, re.findall(r"\d+", version))) if name == "glibc" else ()


def _cpu(platform: str) -> dict[str, str]:
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return {}
    return cpu_levels(platform, text)


def cpu_levels(platform: str, cpuinfo: str) -> dict[str, str]:
    """The levels that /proc/cpuinfo tells of: on a host of several kinds of CPU, those of all."""
    lines = re.findall(r"(?m)^(?:flags|Features)\s*:(.*)$", cpuinfo)
    if not lines:
        return {}
    flags = set.intersection(*(set(line.split()) for line in lines))
    if platform == "linux/amd64":
        level = "v1"
        for name, wanted in _AMD64_LEVELS:
            if not set(wanted.split()) <= flags:
                break
            level = name
        return {"GOAMD64": level}
    return {}


def _kind(path: str) -> bytes:
    """What tells libraries of one CPU from those of another: word size, byte order and machine of the ELF header."""
    with open(path, "rb") as file:
        header = file.read(20)
    return header[:6] + header[18:20]


def _is_found(name: str, kind: bytes) -> bool:
    folders = [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]
    folders += [folder for pattern in _FOLDERS for folder in sorted(glob.glob(pattern))]
    for path in (*(os.path.join(folder, name) for folder in folders), *_cached(name)):
        try:
            if os.path.isfile(path) and _kind(path) == kind:
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
