# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback that keeps quiet, in a run of Ansible."""

from __future__ import annotations

import json
import os
import subprocess
import sys

ROW = {"plugin": "enrich", "gateway": "v5.3.6", "target": "linux/amd64", "verdict": "loads", "loaded": "yes", "bad": False}


def run(tmp_path, hosts, tasks):
    """Run tasks on local hosts of these names with that callback."""
    (tmp_path / "play.yml").write_text(json.dumps([{"name": "A play", "hosts": "all", "gather_facts": False, "tasks": tasks}]))
    of_hosts = {name: {"ansible_connection": "local", "ansible_python_interpreter": sys.executable} for name in hosts}
    (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": of_hosts}}))
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
        "ANSIBLE_STDOUT_CALLBACK": "goplugins.tyk.brief",
        "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
    }
    command = ["ansible-playbook", "-i", str(tmp_path / "hosts.json"), str(tmp_path / "play.yml")]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)


def test_a_run_without_hosts_says_so(tmp_path):
    done = run(tmp_path, [], [{"name": "Change something", "ansible.builtin.command": "true"}])
    assert done.stdout.split("\n")[-2:] == ["no hosts matched", ""], done


def test_one_line_for_each_host_and_plugin_each_change_and_what_fails(tmp_path):
    tasks = [
        {"name": "Change nothing", "ansible.builtin.command": "true", "changed_when": False},
        {"name": "Change something", "ansible.builtin.command": "true", "loop": [1, 2]},
        {"name": "Leave something out", "ansible.builtin.command": "false", "when": False},
        {"name": "Set facts", "ansible.builtin.set_fact": {"plugin_build_rows": [{**ROW, "host": "{{ inventory_hostname }}"}]}},
        {"name": "Keep them", "ansible.builtin.set_fact": {"_tyk_rows": "{{ plugin_build_rows }}"}},
        {"name": "Show them", "goplugins.tyk.tyk_report": {"rows": "{{ _tyk_rows }}", "columns": ["plugin", "verdict"]}},
        {"name": "Fail", "ansible.builtin.command": "false", "when": "inventory_hostname == 'b2'"},
    ]
    done = run(tmp_path, ["b1", "b2"], tasks)
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    for host in ("b1", "b2"):
        assert lines.count(f"[{host}] enrich for v5.3.6 linux/amd64: loads, loaded") == 1, done.stdout
        assert lines.count(f"[{host}] Change something: changed") == 1, done.stdout
    # The table, as with any other callback.
    assert "plugin  verdict" in lines
    for quiet in ("Change nothing", "Leave something out", "Set facts", "Keep them", "PLAY", "ok:", "skipping"):
        assert quiet not in done.stdout
    assert "TASK [Fail]" in done.stdout and "non-zero return code" in done.stdout
    assert lines[-2:] == ["[b1] 1 changed", "[b2] 1 changed, 1 failed"]
