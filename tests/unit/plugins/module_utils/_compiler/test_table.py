# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of compilers: every target of Go's plugins, and what hosts say of themselves."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build.target import PLUGIN_TARGETS
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import table
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import Platform

# As recorded from /etc/os-release of each.
DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n'
UBUNTU = 'NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'
ROCKY = 'NAME="Rocky Linux"\nVERSION="9.4 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\n'
AMAZON = 'NAME="Amazon Linux"\nVERSION="2023"\nID="amzn"\nID_LIKE="fedora"\n'
LEAP = 'NAME="openSUSE Leap"\nVERSION="15.6"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\n'
SLES = 'NAME="SLES"\nVERSION="15-SP6"\nID="sles"\nID_LIKE="suse"\n'
ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\n'
ARCH = 'NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n'
GENTOO = "NAME=Gentoo\nID=gentoo\n"


@pytest.mark.parametrize(
    ("release", "goos", "family"),
    [
        (DEBIAN, "linux", "debian"),
        (UBUNTU, "linux", "debian"),
        (ROCKY, "linux", "rhel"),
        (AMAZON, "linux", "rhel"),
        (LEAP, "linux", "suse"),
        (SLES, "linux", "suse"),
        (ALPINE, "linux", "alpine"),
        (ARCH, "linux", "arch"),
        (GENTOO, "linux", ""),
        ("", "linux", ""),
        ("NAME=FreeBSD\nID=freebsd\n", "freebsd", "freebsd"),
        ("", "darwin", "darwin"),
    ],
)
def test_family(release, goos, family):
    assert table.family(release, goos) == family
    assert not family or family in table.PACKAGES


def test_each_target_of_plugins_is_there():
    assert set(table.CROSS) | set(table.OF_APPLE) == set(PLUGIN_TARGETS)


def test_families_of_cross_packages_are_known():
    assert {family for cross in table.CROSS.values() for family in cross.packages} <= set(table.PACKAGES)


@pytest.mark.parametrize(
    ("host", "target", "commands"),
    [
        ("linux/amd64", "linux/amd64", ("gcc", "clang", "cc")),
        ("linux/amd64", "linux/arm64", ()),
        ("freebsd/amd64", "freebsd/amd64", ("clang", "cc")),
        ("freebsd/amd64", "linux/amd64", ()),
        ("darwin/arm64", "darwin/arm64", ("clang", "cc")),
        ("darwin/arm64", "darwin/amd64", ("clang -arch x86_64",)),
        ("darwin/amd64", "darwin/arm64", ("clang -arch arm64",)),
        ("darwin/arm64", "linux/arm64", ()),
    ],
)
def test_native_commands(host, target, commands):
    assert table.native_commands(Platform(*host.split("/")), Platform(*target.split("/"))) == commands
