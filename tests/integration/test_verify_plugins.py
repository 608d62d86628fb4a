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
    built = workshop.run("go_plugin_build", plugins=[{"workspace": str(folder / "nomod")}], output=str(folder / "out"), **common)
    return built["plugins"][0]["artifact"]


@pytest.fixture
def ask(repository, tmp_path):
    """ask(hosts: name -> variables, **variables) -> (return code, output)."""

    def run(hosts, result_format="yaml", **variables):
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"gateways": {"hosts": {name: {**local, **values} for name, values in hosts.items()}}}
        path = tmp_path / "inventory.json"
        path.write_text(json.dumps(inventory))
        command = ["ansible-playbook", "-i", str(path), "-e", json.dumps(variables), str(repository / "playbooks" / "verify_plugins.yml")]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
            "ANSIBLE_CALLBACK_RESULT_FORMAT": result_format,
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
        }
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def row(output, host):
    (found,) = re.findall(rf'^ +"?({host}  .*?)"?,?$', output, re.MULTILINE)
    return re.split(r"\s{2,}", found)


def test_a_plugin_that_is_not_there_has_a_row_beside_the_others(ask, workshop, plugin, tmp_path):
    away = str(tmp_path / "away.so")
    code, output = ask({"gw": {}}, tyk_gateway_hosts="gateways", tyk_gateway_binary=workshop.gateway, tyk_plugin_files=[away, plugin])
    assert code != 0, output
    rows = {found[0]: re.split(r"\s{2,}", found[1]) for found in re.findall(r'^ +"?gw +(\S+) +(.*?)"?,?$', output, re.MULTILINE)}
    assert rows == {away: ["fails", "not tried", "plugin-file-missing"], plugin: ["loads", "not tried"]}, output


def test_one_table_for_all_hosts_and_the_cure_of_what_is_wrong(ask, workshop, plugin, tmp_path):
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
    }
    hosts = {name: {"tyk_gateway_binary": workshop.gateway, **values} for name, values in hosts.items()}
    code, output = ask(hosts, tyk_gateway_hosts="gateways", tyk_verify_load=True)
    assert code != 0, output
    assert row(output, "gw-good")[1:] == [str(good / "nomod.so"), "loads", "yes"], output
    assert row(output, "gw-bad")[1:] == [str(bad / "broken.so"), "fails", "no", "not-a-go-binary"], output
    assert row(output, "gw-empty")[1:] == ["no plugins", "not tried"], output
    assert row(output, "gw-away")[1:3] == ["unknown", "not tried"], output
    assert row(output, "gw-none")[1:3] == ["unknown", "not tried"], output
    assert re.search(r"^ *gw-bad: .*/broken\.so$\n +The plugin is not a Go binary \[not-a-go-binary\]\..*\n +\$ ", output, re.MULTILINE), (
        output
    )


@pytest.mark.parametrize("result_format", ["json", "yaml"])
def test_all_is_well(ask, workshop, plugin, result_format):
    code, output = ask(
        {"gw1": {}, "gw2": {}}, result_format, tyk_gateway_binary=workshop.gateway, tyk_plugin_files=[plugin], tyk_plugin_symbols=["Stamp"]
    )
    assert code == 0, output
    assert "2 plugins, all will load" in output
    for host in ("gw1", "gw2"):
        assert row(output, host)[1:] == [plugin, "loads", "not tried"], output
        assert re.search(rf"^{host} .*changed=0 ", output, re.MULTILINE), output


def test_a_hook_of_the_wrong_kind_fails_unless_that_is_not_asked_for(ask, workshop, plugin):
    variables = {"tyk_gateway_binary": workshop.gateway, "tyk_plugin_files": [plugin], "tyk_plugin_hooks": {"Stamp": "response"}}
    code, output = ask({"gw": {}}, **variables)
    assert code != 0 and row(output, "gw")[1:] == [plugin, "fails", "not tried", "signature-differs"], output
    code, output = ask({"gw": {}}, **variables, tyk_verify_fail_on=[])
    assert code == 0 and row(output, "gw")[1:] == [plugin, "fails", "not tried", "signature-differs"], output
