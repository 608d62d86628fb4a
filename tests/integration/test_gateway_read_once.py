# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's binary is opened by two modules on a build host, once by each: by the one that reads it and by the one that verifies."""

from __future__ import annotations

import collections
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

# Python reads it when it starts. Each process of a module notes that it opens the file, whatever function opens it (PEP 578).
NOTES = """\
import os, sys

def note(event, arguments):
    if event == "open" and arguments[0] == os.environ["GATEWAY"] and sys.argv[0].endswith(".py"):
        with os.fdopen(os.open(os.environ["OPENED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT), "w") as file:
            file.write(f"{os.path.basename(sys.argv[0])} {os.getpid()}\\n")

sys.addaudithook(note)
"""


@pytest.fixture
def build(repository, workshop, examples, tmp_path):
    """build(inventory, **variables) -> (from module to the numbers of times that its processes opened the binary, output)."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "sitecustomize.py").write_text(NOTES)

    def run(inventory, gateway, **variables):
        (tmp_path / "inventory.json").write_text(json.dumps(inventory))
        opened = tmp_path / "opened"
        opened.unlink(missing_ok=True)
        usual = {
            "tyk_gateway_repo": f"file://{workshop.repository}",
            "tyk_gateway_version": "release-5.99.0",
            "tyk_plugins": [{"name": name, "source": str(examples / "plugins" / name)} for name in ("nomod", "enrich", "testplugin")],
            "tyk_workspace_root": str(tmp_path / "root"),
            "tyk_artifacts": str(tmp_path / "dist"),
            "tyk_controller_cache": str(tmp_path / "cache"),
            "go_toolchain_root": str(workshop.goroot().parent),
        }
        done = subprocess.run(
            [
                *("ansible-playbook", "-i", str(tmp_path / "inventory.json"), "-e", json.dumps({**usual, **variables})),
                str(repository / "playbooks" / "build_plugins.yml"),
            ],
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
                "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
                "PYTHONPATH": os.pathsep.join((str(tmp_path / "notes"), os.environ["PYTHONPATH"])),
                "GATEWAY": str(gateway),
                "OPENED": str(opened),
            },
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output
        counted = collections.Counter(opened.read_text().splitlines() if opened.exists() else [])
        modules = collections.defaultdict(list)
        for process, times in counted.items():
            modules[re.match(r"(?:AnsiballZ_)?(\w+)\.py", process).group(1)].append(times)
        return dict(modules), output

    return run


LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}


@pytest.mark.full
def test_on_the_build_host(build, workshop):
    inventory = {"builders": {"hosts": {"localhost": LOCAL}}}
    opened, output = build(inventory, workshop.gateway, tyk_gateway_binary=str(workshop.gateway))
    assert opened == {"tyk_gateway_info": [1], "tyk_plugin_verify": [1]}, output
    opened, output = build(inventory, workshop.gateway, tyk_gateway_binary=str(workshop.gateway), tyk_recheck=True)
    assert opened == {"tyk_gateway_info": [1], "tyk_plugin_verify": [1]} and "changed=0 " in output, output
    # What a receipt answers, nobody reads.
    opened, output = build(inventory, workshop.gateway, tyk_gateway_binary=str(workshop.gateway))
    assert opened == {} and "changed=0 " in output, output


def test_on_a_host_of_its_own(build, workshop, tmp_path):
    """The gateway host's own binary is read there; of the copy on the build host, the workspaces need nothing."""
    own = tmp_path / "gateway-host" / "tyk"
    own.parent.mkdir()
    shutil.copy(workshop.gateway, own)
    inventory = {"builders": {"hosts": {"localhost": LOCAL}}, "gateways": {"hosts": {"gw": {**LOCAL, "tyk_gateway_binary": str(own)}}}}
    copy = tmp_path / "root" / "gateways" / "binaries" / "gw" / "tyk"
    opened, output = build(inventory, own, tyk_gateway_hosts="gateways")
    assert opened.get("tyk_gateway_info") == [1] and "tyk_plugin_verify" not in opened and "go_workspace" not in opened, output
    opened, output = build(inventory, own, tyk_gateway_hosts="gateways")
    assert opened == {"tyk_gateway_info": [1]} and "nothing has changed since" in output, output
    opened, output = build(inventory, copy, tyk_gateway_hosts="gateways", tyk_recheck=True)
    assert opened.get("tyk_plugin_verify") == [1] and set(opened) <= {"tyk_plugin_verify", "stat", "copy"}, output
