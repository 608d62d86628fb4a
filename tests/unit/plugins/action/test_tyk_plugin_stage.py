# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What travels to a gateway host before its gateway is upgraded. The module itself runs for real in the integration tests."""

from __future__ import annotations

import json
import types

from ansible_collections.goplugins.tyk.plugins.action.tyk_plugin_stage import ActionModule


def run(monkeypatch, answers, **arguments):
    """(result, the arguments of each run of the module, what was sent)."""
    runs, sent = [], []

    class Recorded(ActionModule):
        def __init__(self):
            self._task = types.SimpleNamespace(args=arguments, async_val=0)
            self._connection = types.SimpleNamespace(transport="ssh")

        def _execute(self, arguments, task_vars):
            runs.append(dict(arguments))
            return answers[len(runs) - 1]

        def _transfer(self, name, path):
            sent.append((name, path))
            return f"/remote/{name}"

    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *arguments: {})
    return Recorded().run(task_vars={}), runs, sent


def test_the_binary_travels_first_and_then_what_it_takes(monkeypatch, tmp_path):
    path = tmp_path / "auth_v5.8.5_linux_amd64.so"
    (tmp_path / f"{path.name}.json").write_text(json.dumps({"target": "linux/amd64", "size": 3, "sha256": "1" * 64, "profile": {}}))
    answers = [{"wants_binary": True}, {"wants": {"auth": str(path)}}, {"ready": True}]
    given = {"plugins": [{"name": "auth"}], "artifacts": str(tmp_path), "binary": str(tmp_path / "tyk")}
    result, runs, sent = run(monkeypatch, answers, **given)
    assert result == {"ready": True} and sent == [("gateway", str(tmp_path / "tyk")), ("auth.so", str(path))]
    assert (runs[2]["binary_here"], runs[2]["carried"]) == ("/remote/gateway", {"auth": "/remote/auth.so"})


def test_a_host_gets_no_binary_that_nobody_named_and_is_not_asked_for_ever(monkeypatch, tmp_path):
    given = {"plugins": [{"name": "auth"}], "artifacts": str(tmp_path)}
    assert run(monkeypatch, [{"wants_binary": True}], **given)[2] == []
    answers = [{"wants_binary": True}] * 9
    _result, runs, _sent = run(monkeypatch, answers, **given, binary="/srv/tyk")
    assert len(runs) == 4
