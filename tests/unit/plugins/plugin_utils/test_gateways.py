# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which gateways a run is about."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils.gateways import TYK, distinct, ignored, nameless, unreleased, wanted


def test_the_one_gateway_of_the_variables():
    (one,) = wanted({"tyk_gateway_version": "v1", "tyk_gateway_go_version": "1.22.7", "tyk_gateway_edition": "ee"})
    assert (one["version"], one["go_version"], one["edition"], one["repo"], one["binary"]) == ("v1", "1.22.7", "ee", TYK, "")


def test_an_entry_that_names_no_gateway():
    (problem,) = nameless({"tyk_gateways": ["v1", {"version": "v1"}, {"binary": "/x"}, {"name": "x"}]})
    assert problem == "tyk_gateways[3] names no gateway: it has neither a version nor a binary."
    assert len(nameless({"tyk_gateways": [{}, ""]})) == 2 and nameless({}) == []


def test_what_is_no_go_release():
    listed = ["v1", {"version": "v1", "go_version": "1.22.7"}, {"version": "v1", "go_version": "1.22"}]
    problems = list(unreleased({"tyk_gateways": listed, "tyk_gateway_go_version": "", "tyk_go_versions": ["1.22.6", "abc"]}))
    assert [problem.split("\n")[0] for problem in problems] == [
        "tyk_gateways[2].go_version: Go 1.22 is a language version and no release: since Go 1.21 the first release of a line ends in .0",
        "tyk_go_versions[1]: 'abc' is no Go release",
    ]
    (problem,) = unreleased({"tyk_gateway_go_version": "1.20.0"})
    assert problem.startswith("tyk_gateway_go_version: there is no Go 1.20.0")
    assert list(unreleased({"tyk_gateway_go_version": "go1.27rc1"})) == []


def test_an_entry_decides_alone():
    """A version, binary, Go release or tags that are left over from another run change no entry."""
    left_over = {
        "tyk_gateway_version": "v0",
        "tyk_gateway_binary": "/old",
        "tyk_gateway_binary_on": "old",
        "tyk_gateway_go_version": "1.19",
        "tyk_gateway_tags": ["old"],
        "tyk_gateway_name": "old",
    }
    entries = [{"version": "v1"}, "v2", {"binary": "/tyk", "binary_on": "gw", "repo": "/fork", "edition": "fips"}]
    first, second, third = wanted({**left_over, "tyk_gateways": entries, "tyk_gateway_repo": "/usual"})
    assert (first["version"], second["version"], third["version"]) == ("v1", "v2", "")
    assert [one["binary"] for one in (first, second, third)] == ["", "", "/tyk"]
    assert [one["go_version"] for one in (first, second, third)] == ["", "", ""]
    assert [one["name"] for one in (first, second, third)] == ["", "", ""]
    assert (first["repo"], third["repo"], third["edition"], third["tags"]) == ("/usual", "/fork", "fips", [])


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"tyk_gateway_version": "v1", "tyk_gateway_debug": True}, (True, "v1-debug")),
        ({"tyk_gateway_version": "v1", "tyk_gateway_debug": True, "tyk_gateway_name": "mine"}, (True, "mine")),
        ({"tyk_gateways": [{"version": "topic/x", "debug": True}]}, (True, "topic_x-debug")),
        # As --extra-vars key=value gives it.
        ({"tyk_gateway_version": "v1", "tyk_gateway_debug": "true"}, (True, "v1-debug")),
        ({"tyk_gateway_version": "v1", "tyk_gateway_debug": "false"}, (False, "")),
        ({"tyk_gateways": ["v1"], "tyk_gateway_debug": True}, (False, "")),
    ],
)
def test_a_gateway_for_a_debugger_has_folders_of_its_own(variables, expected):
    (one,) = wanted(variables)
    assert (one["debug"], one["name"]) == expected


def test_versions_of_provisioning():
    assert [one["version"] for one in wanted({"tyk_gateway_versions": ["v1", "v2"], "tyk_gateway_version": "v0"})] == ["v1", "v2"]
    assert wanted({}) == []


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"tyk_gateway_version": "v1"}, []),
        ({"tyk_gateways": ["v1"], "tyk_gateway_version": "v0", "tyk_gateway_repo": "/r"}, ["tyk_gateway_version"]),
        ({"tyk_gateways": ["v1"], "tyk_gateway_binary": "/b"}, ["tyk_gateway_binary"]),
        ({"tyk_gateway_hosts": "gateways", "tyk_gateway_binary": "/b"}, []),
    ],
)
def test_what_is_not_used_is_named(variables, names):
    assert [sentence.partition(" ")[0] for sentence in ignored(variables)] == names


def answer(go="1.22.7", commit="c" * 40, linked=None):
    profile = {"label": "v5.3.6", "version": "v5.3.6", "commit": commit, "go_version": go}
    return {"profile": profile, "target": "linux/amd64", "linked": linked or {}, "binary": "/opt/tyk"}


def test_one_build_for_all_hosts_that_run_the_same():
    answers = {"a": answer(), "b": answer(go="1.22.6"), "c": answer(), "d": answer(linked={"modules": ["x"]}), "e": answer(commit="")}
    found = distinct(answers, {"repo": "/r"})
    assert [(one["name"], one["version"], one["binary_on"], one["hosts"], one["repo"]) for one in found] == [
        ("", "", "a", ["a", "c"], "/r"),
        ("v5.3.6-2", "", "b", ["b"], "/r"),
        ("v5.3.6-3", "", "d", ["d"], "/r"),
        ("v5.3.6-4", "v5.3.6", "e", ["e"], "/r"),
    ]
    assert found[0]["facts"] == answer()


def test_a_host_that_did_not_answer_has_an_entry_that_says_why():
    found = distinct({"a": answer(), "b": {"unreachable": True, "msg": "no route"}, "c": {}}, {"repo": "/r"})
    assert [(one["name"], one["problem"]) for one in found] == [("", ""), ("b", "no route"), ("c", "it did not answer")]


def test_folders_are_named_by_the_release_or_by_what_tells_builds_apart():
    def unreleased(commit):
        return {**answer(commit=commit), "profile": {**answer(commit=commit)["profile"], "version": "", "label": f"v0.0.0-{commit[:12]}"}}

    assert [one["name"] for one in distinct({"a": unreleased("a" * 40)}, {})] == [""]
    assert [one["name"] for one in distinct({"a": unreleased("a" * 40), "b": answer()}, {})] == [f"v0.0.0-{'a' * 12}", ""]
