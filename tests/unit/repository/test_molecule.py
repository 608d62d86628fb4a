# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Molecule passes over a playbook or a test that is not there; here that is an error."""

from __future__ import annotations

import pathlib

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
MOLECULE = ROOT / "molecule"
SCENARIOS = sorted(path.parent for path in MOLECULE.glob("*/molecule.yml"))


def merged(base, own):
    if isinstance(base, dict) and isinstance(own, dict):
        return {**base, **{key: merged(base.get(key), value) for key, value in own.items()}}
    return own


@pytest.fixture(params=SCENARIOS, ids=lambda path: path.name)
def scenario(request):
    config = yaml.safe_load((ROOT / ".config" / "molecule" / "config.yml").read_text())
    return request.param, merged(config, yaml.safe_load((request.param / "molecule.yml").read_text()))


def test_there_is_a_default_scenario():
    assert "default" in [path.name for path in SCENARIOS]


def test_every_step_has_its_playbook(scenario):
    folder, config = scenario
    playbooks = config["provisioner"]["playbooks"]
    needed = []
    for step in config["scenario"]["test_sequence"]:
        action, *paths = step.split()
        if action == "verify":
            assert sorted((folder / "tests").glob("test_*.py"))
        else:
            needed += paths or [playbooks["converge" if action == "idempotence" else action]]
    assert [path for path in needed if not (folder / path).is_file()] == []


def test_every_scenario_proves_idempotence_and_takes_its_hosts_away(scenario):
    folder, config = scenario
    steps = config["scenario"]["test_sequence"]
    assert steps[0] == steps[-1] == "destroy"
    # No run ends well on all hosts of the fleet, so its tests read what its second runs changed; README is followed once.
    for step in ("converge", "verify") if folder.name in ("fleet", "readme") else ("converge", "idempotence", "verify"):
        assert step in steps


def test_check_mode_is_proved_before_and_after(scenario):
    """But for scenarios whose hosts are like those of others, and whose own runs take long."""
    folder, config = scenario
    if folder.name not in ("airgap", "fleet", "machines", "provision", "readme"):
        steps = config["scenario"]["test_sequence"]
        assert steps.index("side_effect ../shared/check_bare.yml") < steps.index("converge") < steps.index("side_effect")
