# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make scale`: time and memory of the controller for many hosts on which nothing has changed, by SSH with 10 ms there and back.

usage: run.py [NUMBER,NUMBER...]

A line a measure; then how much each further host costs, by least squares. Ends with 1 where a bound is passed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import typing as t

from ansible_collections.goplugins.tyk.tests.scale.fleet import HERE, ROOT, Fleet

DELAY = 0.005
FORKS = 10
# Seconds of wall time for a host, and megabytes of the controller, and results of tasks that talk to the host.
SECONDS = {"verify_plugins": 1.0, "build_plugins": 2.0, "deploy_plugins": 2.0}
MEGABYTES = 10.0
RESULTS = 5
# With fewer, what a run costs by itself would be counted as theirs.
ENOUGH = 50
COLUMNS = ("playbook", "hosts", "seconds", "cpu", "far-cpu", "main-MB", "forks-MB", "ssh-MB", "results", "local", "sessions")


class Cost(t.NamedTuple):
    """seconds: wall time. cpu, far: seconds of processors, of the controller, and of all hosts. main, forks, ssh: megabytes.

    results, local: of tasks for one host, those that talk to it and those that do not. sessions: commands by SSH, for one host.
    """

    seconds: float
    cpu: float
    far: float
    main: float
    forks: float
    ssh: float
    results: float
    local: float
    sessions: float

    @property
    def megabytes(self) -> float:
        return self.main + self.forks + self.ssh


class Memory(threading.Thread):
    """Looks again and again how much memory a process and its children have, what they share counted once."""

    def __init__(self, pid: int, control: pathlib.Path) -> None:
        super().__init__()
        self.main = self.forks = self.ssh = 0.0
        self._pid, self._control, self._ended = pid, control, threading.Event()

    def run(self) -> None:
        for turn in itertools.count():
            if self._ended.wait(0.2):
                break
            self.main = max(self.main, share_of(self._pid))
            self.forks = max(self.forks, sum(map(share_of, descendants(self._pid))))
            # Not so often: to look at all processes takes a while.
            if turn % 20 == 0:
                self._look_at_connections()
        self._look_at_connections()

    def _look_at_connections(self) -> None:
        self.ssh = max(self.ssh, sum(map(share_of, connections(self._control))))

    def end(self) -> None:
        self._ended.set()
        self.join()


def share_of(pid: int) -> float:
    """Megabytes of a process, pages that it shares with others in equal parts; 0 for one that is gone."""
    with contextlib.suppress(OSError):
        found = re.search(r"^Pss:\s*(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
        return int(found.group(1)) / 1000 if found else 0.0
    return 0.0


def descendants(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in map(int, pathlib.Path(f"/proc/{pid}/task/{task}/children").read_text().split()):
                found += [child, *descendants(child)]
    return found


def connections(control: pathlib.Path) -> list[int]:
    """The ssh processes that keep connections for the next task."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().startswith(f"ssh: {control}".encode()):
                found.append(int(path.parent.name))
    return found


def measured(fleet: Fleet, playbook: str) -> Cost:
    """What one run costs on which nothing changed. Raises RuntimeError where something did."""
    used = fleet.used_by_hosts()
    counted = fleet.folder / "results.json"
    environment = {
        **fleet.environment,
        "ANSIBLE_FORKS": str(FORKS),
        "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
        "ANSIBLE_CALLBACKS_ENABLED": "count_results",
        "COUNT_RESULTS_FILE": str(counted),
    }
    before = fleet.log.read_text().count("Starting session: ")
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(fleet.command(playbook), env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        memory = Memory(process.pid, fleet.control)
        memory.start()
        _pid, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        memory.end()
        output.seek(0)
        said = output.read()
    recap = re.findall(r"^host\d+ .*\bchanged=(\d+) .*\bfailed=(\d+)", said, re.MULTILINE)
    if process.returncode or recap != [("0", "0")] * len(fleet.names):
        raise RuntimeError(f"{playbook} ended with {process.returncode}, or changed something:\n{said}")
    results = json.loads(counted.read_text()).values()
    number = len(fleet.names)
    return Cost(
        seconds,
        usage.ru_utime + usage.ru_stime,
        fleet.used_by_hosts() - used,
        memory.main,
        memory.forks,
        memory.ssh,
        max(len(host["remote"]) for host in results),
        sum(host["local"] for host in results) / number,
        (fleet.log.read_text().count("Starting session: ") - before) / number,
    )


def slope(points: t.Sequence[tuple[float, float]]) -> float:
    """By how much the second grows with the first, by least squares."""
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _y in points)


def row(*cells: t.Any) -> str:
    return "  ".join(
        f"{cell:.2f}".rjust(8) if isinstance(cell, float) else str(cell).ljust(14 if number == 0 else 0).rjust(8)
        for number, cell in enumerate(cells)
    )


def main(numbers: t.Sequence[int]) -> int:
    lacking = [name for name in ("sshd", "ssh", "go") if not shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")]
    if lacking or not os.path.exists("/proc/self/smaps_rollup"):
        print(f"make scale needs Linux, {', '.join(lacking) or 'with smaps_rollup'} (apt-get install openssh-server)", file=sys.stderr)
        return 2
    kept = ROOT / ".cache" / "scale"
    kept.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="fleet-", dir=kept))
    costs: dict[str, dict[int, Cost]] = {playbook: {} for playbook in SECONDS}
    print(row(*COLUMNS), flush=True)
    try:
        for number in numbers:
            with Fleet(folder / str(number), number, DELAY, kept) as fleet:
                fleet.prepare_builds()
                fleet.prepare_gateways()
                for playbook, found in costs.items():
                    found[number] = measured(fleet, playbook)
                    print(row(playbook, number, *found[number]), flush=True)
            shutil.rmtree(fleet.folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    passed = []
    for playbook, found in costs.items():
        wrong = [f"{cost.results} results" for cost in found.values() if cost.results > RESULTS]
        wrong += [f"{cost.seconds / n:.2f} s" for n, cost in found.items() if n >= ENOUGH and cost.seconds / n > SECONDS[playbook]]
        # With fewer hosts, each further one is another fork at work.
        found = {n: cost for n, cost in found.items() if n >= FORKS}
        if len(found) > 1:
            seconds, megabytes = (
                slope([(n, value(cost)) for n, cost in found.items()]) for value in (lambda c: c.seconds, lambda c: c.megabytes)
            )
            print(f"{playbook}: each further host {seconds:.3f} s (bound {SECONDS[playbook]}), {megabytes:.2f} MB (bound {MEGABYTES:.0f})")
            wrong += [f"{seconds:.3f} s for each further host"] if seconds > SECONDS[playbook] else []
            wrong += [f"{megabytes:.2f} MB for each further host"] if megabytes > MEGABYTES else []
        passed += [f"{playbook}: {what}" for what in wrong]
    if passed:
        print(f"bounds passed: {', '.join(passed)}", file=sys.stderr)
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main([int(number) for number in (sys.argv[1] if sys.argv[1:] else os.environ.get("HOSTS") or "10,50,200").split(",")]))
