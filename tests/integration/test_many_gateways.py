# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run for several gateways: by their versions, and by what runs on the hosts of a fleet."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def fleet(tmp_path_factory, workshop, examples, repository):
    """run(hosts, **variables) -> (return code, output); with a repository that has a second release."""
    folder = tmp_path_factory.mktemp("fleet")
    releases = folder / "repository"
    shutil.copytree(workshop.repository, releases, symlinks=True)

    def git(*words):
        identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        return subprocess.run(["git", "-C", str(releases), *identity, *words], check=True, capture_output=True, text=True).stdout.strip()

    git("tag", "v5.99.1", git("commit-tree", "release-5.99.0^{tree}", "-p", "release-5.99.0", "-m", "Another release"))

    class Fleet:
        repository = releases
        root = folder / "root"
        dist = folder / "dist"

        def run(self, hosts=None, *arguments, **variables):
            local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
            inventory = {
                "all": {"hosts": {"localhost": local}, "vars": {"tyk_gateway_repo": f"file://{releases}"}},
                "gateways": {"hosts": {name: {**local, "tyk_gateway_binary": binary} for name, binary in (hosts or {}).items()}},
            }
            (folder / "inventory.json").write_text(json.dumps(inventory))
            usual = {
                "tyk_workspace_root": str(self.root),
                "tyk_artifacts": str(self.dist),
                "tyk_controller_cache": str(folder / "cache"),
                "go_toolchain_root": str(workshop.goroot().parent),
                "tyk_plugins": [{"name": "nomod", "source": str(examples / "plugins" / "nomod"), "symbols": ["Stamp"]}],
            }
            command = ["ansible-playbook", "-i", str(folder / "inventory.json"), "-e", json.dumps({**usual, **variables}), *arguments]
            environment = {
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"],
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
                "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
            }
            command.append(str(repository / "playbooks" / "build_plugins.yml"))
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        def artifacts(self):
            return sorted(str(path.relative_to(self.dist)) for path in self.dist.rglob("*.so"))

    return Fleet()


def changed(output, host="localhost"):
    return int(re.search(rf"^{host} .*\bchanged=(\d+)", output, re.MULTILINE).group(1))


def loaded(output):
    """The gateways that loaded the plugin, of the closing table."""
    return re.findall(r"^nomod +(\S+)(?: for \S.*?)? +linux/amd64 +loads +yes +/", output, re.MULTILINE)


def test_several_versions_in_one_run(fleet):
    wanted = {"tyk_gateways": [{"version": "release-5.99.0"}, {"version": "v5.99.1"}]}
    code, output = fleet.run(**wanted)
    assert code == 0, output
    assert fleet.artifacts() == ["v5.99.0/nomod_v5.99.0_linux_amd64.so", "v5.99.1/nomod_v5.99.1_linux_amd64.so"]
    assert loaded(output) == ["v5.99.0", "v5.99.1"], output
    code, output = fleet.run(**wanted)
    assert (code, changed(output)) == (0, 0), output


@pytest.mark.full
def test_left_overs_on_the_command_line_change_no_gateway(fleet, tmp_path):
    """A file of variables of another run names a release, a repository and a Go of its own."""
    left_over = {
        "tyk_gateway_version": "v5.97.0",
        "tyk_gateway_go_version": "1.19",
        "tyk_gateway_tags": ["other"],
        "tyk_gateway_name": "other",
    }
    entries = [
        {"version": "release-5.99.0", "repo": f"file://{fleet.repository}"},
        {"version": "v5.99.1", "repo": f"file://{fleet.repository}"},
    ]
    code, output = fleet.run(**left_over, tyk_gateway_repo="/nowhere", tyk_gateways=entries, tyk_artifacts=str(tmp_path))
    assert code == 0 and loaded(output) == ["v5.99.0", "v5.99.1"], output
    for name in ("tyk_gateway_version", "tyk_gateway_go_version", "tyk_gateway_tags"):
        assert f"{name} is not used: tyk_gateways names the gateways." in " ".join(output.split()), output


def test_what_is_to_be_provisioned_is_not_built_for(fleet):
    """One inventory may name the gateway of the build and those of provisioning."""
    code, output = fleet.run(tyk_gateway_version="v5.99.1", tyk_gateway_versions=["v5.97.0"])
    assert code == 0 and loaded(output) == ["v5.99.1"], output
    assert "build_plugins does not use tyk_gateway_versions." in " ".join(output.split()), output


def test_a_gateway_that_cannot_be_had_stops_no_other(fleet):
    code, output = fleet.run(tyk_gateways=[{"version": "v5.97.0"}, {"version": "v5.99.1"}])
    assert code != 0 and loaded(output) == ["v5.99.1"], output
    assert re.search(r"^nomod v5\.97\.0: .*has no tag, branch or commit v5\.97\.0", output, re.MULTILINE), output


@pytest.mark.full
def test_one_build_for_each_distinct_gateway_of_a_fleet(fleet, workshop, tmp_path):
    newer = fleet.root / "gateways" / "v5.99.1" / "tyk"
    assert newer.exists()
    hosts = {"gw1": workshop.gateway, "gw2": str(newer), "gw3": workshop.gateway}
    shutil.rmtree(fleet.dist)
    # A release that is left over on the command line names none of them.
    code, output = fleet.run(hosts, tyk_gateway_hosts="gateways", tyk_gateway_version="v5.97.0")
    assert code == 0, output
    assert loaded(output) == ["v5.99.0", "v5.99.1"], output
    assert re.search(r"for gw1, gw3\b", output) and re.search(r"for gw2\b", output), output
    assert len(fleet.artifacts()) == 2
    assert all(changed(output, host) == 0 for host in hosts)
    code, output = fleet.run(hosts, tyk_gateway_hosts="gateways")
    assert (code, changed(output)) == (0, 0), output


@pytest.mark.full
def test_limits_and_hosts_that_do_not_answer(fleet, workshop, tmp_path):
    """Gateways are read although C(--limit) leaves their hosts out; one that is not there is named, and stops no other."""
    hosts = {"gw1": workshop.gateway, "gw2": str(tmp_path / "nothing")}
    code, output = fleet.run(hosts, "--limit=localhost", tyk_gateway_hosts="gateways")
    assert code != 0 and loaded(output) == ["v5.99.0"], output
    assert re.search(r"^nomod gw2: .*/nothing", output, re.MULTILINE), output
    code, output = fleet.run(hosts, "--limit=localhost,gw1", tyk_gateway_hosts="gateways")
    assert code == 0 and loaded(output) == ["v5.99.0"], output
    code, output = fleet.run(hosts, "--limit=gw1", tyk_gateway_hosts="gateways")
    assert code != 0 and "--limit gw1 leaves none of localhost" in " ".join(output.split()), output


@pytest.mark.full
def test_a_binary_on_the_controller(fleet, workshop):
    wanted = {"tyk_gateway_binary": workshop.gateway, "tyk_gateway_binary_on": "controller", "tyk_gateway_version": "release-5.99.0"}
    code, output = fleet.run(**wanted)
    assert code == 0, output
    assert loaded(output) == ["v5.99.0"], output
    assert (fleet.root / "gateways" / "binaries" / "controller" / "tyk").exists()
    code, output = fleet.run(**wanted)
    assert (code, changed(output)) == (0, 0), output


def test_a_binary_alone_gives_the_same_bytes_as_version_and_checkout(fleet, tmp_path):
    gateway = tmp_path / "of-version" / "gateways" / "v5.99.1" / "tyk"
    wanted = {"of-version": {"tyk_gateway_version": "v5.99.1"}, "of-binary": {"tyk_gateway_binary": str(gateway)}}
    made = []
    for name, variables in wanted.items():
        places = {"tyk_workspace_root": str(tmp_path / name), "tyk_artifacts": str(tmp_path / name / "dist")}
        code, output = fleet.run(**variables, **places)
        assert code == 0, output
        (artifact,) = (tmp_path / name / "dist").rglob("*.so")
        made.append((artifact.name, artifact.read_bytes()))
    assert made[0] == made[1]
