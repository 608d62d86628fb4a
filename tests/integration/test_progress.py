# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees of a long build, in a terminal and in a pipe, and what is left when they stop it.

A build takes as long as a test likes: its C compiler waits while a file is there.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time

import pytest

# For what comes sooner or later, on a busy machine too.
PATIENCE = 900

# Shows nothing but one JSON document at the end, as callbacks for programs do.
CALLBACK = """
from __future__ import annotations
DOCUMENTATION = '''
name: counting_json
type: stdout
short_description: One JSON document
description: One JSON document.
'''
import json
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "counting_json"
    def v2_playbook_on_stats(self, stats):
        self._display.display(json.dumps({"ok": stats.ok, "changed": stats.changed}))
"""


class Run:
    """ansible-playbook in a terminal or in a pipe. said: what it wrote so far; for a pipe, stderr is apart."""

    def __init__(self, folder, terminal, environment):
        command = ["ansible-playbook", "-i", str(folder / "inventory.json"), str(folder / "play.yml")]
        self._ends = {}
        self.said = {"out": "", "err": ""}
        if terminal:
            ours, theirs = os.openpty()
            # A session whose terminal it is: so Ctrl-C there becomes a signal to it.
            preparing = "import os, sys, fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
            command = [sys.executable, "-c", preparing, *command]
            self.process = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
            os.close(theirs)
            self.terminal = ours
            self._open = [os.fdopen(ours, "rb", buffering=0)]
            self._ends[ours] = "out"
        else:
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            self.process = subprocess.Popen(command, env=environment, **pipes)
            self._open = [self.process.stdout, self.process.stderr]
            self._ends = {self.process.stdout.fileno(): "out", self.process.stderr.fileno(): "err"}

    def until(self, *wanted):
        """Read until all of these were written, or without any to the end."""
        deadline = time.monotonic() + PATIENCE
        while self._ends and not (wanted and all(re.search(one, self.everything) for one in wanted)):
            assert time.monotonic() < deadline, self.everything
            for end in select.select(list(self._ends), [], [], 1)[0]:
                try:
                    data = os.read(end, 65536)
                except OSError:  # a terminal that nobody has open any more
                    data = b""
                if data:
                    self.said[self._ends[end]] += data.decode()
                else:
                    del self._ends[end]
        if not wanted:
            return self.process.wait(PATIENCE)
        assert all(re.search(one, self.everything) for one in wanted), self.everything
        return None

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        for end in self._open:
            end.close()

    @property
    def everything(self):
        return self.said["out"] + self.said["err"]


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory, workshop, examples, run_module):
    folder = tmp_path_factory.mktemp("workspaces")
    plugins = [{"name": "testplugin", "source": str(examples / "plugins" / "testplugin"), "remote_src": True}]
    common = {"gateway": str(workshop.checkout), "profile": workshop.profile, "goroot": str(workshop.goroot())}
    workshop.run("go_workspace", plugins=plugins, path=str(folder), **common)
    return folder


@pytest.fixture
def bench(tmp_path, workshop, workspaces):
    """Lays out a play that builds, and runs it."""

    class Bench:
        folder = tmp_path
        gate = tmp_path / "gate"
        output = tmp_path / "artifacts"

        def __init__(self):
            self.runs = []
            self.gate.touch()
            cc = tmp_path / "cc"
            # Which compiler it is, go may always ask.
            waiting = f"while test -e {self.gate}; do sleep 0.1; done"
            cc.write_text(f'#!/bin/sh\ncase " $* " in *" --version "*|*" -### "*) ;; *) {waiting} ;; esac\nexec gcc "$@"\n')
            cc.chmod(0o755)
            common = {"profile": workshop.profile, "goroot": str(workshop.goroot()), "cc": str(cc), "progress_interval": 0.5}
            plugins = [{"name": "testplugin", "hooks": {"AuthCheck": "auth_check"}}]
            self.plugin = {"plugins": plugins, "workspaces": str(workspaces), "output": str(self.output), **common}
            self.gateway = {"checkout": str(workshop.checkout), "path": str(tmp_path / "bin" / "tyk"), **common}

        def run(self, task, *hosts, terminal=False, environment=None, **keywords):
            local = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
            (tmp_path / "inventory.json").write_text(json.dumps({"all": {"hosts": dict.fromkeys(hosts, local)}}))
            play = {"hosts": "all", "gather_facts": False, "tasks": task, **keywords}
            (tmp_path / "play.yml").write_text(json.dumps([play]))
            told = {"ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"], "ANSIBLE_LOCALHOST_WARNING": "false", **(environment or {})}
            self.runs.append(Run(tmp_path, terminal, {**os.environ, **told}))
            return self.runs[-1]

        def processes(self):
            """The command lines of those that know of this test."""
            found = []
            for entry in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                except OSError:
                    continue
                if os.fsencode(tmp_path) in words and entry.name != str(os.getpid()):
                    found.append((entry / "cmdline").read_bytes())
            return found

    made = Bench()
    yield made
    made.gate.unlink(missing_ok=True)
    for run in made.runs:
        run.close()


def line(host, what, rest):
    return rf"(?m)^\[{host}\] {what} for linux/amd64: {rest}"


def test_several_hosts_are_seen_in_a_terminal_side_by_side(bench):
    """A plugin and a gateway at a time, each at its own pace."""
    tasks = [
        {"name": "Build", "goplugins.tyk.go_plugin_build": bench.plugin, "when": "inventory_hostname == 'b1'"},
        {"name": "Build", "goplugins.tyk.tyk_gateway_build": bench.gateway, "when": "inventory_hostname == 'b2'"},
    ]
    run = bench.run(tasks, "b1", "b2", terminal=True, strategy="free")
    run.until(line("b1", "plugin testplugin", r"\d+ of \d+ packages, \d+ s"), line("b2", "gateway v5.99.0", r"\d+ of \d+ packages, \d+ s"))
    bench.gate.unlink()
    assert run.until() == 0, run.everything
    artifact = bench.output / "testplugin_v5.99.0_linux_amd64.so"
    record = json.loads(pathlib.Path(f"{artifact}.json").read_text())
    assert "-v" not in record["command"] and "-v" not in record["inputs"]["command"]
    assert [path.name for path in bench.output.iterdir() if "goplugins-" in path.name] == []


def test_ctrl_c_ends_the_build_and_leaves_nothing(bench):
    run = bench.run([{"name": "Build", "goplugins.tyk.go_plugin_build": bench.plugin}], "b1", terminal=True)
    run.until(line("b1", "plugin testplugin", r"\d+ of \d+ packages"))
    os.write(run.terminal, b"\x03")
    assert run.until() != 0
    deadline = time.monotonic() + PATIENCE
    while bench.processes() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert bench.processes() == []
    assert [path.name for path in bench.output.iterdir()] == [".testplugin_v5.99.0_linux_amd64.so.lock"]


def test_in_a_pipe_results_and_progress_are_apart(bench):
    run = bench.run([{"name": "Build", "goplugins.tyk.go_plugin_build": bench.plugin}], "b1")
    one = line("b1", "plugin testplugin", r"\d+ .*")
    run.until(rf"{one}\n(?s:.*)^\[b1\]")
    bench.gate.unlink()
    assert run.until() == 0, run.everything
    assert "changed: [b1]" in run.said["out"] and " packages" not in run.said["out"]
    assert re.fullmatch(r"(?:\[b1\] [^\x1b\r\n]* for linux/amd64: [^\x1b\r\n]*\n)+", run.said["err"]), run.said["err"]


def test_a_callback_for_programs_stays_as_it_is(bench):
    (bench.folder / "counting_json.py").write_text(CALLBACK)
    environment = {"ANSIBLE_CALLBACK_PLUGINS": str(bench.folder), "ANSIBLE_STDOUT_CALLBACK": "counting_json"}
    task = {"name": "Build", "goplugins.tyk.tyk_gateway_build": {**bench.gateway, "progress_interval": 0.05}}
    run = bench.run([task], "b1", environment=environment)
    deadline = time.monotonic() + PATIENCE
    while not any(b"/go\0build" in words for words in bench.processes()) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    bench.gate.unlink()
    assert run.until() == 0
    assert json.loads(run.said["out"]) == {"ok": {"b1": 1}, "changed": {"b1": 1}}
    assert run.said["err"] == ""
