# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles in check mode on hosts that say of themselves what real systems say, and have the commands that those have.

Roles and modules are the real ones. Stand-ins are what uname and os-release(5) tell, Ansible's fact of the package manager, the package
managers, which note what they are asked for, and the proofs of the compilers that are there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import proof
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.tests import recorded

# One of each family and package manager, and Debian where it has no cross compilers. The unit tests have them all.
NAMES = (
    "debian-12-x86_64",
    "debian-12-s390x",
    "rhel-9-x86_64",
    "fedora-41-x86_64",
    "alpine-3.20-x86_64",
    "sles-15-x86_64",
    "arch-x86_64",
    "freebsd-14-amd64",
    "macos-14-arm64",
)
HOSTS = [host for host in recorded.HOSTS if f"{host.name}-{host.machine}" in NAMES]

# Python reads it when it starts.
SAYS = """\
import builtins, io, json, os, platform

if os.environ.get("RECORDED"):
    told = json.loads(os.environ["RECORDED"])
    platform.system, platform.machine = lambda: told["system"], lambda: told["machine"]
    is_file, opened = os.path.isfile, builtins.open
    os.path.isfile = lambda path: bool(told["os_release"]) if path == "/etc/os-release" else is_file(path)
    builtins.open = lambda path, *words, **options: (
        io.StringIO(told["os_release"]) if path == "/etc/os-release" else opened(path, *words, **options)
    )
"""
MODULE = """\
import json, os
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"name": {"type": "list"}, "state": {}}, supports_check_mode=True)
with open(os.environ["ASKED"], "w") as file:
    json.dump([__NAME__, sorted(module.params["name"])], file)
module.exit_json(changed=True)
"""
SETUP = """\
import json, os
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"filter": {"type": "list"}, "gather_subset": {"type": "list"}}, supports_check_mode=True)
module.exit_json(ansible_facts={"ansible_pkg_mgr": json.loads(os.environ["RECORDED"])["package_manager"]})
"""
PLAYBOOK = """\
- hosts: all
  gather_facts: false
  environment: "{{ own_environment }}"
  tasks:
    - ansible.builtin.import_role: {name: goplugins.tyk.cross_cc}
    - ansible.builtin.import_role: {name: goplugins.tyk.go_toolchain}
    - ansible.builtin.copy:
        content: "{{ {'cc': cross_cc_commands, 'platforms': go_toolchain_result.results | map(attribute='platform')} | to_json }}"
        dest: "{{ told }}"
        mode: "0644"
      check_mode: false
      environment: {RECORDED: ''}
"""


def variables(host, folder):
    commands = folder / "commands"
    commands.mkdir(parents=True)
    path = f"{commands}{os.pathsep}{folder}"
    for name in host.commands:
        (commands / name).touch(0o755)
    root = folder / "root"
    (root / "cc").mkdir(parents=True)
    proofs = {}
    before = os.environ["PATH"]
    try:
        os.environ["PATH"] = path
        for target, command in host.there.items():
            proofs[proof.key(command, Platform(*target.split("/")), "")] = ["", "", "", "C"]
    finally:
        os.environ["PATH"] = before
    (root / "cc" / "proofs.json").write_text(json.dumps(proofs))
    return {
        "cross_cc_targets": host.possible,
        "tyk_workspace_root": str(root),
        "told": str(folder / "told.json"),
        "own_environment": {
            "PATH": path,
            "PYTHONPATH": str(folder.parent / "says"),
            "RECORDED": json.dumps(host._asdict()),
            "ASKED": str(folder / "asked.json"),
        },
    }


@pytest.fixture(scope="module")
def roles(tmp_path_factory, collections):
    """The folder below which each host has one of its own, with told.json and asked.json."""
    root = tmp_path_factory.mktemp("hosts")
    (root / "says").mkdir()
    (root / "says" / "sitecustomize.py").write_text(SAYS)
    library = root / "library"
    library.mkdir()
    (library / "setup.py").write_text(SETUP)
    for name in {host.package_manager for host in HOSTS}:
        (library / f"{name}.py").write_text(MODULE.replace("__NAME__", repr(name)))
    own = {f"{host.name}-{host.machine}": variables(host, root / f"{host.name}-{host.machine}") for host in HOSTS}
    every = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "go_toolchain_version": "1.22.7",
        "go_toolchain_source": "download",
        "cross_cc_controller_cache": str(root / "cache"),
    }
    (root / "hosts.json").write_text(json.dumps({"all": {"hosts": own, "vars": every}}))
    (root / "playbook.yml").write_text(PLAYBOOK)
    (root / "ansible.cfg").write_text("[defaults]\nforks = 4\n")
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(root / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_LIBRARY": str(library),
        "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
    }
    command = ["ansible-playbook", "--check", "-i", str(root / "hosts.json"), str(root / "playbook.yml")]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture(params=HOSTS, ids=lambda host: f"{host.name}-{host.machine}")
def host(request):
    return request.param


def test_what_the_package_manager_is_asked_for(roles, host):
    asked = roles / f"{host.name}-{host.machine}" / "asked.json"
    names = sorted({*host.git, *(name for brought in host.packages.values() for name in brought["names"])})
    assert (json.loads(asked.read_text()) if asked.exists() else None) == ([host.package_manager, names] if names else None)


def test_the_compilers_that_are_there_or_come_with_zig(roles, host):
    folder = roles / f"{host.name}-{host.machine}"
    cc = json.loads((folder / "told.json").read_text())["cc"]
    # Of what packages would bring nothing is known before they are there.
    assert {target: cc.get(target) for target in host.there} == host.there
    for target in host.zig:
        assert cc[target].startswith(f"{folder}/root/cc/bin/zig-0.17.1-{target.replace('/', '-')}")


def test_the_toolchain_is_for_that_host(roles, host):
    assert json.loads((roles / f"{host.name}-{host.machine}" / "told.json").read_text())["platforms"] == [host.platform]


def test_check_mode_left_no_toolchain_and_no_compiler(roles, host):
    root = roles / f"{host.name}-{host.machine}" / "root"
    assert sorted(path.name for path in (*root.iterdir(), *(root / "cc").iterdir())) == ["cc", "proofs.json"]
    assert not (roles / "cache").exists()
