# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of what stands in this repository, each in an environment of its own, below .cache/nox.

`make lint` runs the default ones; `make cores`, `make pythons` and `make pins` run others. `antsibull-nox.toml` configures those that many
collections have. `scripts/run nox --list` lists all, with a star before the default ones; `scripts/run nox -s code` runs one.
"""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import typing as t
from pathlib import Path

import ansible
import antsibull_nox
import nox

ROOT = Path(__file__).resolve().parent
CACHE = ROOT / ".cache"
COLLECTION = Path("ansible_collections", "goplugins", "tyk")

# Each line of ansible-core with a Python that it supports on the controller: together all of them, the oldest with the oldest.
CORES = {"2.17": "3.10", "2.18": "3.11", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}
# What managed hosts may have.
PYTHONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]

# What the tests import; the newest of each. A later cryptography warns of Python 3.8, and warnings are errors.
HOST_TOOLS = [
    "pytest",
    "pytest-xdist",
    "hypothesis",
    "PyYAML",
    "jsonschema",
    "lief",
    "cryptography<45; python_version < '3.9'",
    "cryptography",
]
CORE_TOOLS = [
    "pytest",
    "pytest-xdist",
    "hypothesis",
    "lief",
    "pyelftools",
    "securesystemslib[crypto]",
    "cyclonedx-python-lib[json-validation]",
    "html5lib",
    "markdown-it-py",
]
# The unit tests of what imports Ansible, and the integration tests that run playbooks up to what they refuse.
CORE_TESTS = [
    "tests/unit/plugins/action",
    "tests/unit/plugins/lookup",
    "tests/unit/plugins/modules",
    "tests/unit/plugins/plugin_utils",
    "tests/unit/repository/test_examples.py",
    "tests/integration/test_variables_of_playbooks.py",
]
# But for one about a collection inside of ansible-core itself, which ansible-doc looks at on the way to our roles.
WARNING = re.compile(r"^\[(?:DEPRECATION WARNING|WARNING|DEPRECATED)\]:? (?!Collection at '\S+/ansible/_internal/).*", re.MULTILINE)
SHELL = re.compile(rb"#!.*\b(sh|bash)\n")
# Where ansible-doc finds what it shows.
PLACES = {
    "module": "plugins/modules/*.py",
    "callback": "plugins/callback/*.py",
    "lookup": "plugins/lookup/*.py",
    "filter": "plugins/filter/*.py",
    "role": "roles/*",
}

# Of PyPI its package fetches a binary from elsewhere; Go builds it from the module, which the checksum database vouches for.
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

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.envdir = str(CACHE / "nox")
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = True
nox.options.reuse_venv = "yes"

antsibull_nox.load_antsibull_nox_toml()


def pip_settings() -> configparser.RawConfigParser:
    """What pip goes by on this machine, environment included."""
    argv = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    settings = configparser.RawConfigParser()
    settings.read_dict({"global": {"quiet": "1"}})
    for key, value in sorted([line.partition("=")[::2] for line in lines], key=lambda pair: pair[0].startswith(":env:")):
        section, _dot, name = key.replace(":env:", "global").rpartition(".")
        settings.read_dict({section: {name: ast.literal_eval(value)}})
    return settings


def prepare_environment() -> None:
    """Let uv fetch from where pip does, and find the Pythons that pyenv has built: its shims stand for one of them alone."""
    pip = pip_settings()["global"]
    for name, variable in {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE"}.items():
        if name in pip:
            os.environ.setdefault(variable, " ".join(pip[name].split()))
    os.environ.setdefault("UV_CACHE_DIR", str(CACHE / "uv"))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    path = [folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != pyenv / "shims"]
    os.environ["PATH"] = os.pathsep.join([*path, *map(str, sorted(pyenv.glob("versions/*/bin")))])


prepare_environment()


def install(session: nox.Session, *names: str) -> None:
    """Install what these files of requirements/ pin."""
    session.install(*[word for name in names for word in ("--requirement", f"requirements/{name}.txt")])


def known_files(session: nox.Session) -> list[str]:
    """What git knows or would add, as it is in the working tree now."""
    listed = session.run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", external=True, silent=True, log=False)
    return [name for name in listed.split("\0") if name and os.path.lexists(ROOT / name)]


def copy(session: nox.Session) -> Path:
    """A copy of the known files, where Ansible finds a collection."""
    tree = Path(session.create_tmp()) / "tree" / COLLECTION
    shutil.rmtree(tree.parents[2], ignore_errors=True)
    for name in known_files(session):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tree / name, follow_symlinks=False)
    return tree


def run_all(session: nox.Session, *commands: t.Sequence[str], **options: t.Any) -> None:
    """Run each command, also after one that failed; then the session has failed."""
    failed = []
    for command in commands:
        try:
            session.run(*command, **options)
        except nox.command.CommandFailed:
            failed.append(command[0])
    if failed:
        session.error(f"failed: {', '.join(failed)}")


def run_ansible(session: nox.Session, collections: Path, *argv: str) -> str:
    """Run a tool of Ansible that finds its collections there; what it printed. What it warns of is a failure."""
    variables = {"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_HOME": str(collections / "home"), "PYTHONPATH": ""}
    output = session.run(*argv, env=variables, silent=True)
    if WARNING.search(output):
        session.error("\n".join(["Ansible warns:", *WARNING.findall(output)]))
    return output


def install_artifact(session: nox.Session, tree: Path) -> Path:
    """Build the artifact of that copy, look at what is in it, and install it as users do; the collections path that has it."""
    place = Path(session.create_tmp()) / "installed"
    shutil.rmtree(place, ignore_errors=True)
    run_ansible(session, place, "ansible-galaxy", "collection", "build", str(tree), "--output-path", str(place))
    (path,) = place.glob("goplugins-tyk-*.tar.gz")
    with tarfile.open(path) as archive:
        names = archive.getnames()
    top = {name.split("/")[0] for name in names}
    wanted = ARTIFACT_FILES | ARTIFACT_FOLDERS
    if top != wanted:
        session.error(f"{path.name}: missing {sorted(wanted - top)}, not wanted {sorted(top - wanted)}")
    scripts = [name for name in names if name.endswith(".py") and not name.startswith("plugins/")]
    if scripts:
        session.error(f"{path.name}: not wanted, as only developers run it: {', '.join(scripts)}")
    if path.stat().st_size > ARTIFACT_BYTES:
        session.error(f"{path.name} has {path.stat().st_size} bytes, more than {ARTIFACT_BYTES}")
    run_ansible(session, place, "ansible-galaxy", "collection", "install", "--offline", str(path), "--collections-path", str(place))
    return place


def documentation(session: nox.Session, collections: Path) -> None:
    """ansible-doc shows every plugin and role, and each playbook has the right syntax."""
    for kind, places in PLACES.items():
        names = [f"goplugins.tyk.{path.stem}" for path in sorted((collections / COLLECTION).glob(places))]
        run_ansible(session, collections, "ansible-doc", "--type", kind, *names)
    playbooks = sorted(map(str, (collections / COLLECTION).glob("playbooks/*.yml")))
    run_ansible(session, collections, "ansible-playbook", "--inventory", "localhost,", "--syntax-check", *playbooks)


def sanity(session: nox.Session, collections: Path) -> None:
    """The sanity tests of the session's ansible-core, of which none is skipped and none ignored."""
    release, pip = session.run("python", "-c", PIP_OF_ANSIBLE_TEST, silent=True).split()
    # ansible-test keeps its environments in the home folder; with this one the user's stays clean.
    home = Path(session.virtualenv.location) / "home"
    # It gets what it would download (a pip; Python has one on board) or drop (pip's settings in the environment).
    bootstrap = home / ".ansible" / "test" / "cache" / f"get_pip_{pip.replace('.', '_')}.py"
    bootstrap.parent.mkdir(parents=True, exist_ok=True)
    bootstrap.write_text("import ensurepip\nensurepip.bootstrap()\n")
    settings = home / ".config" / "pip" / "pip.conf"
    settings.parent.mkdir(parents=True, exist_ok=True)
    with settings.open("w") as file:
        pip_settings().write(file)
    with session.chdir(collections / COLLECTION):
        # ansible-test asks git for the files; that of this repository ignores them here.
        session.run("git", "init", "--quiet", external=True)
        session.run("git", "add", "--all", "--force", external=True)
        output = session.run(
            *("ansible-test", "sanity", "--local", "--python", release, "--color", "no"),
            env={"HOME": str(home), "PYTHONPATH": ""},
            silent=True,
        )
    skipped = re.findall(r"^WARNING: .*\b[Ss]kip.*", output, re.MULTILINE)
    if skipped or "Running sanity test" not in output:
        session.error("\n".join(["a sanity test that is skipped proves nothing:", *(skipped or [output])]))


def main_job(session: nox.Session, tree: Path) -> None:
    """`build_plugins` builds the example plugins, or finds those of another ansible-core; then it changes nothing."""
    root = CACHE / "nox-build"
    session.run("python", str(tree / "examples" / "make_repository.py"), str(root / "repository"))
    # Without its Go, the collection warns that go.mod names only the least.
    variables = {"tyk_workspace_root": str(root), "tyk_artifacts": str(root / session.name), "tyk_gateway_go_version": "1.22.7"}
    bootstrap = Path(sys.executable).with_name("go")
    if bootstrap.exists():
        variables["go_toolchain_bootstrap_go"] = str(bootstrap)
    inventory, example = str(tree / "inventory" / "localhost.yml"), f"@{tree}/examples/embedded.yml"
    job = ["ansible-playbook", "-i", inventory, "-e", example, "-e", json.dumps(variables), "goplugins.tyk.build_plugins"]
    run_ansible(session, tree.parents[2], *job)
    again = run_ansible(session, tree.parents[2], *job)
    if not re.search(r"^localhost .*\bchanged=0\b", again, re.MULTILINE):
        session.error(f"{again}The second run changed something.")


def run_tests(session: nox.Session, path: t.Sequence[Path], *tests: str) -> None:
    """Run these tests with that path of modules. None may be skipped or left out."""
    modules = os.pathsep.join(map(str, path))
    found = f"pythonpath={' '.join(map(str, path))} molecule/shared"
    variables = {"PYTHONPATH": modules, "ANSIBLE_COLLECTIONS_PATH": modules, "FULL": "1", "NO_SKIPS": "1"}
    session.run("pytest", "--quiet", "--numprocesses=auto", "--dist=loadfile", "--override-ini", found, *tests, env=variables)


@nox.session
def code(session: nox.Session) -> None:
    """The static checks of Python, shell, workflows and changelog fragments."""
    install(session, "lint")
    files = known_files(session)
    run_all(
        session,
        ["ruff", "check", "--output-format", "concise", "."],
        ["ruff", "format", "--check", "--output-format", "concise", "."],
        ["shellcheck", *[name for name in files if SHELL.match((ROOT / name).read_bytes()[:64])]],
        # Modules run on any target's Python.
        ["vermin", "--target=3.8-", "--no-tips", "--violations", "plugins"],
        ["mypy", "--package", "ansible_collections.goplugins.tyk.plugins.module_utils"],
        ["mypy", "scripts"],
        ["antsibull-changelog", "lint"],
        ["zizmor", "--offline", "--no-progress", ".github", ".pre-commit-config.yaml"],
        ["go", "run", ACTIONLINT, *[name for name in files if name.startswith(".github/workflows/")]],
        env={"MYPYPATH": os.pathsep.join([".venv/collections", "scripts"]), "PYTHONPATH": "", "GOFLAGS": ""},
        external=True,
    )


@nox.session
def docs(session: nox.Session) -> None:
    """All pages and the reference of the collection as a site, in .cache/site. A warning is an error."""
    install(session, "lint")
    session.run("python", "scripts/docs.py")


@nox.session
def artifact(session: nox.Session) -> None:
    """What others install: its files, its documentation, and the sanity tests of the pinned ansible-core."""
    install(session, "build")
    collections = install_artifact(session, copy(session))
    documentation(session, collections)
    sanity(session, collections)


def core(line: str) -> t.Callable[[nox.Session], None]:
    """The session of a line of ansible-core."""

    def session_of_core(session: nox.Session) -> None:
        session.install("--upgrade", f"ansible-core~={line}.0", *CORE_TOOLS)
        session.run("ansible", "--version")
        tree = copy(session)
        collections = install_artifact(session, tree)
        documentation(session, collections)
        main_job(session, tree)
        with session.chdir(tree):
            run_tests(session, [tree.parents[2]], *CORE_TESTS)
        sanity(session, collections)

    session_of_core.__doc__ = f"The collection with the newest ansible-core {line}, on Python {CORES[line]}."
    return session_of_core


for supported, python in CORES.items():
    nox.session(name=f"core-{supported}", python=python, default=False, tags=["cores"])(core(supported))


@nox.session(default=False, tags=["cores"])
def galaxy(session: nox.Session) -> None:
    """What Galaxy says of the artifact. Its tools want an attrs of their own."""
    install(session, "galaxy")
    place = install_artifact(session, copy(session))
    settings = place / "galaxy-importer.cfg"
    wanted = {"ansible_doc": True, "ansible_lint": True, "ansible_test": False, "flake8": False}
    settings.write_text("\n".join(["[galaxy-importer]", *[f"run_{name} = {value}" for name, value in wanted.items()], ""]))
    (path,) = place.glob("goplugins-tyk-*.tar.gz")
    variables = {"GALAXY_IMPORTER_CONFIG": str(settings), "ANSIBLE_HOME": str(place / "home"), "PYTHONPATH": ""}
    # It leaves its result in the working folder.
    with session.chdir(place):
        output = session.run("python", "-m", "galaxy_importer.main", str(path), env=variables, silent=True)
    if re.search(r"^(WARNING|ERROR)", output, re.MULTILINE) or "Importer processing completed successfully" not in output:
        session.error(output)


@nox.session(python=PYTHONS, default=False)
def module_utils(session: nox.Session) -> None:
    """The unit tests of what managed hosts run, with a Python that they may have. They need no Ansible."""
    session.install("--upgrade", *HOST_TOOLS)
    # Ansible sends its module_utils to a host and installs nothing there, so it is only seen: that of .venv, which supports each of these.
    sent = Path(session.create_tmp()) / "sent"
    sent.mkdir(exist_ok=True)
    (sent / "ansible").unlink(missing_ok=True)
    (sent / "ansible").symlink_to(Path(ansible.__file__).parent)
    run_tests(session, [ROOT / ".venv" / "collections", sent], "tests/unit/plugins/module_utils")


@nox.session(default=False)
def changelog(session: nox.Session) -> None:
    """Run antsibull-changelog with the words behind `--`: `scripts/run nox -s changelog -- release`."""
    install(session, "lint")
    session.run("antsibull-changelog", *session.posargs)


@nox.session(venv_backend="none", default=False)
def pins(session: nox.Session) -> None:
    """Pin the newest versions that requirements/*.in allow, one for all Pythons that they must serve."""
    options = ["--universal", "--python-version", "3.11", "--fork-strategy", "fewest", "--generate-hashes", "--upgrade"]
    quiet = ["--quiet", "--no-annotate", "--custom-compile-command", "make pins"]
    for name in ("build", "go", "test", "lint", "galaxy", "fuzz", "matrix", "bench"):
        source, target = f"requirements/{name}.in", f"requirements/{name}.txt"
        session.run("uv", "pip", "compile", *options, *quiet, source, "--output-file", target)
