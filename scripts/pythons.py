# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make pythons`: the unit tests of module_utils with each Python that managed hosts may have. They need no Ansible.

ONLY=3.8, or several in quotes, takes these alone. A Python that this machine lacks is not run, which is said and fails the whole.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import ansible
from lint import ROOT, Failed, run

FOLDER = ROOT / ".cache" / "pythons"
PYTHONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]
# What the tests import; pip takes the newest that supports the Python. A later cryptography warns of Python 3.8, and warnings are errors.
TOOLS = [
    "pytest",
    "pytest-xdist",
    "hypothesis",
    "PyYAML",
    "cryptography<45; python_version < '3.9'",
    "cryptography; python_version >= '3.9'",
    "jsonschema",
    "lief",
]
# Ansible sends its module_utils to a host and installs nothing there, so it is only seen: that of .venv, which supports each of these.
SENT = FOLDER / "sent"


class Missing(Failed):
    """This machine lacks a Python."""


def find(release: str) -> str:
    """A Python of that release (3.8): on the PATH, or one that pyenv has built. Raises Missing."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    built = [str(path) for path in sorted(pyenv.glob(f"{release}.*/bin/python"))]
    for candidate in (f"python{release}", *built):
        found = shutil.which(candidate)
        # A name on the PATH proves nothing: it may be a shim without a Python behind it.
        asked = found and subprocess.run(
            [found, "-c", "import ensurepip, venv, sys; print('%d.%d' % sys.version_info[:2])"], check=False, capture_output=True, text=True
        )
        if found and asked and asked.stdout.strip() == release:
            return found
    raise Missing(f"there is no Python {release} with venv on the PATH or in {pyenv}; install it: pyenv install {release}")


def environment(folder: Path, release: str, requirements: t.Sequence[str]) -> Path:
    """The Python of an environment in that folder that has the newest releases of what is required; what is there is brought up to date."""
    python = folder / "bin" / "python"
    # One of another place, or that was not finished, begins anew.
    if not python.exists() or subprocess.run([str(python), "-m", "pip", "--version"], check=False, capture_output=True).returncode:
        found = find(release)
        shutil.rmtree(folder, ignore_errors=True)
        run(found, "-m", "venv", str(folder), cwd=ROOT)
    run(str(python), "-m", "pip", "install", "--quiet", "--upgrade", "--disable-pip-version-check", *requirements, cwd=ROOT)
    return python


def wanted(known: t.Sequence[str]) -> list[str]:
    """Those that ONLY names, or all. Ends the program if there is no such."""
    names = os.environ.get("ONLY", "").split() or list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"ONLY names {', '.join(unknown)}. There are: {', '.join(known)}")
    return names


def passes(name: str, do: t.Callable[[], object]) -> bool:
    """Do it and print its line: what it returns if that is a text, or why it failed."""
    start = time.monotonic()
    word, said = "ok", ""
    try:
        result = do()
        said = result if isinstance(result, str) else ""
    except Missing as missing:
        word, said = "NOT RUN", str(missing)
    except Failed as failed:
        word, said = "FAILED", str(failed)
    lines = said.splitlines()
    if word == "ok" and lines:
        lines = [f"{name:44}{word:9}{time.monotonic() - start:6.1f} s  {lines[-1]}"]
    else:
        lines = [f"{name:44}{word:9}{time.monotonic() - start:6.1f} s", *lines]
    print("\n    ".join(lines), flush=True)
    return word == "ok"


def summary(name: str, results: t.Sequence[bool]) -> int:
    """Print the last line. The exit status of the program."""
    print(f"{name}: {results.count(True)} passed, {results.count(False)} failed or not run")
    return 0 if results and all(results) else 1


def pytest(python: Path, tests: t.Sequence[str], paths: t.Sequence[Path], cwd: Path = ROOT, **variables: str) -> str:
    """Run these tests; what pytest says at the end. Raises Failed, also for a test that is skipped."""
    output = run(
        str(python),
        "-m",
        "pytest",
        "--quiet",
        "--numprocesses=auto",
        "--dist=loadfile",
        "--override-ini",
        f"pythonpath={' '.join(map(str, paths))} molecule/shared",
        *tests,
        cwd=cwd,
        # All of them, whatever takes long too.
        **{"PYTHONPATH": os.pathsep.join(map(str, paths)), "FULL": "1", **variables},
    )
    last = output.strip().splitlines()[-1]
    if not re.search(r"\b[1-9][0-9]* passed\b", last) or re.search(r"\b(skipped|xfailed|deselected)\b", last):
        raise Failed(f"{output}A test that is skipped proves nothing.")
    return last


def module_utils(release: str) -> str:
    """The unit tests of module_utils with that Python."""
    python = environment(FOLDER / release, release, TOOLS)
    return pytest(python, ["tests/unit/plugins/module_utils"], [ROOT / ".venv" / "collections", SENT])


def main() -> int:
    names = wanted(PYTHONS)
    SENT.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        (SENT / "ansible").symlink_to(Path(ansible.__file__).parent)
    results = [passes(f"module_utils, Python {release}", functools.partial(module_utils, release)) for release in names]
    return summary("pythons", results)


if __name__ == "__main__":
    sys.exit(main())
