# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Platforms of hosts: known ones by their name, all others refused."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import host_platform


@pytest.mark.parametrize(
    ("system", "machine", "platform"),
    [
        ("Linux", "x86_64", "linux/amd64"),
        ("Linux", "aarch64", "linux/arm64"),
        ("Linux", "s390x", "linux/s390x"),
        ("FreeBSD", "amd64", "freebsd/amd64"),
        ("Darwin", "arm64", "darwin/arm64"),
        ("Linux", "armv7l", "linux/arm"),
    ],
)
def test_known_hosts(system, machine, platform):
    assert str(host_platform(system, machine, 32 if machine == "armv7l" else 64)) == platform


@pytest.mark.parametrize(("system", "machine"), [("Linux", "sparc64"), ("SunOS", "x86_64"), ("Linux", "mips"), ("Linux", "x86")])
def test_an_unknown_host_is_never_taken_for_amd64(system, machine):
    with pytest.raises(GoPluginsError, match=f"this host is {system} on {machine}"):
        host_platform(system, machine, 64)


def test_a_32_bit_userland_on_a_64_bit_kernel_is_not_guessed():
    with pytest.raises(GoPluginsError, match="32-bit userland"):
        host_platform("Linux", "x86_64", 32)


def test_this_host_is_known():
    assert host_platform().goos
