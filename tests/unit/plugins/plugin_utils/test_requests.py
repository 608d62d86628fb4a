# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What builds are asked for, as digests: which changes they see, and which they do not."""

from __future__ import annotations

import collections.abc
import itertools

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import gateways, requests, specification


@pytest.fixture
def plugin(tmp_path):
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "p.go").write_text("package main\n")
    return {"name": "p", "source": str(tmp_path / "source")}


def asked(variables=(), host="build1", collection="1", **entry):
    entries = gateways.wanted({"tyk_gateways": [{"version": "v5.3.6", **entry}]})
    return requests.of_gateways(entries, dict(variables), host, collection)[0]


def test_the_same_has_the_same_digests(plugin):
    variables = {"tyk_plugins": [plugin], "tyk_align": "fail"}
    first = asked(variables)
    assert first == asked(dict(reversed(variables.items())))
    assert len(first["gateway"]) == len(first["plugins"]) == 64 and first["gateway"] != first["plugins"]


def test_whatever_is_asked_otherwise_has_other_digests(plugin, tmp_path):
    variables = {"tyk_plugins": [plugin]}
    others = [
        asked(variables),
        asked(variables, host="build2"),
        asked(variables, collection="2"),
        asked(variables, go_version="1.22.7"),
        asked({**variables, "tyk_plugin_targets": ["linux/arm64"]}),
        asked({**variables, "cross_cc_way": "zig"}),
        asked({**variables, "tyk_go_environment": {"GOPROXY": "off"}}),
    ]
    assert all(one["gateway"] != other["gateway"] for one, other in itertools.combinations(others, 2))
    assert all(one["plugins"] != other["plugins"] for one, other in itertools.combinations(others, 2))


def test_what_is_asked_of_plugins_leaves_the_gateway_as_it_is(plugin, tmp_path):
    before = asked({"tyk_plugins": [plugin]})
    for more in (
        {"tyk_align": "apply"},
        {"tyk_artifacts": "/elsewhere"},
        {"plugin_build_load": False},
        {"tyk_plugins": [{**plugin, "id": "x"}]},
    ):
        after = asked({"tyk_plugins": [plugin], **more})
        assert after["gateway"] == before["gateway"] and after["plugins"] != before["plugins"]
    (tmp_path / "source" / "p.go").touch()
    assert asked({"tyk_plugins": [plugin]}) == before
    (tmp_path / "source" / "p.go").write_text("package main // more\n")
    after = asked({"tyk_plugins": [plugin]})
    assert after["gateway"] == before["gateway"] and after["plugins"] != before["plugins"]


def test_a_source_that_cannot_be_read_is_no_request(plugin):
    found = asked({"tyk_plugins": [{**plugin, "source": "/nowhere"}]})
    assert found["gateway"] and found["plugins"] == ""
    assert asked({"tyk_plugins": [{**plugin, "source": "/nowhere", "remote_src": "no"}]})["plugins"] == ""
    # These are on the build host.
    assert asked({"tyk_plugins": [{**plugin, "source": "/nowhere", "remote_src": "yes"}]})["plugins"]
    assert asked({"tyk_plugins": [{**plugin, "source": "/nowhere", "remote_src": True}]})["plugins"]
    assert asked({"tyk_plugins": [{**plugin, "source": "https://git.example.com/p.git", "version": "v1"}]})["plugins"]


def test_what_other_tasks_found_out_is_not_asked():
    assert asked({"tyk_gateway_facts": {"a": 1}, "tyk_recheck": True}) == asked()


def test_a_binary_out_of_sight_is_answered_by_no_receipt():
    empty = {"gateway": "", "plugins": ""}
    assert asked(binary="/opt/tyk", binary_on="controller") == empty
    assert asked(binary="/opt/tyk", binary_on="build1") != empty
    assert asked(binary="/opt/tyk") != empty
    assert asked(problem="it did not answer") == empty


def test_of_what_was_read_of_a_binary_counts_what_lasts():
    def facts(**more):
        return asked(binary="/opt/tyk", binary_on="gw1", facts={"profile": {"commit": "c"}, "target": "linux/amd64", **more})

    assert facts(elapsed=1, warnings=["x"]) == facts(elapsed=2)
    assert facts(stamp="a") != facts(stamp="b")


def test_values_that_only_show_when_they_are_asked_for():
    """Ansible's own lists and dictionaries hold templates, and give values one by one."""

    class Lazy(list):
        def __iter__(self):
            return iter(["value"])

        def __getitem__(self, index):
            return ["value"][index]

        def __len__(self):
            return 1

    class LazyDict(dict):
        def items(self):
            return {"key": "value"}.items()

    assert isinstance(Lazy(), collections.abc.Sequence)
    lazy = asked({"cross_cc_given": Lazy(["{{ x }}"]), "cross_cc_packages": LazyDict(key="{{ x }}")})
    assert lazy == asked({"cross_cc_given": ["value"], "cross_cc_packages": {"key": "value"}})


def test_the_digest_of_the_collection():
    assert specification.digest() == specification.digest()
    assert len(specification.digest()) == 64
