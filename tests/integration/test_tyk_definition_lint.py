# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugins that definitions name, as the module finds them, and as the embedded gateway itself looks for them."""

from __future__ import annotations

import json
import re
import subprocess

import pytest


@pytest.fixture
def shelf(tmp_path):
    """Files that no gateway can load: when it tries to, it says which one."""
    for name in (
        "v_v5.99.0_linux_amd64.so",
        "v_5.99.0_linux_amd64.so",
        "v.so",
        "bare_5.99.0_linux_amd64.so",
        "bare.so",
        "plain.so",
        "noso",
    ):
        (tmp_path / name).write_text("This is no plugin. " * 100)
    return tmp_path


def hook(shelf, file, name, **more):
    return {"path": str(shelf / file) if file else "", "name": name, **more}


def definition(shelf, name, keyless, more, hooks):
    return {
        "api_id": name,
        "org_id": "default",
        "active": True,
        "use_keyless": keyless,
        "proxy": {"listen_path": f"/{name}/", "target_url": "http://127.0.0.1:1"},
        "custom_middleware": {"driver": "goplugin", **hooks},
        **more,
    }


CASES = {
    "release": lambda d, h: d(True, {}, pre=[h("v.so", "First")]),
    "release-without-v": lambda d, h: d(True, {}, post=[h("bare.so", "Last")]),
    "exact": lambda d, h: d(True, {}, pre=[h("plain.so", "One"), h("noso", "Two"), h("v", "Three")]),
    "missing": lambda d, h: d(True, {}, pre=[h("nowhere.so", "First")], post=[h("plain.so/below.so", "Last")]),
    "disabled": lambda d, h: d(True, {}, pre=[h("v.so", "First", disabled=True), h("v.so", "Second", disabled=False)]),
    "half": lambda d, h: d(True, {}, pre=[h("v.so", ""), h("", "First"), h("", ""), h("v.so", "Second")]),
    "response": lambda d, h: d(True, {}, response=[h("v.so", "Sign"), h("nowhere.so", "Sign"), h("bare.so", "Off", disabled=True)]),
    "keyless": lambda d, h: d(
        True, {"use_go_plugin_auth": True}, auth_check=h("v.so", "Check"), post_key_auth=[h("v.so", "Limit")], post=[h("v.so", "Last")]
    ),
    "auth": lambda d, h: d(False, {"custom_plugin_auth_enabled": True}, auth_check=h("v.so", "Check"), post_key_auth=[h("v.so", "Limit")]),
    "old-auth": lambda d, h: d(False, {"use_go_plugin_auth": True}, auth_check=h("bare.so", "Check")),
    "auth-off": lambda d, h: d(False, {}, auth_check=h("v.so", "Check"), post_key_auth=[h("plain.so", "Limit")]),
    "other-case": lambda d, h: d(True, {}, PRE=[{"Path": h("v.so", "")["path"], "NAME": "First"}]),
    "small-letter": lambda d, h: d(True, {}, pre=[h("v.so", "first")]),
    "nothing": lambda d, h: d(True, {}),
}


def started(gateway, *definitions):
    """(return code, or None once it listens; what it wrote)."""
    process = subprocess.Popen(
        [gateway, "start", "--listen", "127.0.0.1:0", *map(str, definitions)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    try:
        for line in process.stdout:
            lines.append(line)
            if line.startswith("listening on "):
                return None, "".join(lines)
        return process.wait(), "".join(lines)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# What it writes of each hook that it tries: the path and symbol of the definition, and the file that the system refused.
_TRIED = re.compile(r'level=error msg="Could not load Go-plugin[^"]*" error="(.*)" mwPath="?(\S+?)"? mwSymbolName=(\S+)')
_MISSED = re.compile(
    r'level=error msg="(?:plugin file not found|Could not load Go-plugin\. File was not found)" '
    r'error="plugin file not found" mwPath=(\S+) mwSymbolName=(\S+)'
)


def looked_for(log):
    """(path, symbol, file or nothing) of each hook that the gateway tried to load."""
    found = [(path, symbol, "") for path, symbol in _MISSED.findall(log)]
    for error, path, symbol in _TRIED.findall(log):
        if "plugin file not found" not in error:
            found.append((path, symbol, re.search(r'plugin\.Open\(\\"(.*?)(?:\\"|$)', error)[1]))
    return sorted(found)


@pytest.mark.parametrize("name", CASES)
def test_the_embedded_gateway_looks_for_the_same_plugins(run_module, workshop, shelf, name):
    def write(keyless, more, **hooks):
        return definition(shelf, name, keyless, more, hooks)

    path = shelf / f"{name}.json"
    path.write_text(json.dumps(CASES[name](write, lambda *args, **more: hook(shelf, *args, **more))))
    code, log = started(workshop.gateway, path)
    assert code is None, log
    result = run_module("tyk_definition_lint", definitions=[str(path)], gateway=workshop.gateway, fail_on=["never"])
    assert not result.get("failed"), result
    mine = sorted((one["path"], one["symbol"], one["file"]) for one in result["plugins"])
    # Go's loader says the name without its .so.
    assert [(path, symbol, file.removesuffix(".so")) for path, symbol, file in mine] == [
        (path, symbol, file.removesuffix(".so")) for path, symbol, file in looked_for(log)
    ], log
    assert result["version"] == "v5.99.0"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"custom_middleware": {"driver": "", "pre": [{"path": "/p/a.so", "name": "First"}]}}, "driver-missing"),
        ({"custom_middleware": {"driver": "goPlugin", "pre": [{"path": "/p/a.so", "name": "First"}]}}, "driver-unknown"),
        ({"custom_middleware": {"driver": "python", "pre": [{"path": "/p/a.so", "name": "First"}]}}, "driver-of-another-language"),
        ({"custom_middleware": {"driver": "goplugin", "pre": [{"path": 1, "name": "First"}]}}, "definition-wrong-type"),
        ({"use_keyless": "yes"}, "definition-wrong-type"),
        ("{,}", "definition-not-json"),
    ],
)
def test_what_the_embedded_gateway_refuses_names_no_plugin(run_module, workshop, shelf, change, code):
    path = shelf / "refused.json"
    path.write_text(change if isinstance(change, str) else json.dumps({**definition(shelf, "refused", True, {}, {}), **change}))
    rc, log = started(workshop.gateway, path)
    assert rc == 1 and "refused.json" in log, log
    result = run_module("tyk_definition_lint", definitions=[str(path)], gateway=workshop.gateway)
    assert result["failed"] and [finding["code"] for finding in result["findings"]] == [code] and result["plugins"] == [], result


def test_without_a_gateway_its_release_and_platform_are_enough(run_module, shelf):
    path = shelf / "api.json"
    path.write_text(json.dumps(definition(shelf, "api", True, {}, {"pre": [hook(shelf, "v.so", "First")]})))
    options = {"definitions": [str(path)], "version": "v5.3.6", "platform": "linux/arm64"}
    (plugin,) = run_module("tyk_definition_lint", **options)["plugins"]
    assert plugin["candidates"][0] == str(shelf / "v_v5.3.6_linux_arm64.so") and plugin["file"] == str(shelf / "v.so")
    for missing in ("version", "platform"):
        result = run_module("tyk_definition_lint", **{key: value for key, value in options.items() if key != missing})
        assert result["failed"] and missing in result["msg"], result
    result = run_module("tyk_definition_lint", **{**options, "version": "master"})
    assert result["failed"] and "'master' is no release of the gateway" in result["msg"]


def test_a_definition_that_is_not_there_is_a_message(run_module, workshop, tmp_path):
    result = run_module("tyk_definition_lint", definitions=[str(tmp_path / "nowhere")], gateway=workshop.gateway)
    assert result["failed"] and f"{tmp_path}/nowhere" in result["msg"] and "Fix:" in result["msg"]


def test_files_go_to_the_verdict_as_they_are(run_module, workshop, shelf):
    """Files that the definitions name have hooks of their own; one that is given twice is verified once."""
    path = shelf / "api.json"
    hooks = {"pre": [hook(shelf, "plain.so", "First"), hook(shelf, "noso", "Second")], "response": [hook(shelf, "plain.so", "Sign")]}
    path.write_text(json.dumps(definition(shelf, "api", True, {}, hooks)))
    defined = run_module("tyk_definition_lint", definitions=[str(path)], gateway=workshop.gateway)
    assert defined["files"] == [
        {"path": str(shelf / "plain.so"), "hooks": {"First": "pre", "Sign": "response"}},
        {"path": str(shelf / "noso"), "hooks": {"Second": "pre"}},
    ]
    (shelf / "link.so").symlink_to(shelf / "plain.so")
    given = [str(shelf / "v.so"), str(shelf / "link.so")]
    verified = run_module("tyk_plugin_verify", gateway=workshop.gateway, plugin=given, files=defined["files"], fail_on=["never"])
    assert [one["plugin"] for one in verified["results"]] == [given[0], str(shelf / "plain.so"), str(shelf / "noso")]
    bad = [{"path": str(shelf / "plain.so"), "hooks": {"First": "before"}}]
    refused = run_module("tyk_plugin_verify", gateway=workshop.gateway, files=bad)
    assert refused["failed"] and "'before'" in refused["msg"]
