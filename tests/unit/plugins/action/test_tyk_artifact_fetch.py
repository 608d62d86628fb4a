# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts come to the controller whole, or what is there stays."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import types

import pytest
from ansible.errors import AnsibleError
from ansible_collections.goplugins.tyk.plugins.action.tyk_artifact_fetch import ActionModule

NAME = "auth_v5.99.0_linux_amd64.so"


@pytest.fixture
def places(tmp_path):
    """host, controller: folders."""
    (tmp_path / "host").mkdir()
    return types.SimpleNamespace(host=tmp_path / "host", controller=tmp_path / "dist" / "v5.99.0")


@pytest.fixture
def run(monkeypatch):
    """run(folder, artifacts, check_mode, become): the result. bring: what a connection does with (path on the host, path here)."""

    def start(folder, artifacts, check_mode=False, become=None, bring=shutil.copyfile):
        class Bare(ActionModule):
            def __init__(self):
                self._task = types.SimpleNamespace(check_mode=check_mode)
                self._connection = types.SimpleNamespace(become=become, fetch_file=bring)

            def validate_argument_spec(self, argument_spec):
                return None, {"artifacts": artifacts, "folder": str(folder)}

            def _execute_module(self, module_name, module_args, task_vars):
                assert module_name == "ansible.legacy.slurp"
                with open(module_args["src"], "rb") as file:
                    return {"content": base64.b64encode(file.read()).decode(), "encoding": "base64"}

        monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *arguments: {})
        return Bare().run(task_vars={})

    return start


def built(folder, content=b"new", name=NAME):
    """An artifact of a build host, as go_plugin_build returns it."""
    artifact = folder / name
    artifact.write_bytes(content)
    record = json.dumps({"sha256": hashlib.sha256(content).hexdigest()}).encode()
    (folder / f"{name}.json").write_bytes(record)
    return {"artifact": str(artifact), "record_sha256": hashlib.sha256(record).hexdigest()}


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


@pytest.mark.parametrize("become", [None, "sudo"])
def test_what_is_missing_is_copied_once(run, places, become):
    artifacts = [built(places.host), built(places.host, b"two", "two_v5.99.0_linux_amd64.so")]
    expected = [str(places.controller / os.path.basename(one["artifact"])) for one in artifacts]
    assert run(places.controller, artifacts, check_mode=True) == {"changed": True, "fetched": expected}
    assert content(places.controller) == {}
    assert run(places.controller, artifacts, become=become) == {"changed": True, "fetched": expected}
    assert content(places.controller) == content(places.host)
    assert {path.stat().st_mode & 0o777 for path in places.controller.iterdir()} == {0o644}
    assert run(places.controller, artifacts, become=become) == {"changed": False, "fetched": []}


def cut(source, path):
    with open(source, "rb") as there, open(path, "wb") as here:
        here.write(there.read()[:-1])


def lost(source, path):
    raise AnsibleError("no space left")


@pytest.mark.parametrize(
    ("bring", "said"),
    [(cut, "is not what was built there"), (lost, "cannot be copied to the controller: no space left")],
)
def test_what_does_not_arrive_whole_changes_nothing(run, places, bring, said):
    run(places.controller, [built(places.host, b"old")])
    before = content(places.controller)
    result = run(places.controller, [built(places.host)], bring=bring)
    assert result["failed"] and said in result["msg"]
    assert content(places.controller) == before


def test_an_artifact_that_is_not_that_of_its_record_does_not_arrive(run, places):
    one = built(places.host)
    (places.host / NAME).write_bytes(b"another")
    result = run(places.controller, [one])
    assert result["failed"] and "run again" in result["msg"] and content(places.controller) == {}


def test_what_a_killed_run_left_goes_away_unless_another_run_copies(run, places):
    run(places.controller, [built(places.host)])
    (places.controller / ".unfinished.goplugins-abcdefgh").mkdir()
    three = built(places.host, b"three", "three_v5.99.0_linux_amd64.so")

    def beside(source, path):
        """Another run, which is not the first to come."""
        other = places.controller / ".unfinished.goplugins-othersxx"
        other.mkdir(exist_ok=True)
        run(places.controller, [three])
        assert other.exists()
        other.rmdir()
        shutil.copyfile(source, path)

    run(places.controller, [built(places.host, b"newer")], bring=beside)
    assert content(places.controller) == content(places.host)
