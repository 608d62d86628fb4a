# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables against their specification, with the real one of the playbooks and with words that it does not hold."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.plugin_utils.variables import nearest, problems, unknown

ROOT = pathlib.Path(__file__).resolve().parents[4]
OPTIONS = yaml.safe_load((ROOT / "playbooks" / "vars" / "argument_specs.yml").read_text())["options"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tyk_gateway_version", "v5.3.6"),
        ("tyk_plugins", [{"name": "a", "source": "x", "symbols": ["S"], "hooks": {"H": "pre"}, "remote_src": True}]),
        ("tyk_plugins", []),
        ("tyk_gateways", ["v5.3.6", {"version": "v5.8.5", "edition": "ee"}]),
        ("tyk_plugin_targets", ["linux/amd64"]),
        ("tyk_verify_load", "yes"),
        ("tyk_verify_load", False),
        ("tyk_build_hosts", "web:&prod"),
        ("tyk_build_hosts", ["a", "b"]),
        ("tyk_provision_serial", 2),
        ("tyk_provision_serial", "30%"),
        ("tyk_verify_fail_on", []),
        ("tyk_gateway_repo_on", ""),
    ],
)
def test_good_values(name, value):
    assert problems(name, value, OPTIONS[name]) == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("tyk_gateway_version", 5.3, 'is 5.3, a number; it must be a text: write it in quotes, "5.3"'),
        ("tyk_gateway_version", ["v1"], "is a list; it must be a text"),
        ("tyk_gateway_version", None, "is empty; it must be a text"),
        ("tyk_plugins", "enrich", "is the text 'enrich'; it must be a list"),
        ("tyk_plugins", ["enrich"], "tyk_plugins[0] is the text 'enrich'; it must be a dictionary"),
        ("tyk_plugins", {"name": "a"}, "is a dictionary; it must be a list"),
        ("tyk_plugins", [{"name": "a", "source": "x"}, {"source": "y"}], "tyk_plugins[1] has no name"),
        ("tyk_plugins", [{"name": "a", "source": ""}], "tyk_plugins[0] (a) has no source"),
        (
            "tyk_plugins",
            [{"name": "a", "source": "x", "symbol": ["S"]}],
            "tyk_plugins[0] (a) has the unknown key symbol. Did you mean symbols?",
        ),
        ("tyk_plugins", [{"name": "a", "source": "x", "zzz": 1}], "unknown key zzz. The keys are: name, source"),
        ("tyk_plugins", [{"name": "a", "source": "x", "symbols": "S"}], "tyk_plugins[0] (a).symbols is the text 'S'; it must be a list"),
        ("tyk_plugins", [{"name": "a", "source": "x", "version": 1.4}], "tyk_plugins[0] (a).version is 1.4, a number"),
        ("tyk_plugin_targets", "linux/amd64", '{"tyk_plugin_targets": ["linux/amd64"]}'),
        ("tyk_plugin_targets", "linux/amd64, linux/arm64", '["linux/amd64", "linux/arm64"]'),
        ("tyk_plugin_targets", [["linux/amd64"]], "tyk_plugin_targets[0] is a list; it must be a text"),
        ("tyk_go_environment", "GOPROXY=off", "it must be a dictionary"),
        ("tyk_gateways", [{"version": "v1", "editon": "ee"}], "unknown key editon. Did you mean edition?"),
        ("tyk_gateways", [{"version": "v1", "edition": "eee"}], "must be one of community, ee, fips. Did you mean ee?"),
        ("tyk_gateways", [5.3], "tyk_gateways[0] is 5.3, a number"),
        ("tyk_align", "aply", "Did you mean apply?"),
        ("tyk_verify_load", "maybe", "it must be true or false"),
        (
            "tyk_verify_fail_on",
            ["fail"],
            "tyk_verify_fail_on[0] is 'fail'; it must be one of fails, unknown, may-crash, info. Did you mean fails?",
        ),
        ("tyk_build_hosts", {"a": 1}, "it must be a text"),
    ],
)
def test_bad_values_are_named_with_what_is_right(name, value, said):
    (problem,) = problems(name, value, OPTIONS[name])
    assert said in problem and "\n" not in problem


def test_all_problems_come_at_once():
    found = problems("tyk_plugins", [{"nam": "a"}, "b"], OPTIONS["tyk_plugins"])
    assert len(found) == 4, found


def test_unknown_names():
    said = list(unknown(["tyk_plugin_target", "tyk_edition", "tyk_qqqqq", "tyk_plugins"], OPTIONS, {"tyk_edition": "tyk_gateway_edition"}))
    assert said == [
        "tyk_edition is called tyk_gateway_edition.",
        "tyk_plugin_target is not a variable of this collection. Did you mean tyk_plugin_targets?",
        "tyk_qqqqq is not a variable of this collection.",
    ]
    assert nearest("tyk_license", OPTIONS) == ""


def test_every_variable_says_who_uses_it_and_what_it_means():
    playbooks = {path.stem for path in (ROOT / "playbooks").glob("*_*.yml")}
    for name, spec in OPTIONS.items():
        assert spec["description"].strip() and set(spec["playbooks"]) <= playbooks and spec["playbooks"], name
        assert spec["type"] in ("str", "list", "dict", "bool", "int", "raw", "pattern"), name
