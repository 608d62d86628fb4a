# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateway's binary as the truth: what it tells, and what is no gateway or does not tell enough."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

import pytest


def git(folder, *words):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    return subprocess.check_output(["git", "-C", str(folder), *identity, *words], text=True).strip()


def test_a_stripped_gateway_says_the_same(workshop, run_module, tmp_path):
    stripped = tmp_path / "tyk"
    subprocess.run(["strip", "--strip-all", "-o", str(stripped), workshop.gateway], check=True)
    told, whole = (run_module("tyk_gateway_info", binary=str(path)) for path in (stripped, workshop.gateway))
    assert (told["profile"], told["linked"]) == (whole["profile"], whole["linked"])


@pytest.fixture(scope="module")
def other_project(go, tmp_path_factory):
    """A program that is no gateway, with all that a binary can tell."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "go.mod").write_text("module example.com/other\n\ngo 1.21\n")
    (folder / "main.go").write_text("package main\n\nfunc main() {}\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    subprocess.run([go, "build", "-buildvcs=true", "-o", "other", "."], cwd=folder, check=True)
    return folder / "other"


def test_what_is_no_gateway_is_named(workshop, run_module, other_project, tmp_path):
    text, cut = tmp_path / "text", tmp_path / "cut"
    text.write_text("no program\n")
    with open(workshop.gateway, "rb") as file:
        cut.write_bytes(file.read(100_000))
    for path, message in (
        (tmp_path / "nowhere", "No such file or directory"),
        (tmp_path, "is not a regular file"),
        (text, "neither an ELF nor a Mach-O file"),
        (shutil.which("git"), "has no Go build info"),
        (cut, ""),
        (other_project, "is built from example.com/other and can load no plugins"),
    ):
        result = run_module("tyk_gateway_info", binary=str(path))
        assert result.get("failed") and message in result["msg"] and str(path) in result["msg"], result
        assert "Traceback" not in result["msg"]


def test_without_its_commit_a_binary_needs_a_version(workshop, run_module, tmp_path):
    """As it is built where git is missing or its data is left out."""
    source, binary = tmp_path / "src", tmp_path / "tyk"
    shutil.copytree(workshop.checkout, source, ignore=shutil.ignore_patterns(".git"))
    go = workshop.goroot() / "bin" / "go"
    subprocess.run([go, "build", "-trimpath", "-tags=goplugin", "-buildvcs=false", "-o", binary, "."], cwd=source, check=True)
    result = run_module("tyk_gateway_info", binary=str(binary))
    assert result.get("failed") and re.search("does not say from which commit .*tyk_gateway_version", result["msg"], re.DOTALL), result
    named = workshop.run("tyk_gateway_info", binary=str(binary), checkout=str(workshop.checkout), version="release-5.99.0")["profile"]
    assert (named["commit"], named["version"]) == (workshop.profile["commit"], "v5.99.0")


def test_a_tag_that_moved_since_the_gateway_was_built(workshop, run_module, tmp_path):
    repository, checkout = tmp_path / "repository", tmp_path / "src"
    shutil.copytree(workshop.repository, repository, symlinks=True)
    moved = git(repository, "commit-tree", "v5.99.0^{tree}", "-p", "v5.99.0", "-m", "The tag moves")
    git(repository, "tag", "--force", "v5.99.0", moved)
    workshop.run("git_checkout", repo=f"file://{repository}", version="v5.99.0", dest=str(checkout))
    result = run_module("tyk_gateway_info", binary=workshop.gateway, checkout=str(checkout), version="v5.99.0")
    built = workshop.profile["commit"]
    assert result.get("failed") and f"built from commit {built}, the checkout {checkout} stands at {moved}" in result["msg"], result
    assert f"set tyk_gateway_version to {built}" in result["msg"]


def test_the_source_of_another_project(workshop, run_module, other_project):
    result = run_module("tyk_gateway_info", binary=workshop.gateway, checkout=str(other_project.parent))
    assert result.get("failed") and "was built from commit" in result["msg"], result


def test_a_binary_and_a_go_that_is_asked_for(workshop, run_module):
    result = run_module("tyk_gateway_info", binary=workshop.gateway, go_version="1.22.6")
    assert result.get("failed") and "which knows its own" in result["msg"], result


def warned(result):
    """The texts of the warnings; Ansible 2.19 and later wrap them."""
    return [warning["event"]["msg"] if isinstance(warning, dict) else warning for warning in result.get("warnings", [])]


def test_what_a_checkout_leaves_open_is_said(workshop, run_module):
    checkout = str(workshop.checkout)
    (doubt,) = warned(run_module("tyk_gateway_info", checkout=checkout, version="release-5.99.0"))
    assert doubt.startswith("Go 1.22.7 is the least that the gateway's go.mod asks for") and "tyk_gateway_go_version" in doubt
    assert warned(run_module("tyk_gateway_info", checkout=checkout, go_version="1.22.8")) == []
    assert warned(run_module("tyk_gateway_info", checkout=checkout, binary=workshop.gateway)) == []


def test_a_gateway_of_a_changed_checkout_is_warned_of(workshop, tmp_path, run_module):
    changed, binary = tmp_path / "src", str(tmp_path / "tyk")
    shutil.copytree(workshop.checkout, changed, symlinks=True)
    with open(changed / "log" / "log.go", "a") as file:
        file.write("\n// changed\n")
    workshop.run("tyk_gateway_build", **{**workshop.gateway_options, "checkout": str(changed), "path": binary})
    for options in ({}, {"checkout": str(workshop.checkout)}):
        (doubt,) = warned(run_module("tyk_gateway_info", binary=binary, **options))
        assert "something was changed (vcs.modified)" in doubt and binary in doubt


def test_a_build_is_stamped_by_its_own_repository_and_starts_no_program_of_it(workshop, other_project, tmp_path, run_module):
    """go build asks git for the commit, which would read the caller's variables and the repository's configuration."""
    source, binary, started = tmp_path / "src", str(tmp_path / "tyk"), tmp_path / "started"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {started}\ncat\n')
    program.chmod(0o755)
    shutil.copytree(workshop.checkout, source, symlinks=True)
    for key in ("core.fsmonitor", "filter.x.clean", "filter.x.process", "core.pager", "diff.external"):
        git(source, "config", key, str(program))
    (source / ".git" / "info").mkdir(exist_ok=True)
    (source / ".git" / "info" / "attributes").write_text("* filter=x\n")
    for path in source.glob("*.go"):
        path.touch()
    foreign = {
        "GIT_DIR": str(other_project.parent / ".git"),
        "GIT_WORK_TREE": str(other_project.parent),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(program),
        "GIT_CONFIG_GLOBAL": str(tmp_path / "config"),
    }
    (tmp_path / "config").write_text(f"[core]\n\tfsmonitor = {program}\n")
    profile = run_module("tyk_gateway_info", checkout=str(source), version="release-5.99.0", env=foreign)["profile"]
    assert profile == workshop.profile
    options = {**workshop.gateway_options, "checkout": str(source), "path": binary}
    built = run_module("tyk_gateway_build", **options, env=foreign)
    assert not built.get("failed"), built
    assert not started.exists(), started.read_text()
    told = workshop.run("tyk_gateway_info", binary=binary)["profile"]
    assert (told["commit"], told["commit_time"], told["modified"]) == (profile["commit"], profile["commit_time"], "")


def test_a_file_that_git_ignores_is_another_gateway(workshop, tmp_path, run_module):
    source = tmp_path / "src"
    shutil.copytree(workshop.checkout, source, symlinks=True)
    options = {**workshop.gateway_options, "checkout": str(source), "path": str(tmp_path / "tyk")}
    workshop.run("tyk_gateway_build", **options)
    (source / ".git" / "info").mkdir(exist_ok=True)
    (source / ".git" / "info" / "exclude").write_text("mine.go\n")
    (source / "log" / "mine.go").write_text("package log\n\nfunc Mine() {}\n")
    profile = workshop.run("tyk_gateway_info", checkout=str(source), version="release-5.99.0")["profile"]
    told = workshop.run("tyk_gateway_build", **{**options, "profile": profile}, check=True)
    assert told["changed"] and told["reasons"][0].startswith("gateway: "), told


def same(one, other):
    ignored = ("elapsed", "invocation", "warnings")
    return {key: value for key, value in one.items() if key not in ignored} == {
        key: value for key, value in other.items() if key not in ignored
    }


@pytest.mark.parametrize("version", ["", "v5.99.0", "release-5.98.0"])
def test_what_was_read_earlier_is_completed_as_if_both_were_given(workshop, run_module, tmp_path, version):
    binary = tmp_path / "tyk"
    shutil.copy(workshop.gateway, binary)
    given = {"checkout": str(workshop.checkout), "version": version}
    both = run_module("tyk_gateway_info", binary=str(binary), **given)
    alone = run_module("tyk_gateway_info", binary=str(binary))
    binary.unlink()  # it is not read again
    assert same(workshop.run("tyk_gateway_info", of_binary=alone, **given), both)
    assert same(workshop.run("tyk_gateway_info", of_binary=alone), alone)


def test_what_was_read_earlier_is_held_against_the_checkout(workshop, run_module):
    alone = workshop.run("tyk_gateway_info", binary=workshop.gateway)
    other = {**alone, "profile": {**alone["profile"], "commit": "f" * 40}}
    result = run_module("tyk_gateway_info", of_binary=other, checkout=str(workshop.checkout))
    assert result.get("failed") and f"was built from commit {'f' * 40}" in result["msg"]
    alone["linked"]["modules"][0]["version"] = "v99.0.0"
    result = run_module("tyk_gateway_info", of_binary=alone, checkout=str(workshop.checkout))
    assert result.get("failed") and "is linked from" in result["msg"] and "@v99.0.0" in result["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"of_binary": {}}, "profile: module is missing"),
        ({"of_binary": {}, "binary": "/x"}, "mutually exclusive"),
        ({"of_binary": {}, "go_version": "1.22.6"}, "which knows its own"),
        ({}, "one of the following is required"),
    ],
)
def test_what_is_no_earlier_result_is_refused(run_module, options, message):
    result = run_module("tyk_gateway_info", **options)
    assert result.get("failed") and message in result["msg"], result


def test_in_check_mode_no_path_is_returned_that_does_not_exist(workshop, run_module, tmp_path):
    nowhere = str(tmp_path / "nowhere")
    nothing = run_module("tyk_gateway_info", check=True, binary=nowhere)
    assert [nothing[key] for key in ("profile", "target", "binary", "linked")] == [None] * 4
    assert nothing["msg"] == f"{nowhere} is not there yet"
    # What a skipped or empty first task leaves is passed on.
    again = run_module("tyk_gateway_info", check=True, of_binary=nothing, checkout=str(workshop.checkout))
    assert (again["profile"], again["binary"], again["msg"]) == (None, None, nothing["msg"])
    half = run_module("tyk_gateway_info", check=True, binary=workshop.gateway, checkout=nowhere)
    assert (half["profile"], half["binary"], half["target"]) == (None, workshop.gateway, "linux/amd64") and nowhere in half["msg"]


def test_a_binary_is_opened_once(workshop, collections, tmp_path):
    arguments = tmp_path / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {"binary": workshop.gateway, "checkout": str(workshop.checkout)}}))
    code = (
        "import runpy, sys\n"
        f"opened = []\nsys.addaudithook(lambda name, words: opened.append(words[0]) if name == 'open' else None)\n"
        f"sys.argv = ['tyk_gateway_info', {str(arguments)!r}]\n"
        "try:\n    runpy.run_module('ansible_collections.goplugins.tyk.plugins.modules.tyk_gateway_info', run_name='__main__')\n"
        f"finally:\n    print(opened.count({workshop.gateway!r}), file=sys.stderr)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(collections)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout)["profile"]["source"] == "binary" and done.stderr.strip() == "1"


def test_a_binary_is_not_compiled_for_a_debugger_afterwards(workshop, run_module):
    result = run_module("tyk_gateway_info", binary=workshop.gateway, debug=True)
    assert result.get("failed") and "tyk_gateway_debug" in result["msg"], result
