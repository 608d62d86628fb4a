# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Levels of the CPU."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.cpu import levels_of_cpu, runs


@pytest.mark.parametrize(
    ("level", "other", "expected"),
    [
        ("v3", "v1", True),
        ("v1", "v3", False),
        ("v3", "v3", True),
        ("v8.1", "v8.0", True),
        ("v8.0", "v8.0,lse", False),
        ("v8.0,lse", "v8.0", True),
        ("v8.0,crypto", "v8.0,lse", False),
        ("v8.1", "v8.0,lse", True),
        ("v8.2,lse", "v8.1", True),
        ("v8.2,lse", "v8.2,crypto", False),
        ("v8.9", "v9.0", False),
        ("v9.0", "v8.5", True),
        ("v9.0", "v8.6", False),
        ("v9.1,lse", "v8.6", True),
        ("power10", "power8", True),
        ("power8", "power10", False),
        ("rva22u64", "rva20u64", True),
        ("softfloat", "sse2", False),
        ("sse2", "softfloat", False),
        ("7,hardfloat", "5,softfloat", False),
    ],
)
def test_runs(level, other, expected):
    assert runs(level, other) is expected


V2 = "fpu cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"
V3 = f"{V2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"
V4 = f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl"
# As Linux names them.
A72 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid"
NEOVERSE_N1 = f"{A72} atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp ssbs"
NEOVERSE_V2 = (
    f"{NEOVERSE_N1} jscvt fcma sha3 sm3 sm4 sha512 sve asimdfhm dit uscat ilrcpc flagm sb paca pacg dcpodp sve2 sveaes svepmull svebitperm "
    "svesha3 svesm4 flagm2 frint svei8mm svebf16 i8mm bf16 dgh rng bti"
)


@pytest.mark.parametrize(
    ("goarch", "cpuinfo", "expected"),
    [
        ("amd64", "flags\t\t: fpu vme", {"GOAMD64": "v1"}),
        ("amd64", f"flags\t\t: {V2}", {"GOAMD64": "v2"}),
        ("amd64", f"flags\t\t: {V3}\nflags\t\t: {V3}", {"GOAMD64": "v3"}),
        ("amd64", f"flags\t\t: {V4}\nflags\t\t: {V3}", {"GOAMD64": "v3"}),
        ("amd64", f"processor: 0\nflags\t\t: {V4}\nbugs\t: spectre_v1", {"GOAMD64": "v4"}),
        ("amd64", f"flags\t\t: {V4.replace('movbe', '')}", {"GOAMD64": "v2"}),
        ("amd64", "", {}),
        ("arm64", "Features\t: fp asimd evtstrm crc32 cpuid", {"GOARM64": "v8.0"}),
        ("arm64", "Features\t: fp asimd atomics", {"GOARM64": "v8.0,lse"}),
        ("arm64", f"Features\t: {A72}", {"GOARM64": "v8.0,crypto"}),
        ("arm64", f"Features\t: {NEOVERSE_N1}", {"GOARM64": "v8.2,lse,crypto"}),
        ("arm64", f"Features\t: {NEOVERSE_N1}\nFeatures\t: {A72}", {"GOARM64": "v8.0,crypto"}),
        ("arm64", f"Features\t: {NEOVERSE_V2}", {"GOARM64": "v9.1,lse,crypto"}),
        ("arm64", f"Features\t: {NEOVERSE_V2.replace('sve2', '')}", {"GOARM64": "v8.5,lse,crypto"}),
        ("arm64", f"Features\t: {NEOVERSE_V2.replace('paca', '')}", {"GOARM64": "v8.2,lse,crypto"}),
        ("arm64", "", {}),
        ("arm64", f"flags\t: {V4}", {}),
        ("s390x", "features\t: esan3 zarch", {}),
    ],
)
def test_levels_of_a_cpu(goarch, cpuinfo, expected):
    assert levels_of_cpu(goarch, cpuinfo) == expected
