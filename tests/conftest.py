# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of all tests.

repository: pathlib.Path of the repository's root.
collections: pathlib.Path of a collections path that holds this repository as goplugins.tyk.
go: str, path of a real Go (1.21 or newer).

Tests with the marker `full` run with FULL=1 only. Without it the end of a run says how many were left out.
With NO_SKIPS=1 a run fails in which a test was skipped or left out: it proves nothing.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import signal

import hypothesis
import pytest

# A busy machine is no failure.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# nohup, and a shell's background, have every process ignore these; what the tests start, and end with them, must not.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = pathlib.Path(__file__).resolve().parents[1]
# What failed; `make test` prints it last.
FAILED = ROOT / ".cache" / "failed" / "pytest.txt"
KEPT_LINES = 60
LEFT_OUT = pytest.StashKey[int]()


@pytest.fixture(scope="session")
def repository() -> pathlib.Path:
    return ROOT


@pytest.fixture(scope="session")
def collections(tmp_path_factory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("collections")
    namespace = root / "ansible_collections" / "goplugins"
    namespace.mkdir(parents=True)
    (namespace / "tyk").symlink_to(ROOT)
    return root


@pytest.fixture(scope="session")
def go() -> str:
    found = shutil.which("go", path=f"{os.environ['PATH']}{os.pathsep}/usr/local/go/bin")
    assert found, "the tests need Go: run them with `make unit` or `make integration`, which bring one along"
    return found


def pytest_collection_modifyitems(config, items):
    """Leave out what takes long, unless everything is wanted."""
    if os.environ.get("FULL") == "1":
        return
    left_out = [item for item in items if item.get_closest_marker("full")]
    config.stash[LEFT_OUT] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    """Each worker collects the same; their controller, which collects nothing, says what they left out."""
    # One that crashed says nothing.
    told = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[LEFT_OUT] = max(told, node.config.stash.get(LEFT_OUT, 0))


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)
    elif os.environ.get("NO_SKIPS") == "1":
        stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
        if session.exitstatus == pytest.ExitCode.OK and any(stats.get(kind) for kind in ("skipped", "xfailed", "deselected")):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"left out, as they take long: {config.stash[LEFT_OUT]} tests; they run with FULL=1 (make pytest FULL=1)"
        )


def pytest_runtest_logreport(report):
    """Keep the end of what each failed test says where `make test` prints it last. With workers, their controller alone does it."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        last = report.longreprtext.splitlines(keepends=True)[-KEPT_LINES:]
        FAILED.parent.mkdir(parents=True, exist_ok=True)
        with FAILED.open("a", encoding="utf-8") as file:
            file.writelines([f"pytest: {report.nodeid} FAILED ({report.when})\n", *last, "\n"])
