# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What travels from the controller to the host. The module itself runs for real in the integration tests and in molecule."""

from __future__ import annotations

import types

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.goplugins.tyk.plugins.action.go_workspace import ActionModule
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree


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
                runs.append({**arguments, "plugins": [dict(plugin) for plugin in arguments["plugins"]]})
                return answers[len(runs) - 1]

            def _transfer(self, tree, name):
                sent.append((name, tree.digest))
                return f"/remote/{name}.tar"

        monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *arguments: {})
        return Recorded().run(task_vars={}), runs, sent

    return run


@pytest.fixture
def source(tmp_path):
    (tmp_path / "main.go").write_text("package main\n")
    return tmp_path


def test_on_the_controller_itself_nothing_travels(action, source):
    result, runs, sent = action("local", [{"changed": True}], plugins=[{"name": "p", "source": str(source)}])
    assert (result, sent) == ({"changed": True}, [])
    assert runs == [{"plugins": [{"name": "p", "source": str(source)}]}]


def test_only_the_source_that_the_host_lacks_travels(action, source):
    there = {"name": "c", "source": "/there", "remote_src": True}
    plugins = [{"name": "a", "source": str(source)}, {"name": "b", "source": str(source)}, there]
    digest = read_tree(str(source)).digest
    result, runs, sent = action("ssh", [{"wants_sources": ["b"]}, {"changed": True}], plugins=plugins)
    assert (result, sent) == ({"changed": True}, [("b", digest)])
    asked = [{"name": name, "source": str(source), "source_digest": digest} for name in "ab"]
    assert runs[0]["plugins"] == [*asked, there]
    assert runs[1]["plugins"] == [asked[0], {**asked[1], "source": "/remote/b.tar"}, there]


def test_a_source_that_is_not_there_is_named_before_the_host_is_asked(action, tmp_path):
    with pytest.raises(AnsibleActionFail, match="nowhere"):
        action("ssh", [], plugins=[{"name": "p", "source": str(tmp_path / "nowhere")}])
