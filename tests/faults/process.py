# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules as processes that are watched and killed: what they answer, how much memory they take, and what they leave running."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import typing as t

COLLECTION = "ansible_collections.goplugins.tyk.plugins.modules"
# No module needs more, whatever it is given. Bytes.
MOST_MEMORY = 256_000_000
_PR_SET_CHILD_SUBREAPER = 36

# Runs a module as Ansible does, and writes its peak of memory (kB) to a file at its end.
_HARNESS = """
import atexit, re, runpy, sys
name, arguments, peak = sys.argv[1:]
def note():
    with open("/proc/self/status") as status, open(peak, "w") as file:
        file.write(re.search(r"VmHWM:\\s*(\\d+) kB", status.read()).group(1))
atexit.register(note)
sys.argv = [name, arguments]
runpy.run_module(name, run_name="__main__")
"""


class Ended(t.NamedTuple):
    """How a module ended. result: its answer, None where that is no JSON; memory: its peak in bytes, 0 where it was killed."""

    rc: int
    result: dict[str, t.Any] | None
    memory: int
    seconds: float
    output: str

    @property
    def answers(self) -> bool:
        """It answered as a module does, without a traceback, within its memory."""
        return self.result is not None and "Traceback" not in self.output and self.memory <= MOST_MEMORY

    @property
    def succeeds(self) -> bool:
        return self.answers and not (self.result or {}).get("failed")

    @property
    def explains(self) -> bool:
        """It failed, and said what is wrong."""
        return self.answers and bool((self.result or {}).get("failed")) and len((self.result or {}).get("msg", "")) > 10


def adopt_orphans() -> None:
    """Become the parent of whatever the modules leave running, so that none of it is overlooked (Linux)."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def start(module: str, options: t.Mapping[str, t.Any], folder: pathlib.Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a module. folder: for its arguments, its output and its temporary files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    (folder / "peak").unlink(missing_ok=True)
    (folder / "arguments.json").write_text(json.dumps({"ANSIBLE_MODULE_ARGS": dict(options)}))
    with (folder / "out").open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-c", _HARNESS, f"{COLLECTION}.{module}", str(folder / "arguments.json"), str(folder / "peak")],
            env={**os.environ, "TMPDIR": str(folder / "tmp"), **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes], folder: pathlib.Path, started: float, timeout: float = 600) -> Ended:
    """Wait for a module that C(start) started in C(folder)."""
    try:
        rc = process.wait(timeout)
    except subprocess.TimeoutExpired:
        kill_all()
        rc = process.wait()
    seconds = time.monotonic() - started
    output = (folder / "out").read_bytes().decode("utf-8", "replace")
    result = None
    with contextlib.suppress(ValueError):
        result = json.loads(output)
    peak = folder / "peak"
    memory = int(peak.read_text() or 0) * 1000 if peak.exists() else 0
    return Ended(rc, result if isinstance(result, dict) else None, memory, seconds, output)


def run(module: str, options: t.Mapping[str, t.Any], folder: pathlib.Path, timeout: float = 600, **environment: str) -> Ended:
    """Run a module to its end; after C(timeout) seconds it is killed."""
    started = time.monotonic()
    return end(start(module, options, folder, **environment), folder, started, timeout)


def descendants() -> list[int]:
    """The living processes that this one or its children started, orphans included. Dead orphans are buried on the way."""
    children: dict[int, list[int]] = {}
    dead = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # pid (name) state ppid ...; the name may hold blanks and parentheses.
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                (dead if state == "Z" else children.setdefault(int(parent), [])).append(int(entry.name))
    found, new = [], [os.getpid()]
    while new:
        new = [child for parent in new for child in children.get(parent, [])]
        found += new
    for pid in dead:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return found


def kill_all() -> None:
    """End everything at once, as a power cut does: nobody has time to react to the end of another."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in descendants():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def left_running(patience: float) -> list[str]:
    """The commands that still run after C(patience) seconds at most; they are killed then."""
    until = time.monotonic() + patience
    while descendants() and time.monotonic() < until:
        time.sleep(0.05)
    left = []
    for pid in descendants():
        with contextlib.suppress(OSError):
            left.append(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
    while descendants():
        kill_all()
    return left
