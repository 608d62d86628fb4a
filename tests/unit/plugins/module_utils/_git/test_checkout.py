# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._git import checkout, command, git

COMMIT = "1db1935d899296c91a55ba528e7b653aec02883b"
OTHER = "11f2780107835e53b08f0e09a8acf67b00b2e6b5"
URL = "https://host/x.git"


def wanted(dest: str, **changed: t.Any) -> checkout.Wanted:
    values = {"version": "v1", "depth": 1, "update": True, "force": False, "timeout": 60, "check": False, **changed}
    return checkout.Wanted(repository=git.Repository(URL), url=URL, dest=dest, **values)


def plan(options: checkout.Wanted) -> checkout.Plan:
    return checkout.make_plan(options, checkout.look(options))


class Fake:
    """A checkout and a repository of which git would tell this."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.checkout: git.Checkout | None = git.Checkout(URL, "v1", "tag", COMMIT, 1727182466, ["v1"])
        self.modified: list[str] = []
        self.refs = {"refs/tags/v2": OTHER, "refs/heads/main": COMMIT}
        self.shallow = True
        self.asked: list[t.Sequence[str]] = []
        self.fetched: list[tuple[list[str], list[str]]] = []
        self.answers: list[tuple[int, str]] = []
        monkeypatch.setattr(git, "read_checkout", lambda folder: self.checkout)
        monkeypatch.setattr(git, "modifications", lambda folder: self.modified)
        monkeypatch.setattr(git, "expendable", lambda folder: None)
        monkeypatch.setattr(git, "is_shallow", lambda folder: self.shallow)
        monkeypatch.setattr(git, "ls_remote", self.ls_remote)
        monkeypatch.setattr(git, "fetch", self.fetch)
        monkeypatch.setattr(command, "run", lambda words, cwd: _command.Completed([], 0, f"{COMMIT}\n", ""))

    def ls_remote(self, repository: git.Repository, names: t.Sequence[str], timeout: float) -> dict[str, str]:
        self.asked.append(names)
        return self.refs

    def fetch(self, repository: t.Any, words: list[str], refspecs: list[str], folder: str, timeout: float) -> _command.Completed:
        self.fetched.append((list(words), list(refspecs)))
        rc, stderr = self.answers.pop(0)
        return _command.Completed(["git"], rc, "", stderr)


@pytest.fixture(name="fake")
def fixture_fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    return Fake(monkeypatch)


@pytest.mark.parametrize(
    ("options", "settled", "asks"),
    [
        ({"version": "v1"}, True, False),
        ({"version": COMMIT}, True, False),
        ({"version": OTHER}, False, False),
        ({"version": "v2"}, False, True),
        ({"version": "main"}, True, True),
        ({"version": "1db1935"}, True, True),
        ({"version": "v1", "depth": 0}, False, False),
    ],
)
def test_plan(fake: Fake, options: dict[str, t.Any], settled: bool, asks: bool) -> None:
    made = plan(wanted("/d", **options))
    assert (made.settled, bool(fake.asked)) == (settled, asks)


def test_check_mode_and_real_mode_plan_the_same(fake: Fake) -> None:
    for version in ("v1", "v2", "main", COMMIT, OTHER):
        assert plan(wanted("/d", version=version)) == plan(wanted("/d", version=version, check=True))


def test_asks_for_exact_names(fake: Fake) -> None:
    plan(wanted("/d", version="v2"))
    assert fake.asked == [["refs/tags/v2", "refs/tags/v2^{}", "refs/heads/v2"]]


def test_abbreviation_of_what_is_checked_out_by_hand(fake: Fake) -> None:
    fake.refs = {}
    assert plan(wanted("/d", version="1db1935")).settled is True
    assert plan(wanted("/d", version="1db1936")).settled is False


def test_history_that_is_whole_settles_depth_0(fake: Fake) -> None:
    fake.shallow = False
    assert plan(wanted("/d", depth=0)).settled is True


def test_what_stands_in_the_way(fake: Fake) -> None:
    fake.modified = [f"file{number}" for number in range(12)]
    with pytest.raises(GoPluginsError, match=r"has local modifications: file0, .*, file9 and 2 more"):
        plan(wanted("/d"))
    assert plan(wanted("/d", force=True)).settled is False
    fake.modified = []
    assert plan(wanted("/d", force=True)).settled is True
    fake.checkout = git.Checkout("https://user:secret@elsewhere/x", "v2", "tag", OTHER, 1, ["v2"])
    with pytest.raises(GoPluginsError, match=r"is a checkout of https://\*\*\*@elsewhere/x, not of https://host/x.git"):
        plan(wanted("/d", version="v2"))
    made = plan(wanted("/d", version="v2", force=True))
    # The other repository's v2 says nothing about ours.
    assert (made.settled, len(fake.asked)) == (False, 1)


def test_check_mode_where_git_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    monkeypatch.setattr(command, "find_git", lambda: None)
    dest = tmp_path / "parent" / "src"
    result, warnings = checkout.checkout(wanted(str(dest), check=True))
    assert (result["changed"], result["commit"], result["kind"], result["before"]) == (True, None, None, None)
    assert warnings == ["git is not installed yet: v1 was not looked up"]
    result, _warnings = checkout.checkout(wanted(str(dest), check=True, version=COMMIT))
    assert result["commit"] == COMMIT
    assert list(tmp_path.iterdir()) == []
    # A repository of which nothing is there yet: without check mode that is an error, which says what to install.
    with pytest.raises(GoPluginsError, match="git is not installed") as caught:
        checkout.checkout(wanted(str(dest)))
    assert "install git" in str(caught.value.fix)
    assert not dest.exists()


TAG, BRANCH, FULL = git.Target("tag", COMMIT), git.Target("branch", COMMIT), git.Target("commit", COMMIT)


@pytest.mark.parametrize(
    ("target", "options", "fresh", "shallow", "words", "refspec", "name"),
    [
        (TAG, {}, True, False, ["--depth=1"], "+refs/tags/v1:refs/tags/v1", "refs/tags/v1"),
        (TAG, {}, False, True, ["--depth=1"], "+refs/tags/v1:refs/tags/v1", "refs/tags/v1"),
        (TAG, {}, False, False, [], "+refs/tags/v1:refs/tags/v1", "refs/tags/v1"),
        (TAG, {"depth": 0}, True, False, [], "+refs/tags/v1:refs/tags/v1", "refs/tags/v1"),
        (TAG, {"depth": 0}, False, True, ["--unshallow"], "+refs/tags/v1:refs/tags/v1", "refs/tags/v1"),
        (BRANCH, {"depth": 3}, True, False, ["--depth=3"], "+refs/heads/v1:refs/goplugins/wanted", "refs/goplugins/wanted"),
        (FULL, {"version": "1db1935"}, True, False, ["--depth=1"], f"+{COMMIT}:refs/goplugins/wanted", "refs/goplugins/wanted"),
        (FULL, {"version": COMMIT}, True, False, ["--depth=1"], f"+{COMMIT}:refs/goplugins/wanted", "refs/goplugins/wanted"),
    ],
)
def test_fetch_brings_only_what_is_wanted(
    fake: Fake, target: git.Target, options: dict[str, t.Any], fresh: bool, shallow: bool, words: list[str], refspec: str, name: str
) -> None:
    fake.shallow = shallow
    fake.answers = [(0, "")]
    assert checkout.fetch(wanted("/d", **options), target, fresh) == (name, "")
    assert fake.fetched == [(words, [refspec])]


EVERYTHING = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]


@pytest.mark.parametrize(
    ("target", "version", "refspecs", "name"),
    [
        (TAG, "v1", EVERYTHING, "refs/tags/v1"),
        (BRANCH, "v1", [*EVERYTHING, "+refs/heads/v1:refs/goplugins/wanted"], "refs/goplugins/wanted"),
        (FULL, COMMIT, EVERYTHING, COMMIT),
    ],
)
@pytest.mark.parametrize(
    "stderr",
    [
        "error: Server does not allow request for unadvertised object 1db1935d899296c91a55ba528e7b653aec02883b",
        "fatal: remote error: want 1db1935d899296c91a55ba528e7b653aec02883b not valid",
        "fatal: dumb http transport does not support shallow capabilities",
    ],
)
def test_fetch_falls_back_to_the_whole_history(
    fake: Fake, target: git.Target, version: str, refspecs: list[str], name: str, stderr: str
) -> None:
    fake.answers = [(128, stderr), (0, "")]
    found, note = checkout.fetch(wanted("/d", version=version), target, fresh=False)
    assert found == name
    assert note == "the whole history of https://host/x.git was fetched: its server gives no less"
    assert fake.fetched[1] == (["--unshallow"], refspecs)


def test_fetch_of_an_abbreviation(fake: Fake) -> None:
    fake.answers = [(0, "")]
    name, note = checkout.fetch(wanted("/d", version="1db1935"), git.Target("commit", ""), fresh=True)
    assert (name, fake.fetched) == (COMMIT, [(["--unshallow"], EVERYTHING)])
    assert "an abbreviated commit takes it" in note


def test_fetch_that_fails_otherwise_does_not_try_again(fake: Fake) -> None:
    fake.answers = [(128, "fatal: unable to access 'https://host/x.git/': Could not resolve host: host")]
    with pytest.raises(GoPluginsError, match="Could not resolve host"):
        checkout.fetch(wanted("/d"), TAG, fresh=True)
    fake.answers = [(128, "fatal: remote error: upload-pack: not our ref 1db1935d899296c91a55ba528e7b653aec02883b")]
    with pytest.raises(GoPluginsError, match="has no tag, branch or commit 1db1935d"):
        checkout.fetch(wanted("/d", version=COMMIT), FULL, fresh=True)
    assert len(fake.fetched) == 2
