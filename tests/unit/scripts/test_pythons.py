# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scripts/pythons.py: what is not run, or skipped, never looks like what passed."""

from __future__ import annotations

import importlib.util
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def pythons(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    monkeypatch.delenv("ONLY", raising=False)
    spec = importlib.util.spec_from_file_location("pythons", ROOT / "scripts" / "pythons.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def pythons_of(tmp_path, monkeypatch):
    """A machine with these commands alone: name=script."""

    def make(**commands):
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
        for name, script in commands.items():
            path = tmp_path / name.replace("_", ".")
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)

    return make


def test_a_python_that_is_missing_is_named_and_passes_nothing(pythons, pythons_of, capsys):
    pythons_of(python3_8="echo 'pyenv: python3.8: command not found' >&2; exit 127", python3_9="echo 3.10")
    for release in ("3.8", "3.9", "3.12"):
        assert not pythons.passes(release, lambda release=release: pythons.find(release))
    said = capsys.readouterr().out
    assert said.count("NOT RUN") == 3 and "install it: pyenv install 3.8" in said
    assert pythons.summary("pythons", [True, False]) == pythons.summary("pythons", []) == 1


def test_one_that_is_there_is_found(pythons, pythons_of, tmp_path):
    pythons_of(python3_8="echo 3.8")
    assert pythons.find("3.8") == str(tmp_path / "python3.8")


def test_an_unknown_one_is_refused(pythons, monkeypatch):
    assert pythons.wanted(["3.8", "3.9"]) == ["3.8", "3.9"]
    monkeypatch.setenv("ONLY", "3.9")
    assert pythons.wanted(["3.8", "3.9"]) == ["3.9"]
    monkeypatch.setenv("ONLY", "3.7 3.8")
    with pytest.raises(SystemExit, match=r"ONLY names 3\.7\. There are: 3\.8, 3\.9"):
        pythons.wanted(["3.8", "3.9"])


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("def test_it(): pass", True),
        ("def test_it(): assert False", False),
        ("import pytest\n\ndef test_it(): pass\n\ndef test_other(): pytest.skip()", False),
        ("", False),
    ],
)
def test_only_tests_that_ran_and_passed_count(text, passes, pythons, tmp_path):
    (tmp_path / "test_it.py").write_text(text)
    assert pythons.passes("tests", lambda: pythons.pytest(pathlib.Path(sys.executable), ["test_it.py"], [tmp_path], tmp_path)) is passes
