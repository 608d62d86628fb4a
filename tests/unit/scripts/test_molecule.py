# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which scenarios make molecule runs, and that it names what it leaves out."""

from __future__ import annotations

import importlib.util
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def molecule(monkeypatch, tmp_path):
    """The script, of which scenarios run that are kept in ran."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.delenv("SCENARIO", raising=False)
    monkeypatch.delenv("HOST", raising=False)
    spec = importlib.util.spec_from_file_location("molecule_script", ROOT / "scripts" / "molecule.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    async def all_pass(scenarios, _environment, at_once):
        module.ran = (list(scenarios), at_once)
        return True

    monkeypatch.setattr(module, "all_pass", all_pass)
    monkeypatch.setattr(module.hosts, "environment", lambda _releases: {})
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def scenarios():
    return {path.parent.name for path in (ROOT / "molecule").glob("*/molecule.yml")}


def test_what_is_left_out_is_named_with_its_command(molecule, capsys):
    assert molecule.main([]) == 0
    names, at_once = molecule.ran
    left_out = scenarios() - set(names)
    assert left_out == molecule.LONG and at_once == 2 and sorted(names) == sorted(set(names))
    printed = capsys.readouterr().out
    assert printed.count("\n") == bool(left_out)
    assert all('make molecule SCENARIO="' in printed and name in printed for name in left_out)


def test_named_scenarios_run_and_nothing_is_said_of_others(molecule, monkeypatch, capsys):
    monkeypatch.setenv("SCENARIO", "faults default")
    assert molecule.main([]) == 0
    assert molecule.ran == (["faults", "default"], 2) and capsys.readouterr().out == ""


def test_what_compiles_begins_after_what_it_finds_compiled(molecule):
    molecule.main([])
    first, second, *_others = molecule.ran[0]
    assert (first, second) == ("machines", molecule.SECOND)
