# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as users get it: installed from its archive, away from this repository, its playbooks called by their full names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml


@pytest.fixture(scope="module")
def installed(repository, workshop, examples, tmp_path_factory):
    """A folder with the installed collection, a plugin and plugins.yml; run(*words) -> (return code, output) runs ansible-playbook there."""
    folder = tmp_path_factory.mktemp("installed")
    listed = subprocess.run(
        ["git", "-C", str(repository), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (repository / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, folder / "source" / name)
    # Nothing of this repository and its settings is in the environment; HOME is an empty one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "PYTHON"))}
    environment.update(HOME=str(folder / "home"), ANSIBLE_COLLECTIONS_PATH=str(folder / "collections"))
    (folder / "home").mkdir()
    go = {name: subprocess.check_output(["go", "env", name], text=True).strip() for name in ("GOMODCACHE", "GOCACHE", "GOPROXY")}
    environment.update(go)

    def run(*words):
        done = subprocess.run(words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    for words in (
        ["build", str(folder / "source"), "--output-path", str(folder)],
        ["install", "--offline", "--collections-path", str(folder / "collections"), str(folder / "goplugins-tyk-0.1.0.tar.gz")],
    ):
        code, output = run("ansible-galaxy", "collection", *words)
        assert code == 0, output
    shutil.rmtree(folder / "source")
    shutil.copytree(examples / "plugins" / "nomod", folder / "enrich")
    variables = {
        "tyk_gateway_version": "v5.99.0",
        "tyk_gateway_repo": str(workshop.repository),
        "tyk_plugins": [{"name": "enrich", "source": "enrich", "symbols": ["Stamp"]}],
        "tyk_workspace_root": str(folder / "root"),
        "go_toolchain_root": str(workshop.goroot().parent),
        "ansible_python_interpreter": sys.executable,
    }
    (folder / "plugins.yml").write_text(yaml.safe_dump(variables))
    run.folder = folder
    return run


def test_build(installed):
    code, output = installed("ansible-playbook", "goplugins.tyk.build_plugins", "-e", "@plugins.yml")
    assert code == 0, output
    assert re.search(r"^enrich +v5\.99\.0 +linux/\w+ +loads +yes +\S+/dist/v5\.99\.0/enrich_v5\.99\.0_\w+\.so$", output, re.MULTILINE), output
    assert len(list((installed.folder / "dist" / "v5.99.0").glob("*.so"))) == 1
    code, output = installed("ansible-playbook", "goplugins.tyk.build_plugins", "-e", "@plugins.yml")
    assert code == 0 and re.search(r"^localhost .*changed=0 ", output, re.MULTILINE), output


def test_what_does_not_build_ends_with_lines_and_not_with_one_escaped_text(installed):
    """With the default callback of an installation, on every version of Ansible."""
    broken = installed.folder / "enrich" / "broken.go"
    broken.write_text('package main\n\nvar x int = "text"\nvar y int = "text"\n')
    try:
        code, output = installed("ansible-playbook", "goplugins.tyk.build_plugins", "-e", "@plugins.yml")
    finally:
        broken.unlink()
    assert code != 0, output
    assert re.search(r"^enrich v5\.99\.0 linux/\w+: .*does not build", output, re.MULTILINE), output
    for line in (3, 4):
        assert re.search(rf"^ +\S*broken\.go:{line}:13: cannot use ", output, re.MULTILINE), output
    assert "\\n" not in output.partition("PLAY [Report]")[2], output


def test_verify(installed, workshop):
    (artifact,) = (installed.folder / "dist" / "v5.99.0").glob("*.so")
    words = ["-i", "localhost,", "-c", "local", "-e", f"tyk_gateway_binary={workshop.gateway}", "-e", f"ansible_python_interpreter={sys.executable}"]
    folders = '{"tyk_plugin_folders": ["%s"]}' % artifact.parent
    code, output = installed("ansible-playbook", "goplugins.tyk.verify_plugins", *words, "-e", folders)
    assert code == 0 and "loads" in output, output


def test_provision(installed):
    words = ["-i", "localhost,", "-c", "local", "-e", "@plugins.yml"]
    code, output = installed("ansible-playbook", "goplugins.tyk.provision_build_hosts", *words)
    assert code == 0 and re.search(r"^(host +)?(localhost +)?ready", output, re.MULTILINE), output
