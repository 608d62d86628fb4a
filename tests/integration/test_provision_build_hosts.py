# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that makes build hosts ready: each host is this machine, with a folder of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.tests import attested


@pytest.fixture
def provision(repository, workshop, tmp_path):
    """provision(hosts: name -> variables, *words, **variables) -> (return code, output)."""

    def run(hosts, *words, **variables):
        local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        own = {name: {**local, "tyk_workspace_root": str(tmp_path / name), **values} for name, values in hosts.items()}
        path = tmp_path / "inventory.json"
        path.write_text(json.dumps({"builders": {"hosts": own}}))
        told = {
            "tyk_build_hosts": "builders",
            "tyk_gateway_repo": str(workshop.repository),
            "tyk_controller_cache": str(tmp_path / "cache"),
        }
        told.update(variables)
        playbook = str(repository / "playbooks" / "provision_build_hosts.yml")
        command = ["ansible-playbook", "-i", str(path), "-e", json.dumps(told), *words, playbook]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
        }
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def row(output, host):
    (found,) = re.findall(rf"^({host} +[^: ].*)$", output, re.MULTILINE)
    return re.split(r"\s{2,}", found)


@pytest.mark.full
def test_a_host_that_fails_stops_no_other(provision, tmp_path):
    hosts = {
        "good": {},
        "bad": {"tyk_go_versions": ["1.22"]},
        "away": {"ansible_connection": "ssh", "ansible_host": "192.0.2.1", "ansible_port": 9, "ansible_ssh_timeout": 1},
    }
    code, output = provision(hosts, tyk_gateway_versions=["v5.99.0"], tyk_provision_serial=1)
    assert code != 0, output
    assert row(output, "good")[1] == "ready" and row(output, "good")[3] == "v5.99.0 with Go 1.22.7", output
    assert row(output, "bad")[1] == "not ready" and "language version" in " ".join(row(output, "bad")), output
    assert row(output, "away")[1] == "unreachable", output
    assert (tmp_path / "good" / "go" / "1.22.7" / "bin" / "go").is_file()
    code, output = provision({"good": {}}, tyk_gateway_versions=["v5.99.0"])
    assert code == 0, output
    assert re.search(r"^good .*changed=0 ", output, re.MULTILINE), output


@pytest.mark.full
def test_a_second_run_fetches_nothing(provision, workshop, tmp_path):
    """Neither repository nor archives are there any more."""
    repository = tmp_path / "repository"
    shutil.copytree(workshop.repository, repository)
    wanted = {"tyk_gateway_versions": ["v5.99.0"], "tyk_gateway_repo": str(repository), "tyk_warm_up": True}
    code, output = provision({"warm": {}}, **wanted)
    assert code == 0, output
    assert os.access(tmp_path / "warm" / "gateways" / "v5.99.0" / "tyk", os.X_OK)
    assert sorted(path.suffix for path in (tmp_path / "cache" / "go").iterdir() if not path.name.startswith(".")) == [".json", ".zip"]
    shutil.rmtree(tmp_path / "cache")
    shutil.rmtree(repository)
    code, output = provision({"warm": {}}, **wanted)
    assert code == 0 and re.search(r"^warm .*changed=0 ", output, re.MULTILINE), output
    assert not (tmp_path / "cache").exists()


def test_a_host_that_is_left_out_need_not_be_ready(provision, workshop):
    wanted = {"tyk_gateway_versions": [], "tyk_go_versions": ["1.22.7"], "go_toolchain_root": str(workshop.goroot().parent)}
    code, output = provision({"asked": {}, "other": {}}, "--limit=asked", **wanted)
    assert code == 0 and "left out by --limit: other" in output, output
    assert re.search(r"^asked +ready", output, re.MULTILINE), output


@pytest.mark.full
def test_a_host_fails_itself_also_without_localhost(provision):
    hosts = {"good": {}, "bad": {"tyk_go_versions": ["1.22"]}}
    code, output = provision(hosts, "--limit=bad", tyk_go_versions=["1.22.7"])
    assert code == 0, "the command line wins over the inventory: " + output
    code, output = provision(hosts, "--limit=bad", tyk_gateway_versions=["v5.99.0"])
    assert code != 0 and re.search(r"^bad +: ok=.*failed=1", output, re.MULTILINE), output
    code, output = provision(hosts, "--limit=bad", tyk_gateway_versions=["v5.99.0"], tyk_provision_strict=False)
    assert code == 0 and re.search(r"^bad +not ready", output, re.MULTILINE), output


def test_nothing_to_do_is_no_success(provision):
    code, output = provision({"bare": {}})
    assert code != 0 and "Which gateway?" in output, output
    code, output = provision({"bare": {}}, tyk_build_hosts="bilders", tyk_gateway_versions=["v5.99.0"])
    assert code != 0 and "bilders matches no host of the inventory. Did you mean builders?" in " ".join(output.split()), output
    code, output = provision({"bare": {}}, tyk_build_hosts="bilders", tyk_gateway_versions=["v5.99.0"], tyk_allow_empty=True)
    assert code == 0, output


@pytest.mark.full
def test_left_overs_on_the_command_line_change_no_entry(provision, tmp_path):
    """The one gateway of another run is left in a file of variables."""
    entries = [{"version": "v5.99.0"}, {"version": "release-5.99.0", "name": "branch"}]
    code, output = provision({"one": {}}, tyk_gateways=entries, tyk_gateway_version="v5.97.0", tyk_gateway_go_version="1.19")
    assert code == 0, output
    assert sorted(path.name for path in (tmp_path / "one" / "gateways").iterdir() if not path.name.startswith(".")) == [
        "release-5.99.0",
        "v5.99.0",
    ]
    assert "tyk_gateway_version is not used: tyk_gateways names the gateways." in " ".join(output.split()), output


def test_check_mode_changes_nothing(provision, tmp_path):
    code, output = provision({"bare": {}}, "--check", tyk_gateway_versions=["v5.99.0"])
    assert code == 0, output
    assert not (tmp_path / "bare").exists()


@pytest.mark.full
def test_hosts_take_from_each_other_what_was_compiled(provision, tmp_path):
    """A seed that somebody changed is named, and the host compiles by itself what it lacks."""
    private, public = attested.write_keys(tmp_path)
    store = tmp_path / "seeds"

    def hosts(*names):
        """The first has what everybody here has compiled."""
        return {name: {"tyk_go_environment": {} if name == "first" else {"GOCACHE": str(tmp_path / "second" / "cache")}} for name in names}

    own = {"tyk_gateway_versions": ["v5.99.0"], "tyk_seeds": str(store), "tyk_signing_key": private, "tyk_signers": [public]}
    code, output = provision(hosts("first", "second"), tyk_provision_serial=1, **own)
    assert code == 0, output
    (seed,) = store.glob("*_gateway_v5.99.0_linux_amd64.seed")
    assert [task[:3] for task in results(output, "Take what another host has compiled for this gateway")] == ["ok:", "cha"], output
    assert [task[:3] for task in results(output, r"Build the gateway that loads the plugins \([^)\n]*\)")] == ["cha", "ok:"], output
    assert [task[:3] for task in results(output, "Keep what this host has compiled for others")] == ["cha", "ok:"], output
    code, output = provision(hosts("first", "second"), **own)
    assert code == 0 and output.count("changed=0 ") == 2, output
    data = bytearray(seed.read_bytes())
    data[1000] ^= 1
    seed.write_bytes(data)
    for path in (tmp_path / "second" / "cache").glob("goplugins-seed-*"):
        path.unlink()
    code, output = provision(hosts("third"), **own)
    assert code == 0 and "is not planted: it is not what its record says: its SHA-256 is another" in " ".join(output.split()), output
    assert row(output, "third")[1] == "ready"


def results(output, task):
    """The lines that say what became of a task, as often as it ran."""
    return re.findall(rf"TASK \[[^\n]*{task}\] \**\n(?:included[^\n]*\n)?((?:ok|changed|skipping|failed|fatal): [^\n]*)", output)
