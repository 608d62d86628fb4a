# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of glibc and of systems that files need."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.versions import dotted, newest_glibc, numbers, oldest_system


def test_newest_glibc_compares_numbers():
    assert newest_glibc({"a": ["GLIBC_2.9", "GLIBC_PRIVATE"], "b": ["GLIBC_2.34", "GLIBC_2.2.5", "OTHER_9.9"]}) == (2, 34)
    assert newest_glibc({}) == ()
    assert dotted((2, 34)) == "2.34"


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ({"libc.so.7": ("FBSD_1.0", "FBSD_1.6"), "libthr.so.3": ("FBSD_1.10",)}, ("FreeBSD", (17,))),
        ({"libc.so.7": ("FBSD_1.7", "FBSDprivate_1.0")}, ("FreeBSD", (14,))),
        ({"macOS": ("11.0",)}, ("macOS", (11, 0))),
        ({"libc.so.6": ("GLIBC_2.34",)}, None),
        ({}, None),
    ],
)
def test_the_oldest_system_that_a_file_is_made_for(versions, expected):
    assert oldest_system(versions) == expected


def test_versions_are_compared_as_numbers():
    assert numbers("2.9") < numbers("2.17") < numbers("2.17.1")
