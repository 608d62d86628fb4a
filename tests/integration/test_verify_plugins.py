# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that asks many hosts: each host is this machine, with a folder of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def plugin(workshop, examples, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin")
    common = {"profile": workshop.profile, "goroot": str(workshop.goroot())}
    plugins = [{"name": "nomod", "source": str(examples / "plugins" / "nomod"), "remote_src": True}]
    workshop.run("go_workspace", plugins=plugins, path=str(folder), gateway=str(workshop.checkout), **common)
    built = workshop.run("go_plugin_build", plugins=plugins, workspaces=str(folder), output=str(folder / "out"), **common)
    return built["plugins"][0]["artifact"]


@pytest.fixture
def ask(repository, tmp_path):
    """ask(hosts: name -> variables, *words, **variables) -> (return code, output)."""

    def run(hosts, *words, result_format="yaml", **variables):
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"gateways": {"hosts": {name: {**local, **values} for name, values in hosts.items()}}}
        path = tmp_path / "inventory.json"
        path.write_text(json.dumps(inventory))
        command = ["ansible-playbook", "-i", str(path), "-e", json.dumps(variables), *words]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
            "ANSIBLE_CALLBACK_RESULT_FORMAT": result_format,
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
        }
        command.append(str(repository / "playbooks" / "verify_plugins.yml"))
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def rows(output):
    """The closing table, as a dictionary for each row."""
    lines = output.splitlines()
    (start,) = [number for number, line in enumerate(lines) if re.match(r"(host +)?plugin +", line)]
    names = [(match.group(), match.start()) for match in re.finditer(r"\S+", lines[start])]
    bounds = [position for _name, position in names] + [None]
    found = []
    for line in lines[start + 1 :]:
        if not line.strip():
            return found
        found.append({name: line[bounds[index] : bounds[index + 1]].strip() for index, (name, _position) in enumerate(names)})
    return found


def failed(output):
    """The hosts that ended with a failure."""
    return sorted(re.findall(r"^(\S+) +: ok=.*\bfailed=[1-9]", output, re.MULTILINE))


def test_a_plugin_that_is_not_there_has_a_row_beside_the_others(ask, workshop, plugin, tmp_path):
    away = str(tmp_path / "away.so")
    code, output = ask({"gw": {}}, tyk_gateway_hosts="gateways", tyk_gateway_binary=workshop.gateway, tyk_plugin_files=[away, plugin])
    assert code != 0, output
    found = {row["plugin"]: (row["verdict"], row["findings"]) for row in rows(output)}
    assert found == {away: ("fails", "plugin-file-missing"), plugin: ("loads", "")}, output


def test_ansible_packs_a_module_once_for_all_runs(ask, workshop, plugin, tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("ANSIBLE_HOME", str(home))

    def kept():
        code, output = ask({"gw": {}}, tyk_gateway_hosts="gateways", tyk_gateway_binary=workshop.gateway, tyk_plugin_files=[plugin])
        assert code == 0, output
        return {path.name.partition("-")[0]: path.stat().st_ino for path in home.glob("goplugins.tyk/payloads/*/*")}

    first = kept()
    assert "ansible_collections.goplugins.tyk.plugins.modules.tyk_plugin_verify" in first
    # What the second run had packed, it would have kept in the place of this.
    assert kept() == first


@pytest.fixture
def fleet(workshop, plugin, tmp_path):
    """Gateways of which one is well, one has a broken plugin, one has none, one cannot be reached, and one is not there."""
    good, bad, empty = (tmp_path / name for name in ("good", "bad", "empty"))
    for folder in (good, bad, empty):
        folder.mkdir()
    shutil.copy(plugin, good / "nomod.so")
    (bad / "broken.so").write_bytes(b"\x7fELF but no more")
    hosts = {
        "gw-good": {"tyk_plugin_folders": [str(good)]},
        "gw-bad": {"tyk_plugin_folders": [str(bad)]},
        "gw-empty": {"tyk_plugin_folders": [str(empty)]},
        "gw-away": {"ansible_connection": "ssh", "ansible_host": "192.0.2.1", "ansible_port": 9, "ansible_ssh_timeout": 1},
        "gw-none": {"tyk_plugin_folders": [str(good)], "tyk_gateway_binary": str(tmp_path / "nothing")},
        "gw-nowhere": {"tyk_plugin_folders": [str(tmp_path / "nowhere")]},
    }
    return {name: {"tyk_gateway_binary": workshop.gateway, **values} for name, values in hosts.items()}


def test_one_table_for_all_hosts_and_each_bad_one_fails_itself(ask, fleet, tmp_path):
    code, output = ask(fleet, tyk_gateway_hosts="gateways", tyk_verify_load=True)
    assert code != 0, output
    found = {row["host"]: row for row in rows(output)}
    assert (found["gw-good"]["plugin"], found["gw-good"]["verdict"], found["gw-good"]["loaded"]) == (
        f"{tmp_path}/good/nomod.so",
        "loads",
        "yes",
    )
    assert (found["gw-bad"]["verdict"], found["gw-bad"]["findings"]) == ("fails", "not-a-go-binary"), output
    assert {name: found[name]["verdict"] for name in ("gw-empty", "gw-away", "gw-none", "gw-nowhere")} == {
        "gw-empty": "no plugins",
        "gw-away": "unknown",
        "gw-none": "unknown",
        "gw-nowhere": "unknown",
    }
    assert failed(output) == ["gw-away", "gw-bad", "gw-empty", "gw-none", "gw-nowhere"], output
    assert re.search(r"^gw-bad \S+/broken\.so: The plugin is not a .*\[not-a-go-binary\]", output, re.MULTILINE), output
    assert f"gw-nowhere: {tmp_path}/nowhere" in output, output


@pytest.mark.parametrize(("limit", "bad"), [("gw-bad", ["gw-bad"]), ("gw-good", []), ("gw-good,gw-bad", ["gw-bad"])])
def test_the_verdict_holds_without_localhost_and_only_for_those_that_were_asked(ask, fleet, limit, bad):
    """C(--limit) names no localhost, and whom it leaves out is not said to have no plugins."""
    code, output = ask(fleet, f"--limit={limit}", tyk_gateway_hosts="gateways")
    assert (code != 0, failed(output)) == (bool(bad), bad), output
    assert "no plugins" not in output
    left_out = ", ".join(sorted(set(fleet) - set(limit.split(","))))
    assert f"left out by --limit: {left_out}" in output, output


def test_a_failing_run_stays_within_a_screen(ask, workshop, tmp_path):
    """Eight plugins, one of them bad: its cause and fix, and no result of a module."""
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "broken.so").write_bytes(b"\x7fELF but no more")
    for number in range(7):
        shutil.copy(workshop.gateway, folder / f"exe{number}.so")
    code, output = ask({"gw": {}}, tyk_gateway_binary=workshop.gateway, tyk_plugin_folders=[str(folder)])
    assert code != 0, output
    after = output.partition("PLAY [Report]")[2].splitlines()
    assert len(after) < 100 and "differing:" not in output and "evidence:" not in output, output


def test_no_folder_and_no_plugin_is_no_success(ask, workshop, tmp_path):
    (tmp_path / "empty").mkdir()
    common = {"tyk_gateway_binary": workshop.gateway}
    for folder, said in ((tmp_path / "nowhere", f"{tmp_path}/nowhere"), (tmp_path / "empty", f"no *.so in {tmp_path}/empty")):
        code, output = ask({"gw": {}}, **common, tyk_plugin_folders=[str(folder)])
        assert code != 0 and said in output, output
    code, output = ask({"gw": {}}, **common, tyk_plugin_folders=[str(tmp_path / "empty")], tyk_allow_empty=True)
    assert code == 0, output


def test_what_the_log_of_a_gateway_says_is_in_the_table(ask, workshop, plugin, tmp_path):
    log = tmp_path / "tyk.log"
    log.write_text("level=error msg=\"Couldn't load bundle: Bundle isn't signed\" api_id=a1 org_id=o\n")
    variables = {"tyk_gateway_binary": workshop.gateway, "tyk_plugin_files": [plugin], "tyk_gateway_log": str(log)}
    code, output = ask({"gw": {}}, **variables)
    assert code == 0, output
    assert [(row["plugin"], row["verdict"]) for row in rows(output)] == [(plugin, "loads"), ("a1", "logged")], output
    assert "line 1 of the log (1 such): The bundle's signature is missing" in output
    code, output = ask({"gw": {}}, **{**variables, "tyk_gateway_log": str(tmp_path / "away.log")})
    assert code != 0 and "away.log" in output, output


@pytest.mark.parametrize("result_format", ["json", "yaml"])
def test_all_is_well(ask, workshop, plugin, result_format):
    variables = {"tyk_gateway_binary": workshop.gateway, "tyk_plugin_files": [plugin], "tyk_plugin_symbols": ["Stamp"]}
    code, output = ask({"gw1": {}, "gw2": {}}, result_format=result_format, **variables)
    assert code == 0, output
    assert [(row["host"], row["plugin"], row["verdict"]) for row in rows(output)] == [(host, plugin, "loads") for host in ("gw1", "gw2")]
    for host in ("gw1", "gw2"):
        assert re.search(rf"^{host} .*changed=0 ", output, re.MULTILINE), output


def test_a_hook_of_the_wrong_kind_fails_unless_that_is_not_asked_for(ask, workshop, plugin):
    variables = {"tyk_gateway_binary": workshop.gateway, "tyk_plugin_files": [plugin], "tyk_plugin_hooks": {"Stamp": "response"}}
    code, output = ask({"gw": {}}, **variables)
    (row,) = rows(output)
    assert code != 0 and (row["verdict"], row["findings"]) == ("fails", "signature-differs"), output
    code, output = ask({"gw": {}}, **variables, tyk_verify_fail_on=[])
    (row,) = rows(output)
    # It is not said that all will load.
    assert code == 0 and row["verdict"] == "fails" and "loads" not in output.partition("PLAY [Report]")[2], output


def api(name, hooks, driver="goplugin"):
    return {"api_id": name, "use_keyless": True, "custom_middleware": {"driver": driver, **hooks}}


def test_plugins_that_definitions_name_are_verified_as_the_hooks_that_they_are(ask, workshop, plugin, tmp_path, count_results):
    """The one of the folder is verified once; what is not loaded at all has the row of its definition."""
    folder, apps = tmp_path / "middleware", tmp_path / "apps"
    folder.mkdir()
    apps.mkdir()
    # The gateway's own name for it, and a definition that says the plain one.
    shutil.copy(plugin, folder / "nomod_v5.99.0_linux_amd64.so")
    shutil.copy(plugin, tmp_path / "nomod.so")
    common = {"tyk_gateway_binary": workshop.gateway, "tyk_plugin_folders": [str(folder)], "tyk_api_definitions": str(apps)}
    (apps / "good.json").write_text(json.dumps(api("good", {"pre": [{"name": "Stamp", "path": str(folder / "nomod.so")}]})))
    code, output = ask({"gw": {}}, **common)
    assert code == 0, output
    assert [(row["plugin"], row["verdict"]) for row in rows(output)] == [(f"{folder}/nomod_v5.99.0_linux_amd64.so", "loads")], output
    # Each costs thousands of hosts minutes.
    assert count_results()["gw"] == ["Compare each plugin with the gateway"], count_results()

    (apps / "kind.json").write_text(json.dumps(api("kind", {"response": [{"name": "Stamp", "path": str(tmp_path / "nomod.so")}]})))
    (apps / "driver.json").write_text(json.dumps(api("driver", {"pre": [{"name": "Stamp", "path": str(tmp_path / "nomod.so")}]}, "")))
    (apps / "away.json").write_text(json.dumps(api("away", {"post": [{"name": "Stamp", "path": str(tmp_path / "away.so")}]})))
    code, output = ask({"gw": {}}, **common)
    assert code != 0, output
    found = {row["plugin"]: (row["verdict"], row["findings"]) for row in rows(output)}
    assert found[f"{apps}/driver.json"] == ("fails", "driver-missing"), output
    assert found[f"{apps}/away.json"] == ("fails", "named-file-missing"), output
    # Two files of one module path in one process, one of them with the wrong signature for its hook.
    assert set(found[f"{tmp_path}/nomod.so"][1].split()) == {"signature-differs", "plugin-path-taken"}, output
    assert "custom_middleware.driver is not set" in output and 'set custom_middleware.driver to "goplugin"' in output, output


def test_definitions_that_are_not_there_are_no_success(ask, workshop, plugin, tmp_path):
    variables = {"tyk_gateway_binary": workshop.gateway, "tyk_plugin_files": [plugin], "tyk_api_definitions": str(tmp_path / "nowhere")}
    code, output = ask({"gw": {}}, **variables)
    assert code != 0 and f"{tmp_path}/nowhere" in output, output
