# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line of a build that takes its time, and who gets none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import types

import pytest
from ansible import constants
from ansible_collections.goplugins.tyk.plugins.plugin_utils import output, progress

STATE = {"what": "plugin auth", "target": "linux/arm64", "phase": "compile", "done": 312, "of": 840, "seconds": 72.3}
# For what comes at once, on a busy machine too.
PATIENCE = 60


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "312 of 840 packages, 1 min 12 s, about 2 min left"),
        ({"of": None}, "312 packages, 1 min 12 s"),
        ({"done": 3, "of": 840}, "3 of 840 packages, 1 min 12 s"),
        ({"done": 840}, "840 of 840 packages, 1 min 12 s"),
        ({"phase": "link", "done": 840}, "840 packages, linking, 1 min 12 s"),
        ({"phase": "link", "done": 0, "of": 0, "seconds": 9}, "linking, 9 s"),
        ({"done": 800, "seconds": 100}, "800 of 840 packages, 1 min 40 s, about 10 s left"),
        ({"done": 10, "of": 1000, "seconds": 7500}, "10 of 1000 packages, 2 h 5 min, about 206.2 h left"),
    ],
)
def test_a_line_says_what_where_and_how_far(changes, text):
    assert progress.line("b1", json.dumps({**STATE, **changes})) == f"[b1] plugin auth for linux/arm64: {text}"


@pytest.mark.parametrize("said", ["", "{", "[]", "3", json.dumps({"what": "x"}), json.dumps({**STATE, "done": "many"})])
def test_what_is_no_progress_is_no_line(said):
    assert progress.line("b1", said) == ""


def test_builds_side_by_side_have_a_line_each():
    """As head prints several files."""
    states = [json.dumps({**STATE, "what": f"plugin {name}"}) for name in ("auth", "stamp")]
    said = "\n".join(f"==> /out/.{number}/progress.1 <==\n{state}\n" for number, state in enumerate(states))
    first, second = progress.lines("b1", said)
    assert first.startswith("[b1] plugin auth for") and second.startswith("[b1] plugin stamp for")
    assert progress.lines("b1", states[0]) == [first]
    assert progress.lines("b1", "") == []


def test_a_terminal_obeys_nothing_of_a_line():
    text = progress.line("b\x1b1", json.dumps({**STATE, "what": "\x1b[2J\n" + 1000 * "x"}))
    assert text.isprintable() and len(text) < 500


def test_the_command_prints_the_file_of_that_build_and_nothing_else(tmp_path):
    folder = tmp_path / "it's $HERE"
    for name, token in ((".a.so.goplugins-abcdefgh", "1"), (".b.so.goplugins-abcdefgh", "2")):
        (folder / name).mkdir(parents=True)
        (folder / name / f"progress.{token}").write_text(token)

    def said(command, **more):
        return subprocess.run(["sh", "-c", command], check=False, capture_output=True, text=True, **more)

    assert said(progress.command(str(folder), "2")).stdout == "2"
    nothing = said(progress.command(str(folder), "3"))
    assert (nothing.stdout, nothing.stderr) == ("", "")
    assert said(progress.command("~/it's $HERE", "1"), env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}).stdout == "1"
    assert said(progress.command(".", "1"), cwd=folder).stdout == "1"
    assert said(progress.command("~$(touch x)", "1"), cwd=folder).stdout == "" and not (folder / "x").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("default", False),
        ("ansible.builtin.default", False),
        ("awx_display", False),
        ("ansible.posix.json", True),
        ("minimal", True),
        ("my_json", True),
    ],
)
def test_callbacks_for_programs_are_known(monkeypatch, name, expected):
    monkeypatch.setattr(constants, "DEFAULT_STDOUT_CALLBACK", name)
    assert output.is_for_programs() is expected


class Action(progress.BuildAction):
    """An action whose module takes as long as the test says, and whose host answers what it says."""

    MODULE = "m"
    run = None

    def __init__(self, module, answer, **task):
        values = {"check_mode": False, "async_val": 0, "no_log": False, "delegate_to": None}
        self._task = types.SimpleNamespace(**{**values, **task})
        self._connection = types.SimpleNamespace(transport="ssh", become=None)
        self.module, self.answer, self.ran, self.asked = module, answer, [], []

    def _execute_module(self, module_args, **more):
        self.ran.append((module_args, more["wrap_async"]))
        return self.module()

    def _low_level_execute_command(self, ask):
        self.asked.append((ask, self._connection))
        return {"stdout": self.answer()}


@pytest.fixture
def shown(monkeypatch):
    """(text, stderr) of each line; said: set with the third."""
    lines, said = [], threading.Event()

    class Display:
        def display(self, text, stderr):
            lines.append((text, stderr))
            if len(lines) == 3:
                said.set()

    monkeypatch.setattr(progress, "Display", Display)
    return types.SimpleNamespace(lines=lines, said=said)


def test_lines_come_on_stderr_while_the_module_runs_and_end_with_it(shown, monkeypatch):
    monkeypatch.setattr(progress, "_GROWTH", 1.0)
    action = Action(lambda: shown.said.wait(PATIENCE), lambda: json.dumps(STATE))
    before = threading.active_count()
    assert action._build({"progress_interval": 0.01}, "/out", {"inventory_hostname": "b1"}) is True
    assert set(shown.lines) == {("[b1] plugin auth for linux/arm64: 312 of 840 packages, 1 min 12 s, about 2 min left", True)}
    ((arguments, _async),) = action.ran
    token = arguments["progress_token"]
    assert token and all(token in ask for ask, _connection in action.asked)
    # What a connection knows of its running command, another must not change.
    assert all(connection is not action._connection for _ask, connection in action.asked)
    assert threading.active_count() == before


def test_a_build_that_ends_before_the_first_line_is_due_costs_no_command(shown):
    action = Action(lambda: "done", lambda: pytest.fail("asked"))
    assert action._build({"progress_interval": 3600}, "/out", {}) == "done"
    assert (action.asked, shown.lines) == ([], [])


def test_a_host_that_does_not_answer_is_asked_again_and_fails_nothing(shown, monkeypatch):
    monkeypatch.setattr(progress, "_GROWTH", 1.0)
    answers = iter([OSError("lost"), ValueError("what"), "", "no JSON"])

    def answer():
        told = next(answers, json.dumps(STATE))
        if isinstance(told, Exception):
            raise told
        return told

    action = Action(lambda: shown.said.wait(PATIENCE), answer)
    assert action._build({"progress_interval": 0.01}, "/out", {}) is True
    assert len(shown.lines) >= 3 and len(action.asked) >= 7


@pytest.mark.parametrize(
    ("arguments", "task"),
    [
        ({"progress": False}, {}),
        ({"progress": "no"}, {}),
        ({"progress": "what"}, {}),
        ({"progress_interval": 0}, {}),
        ({"progress_interval": "soon"}, {}),
        ({}, {"check_mode": True}),
        ({}, {"no_log": True}),
        ({}, {"async_val": 60}),
    ],
)
def test_who_gets_no_progress_runs_the_module_as_it_is(arguments, task):
    action = Action(lambda: "done", lambda: pytest.fail("asked"), **task)
    assert action._build(arguments, "/out", {}) == "done"
    assert action.ran == [(arguments, task.get("async_val", 0))]


def test_a_connection_that_may_carry_one_command_at_a_time_carries_one():
    action = Action(lambda: "done", lambda: pytest.fail("asked"))
    action._connection.transport = "psrp"
    assert action._build({}, "/out", {}) == "done" and action.ran == [({}, 0)]


def test_a_delegated_task_names_both_hosts():
    task = types.SimpleNamespace(delegate_to="b2")
    assert progress.host(task, {"inventory_hostname": "b1"}) == "b1 -> b2"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_is_not_ended_in_the_middle_of_a_line(monkeypatch, number):
    """Ansible's main process would wait for ever for the lock of the queue that the line goes through."""
    did, begun, over = [], threading.Event(), threading.Event()

    class Display:
        def display(self, text, stderr):
            did.append("line begins")
            begun.set()
            # What the signal does comes before this, if it does not wait.
            over.wait(0.5)
            did.append("line ends")

    def module():
        assert begun.wait(PATIENCE)
        os.kill(os.getpid(), number)
        over.set()
        return {}

    def ended(_number, _frame):
        did.append("worker ends")
        over.set()

    monkeypatch.setattr(progress, "Display", Display)
    before = signal.signal(number, ended)
    try:
        Action(module, lambda: json.dumps(STATE))._build({"progress_interval": 0.01}, "/x", {"inventory_hostname": "b1"})
        assert signal.getsignal(number) is ended
    finally:
        signal.signal(number, before)
    assert did[:3] == ["line begins", "line ends", "worker ends"]


def test_signals_are_left_to_the_thread_that_handles_them(shown):
    blocked = []

    def answer():
        blocked.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        return json.dumps(STATE)

    def module():
        assert shown.said.wait(PATIENCE)
        return {}

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    Action(module, answer)._build({"progress_interval": 0.01}, "/x", {"inventory_hostname": "b1"})
    assert blocked[0] >= {signal.SIGINT, signal.SIGTERM, signal.SIGALRM}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
