# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scripts/fragment, on a branch of a repository."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def branch(tmp_path):
    """branch(*paths): commit these files to the branch; what scripts/fragment then says of it."""

    def git(*words):
        author = {f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(["git", *words], cwd=tmp_path, env={**os.environ, **author, **settings}, check=True, capture_output=True)

    def commit(*paths):
        for name in paths:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{path.stat().st_size if path.exists() else 0}\n")
        git("add", "--all")
        git("commit", "--quiet", "--message", "A change")

    def change(*paths):
        commit(*paths)
        return subprocess.run([str(tmp_path / "scripts" / "fragment"), "main"], check=False, capture_output=True, text=True)

    git("init", "--quiet", "--initial-branch=main")
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "fragment", tmp_path / "scripts" / "fragment")
    commit("plugins/modules/c_compiler.py", "changelogs/fragments/old.yml", "README.md")
    git("checkout", "--quiet", "-b", "branch")
    return change


def test_what_users_have_needs_a_fragment(branch):
    done = branch("plugins/modules/c_compiler.py", "README.md")
    assert done.returncode == 1
    assert "plugins/modules/c_compiler.py" in done.stderr and "README.md" not in done.stderr


def test_one_that_is_added_or_edited_will_do(branch):
    assert branch("roles/cross_cc/tasks/main.yml", "changelogs/fragments/new.yml").returncode == 0


def test_what_users_do_not_have_needs_none(branch):
    done = branch("README.md", "tests/unit/test_it.py")
    assert (done.returncode, done.stdout) == (0, "Nothing that users have has changed.\n")
