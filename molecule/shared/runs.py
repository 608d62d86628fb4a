# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For the tests of scenarios: their hosts, and what tasks/run.yml kept of the runs."""

from __future__ import annotations

import json
import os
import pathlib
import re
import typing as t

import testinfra

EPHEMERAL = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
RUNS = EPHEMERAL / "runs"


def machine(name: str) -> t.Any:
    """A host, or the one host of a group."""
    (found,) = testinfra.get_hosts([f"ansible://{name}"], ansible_inventory=os.environ["MOLECULE_INVENTORY_FILE"])
    return found


def run(name: str) -> tuple[int, str]:
    """The exit code of a run and what it printed."""
    kept = json.loads((RUNS / f"{name}.json").read_text())
    return kept["rc"], kept["output"]


def recap(output: str) -> dict[str, dict[str, int]]:
    """From each host of a run to its counts. What goes to stderr may follow the last of them on its line."""
    found = re.findall(r"^(\S+) +: (ok=.*?) *(?:\[WARNING.*)?$", output, re.MULTILINE)
    assert found, output
    return {host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in found}
