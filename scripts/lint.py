# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make lint`: every static check, the sanity tests, and the collection's artifact, side by side. Any failure fails the whole."""

from __future__ import annotations

import ast
import concurrent.futures
import configparser
import fcntl
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# ansible-test wants a real folder of that name, and every tool a tree without .venv and build output: a copy, with an index of its own,
# because the tools ask git for the files.
COPY = ROOT / ".cache" / "lint" / "ansible_collections" / "goplugins" / "tyk"
# What the artifact will hold, of that copy: the sanity tests are about what others install.
SHIPPED = ROOT / ".cache" / "lint-shipped" / "ansible_collections" / "goplugins" / "tyk"
# ansible-test keeps its environments in the home folder; this one is ours, so that they stay between runs and the user's home stays clean.
HOME = ROOT / ".cache" / "lint-home"
INSTALLED = ROOT / ".cache" / "lint-installed"
PACKAGE = "ansible_collections/goplugins/tyk"

ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"

ARTIFACT_FILES = {"CHANGELOG.rst", "FILES.json", "LICENSE", "MANIFEST.json", "README.md"}
ARTIFACT_FOLDERS = {"changelogs", "docs", "meta", "playbooks", "plugins", "roles"}
ARTIFACT_BYTES = 640 * 1024


# Prints for the Python that runs it: its release, and the pip that its ansible-test asks for.
PIP_OF_ANSIBLE_TEST = """
import sys, types
from ansible_test._internal.python_requirements import get_venv_packages
release = "%d.%d" % sys.version_info[:2]
print(release, get_venv_packages(types.SimpleNamespace(version=release))["pip"])
"""


class Failed(Exception):
    """What a check found, ready to be read."""


def run(*argv: str, cwd: Path = COPY, **environment: str) -> str:
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, "NO_COLOR": "1", **environment},
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise Failed(f"{done.stdout}{argv[0]} ended with {done.returncode}")
    return done.stdout


def refresh_copy(copy: Path = COPY) -> None:
    """What git knows or would add, as it is in the working tree now."""
    shutil.rmtree(copy.parents[2], ignore_errors=True)
    for name in run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0"):
        if name and os.path.lexists(ROOT / name):
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)
    run("git", "init", "--quiet", cwd=copy)
    run("git", "add", "--all", cwd=copy)


def refresh_shipped() -> None:
    """What the artifact will hold, with galaxy.yml in the place of the manifest that is made of it."""
    shutil.rmtree(SHIPPED.parents[2], ignore_errors=True)
    SHIPPED.mkdir(parents=True)
    for name in {*ARTIFACT_FOLDERS, "galaxy.yml"} | ARTIFACT_FILES:
        if (COPY / name).is_dir():
            shutil.copytree(COPY / name, SHIPPED / name, symlinks=True)
        elif (COPY / name).exists():
            shutil.copy2(COPY / name, SHIPPED / name)
    run("git", "init", "--quiet", cwd=SHIPPED)
    run("git", "add", "--all", cwd=SHIPPED)


def pip_configuration() -> str:
    """What pip goes by on this machine, environment included, as the text of one configuration file."""
    listed = [line.partition("=")[::2] for line in run(sys.executable, "-m", "pip", "config", "list", cwd=ROOT).splitlines()]
    settings = configparser.RawConfigParser()
    settings.read_dict({"global": {"quiet": "1"}})
    for key, value in sorted(listed, key=lambda entry: entry[0].startswith(":env:")):
        section, _dot, name = key.replace(":env:", "global").rpartition(".")
        settings.read_dict({section: {name: ast.literal_eval(value)}})
    text = io.StringIO()
    settings.write(text)
    return text.getvalue()


def prepare_home(home: Path, pip: str) -> None:
    """Give ansible-test what it would download (a pip; Python has one on board) or drop (pip's settings in the environment)."""
    bootstrap = home / ".ansible" / "test" / "cache" / f"get_pip_{pip.replace('.', '_')}.py"
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    bootstrap.write_text("import ensurepip\nensurepip.bootstrap()\n")
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(pip_configuration())


def shellcheck() -> None:
    run(
        "shellcheck",
        *[name for name in run("git", "ls-files").splitlines() if re.match(rb"#!.*\b(sh|bash)\n", (COPY / name).read_bytes()[:64])],
    )


def python_floor() -> None:
    run("vermin", "--target=3.8-", "--no-tips", "--violations", "plugins")


def mypy() -> None:
    settings = str(COPY / "pyproject.toml")
    run("mypy", "--config-file", settings, f"{PACKAGE}/plugins/module_utils", cwd=COPY.parents[2])
    run("mypy", "--config-file", settings, ".", cwd=COPY / "scripts")


def sanity(python: Path = Path(sys.executable), home: Path = HOME, copy: Path = COPY, **environment: str) -> None:
    """The sanity tests of the ansible-core that this Python has."""
    release, pip = run(str(python), "-c", PIP_OF_ANSIBLE_TEST, cwd=ROOT).split()
    prepare_home(home, pip)
    command = [str(python.with_name("ansible-test")), "sanity", "--local", "--python", release, "--color", "no"]
    output = run(*command, cwd=copy, HOME=str(home), **environment)
    skipped = [line for line in output.splitlines() if line.startswith("WARNING: Skipping")]
    if skipped:
        raise Failed("\n".join(["a sanity test that is skipped proves nothing:", *skipped]))


def artifact() -> None:
    """The collection builds, holds what it should and no more, installs, and its modules show their documentation."""
    shutil.rmtree(INSTALLED, ignore_errors=True)
    INSTALLED.mkdir(parents=True)
    run("ansible-galaxy", "collection", "build", "--output-path", str(INSTALLED))
    (path,) = INSTALLED.glob("goplugins-tyk-*.tar.gz")
    with tarfile.open(path) as archive:
        top = {name.split("/")[0] for name in archive.getnames()}
    wanted = ARTIFACT_FILES | ARTIFACT_FOLDERS
    if top != wanted:
        raise Failed(f"{path.name}: missing {sorted(wanted - top)}, not wanted {sorted(top - wanted)}")
    if path.stat().st_size > ARTIFACT_BYTES:
        raise Failed(f"{path.name} has {path.stat().st_size} bytes, more than {ARTIFACT_BYTES}")
    modules = sorted(module.stem for module in (COPY / "plugins" / "modules").glob("*.py"))
    # With settings of its own, so that the collection of this repository is not found in its place.
    (INSTALLED / "ansible.cfg").write_text(f"[defaults]\ncollections_path = {INSTALLED}\n")
    elsewhere = {"ANSIBLE_CONFIG": str(INSTALLED / "ansible.cfg"), "PYTHONPATH": ""}
    run("ansible-galaxy", "collection", "install", "--offline", str(path), cwd=INSTALLED, **elsewhere)
    run("ansible-doc", "--type", "module", *[f"goplugins.tyk.{name}" for name in modules], cwd=INSTALLED, **elsewhere)
    playbooks = [str(INSTALLED / PACKAGE / "playbooks" / playbook.name) for playbook in sorted((COPY / "playbooks").glob("*.yml"))]
    run("ansible-playbook", "--syntax-check", *playbooks, cwd=INSTALLED, **elsewhere)


# The longest first: they run side by side.
CHECKS: dict[str, t.Callable[[], object]] = {
    "ansible-test sanity": lambda: sanity(copy=SHIPPED),
    "ansible-lint": lambda: run("ansible-lint", "--offline", "--nocolor", "--strict", "--profile", "production"),
    "artifact": artifact,
    "antsibull-docs": lambda: run("antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "all", "."),
    # Of PyPI its package fetches a binary from elsewhere; Go builds it from the module, which the checksum database vouches for.
    "actionlint": lambda: run("go", "run", ACTIONLINT, GOFLAGS=""),
    "mypy": mypy,
    "python 3.8 on targets (vermin)": python_floor,
    "zizmor": lambda: run("zizmor", "--offline", "--no-progress", "."),
    "yamllint": lambda: run("yamllint", "--strict", "."),
    "antsibull-changelog": lambda: run("antsibull-changelog", "lint"),
    "shellcheck": shellcheck,
    "ruff check": lambda: run("ruff", "check", "--no-cache", "--output-format", "concise", "."),
    "ruff format": lambda: run("ruff", "format", "--no-cache", "--check", "--output-format", "concise", "."),
}


def passes(name: str) -> bool:
    start = time.monotonic()
    try:
        CHECKS[name]()
        found = ""
    except Failed as failed:
        found = str(failed)
    said = [f"{name:32}{'FAILED' if found else 'ok':7} {time.monotonic() - start:5.1f} s", *found.splitlines()]
    # One call, so that two checks that end together do not mix their lines.
    sys.stdout.write("\n    ".join(said) + "\n")
    sys.stdout.flush()
    return not found


def main() -> int:
    COPY.parents[3].mkdir(exist_ok=True)
    with (COPY.parents[3] / "lint.lock").open("w") as lock:
        # A second run would take the copy away from under the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        refresh_copy()
        refresh_shipped()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
            results = list(workers.map(passes, CHECKS))
    print(f"lint: {results.count(True)} checks passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
