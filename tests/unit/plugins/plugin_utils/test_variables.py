# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables against their specification, with the real one of the playbooks and with words that it does not hold."""

from __future__ import annotations

import datetime
import pathlib
import re

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.plugin_utils import specification
from ansible_collections.goplugins.tyk.plugins.plugin_utils.variables import Secret, misspelt, nearest, of_hosts, problems, unknown

ROOT = pathlib.Path(__file__).resolve().parents[4]
OPTIONS = yaml.safe_load((ROOT / "playbooks" / "vars" / "argument_specs.yml").read_text())["options"]
# What users call their own variables of a gateway.
OTHER_WORDS = ("port", "url", "service", "user", "group", "home", "license", "image", "state", "tls", "ca", "ssl", "id")
KNOWN = {**specification.of_roles(), **OPTIONS}


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
        ("tyk_provision_serial", "50"),
        ("tyk_deploy_serial", [1, "10", "100%"]),
        ("tyk_deploy_keep", 0),
        ("tyk_deploy_max_fail_percentage", "100"),
        ("tyk_verify_fail_on", []),
        ("tyk_gateway_repo_on", ""),
    ],
)
def test_good_values(name, value):
    assert problems(name, value, OPTIONS[name]) == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("tyk_gateway_version", 5.3, "is 5.3, a number; it must be a text: put what you wrote in quotes"),
        # 2024-01-01 without quotes
        ("tyk_gateway_version", datetime.date(2024, 1, 1), "is 2024-01-01, a date; it must be a text: put what you wrote in quotes"),
        ("tyk_gateway_version", True, "is true, a truth value; it must be a text: put what you wrote in quotes"),
        ("tyk_gateway_version", ["v1"], "is a list; it must be a text"),
        ("tyk_gateway_version", None, "is empty; it must be a text"),
        ("tyk_plugins", "enrich", "tyk_plugins is a text; it must be a list"),
        ("tyk_plugins", ["enrich"], "tyk_plugins[0] is a text; it must be a dictionary"),
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
        ("tyk_go_environment", "GOPROXY=off", "tyk_go_environment is a text; it must be a dictionary"),
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
        ("tyk_build_hosts", ["a", 5], "tyk_build_hosts[1] is 5, a number; it must be a text"),
        ("tyk_deploy_serial", "abc", "tyk_deploy_serial is the text 'abc'; it must be a number, a percentage or a list of these"),
        ("tyk_deploy_serial", "", "is the text ''; it must be a number, a percentage or a list of these"),
        ("tyk_deploy_serial", "[1]", "is the text '[1]'; it must be"),
        ("tyk_deploy_serial", "abc%", "it must be a number, a percentage or a list of these"),
        ("tyk_deploy_serial", "-5%", "it must be a number, a percentage or a list of these"),
        ("tyk_deploy_serial", 0.5, "is 0.5, a number; it must be a number, a percentage or a list of these"),
        ("tyk_deploy_serial", {"a": 1}, "is a dictionary; it must be a number, a percentage or a list of these"),
        ("tyk_deploy_serial", [1, None], "tyk_deploy_serial[1] is empty; it must be a number or a percentage"),
        ("tyk_deploy_serial", [1, -2], "tyk_deploy_serial[1] is -2; it must be 1 or more"),
        ("tyk_deploy_serial", -1, "tyk_deploy_serial is -1; it must be 1 or more"),
        ("tyk_provision_serial", "abc", "tyk_provision_serial is the text 'abc'"),
        ("tyk_deploy_keep", -3, "tyk_deploy_keep is -3; it must be 0 or more"),
        ("tyk_deploy_keep", "-3", "tyk_deploy_keep is -3; it must be 0 or more"),
        ("tyk_deploy_max_fail_percentage", -5, "is -5; it must be from 0 to 100"),
        ("tyk_deploy_max_fail_percentage", 101, "is 101; it must be from 0 to 100"),
        ("tyk_progress_interval", -1, "tyk_progress_interval is -1; it must be 0 or more"),
    ],
)
def test_bad_values_are_named_with_what_is_right(name, value, said):
    (problem,) = problems(name, value, OPTIONS[name])
    assert said in problem and "\n" not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tyk_go_environment", "https_proxy=http://me:hunter2@proxy"),
        ("tyk_plugins", "hunter2"),
        ("tyk_plugins", [{"name": "a", "source": "x", "load_environment": "DB_PASSWORD=hunter2"}]),
        ("tyk_deploy_health", [{"url": "/x", "headers": "Authorization: Bearer hunter2", "expect": {"body": "x"}}]),
        ("tyk_plugin_targets", Secret("hunter2")),
        ("tyk_align", Secret("hunter2")),
        ("tyk_deploy_keep", Secret("hunter2")),
        ("tyk_deploy_max_fail_percentage", Secret("4711")),
    ],
)
def test_what_may_be_secret_is_not_quoted(name, value):
    (problem,) = problems(name, value, OPTIONS[name])
    assert name in problem and "hunter2" not in problem and "4711" not in problem


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tyk_plugin_target", "tyk_plugin_targets"),
        ("tyk_pluginz", "tyk_plugins"),
        ("tyk_plugin_targts", "tyk_plugin_targets"),
        ("tyk_plugins_folder", "tyk_plugin_folders"),
        ("tyk_gateway_verison", "tyk_gateway_version"),
        ("tyk_gateway_binray", "tyk_gateway_binary"),
        ("tyk_gatway_binary", "tyk_gateway_binary"),
        ("tyk_gateway_host", "tyk_gateway_hosts"),
        ("tyk_gateway_lgo", "tyk_gateway_log"),
        ("tyk_goenvironment", "tyk_go_environment"),
        ("tyk_go_enviromnet", "tyk_go_environment"),
        ("tyk_warm_upp", "tyk_warm_up"),
        ("tyk_build_host", "tyk_build_hosts"),
        ("tyk_deploy_heatlh", "tyk_deploy_health"),
        ("tyk_allign", "tyk_align"),
        # Within the prefix, and in how it is written.
        ("tky_align", "tyk_align"),
        ("tykalign", "tyk_align"),
        ("tyk-align", "tyk_align"),
        ("Tyk_align", "tyk_align"),
        ("TYK_RECHECK", "tyk_recheck"),
        # Words of their own.
        *[(f"tyk_gateway_{word}", "") for word in OTHER_WORDS],
        ("tyk_pump_version", ""),
        ("tyk_hosts", ""),
        ("tyk_deploy_user", ""),
        ("tyk_dashboard_licence", ""),
        ("tyk_version", ""),
        ("plugin_name", ""),
        ("align", ""),
        ("ansible_user", ""),
    ],
)
def test_a_slip_of_the_pen_is_told_from_another_word(name, meant):
    assert misspelt(name, KNOWN) == meant


def test_what_the_roles_set_is_no_slip_of_the_pen():
    texts = [path.read_text() for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml") if path.parent.name != "vars"]
    names = set(re.findall(r"(?m)^ *(?:register: )?((?:tyk|cross_cc|go_toolchain|plugin)_\w+)", "\n".join(texts)))
    assert len(names - set(KNOWN)) > 10
    assert {name: misspelt(name, KNOWN) for name in names - set(KNOWN) if misspelt(name, KNOWN)} == {}


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
        assert spec["type"] in ("str", "list", "dict", "bool", "int", "raw", "pattern", "batches"), name


def test_the_roles_that_a_playbook_uses_are_those_of_its_files():
    listed = yaml.safe_load((ROOT / "playbooks" / "vars" / "argument_specs.yml").read_text())["used_roles"]
    assert {name: sorted(roles) for name, roles in listed.items()} == {
        path.stem: sorted(roles_of(path)) for path in (ROOT / "playbooks").glob("*_*.yml")
    }


def roles_of(path):
    """The roles that a file of tasks or plays uses, and the files that it takes in."""
    text = path.read_text()
    found = set(re.findall(r"name: goplugins\.tyk\.(\w+)\n", text))
    found &= {folder.name for folder in (ROOT / "roles").iterdir()}
    for name in re.findall(r"(?:import|include)_(?:tasks|playbook): ([\w/]+\.yml)\n", text):
        found |= roles_of(path.parent / name)
    return found


def test_a_problem_of_some_hosts_says_which():
    assert of_hosts({"a": ["x", "x", "y"], "b": ["x"]}) == ["x", "a: y"]
    assert of_hosts({"a": ["x"]}) == ["x"]
    assert of_hosts({**{f"h{number}": ["x"] for number in range(5)}, "z": []}) == ["h0, h1, h2 and 2 more: x"]
    assert of_hosts({}) == []
