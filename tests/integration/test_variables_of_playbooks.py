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
    """play(playbook, *words, ...) -> (return code, output in one line, what was made).

    group: variables of the hosts, own: from host to its variables, gateways: variables of the gateways gateway1 and gateway2; the others go
    on the command line.
    """

    def run(playbook, *words, hosts=("build1", "build2"), group=None, own=None, gateways=None, **variables):
        folder = tmp_path_factory.mktemp("play")
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        own = {host: {**local, **(own or {}).get(host, {})} for host in (*hosts, "gateway1", "gateway2")}
        inventory = {"builders": {"hosts": {host: own[host] for host in hosts}, "vars": group or {}}}
        if gateways is not None:
            inventory["gateways"] = {"hosts": {host: own[host] for host in ("gateway1", "gateway2")}, "vars": gateways}
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
    ({"tyk_gateway_hosts": ""}, "tyk_gateway_hosts: an empty pattern matches no host of the inventory"),
    ({"tyk_gateway_hosts": ["builders", 5]}, "tyk_gateway_hosts[1] is 5, a number; it must be a text"),
    ({"tyk_gateways": [{}]}, "tyk_gateways[0] names no gateway"),
    ({"tyk_gateway_go_version": "1.22"}, "tyk_gateway_go_version: Go 1.22 is a language version and no release"),
    ({"tyk_gateways": [{"version": "v1", "go_version": "latest"}]}, "tyk_gateways[0].go_version: 'latest' is no Go release"),
    ({"tyk_gateway_entry": {"version": "v1"}}, "tyk_gateway_entry is what the roles hand on to each other. Leave it out."),
    # A slip within the prefix.
    ({"tky_align": "apply"}, "tky_align is not a variable of this collection. Did you mean tyk_align?"),
    ({"tyk-align": "apply"}, "tyk-align is not a variable of this collection. Did you mean tyk_align?"),
    ({"TYK_RECHECK": True}, "TYK_RECHECK is not a variable of this collection. Did you mean tyk_recheck?"),
    ({"tykalign": "apply"}, "tykalign is not a variable of this collection. Did you mean tyk_align?"),
    # Variables of roles.
    ({"plugin_build_min_free_mb": "abc"}, "plugin_build_min_free_mb is the text 'abc'; it must be a whole number"),
    ({"plugin_build_output": ["x"]}, "plugin_build_output is a list; it must be a text"),
    ({"cross_cc_install": "maybe"}, "cross_cc_install is the text 'maybe'; it must be true or false"),
    ({"tyk_gateway_name": ["a"]}, "tyk_gateway_name is a list; it must be a text"),
    ({"tyk_go_environment": {"GOPLUGINS_TIMEOUT": "1h"}}, "tyk_go_environment: GOPLUGINS_TIMEOUT is '1h', not a number of seconds"),
    ({"tyk_signers": "{{ nowhere }}", "tyk_align": "aply"}, "tyk_signers cannot be read: 'nowhere' is undefined"),
    ({"tyk_align": "aply", "tyk_signers": ["{{ nowhere }}"]}, "Did you mean apply?"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[f"{number}-{next(iter(change))}" for number, (change, _said) in enumerate(WRONG)])
def test_the_main_job_refuses_it_by_name_and_makes_nothing(play, good, change, said):
    code, output, made = play("build_plugins", **{**good, **change})
    assert code != 0 and said in output, output
    assert made == [] and "Traceback" not in output


def test_a_misspelt_variable_of_the_inventory_is_refused_too_but_not_one_of_others(play, good):
    code, output, made = play("build_plugins", group={"tyk_plugin_targts": ["linux/amd64"]}, **good)
    assert code != 0 and made == [] and "Did you mean tyk_plugin_targets?" in output, output
    code, output, _made = play("build_plugins", group={"tyk_dashboard_licence": "x"}, **good)
    assert "tyk_dashboard_licence" not in output, output


def test_a_misspelt_variable_of_a_role_in_the_inventory_is_refused_for_its_host(play, good):
    own = {"build1": {"plugin_build_laod": False}, "build2": {"tky_align": "apply"}}
    code, output, made = play("build_plugins", own=own, **good)
    assert code != 0 and made == [], output
    assert "build1: plugin_build_laod is not a variable of this collection. Did you mean plugin_build_load?" in output, output
    assert "build2: tky_align is not a variable of this collection. Did you mean tyk_align?" in output, output


def test_other_variables_of_the_inventory_are_nobodys_business(play, good):
    others = {
        f"tyk_{name}": "x"
        for name in ("gateway_port", "gateway_url", "pump_version", "hosts", "gateway_user", "gateway_tls", "deploy_user")
    }
    code, output, _made = play("verify_plugins", "--check", group=others, tyk_gateway_hosts="builders", tyk_plugin_folders=["/nowhere"])
    assert code != 0 and "is not a variable" not in output and "Refuse" not in output, output


def test_a_variable_of_a_role_may_lean_on_a_later_task(play, good):
    code, output, _made = play("build_plugins", **good, plugin_build_output="/x/{{ tyk_gateway_facts.name }}", plugin_build_load="maybe")
    assert code != 0 and "plugin_build_load is the text 'maybe'" in output and "plugin_build_output" not in output, output


def test_the_variables_of_gateways_that_run_are_looked_at_before_anything_starts(play, good):
    own = {"gateway1": {"tyk_gateway_binray": "/x"}, "gateway2": {"tyk_gateway_binary": ["/x"], "tyk_gateway_version": 5.3}}
    variables = {name: value for name, value in good.items() if name != "tyk_gateway_version"}
    code, output, made = play("build_plugins", own=own, gateways={}, tyk_gateway_hosts="gateways", **variables)
    assert code != 0 and made == [] and "TASK [Read how the gateway was built]" not in output, output
    assert "gateway1: tyk_gateway_binray is not a variable of this collection. Did you mean tyk_gateway_binary?" in output, output
    assert "gateway2: tyk_gateway_binary is a list; it must be a text" in output, output
    assert "gateway2: tyk_gateway_version is 5.3, a number; it must be a text" in output, output


HEALTH = {"url": "/x", "expect": {"body": "x"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"tyk_deploy_serial": "abc"}, "tyk_deploy_serial is the text 'abc'; it must be a number, a percentage or a list of these"),
        ({"tyk_deploy_health": [{**HEALTH, "timeout": "abc"}]}, "tyk_deploy_health[0].timeout is the text 'abc'; it must be a number"),
        ({"tyk_deploy_health": [{"url": "/x", "expect": {"headr": {}}}]}, "tyk_deploy_health[0].expect has the unknown key headr."),
        ({"tyk_deploy_health": [{"url": "/x", "expect": {"status": 200}}]}, "tyk_deploy_health[0] expects neither a header nor a body"),
        ({"plugin_deploy_start_timeout": "abc"}, "plugin_deploy_start_timeout is the text 'abc'; it must be a number"),
        ({"tyk_gateway_secret": ["hunter2"]}, "tyk_gateway_secret is a list; it must be a text"),
        ({"tyk_plugins": [{"name": "a", "source": "x", "hooks": {"F": "pst"}}]}, "Plugin a: hooks: F is 'pst'"),
        ({"tyk_plugins": [{"name": "a", "source": "x"}] * 2}, "There are 2 plugins of the name a"),
        ({"tyk_gateway_hosts": ""}, "tyk_gateway_hosts: an empty pattern matches no host of the inventory"),
    ],
)
@pytest.mark.parametrize("playbook", ["deploy_plugins", "upgrade_gateways"])
def test_what_changes_gateways_refuses_it_by_name(play, good, playbook, change, said):
    usual = {
        "tyk_plugins": good["tyk_plugins"],
        "tyk_deploy_health": [HEALTH],
        "tyk_gateway_hosts": "gateways",
        "tyk_upgrade_version": "v5.99.1",
    }
    code, output, made = play(playbook, gateways={}, **{**usual, **change})
    assert code != 0 and said in output and made == [] and "Traceback" not in output and "hunter2" not in output, output


def test_an_upgrade_builds_for_its_gateway_alone_on_hosts_that_need_no_variable_of_gateways(play, good):
    """What plugins.yml says of tyk_gateways is for build_plugins; the requests that show that plugins work are for gateway hosts."""
    variables = {**good, "tyk_gateways": ["v5.98.0"], "tyk_gateway_hosts": "gateways", "tyk_upgrade_version": "v5.99.1"}
    code, output, _made = play("upgrade_gateways", gateways={"tyk_deploy_health": [HEALTH]}, **variables)
    assert code != 0 and "tyk_deploy_health" not in output, output
    assert "nomod v5.99.1: cannot read the repository" in output and "v5.98.0" not in output, output


@pytest.mark.parametrize("build", [False, "false", "no"])
def test_an_upgrade_that_builds_nothing_reads_no_source(play, build):
    plugins = [{"name": "a", "source": "/nowhere/a"}]
    variables = {"tyk_gateway_hosts": "gateways", "tyk_upgrade_version": "v5.99.1", "tyk_upgrade_build": build, "tyk_plugins": plugins}
    code, output, _made = play("upgrade_gateways", gateways={}, tyk_deploy_health=[HEALTH], **variables)
    assert code != 0 and "/nowhere/a" not in output and "not ready" in output, output


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
        ({"tyk_gateway_hosts": "builders", "tyk_plugin_hooks": {"F": "pst"}}, "tyk_plugin_hooks: F is 'pst', which is no kind of hook"),
        ({"tyk_gateway_hosts": ""}, "tyk_gateway_hosts: an empty pattern matches no host"),
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
        ({"tyk_gateway_versions": ["v5.99.0"], "tyk_plugin_targets": ["linux/amd46"]}, "linux/amd46"),
        ({"tyk_go_versions": ["1.22.6", "abc"]}, "tyk_go_versions[1]: 'abc' is no Go release"),
        ({"tyk_gateway_versions": ["v5.99.0"], "tyk_provision_serial": "abc"}, "tyk_provision_serial is the text 'abc'"),
    ],
)
def test_provisioning_refuses_it_by_name(play, change, said):
    code, output, made = play("provision_build_hosts", **change)
    assert code != 0 and said in output and made == [], output


def test_a_limit_that_leaves_no_host_is_no_success(play, good):
    code, output, _made = play("build_plugins", "--limit=localhost", **good)
    assert code != 0, output


def test_what_a_playbook_does_not_use_is_said(play):
    others = {"tyk_align": "fail", "gateway_log": "/x", "align": "apply", "hosts": "x"}
    code, output, _made = play("verify_plugins", tyk_gateway_hosts="builders", tyk_plugin_folders=["/nowhere"], **others)
    assert code != 0 and "verify_plugins does not use tyk_align." in output, output
    assert "verify_plugins does not use gateway_log. Did you mean tyk_gateway_log?" in output, output
    assert "does not use align" not in output and "does not use hosts" not in output, output


@pytest.mark.parametrize("name", ["build-plugins", "verify-plugins", "provision-build-hosts"])
def test_the_names_with_dashes_go_on_working(play, name):
    variables = {"tyk_gateway_hosts": "builders"} if name == "verify-plugins" else {}
    code, output, _made = play(name, **variables, tyk_wholly_other=1)
    assert code != 0 and "tyk_wholly_other is not a variable of this collection." in output, output


@pytest.mark.parametrize("name", ["build_plugins", "verify_plugins", "provision_build_hosts"])
def test_a_check_of_the_syntax_needs_no_inventory(play, name):
    code, output, _made = play(name, "--syntax-check", tyk_build_hosts="nobody", tyk_gateway_hosts="nobody")
    assert code == 0, output
