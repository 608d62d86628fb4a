# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Levels of the CPU: Go's settings for them, which level runs which, and the level of this machine's CPU."""

from __future__ import annotations

import re
import typing as t

# The build settings that name a CPU level (cmd/go/internal/cfg, GetArchEnv).
CPU_SETTINGS = ("GOAMD64", "GOARM64", "GOARM", "GO386", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64")

# The instructions that each level of GOAMD64 adds, in the words of /proc/cpuinfo (https://go.dev/wiki/MinimumRequirements#amd64).
_AMD64_LEVELS = (
    ("v2", "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"),
    ("v3", "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"),
    ("v4", "avx512f avx512bw avx512cd avx512dq avx512vl"),
)
# What each version of the architecture made mandatory, of what /proc/cpuinfo has a word for (Arm Architecture Reference Manual, A2;
# Linux, arch/arm64/kernel/cpuinfo.c). Kernels may hide words, and have none for newer versions: such a CPU counts as an older one.
_ARM64_LEVELS = (
    ("v8.1", "atomics asimdrdm crc32"),
    ("v8.2", "dcpop"),
    ("v8.3", "fcma jscvt lrcpc paca pacg"),
    ("v8.4", "asimddp dit flagm ilrcpc uscat"),
    ("v8.5", "bti flagm2 frint sb"),
    ("v9.0", "sve2"),
    ("v9.1", "bf16 i8mm"),
)
# The options of GOARM64 (internal/buildcfg/cfg.go, ParseGoarm64; internal/cpu/cpu_arm64.go).
_ARM64_OPTIONS = (("lse", "atomics"), ("crypto", "aes pmull sha1 sha2"))
# What every CPU runs for which Go compiles.
LOWEST = {"GOAMD64": "v1", "GOARM64": "v8.0"}


def runs(level: str, other: str) -> bool:
    """Whether a CPU of one level surely runs code for the other: v3 and v1, v8.1 and v8.0, v8.0,lse and v8.0, power10 and power8."""
    (scale, numbers, options), (other_scale, lower, needed) = _parsed(level), _parsed(other)
    if scale == other_scale == "v." and numbers[0] == 9 and lower[0] == 8:
        # v9.0 has what v8.5 has (internal/buildcfg/cfg.go, Goarm64Features.Supports).
        numbers = [8, numbers[1] + 5]
    return scale == other_scale and numbers >= lower and needed <= options


def _parsed(level: str) -> tuple[str, list[int], set[str]]:
    """The kind of scale, the numbers on it, and the options."""
    scale, *options = level.split(",")
    # From v8.1 on the atomic instructions are no option.
    implied = {"lse"} if re.match(r"v(8\.[1-9]|9\.\d)$", scale) else set()
    return re.sub(r"\d+", "", scale), [int(digits) for digits in re.findall(r"\d+", scale)], {*options, *implied}


def levels_of_cpu(goarch: str, cpuinfo: str) -> dict[str, str]:
    """The levels of the CPU in /proc/cpuinfo, by the name of Go's setting; of a host with several kinds of CPU, those that all have."""
    word = {"amd64": "flags", "arm64": "Features"}.get(goarch)
    lines = re.findall(rf"(?m)^{word}\s*:(.*)$", cpuinfo) if word else []
    if not lines:
        return {}
    flags = set.intersection(*(set(line.split()) for line in lines))
    if goarch == "amd64":
        return {"GOAMD64": _highest("v1", _AMD64_LEVELS, flags)}
    options = [name for name, wanted in _ARM64_OPTIONS if set(wanted.split()) <= flags]
    return {"GOARM64": ",".join([_highest("v8.0", _ARM64_LEVELS, flags), *options])}


def _highest(level: str, levels: t.Sequence[tuple[str, str]], flags: t.AbstractSet[str]) -> str:
    for name, wanted in levels:
        if not set(wanted.split()) <= flags:
            break
        level = name
    return level
