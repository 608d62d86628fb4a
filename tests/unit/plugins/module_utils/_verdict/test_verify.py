# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole result, and its schema."""

from __future__ import annotations

import json
import stat

import jsonschema
import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import verify as room
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import explained
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts, Pairing
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import COMMAND
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import Load, effects, verify

from .conftest import differ, settings


@pytest.fixture
def files(monkeypatch, gateway, plugin):
    """Facts that take the place of files: a function that sets them."""

    def use(new_gateway=gateway, *plugins):
        monkeypatch.setattr(room, "gather", lambda *_arguments: (Pairing(new_gateway, plugins or (plugin,)),))

    use()
    return use


@pytest.fixture(scope="session")
def schema(repository):
    return json.loads((repository / "docs" / "verdict.schema.json").read_text())


def as_json(result):
    """The result as Ansible hands it on."""
    return json.loads(json.dumps(result))


def test_results_satisfy_the_schema(files, schema, gateway, plugin):
    jsonschema.Draft202012Validator.check_schema(schema)
    strange = [
        plugin,
        differ(settings(plugin, _race="true"), "net")._replace(path="race.so"),
        Facts("x.so", unreadable="it is no ELF file"),
        plugin._replace(path="mode.so", build_mode="exe", fingerprints={}),
    ]
    files(gateway, *strange)
    result = verify("tyk", [facts.path for facts in strange], symbols=["Missing"], hooks={"Variable": "pre"}, profile={"tags": []})
    jsonschema.validate(as_json(result), schema)
    assert result["verdict"] == "fails"
    assert [one["plugin"] for one in result["results"]] == [facts.path for facts in strange]
    assert all(one["loaded"] is None for one in result["results"])
    assert {finding["code"] for one in result["results"] for finding in one["findings"]} >= {"profile-differs", "symbol-missing"}


BROKEN = [
    {"verdict": "perhaps"},
    {"results": []},
    {"results": [{"plugin": "p.so"}]},
    {"surprise": 1},
    {"changed": True},
    {"explained": [{"code": "race-differs"}]},
    {"code": "not-found"},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_the_schema_refuses_what_is_no_result(files, schema, broken):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**as_json(verify("tyk", ["testplugin.so"])), **broken}, schema)


@pytest.mark.parametrize("missing", ["msg", "verdict", "results"])
def test_the_schema_misses_what_a_result_lacks(files, schema, missing):
    result = as_json(verify("tyk", ["testplugin.so"]))
    del result[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result, schema)


def test_explanations_satisfy_the_schema(schema):
    for text in ("different version of package net", "GLIBC_2.38' not found", ""):
        jsonschema.validate({"msg": "some", "explained": as_json(explained(text))}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"msg": "neither explained nor compared"}, schema)


def test_of_several_slices_each_plugin_has_its_worst_verdict(monkeypatch, gateway, plugin):
    other = settings(plugin, _race="true")._replace(path="other.so", plugin_path="other")
    one = Pairing(gateway, (plugin, differ(other, "net")))
    two = Pairing(gateway._replace(go_version="go1.22.6"), (differ(plugin, "net"), other))
    monkeypatch.setattr(room, "gather", lambda *_arguments: (one, two))
    result = verify("tyk", ["testplugin.so", "other.so"])
    assert [(found["verdict"], found["first_package"]) for found in result["results"]] == [("fails", "net")] * 2
    assert [{finding["code"] for finding in found["findings"] if finding["effect"] == "fails"} for found in result["results"]] == [
        {"go-patch-differs"},
        {"race-differs"},
    ]


def test_effects_are_those_of_all_findings(files, gateway, plugin):
    files(gateway, plugin, settings(plugin, GOAMD64="v3")._replace(path="v3.so", plugin_path="v3"))
    assert effects(verify("tyk", ["testplugin.so", "v3.so"])) == {"told", "may-crash"}


def loading(tmp_path, body):
    path = tmp_path / "tyk"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Load([str(path), *COMMAND[1:]], 10)


def test_each_symbol_and_hook_is_looked_up_once(files, schema, tmp_path):
    load = loading(tmp_path, 'echo "[file=$4, symbol=$6] loaded ok, got 0x1"')
    result = verify("tyk", ["testplugin.so"], symbols=["AuthCheck", "Variable"], hooks={"AuthCheck": "pre"}, load=load)
    jsonschema.validate(as_json(result), schema)
    (one,) = result["results"]
    assert one["loaded"]["symbols"] == {"AuthCheck": True, "Variable": True}
    assert (one["verdict"], one["loaded"]["agrees"]) == ("loads", True)


def test_without_symbols_the_first_exported_function_is_looked_up(files, tmp_path):
    load = loading(tmp_path, 'echo "[file=$4, symbol=$6] loaded ok, got 0x1"')
    assert verify("tyk", ["testplugin.so"], load=load)["results"][0]["loaded"]["symbols"] == {"AuthCheck": True}


def test_a_plugin_without_functions_cannot_be_proved(files, schema, gateway, plugin, tmp_path):
    files(gateway, plugin._replace(exported={}))
    result = verify("tyk", ["testplugin.so"], load=loading(tmp_path, "exit 1"))
    jsonschema.validate(as_json(result), schema)
    assert result["verdict"] == "unknown"
    assert "loader-not-run" in result["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [({"hooks": {"AuthCheck": "before"}}, "no kind of hook"), ({"plugins": []}, "empty list")],
)
def test_wrong_arguments(files, options, message):
    with pytest.raises(GoPluginsError, match=message):
        verify(**{"gateway": "tyk", "plugins": ["testplugin.so"], **options})
