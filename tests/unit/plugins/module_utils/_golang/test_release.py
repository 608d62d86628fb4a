# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of Go releases, and of what carries them."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import release
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import HOSTS, Platform
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "version", ["1.22.7", "1.21.13", "1.21.1", "1.21.0", "1.20", "1.16.15", "1.27rc1", "1.21rc4", "1.20beta1", "1.100.0"]
)
def test_releases(version):
    assert release.parse_version(version) == version
    assert release.parse_version(f"go{version}") == version


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1",
            "go",
            "latest",
            "stable",
            "1.x",
            "1.22.7.1",
            "1.22.7-x",
            "../1.22.7",
            "1.22.7/..",
            "1.22.7\n",
            " 1.22.7",
            "v1.22.7",
            "gogo1.22.7",
        ),
        *("1.22.*", "2.1.0", "1.22.7rc1", "1.022.7", "1.22.07", "1.27rc", "1.27rc0", "1.\u0662\u0662.7", "1.22.7 X:boringcrypto", "1e5"),
    ],
)
def test_what_is_no_release(text):
    with pytest.raises(GoPluginsError, match="is no Go release"):
        release.parse_version(text)


@given(st.text(alphabet="go1.2rcbeta/\n -~", max_size=12))
def test_a_release_that_is_taken_is_a_name_of_one_folder(text):
    try:
        version = release.parse_version(text)
    except GoPluginsError:
        return
    assert "/" not in version and version[:2] == "1." and text in (version, f"go{version}")
    assert release.release_line(version)[0] == 1


def test_since_1_21_a_name_without_patch_is_a_language_version():
    with pytest.raises(GoPluginsError, match=r"Go 1\.22 is a language version and no release") as caught:
        release.parse_version("1.22")
    assert "version: 1.22.0" in caught.value.fix
    with pytest.raises(GoPluginsError, match="language version"):
        release.parse_version("go1.21")


def test_before_1_21_the_first_release_has_no_patch():
    with pytest.raises(GoPluginsError, match=r"there is no Go 1\.20\.0") as caught:
        release.parse_version("1.20.0")
    assert 'version: "1.20"' in caught.value.fix


@pytest.mark.parametrize(
    ("directive", "version"), [("1.22", "1.22.0"), ("1.22.6", "1.22.6"), ("1.19", "1.19"), ("1.27rc1", "1.27rc1"), ("nonsense", "nonsense")]
)
def test_the_first_release_of_a_go_directive(directive, version):
    assert release.first_release(directive) == version


@pytest.mark.parametrize(("version", "line"), [("1.22.7", (1, 22)), ("1.16", (1, 16)), ("1.27rc1", (1, 27)), ("1.21.13", (1, 21))])
def test_release_lines(version, line):
    assert release.release_line(version) == line


@pytest.mark.parametrize("version", ["", "go1.22.7", "1", "1.x", "1.22.7.8"])
def test_no_release_has_no_line_and_no_place_in_the_order(version):
    with pytest.raises(GoPluginsError, match="is no Go release"):
        release.release_line(version)
    with pytest.raises(GoPluginsError, match="is no Go release"):
        release.release_order(version)


def test_what_is_named_like_a_release():
    for name in ("1.22.7", "1.20", "1.27rc1", "1.2"):
        assert release.is_release(name)
    for name in ("1.22.7.mine", "go1.22.7", "1.22.7 ", ".go1.22.7-abc", "1.22.07", "2.0", "current", ""):
        assert not release.is_release(name)


def test_releases_come_in_order():
    order = ["1.16", "1.16.15", "1.21rc2", "1.21.0", "1.21.1", "1.21.13", "1.22.7"]
    assert sorted(reversed(order), key=release.release_order) == order


@pytest.mark.parametrize(
    ("version", "platform", "archive", "module"),
    [
        ("1.22.7", "linux/amd64", "go1.22.7.linux-amd64.tar.gz", "golang.org/toolchain@v0.0.1-go1.22.7.linux-amd64"),
        ("1.20", "freebsd/amd64", "go1.20.freebsd-amd64.tar.gz", "golang.org/toolchain@v0.0.1-go1.20.freebsd-amd64"),
        ("1.27rc1", "darwin/arm64", "go1.27rc1.darwin-arm64.tar.gz", "golang.org/toolchain@v0.0.1-go1.27rc1.darwin-arm64"),
        ("1.22.7", "linux/arm", "go1.22.7.linux-armv6l.tar.gz", "golang.org/toolchain@v0.0.1-go1.22.7.linux-arm"),
        ("1.22.7", "linux/386", "go1.22.7.linux-386.tar.gz", "golang.org/toolchain@v0.0.1-go1.22.7.linux-386"),
    ],
)
def test_names_of_what_carries_a_release(version, platform, archive, module):
    assert release.archive_name(version, Platform(*platform.split("/"))) == archive
    assert release.module_name(version, Platform(*platform.split("/"))) == module


def test_every_platform_has_an_archive_of_its_own():
    platforms = {Platform(*name.split("/")) for machines in HOSTS.values() for name in machines.values()}
    assert len({release.archive_name("1.22.7", platform) for platform in platforms}) == len(platforms)
