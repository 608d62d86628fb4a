# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The build profile."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile_of_checkout import from_checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BuildInfo

from .conftest import COMMIT, binary, checkout

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
    profile = profiles.from_binary("/opt/tyk", binary(settings))
    assert profile.tags == ("goplugin", "ee")
    assert (profile.race, profile.cpu, profile.gofips140, profile.go_version) == (True, {"GOAMD64": "v2"}, "v1.0.0", "1.22.7")
    assert (profile.commit, profile.commit_time, profile.modified) == (COMMIT, "20240924125426", "binary")
    assert (profile.source, profile.assumed) == ("binary", ())


def test_build_info_gives_what_it_has():
    empty = profiles.from_build_info(BuildInfo("devel go1.23-f01dc0d", ("rangefunc",), "", None, (), {}))
    assert (empty.module, empty.go_version, empty.goexperiment) == ("", "devel go1.23-f01dc0d", "rangefunc")
    assert (empty.tags, empty.trimpath, empty.cpu, empty.label) == ((), False, {}, "v0.0.0-")
    flags = {"-cover": "true", "-asmflags": "all=-S", "-gcflags": "all=-l", "-pgo": "/src/default.pgo"}
    full = profiles.from_binary("/opt/tyk", binary(flags))
    assert (full.cover, full.asmflags, full.gcflags, full.pgo) == (True, "all=-S", "all=-l", "default.pgo")


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
    assert profiles.from_binary("/opt/tyk", binary(settings)).differences({**EXPECTED, **changed}) == rows


def test_a_profile_does_not_differ_from_itself():
    profile = from_checkout(checkout())
    assert profile.differences(profile.as_dict()) == []


def test_a_binary_without_vcs_data_leaves_the_commit_open():
    assert profiles.from_binary("/opt/tyk", binary()).assumed == ("commit",)


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (binary(main=None), "names no main module"),
        (binary(settings={}, go_version="go1.16.15"), "go1.16.15, which records no build settings"),
    ],
)
def test_a_binary_that_does_not_tell_enough(made, message):
    with pytest.raises(GoPluginsError, match=message):
        profiles.from_binary("/opt/tyk", made)


def test_as_json_and_back_it_is_the_same():
    profile = from_checkout(checkout())
    assert profiles.from_dict(json.loads(json.dumps(profile.as_dict()))) == profile


@pytest.mark.parametrize("change", [{"tags": "goplugin"}, {"commit": None}, {"cpu": []}, {"trimpath": "yes"}])
def test_a_profile_of_another_shape_is_refused_by_name(change):
    value = {**from_checkout(checkout()).as_dict(), **change}
    with pytest.raises(GoPluginsError, match=f"profile: {next(iter(change))} is missing or not a"):
        profiles.from_dict(value)
