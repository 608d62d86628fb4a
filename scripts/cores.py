# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make cores`: the collection with the newest release of each line of ansible-core that it supports, and what Galaxy says of its artifact.

ONLY=2.21, or several in quotes, takes these lines alone; ONLY=galaxy-importer the artifact. A line whose Python this machine lacks is
not run, which is said and fails the whole: ONLY leaves it out.
"""

from __future__ import annotations

import fcntl
import functools
import json
import os
import re
import sys
import typing as t
from pathlib import Path

import lint
import pythons
from lint import Failed, run

FOLDER = lint.ROOT / ".cache" / "cores"
COPY = FOLDER / "tree" / "ansible_collections" / "goplugins" / "tyk"
COLLECTIONS = COPY.parents[2]

# Each line of ansible-core with a Python that it supports on the controller: together all of them, the oldest with the oldest.
CORES = {"2.17": "3.10", "2.18": "3.11", "2.19": "3.11", "2.20": "3.12", "2.21": "3.13"}
TOOLS = [
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
# But for one about a collection inside of ansible-core itself, which ansible-doc looks at on the way to our roles.
WARNINGS = re.compile(r"^\[(?:DEPRECATION WARNING|WARNING|DEPRECATED)\]:? (?!Collection at '\S+/ansible/_internal/).*", re.MULTILINE)
# Where ansible-doc finds what it shows.
PLACES = {
    "module": "plugins/modules/*.py",
    "callback": "plugins/callback/*.py",
    "lookup": "plugins/lookup/*.py",
    "filter": "plugins/filter/*.py",
    "role": "roles/*",
}
# The unit tests of what imports Ansible, and the integration tests that run playbooks up to what they refuse.
TESTS = [
    "tests/unit/plugins/action",
    "tests/unit/plugins/lookup",
    "tests/unit/plugins/modules",
    "tests/unit/plugins/plugin_utils",
    "tests/unit/repository/test_examples.py",
    "tests/integration/test_variables_of_playbooks.py",
]


class Core(t.NamedTuple):
    """One line of ansible-core (2.21), and the Python of its environment."""

    line: str
    python: Path

    def install(self) -> str:
        """The newest release of that line; what was installed."""
        pythons.environment(self.python.parents[1], CORES[self.line], [f"ansible-core~={self.line}.0", *TOOLS])
        return run(self.tool("ansible"), "--version", cwd=FOLDER, **self.environment).splitlines()[0]

    @property
    def folder(self) -> Path:
        return FOLDER / self.line

    def tool(self, name: str) -> str:
        return str(self.python.with_name(name))

    @property
    def environment(self) -> dict[str, str]:
        """For its own tools and the copy of the collection, whatever .venv has."""
        return {
            "PATH": f"{self.python.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(COLLECTIONS),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CONFIG": str(COPY / "ansible.cfg"),
            "ANSIBLE_HOME": str(self.folder / "home"),
        }

    def play(self, *words: str) -> str:
        """Run a playbook; what Ansible warns of fails it, too."""
        output = run(self.tool("ansible-playbook"), "--inventory", "inventory/localhost.yml", *words, cwd=COPY, **self.environment)
        return without_warnings(output)


def without_warnings(output: str) -> str:
    """The output of an Ansible tool as it is. Raises Failed if there is a warning in it."""
    warnings = WARNINGS.findall(output)
    if warnings:
        raise Failed("\n".join(["Ansible warns:", *warnings]))
    return output


def documentation(core: Core) -> None:
    """ansible-doc shows every plugin and role."""
    for kind, places in PLACES.items():
        names = [f"goplugins.tyk.{path.stem}" for path in sorted(COPY.glob(places))]
        without_warnings(run(core.tool("ansible-doc"), "--type", kind, *names, cwd=COPY, **core.environment))


def tests(core: Core) -> str:
    """The tests that need Ansible, with this one."""
    return pythons.pytest(core.python, TESTS, [COLLECTIONS], COPY, **core.environment)


def playbooks(core: Core) -> None:
    """Each has the right syntax. `build_plugins` builds the example plugins, or finds those of another line; then it changes nothing."""
    for playbook in sorted((COPY / "playbooks").glob("*.yml")):
        core.play("--syntax-check", str(playbook))
    root = FOLDER / "build"
    run(str(core.python), "examples/make_repository.py", str(root / "repository"), cwd=COPY)
    # Without its Go, the collection warns that go.mod names only the least.
    variables = {"tyk_workspace_root": str(root), "tyk_artifacts": str(core.folder / "dist"), "tyk_gateway_go_version": "1.22.7"}
    bootstrap = lint.ROOT / ".venv" / "bin" / "go"
    if bootstrap.exists():
        variables["go_toolchain_bootstrap_go"] = str(bootstrap)
    job = ["--extra-vars", "@examples/embedded.yml", "--extra-vars", json.dumps(variables)]
    core.play(*job, "playbooks/build_plugins.yml")
    again = core.play(*job, "playbooks/build_plugins.yml")
    if not re.search(r"^localhost .*\bchanged=0\b", again, re.MULTILINE):
        raise Failed(f"{again}The second run changed something.")


def sanity(core: Core) -> None:
    """The sanity tests, of which none is ignored."""
    path = core.environment["PATH"]
    lint.sanity(core.python, core.folder / "home", COPY, PATH=path, PYTHONPATH="", ANSIBLE_CONFIG=str(COPY / "ansible.cfg"))


# The quick ones first.
STEPS: dict[str, t.Callable[[Core], object]] = {
    "ansible-doc": documentation,
    "playbooks": playbooks,
    "tests": tests,
    "ansible-test sanity": sanity,
}


def galaxy_importer() -> None:
    """What Galaxy would say of the artifact. The tools of .venv need a later attrs, so this one has an environment of its own."""
    folder = FOLDER / "galaxy-importer"
    python = pythons.environment(folder / "venv", "3.12", ["galaxy-importer", "ansible-core~=2.20.0"])
    environment = {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}", "ANSIBLE_HOME": str(folder / "home"), "PYTHONPATH": ""}
    settings = folder / "galaxy-importer.cfg"
    settings.write_text(
        "[galaxy-importer]\nrun_ansible_doc = True\nrun_ansible_lint = True\nrun_ansible_test = False\nrun_flake8 = False\n"
    )
    run(str(python.with_name("ansible-galaxy")), "collection", "build", "--force", "--output-path", str(folder), cwd=COPY, **environment)
    (artifact,) = folder.glob("goplugins-tyk-*.tar.gz")
    output = run(str(python), "-m", "galaxy_importer.main", str(artifact), cwd=folder, GALAXY_IMPORTER_CONFIG=str(settings), **environment)
    if re.search(r"^(WARNING|ERROR)", output, re.MULTILINE) or "Importer processing completed successfully" not in output:
        raise Failed(output)


def main() -> int:
    known = [*CORES, "galaxy-importer"]
    wanted = pythons.wanted(known)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        # A second run would take the copy away from under the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        lint.refresh_copy(COPY)
        results: list[bool] = []
        for name in wanted:
            if name not in CORES:
                results.append(pythons.passes(name, galaxy_importer))
                continue
            core = Core(name, FOLDER / name / "venv" / "bin" / "python")
            results.append(pythons.passes(f"ansible-core {name}", core.install))
            # Without it there is nothing to try.
            if results[-1]:
                results += [pythons.passes(f"ansible-core {name}: {step}", functools.partial(do, core)) for step, do in STEPS.items()]
    return pythons.summary("cores", results)


if __name__ == "__main__":
    sys.exit(main())
