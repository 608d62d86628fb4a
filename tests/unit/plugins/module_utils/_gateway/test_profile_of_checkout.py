# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile_of_checkout import contradiction, from_checkout, with_checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod

from .conftest import COMMIT, binary, checkout

MOD = """module github.com/TykTechnologies/tyk
go {go}
require (
    example.com/a v1.2.0
    example.com/b v1.0.0
)
replace example.com/b => example.com/fork v1.0.1
"""
FORK = ("example.com/fork", "v1.0.1")


def test_a_checkout_tells_a_lower_bound_and_says_so():
    profile = from_checkout(checkout(), "v5.3.6")
    assert (profile.go_version, profile.tags, profile.trimpath) == ("1.22.6", ("goplugin",), True)
    assert profile.assumed == ("go_version", "tags", "trimpath")
    assert profile.pseudo_version == "v0.0.0-20240924125426-1db1935d8992"
    assert profile.label == "v5.3.6"


def test_the_toolchain_line_counts_more_than_the_go_line_and_the_user_more_than_both():
    assert from_checkout(checkout("1.21", "1.21.4")).go_version == "1.21.4"
    told = from_checkout(checkout("1.21", "1.21.4"), go_version="go1.21.9")
    assert told.go_version == "1.21.9"
    assert "go_version" not in told.assumed


def test_without_a_release_the_commit_gives_the_name():
    assert from_checkout(checkout(tags=())).label == "v0.0.0-1db1935d8992"


@pytest.mark.parametrize(
    ("asked", "message"),
    [("1.21.13", "requires at least 1.22.6"), ("1.22", "is a language version"), ("latest", "is no Go release")],
)
def test_a_go_that_cannot_build_the_gateway_is_refused(asked, message):
    with pytest.raises(GoPluginsError, match=message):
        from_checkout(checkout(), go_version=asked)


def test_no_go_line_at_all_is_an_error():
    with pytest.raises(GoPluginsError, match="no go directive"):
        from_checkout(checkout(go=""))


def test_binary_and_checkout_complete_each_other():
    settings = {"-tags": "goplugin", "-trimpath": "true", "vcs.revision": COMMIT}
    profile = with_checkout(profiles.from_binary("/opt/tyk", binary(settings)), checkout(), (), "release-5.3.6")
    assert (profile.version, profile.go_directive, profile.go_version, profile.commit_time) == (
        "v5.3.6",
        "1.22.6",
        "1.22.7",
        "20240924125426",
    )


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (checkout(commit="a" * 40), f"built from commit {COMMIT}, the checkout /src stands at aaaa"),
        (checkout(module="example.com/x"), "is example.com/x"),
    ],
)
def test_binary_and_checkout_that_contradict_each_other(other, message):
    with pytest.raises(GoPluginsError, match=message):
        with_checkout(profiles.from_binary("/opt/tyk", binary({"vcs.revision": COMMIT})), other)


@pytest.mark.parametrize("version", ["v5.0.15", "v4.3.0", "v3.2.1"])
def test_releases_without_trimpath_are_refused_with_the_reason(version):
    with pytest.raises(GoPluginsError, match=f"Tyk {version} was built without -trimpath"):
        from_checkout(checkout(go="1.16", tags=(version,)), version)


def test_the_first_release_with_trimpath_is_not_refused_and_no_fork_is():
    assert from_checkout(checkout(go="1.19", tags=("v5.1.0",)), "v5.1.0").version == "v5.1.0"
    assert from_checkout(checkout(go="1.19", tags=("v1.0.0",), module="example.com/fork"), "v1.0.0").version == "v1.0.0"


def test_for_a_debugger_nothing_is_optimized():
    assert from_checkout(checkout(), "v5.3.6").gcflags == ""
    assert from_checkout(checkout(), "v5.3.6", debug=True).gcflags == "all=-N -l"


@pytest.mark.parametrize(
    ("edition", "go", "tags", "experiment", "fips"),
    [
        ("community", "1.24.6", ("goplugin",), "", ""),
        ("ee", "1.22.7", ("goplugin", "ee"), "", ""),
        ("fips", "1.23.4", ("goplugin", "ee", "fips"), "boringcrypto", ""),
        ("fips", "1.24.0", ("goplugin", "ee", "fips"), "", "v1.0.0"),
    ],
)
def test_an_edition_is_its_tags_and_its_cryptography(edition, go, tags, experiment, fips):
    profile = from_checkout(checkout(go=go), "v5.8.0", edition=edition)
    assert (profile.tags, profile.goexperiment, profile.gofips140) == (tags, experiment, fips)
    assert from_checkout(checkout(go=go), "v5.8.0", tags=["own"], edition=edition).tags == ("own",)


@pytest.mark.parametrize(
    ("go", "linked", "expected"),
    [
        ("1.22", [Module("example.com/a", "v1.2.0"), Module("example.com/b", "v1.0.0", FORK)], None),
        ("1.22", [Module("example.com/a", "v1.3.0")], ("example.com/a@v1.3.0", "v1.2.0")),
        ("1.16", [Module("example.com/a", "v1.3.0")], None),
        ("1.16", [Module("example.com/a", "v1.1.0")], ("example.com/a@v1.1.0", "v1.2.0")),
        ("1.22", [Module("example.com/b", "v1.0.0")], ("example.com/b@v1.0.0", "a replacement")),
        ("1.22", [Module("example.com/a", "v1.2.0", FORK)], ("example.com/a@v1.2.0", "no replacement")),
        (
            "1.22",
            [Module("example.com/b", "v1.0.0", (FORK[0], "v1.0.2"))],
            ("example.com/fork@v1.0.2", "example.com/fork@v1.0.1"),
        ),
        ("1.22", [Module("example.com/unlisted", "v9.0.0")], None),
    ],
)
def test_the_modules_of_a_binary_against_the_go_mod(go, linked, expected):
    assert contradiction(linked, gomod.parse(MOD.format(go=go))) == expected
