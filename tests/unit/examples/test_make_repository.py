# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The embedded gateway's git repository: the same everywhere, and made in no folder but its own."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest


@pytest.fixture
def examples(repository, tmp_path):
    """A copy of what the script reads, free to change."""
    folder = tmp_path / "examples"
    shutil.copytree(repository / "examples" / "gateway", folder / "gateway")
    shutil.copy(repository / "examples" / "make_repository.py", folder)
    return folder


@pytest.fixture
def run(examples):
    def run(folder, *arguments, umask=-1, **variables):
        command = [sys.executable, str(examples / "make_repository.py"), str(folder), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, umask=umask, env={**os.environ, **variables})

    return run


@pytest.fixture
def make(run):
    def make(folder, *arguments, **options):
        done = run(folder, *arguments, **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return make


@pytest.fixture
def target(tmp_path):
    return tmp_path / "repository"


def git(folder, *words):
    return subprocess.run(["git", "--git-dir", str(folder), *words], check=True, capture_output=True, text=True).stdout.strip()


def refs(folder):
    listed = git(folder, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return {"HEAD": git(folder, "symbolic-ref", "HEAD"), **dict(line.split() for line in listed)}


def released(commit, tip=None):
    return {
        "HEAD": "refs/heads/master",
        "refs/heads/master": tip or commit,
        "refs/heads/release-5.99.0": tip or commit,
        "refs/tags/v5.99.0": commit,
    }


def snapshot(folder):
    """All that could tell that a folder was changed."""
    return {path: (path.stat().st_mtime_ns, path.is_dir() or path.read_bytes()) for path in folder.rglob("*")}


def test_it_has_the_branches_and_the_tag_of_a_release(make, target):
    made = make(target)
    assert made["changed"] is True
    assert refs(target) == released(made["commit"])
    assert git(target, "fsck", "--strict") == ""


def test_it_holds_the_gateways_files_byte_for_byte(make, target, examples, tmp_path):
    make(target)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--depth=1", "--branch=v5.99.0", f"file://{target}", str(clone)], check=True, capture_output=True)
    source = examples / "gateway"
    files = {path.relative_to(source): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    cloned = {path.relative_to(clone): path.read_bytes() for path in clone.rglob("*") if path.is_file()}
    assert {path: data for path, data in cloned.items() if path.parts[0] != ".git"} == files
    assert pathlib.Path("go.mod") in files


def test_a_second_run_changes_nothing(make, target):
    made = make(target)
    before = snapshot(target)
    assert make(target) == {"changed": False, "commit": made["commit"]}
    after = snapshot(target)
    assert {path: state[1] for path, state in after.items()} == {path: state[1] for path, state in before.items()}
    # git itself renews the time of an object that it would write again.
    assert [path for path in after if after[path] != before[path] and target / "objects" not in path.parents] == []


def test_whoever_runs_it_gets_the_same_commit(make, target, tmp_path, examples):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text(
        "[core]\n\tautocrlf = true\n\tsharedRepository = group\n[user]\n\tname = Somebody\n\temail = somebody@example.com\n"
        "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = false\n[i18n]\n\tcommitEncoding = latin1\n[init]\n\tdefaultBranch = trunk\n"
    )
    for path in (examples / "gateway").rglob("*.go"):
        path.chmod(0o700)
    strange = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
        "GIT_AUTHOR_NAME": "Somebody",
        "GIT_COMMITTER_DATE": "2001-01-01T00:00:00Z",
        "GIT_DIR": str(tmp_path / "other"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_DEFAULT_HASH": "sha256",
        "TZ": "Asia/Tokyo",
    }
    here = make(target)
    there = make(tmp_path / "deep" / "er", umask=0o077, **strange)
    assert there == here
    assert refs(tmp_path / "deep" / "er") == refs(target)
    assert not (tmp_path / "other").exists() and not (tmp_path / "index").exists()


def test_a_changed_file_moves_branches_and_tag_and_back(make, target, examples):
    first = make(target)
    path = examples / "gateway" / "log" / "log.go"
    text = path.read_text()
    path.write_text(text + "\n// One more line.\n")
    second = make(target)
    assert second["changed"] is True and second["commit"] != first["commit"]
    assert refs(target) == released(second["commit"])
    assert git(target, "rev-list", "--count", "master") == "1"
    path.write_text(text)
    assert make(target) == {"changed": True, "commit": first["commit"]}
    assert refs(target) == released(first["commit"])


def test_a_file_that_is_gone_is_gone_from_the_commit(make, target, examples):
    make(target)
    (examples / "gateway" / "log" / "log_test.go").unlink()
    assert make(target)["changed"] is True
    assert "log/log_test.go" not in git(target, "ls-tree", "-r", "--name-only", "HEAD").splitlines()


def test_what_a_build_leaves_behind_is_no_change(make, target, examples):
    first = make(target)
    (examples / "gateway" / "tyk").write_bytes(b"\x7fELF")
    (examples / "gateway" / "hook.so").write_bytes(b"\x7fELF")
    assert make(target) == {"changed": False, "commit": first["commit"]}


def test_a_branch_or_the_default_that_somebody_moved_is_put_back(make, target):
    made = make(target)
    git(target, "update-ref", "-d", "refs/tags/v5.99.0")
    git(target, "symbolic-ref", "HEAD", "refs/heads/other")
    git(target, "update-ref", "refs/heads/mine", made["commit"])
    assert make(target) == {"changed": True, "commit": made["commit"]}
    assert refs(target) == {**released(made["commit"]), "refs/heads/mine": made["commit"]}
    assert make(target)["changed"] is False


def test_one_more_commit_comes_after_the_tag(make, target):
    release = make(target)["commit"]
    extra = make(target, "--commit-extra")
    assert extra["changed"] is True
    assert refs(target) == released(release, extra["commit"])
    assert git(target, "rev-parse", "master^") == release
    assert git(target, "diff", "--name-only", "v5.99.0", "release-5.99.0") == "log/next.go"
    assert make(target, "--commit-extra") == {"changed": False, "commit": extra["commit"]}
    assert make(target) == {"changed": True, "commit": release}
    assert refs(target) == released(release)


def full_folder(target):
    target.mkdir()
    (target / "precious").write_text("mine")


def other_repository(target):
    subprocess.run(["git", "init", "-q", "--bare", str(target)], check=True, capture_output=True)


def plain_file(target):
    target.write_text("mine")


@pytest.mark.parametrize("spoil", [full_folder, other_repository, plain_file])
def test_what_it_did_not_make_is_left_alone(run, target, spoil):
    spoil(target)
    before = snapshot(target.parent)
    done = run(target)
    assert done.returncode != 0 and f"{target} is not empty and was not made by this script" in done.stderr, done.stderr
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert snapshot(target.parent) == before


def test_an_empty_folder_will_do(make, target):
    target.mkdir()
    assert make(target)["changed"] is True


def test_a_run_that_was_killed_is_finished_by_the_next(make, target, tmp_path):
    """It may have come as far as its mark, or to a repository without branches."""
    whole = make(target)
    other = tmp_path / "other"
    other.mkdir()
    (other / "goplugins-example").touch()
    assert make(other) == whole
    shutil.rmtree(other / "refs" / "heads")
    (other / "refs" / "heads").mkdir()
    assert make(other) == whole
    assert refs(other) == released(whole["commit"])


def test_without_git_it_says_so(run, target, tmp_path):
    done = run(target, PATH=str(tmp_path))
    assert done.returncode != 0 and "git: No such file or directory" in done.stderr and "is it installed?" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_git_complains_about_is_shown(make, run, target):
    make(target)
    shutil.rmtree(target / "objects")
    (target / "objects").write_text("no folder")
    done = run(target)
    assert done.returncode != 0 and "hash-object" in done.stderr and "fatal: " in done.stderr
    assert "Traceback" not in done.stderr
