# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows run where nobody of us looks; here at least what they ask for is there."""

from __future__ import annotations

import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
STEPS = [step for path in WORKFLOWS for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"] if "run" in step]


def test_every_target_of_make_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {name for step in STEPS for name in re.findall(r"^make ([a-z-]+)", step["run"], re.MULTILINE)}
    assert asked
    assert asked <= targets


def test_every_scenario_may_have_a_host_that_is_there_already():
    asked = {name for step in STEPS for name in re.findall(r"^make molecule SCENARIO=(\S+) HOST=", step["run"], re.MULTILINE)}
    assert asked
    for name in asked:
        platforms = yaml.safe_load((ROOT / "molecule" / name / "molecule.yml").read_text())["platforms"]
        assert all(platform.get("given") for platform in platforms)


def test_scripts_are_there():
    for step in STEPS:
        for path in re.findall(r"^(scripts/\S+)", step["run"], re.MULTILINE):
            assert (ROOT / path).is_file()
