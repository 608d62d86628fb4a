# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workflows run where nobody of us looks; here at least what they ask for is there."""

from __future__ import annotations

import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
JOBS = [(path.name, name, job) for path in WORKFLOWS for name, job in yaml.safe_load(path.read_text())["jobs"].items()]
STEPS = [step for _workflow, _name, job in JOBS for step in job["steps"] if "run" in step]


def asked_of_make(job):
    """The targets of make that a job runs; one that stands in its matrix is run as a variable."""
    said = "\n".join(step["run"] for step in job["steps"] if "run" in step)
    named = re.findall(r"^make ([a-z-]+)", said, re.MULTILINE)
    return [*named, *(job["strategy"]["matrix"]["target"] if 'make "$TARGET"' in said else [])]


def test_every_target_of_make_is_there():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {target for _workflow, _name, job in JOBS for target in asked_of_make(job)}
    assert {"lint", "unit", "cores", "pythons"} <= asked
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


def test_every_action_is_a_commit_whose_release_stands_beside_it():
    used = [(path.name, line.strip()) for path in WORKFLOWS for line in path.read_text().splitlines() if re.search(r"\buses:", line)]
    assert used
    assert [
        row for row in used if not re.fullmatch(r"- uses: [\w./-]+@[0-9a-f]{40} # v[0-9.]+|uses: [\w./-]+@[0-9a-f]{40} # v[0-9.]+", row[1])
    ] == []


def test_no_job_may_do_more_than_it_needs_or_last_for_ever():
    assert [path.name for path in WORKFLOWS if yaml.safe_load(path.read_text())["permissions"] != {"contents": "read"}] == []
    assert [(workflow, name) for workflow, name, job in JOBS if "permissions" in job or not job["timeout-minutes"] <= 90] == []


def test_hooks_before_a_commit_run_what_there_is_and_fetch_nothing():
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local" and repository["hooks"]
    wanted = (ROOT / "requirements" / "lint.in").read_text()
    for hook in repository["hooks"]:
        tool = re.fullmatch(r"\.cache/nox/code/bin/(\w+)( .*)?", hook["entry"])
        assert hook["language"] == "system" and re.search(rf"^{tool[1]}(-py)?$", wanted, re.MULTILINE)


def test_the_container_for_development_runs_what_there_is():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert (ROOT / container["postCreateCommand"].split()[0]).is_file()
