# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import pathlib
import shlex
import typing as t

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._git import command, git

COMMIT = "1db1935d899296c91a55ba528e7b653aec02883b"
OTHER = "11f2780107835e53b08f0e09a8acf67b00b2e6b5"


@pytest.mark.parametrize(
    ("text", "url", "path"),
    [
        ("https://github.com/TykTechnologies/tyk.git", "https://github.com/TykTechnologies/tyk.git", ""),
        ("HTTPS://github.com/TykTechnologies/tyk", "https://github.com/TykTechnologies/tyk", ""),
        ("http://127.0.0.1:8080/x.git", "http://127.0.0.1:8080/x.git", ""),
        ("ssh://git@[::1]:2222/x.git", "ssh://git@[::1]:2222/x.git", ""),
        ("git://host/x", "git://host/x", ""),
        ("git@github.com:TykTechnologies/tyk.git", "git@github.com:TykTechnologies/tyk.git", ""),
        ("host:~/x", "host:~/x", ""),
        ("/srv/a b.git", "/srv/a b.git", "/srv/a b.git"),
        ("file:///srv/a%20b.git", "file:///srv/a%20b.git", "/srv/a b.git"),
        ("FILE:///srv/x", "file:///srv/x", "/srv/x"),
    ],
)
def test_repository(text: str, url: str, path: str) -> None:
    assert git.parse_repository(text) == git.Repository(url, path, "", None)


def test_repository_in_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert git.parse_repository("~/x").path == "/home/me/x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://user:secret@host/x.git", ("https://host/x.git", "", "user", "secret")),
        ("http://me:a%40b%2Fc@host:81/x", ("http://host:81/x", "", "me", "a@b/c")),
        ("https://token:@host/x", ("https://host/x", "", "token", "")),
        ("https://:token@host/x", ("https://host/x", "", "", "token")),
        ("https://token@host/x", ("https://host/x", "", "token", None)),
    ],
)
def test_user_and_password_leave_the_url(text: str, expected: tuple[str, ...]) -> None:
    assert git.parse_repository(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-uhttps://host/secret",
        "--upload-pack=secret",
        "ext::sh -c secret",
        "fd::17/secret",
        "https://user:secret",
        "https://user:sec@ret@host/x",
        "https://user:se'cret@host/x",
        "https://user:sec/ret@host/x",
        "https://user:secret%0aret@host/x",
        "https://-oProxyCommand=secret/x",
        "ssh://-oProxyCommand=secret/x",
        "ssh://user:secret@host/x",
        "user:secret@host:x",
        "user:sec/ret@host:x",
        "me@corp:secret@host:x",
        "user:secret@host/x",
        "-oProxyCommand=secret:x",
        "host:-secret",
        "user@-secret:x",
        "https://host/x?private_token=secret",
        "https://host/x secret",
        "ftp://host/secret",
        "file://host/secret",
        "file:secret",
        "secret",
        "./secret",
        "../secret",
        "/srv/x\n--secret",
        "https://host/x\x00secret",
        "~nobody-of-this-name/secret",
    ],
)
def test_refused_repository_is_not_quoted(text: str) -> None:
    if text == "file:secret":  # SSH to a host named file
        assert git.parse_repository(text).path == ""
        return
    with pytest.raises(GoPluginsError, match="repo is refused") as caught:
        git.parse_repository(text)
    assert "secret" not in json.dumps(caught.value.as_result())


@pytest.mark.parametrize("text", ["https://user:secret@host/x", "https://secret@host/x", "https://a:s%40b!$&*()+,;=:secret@h/x"])
def test_accepted_credentials_are_those_that_can_be_masked(text: str) -> None:
    repository = git.parse_repository(text)
    assert "secret" not in mask_credentials(text)
    assert "secret" not in mask_credentials(repository.url)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://host/x", "https://user:secret@HOST/x.git/", True),
        ("https://host/x", "https://host/X", False),
        ("https://host/x", "http://host/x", False),
        ("file:///srv/x", "/srv/x", True),
        ("/srv/x/.git", "/srv/x", True),
        ("git@host:x.git", "git@host:x", True),
        ("git@host:x", "git@host:y", False),
        ("", "https://host/x", False),
    ],
)
def test_same_repository(one: str, other: str, same: bool) -> None:
    assert git.same_repository(one, other) is same


@pytest.mark.parametrize("text", ["v5.3.6", "release-5.3.6", "feature/TT-1_x", "1db1935", COMMIT, "v1.0.0+incompatible", "été"])
def test_version(text: str) -> None:
    assert git.parse_version(text) == text


def test_full_commit_is_lower_case() -> None:
    assert git.parse_version(COMMIT.upper()) == COMMIT
    assert git.parse_version("ABCDEF1") == "ABCDEF1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-b",
        "--upload-pack=x",
        "a b",
        "a..b",
        "v1^{}",
        "HEAD~1",
        "a:b",
        "v*",
        "v?",
        "a@{1}",
        "a\\b",
        "a[b",
        "/a",
        "a/",
        "a//b",
        "a.lock",
        "a.",
        "a\n",
    ],
)
def test_version_that_git_could_misread(text: str) -> None:
    with pytest.raises(GoPluginsError, match="can name no tag"):
        git.parse_version(text)


REFS = {
    "refs/tags/light": COMMIT,
    "refs/tags/annotated": "a" * 40,
    "refs/tags/annotated^{}": COMMIT,
    "refs/tags/both": COMMIT,
    "refs/heads/both": OTHER,
    "refs/heads/main": OTHER,
    "refs/heads/1db1935": OTHER,
    "refs/heads/team/light": OTHER,
}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("light", ("tag", COMMIT, "")),
        ("annotated", ("tag", COMMIT, "")),
        ("both", ("tag", COMMIT, "both is both a tag and a branch; the tag is taken")),
        ("main", ("branch", OTHER, "")),
        ("1db1935", ("branch", OTHER, "")),
        ("1db19", None),
        ("1db1935d", ("commit", "", "")),
        (COMMIT, ("commit", COMMIT, "")),
        (COMMIT + "0", None),
        ("missing", None),
    ],
)
def test_resolve(version: str, expected: tuple[str, str, str] | None) -> None:
    assert git.resolve(version, REFS) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1db1935d", COMMIT), ("11f27801", OTHER), ("aaaaaaa", ""), ("1234567", ""), ("bbbbbbb", ""), ("cut", "")],
)
def test_tip(version: str, expected: str) -> None:
    refs = {**REFS, "refs/heads/b1": "b" * 40, "refs/heads/b2": "b" * 39 + "c", "refs/heads/x": "cut"}
    assert git.tip(version, refs) == expected


@pytest.mark.parametrize(
    ("version", "made_as", "update", "expected"),
    [
        (COMMIT, ("v5.3.6", "tag"), True, "commit"),
        ("v5.3.6-rc4", ("v5.3.6", "tag"), True, "tag"),
        ("main", ("main", "branch"), False, "branch"),
        ("main", ("main", "branch"), True, None),
        ("1db1935d", ("1db1935d", "commit"), True, "commit"),
        ("1db1935d", ("1db1935", "commit"), True, None),
        ("v5.3.7", ("v5.3.6", "tag"), False, None),
        ("main", ("", ""), False, None),
    ],
)
def test_known(version: str, made_as: tuple[str, str], update: bool, expected: str | None) -> None:
    checkout = git.Checkout("https://host/x", *made_as, COMMIT, 0, ["v5.3.6", "v5.3.6-rc4"])
    assert git.known(version, checkout, update) == (expected and (expected, COMMIT, ""))


def test_near_names() -> None:
    refs = ["refs/tags/v5.3.6", "refs/tags/v5.3.6^{}", "refs/tags/v5.3.60", "refs/heads/release-5.3.6", "refs/heads/master"]
    assert sorted(git.near_names("v5.3.66", refs)) == ["v5.3.6", "v5.3.60"]
    assert git.near_names("relaese-5.3.6", refs) == ["release-5.3.6"]
    assert git.near_names("zzz", refs) == []


def test_utc() -> None:
    assert git.utc(1727182466, "%Y-%m-%dT%H:%M:%SZ") == "2024-09-24T12:54:26Z"
    assert git.utc(1727182466, "%Y%m%d%H%M%S") == "20240924125426"
    with pytest.raises(GoPluginsError, match="in no calendar"):
        git.utc(1 << 62, "%Y")


def test_nothing_of_the_callers_leads_git_elsewhere() -> None:
    leads = {
        **{f"GIT_{name}": "x" for name in ("DIR", "WORK_TREE", "INDEX_FILE", "COMMON_DIR", "OBJECT_DIRECTORY", "NAMESPACE", "EXEC_PATH")},
        **{f"GIT_CONFIG{name}": "x" for name in ("", "_GLOBAL", "_SYSTEM", "_PARAMETERS", "_COUNT", "_KEY_0", "_VALUE_0")},
        **{f"GIT_{name}": "x" for name in ("EXTERNAL_DIFF", "PAGER", "TEMPLATE_DIR", "DEFAULT_HASH", "A_LATER_ONE")},
        "SSH_ASKPASS": "x",
    }
    kept = {
        **{name: "x" for name in ("HOME", "PATH", "LC_ALL", "SSH_AUTH_SOCK", "https_proxy")},
        **{f"GIT_{name}": "x" for name in ("ASKPASS", "SSH", "SSH_COMMAND", "SSL_CAINFO", "HTTP_USER_AGENT", "PROXY_SSL_CAINFO")},
    }
    assert command.environment({**leads, **kept}) == kept


def test_missing_git_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_MORE_FOLDERS", ())
    monkeypatch.setenv("PATH", "/nowhere")
    assert command.find_git() is None
    with pytest.raises(GoPluginsError, match="git is not installed") as caught:
        command.run(["status"], cwd="/")
    assert "apt-get install git" in str(caught.value.fix)


class Recorder:
    """Stands in for _command.run: keeps argv, environment and folder, and gives prepared answers."""

    def __init__(self, rc: int = 0, stdout: str = "") -> None:
        self.calls: list[tuple[list[str], dict[str, str], str]] = []
        self.rc, self.stdout = rc, stdout

    def __call__(self, argv: t.Sequence[str], *, cwd: str, env: dict[str, str], timeout: float | None = None) -> _command.Completed:
        self.calls.append((list(argv), env, cwd))
        return _command.Completed(list(argv), self.rc, self.stdout, "words of git")


def test_password_goes_through_the_environment_to_its_own_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(stdout=f"{COMMIT}\trefs/tags/v1\nwarning: no tab here\n")
    monkeypatch.setattr(_command, "run", recorder)
    repository = git.parse_repository("https://me:secret@host:8443/a/b.git")
    assert git.ls_remote(repository, ["refs/tags/v1"], 60) == {"refs/tags/v1": COMMIT}
    ((argv, env, cwd),) = recorder.calls
    assert cwd == "/"
    assert argv[-5:] == ["--heads", "--tags", "--", "https://host:8443/a/b.git", "refs/tags/v1"]
    settings = [word for word in shlex.split(env["GIT_CONFIG_PARAMETERS"]) if word.startswith("credential.")]
    assert settings[0] == "credential.https://host:8443.helper="
    assert [word.partition("=")[0] for word in settings] == ["credential.https://host:8443.helper"] * 2
    assert "secret" not in " ".join([*argv, *settings])
    assert (env["GOPLUGINS_GIT_USER"], env["GOPLUGINS_GIT_PASSWORD"]) == ("me", "secret")


def test_a_user_alone_may_be_a_token_and_is_in_no_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(_command, "run", recorder)
    git.ls_remote(git.parse_repository("https://secret@host/x"), [], 60)
    ((argv, env, _cwd),) = recorder.calls
    assert argv[-1] == "https://host/x"
    assert "secret" not in " ".join(argv)
    assert shlex.split(env["GIT_CONFIG_PARAMETERS"])[-1] == "credential.https://host.username=secret"


def test_without_a_password_the_helpers_of_the_user_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(rc=128)
    monkeypatch.setattr(_command, "run", recorder)
    with pytest.raises(GoPluginsError, match="cannot read the repository https://host/x: words of git") as caught:
        git.ls_remote(git.parse_repository("https://host/x"), [], 60)
    assert "git ls-remote https://host/x" in str(caught.value.fix)
    ((argv, env, _cwd),) = recorder.calls
    assert "credential" not in " ".join(argv)
    assert "GIT_SSH_COMMAND" not in env or env["GIT_SSH_COMMAND"] == os.environ.get("GIT_SSH_COMMAND")


def test_record_spares_git_only_where_it_fits(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(stdout=f"{OTHER}\n1727182466\nHEAD, tag: refs/tags/v2, tag: refs/tags/v1\n")
    monkeypatch.setattr(_command, "run", recorder)
    folder = str(tmp_path)
    assert git.read_checkout(os.path.join(folder, "missing")) is None
    assert git.read_checkout(folder) is None
    (tmp_path / ".git").mkdir()
    head = tmp_path / ".git" / "HEAD"
    head.write_text(f"{COMMIT}\n")
    checkout = git.Checkout("https://host/x", "v1", "tag", COMMIT, 1, ["v1"])
    git.write_record(folder, checkout)
    assert git.read_checkout(folder) == checkout
    assert recorder.calls == []
    for text in ("ref: refs/heads/main\n", f"{OTHER}\n"):
        head.write_text(text)
        asked = git.read_checkout(folder)
        assert asked is not None
        assert (asked.version, asked.kind, asked.commit, asked.time, asked.tags) == ("", "", OTHER, 1727182466, ["v1", "v2"])
    whole = git.Checkout("https://host/x", "v1", "tag", OTHER, 1, ["v1"])._asdict()
    spoiled = [json.dumps({**whole, key: 7 if key != "time" else "x"}) for key in whole]
    for record in ("[]", "{", '{"repo": "x"}', "null", "[" * 100_000, *spoiled):
        (tmp_path / ".git" / "goplugins.json").write_text(record)
        again = git.read_checkout(folder)
        assert again is not None
        assert again.commit == OTHER


def test_modifications(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_command, "run", Recorder(stdout=" M a b\0?? new/\0D  gone\0"))
    assert git.modifications("/x") == ["a b", "new/", "gone"]
    monkeypatch.setattr(_command, "run", Recorder())
    assert git.modifications("/x") == []


@pytest.mark.parametrize(
    ("changed", "trusted"),
    [
        ({}, True),
        ({"/srv/x/.git": (1000, 0o755)}, False),
        ({"/srv/x/.git": (0, 0o775)}, False),
        ({"/srv/x/.git": None}, True),
        ({"/srv/x": (1000, 0o755)}, False),
        ({"/srv/x": (0, 0o1777)}, False),
        ({"/srv": (0, 0o1777)}, True),
        ({"/srv": (0, 0o777)}, False),
        ({"/srv": (1000, 0o755)}, False),
        ({"/srv/x": None, "/srv/x/.git": None}, False),
    ],
)
def test_only_root_writes(monkeypatch: pytest.MonkeyPatch, changed: dict[str, tuple[int, int] | None], trusted: bool) -> None:
    parts: dict[str, tuple[int, int] | None] = {**{path: (0, 0o755) for path in ("/", "/srv", "/srv/x", "/srv/x/.git")}, **changed}

    def lstat(path: str) -> os.stat_result:
        part = parts[path]
        assert part
        return os.stat_result((0o040000 | part[1], 0, 0, 1, part[0], 0, 0, 0, 0, 0))

    monkeypatch.setattr(os.path, "realpath", lambda path: path)
    monkeypatch.setattr(os.path, "lexists", lambda path: parts.get(path) is not None)
    monkeypatch.setattr(os, "lstat", lstat)
    assert command.only_root_writes("/srv/x") is trusted
