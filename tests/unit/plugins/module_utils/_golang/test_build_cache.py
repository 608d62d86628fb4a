# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A build cache that somebody spoiled, with Go's own words."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._command import Completed
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import build_cache

SOURCE = 'package main\n\nimport "unicode/utf8"\n\nvar _ = utf8.RuneError\n\nfunc main() {}\n'


@pytest.fixture(scope="module")
def compile_in(go):
    """compile_in(folder): compile the program in its folder "source", with the cache that is there."""

    def run(folder):
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GOCACHE": str(folder / "cache")}
        environment.update(GOTOOLCHAIN="local", CGO_ENABLED="0")
        argv = [go, "build", "-o", str(folder / "p"), "."]
        done = subprocess.run(argv, cwd=folder / "source", env=environment, check=False, capture_output=True, text=True)
        return Completed(argv, done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def filled(compile_in, tmp_path_factory):
    """A folder with a small program, and the cache in which it was compiled."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "source").mkdir()
    (folder / "source" / "go.mod").write_text("module p\n")
    (folder / "source" / "main.go").write_text(SOURCE)
    assert compile_in(folder).rc == 0
    return folder


@pytest.fixture
def build(compile_in, filled, tmp_path):
    """build(): compile the program with a copy of that cache."""
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    return lambda: compile_in(tmp_path)


def spoil_all(cache, change):
    for path in cache.glob("??/*-d"):
        data = path.read_bytes()
        if data:
            path.write_bytes(change(data))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: os.urandom(len(data)), id="random bytes", marks=pytest.mark.full),
        pytest.param(lambda data: bytes(len(data)), id="zeros"),
        pytest.param(lambda data: data[:70] + b"X" * 16 + data[86:], id="a few bytes", marks=pytest.mark.full),
    ],
)
def test_a_spoiled_cache_is_one_message_with_the_fix(build, tmp_path, change):
    spoil_all(tmp_path / "cache", change)
    (tmp_path / "source" / "main.go").write_text(SOURCE.replace("RuneError", "MaxRune"))
    failed = build()
    assert failed.rc
    with pytest.raises(GoPluginsError, match=r"Go's build cache .*/cache is spoiled: \d+ of its files") as caught:
        build_cache.refuse_spoiled(failed, str(tmp_path / "cache"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(caught.value.fix, shell=True, check=True, cwd=tmp_path, env=environment)
    assert build().rc == 0


def test_a_plugin_that_does_not_compile_is_no_spoiled_cache(build, tmp_path, monkeypatch):
    monkeypatch.setattr(build_cache, "_SECONDS_TO_FINISH", 0)
    (tmp_path / "source" / "main.go").write_text("package main\n\nfunc main() { return 1 }\n")
    build_cache.refuse_spoiled(build(), str(tmp_path / "cache"))
    (tmp_path / "source" / "main.go").write_text('package main\n\nimport _ "no/such"\n\nfunc main() {}\n')
    failed = build()
    assert "is not in std" in failed.stderr
    # What go run keeps of a program, since Go 1.24.
    (tmp_path / "cache" / "aa" / f"{'a' * 64}-d").mkdir(parents=True)
    (tmp_path / "cache" / "aa" / f"{'a' * 64}-d" / "program").write_text("linked")
    build_cache.refuse_spoiled(failed, str(tmp_path / "cache"))
    build_cache.refuse_spoiled(failed, str(tmp_path / "nowhere"))


def test_the_cache_is_read_only_where_something_points_to_it(tmp_path, monkeypatch):
    monkeypatch.setattr(build_cache, "sha256_file", lambda path: pytest.fail(f"{path} was read"))
    (tmp_path / "aa").mkdir()
    (tmp_path / "aa" / f"{'a' * 64}-d").write_text("spoiled")
    build_cache.refuse_spoiled(Completed(["go"], 0, "", "could not import"), str(tmp_path))
    build_cache.refuse_spoiled(Completed(["go"], 1, "", "./p.go:3:5: undefined: x"), str(tmp_path))
