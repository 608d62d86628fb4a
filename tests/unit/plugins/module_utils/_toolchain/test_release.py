# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of Go releases."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import release


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.22.7", "1.22.7"),
        ("go1.21.13", "1.21.13"),
        ("1.21.1", "1.21.1"),
        ("1.20", "1.20"),
        ("1.16.15", "1.16.15"),
        ("1.27rc1", "1.27rc1"),
        ("1.21.0", "1.21.0"),
    ],
)
def test_releases(text, version):
    assert release.parse_version(text) == version


@pytest.mark.parametrize(
    "text", ["", "1", "latest", "1.x", "1.22.7.1", "1.22.7-x", "../1.22.7", "1.22.7\n", "v1.22.7", "1.22.*", "2.1.0", "1.22.7rc1"]
)
def test_what_is_no_release(text):
    with pytest.raises(GoPluginsError, match="is no Go release"):
        release.parse_version(text)


def test_a_language_version_is_not_taken_for_a_release():
    with pytest.raises(GoPluginsError, match=r"its first release is 1\.22\.0"):
        release.parse_version("1.22")
    with pytest.raises(GoPluginsError, match=r"there is no Go 1\.20\.0"):
        release.parse_version("1.20.0")


@pytest.mark.parametrize(
    ("directive", "version"), [("1.22", "1.22.0"), ("1.22.6", "1.22.6"), ("1.19", "1.19"), ("1.27rc1", "1.27rc1"), ("nonsense", "nonsense")]
)
def test_the_first_release_of_a_go_directive(directive, version):
    assert release.first_release(directive) == version


@pytest.mark.parametrize(("version", "line"), [("1.22.7", (1, 22)), ("1.16", (1, 16)), ("1.27rc1", (1, 27)), ("1.21.13", (1, 21))])
def test_release_lines(version, line):
    assert release.release_line(version) == line


@pytest.mark.parametrize("version", ["", "go1.22.7", "1", "1.x", "1.22.7.8"])
def test_no_release_has_no_line(version):
    with pytest.raises(GoPluginsError, match="is no Go release"):
        release.release_line(version)


def test_releases_come_in_order():
    order = ["1.16", "1.16.15", "1.21rc2", "1.21.0", "1.21.1", "1.21.13", "1.22.7"]
    assert sorted(reversed(order), key=release.release_order) == order
