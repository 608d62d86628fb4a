# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make molecule`: the scenarios, each on hosts of its own that are gone at its end, however it ends.

Usage: molecule.py                    the scenarios that SCENARIO names, or all
       molecule.py COMMAND SCENARIO   one command of molecule, such as converge, login, destroy

HOST in the environment names a host that is there already, by a name that ssh knows, or localhost. Then scenarios run that may have
such a host (given: true), and nothing is made or taken away.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
import types
import typing as t
from pathlib import Path

import hosts
import yaml

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "molecule"
CONFIG = ROOT / ".config" / "molecule"


def molecule(command: str, scenario: str, environment: t.Mapping[str, str]) -> bool:
    layers = [CONFIG / "config.yml", *([CONFIG / "given.yml"] if "GIVEN_HOST" in environment else [])]
    argv = ["molecule", *(word for path in layers for word in ("--base-config", str(path))), command, "--scenario-name", scenario]
    own = {"MOLECULE_EPHEMERAL_DIRECTORY": str(ROOT / ".cache" / "molecule" / scenario), "MOLECULE_COMMAND_BORDERS": "false"}
    if not sys.stdout.isatty():
        own["NO_COLOR"] = "1"
    return subprocess.run(argv, cwd=ROOT, env={**environment, **own}, check=False).returncode == 0


def passes(scenario: str, environment: t.Mapping[str, str]) -> bool:
    """Run one scenario. Molecule takes the hosts away at the end, but not when it is interrupted."""
    start = time.monotonic()
    ended = False
    try:
        passed = molecule("test", scenario, environment)
        ended = True
    finally:
        if not ended:
            molecule("destroy", scenario, environment)
    print(f"molecule: {scenario} {'passed' if passed else 'FAILED'} in {time.monotonic() - start:.0f} s", flush=True)
    return passed


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


def interrupt(_number: int, _frame: types.FrameType | None) -> t.NoReturn:
    raise KeyboardInterrupt


def main(words: list[str]) -> int:
    host = os.environ.get("HOST", "")
    known = sorted(path.parent.name for path in SCENARIOS.glob("*/molecule.yml"))
    if host:
        known = [name for name in known if may_be_given(name)]
    wanted = words[1:] or os.environ.get("SCENARIO", "").split() or known
    unknown = [name for name in wanted if name not in known]
    if unknown:
        purpose = " for a host that is there already" if host else ""
        sys.exit(f"No scenario {', '.join(unknown)}{purpose}. There are: {', '.join(known)}")
    signal.signal(signal.SIGTERM, interrupt)
    own = given(host) if host else hosts.environment({platform.get("release", "") for name in wanted for platform in platforms(name)})
    environment = {**os.environ, **own, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections")}
    (ROOT / ".cache").mkdir(exist_ok=True)
    with (ROOT / ".cache" / "molecule.lock").open("w") as lock:
        # Hosts have the names of their scenario, so a second run waits.
        fcntl.flock(lock, fcntl.LOCK_EX)
        results = [molecule(words[0], name, environment) if words else passes(name, environment) for name in wanted]
    return 0 if all(results) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
