# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""git_checkout as a process of its own, with a real git and real repositories."""

from __future__ import annotations

import base64
import contextlib
import functools
import http.server
import json
import os
import pathlib
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import typing as t

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._files import temporary_folder

GIT = shutil.which("git") or "git"
MODULE = "ansible_collections.goplugins.tyk.plugins.modules.git_checkout"


class Host:
    """A home without settings, a git that writes down how it is started, and the module."""

    def __init__(self, folder: pathlib.Path, collections: pathlib.Path) -> None:
        self.home = folder / "home"
        self.log = folder / "git.log"
        self.bin = folder / "bin"
        self.args = folder / "args.json"
        self.home.mkdir()
        self.bin.mkdir()
        self.script("git", f'printf "%s\\n" "$*" >> {self.log}\nexec {GIT} "$@"')
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SSH_"))}
        self.env = {
            **inherited,
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(collections), os.environ.get("PYTHONPATH")))),
        }

    def script(self, name: str, lines: str) -> pathlib.Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{lines}\n")
        path.chmod(0o755)
        return path

    def config(self, text: str) -> None:
        (self.home / ".gitconfig").write_text(text)

    def start(self, check: bool = False, diff: bool = False, env: dict[str, str] | None = None, **options: t.Any) -> subprocess.Popen[str]:
        arguments = {"_ansible_check_mode": check, "_ansible_diff": diff, **options}
        args = self.args.with_name(f"args{len(list(self.args.parent.glob('args*')))}.json")
        args.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, default=str))
        self.log.write_text("")
        return subprocess.Popen(
            [sys.executable, "-m", MODULE, str(args)],
            env={**self.env, **(env or {})},
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )

    def run(self, **options: t.Any) -> dict[str, t.Any]:
        """The result of the module, and all that it printed under C(printed)."""
        process = self.start(**options)
        stdout, stderr = process.communicate(timeout=120)
        assert stdout.strip(), stderr
        result = json.loads(stdout)
        # Newer releases of ansible-core hand a warning over with its circumstances.
        warnings = [text if isinstance(text, str) else text["event"]["msg"] for text in result.get("warnings", [])]
        return {**result, "warnings": warnings, "printed": stdout + stderr}

    def good(self, **options: t.Any) -> dict[str, t.Any]:
        result = self.run(**options)
        assert not result.get("failed"), result
        return result

    def bad(self, **options: t.Any) -> dict[str, t.Any]:
        result = self.run(**options)
        assert result.get("failed") is True, result
        assert "Traceback" not in result["printed"]
        return result

    def commands(self) -> list[str]:
        """The commands that git was started with in the last run."""
        lines = (line.split() for line in self.log.read_text().splitlines())
        return [next(w for i, w in enumerate(words) if w != "-c" and (i == 0 or words[i - 1] != "-c")) for words in lines]


class Source:
    """A repository: v1.0.0 (annotated) and v1.0.0-rc1 on one commit, release-1.0.0 one commit further, main two."""

    def __init__(self, folder: pathlib.Path, env: t.Mapping[str, str]) -> None:
        self.folder = folder
        self.url = f"file://{folder}"
        self.env = env
        self.git("init", "--quiet", ".")
        self.git("symbolic-ref", "HEAD", "refs/heads/main")
        self.commit("first")
        self.release = self.commit("second")
        self.git("tag", "-a", "-m", "release", "v1.0.0")
        self.git("tag", "v1.0.0-rc1")
        self.git("checkout", "--quiet", "-b", "release-1.0.0")
        self.branch = self.commit("third")
        self.git("checkout", "--quiet", "main")
        self.main = self.commit("fourth")

    def git(self, *words: str) -> str:
        self.folder.mkdir(parents=True, exist_ok=True)
        author = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in (("NAME", "A"), ("EMAIL", "a@b"))}
        dates = {"GIT_AUTHOR_DATE": "1727182466 +0300", "GIT_COMMITTER_DATE": "1727182466 +0300"}
        done = subprocess.run([GIT, *words], cwd=self.folder, env={**self.env, **author, **dates}, stdout=subprocess.PIPE, check=True)
        return done.stdout.decode().strip()

    def commit(self, text: str) -> str:
        (self.folder / "file").write_text(f"{text}\n")
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", text)
        return self.git("rev-parse", "HEAD")


@pytest.fixture(name="host")
def fixture_host(tmp_path: pathlib.Path, collections: pathlib.Path) -> Host:
    return Host(tmp_path, collections)


@pytest.fixture(name="source")
def fixture_source(tmp_path: pathlib.Path, host: Host) -> Source:
    return Source(tmp_path / "source", host.env)


@pytest.fixture(name="dest")
def fixture_dest(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "work" / "src"


def git_in(folder: pathlib.Path, *words: str) -> str:
    done = subprocess.run([GIT, "-C", str(folder), *words], stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().strip()


def text(dest: pathlib.Path) -> str:
    return (dest / "file").read_text()


def test_tag_is_checked_out_whole_and_shallow(host: Host, source: Source, dest: pathlib.Path) -> None:
    result = host.good(repo=source.url, version="v1.0.0", dest=dest, diff=True)
    assert result["changed"] is True
    assert result["kind"] == "tag"
    assert result["commit"] == result["after"] == source.release
    assert result["before"] is None
    assert result["tags"] == ["v1.0.0", "v1.0.0-rc1"]
    assert result["commit_time"] == "2024-09-24T12:54:26Z"
    assert result["pseudo_time"] == "20240924125426"
    assert result["diff"]["before"] == ""
    assert result["diff"]["after"] == f"commit {source.release}\n"
    assert text(dest) == "second\n"
    assert git_in(dest, "rev-list", "--count", "HEAD") == "1"
    assert git_in(dest, "status", "--porcelain") == ""
    assert git_in(dest, "describe", "--tags", "--exact-match") == "v1.0.0"
    assert sorted(path.name for path in dest.parent.iterdir()) == [".src.lock", "src"]
    umask = os.umask(0)
    os.umask(umask)
    assert dest.stat().st_mode & 0o777 == 0o777 & ~umask


def test_second_run_starts_one_git_and_needs_no_repository(host: Host, source: Source, dest: pathlib.Path) -> None:
    versions = ("v1.0.0", "v1.0.0-rc1", source.release)
    first = host.good(repo=source.url, version="v1.0.0", dest=dest)
    source.folder.rename(source.folder.with_name("gone"))
    for version in versions:
        result = host.good(repo=source.url, version=version, dest=dest, diff=True)
        assert result["changed"] is False
        assert result["diff"]["before"] == result["diff"]["after"]
        same = ("commit", "commit_time", "pseudo_time", "tags", "after", "dest")
        assert [result[key] for key in same] == [first[key] for key in same]
        assert (result["before"], result["version"]) == (source.release, version)
        assert host.commands() == ["status"]


def test_branch_is_followed_only_when_asked(host: Host, source: Source, dest: pathlib.Path) -> None:
    options = {"repo": source.url, "version": "main", "dest": dest}
    assert host.good(**options)["kind"] == "branch"
    assert host.good(**options)["changed"] is False
    assert host.commands() == ["status", "ls-remote"]
    moved = source.commit("fifth")
    stays = host.good(**options, update=False)
    assert (stays["changed"], stays["commit"], stays["kind"]) == (False, source.main, "branch")
    assert host.commands() == ["status"]
    told = host.good(**options, check=True, diff=True)
    assert (told["changed"], told["before"], told["after"]) == (True, source.main, moved)
    assert text(dest) == "fourth\n"
    follows = host.good(**options, diff=True)
    assert (follows["changed"], follows["before"], follows["after"]) == (True, source.main, moved)
    assert follows["diff"]["before"] == f"commit {source.main}\n"
    assert text(dest) == "fifth\n"
    assert git_in(dest, "rev-list", "--count", "HEAD") == "1"
    assert host.good(**options)["changed"] is False


def test_commit_knows_its_tags(host: Host, source: Source, dest: pathlib.Path) -> None:
    result = host.good(repo=source.url, version=source.release.upper(), dest=dest)
    assert (result["kind"], result["commit"], result["tags"]) == ("commit", source.release, ["v1.0.0", "v1.0.0-rc1"])
    assert git_in(dest, "rev-list", "--count", "HEAD") == "1"
    assert result["warnings"] == []
    assert "ls-remote" not in host.commands()


def test_abbreviated_commit_takes_the_whole_history_once(host: Host, source: Source, dest: pathlib.Path) -> None:
    first = source.git("rev-parse", "v1.0.0~1")
    options = {"repo": source.url, "version": first[:9], "dest": dest}
    told = host.good(**options, check=True)
    assert (told["changed"], told["kind"], told["commit"]) == (True, "commit", None)
    result = host.good(**options)
    assert (result["kind"], result["commit"]) == ("commit", first)
    assert "whole history" in result["warnings"][0]
    assert host.good(**options)["changed"] is False
    assert host.commands() == ["status"]
    error = host.bad(repo=source.url, version="0123456789", dest=dest.with_name("other"))
    assert "has no tag, branch or commit 0123456789" in error["msg"]


def test_abbreviated_commit_in_a_shallow_checkout(host: Host, source: Source, dest: pathlib.Path) -> None:
    host.good(repo=source.url, version="main", dest=dest)
    tagged = {"repo": source.url, "version": source.release[:9], "dest": dest}
    assert host.good(**tagged, check=True)["commit"] == source.release
    result = host.good(**tagged)
    assert (result["commit"], result["kind"], result["warnings"]) == (source.release, "commit", [])
    assert git_in(dest, "rev-list", "--count", "HEAD") == "1"
    host.good(repo=source.url, version=source.git("rev-parse", "v1.0.0~1")[:9], dest=dest)
    assert text(dest) == "first\n"
    assert host.good(**tagged)["commit"] == source.release


def test_server_that_serves_no_commit_by_name(host: Host, source: Source, dest: pathlib.Path) -> None:
    host.config("[protocol]\n\tversion = 0\n")
    first = source.git("rev-parse", "v1.0.0~1")
    options = {"repo": source.url, "version": first, "dest": dest}
    result = host.good(**options)
    assert result["commit"] == first
    assert "its server gives no less" in result["warnings"][0]
    assert text(dest) == "first\n"
    assert host.good(**options)["changed"] is False
    missing = host.bad(repo=source.url, version="0" * 39 + "1", dest=dest.with_name("other"))
    assert "has no tag, branch or commit" in missing["msg"]


def test_commit_that_does_not_exist_fetches_no_history(host: Host, source: Source, dest: pathlib.Path) -> None:
    error = host.bad(repo=source.url, version="0" * 39 + "1", dest=dest)
    assert "has no tag, branch or commit" in error["msg"]
    assert host.commands().count("fetch") == 1
    assert not dest.exists()


def test_depth(host: Host, source: Source, dest: pathlib.Path) -> None:
    host.good(repo=source.url, version="main", dest=dest, depth=2)
    assert git_in(dest, "rev-list", "--count", "HEAD") == "2"
    whole = {"repo": source.url, "version": "main", "dest": dest, "depth": 0}
    assert host.good(**whole, check=True)["changed"] is True
    assert host.good(**whole)["changed"] is True
    assert git_in(dest, "rev-list", "--count", "HEAD") == "3"
    assert host.good(**whole)["changed"] is False
    host.good(repo=source.url, version="v1.0.0", dest=dest)
    assert git_in(dest, "rev-list", "--count", "HEAD") == "2"


def test_shallow_source(host: Host, source: Source, dest: pathlib.Path, tmp_path: pathlib.Path) -> None:
    subprocess.run([GIT, "clone", "--quiet", "--depth=2", source.url, str(tmp_path / "mirror")], check=True)
    mirror = f"file://{tmp_path / 'mirror'}"
    assert host.good(repo=mirror, version="main", dest=dest)["commit"] == source.main
    other = dest.with_name("other")
    assert host.good(repo=mirror, version="main", dest=other, depth=0)["commit"] == source.main
    assert host.good(repo=mirror, version=source.main[:9], dest=dest.with_name("third"))["commit"] == source.main


def test_unknown_version_names_near_ones(host: Host, source: Source, dest: pathlib.Path) -> None:
    error = host.bad(repo=source.url, version="v1.0.00", dest=dest)
    assert "has no tag, branch or commit v1.0.00; did you mean v1.0.0," in error["msg"]
    assert "Fix: " in error["msg"]
    assert not dest.exists()


def test_tag_wins_over_branch(host: Host, source: Source, dest: pathlib.Path) -> None:
    source.git("branch", "v1.0.0", "main")
    result = host.good(repo=source.url, version="v1.0.0", dest=dest)
    assert (result["kind"], result["commit"]) == ("tag", source.release)
    assert result["warnings"] == ["v1.0.0 is both a tag and a branch; the tag is taken"]


def test_local_modifications(host: Host, source: Source, dest: pathlib.Path) -> None:
    options = {"repo": source.url, "version": "v1.0.0", "dest": dest}
    host.good(**options)
    (dest / "file").write_text("mine\n")
    (dest / "new folder").mkdir()
    (dest / "new folder" / "more").write_text("mine\n")
    for check in (True, False):
        error = host.bad(**options, check=check)
        assert "local modifications: file, new folder/" in error["msg"]
        assert "force: true" in error["msg"]
    assert text(dest) == "mine\n"
    told = host.good(**options, force=True, check=True, diff=True)
    assert told["changed"] is True
    assert told["diff"]["before"] == f"commit {source.release}\nmodified file\nmodified new folder/\n"
    assert text(dest) == "mine\n"
    assert host.good(**options, force=True)["changed"] is True
    assert text(dest) == "second\n"
    assert not (dest / "new folder").exists()
    assert host.good(**options, force=True)["changed"] is False


def test_dest_that_is_something_else(host: Host, source: Source, dest: pathlib.Path) -> None:
    dest.mkdir(parents=True)
    assert host.good(repo=source.url, version="main", dest=dest, check=True)["changed"] is True
    host.good(repo=source.url, version="main", dest=dest)
    other = dest.with_name("other")
    other.mkdir()
    (other / "precious").write_text("")
    for force in (False, True):
        assert "exists and is no git checkout" in host.bad(repo=source.url, version="main", dest=other, force=force)["msg"]
    assert [path.name for path in other.iterdir()] == ["precious"]
    assert "exists and is no git checkout" in host.bad(repo=source.url, version="main", dest=other / "precious")["msg"]


def test_broken_checkout_is_not_taken_for_the_one_around_it(host: Host, dest: pathlib.Path) -> None:
    around = Source(dest.parent, host.env)
    (dest / ".git").mkdir(parents=True)
    (dest / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    error = host.bad(repo=around.url, version="main", dest=dest, force=True)
    assert "not a git repository" in error["msg"]


def test_checkout_of_another_repository(host: Host, source: Source, dest: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = Source(tmp_path / "other", host.env)
    only_there = other.commit("elsewhere")
    host.good(repo=source.url, version="main", dest=dest)
    error = host.bad(repo=other.url, version="main", dest=dest)
    assert f"{dest} is a checkout of {source.url}, not of {other.url}" in error["msg"]
    assert host.good(repo=other.url, version="main", dest=dest, force=True, check=True)["changed"] is True
    assert host.good(repo=other.url, version="main", dest=dest, force=True)["commit"] == only_there
    assert git_in(dest, "config", "remote.origin.url") == other.url
    assert host.good(repo=str(other.folder), version="main", dest=dest)["changed"] is False


def test_checkout_made_by_hand_is_adopted_and_keeps_its_history(host: Host, source: Source, dest: pathlib.Path) -> None:
    subprocess.run([GIT, "clone", "--quiet", source.url, str(dest)], check=True)
    result = host.good(repo=source.url, version="main", dest=dest)
    assert (result["changed"], result["kind"], result["commit"]) == (False, "branch", source.main)
    git_in(dest, "checkout", "--quiet", "--detach")
    assert host.good(repo=source.url, version="main", dest=dest, update=False)["changed"] is False
    assert host.commands() == ["status"]
    result = host.good(repo=source.url, version="release-1.0.0", dest=dest)
    assert (result["changed"], result["commit"]) == (True, source.branch)
    assert git_in(dest, "rev-list", "--count", "HEAD") == "3"
    git_in(dest, "checkout", "--quiet", "v1.0.0")
    assert host.good(repo=source.url, version="v1.0.0", dest=dest)["changed"] is False
    assert "ls-remote" not in host.commands()


def test_failure_leaves_the_previous_checkout(host: Host, source: Source, dest: pathlib.Path) -> None:
    host.good(repo=source.url, version="v1.0.0", dest=dest)
    source.folder.rename(source.folder.with_name("gone"))
    error = host.bad(repo=source.url, version="main", dest=dest)
    assert f"cannot read the repository {source.url}" in error["msg"]
    assert "does not appear to be a git repository" in error["msg"]
    assert text(dest) == "second\n"
    assert host.good(repo=source.url, version="v1.0.0", dest=dest)["changed"] is False


def test_failed_clone_leaves_nothing(host: Host, source: Source, dest: pathlib.Path) -> None:
    broken = source.folder / ".git" / "objects" / source.main[:2] / source.main[2:]
    broken.chmod(0o644)
    broken.write_bytes(b"")
    host.bad(repo=source.url, version="main", dest=dest)
    assert [path.name for path in dest.parent.iterdir()] == [".src.lock"]


def test_credentials_appear_nowhere(host: Host, dest: pathlib.Path) -> None:
    for repo in ("http://user:secret@127.0.0.1:1/x.git", "http://secret@127.0.0.1:1/x.git", "https://user:se@secret@127.0.0.1/x.git"):
        for check in (False, True):
            result = host.bad(repo=repo, version="v1.0.0", dest=dest, check=check)
            assert "secret" not in result["printed"], repo
    result = host.bad(repo="http://user:secret@127.0.0.1:1/x.git", version="v1.0.0", dest=dest)
    assert "127.0.0.1" in result["msg"]
    assert "Could not connect" in result["msg"] or "Failed to connect" in result["msg"]
    assert result["invocation"]["module_args"]["repo"] == "http://***@127.0.0.1:1/x.git"
    assert "secret" not in host.log.read_text()


@contextlib.contextmanager
def http_server(folder: pathlib.Path, authorization: str) -> t.Iterator[str]:
    """A plain file server (git's dumb protocol) that wants a password. Yields host:port."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") == authorization:
                super().do_GET()
                return
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="here"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: t.Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_password_lets_git_in_and_is_stored_nowhere(host: Host, source: Source, dest: pathlib.Path) -> None:
    source.git("update-server-info")
    # Another helper of the user must neither answer nor be told.
    told = host.home / "told"
    host.config(f'[credential]\n\thelper = "!f() {{ cat >> {told}; echo username=u; echo password=wrong; }}; f"\n')
    with http_server(source.folder / ".git", "Basic " + base64.b64encode(b"me:s3cr@t p%").decode()) as place:
        result = host.good(repo=f"http://me:s3cr%40t%20p%25@{place}/", version="v1.0.0", dest=dest)
        assert result["commit"] == source.release
        assert "its server gives no less" in result["warnings"][0]
        assert result["invocation"]["module_args"]["repo"] == f"http://***@{place}/"
        error = host.bad(repo=f"http://me:s3cr%40t%20wrong@{place}/", version="main", dest=dest)
        assert "Authentication failed" in error["msg"]
        host.config("")
        error = host.bad(repo=f"http://{place}/", version="main", dest=dest)
        assert "terminal prompts disabled" in error["msg"]
    assert not told.exists()
    printed = result["printed"] + error["printed"] + host.log.read_text()
    stored = b"".join(path.read_bytes() for path in dest.rglob("*") if path.is_file())
    for secret in ("s3cr@t", "s3cr%40t"):
        assert secret not in printed
        assert secret.encode() not in stored
    assert git_in(dest, "config", "remote.origin.url") == f"http://{place}/"


def test_ssh_never_asks(host: Host, source: Source, dest: pathlib.Path) -> None:
    asked = host.home / "ssh.log"
    lines = f'printf "%s\\n" "$*" >> {asked}\nfor last; do :; done\nunset GIT_PROTOCOL\nexec sh -c "$last"'
    host.script("ssh", lines)
    repo = f"git@example.invalid:{source.folder}"
    assert host.good(repo=repo, version="v1.0.0", dest=dest)["commit"] == source.release
    assert all(line.startswith("-o BatchMode=yes ") for line in asked.read_text().splitlines())
    asked.unlink()
    own = host.script("own-ssh", lines)
    assert host.good(repo=repo, version="main", dest=dest, env={"GIT_SSH_COMMAND": f"{own} -o MyOwn=1"})["commit"] == source.main
    assert all(line.startswith("-o MyOwn=1 ") for line in asked.read_text().splitlines())
    asked.unlink()
    host.config(f"[core]\n\tsshCommand = {own} -o MyOwn=2\n")
    assert host.good(repo=repo, version="release-1.0.0", dest=dest)["commit"] == source.branch
    assert all(line.startswith("-o MyOwn=2 ") for line in asked.read_text().splitlines())


def test_time_limit_leaves_no_lock_behind(host: Host, source: Source, dest: pathlib.Path) -> None:
    slow = host.script(
        "slow-ssh",
        f"""case "$*" in *upload-pack*) exec {GIT} -c uploadpack.packObjectsHook="sleep 60 #" upload-pack {source.folder};; esac""",
    )
    fast = host.script("fast-ssh", f"""exec {GIT} upload-pack {source.folder}""")
    repo = "ssh://example.invalid/x.git"
    env = {"GIT_SSH_COMMAND": str(fast), "GIT_SSH_VARIANT": "simple"}
    host.good(repo=repo, version="v1.0.0", dest=dest, env=env)
    error = host.bad(repo=repo, version="main", dest=dest, timeout=2, env={**env, "GIT_SSH_COMMAND": str(slow)})
    assert "did not end within 2 seconds" in error["msg"]
    assert "timeout: 4" in error["msg"]
    assert text(dest) == "second\n"
    assert not list((dest / ".git").glob("*.lock"))
    assert host.good(repo=repo, version="main", dest=dest, env=env)["commit"] == source.main


def test_two_runs_at_once(host: Host, source: Source, dest: pathlib.Path) -> None:
    processes = [host.start(repo=source.url, version="v1.0.0", dest=dest) for _number in range(3)]
    results = [json.loads(process.communicate(timeout=120)[0]) for process in processes]
    assert sorted(result.get("changed") for result in results) == [False, False, True]
    assert {result["commit"] for result in results} == {source.release}


def test_check_mode_creates_nothing(host: Host, source: Source, dest: pathlib.Path) -> None:
    result = host.good(repo=source.url, version="v1.0.0", dest=dest, check=True, diff=True)
    assert (result["changed"], result["kind"], result["commit"], result["tags"]) == (True, "tag", source.release, ["v1.0.0"])
    assert (result["before"], result["commit_time"]) == (None, None)
    assert not dest.parent.exists()
    host.bad(repo=source.url, version="v1.0.9", dest=dest, check=True)


def test_check_mode_on_a_bare_host(host: Host, source: Source, dest: pathlib.Path) -> None:
    source.folder.rename(source.folder.with_name("later"))
    result = host.good(repo=source.url, version="v1.0.0", dest=dest, check=True, diff=True)
    assert (result["changed"], result["kind"], result["commit"]) == (True, None, None)
    assert f"{source.folder} does not exist yet" in result["warnings"][0]
    assert result["diff"]["after"] == "commit v1.0.0\n"
    host.bad(repo=source.url, version="v1.0.0", dest=dest)


def test_hooks_and_line_ends_of_the_user_do_not_reach_the_files(host: Host, source: Source, dest: pathlib.Path) -> None:
    hooks = host.home / "hooks"
    hooks.mkdir()
    marker = host.home / "hook ran"
    hook = hooks / "post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    hook.chmod(0o755)
    template = host.home / "template"
    template.mkdir()
    shutil.copytree(str(hooks), str(template / "hooks"))
    host.config(f"[core]\n\tautocrlf = true\n\thooksPath = {hooks}\n[init]\n\ttemplateDir = {template}\n[fetch]\n\tprune = true\n")
    host.good(repo=source.url, version="v1.0.0", dest=dest, env={"GIT_DIR": str(source.folder / ".git"), "GIT_WORK_TREE": "/"})
    assert (dest / "file").read_bytes() == b"second\n"
    assert not (dest / ".git" / "hooks").exists()
    assert not marker.exists()
    assert host.good(repo=source.url, version="main", dest=dest)["changed"] is True
    assert not marker.exists()


class Stranger:
    """The module, run by a user who owns none of the files (where the tests run as root; else by the one who owns them), and a source."""

    def __init__(self, folder: pathlib.Path, host: Host) -> None:
        # pytest's own folders are closed to other users.
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.home.chmod(0o777)
        self.env = {**host.env, "HOME": str(self.home), "PATH": os.environ["PATH"]}
        self.source = Source(folder / "source", host.env)
        self.options = {"repo": self.source.url, "version": "v1.0.0", "dest": str(folder / "work" / "src")}
        self.who: dict[str, t.Any] = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}

    def run(self, **options: t.Any) -> dict[str, t.Any]:
        arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**self.options, **options}})
        # Python itself may be closed to others, so the process becomes another user when all is imported.
        become = "os.setgroups([]); os.setgid(65534); os.setuid(65534); " if self.who else ""
        code = f"import os; from {MODULE.rpartition('.')[0]} import git_checkout as module; {become}module.main()"
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, input=arguments, env=self.env, cwd=self.folder, text=True, capture_output=True, check=False)
        assert done.stdout.strip().startswith("{"), done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture(name="stranger")
def fixture_stranger(host: Host) -> t.Iterator[Stranger]:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Stranger(pathlib.Path(name), host)


def close(folder: pathlib.Path, *, to_all: bool = True) -> None:
    """Take the right to write from everybody, or give the owner his back."""
    for root, folders, files in os.walk(str(folder)):
        for path in (root, *(os.path.join(root, entry) for entry in folders + files)):
            os.chmod(path, stat.S_IMODE(os.lstat(path).st_mode) & ~0o222 if to_all else 0o755)


def test_a_checkout_that_is_up_to_date_may_be_read_only(host: Host, stranger: Stranger) -> None:
    host.good(**stranger.options)
    work = stranger.folder / "work"
    (work / ".src.lock").unlink()
    close(work)
    try:
        # What root alone can change is safe to read; of anybody else git says who must say so.
        for options in ({}, {"version": "v1.0.0-rc1"}, {"version": stranger.source.release}):
            result = stranger.run(**options)
            assert (result.get("failed"), result["changed"], result.get("commit")) == (None, False, stranger.source.release), result
        refused = stranger.run(version="main")
        assert refused.get("failed") and "Permission denied" in refused["msg"] and "Traceback" not in refused["msg"]
        assert sorted(path.name for path in work.iterdir()) == ["src"]
    finally:
        close(work, to_all=False)


def give(*folders: pathlib.Path) -> None:
    """Make them another user's, neither root's nor the stranger's."""
    assert os.geteuid() == 0, "this test gives files to another user: run it as root"
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.lchown(path, 65533, 65533)


def test_what_another_user_can_change_is_refused_in_gits_words_with_the_command_that_helps(host: Host, stranger: Stranger) -> None:
    """It may name programs to run."""
    dest, source = pathlib.Path(stranger.options["dest"]), stranger.source.folder
    host.good(**stranger.options)
    give(dest, source)
    dest.parent.chmod(0o777)
    for options, place in (({}, dest), ({"dest": str(dest.with_name("other"))}, source / ".git")):
        refused = stranger.run(**options)
        assert refused.get("failed") and "dubious ownership" in refused["msg"], refused
        fix = refused["msg"].rpartition("Fix: ")[2]
        assert fix == f"git config --global --add safe.directory {place}"
        assert dest.stat().st_uid == 65533
        subprocess.run(fix.split(), env=stranger.env, check=True, **stranger.who)
        assert stranger.run(**options).get("commit") == stranger.source.release


def leftovers(dest: pathlib.Path) -> list[str]:
    """What a killed run may leave, in a checkout and beside it."""
    beside = [path.name for path in dest.parent.iterdir() if path.name not in (dest.name, f".{dest.name}.lock")]
    inside = [
        str(path) for path in (dest / ".git").rglob("*") if path.name.endswith(".lock") or path.name.startswith(("tmp_", ".goplugins"))
    ]
    return beside + inside


@pytest.mark.parametrize("name", ["shallow.lock", "index.lock", "HEAD.lock", "packed-refs.lock", "config.lock", "refs/tags/v1.0.0.lock"])
def test_a_lock_that_a_power_cut_left_blocks_nothing(host: Host, source: Source, dest: pathlib.Path, name: str) -> None:
    host.good(repo=source.url, version="main", dest=dest)
    lock = dest / ".git" / name
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("")
    assert host.good(repo=source.url, version="v1.0.0", dest=dest)["commit"] == source.release
    assert (text(dest), leftovers(dest)) == ("second\n", [])


def test_a_lock_in_a_checkout_of_others_is_named_and_left_alone(host: Host, source: Source, dest: pathlib.Path) -> None:
    subprocess.run([GIT, "clone", "--quiet", source.url, str(dest)], check=True)
    lock = dest / ".git" / "config.lock"
    lock.write_text("")
    git_in(dest, "checkout", "--quiet", "--detach", "v1.0.0")
    result = host.good(repo=source.url, version="v1.0.0", dest=dest, check=True)
    assert result["changed"] is False and lock.exists()


def truncated(path: pathlib.Path, size: int | None = None) -> None:
    path.chmod(0o644)
    os.truncate(str(path), path.stat().st_size // 2 if size is None else size)


TORN = {
    "an empty commit": lambda inner, source: (inner / "HEAD").write_text(""),
    "a truncated pack": lambda inner, source: [truncated(path) for path in (inner / "objects").rglob("*.pack")],
    "an empty index of a pack": lambda inner, source: [truncated(path, 0) for path in (inner / "objects").rglob("*.idx")],
    "an empty index": lambda inner, source: truncated(inner / "index", 0),
    "an empty configuration and no refs": lambda inner, source: (truncated(inner / "config", 0), shutil.rmtree(str(inner / "refs"))),
    "an empty list of where the history ends": lambda inner, source: truncated(inner / "shallow", 0),
}


@pytest.mark.parametrize("what", TORN)
def test_a_checkout_that_a_power_cut_tore_is_made_anew(host: Host, source: Source, dest: pathlib.Path, what: str) -> None:
    host.good(repo=source.url, version="main", dest=dest)
    TORN[what](dest / ".git", source)
    told = host.good(repo=source.url, version="v1.0.0", dest=dest, check=True)
    result = host.good(repo=source.url, version="v1.0.0", dest=dest)
    assert (told["changed"], result["changed"], result["commit"]) == (True, True, source.release)
    assert any("was made anew: git could not read all of it" in warning for warning in result["warnings"]), result["warnings"]
    assert (text(dest), leftovers(dest)) == ("second\n", [])
    git_in(dest, "fsck")
    assert host.good(repo=source.url, version="v1.0.0", dest=dest)["changed"] is False


def test_a_torn_checkout_with_work_of_others_is_kept(host: Host, source: Source, dest: pathlib.Path) -> None:
    host.good(repo=source.url, version="main", dest=dest)
    git_in(dest, "branch", "mine")
    truncated(dest / ".git" / "index", 0)
    assert "index" in host.bad(repo=source.url, version="v1.0.0", dest=dest, force=True)["msg"]
    assert (dest / ".git" / "refs" / "heads" / "mine").exists()


def test_a_failing_repository_is_no_reason_to_make_a_checkout_anew(host: Host, source: Source, dest: pathlib.Path) -> None:
    host.good(repo=source.url, version="v1.0.0", dest=dest)
    before = dest.stat().st_ino
    source.folder.rename(source.folder.with_name("gone"))
    host.bad(repo=source.url, version="0" * 39 + "1", dest=dest)
    assert dest.stat().st_ino == before and "init" not in host.commands()


def test_what_a_killed_run_left_is_removed_and_no_folder_of_another_checkout(host: Host, source: Source, dest: pathlib.Path) -> None:
    dest.parent.mkdir()
    other = dest.parent / ".src.v2.goplugins-abcdefgh"
    other.mkdir()
    killed = temporary_folder(str(dest.parent), ".src.")
    left = pathlib.Path(killed.__enter__())
    (left / "checkout").mkdir()
    host.good(repo=source.url, version="v1.0.0", dest=dest)
    assert not left.exists() and other.exists()
    # One that was killed when the checkout was already in its place.
    (left / "checkout").mkdir(parents=True)
    assert host.good(repo=source.url, version="v1.0.0", dest=dest)["changed"] is False
    assert not left.exists() and other.exists()


def end_all(marker: str) -> int:
    """Kill every process with this word in its environment, as a power cut does. How many there were."""
    ended = 0
    while True:
        found = []
        for folder in pathlib.Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if marker.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        if not found:
            return ended
        for number in found:
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)
                ended += 1
        time.sleep(0.01)


def test_power_cuts_at_any_moment_block_nothing_and_leave_nothing(host: Host, source: Source, dest: pathlib.Path) -> None:
    for number in range(400):
        (source.folder / f"file{number}").write_text(f"{number}\n" * 50)
    source.main = source.commit("many files")
    versions = [("v1.0.0", source.release, "second\n"), ("main", source.main, "many files\n")]
    started = time.monotonic()
    host.good(repo=source.url, version="main", dest=dest)
    lasts = time.monotonic() - started
    chance = random.Random(5)
    for cut in range(25):
        version, commit, content = versions[cut % 2]
        if cut % 8 == 7:
            shutil.rmtree(str(dest))
        marker = f"GOPLUGINS_TEST_CUT=cut{cut}of{os.getpid()}"
        process = host.start(repo=source.url, version=version, dest=dest, env=dict([marker.split("=")]))
        time.sleep(chance.uniform(0.3, 1.0) * lasts)
        end_all(marker)
        process.communicate()
        result = host.good(repo=source.url, version=version, dest=dest)
        assert (result["commit"], text(dest), leftovers(dest)) == (commit, content, []), cut
        assert git_in(dest, "status", "--porcelain") == "", cut
        assert end_all(marker) == 0


def test_no_umask_lets_everybody_change_a_checkout(host: Host, source: Source, dest: pathlib.Path) -> None:
    before = os.umask(0)
    try:
        host.good(repo=source.url, version="main", dest=dest)
        host.good(repo=source.url, version="v1.0.0", dest=dest)
    finally:
        os.umask(before)
    everything = [dest.parent, *dest.parent.rglob("*")]
    assert [str(path) for path in everything if path.stat().st_mode & 0o002] == []


def evil(dest: pathlib.Path, marker: pathlib.Path) -> None:
    """Give a checkout a configuration that names a program wherever git takes one."""
    program = dest.parent / "evil"
    program.write_text(f'#!/bin/sh\necho "$0 $*" >> {marker}\ncat\n')
    program.chmod(0o755)
    keys = (
        *("core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass", "core.gitProxy", "core.alternateRefsCommand"),
        *("filter.x.clean", "filter.x.smudge", "filter.x.process", "diff.external", "diff.x.textconv", "diff.x.command", "merge.x.driver"),
        *("credential.helper", "gpg.program", "pager.status", "pager.log", "uploadpack.packObjectsHook", "remote.origin.uploadpack"),
    )
    for key in keys:
        git_in(dest, "config", key, str(program))
    git_in(dest, "config", "filter.x.required", "true")
    git_in(dest, "config", "credential.http://127.0.0.1.helper", str(program))
    (dest / ".git" / "info").mkdir(exist_ok=True)
    (dest / ".git" / "info" / "attributes").write_text("* filter=x diff=x merge=x\n")
    hook = dest / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(program.read_text())
    hook.chmod(0o755)
    # git compares the content of what it finds touched.
    (dest / "file").touch()


def included(inner: pathlib.Path) -> None:
    (inner / "config").rename(inner / "more")
    (inner / "config").write_text("[core]\n\trepositoryformatversion = 0\n[include]\n\tpath = more\n")


def of_a_worktree(inner: pathlib.Path) -> None:
    (inner / "config").rename(inner / "config.worktree")
    (inner / "config").write_text("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tworktreeConfig = true\n")


def in_another_folder(inner: pathlib.Path) -> None:
    shutil.copytree(str(inner), str(inner / "common"))
    (inner / "commondir").write_text("common\n")
    (inner / "config").write_text("[core]\n\trepositoryformatversion = 0\n")


@pytest.mark.parametrize("move", [None, included, of_a_worktree, in_another_folder])
def test_no_program_that_a_checkout_names_is_started(
    host: Host, source: Source, dest: pathlib.Path, move: t.Callable[[pathlib.Path], None] | None
) -> None:
    subprocess.run([GIT, "clone", "--quiet", source.url, str(dest)], check=True)
    marker = host.home / "started"
    evil(dest, marker)
    if move:
        move(dest / ".git")
    marker.unlink(missing_ok=True)
    assert host.good(repo=source.url, version="main", dest=dest)["changed"] is False
    assert not marker.exists(), marker.read_text()
    host.good(repo=source.url, version="v1.0.0", dest=dest)
    host.good(repo=source.url, version="main", dest=dest, force=True)
    assert not marker.exists(), marker.read_text()


def test_the_helpers_of_the_user_answer_where_a_checkout_names_its_own(host: Host, source: Source, dest: pathlib.Path) -> None:
    source.git("update-server-info")
    with http_server(source.folder / ".git", "Basic " + base64.b64encode(b"me:secret").decode()) as place:
        host.good(repo=f"http://me:secret@{place}/", version="v1.0.0", dest=dest)
        evil(dest, host.home / "started")
        host.config('[credential]\n\thelper = "!f() { echo username=me; echo password=secret; }; f"\n')
        assert host.good(repo=f"http://{place}/", version="main", dest=dest)["commit"] == source.main
        # A user alone is no password, and the helpers are asked for his.
        assert host.good(repo=f"http://me@{place}/", version="release-1.0.0", dest=dest)["commit"] == source.branch
    assert not (host.home / "started").exists()


def test_a_work_tree_elsewhere_is_not_touched(host: Host, source: Source, dest: pathlib.Path) -> None:
    subprocess.run([GIT, "clone", "--quiet", source.url, str(dest)], check=True)
    precious = host.home / "elsewhere" / "precious"
    precious.parent.mkdir()
    precious.write_text("")
    git_in(dest, "config", "core.worktree", str(precious.parent))
    host.good(repo=source.url, version="v1.0.0", dest=dest, force=True)
    assert precious.exists() and text(dest) == "second\n"


def test_a_program_under_a_key_that_cannot_be_overruled_is_refused(host: Host, source: Source, dest: pathlib.Path) -> None:
    subprocess.run([GIT, "clone", "--quiet", source.url, str(dest)], check=True)
    with (dest / ".git" / "config").open("a") as file:
        file.write('[filter "a=b"]\n\tclean = evil\n')
    error = host.bad(repo=source.url, version="main", dest=dest)
    assert "'filter.a=b'" in error["msg"] and "--edit" in error["msg"]


def test_secrets_are_in_no_argument_and_no_file(host: Host, source: Source, dest: pathlib.Path) -> None:
    source.git("update-server-info")
    # git starts its own programs by their full path; the kernel shows the arguments of all.
    trace = host.home / "trace"
    host.script("git", f'printf "%s\\n" "$*" >> {host.log}\nexec strace -f -qq -s 4096 -e trace=execve -o {trace}.$$ {GIT} "$@"')
    with http_server(source.folder / ".git", "Basic " + base64.b64encode(b"t0psecret:").decode()) as place:
        assert host.good(repo=f"http://t0psecret:@{place}/", version="v1.0.0", dest=dest)["commit"] == source.release
        host.config('[credential]\n\thelper = "!f() { echo password=; }; f"\n')
        result = host.good(repo=f"http://t0psecret@{place}/", version="main", dest=dest)
    assert result["commit"] == source.main and "t0psecret" not in result["printed"]
    assert "t0psecret" not in host.log.read_text()
    for path in (*host.home.glob("trace.*"), *(path for path in dest.parent.rglob("*") if path.is_file())):
        # The arguments come first; the environment is shown as an address and a count.
        assert b"t0psecret" not in path.read_bytes(), path


def test_what_looks_like_a_password_for_ssh_is_refused_unseen(host: Host, dest: pathlib.Path) -> None:
    for repo in ("user:t0psecret@example.invalid:x.git", "user:t0p/secret@example.invalid:x.git", "user:t0psecret@example.invalid/x.git"):
        error = host.bad(repo=repo, version="main", dest=dest)
        assert "it seems to hold a password before the host" in error["msg"]
        assert "t0p" not in error["printed"]
        assert host.log.read_text() == ""


def test_a_dest_that_can_be_no_checkout_is_refused(host: Host, source: Source) -> None:
    for dest in ("", "/", "/..", "nul\0in it"):
        assert "names no folder for a checkout" in host.bad(repo=source.url, version="main", dest=dest)["msg"]


def test_a_path_that_no_text_can_name(host: Host, source: Source, dest: pathlib.Path) -> None:
    (source.folder / os.fsdecode(b"caf\xe9")).write_text("")
    source.main = source.commit("a name in another alphabet")
    assert host.good(repo=source.url, version="main", dest=dest)["commit"] == source.main
    assert host.good(repo=source.url, version="main", dest=dest)["changed"] is False
    (dest / os.fsdecode(b"caf\xe9")).write_text("mine")
    assert "local modifications" in host.bad(repo=source.url, version="main", dest=dest)["msg"]
