# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new plugin as a user starts it: created, tested by go, built and loaded, and never written over."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import SIGNATURES

# The embedded gateway has no analytics: a module of that path, with what a handler takes of it, is a member of the user's go.work.
PUMP = {
    "go.mod": "module github.com/TykTechnologies/tyk-pump\n\ngo 1.21\n",
    "analytics/analytics.go": "package analytics\n\ntype AnalyticsRecord struct {\n\tTags []string\n}\n",
}


@pytest.fixture(scope="module")
def playbook(tmp_path_factory, workshop):
    """run(name, folder, *words) -> (return code, output, number of changed tasks)."""
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"], "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
    common = {
        "ansible_python_interpreter": sys.executable,
        "tyk_workspace_root": str(tmp_path_factory.mktemp("root")),
        "go_toolchain_root": str(workshop.goroot().parent),
    }

    def run(name, folder, *words):
        given = [part for word in words for part in ([word] if word.startswith("-") else ["--extra-vars", word])]
        argv = ["ansible-playbook", f"goplugins.tyk.{name}", "--extra-vars", json.dumps(common), *given]
        done = subprocess.run(argv, cwd=folder, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        output = done.stdout + done.stderr
        changed = re.search(r"^localhost .*\bchanged=(\d+)", output, re.MULTILINE)
        return done.returncode, output, int(changed.group(1)) if changed else None

    return run


@pytest.fixture
def gateway(workshop):
    return f"{{tyk_gateway_version: release-5.99.0, tyk_gateway_repo: '{workshop.repository}'}}"


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_from_nothing_to_a_loaded_plugin(playbook, gateway, workshop, tmp_path):
    new = ("tyk_new_name=enrich", f"{{tyk_new_hooks: [{', '.join(SIGNATURES)}]}}", gateway)
    code, output, changed = playbook("new_plugin", tmp_path, *new)
    folder = tmp_path / "enrich"
    # The other change is the checkout of the gateway.
    assert (code, changed) == (0, 2) and f"{folder} is created." in output, output
    assert (folder / "enrich" / "go.mod").read_text() == "module example.com/enrich\n\ngo 1.22.7\n"

    for name, text in PUMP.items():
        (folder / "pump" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "pump" / name).write_text(text)
    go = workshop.goroot() / "bin" / "go"
    # So the standard library is the one that the gateway was built with, which is compiled.
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-trimpath", "GOROOT": str(workshop.goroot())}
    for words in (
        ["work", "init", "./enrich", "./pump", str(workshop.checkout)],
        ["vet", "./enrich"],
        ["test", "-v", "./enrich"],
    ):
        done = subprocess.run([go, *words], cwd=folder, env=environment, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^--- PASS: Test", done.stdout, re.MULTILINE)) == len(SIGNATURES)

    code, output, _changed = playbook("build_plugins", folder, "@plugins.yml")
    assert code == 0, output
    assert re.search(rf"^enrich +v5\.99\.0 +linux/\w+ +loads +yes +{folder}/dist/v5\.99\.0/", output, re.MULTILINE), output
    # Nothing that the build leaves in the folder is source.
    code, output, changed = playbook("build_plugins", folder, "@plugins.yml")
    assert (code, changed) == (0, 0), output

    hooks = folder / "enrich" / "hooks.go"
    hooks.write_text(hooks.read_text() + "\n// mine\n")
    before = files(folder)
    code, output, changed = playbook("new_plugin", tmp_path, *new)
    assert (code, changed) == (0, 0) and f"{folder} is there already, and nothing in it was changed." in output, output
    assert "A new plugin would have otherwise: enrich/hooks.go\n" in output, output
    assert files(folder) == before


def test_check_mode_shows_every_file_and_writes_none(playbook, tmp_path):
    code, output, changed = playbook("new_plugin", tmp_path, "tyk_new_name=enrich", "--check", "--diff")
    assert (code, changed) == (0, 1) and f"{tmp_path}/enrich would be created." in output, output
    assert "+func Pre(rw http.ResponseWriter, r *http.Request) {" in output and list(tmp_path.iterdir()) == []
    code, output, _changed = playbook("new_plugin", tmp_path, "tyk_new_name=enrich")
    assert code == 0 and "No gateway was named, so it is for Tyk v5.3.6" in output, output
    assert yaml.safe_load((tmp_path / "enrich" / "plugins.yml").read_text())["tyk_gateway_version"] == "v5.3.6"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{tyk_new_name: my plugin}", "the nearest name: my-plugin"),
        ("{tyk_new_name: enrich, tyk_new_module: enrich}", "tyk_new_module: 'enrich' cannot be the module path"),
        ("{tyk_new_name: enrich, tyk_new_hooks: [auth_chek]}", "Did you mean auth_check?"),
        ("{tyk_new_name: enrich, tyk_new_hooks: []}", "tyk_new_hooks: a plugin without a hook does nothing"),
        ("{tyk_new_name: enrich, tyk_new_path: .}", "is not empty, and has no enrich/go.mod"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(playbook, tmp_path, given, said):
    (tmp_path / "notes.txt").write_text("mine\n")
    code, output, _changed = playbook("new_plugin", tmp_path, given)
    assert code != 0 and said in output and "Traceback" not in output, output
    assert files(tmp_path) == {"notes.txt": b"mine\n"}


def test_a_password_gets_into_no_file_and_no_output(playbook, tmp_path):
    url = "https://ann:sw0rdfish@git.example.com/tyk.git"
    given = f"{{tyk_new_name: enrich, tyk_gateway_version: v5.3.6, tyk_gateway_repo: '{url}', tyk_gateway_go_version: 1.22.6}}"
    code, output, _changed = playbook("new_plugin", tmp_path, given, "-vvv")
    assert code == 0 and "Not in plugins.yml, as it has a password: tyk_gateway_repo." in output, output
    assert "sw0rdfish" not in output and not any(b"sw0rdfish" in data for data in files(tmp_path).values())
