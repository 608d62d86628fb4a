# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scenarios make molecule runs, and that it names what it leaves out."""

from __future__ import annotations

import asyncio
import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def molecule(monkeypatch, tmp_path):
    """The script, with scenarios that do nothing. ran: as they began; beside: what ran when each ended; fail: those that fail."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.delenv("SCENARIO", raising=False)
    monkeypatch.delenv("EXCEPT", raising=False)
    monkeypatch.delenv("HOST", raising=False)
    spec = importlib.util.spec_from_file_location("molecule_script", ROOT / "scripts" / "molecule.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    monkeypatch.setattr(module, "FAILED", tmp_path / "failed")
    module.fail, module.ran, module.beside, running = set(), [], {}, set()

    async def passes(scenario, _environment, _prefix):
        module.ran.append(scenario)
        running.add(scenario)
        await asyncio.sleep(0.01)
        module.beside[scenario] = running - {scenario}
        running.remove(scenario)
        return scenario not in module.fail

    monkeypatch.setattr(module, "passes", passes)
    monkeypatch.setattr(module.hosts, "environment", lambda _releases: {})
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def scenarios():
    return {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")}


def test_what_is_left_out_is_named_with_its_command(molecule, capsys):
    assert molecule.main([]) == 0
    left_out = scenarios() - set(molecule.ran)
    assert left_out == molecule.LONG and len(molecule.ran) == len(set(molecule.ran))
    printed = capsys.readouterr().out
    assert printed.count("\n") == bool(left_out)
    assert all('make molecule SCENARIO="' in printed and name in printed for name in left_out)


def test_named_scenarios_run_and_nothing_is_said_of_others(molecule, monkeypatch, capsys):
    monkeypatch.setenv("SCENARIO", "faults default")
    assert molecule.main([]) == 0
    assert molecule.ran == ["faults", "default"] and capsys.readouterr().out == ""


def test_all_run_but_those_that_are_excepted(molecule, monkeypatch, capsys):
    monkeypatch.setenv("EXCEPT", "fleet airgap")
    assert molecule.main([]) == 0
    assert set(molecule.ran) == scenarios() - molecule.LONG - {"fleet", "airgap"}
    assert not {"fleet", "airgap"} & set(capsys.readouterr().out.replace('"', " ").split())


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"EXCEPT": "fleat"}, "No scenario fleat. There are: .*fleet"),
        ({"EXCEPT": "fleet", "SCENARIO": "default"}, "give one of them"),
        ({"EXCEPT": " ".join(scenarios())}, "leaves no scenario to run"),
    ],
    ids=["a misspelt name", "beside names of what runs", "all of them"],
)
def test_an_exception_that_means_nothing_is_refused(molecule, monkeypatch, variables, said):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=said):
        molecule.main([])
    assert not molecule.ran


def test_what_compiles_begins_after_what_it_finds_compiled(molecule):
    molecule.main([])
    assert molecule.ran[:3] == ["machines", *molecule.NEXT]
    assert any(molecule.beside.values())


def test_what_counts_requests_a_second_runs_alone_whatever_failed_before(molecule):
    molecule.fail = {"machines"}
    assert molecule.main([]) == 1
    assert set(molecule.ran[-len(molecule.ALONE) :]) == molecule.ALONE
    assert not any(molecule.beside[name] for name in molecule.ALONE)
    molecule.fail = molecule.ALONE
    assert molecule.main([]) == 1


@pytest.mark.parametrize(("status", "kept"), [(0, None), (1, ["TASK [Build]\n", "fatal: [gateway]\n", "CRITICAL it failed\n"])])
def test_the_end_of_what_a_failed_scenario_printed_is_kept(molecule, monkeypatch, tmp_path, status, kept):
    """And not what was printed while its hosts were taken away."""
    program = tmp_path / "bin" / "molecule"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nprintf 'TASK [Build]\\nfatal: [gateway]\\nCRITICAL it failed\\nTASK [Destroy]\\n'\nexit {status}\n")
    program.chmod(0o755)
    environment = {"PATH": f"{program.parent}:/usr/bin:/bin"}
    assert asyncio.run(molecule.molecule("test", "default", environment, "default: ")) is (status == 0)
    files = {path.name: path.read_text().splitlines(keepends=True)[1:] for path in (tmp_path / "failed").glob("*")}
    assert files == ({"molecule-default.txt": kept} if kept else {})
