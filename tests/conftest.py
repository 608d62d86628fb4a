# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of all tests.

repository: pathlib.Path of the repository's root.
collections: pathlib.Path of a collections path that holds this repository as goplugins.tyk.
go: str, path of a real Go (1.21 or newer).
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


def pytest_runtest_logreport(report):
    """Keep the end of what each failed test says where `make test` prints it last. With workers, their controller alone does it."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        last = report.longreprtext.splitlines(keepends=True)[-KEPT_LINES:]
        FAILED.parent.mkdir(parents=True, exist_ok=True)
        with FAILED.open("a", encoding="utf-8") as file:
            file.writelines([f"pytest: {report.nodeid} FAILED ({report.when})\n", *last, "\n"])
