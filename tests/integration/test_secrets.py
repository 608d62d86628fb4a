# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run of build_plugins with a secret in every variable that can hold one: neither what Ansible prints with -vvv nor any file has it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

# Each is found by its first word, whatever encodes the rest.
PLANTED = {
    name: f"PLANTED{number:02d}x9%2Fy"
    for number, name in enumerate(("repo", "source", "proxy", "sumdb", "http", "url", "goproxy", "token", "store", "seeds"))
}


def variables(workshop, examples, folder, goproxy):
    """Variables with which the run gets as far as each of them is used; nobody listens at port 9."""
    return {
        "ansible_python_interpreter": sys.executable,
        "tyk_workspace_root": str(folder / "root"),
        "tyk_artifacts": str(folder / "dist"),
        "tyk_artifact_store": f"http://u:{PLANTED['store']}@127.0.0.1:9/store",
        "tyk_seeds": f"http://u:{PLANTED['seeds']}@127.0.0.1:9/seeds",
        "tyk_controller_cache": str(folder / "cache"),
        "tyk_plugins": [
            {"name": "nomod", "source": str(examples / "plugins" / "nomod"), "symbols": ["Stamp"]},
            {"name": "away", "source": f"http://u:{PLANTED['source']}@127.0.0.1:9/away.git", "version": "v1.0.0"},
        ],
        "tyk_go_environment": {
            "GOPROXY": f"http://u:{PLANTED['proxy']}@127.0.0.1:9/|{goproxy}",
            "GONOSUMDB": f"u:{PLANTED['sumdb']}@host/x",
            "ftp_proxy": f"http://u:{PLANTED['http']}@127.0.0.1:9",
            "BUILDER_TOKEN": PLANTED["token"],
        },
        "tyk_gateways": [
            {"version": "release-5.99.0", "repo": f"file://{workshop.repository}"},
            {"version": "v1.2.3", "repo": f"http://u:{PLANTED['repo']}@127.0.0.1:9/tyk.git"},
        ],
        "tyk_gateway_repo": f"http://u:{PLANTED['repo']}@127.0.0.1:9/tyk.git",
        "go_toolchain_download_url": f"http://u:{PLANTED['url']}@127.0.0.1:9/dl",
        "go_toolchain_goproxy": f"http://u:{PLANTED['goproxy']}@127.0.0.1:9/|{goproxy}",
    }


@pytest.fixture(scope="module")
def job(tmp_path_factory, workshop, examples, repository, collections, go):
    """(folder, output)"""

    def ask(name):
        return subprocess.run([go, "env", name], check=True, capture_output=True, text=True).stdout.strip()

    folder = tmp_path_factory.mktemp("job")
    given = folder / "vars.json"
    given.write_text(json.dumps(variables(workshop, examples, folder, ask("GOPROXY"))))
    command = ["ansible-playbook", "-vvv", "--diff", "--inventory", "localhost,", "--connection", "local", "--extra-vars", f"@{given}"]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
    # Compilers are told nothing of where things come from, and their cache is all that is not new.
    environment |= {"ANSIBLE_LOG_PATH": str(folder / "ansible.log"), "GOFLAGS": "-modcacherw", "GOCACHE": ask("GOCACHE")}
    (folder / "tmp").mkdir()
    playbook = str(repository / "playbooks" / "build_plugins.yml")
    done = subprocess.run([*command, playbook], env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
    given.unlink()
    shutil.rmtree(folder / "tmp")
    return folder, done.stdout + done.stderr


def test_a_variable_that_is_refused_is_quoted_without_its_secret(repository, collections):
    wrong = {"tyk_go_environment": "GOPROXY=https://u:PLANTED99@h", "tyk_plugin_targets": "https://u:PLANTED99@h\x1b[2J"}
    command = ["ansible-playbook", "-vvv", "--inventory", "localhost,", "--connection", "local", "--extra-vars", json.dumps(wrong)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    playbook = str(repository / "playbooks" / "build_plugins.yml")
    done = subprocess.run([*command, playbook], env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
    output = done.stdout + done.stderr
    assert done.returncode != 0 and "tyk_go_environment is a text; it must be a dictionary" in output
    assert "tyk_plugin_targets is the text 'https://***@h" in output
    assert places(output, "PLANTED99") == [] and "\x1b" not in output


def places(text, word):
    """The lines of a text that have a word."""
    return [line[:300] for line in text.splitlines() if word in line]


def test_the_run_came_to_where_the_secrets_are_used(job):
    """One plugin was built through the proxies; what cannot be reached is named, without the password."""
    _folder, output = job
    assert "nomod_v5.99.0_linux_amd64.so" in output, output
    assert "http://***@127.0.0.1:9/away.git" in output and "http://***@127.0.0.1:9/tyk.git" in output
    assert "http://127.0.0.1:9/store/" in output and "http://127.0.0.1:9/seeds/" in output
    assert "Using module_utils" in output or "ESTABLISH LOCAL CONNECTION" in output


@pytest.mark.parametrize("name", PLANTED)
def test_ansible_prints_no_secret(job, name):
    assert places(job[1], PLANTED[name].partition("%")[0]) == []


@pytest.fixture(scope="module")
def leaks(job):
    """From each secret to the files that have it. A job leaves a toolchain, so all are looked for in one reading."""
    words = {name: word.partition("%")[0].encode() for name, word in PLANTED.items()}
    found = {name: [] for name in PLANTED}
    for root, _folders, files in os.walk(job[0]):
        for file in files:
            path = pathlib.Path(root, file)
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                # All words begin alike.
                if b"PLANTED" in content:
                    for name, word in words.items():
                        found[name] += [str(path)] if word in content else []
    return found


@pytest.mark.parametrize("name", PLANTED)
def test_no_file_has_a_secret(leaks, name):
    assert leaks[name] == []
