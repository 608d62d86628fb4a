# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever befalls a run: it says so, the gateway serves the old or the new plugin, nothing half-written stays, the next one goes on."""

from __future__ import annotations

import re
import time

import pytest
from runs import RUNS, recap, run

# From fault to the version before, the one that was to be deployed, and what the run says of it; None where it succeeds.
FAULTS = {
    "lost_connection": ("v1", "v2", r"gw mark: .*(could not be sent|closed|unreachable|connect|broken)"),
    "full_disk": (
        "v2",
        "v1",
        r"not enough disk for placing mark-\S+: /dev/shm/plugins has \d MB free, \d+ MB are needed[\s\S]*Fix: df -h /dev/shm/plugins",
    ),
    "killed_gateway": ("v1", "v2", r"the gateway went away while it reloaded: [\s\S]*shop\.json is as before"),
    "wrong_clock": ("v2", "v1", None),
}


def seen(name):
    """(the version that marks answers, the path in the definition, the files)."""
    lines = (RUNS / f"{name}.txt").read_text().splitlines()
    mark = next(line.partition(": ")[2] for line in lines if line.startswith("mark:"))
    path = next((re.sub(r'.*"(/.*)".*', r"\1", line) for line in lines if '"path"' in line), "")
    return mark, path, [line for line in lines if line.startswith("/")]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_leaves_a_gateway_that_serves(fault):
    before, after, words = FAULTS[fault]
    code, output = run(fault)
    assert (code == 0) == (words is None) and re.search(words or "", output, re.IGNORECASE), output
    mark, path, files = seen(f"{fault}_left")
    # A connection that is lost does not end what runs on the host.
    allowed = {"lost_connection": (before, after), "wrong_clock": (after,)}.get(fault, (before,))
    assert mark in allowed, output
    # A gateway that starts now finds the file that its definition names.
    assert f"{path[:-3]}_v5.99.0_linux_amd64.so" in files


@pytest.mark.parametrize("fault", FAULTS)
def test_the_next_run_goes_on_and_a_further_one_changes_nothing(fault):
    code, output = run(f"{fault}_converges")
    assert code == 0, output
    code, output = run(f"{fault}_changes_nothing")
    assert code == 0 and recap(output)["gw"]["changed"] == 0, output
    mark, path, files = seen(f"{fault}_after")
    assert mark == FAULTS[fault][1]
    assert f"{path[:-3]}_v5.99.0_linux_amd64.so" in files
    left = [file for file in files if not re.search(r"/mark-[^/]*\.so$|/(shop|deployed)\.json$|/\.lock$", file)]
    assert left == []


def test_the_clock_of_the_host_was_wrong():
    (year,) = re.findall(r'"since": "(\d{4})-', (RUNS / "wrong_clock_left.txt").read_text())
    assert int(year) < time.gmtime().tm_year - 10


def test_a_slow_mirror_is_named_and_the_next_build_goes_on():
    code, output = run("slow_mirror")
    # Ansible hides every value of tyk_go_environment, this one too.
    assert code != 0 and re.search(r"go did not end within (10|\*+) seconds and was stopped", output), output
    assert "set GOPLUGINS_TIMEOUT=20 in the environment of the task (tyk_go_environment)" in output
    code, output = run("slow_mirror_converges")
    assert code == 0, output
    code, output = run("slow_mirror_changes_nothing")
    assert code == 0 and {counts["changed"] for counts in recap(output).values()} == {0}, output
