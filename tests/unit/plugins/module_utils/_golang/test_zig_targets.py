# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""zig's names of platforms."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import PLUGIN_TARGETS
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.zig_targets import PLATFORMS, oldest_glibc, zig_target


@pytest.mark.parametrize(
    ("platform", "version", "libc", "expected"),
    [
        ("linux/amd64", "2.17", "glibc", "x86_64-linux-gnu.2.17"),
        ("linux/amd64", "", "glibc", "x86_64-linux-gnu"),
        ("linux/amd64", "2.17", "musl", "x86_64-linux-musl"),
        ("linux/arm", "2.31", "glibc", "arm-linux-gnueabihf.2.31"),
        ("linux/arm", "", "musl", "arm-linux-musleabihf"),
        ("linux/loong64", "2.38", "glibc", "loongarch64-linux-gnu.2.38"),
        ("freebsd/amd64", "13.2", "glibc", "x86_64-freebsd.13.2"),
        ("freebsd/amd64", "", "freebsd", "x86_64-freebsd"),
        ("linux/mips64", "2.31", "glibc", "mips64-linux-gnu.2.31"),
    ],
)
def test_targets(platform, version, libc, expected):
    assert zig_target(platform, version, libc) == expected


def test_zig_compiles_for_every_target_of_plugins_but_those_of_macos():
    assert set(PLATFORMS) == {name for name in PLUGIN_TARGETS if not name.startswith("darwin/")}
    assert {name for name in PLATFORMS if not oldest_glibc(name)} == {"freebsd/amd64"}
