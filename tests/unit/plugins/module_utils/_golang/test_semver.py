# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import semver

# https://semver.org, 11, and pseudo-versions of https://go.dev/ref/mod#pseudo-versions
ORDERED = [
    "none",
    "v0.0.0-20170222154038-dcb3e4bb7990",
    "v0.0.1",
    "v1.0.0-alpha",
    "v1.0.0-alpha.1",
    "v1.0.0-alpha.beta",
    "v1.0.0-beta.2",
    "v1.0.0-beta.11",
    "v1.0.0-rc.1",
    "v1.0.0",
    "v1.0.1-0.20240924125426-1db1935d8992",
    "v1.0.1",
    "v1.9.0",
    "v1.10.0",
    "v2.22.0+incompatible",
]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(ORDERED, 2)))
def test_the_order_of_versions(one, other):
    assert semver.order(one) < semver.order(other)


@pytest.mark.parametrize(
    ("version", "prerelease", "unreleased"),
    [
        ("v1.0.0", False, False),
        ("v1.0.0-rc.1", True, False),
        ("v2.22.0+incompatible", False, True),
        ("v0.0.0-20170222154038-dcb3e4bb7990", True, True),
        ("v1.0.1-0.20240924125426-1db1935d8992", True, True),
    ],
)
def test_what_kind_of_version_it_is(version, prerelease, unreleased):
    assert (semver.is_prerelease(version), semver.is_unreleased(version)) == (prerelease, unreleased)
