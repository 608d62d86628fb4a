# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kills roll-outs, and lets the next one end what was begun: kills.py RESULT TIMES NAME=ADDRESS ... -- COMMAND ...

They are killed at random moments, and every second time while a host is being changed.
COMMAND: a roll-out, in which VERSION stands for v1 or v2. Killed with SIGKILL are ansible-playbook with everything that it started here,
and at the same time everything that it runs on the gateways' hosts. RESULT: a file with a row for each kill.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import typing as t

# The task that changes something on hosts.
BEGINS = "Deploy the plugins, and go back if they do not work"

# Waits for a line, and for the journal of a change if the line says so. Then kills what runs below the connections of Ansible's user, and
# prints how many processes that were.
ON_HOST = """
import glob, os, signal, sys, time
line = sys.stdin.readline()
if not line:
    sys.exit()
end = time.monotonic() + 120
while "journal" in line and not glob.glob("/var/lib/goplugins.tyk/*/journal.json") and time.monotonic() < end:
    time.sleep(0.005)
children, below = {}, []
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        parent = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1]
        is_connection = open(f"/proc/{pid}/cmdline").read().startswith("sshd: builder")
    except OSError:
        continue
    if is_connection:
        below.append(pid)
    else:
        children.setdefault(parent, []).append(pid)
killed = set()
while below:
    below = [child for pid in below for child in children.get(pid, [])]
    killed.update(below)
for pid in killed:
    try:
        os.kill(int(pid), signal.SIGKILL)
    except ProcessLookupError:
        pass
print(len(killed))
"""


def mark(address: str) -> str:
    """What the plugin of a gateway says that it is."""
    connection = http.client.HTTPConnection(address, 8080, timeout=15)
    try:
        connection.request("GET", "/shop/")
        answer = connection.getresponse()
        return f"{answer.status} {answer.getheader('X-Mark')}"
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


class RollOut:
    """A roll-out that runs, in a session of its own."""

    def __init__(self, command: t.Sequence[str], version: str, log: pathlib.Path) -> None:
        self.log = log
        with log.open("w") as output:
            words = [word.replace("VERSION", version) for word in command]
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    def reaches_hosts(self) -> float:
        """Wait until it does. When that was."""
        while self.process.poll() is None and BEGINS not in self.log.read_text():
            time.sleep(0.02)
        return time.monotonic()

    def ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is not None


class Reaper:
    """Stands ready on all hosts, so that everything ends at one moment."""

    def __init__(self, hosts: t.Iterable[str]) -> None:
        words = ["python3", "-c", ON_HOST]
        self.there = [
            subprocess.Popen(
                ["podman", "exec", "--interactive", f"fleet-{host}", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for host in hosts
        ]

    def kill(self, roll_out: RollOut, *, at_work: bool) -> int:
        """Kill a roll-out, at once or as soon as it has begun to change the first host. How many processes that were on hosts."""
        killed = int(self.there.pop(0).communicate("journal\n")[0]) if at_work else 0
        for one in self.there:
            print("now", file=one.stdin, flush=True)
        os.killpg(roll_out.process.pid, signal.SIGKILL)
        roll_out.process.wait()
        return killed + self.end()

    def end(self) -> int:
        return sum(int(one.communicate()[0] or 0) for one in self.there)


def trials(times: int, gateways: t.Mapping[str, str], command: t.Sequence[str], log: pathlib.Path) -> t.Iterator[dict[str, t.Any]]:
    undisturbed = RollOut(command, "v2", log)
    begun = undisturbed.reaches_hosts()
    if undisturbed.process.wait():
        sys.exit(log.read_text())
    longest = time.monotonic() - begun
    chance = random.Random(50)
    for number in range(times):
        version = ("v1", "v2")[number % 2]
        # At any moment, of which many are between two tasks; and every second time while a host is being changed.
        at_work = number % 2 == 1
        # After it has reached the hosts: what it does before is long, and changes nothing.
        moment = 0.0 if at_work else chance.uniform(0.0, longest)
        reaper = Reaper(chance.sample(list(gateways), len(gateways)))
        roll_out = RollOut(command, version, log)
        roll_out.reaches_hosts()
        ended = roll_out.ends_within(moment)
        on_hosts = reaper.end() if ended else reaper.kill(roll_out, at_work=at_work)
        between = {name: mark(address) for name, address in gateways.items()}
        following = RollOut(command, version, log)
        code = following.process.wait()
        after = {name: mark(address) for name, address in gateways.items()}
        yield {
            "version": version,
            "moment": moment,
            "of": longest,
            "at_work": at_work,
            "ended": ended,
            "on_hosts": on_hosts,
            "between": between,
            "after": after,
            "rc": code,
            "output": log.read_text() if code else "",
        }


def main(words: list[str]) -> None:
    cut = words.index("--")
    result, times, *gateways = words[:cut]
    rows = []
    log = pathlib.Path(f"{result}.log")
    for row in trials(int(times), dict(word.split("=", 1) for word in gateways), words[cut + 1 :], log):
        rows.append(row)
        pathlib.Path(result).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
