# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""noxfile.py: what is not run, or skipped, never looks like what passed."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


def nox(environments, *words, **environment):
    argv = [sys.executable, "-m", "nox", "--noxfile", str(ROOT / "noxfile.py"), "--envdir", str(environments), *words]
    done = subprocess.run(argv, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment})
    return done.returncode, done.stdout


@pytest.fixture
def module():
    """What an expression that sees noxfile.py as n comes to, with these variables in the environment."""

    def evaluate(expression, **environment):
        code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import noxfile as n; import os; print({expression})"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True, env={**os.environ, **environment}
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return evaluate


def test_a_python_that_is_missing_fails_the_session(tmp_path):
    (tmp_path / "python3.8").write_text("#!/bin/sh\necho 'pyenv: python3.8: command not found' >&2\nexit 127\n")
    (tmp_path / "python3.8").chmod(0o755)
    status, said = nox(tmp_path / "nox", "--session", "module_utils-3.8", PATH=f"{tmp_path}:/usr/bin:/bin", PYENV_ROOT=str(tmp_path))
    assert status == 1 and re.search(r"Session module_utils-3.8 failed: Python interpreter .*3\.8.* not found", said)


def test_an_unknown_session_is_refused(tmp_path):
    status, said = nox(tmp_path, "--session", "core-2.99")
    assert status != 0 and "core-2.99" in said


def test_lint_runs_every_session_that_is_default(tmp_path):
    _status, listed = nox(tmp_path, "--list")
    default = set(re.findall(r"^\* ([\w-]+)", listed, re.MULTILINE))
    asked = re.findall(
        r"^\t@\$\(NOX\) --session ([\w -]+)$", re.search(r"^lint-artifact:.*?^unit:", MAKEFILE, re.MULTILINE | re.DOTALL)[0], re.MULTILINE
    )
    # The session `lint` of antsibull-nox starts these two.
    assert {*" ".join(asked).split(), "yamllint", "antsibull-nox-config"} == default


def test_pythons_that_pyenv_has_built_are_found_and_its_shims_are_not_asked(module, tmp_path):
    for folder in ("shims", "versions/3.8.18/bin", "versions/3.13.0/bin"):
        (tmp_path / folder).mkdir(parents=True)
    path = module("os.environ['PATH']", PATH=f"{tmp_path}/shims:/usr/bin:/bin", PYENV_ROOT=str(tmp_path)).split(":")
    assert path == ["/usr/bin", "/bin", f"{tmp_path}/versions/3.13.0/bin", f"{tmp_path}/versions/3.8.18/bin"]


def test_packages_come_from_where_pip_takes_them(module):
    one, two = "https://one.example.com/simple", "https://two.example.com/simple"
    settings = {"PIP_INDEX_URL": one, "PIP_EXTRA_INDEX_URL": f"{one}\n{two}"}
    assert module("[os.environ[name] for name in ('UV_DEFAULT_INDEX', 'UV_INDEX')]", **settings) == repr([one, f"{one} {two}"])
    # For ansible-test, which drops pip's settings in the environment.
    assert module("dict(n.pip_settings()['global'])['index-url']", **settings) == one
    # What is meant for uv goes first.
    assert module("os.environ['UV_DEFAULT_INDEX']", **settings, UV_DEFAULT_INDEX=two) == two


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("def test_it(): pass", True),
        ("def test_it(): assert False", False),
        ("import pytest\n\ndef test_it(): pass\n\ndef test_other(): pytest.skip()", False),
        ("import pytest\n\ndef test_it(): pass\n\n@pytest.mark.xfail\ndef test_other(): assert False", False),
        ("import pytest\n\npytest.skip('here', allow_module_level=True)", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("workers", [[], ["--numprocesses=2"]])
def test_only_tests_that_ran_and_passed_count(text, passes, workers, tmp_path):
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmarkers = ['full']\n")
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "test_other.py").write_text("def test_that_passes(): pass\n" if text else "")
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *workers]
    status = subprocess.run(argv, cwd=tmp_path, check=False, capture_output=True, env={**os.environ, "NO_SKIPS": "1"}).returncode
    assert (status == 0) is passes


def test_every_file_of_requirements_is_pinned_with_hashes():
    wanted = sorted(path.stem for path in (ROOT / "requirements").glob("*.in"))
    assert wanted == sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))
    pins = (ROOT / "noxfile.py").read_text().split("def pins(")[1]
    for name in wanted:
        assert f'"{name}"' in pins
        blocks = re.split(r"\n(?=[a-z])", (ROOT / "requirements" / f"{name}.txt").read_text())[1:]
        assert blocks and [block for block in blocks if "==" not in block or "--hash=sha256:" not in block] == []
