# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make molecule`: the scenarios, two at a time, each on hosts of its own that are gone at its end, however it ends.

Usage: molecule.py                    the scenarios that SCENARIO names, or all but those of EXCEPT and the long ones, which it then names
       molecule.py COMMAND SCENARIO   one command of molecule, such as converge, login, destroy

HOST in the environment names a host that is there already, by a name that ssh knows, or localhost. Then scenarios run that may have
such a host (given: true), and nothing is made or taken away.
"""

from __future__ import annotations

import asyncio
import collections
import fcntl
import os
import signal
import sys
import time
import typing as t
from pathlib import Path

import hosts
import yaml

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "molecule"
CONFIG = ROOT / ".config" / "molecule"
# These begin beside the first one, in this order. One compiles nothing, so that those after it find in Go's cache what the first compiles.
# The other builds plugins on one host, before several hosts would compile the same at the same moment.
NEXT = ("provision", "default")
# What runs only where SCENARIO names it.
LONG = {"cross", "faults", "readme", "toolchain"}
# What runs last and by itself: its client counts requests a second, for which another scenario would leave too little of the processors.
ALONE = {"fleet"}
# Bytes. The results of tasks are printed in one line each.
LONGEST_LINE = 1 << 24
# What failed, a file for each scenario; `make test` prints these last.
FAILED = ROOT / ".cache" / "failed"
# Lines before the one by which molecule tells that a command failed; what comes after is the hosts being taken away.
KEPT_LINES = 100


async def molecule(command: str, scenario: str, environment: t.Mapping[str, str], prefix: str = "") -> bool:
    """Run one command of molecule. prefix: put before each line that it prints, where other scenarios print between them.

    On a terminal that no other scenario uses it prints by itself. Elsewhere the end of what it printed is kept where it fails.
    """
    layers = [CONFIG / "config.yml", *([CONFIG / "given.yml"] if "GIVEN_HOST" in environment else [])]
    argv = ["molecule", *(word for path in layers for word in ("--base-config", str(path))), command, "--scenario-name", scenario]
    own = {"MOLECULE_EPHEMERAL_DIRECTORY": str(ROOT / ".cache" / "molecule" / scenario), "MOLECULE_COMMAND_BORDERS": "false"}
    read = bool(prefix) or not sys.stdout.isatty()
    if read:
        own["NO_COLOR"] = "1"
    out, err = (asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT) if read else (None, None)
    process = await asyncio.create_subprocess_exec(*argv, cwd=ROOT, env={**environment, **own}, limit=LONGEST_LINE, stdout=out, stderr=err)
    last: collections.deque[str] = collections.deque(maxlen=KEPT_LINES)
    told = False
    try:
        if process.stdout:
            async for line in process.stdout:
                text = line.decode(errors="replace")
                print(prefix + text, end="", flush=True)
                if not told:
                    last.append(text)
                    told = text.startswith("CRITICAL")
        passed = await process.wait() == 0
        if read and not passed:
            FAILED.mkdir(parents=True, exist_ok=True)
            (FAILED / f"molecule-{scenario}.txt").write_text(f"molecule: {scenario} FAILED, and this was printed last:\n" + "".join(last))
        return passed
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def passes(scenario: str, environment: t.Mapping[str, str], prefix: str) -> bool:
    """Run one scenario. Molecule takes the hosts away at the end, but not when it is interrupted."""
    start = time.monotonic()
    ended = False
    try:
        passed = await molecule("test", scenario, environment, prefix)
        ended = True
    finally:
        if not ended:
            await molecule("destroy", scenario, environment, prefix)
    print(f"molecule: {scenario} {'passed' if passed else 'FAILED'} in {time.monotonic() - start:.0f} s", flush=True)
    return passed


async def all_pass(scenarios: t.Sequence[str], environment: t.Mapping[str, str], at_once: int) -> bool:
    """Run scenarios, C(at_once) at a time, then each that runs alone. An interrupt ends those that run, and takes their hosts away."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, t.cast("asyncio.Task[t.Any]", asyncio.current_task()).cancel)
    free = asyncio.Semaphore(at_once)

    async def in_turn(scenario: str) -> bool:
        async with free:
            return await passes(scenario, environment, f"{scenario}: " if at_once > 1 else "")

    passed = await asyncio.gather(*(in_turn(name) for name in scenarios if name not in ALONE))
    return all([*passed, *[await passes(name, environment, "") for name in scenarios if name in ALONE]])


def platforms(scenario: str) -> list[dict[str, t.Any]]:
    """The hosts of the scenario, as it describes them."""
    described: list[dict[str, t.Any]] = yaml.safe_load((SCENARIOS / scenario / "molecule.yml").read_text())["platforms"]
    return described


def may_be_given(scenario: str) -> bool:
    """Whether the hosts of the scenario may be one that is there already."""
    return all(platform.get("given") for platform in platforms(scenario))


def given(host: str) -> dict[str, str]:
    """Environment variables for a host that is there already."""
    own = {"GIVEN_HOST": host, "GIVEN_HOST_CONNECTION": "ssh", "GIVEN_HOST_PYTHON": "auto_silent"}
    if host == "localhost":
        workspace = str(ROOT / ".cache" / "molecule" / "tyk-plugins")
        own = {**own, "GIVEN_HOST_CONNECTION": "local", "GIVEN_HOST_PYTHON": sys.executable, "TEST_HOST_WORKSPACE": workspace}
    return own


def main(words: list[str]) -> int:
    host = os.environ.get("HOST", "")
    # Those of many hosts take longest; begun last, one of them would run alone at the end.
    by_hosts = sorted((path.parent.name for path in SCENARIOS.glob("*/molecule.yml")), key=lambda name: (-len(platforms(name)), name))
    first = next(name for name in by_hosts if name not in LONG | ALONE)
    known = [first, *NEXT, *(name for name in by_hosts if name not in {first, *NEXT})]
    if host:
        known = [name for name in known if may_be_given(name)]
    named = words[1:] or os.environ.get("SCENARIO", "").split()
    excepted = [] if words else os.environ.get("EXCEPT", "").split()
    if named and excepted:
        sys.exit("SCENARIO names what runs, EXCEPT what does not: give one of them")
    wanted = named or [name for name in known if name not in {*LONG, *excepted}]
    unknown = [name for name in [*wanted, *excepted] if name not in known]
    if unknown:
        purpose = " for a host that is there already" if host else ""
        sys.exit(f"No scenario {', '.join(unknown)}{purpose}. There are: {', '.join(known)}")
    if not wanted:
        sys.exit("EXCEPT leaves no scenario to run")
    left_out = [name for name in known if name not in {*wanted, *excepted} and not named]
    if left_out:
        print(f'molecule: left out, as it takes long: make molecule SCENARIO="{" ".join(left_out)}"', flush=True)
    own = given(host) if host else hosts.environment({platform.get("release", "") for name in wanted for platform in platforms(name)})
    environment = {**os.environ, **own, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections")}
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "molecule.lock").open("w") as lock:
        # Hosts have the names of their scenario, so a second run waits.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if words:
            return 0 if asyncio.run(molecule(words[0], wanted[0], environment)) else 1
        # One host that is there already cannot serve two scenarios.
        return 0 if asyncio.run(all_pass(wanted, environment, at_once=1 if host else min(2, len(wanted)))) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit("interrupted")
