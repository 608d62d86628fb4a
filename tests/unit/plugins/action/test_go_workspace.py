# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What travels from the controller to the host. The module itself runs for real in the integration tests and in molecule."""

from __future__ import annotations

import copy
import errno
import tempfile
import types

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.goplugins.tyk.plugins.action.go_workspace import ActionModule
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree


@pytest.fixture
def action(monkeypatch):
    """action(transport, answers, **arguments) -> (result, the arguments of each run of the module, what was sent)."""

    def run(transport, answers, transfer=None, **arguments):
        runs, sent = [], []

        class Recorded(ActionModule):
            def __init__(self):
                self._task = types.SimpleNamespace(args=arguments, async_val=0)
                shell = types.SimpleNamespace(tmpdir="/remote", join_path=lambda *parts: "/".join(parts))
                self._connection = types.SimpleNamespace(transport=transport, _shell=shell)

            def _execute(self, arguments, task_vars):
                runs.append(copy.deepcopy(arguments))
                answer = answers[len(runs) - 1]
                return answer() if callable(answer) else answer

            def _transfer(self, tree, name):
                if transfer:
                    return transfer(self, tree, name)
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
    assert runs[0] == {"plugins": plugins, "source_digests": {"a": digest, "b": digest}}
    assert runs[1] == {**runs[0], "source_archives": {"b": "/remote/b.tar"}}


def test_the_module_that_owns_the_folder_travels_with_it(action, source):
    """With what the plugin needs of it, and nothing else."""
    (source / "go.mod").write_text("module m\n")
    for name, text in {"p": 'package main\n\nimport _ "m/lib"\n', "lib": "package lib\n", "other": "package other\n"}.items():
        (source / name).mkdir()
        (source / name / f"{name}.go").write_text(text)
    answers = [{"wants_sources": ["a"]}, {"changed": True}]
    _result, runs, sent = action("ssh", answers, plugins=[{"name": "a", "source": str(source / "p")}])
    assert runs[0]["plugins"] == [{"name": "a", "source": str(source), "package": "p"}]
    before = sent[0][1]
    (source / "other" / "other.go").write_text("package other // changed\n")
    _result, _runs, sent = action("ssh", answers, plugins=[{"name": "a", "source": str(source / "p")}])
    assert sent[0][1] == before


def test_a_source_that_vanishes_before_it_travels_is_named(action, source):
    gone = f"cannot read {source}/main.go"

    def answer():
        (source / "main.go").unlink()
        return {"wants_sources": ["a"]}

    with pytest.raises(AnsibleActionFail, match=gone):
        action("ssh", [answer], transfer=ActionModule._transfer, plugins=[{"name": "a", "source": str(source)}])


@pytest.mark.parametrize("transport", ["ssh", "local"])
def test_a_plugin_in_git_is_not_looked_for_on_the_controller(action, transport):
    plugins = [{"name": "p", "source": "https://git.example.com/p.git", "version": "v1.0.0"}]
    _result, runs, sent = action(transport, [{"changed": True}], plugins=plugins)
    assert (runs[0]["plugins"], runs[0].get("source_digests", {}), sent) == (plugins, {}, [])


def test_a_folder_is_found_from_where_the_play_was_started_and_in_the_home(action, source, monkeypatch):
    monkeypatch.chdir(source.parent)
    monkeypatch.setenv("HOME", str(source.parent))
    plugins = [{"name": "a", "source": source.name}, {"name": "b", "source": f"~/{source.name}"}]
    for transport in ("ssh", "local"):
        _result, runs, _sent = action(transport, [{"changed": True}], plugins=plugins)
        assert [plugin["source"] for plugin in runs[0]["plugins"]] == [str(source)] * 2


def test_a_source_that_is_not_there_is_named_before_the_host_is_asked(action, tmp_path):
    result, runs, _sent = action("ssh", [], plugins=[{"name": "p", "source": str(tmp_path / "nowhere")}])
    assert result["failed"] and "nowhere" in result["msg"] and "Fix: ls -ld" in result["msg"] and not runs
    assert [failure["name"] for failure in result["failures"]] == ["p"]


def test_a_source_that_is_not_there_keeps_no_other_from_its_workspace_where_the_task_keeps_going(action, source, tmp_path):
    plugins = [{"name": "lost", "source": str(tmp_path / "nowhere")}, {"name": "found", "source": str(source)}]
    other = {"name": "found", "message": "no main package", "fix": []}
    result, runs, _sent = action("ssh", [{"changed": False, "failures": [other]}], plugins=plugins, keep_going=True)
    assert [plugin["name"] for plugin in runs[0]["plugins"]] == ["found"]
    assert "failed" not in result and [failure["name"] for failure in result["failures"]] == ["lost", "found"]


@pytest.mark.parametrize("plugins", ["p", [{"source": "x"}], [3]])
def test_what_is_no_list_of_plugins_is_left_for_the_module_to_refuse(action, plugins):
    result, runs, _sent = action("ssh", [{"failed": True}], plugins=plugins)
    assert (result, runs) == ({"failed": True}, [{"plugins": plugins}])


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied", "/s"), UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), MemoryError()]
)
def test_whatever_keeps_a_source_from_being_read_is_a_failure_of_that_plugin(action, monkeypatch, source, error):
    def read(*_words, **_more):
        raise error

    monkeypatch.setattr("ansible_collections.goplugins.tyk.plugins.action.go_workspace.read_source", read)
    result, _runs, _sent = action("ssh", [], plugins=[{"name": "p", "source": str(source)}])
    assert result["failed"] and [failure["name"] for failure in result["failures"]] == ["p"]


def test_a_controller_without_room_for_the_archive_says_so(monkeypatch, source, tmp_path):
    def full(_tree, path):
        raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr("ansible_collections.goplugins.tyk.plugins.action.go_workspace.pack_tree", full)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    class Sending(ActionModule):
        def __init__(self):
            shell = types.SimpleNamespace(tmpdir="/remote", join_path=lambda *parts: "/".join(parts))
            self._connection = types.SimpleNamespace(_shell=shell)

    with pytest.raises(AnsibleActionFail, match=r"No space left on device\nFix: df -h "):
        Sending()._transfer(read_tree(str(source)), "p")
