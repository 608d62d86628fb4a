# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the integration tests, besides those of tests/conftest.py.

run_module(module, check=False, diff=False, env=None, started_by=(), **options): runs the module as Ansible does on a host, in a process
    of its own, and returns its JSON result as a dict. A module that fails returns its result too, with `failed` true; one that does not
    answer with JSON (a traceback) fails the test. `env`: changes to the environment, None removes a variable. `started_by`: words
    before the command.
forks: where those processes come from; see prefork.
examples: pathlib.Path of examples/.
workshop: the embedded gateway, checked out, and built with the Go that it names; see Workshop.
source: a copy of the example plugin that a test may change.
shop: the modules that lay out workspaces and build plugins, with everything filled in that a test does not care about.
count_results: has Ansible count the results of tasks; the function gives for each host of the last run those that talked to it, by name.
recording: puts a go in the place of the toolchain's that notes each start; gives the list of what was started.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.tests.integration import prefork


@pytest.fixture(scope="session")
def forks(collections, tmp_path_factory):
    server = prefork.Server(tmp_path_factory.mktemp("forks"), str(collections))
    yield server
    server.end()


@pytest.fixture(scope="session")
def run_module(collections, tmp_path_factory, forks):
    def run(module, /, check=False, diff=False, env=None, started_by=(), **options):
        arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
        path = tmp_path_factory.mktemp("arguments") / f"{module}.json"
        path.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
        changed = {**os.environ, "PYTHONPATH": str(collections), **(env or {})}
        environment = {key: value for key, value in changed.items() if value is not None}
        if started_by or prefork.needs_a_start(env or {}):
            command = [*started_by, sys.executable, "-m", f"{prefork.PACKAGE}.{module}", str(path)]
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            done = subprocess.run(command, env=environment, check=False, text=True, **pipes)
        else:
            done = forks.run(module, str(path), environment)
        try:
            return json.loads(done.stdout)
        except ValueError:
            pytest.fail(f"{module} answered no JSON (rc {done.returncode})\n{done.stdout}\n{done.stderr}")

    return run


@pytest.fixture(scope="session")
def examples(repository):
    return repository / "examples"


class Workshop:
    """repository: the embedded gateway's git repository; checkout: its source, a shallow clone; profile: how it is built.

    goroot(version): folder of that Go, installed when first asked for. gateway: path of the gateway's binary.
    """

    def __init__(self, folder, toolchains, examples, run_module):
        self._folder = folder
        self._toolchains = toolchains
        self._run = run_module
        self.repository = folder / "repository"
        subprocess.run([sys.executable, str(examples / "make_repository.py"), str(self.repository)], check=True, capture_output=True)
        self.checkout = folder / "src"
        self.run("git_checkout", repo=f"file://{self.repository}", version="release-5.99.0", dest=str(self.checkout))
        self.profile = self.run("tyk_gateway_info", checkout=str(self.checkout), version="release-5.99.0")["profile"]

    def run(self, module, /, **options):
        result = self._run(module, **options)
        assert not result.get("failed"), result
        return result

    def goroot(self, version="1.22.7"):
        return pathlib.Path(self.run("go_toolchain", version=version, root=str(self._toolchains), source="module")["goroot"])

    @property
    def gateway_options(self):
        return {
            "checkout": str(self.checkout),
            "profile": self.profile,
            "goroot": str(self.goroot()),
            "path": str(self._folder / "bin" / "tyk"),
        }

    @functools.cached_property
    def gateway(self):
        return self.run("tyk_gateway_build", **self.gateway_options)["binary"]


@pytest.fixture(scope="session")
def workshop(tmp_path_factory, examples, run_module):
    folder = tmp_path_factory.mktemp("workshop")
    # Tests only read it, so processes that run side by side share one.
    beside = tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    return Workshop(folder, beside / "go", examples, run_module)


@pytest.fixture
def count_results(repository, monkeypatch, tmp_path):
    file = tmp_path / "results.json"
    monkeypatch.setenv("ANSIBLE_CALLBACK_PLUGINS", str(repository / "tests" / "scale" / "callback"))
    monkeypatch.setenv("ANSIBLE_CALLBACKS_ENABLED", "count_results")
    monkeypatch.setenv("COUNT_RESULTS_FILE", str(file))
    return lambda: {host: counted["remote"] for host, counted in json.loads(file.read_text()).items()}


@pytest.fixture
def source(examples, tmp_path):
    """A copy of the example plugin that a test may change."""
    folder = tmp_path / "source"
    shutil.copytree(examples / "plugins" / "testplugin", folder)
    return folder


@pytest.fixture
def shop(workshop, run_module, tmp_path):
    """The modules, with everything filled in that a test does not care about."""

    class Shop:
        goroot = workshop.goroot()
        workspaces = tmp_path / "workspaces"
        output = tmp_path / "artifacts"

        def workspace(self, source, name="testplugin", package=".", **options):
            values = {
                "plugins": [{"name": name, "source": str(source), "remote_src": True, "package": package}],
                "path": str(self.workspaces),
                "gateway": str(workshop.checkout),
                "profile": workshop.profile,
                "goroot": str(self.goroot),
            }
            result = run_module("go_workspace", **{**values, **options})
            return {**result, **(result.get("workspaces") or [{}])[0], "changed": result.get("changed")}

        def build(self, name="testplugin", symbols=(), hooks=None, ldflags="", **options):
            values = {
                "plugins": [{"name": name, "symbols": symbols, "hooks": hooks or {}, "ldflags": ldflags}],
                "workspaces": str(self.workspaces),
                "profile": workshop.profile,
                "goroot": str(self.goroot),
                "output": str(self.output),
            }
            result = run_module("go_plugin_build", **{**values, **options})
            return {**result, **(result.get("plugins") or [{}])[0], "changed": result.get("changed")}

        def both(self, source, name="testplugin", **options):
            laid_out = self.workspace(source, name)
            assert not laid_out.get("failed"), laid_out["msg"]
            return self.build(name, **options)

        def load(self, artifact, symbol):
            return subprocess.run(
                [workshop.gateway, "plugin", "load", "-f", artifact, "-s", symbol], check=False, capture_output=True, text=True, timeout=60
            )

    return Shop()


@pytest.fixture
def recording(shop, tmp_path):
    """Puts a go in the place of the toolchain's that notes each start; gives the list of what was started."""
    real, log = shop.goroot, tmp_path / "started"
    shop.goroot = tmp_path / "recording"
    (shop.goroot / "bin").mkdir(parents=True)
    shutil.copy(real / "VERSION", shop.goroot / "VERSION")
    (shop.goroot / "src").symlink_to(real / "src")
    go = shop.goroot / "bin" / "go"
    go.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {real}/bin/go "$@"\n')
    go.chmod(0o755)
    return lambda: log.read_text().splitlines() if log.exists() else []
