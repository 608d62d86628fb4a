# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several build hosts: they divide the work, take over what a lost one had to do, and none compiles what another has compiled.

Each host is this machine with a folder of its own, behind an ssh that starts commands here, and that knows hosts which are gone. The C
compiler notes each plugin that is linked: a plugin that is built is linked once.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

SSH = """#!/bin/sh
for word; do host=$command; command=$word; done
test -e "{folder}/$host.gone" && exit 255
PATH="{folder}:$PATH" sh -c "$command"
code=$?
test -e "{folder}/$host.gone" && exit 255
exit $code
"""
# Links a plugin in the folder of its host. A host that is to be lost while it builds leaves with its first plugin.
CC = """#!/bin/sh
case "$*" in
*"-shared "*a.out.so*)
    for host in b1 b2 b3; do
        case "$PWD $*" in *"{folder}/$host/"*) ;; *) continue ;; esac
        echo "$host" >> "{folder}/linked"
        test -e "{folder}/$host.leaves" && : > "{folder}/$host.gone"
    done ;;
esac
exec {gcc} "$@"
"""
PLUGINS = [f"p{number}" for number in range(4)]


class Hosts:
    """folder: of everything; each host has one of its name in it. store: of artifacts; dist: what arrived on the controller."""

    def __init__(self, folder, workshop, examples, repository):
        self.folder, self.store, self.dist = folder, folder / "store", folder / "dist"
        # By its own name, so that what Go has compiled for other tests is as good for these.
        for name, text in (("ssh", SSH), ("gcc", CC)):
            (folder / name).write_text(text.format(folder=folder, gcc=shutil.which("gcc")))
            (folder / name).chmod(0o755)
        common = {
            "ansible_connection": "ssh",
            "ansible_ssh_executable": str(folder / "ssh"),
            "ansible_ssh_args": "",
            "ansible_ssh_transfer_method": "piped",
            "ansible_pipelining": True,
            "ansible_python_interpreter": sys.executable,
            # One Go for all of them, which is there.
            "go_toolchain_root": str(workshop.goroot().parent),
        }
        hosts = {host: {"tyk_workspace_root": str(folder / host)} for host in ("b1", "b2", "b3")}
        (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))
        self._variables = {
            "tyk_gateway_repo": f"file://{workshop.repository}",
            "tyk_gateway_version": "release-5.99.0",
            "tyk_artifacts": str(self.dist),
            "tyk_artifact_store": str(self.store),
            "tyk_controller_cache": str(folder / "cache"),
            "tyk_plugins": [{"name": name, "source": str(examples / "plugins" / "nomod"), "symbols": ["Stamp"]} for name in PLUGINS],
        }
        self._playbook = str(repository / "playbooks" / "build_plugins.yml")

    def run(self, *hosts):
        """(return code, output, for each plugin that was linked the host that did it)"""
        linked = self.folder / "linked"
        linked.write_text("")
        words = ["-i", str(self.folder / "inventory.json"), "-e", json.dumps({**self._variables, "tyk_build_hosts": ",".join(hosts)})]
        environment = {**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml"}
        done = subprocess.run(
            ["ansible-playbook", *words, self._playbook],
            env=environment,
            stdin=subprocess.DEVNULL,
            check=False,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr, linked.read_text().split()

    def digests(self):
        """Of what arrived."""
        return {path.name: json.loads(path.with_name(f"{path.name}.json").read_text())["sha256"] for path in self.dist.rglob("*.so")}


def rows(output):
    """From plugin to the host that built it, of those that load."""
    found = re.findall(r"^(b\d) +(p\d) +v5\.99\.0 +linux/amd64 +loads +yes +/", output, re.MULTILINE)
    assert len(found) == len({plugin for _host, plugin in found})
    return {plugin: host for host, plugin in found}


def changed(output, host):
    return int(re.search(rf"^{host} .*\bchanged=(\d+)", output, re.MULTILINE).group(1))


@pytest.fixture(scope="module")
def hosts(tmp_path_factory, workshop, examples, repository):
    return Hosts(tmp_path_factory.mktemp("hosts"), workshop, examples, repository)


@pytest.fixture(scope="module")
def first(hosts):
    """The first run of two hosts, one of which is lost while it builds."""
    (hosts.folder / "b2.leaves").touch()
    return hosts.run("b1", "b2")


def test_others_take_over_what_a_lost_host_had_to_build(hosts, first):
    code, output, linked = first
    assert code != 0 and rows(output) == dict.fromkeys(PLUGINS, "b1"), output
    assert re.search(r"^b2: .*the host was lost", output, re.MULTILINE), output
    assert sorted(name.partition("_")[0] for name in hosts.digests()) == PLUGINS
    # Its own two and those of the lost host, which nobody has heard of since it began.
    assert linked.count("b1") == 4 and linked.count("b2") in (1, 2)


def test_what_was_built_is_not_built_again(hosts, first):
    code, output, linked = hosts.run("b1")
    assert code == 0 and rows(output) == dict.fromkeys(PLUGINS, "b1"), output
    assert (linked, changed(output, "b1")) == ([], 0), output


def test_no_host_compiles_what_another_has_compiled(hosts, first):
    """A host that is new has nothing but the store, and what it takes is what arrived before; what is spoiled there it builds."""
    before = hosts.digests()
    spoiled = next(hosts.store.glob("*_p3_*.so"))
    good = spoiled.read_bytes()
    spoiled.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    code, output, linked = hosts.run("b3")
    assert code == 0 and rows(output) == dict.fromkeys(PLUGINS, "b3"), output
    assert linked == ["b3"], output
    assert "p3 for linux/amd64 is not taken from the store but built: the artifact is not the file that was built" in " ".join(
        output.split()
    )
    # Built again, it is the same, and so it is in the store.
    assert hosts.digests() == before and spoiled.read_bytes() == good
