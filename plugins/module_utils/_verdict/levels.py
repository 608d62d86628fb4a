# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Levels that files are built for: of the CPU, and of glibc."""

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


def runs(level: str, other: str) -> bool:
    """Whether a CPU of one level surely runs code for the other: v3 and v1, v8.1 and v8.0, v8.0,lse and v8.0, power10 and power8."""
    (scale, *options), (other_scale, *needed) = level.split(","), other.split(",")
    numbers, lower = ([int(digits) for digits in re.findall(r"\d+", text)] for text in (scale, other_scale))
    return re.sub(r"\d+", "", scale) == re.sub(r"\d+", "", other_scale) and numbers >= lower and set(needed) <= set(options)


def levels_of_cpu(goarch: str, cpuinfo: str) -> dict[str, str]:
    """The levels that /proc/cpuinfo tells of, by the name of Go's setting; on a host of several kinds of CPU, those that all have."""
    lines = re.findall(r"(?m)^flags\s*:(.*)$", cpuinfo)
    if goarch != "amd64" or not lines:
        return {}
    flags = set.intersection(*(set(line.split()) for line in lines))
    level = "v1"
    for name, wanted in _AMD64_LEVELS:
        if not set(wanted.split()) <= flags:
            break
        level = name
    return {"GOAMD64": level}


def newest_glibc(versions: t.Mapping[str, t.Sequence[str]]) -> tuple[int, ...]:
    """The newest GLIBC_x that a file asks for, of its libraries' version needs; empty where it asks for none."""
    found = (re.match(r"GLIBC_(\d+(?:\.\d+)*)$", version) for names in versions.values() for version in names)
    return max((tuple(map(int, match.group(1).split("."))) for match in found if match), default=())


def dotted(numbers: tuple[int, ...]) -> str:
    """A version as it is written."""
    return ".".join(map(str, numbers))
