# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No variable is misread and no run is green without work: each playbook refuses what it cannot use, by name, before anything starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def play(repository, examples, tmp_path_factory):
    """play(playbook, *words, hosts=..., group=..., **extra variables) -> (return code, output in one line, whether anything was made)."""

    def run(playbook, *words, hosts=("build1", "build2"), group=None, **variables):
        folder = tmp_path_factory.mktemp("play")
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        inventory = {"builders": {"hosts": dict.fromkeys(hosts, local), "vars": group or {}}}
        (folder / "inventory.json").write_text(json.dumps(inventory))
        usual = {"tyk_workspace_root": str(folder / "root"), "tyk_artifacts": str(folder / "dist"), "tyk_build_hosts": "builders"}
        done = subprocess.run(
            [
                "ansible-playbook",
                "-i",
                str(folder / "inventory.json"),
                "-e",
                json.dumps({**usual, **variables}),
                *words,
                str(repository / "playbooks" / f"{playbook}.yml"),
            ],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"], "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml"},
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
        )
        made = sorted(path.name for path in folder.iterdir() if path.name != "inventory.json")
        return done.returncode, " ".join((done.stdout + done.stderr).split()), made

    return run


@pytest.fixture(scope="module")
def good(examples):
    return {
        "tyk_gateway_version": "v5.99.0",
        "tyk_gateway_repo": "/nowhere",
        "tyk_plugins": [{"name": "nomod", "source": str(examples / "plugins" / "nomod")}],
    }


WRONG = [
    ({"tyk_plugins": "nomod"}, "tyk_plugins is a text; it must be a list"),
    ({"tyk_plugins": ["nomod"]}, "tyk_plugins[0] is a text; it must be a dictionary"),
    ({"tyk_plugins": []}, "tyk_plugins is empty"),
    ({"tyk_plugins": [{"name": "x", "source": "/x", "symbol": ["S"]}]}, "unknown key symbol. Did you mean symbols?"),
    ({"tyk_plugin_targets": "linux/amd64"}, "tyk_plugin_targets is the text 'linux/amd64'; it must be a list"),
    ({"tyk_plugin_target": "linux/amd64"}, "tyk_plugin_target is not a variable of this collection. Did you mean tyk_plugin_targets?"),
    ({"tyk_gateway_version": 5.3}, "tyk_gateway_version is 5.3, a number; it must be a text: put what you wrote in quotes"),
    ({"tyk_go_environment": "GOPROXY=off"}, "tyk_go_environment is a text; it must be a dictionary"),
    ({"tyk_pluginz": []}, "tyk_pluginz is not a variable of this collection. Did you mean tyk_plugins?"),
    ({"tyk_wholly_other": 1}, "tyk_wholly_other is not a variable of this collection."),
    ({"plugin_build_laod": False}, "plugin_build_laod is not a variable of this collection. Did you mean plugin_build_load?"),
    ({"tyk_go_version": "1.22.7"}, "tyk_go_version is called tyk_gateway_go_version."),
    ({"tyk_align": "aply"}, "tyk_align is 'aply'; it must be one of fail, apply, report. Did you mean apply?"),
    ({"tyk_build_hosts": "bilders"}, "tyk_build_hosts: bilders matches no host of the inventory. Did you mean builders?"),
    ({"tyk_gateway_hosts": "gatways"}, "tyk_gateway_hosts: gatways matches no host of the inventory."),
    ({"tyk_gateway_version": ""}, "Which gateway? Set tyk_gateway_version"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[next(iter(change)) for change, _said in WRONG])
def test_the_main_job_refuses_it_by_name_and_makes_nothing(play, good, change, said):
    code, output, made = play("build_plugins", **{**good, **change})
    assert code != 0 and said in output, output
    assert made == [] and "Traceback" not in output


def test_a_misspelt_variable_of_the_inventory_is_refused_too_but_not_one_of_others(play, good):
    code, output, made = play("build_plugins", group={"tyk_plugin_targts": ["linux/amd64"]}, **good)
    assert code != 0 and made == [] and "Did you mean tyk_plugin_targets?" in output, output
    code, output, _made = play("build_plugins", group={"tyk_dashboard_licence": "x"}, **good)
    assert "tyk_dashboard_licence" not in output, output


def test_problems_of_all_hosts_come_at_once_and_once(play, good):
    code, output, _made = play("build_plugins", **{**good, "tyk_align": "aply", "tyk_plugin_target": "x"})
    assert code != 0 and output.count("Did you mean apply?") == 1 and output.count("Did you mean tyk_plugin_targets?") == 1, output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tyk_gateway_hosts": "gatways"}, "gatways matches no host of the inventory"),
        ({"tyk_gateway_hosts": "builders", "tyk_plugin_folders": "/x"}, "tyk_plugin_folders is the text '/x'; it must be a list"),
        ({"tyk_gateway_hosts": "builders", "tyk_plugin_folder": ["/x"]}, "Did you mean tyk_plugin_folders?"),
        ({"tyk_gateway_hosts": "builders", "tyk_verify_fail_on": ["fail"]}, "Did you mean fails?"),
    ],
)
def test_verification_refuses_it_by_name(play, change, said):
    code, output, _made = play("verify_plugins", **change)
    assert code != 0 and said in output, output


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Which gateway?"),
        ({"tyk_gateway_versions": "v5.99.0"}, '{"tyk_gateway_versions": ["v5.99.0"]}'),
        ({"tyk_gateway_versions": ["v5.99.0"], "tyk_warm_upp": True}, "Did you mean tyk_warm_up?"),
        ({"tyk_gateway_versions": [5.3]}, "tyk_gateway_versions[0] is 5.3, a number"),
    ],
)
def test_provisioning_refuses_it_by_name(play, change, said):
    code, output, made = play("provision_build_hosts", **change)
    assert code != 0 and said in output and made == [], output


def test_a_limit_that_leaves_no_host_is_no_success(play, good):
    code, output, _made = play("build_plugins", "--limit=localhost", **good)
    assert code != 0, output


def test_what_a_playbook_does_not_use_is_said(play):
    code, output, _made = play("verify_plugins", tyk_gateway_hosts="builders", tyk_align="fail", tyk_plugin_folders=["/nowhere"])
    assert code != 0 and "verify_plugins does not use tyk_align." in output, output


@pytest.mark.parametrize("name", ["build-plugins", "verify-plugins", "provision-build-hosts"])
def test_the_names_with_dashes_go_on_working(play, name):
    variables = {"tyk_gateway_hosts": "builders"} if name == "verify-plugins" else {}
    code, output, _made = play(name, **variables, tyk_wholly_other=1)
    assert code != 0 and "tyk_wholly_other is not a variable of this collection." in output, output


@pytest.mark.parametrize("name", ["build_plugins", "verify_plugins", "provision_build_hosts"])
def test_a_check_of_the_syntax_needs_no_inventory(play, name):
    code, output, _made = play(name, "--syntax-check", tyk_build_hosts="nobody", tyk_gateway_hosts="nobody")
    assert code == 0, output
