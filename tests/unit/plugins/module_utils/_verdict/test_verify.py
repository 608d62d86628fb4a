# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole result, and its schema."""

from __future__ import annotations

import json
import stat
from types import SimpleNamespace

import jsonschema
import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import verify as room
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import explained
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts, Pairing, Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import COMMAND, Trial
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.log import answers_to
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import effects, platform_of

from .conftest import differ, settings, wanting

GATEWAY = SimpleNamespace(path="tyk", slices=(), abi=b"")


def verify(*paths, **options):
    """The result for these plugins; what they are wanted with stands in their facts."""
    return room.verify(GATEWAY, [Plugin(path) for path in paths], **options)


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
        wanting(plugin, "Missing", Variable="pre"),
        differ(settings(plugin, _race="true"), "net")._replace(path="race.so"),
        Facts("x.so", unreadable="it is no ELF file"),
        plugin._replace(path="mode.so", build_mode="exe", fingerprints={}),
    ]
    files(gateway, *strange)
    result = verify(*(facts.path for facts in strange), profile={"tags": []})
    jsonschema.validate(as_json(result), schema)
    assert result["verdict"] == "fails"
    assert [one["plugin"] for one in result["results"]] == [facts.path for facts in strange]
    assert all(one["loaded"] is None for one in result["results"])
    assert {finding["code"] for one in result["results"] for finding in one["findings"]} >= {"profile-differs", "symbol-missing"}


BROKEN = [
    {"verdict": "perhaps"},
    {"results": None},
    # Without a plugin, nothing loads.
    {"results": [], "verdict": "loads"},
    {"results": [], "verdict": "fails"},
    {"results": [{"plugin": "p.so"}]},
    {"surprise": 1},
    {"changed": True},
    {"explained": [{"code": "race-differs"}], "logged": []},
    {"explained": []},
    {"logged": [{"plugin": "p.so"}]},
    {"code": "not-found"},
]


@pytest.mark.parametrize("broken", BROKEN)
def test_the_schema_refuses_what_is_no_result(files, schema, broken):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**as_json(verify("testplugin.so")), **broken}, schema)


@pytest.mark.parametrize("missing", ["msg", "verdict", "results"])
def test_the_schema_misses_what_a_result_lacks(files, schema, missing):
    result = as_json(verify("testplugin.so"))
    del result[missing]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(result, schema)


def test_explanations_satisfy_the_schema(schema):
    for text in ("different version of package net", "GLIBC_2.38' not found", ""):
        logged = [answer.as_dict() for answer in answers_to(text)]
        jsonschema.validate({"msg": "some", "explained": as_json(explained(text)), "logged": as_json(logged)}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"msg": "neither explained nor compared"}, schema)


def test_of_several_slices_each_plugin_has_its_worst_verdict(monkeypatch, gateway, plugin):
    other = settings(plugin, _race="true")._replace(path="other.so", plugin_path="other")
    one = Pairing(gateway, (plugin, differ(other, "net")))
    two = Pairing(gateway._replace(go_version="go1.22.6"), (differ(plugin, "net"), other))
    monkeypatch.setattr(room, "gather", lambda *_arguments: (one, two))
    result = verify("testplugin.so", "other.so")
    assert [(found["verdict"], found["first_package"]) for found in result["results"]] == [("fails", "net")] * 2
    assert [{finding["code"] for finding in found["findings"] if finding["effect"] == "fails"} for found in result["results"]] == [
        {"go-patch-differs"},
        {"race-differs"},
    ]


def test_effects_are_those_of_all_findings(files, gateway, plugin):
    files(gateway, plugin, settings(plugin, GOAMD64="v3")._replace(path="v3.so", plugin_path="v3"))
    assert effects(verify("testplugin.so", "v3.so")) == {"info", "may-crash"}


def loading(tmp_path, body):
    path = tmp_path / "tyk"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Trial([str(path), *COMMAND[1:]], 10)


LOOKUP = """case $6 in
    AuthCheck|Variable) echo "[file=$4, symbol=$6] loaded ok, got 0x1" ;;
    *) echo "plugin: symbol $6 not found in plugin testplugin" >&2; exit 1 ;;
esac"""


def test_each_symbol_and_hook_is_looked_up_once(files, schema, gateway, plugin, tmp_path):
    files(gateway, wanting(plugin, "AuthCheck", "Variable", AuthCheck="pre"))
    load = loading(tmp_path, LOOKUP)
    result = verify("testplugin.so", load=load)
    jsonschema.validate(as_json(result), schema)
    (one,) = result["results"]
    assert one["loaded"]["symbols"] == {"AuthCheck": True, "Variable": True}
    assert (one["verdict"], one["loaded"]["agrees"]) == ("loads", True)


def test_without_symbols_the_first_exported_function_is_looked_up(files, tmp_path):
    load = loading(tmp_path, LOOKUP)
    assert verify("testplugin.so", load=load)["results"][0]["loaded"]["symbols"] == {"AuthCheck": True}


def test_a_plugin_that_exports_nothing_is_named_as_such(files, schema, gateway, plugin, tmp_path):
    files(gateway, plugin._replace(exported={}))
    result = verify("testplugin.so", load=loading(tmp_path, "exit 1"))
    jsonschema.validate(as_json(result), schema)
    assert result["verdict"] == "fails" and "exports nothing that a gateway can call [nothing-exported]" in result["msg"]
    assert "loader-not-run" not in result["msg"] and result["results"][0]["loaded"]["ok"] is None


def test_of_a_plugin_that_exports_variables_alone_one_is_looked_up(files, gateway, plugin, tmp_path):
    files(gateway, plugin._replace(exported={name: symbol for name, symbol in plugin.exported.items() if symbol.kind != "func"}))
    (one,) = verify("testplugin.so", load=loading(tmp_path, LOOKUP))["results"]
    assert one["loaded"]["symbols"] == {"Variable": True}
    (finding,) = [finding for finding in one["findings"] if finding["code"] == "variables-only"]
    assert finding["effect"] == "info" and "Variable" in finding["message"]


OTHER = "freebsd/amd64"


@pytest.mark.parametrize(
    ("slices", "own", "expected"),
    [
        ((), OTHER, "linux/s390x"),
        (("darwin/amd64", "darwin/arm64"), "darwin/arm64", "darwin/arm64"),
        (("darwin/amd64", "darwin/arm64"), OTHER, "darwin/amd64"),
    ],
)
def test_the_platform_in_the_names_of_plugins(monkeypatch, slices, own, expected):
    monkeypatch.setattr(room, "own_platform", lambda: own)
    binary = SimpleNamespace(platform=Platform("linux", "s390x"))
    assert str(platform_of(SimpleNamespace(slices=slices, binary=lambda: binary))) == expected
