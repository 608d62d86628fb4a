# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The build profile."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.checkout import Checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BuildInfo
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod

COMMIT = "1db1935d899296c91a55ba528e7b653aec02883b"


def checkout(go="1.22.6", toolchain="", tags=("v5.3.6",), commit=COMMIT, module="github.com/TykTechnologies/tyk"):
    return Checkout("/src", gomod.GoMod(module, go, toolchain, (), (), ()), commit, "20240924125426", tags, "")


def binary(settings=None, go_version="go1.22.7", main=("github.com/TykTechnologies/tyk", "(devel)")):
    info = SimpleNamespace(
        go_version=go_version,
        experiments=(),
        main=SimpleNamespace(path=main[0], version=main[1]) if main else None,
        settings={"-trimpath": "true"} if settings is None else settings,
    )
    return SimpleNamespace(path="/opt/tyk", build_info=info)


@pytest.mark.parametrize(
    ("requested", "tags", "version"),
    [
        ("v5.3.6", (), "v5.3.6"),
        ("release-5.3.6", (), "v5.3.6"),
        ("v5.3.6-rc2", (), "v5.3.6"),
        (COMMIT, ("v5.3.6-rc4", "v5.3.6"), "v5.3.6"),
        (COMMIT, ("v5.3.6-rc4", "nightly"), "v5.3.6"),
        ("master", (), ""),
        ("release-5.3", (), ""),
        ("v5.3.60", ("v5.3.6",), "v5.3.60"),
    ],
)
def test_the_release_of_a_checkout(requested, tags, version):
    assert profiles.release_version(requested, tags) == version


def test_a_checkout_tells_a_lower_bound_and_says_so():
    profile = profiles.from_checkout(checkout(), "v5.3.6")
    assert (profile.go_version, profile.tags, profile.trimpath) == ("1.22.6", ("goplugin",), True)
    assert profile.assumed == ("go_version", "tags", "trimpath")
    assert profile.pseudo_version == "v0.0.0-20240924125426-1db1935d8992"
    assert profile.label == "v5.3.6"


def test_the_toolchain_line_counts_more_than_the_go_line_and_the_user_more_than_both():
    assert profiles.from_checkout(checkout("1.21", "1.21.4")).go_version == "1.21.4"
    told = profiles.from_checkout(checkout("1.21", "1.21.4"), go_version="go1.21.9")
    assert told.go_version == "1.21.9"
    assert "go_version" not in told.assumed


def test_without_a_release_the_commit_gives_the_name():
    assert profiles.from_checkout(checkout(tags=())).label == "v0.0.0-1db1935d8992"


@pytest.mark.parametrize(
    ("asked", "message"),
    [("1.21.13", "requires at least 1.22.6"), ("1.22", "is a language version"), ("latest", "is no Go release")],
)
def test_a_go_that_cannot_build_the_gateway_is_refused(asked, message):
    with pytest.raises(GoPluginsError, match=message):
        profiles.from_checkout(checkout(), go_version=asked)


def test_no_go_line_at_all_is_an_error():
    with pytest.raises(GoPluginsError, match="no go directive"):
        profiles.from_checkout(checkout(go=""))


def test_a_binary_tells_everything():
    settings = {
        "-tags": "goplugin,ee",
        "-trimpath": "true",
        "-race": "true",
        "GOAMD64": "v2",
        "GOFIPS140": "v1.0.0",
        "vcs.revision": COMMIT,
        "vcs.time": "2024-09-24T12:54:26Z",
        "vcs.modified": "true",
    }
    profile = profiles.from_binary(binary(settings))
    assert profile.tags == ("goplugin", "ee")
    assert (profile.race, profile.cpu, profile.gofips140, profile.go_version) == (True, {"GOAMD64": "v2"}, "v1.0.0", "1.22.7")
    assert (profile.commit, profile.commit_time, profile.modified) == (COMMIT, "20240924125426", "binary")
    assert (profile.source, profile.assumed) == ("binary", ())


def test_build_info_gives_what_it_has():
    empty = profiles.from_build_info(BuildInfo("devel go1.23-f01dc0d", ("rangefunc",), "", None, (), {}))
    assert (empty.module, empty.go_version, empty.goexperiment) == ("", "devel go1.23-f01dc0d", "rangefunc")
    assert (empty.tags, empty.trimpath, empty.cpu, empty.label) == ((), False, {}, "v0.0.0-")
    flags = {"-cover": "true", "-asmflags": "all=-S", "-gcflags": "all=-l", "-pgo": "/src/default.pgo"}
    full = profiles.from_binary(binary(flags))
    assert (full.cover, full.asmflags, full.gcflags, full.pgo) == (True, "all=-S", "all=-l", "default.pgo")


EXPECTED = {
    "go_version": "1.22.7",
    "module": profiles.TYK,
    "commit": COMMIT,
    "tags": ["ee", "goplugin"],
    "trimpath": True,
    "cpu": {"GOAMD64": "v2"},
    "version": "v5.3.6",
}


@pytest.mark.parametrize(
    ("changed", "rows"),
    [
        ({}, []),
        ({"go_version": "1.22.6"}, [("go_version", "1.22.6", "1.22.7")]),
        ({"tags": ["goplugin", "ee"]}, []),
        ({"tags": ["goplugin"], "race": True}, [("tags", ["goplugin"], ["ee", "goplugin"]), ("race", True, False)]),
        ({"commit": ""}, []),
        ({"commit": "0" * 40}, [("commit", "0" * 40, COMMIT)]),
        ({"cpu": {"GOAMD64": "v3"}}, [("GOAMD64", "v3", "v2")]),
        ({"cpu": {}}, []),
        ({"cpu": None, "tags": None}, [("tags", None, ["ee", "goplugin"])]),
        ({"version": "v5.3.7", "assumed": ["commit"], "source": "checkout"}, []),
    ],
)
def test_differences_from_what_is_expected(changed, rows):
    settings = {"-tags": "goplugin,ee", "-trimpath": "true", "GOAMD64": "v2", "vcs.revision": COMMIT}
    assert profiles.from_binary(binary(settings)).differences({**EXPECTED, **changed}) == rows


def test_a_profile_does_not_differ_from_itself():
    profile = profiles.from_checkout(checkout())
    assert profile.differences(profile.as_dict()) == []


def test_a_binary_without_vcs_data_leaves_the_commit_open():
    assert profiles.from_binary(binary()).assumed == ("commit",)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (binary(main=None), "names no main module"),
        (binary(settings={}, go_version="go1.16.15"), "go1.16.15, which records no build settings"),
    ],
)
def test_a_binary_that_does_not_tell_enough(made, message):
    with pytest.raises(GoPluginsError, match=message):
        profiles.from_binary(made)


def test_binary_and_checkout_complete_each_other():
    settings = {"-tags": "goplugin", "-trimpath": "true", "vcs.revision": COMMIT}
    profile = profiles.with_checkout(profiles.from_binary(binary(settings)), checkout(), (), "release-5.3.6")
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
        profiles.with_checkout(profiles.from_binary(binary({"vcs.revision": COMMIT})), other)


@pytest.mark.parametrize("version", ["v5.0.15", "v4.3.0", "v3.2.1"])
def test_releases_without_trimpath_are_refused_with_the_reason(version):
    with pytest.raises(GoPluginsError, match=f"Tyk {version} was built without -trimpath"):
        profiles.from_checkout(checkout(go="1.16", tags=(version,)), version)


def test_the_first_release_with_trimpath_is_not_refused_and_no_fork_is():
    assert profiles.from_checkout(checkout(go="1.19", tags=("v5.1.0",)), "v5.1.0").version == "v5.1.0"
    assert profiles.from_checkout(checkout(go="1.19", tags=("v1.0.0",), module="example.com/fork"), "v1.0.0").version == "v1.0.0"


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
    profile = profiles.from_checkout(checkout(go=go), "v5.8.0", edition=edition)
    assert (profile.tags, profile.goexperiment, profile.gofips140) == (tags, experiment, fips)
    assert profiles.from_checkout(checkout(go=go), "v5.8.0", tags=["own"], edition=edition).tags == ("own",)


MOD = """module github.com/TykTechnologies/tyk
go {go}
require (
    example.com/a v1.2.0
    example.com/b v1.0.0
)
replace example.com/b => example.com/fork v1.0.1
"""
FORK = ("example.com/fork", "v1.0.1")


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
    assert profiles.contradiction(linked, gomod.parse(MOD.format(go=go))) == expected


def test_as_json_and_back_it_is_the_same():
    profile = profiles.from_checkout(checkout())
    assert profiles.from_dict(json.loads(json.dumps(profile.as_dict()))) == profile


@pytest.mark.parametrize("change", [{"tags": "goplugin"}, {"commit": None}, {"cpu": []}, {"trimpath": "yes"}])
def test_a_profile_of_another_shape_is_refused_by_name(change):
    value = {**profiles.from_checkout(checkout()).as_dict(), **change}
    with pytest.raises(GoPluginsError, match=f"profile: {next(iter(change))} is missing or not a"):
        profiles.from_dict(value)
