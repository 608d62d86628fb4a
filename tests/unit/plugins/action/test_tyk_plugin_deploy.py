# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which artifacts travel from the controller to a gateway host. The module itself runs for real in the integration tests."""

from __future__ import annotations

import json
import types

import pytest
from ansible_collections.goplugins.tyk.plugins.action.tyk_plugin_deploy import ActionModule
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse
from ansible_collections.goplugins.tyk.tests import attested


@pytest.fixture
def action(monkeypatch):
    """action(transport, answers, **arguments) -> (result, the arguments of each run of the module, what was sent)."""

    def run(transport, answers, **arguments):
        runs, sent = [], []

        class Recorded(ActionModule):
            def __init__(self):
                self._task = types.SimpleNamespace(args=arguments, async_val=0)
                self._connection = types.SimpleNamespace(transport=transport)

            def _execute(self, arguments, task_vars):
                runs.append(dict(arguments))
                return answers[len(runs) - 1]

            def _transfer(self, name, path):
                sent.append((name, path))
                return f"/remote/{name}"

        monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *arguments: {})
        return Recorded().run(task_vars={}), runs, sent

    return run


@pytest.fixture
def artifacts(tmp_path):
    record = {"target": "linux/amd64", "size": 3, "sha256": "1" * 64, "profile": {}}
    for name in ("auth", "other"):
        (tmp_path / f"{name}_v5.3.6_linux_amd64.so.json").write_text(json.dumps(record))
    return tmp_path


AUTH = [{"name": "auth"}]


def test_on_the_controller_itself_nothing_travels(action, artifacts):
    result, runs, sent = action("local", [{"changed": True}], plugins=AUTH, artifacts=str(artifacts))
    assert (result, runs, sent) == ({"changed": True}, [{"plugins": AUTH, "artifacts": str(artifacts)}], [])


def test_a_host_that_lacks_nothing_is_asked_once(action, artifacts):
    result, runs, sent = action("ssh", [{"changed": False}], plugins=AUTH, artifacts=str(artifacts))
    assert (result, sent, len(runs)) == ({"changed": False}, [], 1)
    assert [(one["name"], one["file"]) for one in runs[0]["candidates"]] == [("auth", f"{artifacts}/auth_v5.3.6_linux_amd64.so")]


def test_what_the_host_wants_travels_and_what_it_did_before_is_kept(action, artifacts):
    path = f"{artifacts}/auth_v5.3.6_linux_amd64.so"
    answers = [{"wants": {"auth": path}, "steps": ["went back"], "changed": True}, {"changed": False, "steps": []}]
    result, runs, sent = action("ssh", answers, plugins=AUTH, artifacts=str(artifacts))
    assert sent == [("auth.so", path)] and runs[1] == {**runs[0], "carried": {"auth": "/remote/auth.so"}}
    assert (result["changed"], result["steps"]) == (True, ["went back"])


@pytest.mark.parametrize("transport", ["local", "ssh"])
def test_what_nobody_signed_is_refused_and_keys_stay_here(action, tmp_path, transport):
    private, public = attested.write_keys(tmp_path)
    (tmp_path / "dist").mkdir()
    for name in ("auth_v5.3.6_linux_amd64.so", "auth_v5.8.5_linux_amd64.so"):
        path, record = attested.deliver(tmp_path / "dist", data=name.encode(), name=name)
        attestations.write(path, record, signer=dsse.signer(private, private))
    with open(f"{path}.json", "a", encoding="utf-8") as file:
        file.write(" ")
    _result, runs, _sent = action(transport, [{}], plugins=AUTH, artifacts=str(tmp_path / "dist"), signers=[public])
    assert "signers" not in runs[0]
    first, second = runs[0]["candidates"]
    assert first["refused"] == ""
    assert f"{path}.json is not what was signed" in second["refused"]


def test_signers_that_have_no_keys_refuse_everything(action, artifacts):
    result, runs, _sent = action("ssh", [], plugins=AUTH, artifacts=str(artifacts), signers=["/nowhere/key.pub"])
    assert result["failed"] and "/nowhere/key.pub" in result["msg"] and runs == []


def test_a_host_gets_no_file_but_an_artifact_of_a_plugin(action, artifacts):
    wanted = {"auth": "/etc/shadow", "other": f"{artifacts}/other_v5.3.6_linux_amd64.so"}
    _result, runs, sent = action("ssh", [{"wants": wanted}, {"failed": True}], plugins=AUTH, artifacts=str(artifacts))
    assert sent == [] and runs[1]["carried"] == {}


@pytest.mark.parametrize("arguments", [{"plugins": "auth", "artifacts": "dist"}, {"plugins": [{}], "artifacts": "dist"}, {"plugins": AUTH}])
def test_what_is_wrong_with_the_arguments_the_module_says(action, arguments):
    assert action("ssh", [{"failed": True}], **arguments)[1:] == ([arguments], [])


def test_a_folder_that_is_not_there_is_named(action, tmp_path):
    result, runs, _sent = action("ssh", [], plugins=AUTH, artifacts=str(tmp_path / "nowhere"))
    assert result["failed"] and f"{tmp_path}/nowhere" in result["msg"] and runs == []
