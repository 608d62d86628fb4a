# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of compilers: every target of Go's plugins, and what hosts say of themselves."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import table
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import PLUGIN_TARGETS
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.zig_targets import PLATFORMS
from ansible_collections.goplugins.tyk.tests import recorded

FAMILIES = {
    "debian-12": "debian",
    "ubuntu-24.04": "debian",
    "rhel-9": "rhel",
    "rocky-9": "rhel",
    "fedora-41": "rhel",
    "amazon-2023": "rhel",
    "opensuse-leap-15": "suse",
    "sles-15": "suse",
    "alpine-3.20": "alpine",
    "arch": "arch",
    "gentoo": "",
    "freebsd-14": "freebsd",
    "macos-14": "darwin",
}


@pytest.mark.parametrize("host", recorded.HOSTS, ids=lambda host: host.name)
def test_family(host):
    family = table.family(host.os_release, host.platform.split("/")[0])
    assert family == FAMILIES[host.name]
    assert not family or family in table.PACKAGES


def test_a_linux_that_says_nothing_is_of_no_family():
    assert table.family("", "linux") == ""


def test_each_target_of_plugins_is_there():
    assert set(table.CROSS) | set(PLATFORMS) | set(table.OF_APPLE) == set(PLUGIN_TARGETS)


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
