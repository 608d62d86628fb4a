# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""git as this collection runs it: it never asks, starts no hook, and gets a password where nobody else reads it."""

from __future__ import annotations

import contextlib
import datetime
import difflib
import os
import re
import shlex
import shutil
import stat
import typing as t
import urllib.parse

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, write_json

# What would make the files differ from the commit, run a program of the repository's, or leave one running behind.
_SETTINGS = (
    "core.autocrlf=false",
    "core.eol=lf",
    "core.fsmonitor=",
    f"core.hooksPath={os.devnull}",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
)

# Variables that point git at another repository (a git hook sets them), and the one that opens a dialog.
_DROPPED = (
    *("GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_INDEX_FILE", "GIT_NAMESPACE"),
    *("GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_WORK_TREE", "SSH_ASKPASS"),
)

# Under sudo the PATH often lacks the folders of FreeBSD's ports and of Homebrew.
_MORE_FOLDERS = ("/usr/local/bin", "/opt/homebrew/bin")

_HOST = r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])"
# The user part is exactly what mask_credentials can hide; a query could carry a token and means nothing to git.
_URL = re.compile(
    rf"(?P<scheme>https?|ssh|git)://(?:(?P<user>[^/\s@'\"]+)@)?(?P<place>{_HOST}(?::[0-9]+)?)(?P<path>/[^\s?#]*)", re.IGNORECASE
)
_SCP = re.compile(rf"(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*@)?{_HOST}:(?![-:]|//)[^\s?#]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_REFERENCE = re.compile(r"^$|^[-/]|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|[./]$|\.lock$")

# git asks this program for a password, which it has from the environment: a URL or an argument would show it to every user of the host.
_HELPER = '!f() { test "$1" != get || printf "username=%s\\npassword=%s\\n" "$GOPLUGINS_GIT_USER" "$GOPLUGINS_GIT_PASSWORD"; }; f'

_RECORD = os.path.join(".git", "goplugins.json")


class Repository(t.NamedTuple):
    """Where a repository is. url: without a password; path: of one on this host, else empty."""

    url: str
    path: str = ""
    user: str = ""
    password: str = ""


class Target(t.NamedTuple):
    """What a version stands for. kind: tag, branch or commit; commit: empty where only the history has it; note: for the user."""

    kind: str
    commit: str
    note: str = ""


class Checkout(t.NamedTuple):
    """What is checked out. repo: without a password; version, kind: as asked for, empty if others made it; time: Unix, 0 if unknown."""

    repo: str
    version: str
    kind: str
    commit: str
    time: int
    tags: t.Sequence[str]


def parse_repository(text: str) -> Repository:
    """Take a user's repository apart. Raises GoPluginsError, which never quotes what may hold a password."""
    if text.startswith("-") or _CONTROL.search(text):
        raise _refused("it begins with '-' or holds control characters")
    if re.match(r"[A-Za-z0-9+.-]+::", text):
        raise _refused("the address in transport::address can be a program to start")
    path = os.path.expanduser(text)
    if path.startswith("/"):
        return Repository(path, path)
    if re.match("file:///", text, re.IGNORECASE):
        return Repository(f"file://{text[7:]}", urllib.parse.unquote(text[7:]))
    url = _URL.fullmatch(text)
    if url is None:
        if _SCP.fullmatch(text):
            return Repository(text)
        raise _refused("it is no URL (https, http, ssh, git, file), host:path or absolute path, or its password is not percent-encoded")
    scheme = url["scheme"].lower()
    user, colon, password = (urllib.parse.unquote(part) for part in (url["user"] or "").partition(":"))
    if not colon:
        return Repository(scheme + text[len(scheme) :])
    if not scheme.startswith("http"):
        raise _refused(f"{scheme} takes no password from a URL; use a key and its agent")
    if _CONTROL.search(user + password):
        raise _refused("its password holds control characters")
    return Repository(f"{scheme}://{url['place']}{url['path']}", "", user, password)


def same_repository(one: str, other: str) -> bool:
    """Whether two URLs name one repository: credentials, a final / and .git make no difference."""
    return _plain(one) == _plain(other)


def parse_version(text: str) -> str:
    """A tag, branch or commit that is safe to hand to git. Raises GoPluginsError."""
    if _NO_REFERENCE.search(text):
        raise GoPluginsError(f"version {text!r} can name no tag, branch or commit", "set version to one such as v5.3.6 or release-5.3.6")
    return text.lower() if re.fullmatch("[0-9A-Fa-f]{40}", text) else text


def is_full(version: str) -> bool:
    """Whether a version is a whole commit name, which says everything without asking."""
    return bool(re.fullmatch("[0-9a-f]{40}", version))


def resolve(version: str, refs: t.Mapping[str, str]) -> Target | None:
    """What C(version) stands for in a repository with these C(refs); None when it can be nothing."""
    # A name that ends in ^{} has the commit of an annotated tag.
    tag = refs.get(f"refs/tags/{version}^{{}}") or refs.get(f"refs/tags/{version}")
    branch = refs.get(f"refs/heads/{version}")
    if tag:
        return Target("tag", tag, f"{version} is both a tag and a branch; the tag is taken" if branch else "")
    if branch:
        return Target("branch", branch)
    if re.fullmatch("[0-9a-f]{7,40}", version):
        return Target("commit", version if is_full(version) else "")
    return None


def tip(version: str, refs: t.Mapping[str, str]) -> str:
    """The one commit at the tip of a tag or branch that C(version) abbreviates; empty when there is none, or are several."""
    commits = {name: refs.get(f"{name}^{{}}", commit) for name, commit in refs.items()}
    found = {commit for commit in commits.values() if commit.startswith(version) and is_full(commit)}
    return found.pop() if len(found) == 1 else ""


def known(version: str, checkout: Checkout, update: bool) -> Target | None:
    """What C(version) stands for where the checkout knows, so that nobody need be asked; a branch may have moved."""
    if version == checkout.commit:
        return Target("commit", checkout.commit)
    if version in checkout.tags:
        return Target("tag", checkout.commit)
    if version == checkout.version and (checkout.kind == "commit" or not update):
        return Target(checkout.kind, checkout.commit)
    return None


def near_names(version: str, refs: t.Iterable[str]) -> list[str]:
    """The tags and branches that look most like C(version), best first."""
    names = {re.sub(r"^refs/(?:tags|heads)/|\^\{\}$", "", name) for name in refs}
    return difflib.get_close_matches(version, sorted(names), n=5)


def utc(seconds: int, form: str) -> str:
    """A commit's time as text; raises GoPluginsError for one that no calendar has."""
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime(form)
    except (ValueError, OverflowError, OSError) as error:
        raise GoPluginsError(f"the commit's time, {seconds} seconds after 1970, is in no calendar", "choose another version") from error


def environment(base: t.Mapping[str, str]) -> dict[str, str]:
    """The user's environment, in which git asks nothing, speaks English and fetches no large files."""
    env = {name: value for name, value in base.items() if name not in _DROPPED}
    env.update(LC_ALL="C", GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", GIT_LFS_SKIP_SMUDGE="1", GIT_DEFAULT_REF_FORMAT="files")
    return env


def find_git() -> str | None:
    """The path of git, or None where it is not installed."""
    return shutil.which("git", path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_MORE_FOLDERS)))


def run(words: t.Sequence[str], *, cwd: str, env: t.Mapping[str, str] | None = None, timeout: float | None = None) -> _command.Completed:
    """Run C(git words...) in C(cwd), the root of a checkout, whatever its return code. env: variables beside the usual ones."""
    git = find_git()
    if git is None:
        packages = "apt-get install git (Debian), dnf install git (Red Hat), pkg install git (FreeBSD), xcode-select --install (macOS)"
        raise GoPluginsError("git is not installed", packages)
    variables = {**environment(os.environ), **(env or {})}
    # Where cwd is no repository, git must not take the one around it for it.
    variables["GIT_CEILING_DIRECTORIES"] = os.path.dirname(os.path.realpath(cwd))
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    return _command.run([git, *settings, *words], cwd=cwd, env=variables, timeout=timeout)


def do(words: t.Sequence[str], folder: str) -> str:
    """Run a command of git in a checkout and return what it prints. Raises GoPluginsError."""
    message = f"git {words[0]} failed in {folder}"
    return _command.check(message, run(words, cwd=folder), f"see what is wrong with: git -C {shlex.quote(folder)} status").stdout


def ls_remote(repository: Repository, names: t.Sequence[str], timeout: float) -> dict[str, str]:
    """The repository's tags and branches of these names (all of them without any): name to commit or tag object."""
    completed = _talk(repository, "ls-remote", ["--heads", "--tags", "--", repository.url, *names], cwd="/", timeout=timeout)
    pairs = (line.split("\t") for line in check(repository, completed).stdout.splitlines())
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}


def fetch(repository: Repository, words: t.Sequence[str], refspecs: t.Sequence[str], folder: str, timeout: float) -> _command.Completed:
    """Fetch into the repository at C(folder), whatever the return code."""
    words = ["--quiet", "--update-shallow", *words, "--", repository.url, *refspecs]
    try:
        return _talk(repository, "fetch", words, cwd=folder, timeout=timeout)
    except GoPluginsError:
        # Stopped by the time limit, git leaves its lock behind, and every later fetch would stumble over it.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, ".git", "shallow.lock"))
        raise


def check(repository: Repository, completed: _command.Completed) -> _command.Completed:
    """Return C(completed), or raise GoPluginsError with git's own words on why C(repository) cannot be read."""
    url = mask_credentials(repository.url)
    fix = f"make this work on the host, as the same user: git ls-remote {shlex.quote(url)}"
    return _command.check(f"cannot read the repository {url}", completed, fix)


def read_checkout(folder: str) -> Checkout | None:
    """What is checked out at C(folder), None for nothing yet. Starts git only where this collection's record does not fit."""
    if not os.path.lexists(folder) or (os.path.isdir(folder) and not os.listdir(folder)):
        return None
    head = os.path.join(folder, ".git", "HEAD")
    if not os.path.isfile(head):
        where = shlex.quote(folder)
        raise GoPluginsError(f"{folder} exists and is no git checkout", f"choose another dest, or move it away: mv {where} {where}.old")
    with contextlib.suppress(TypeError), open(head, encoding="utf-8", errors="replace") as file:
        checkout = Checkout(**read_json(os.path.join(folder, _RECORD)))
        if checkout.commit == file.read().strip():
            return checkout
    return describe(folder, run(["config", "--get", "remote.origin.url"], cwd=folder).stdout.strip())


def describe(folder: str, repo: str, version: str = "", kind: str = "") -> Checkout:
    """Ask git what is checked out at C(folder)."""
    words = ["log", "-1", "--no-show-signature", "--decorate=full", "--decorate-refs=refs/tags/*", "--format=%H%n%ct%n%D"]
    commit, seconds, names = do(words, folder).split("\n")[:3]
    tags = sorted(name[len("tag: refs/tags/") :] for name in names.split(", ") if name.startswith("tag: "))
    return Checkout(repo, version, kind, commit, int(seconds), tags)


def write_record(folder: str, checkout: Checkout) -> None:
    """Keep what C(read_checkout) would have to ask git for."""
    write_json(os.path.join(folder, _RECORD), checkout._asdict())


def modifications(folder: str) -> list[str]:
    """The files of a checkout that differ from its commit, untracked ones included, ignored ones not."""
    entries = do(["status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal"], folder).split("\0")
    return [entry[3:] for entry in entries if entry]


def is_shallow(folder: str) -> bool:
    """Whether the checkout's history is cut off."""
    return os.path.exists(os.path.join(folder, ".git", "shallow"))


def _talk(repository: Repository, command: str, words: t.Sequence[str], *, cwd: str, timeout: float) -> _command.Completed:
    """Run a command of git that reads C(repository), with what it needs to be let in."""
    settings: list[str] = []
    env: dict[str, str] = {}
    ssh = not repository.path and not re.match("https?:|git:", repository.url)
    if repository.password:
        scheme, _empty, place, _path = repository.url.split("/", 3)
        helper = f"credential.{scheme}//{place}.helper"
        # Only for this host; the empty value first, so that no other helper answers, or stores what we say.
        settings = ["-c", f"{helper}=", "-c", f"{helper}={_HELPER}"]
        env = {"GOPLUGINS_GIT_USER": repository.user, "GOPLUGINS_GIT_PASSWORD": repository.password}
    elif ssh and not {"GIT_SSH_COMMAND", "GIT_SSH"} & set(os.environ) and run(["config", "core.sshCommand"], cwd=cwd).rc != 0:
        env = {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes"}
    # git reads no local repository of another user. One that only root can change is safe to read all the same.
    trusted = ["--upload-pack", "git -c 'safe.directory=*' upload-pack"] if repository.path and _only_root_writes(repository.path) else []
    try:
        return run([*settings, command, *trusted, *words], cwd=cwd, env=env, timeout=timeout)
    except GoPluginsError as error:
        if "rc" not in error.details:
            raise
        message = f"reading {mask_credentials(repository.url)}: {error.message}"
        raise GoPluginsError(message, f"give it more time with timeout: {2 * timeout:g}", **error.details) from None


def _only_root_writes(path: str) -> bool:
    repository = os.path.realpath(path)
    inner = [part for part in (repository, os.path.join(repository, ".git")) if os.path.lexists(part)]
    if not inner:  # git says it better
        return False
    outer = [repository[:end] or "/" for end, character in enumerate(repository) if character == "/"]
    for part in inner + outer:
        status = os.lstat(part)
        # Around the repository, in a sticky folder such as /tmp, others may write, but not move what is root's.
        closed = not status.st_mode & 0o022 or (part in outer and status.st_mode & stat.S_ISVTX)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0 or not closed:
            return False
    return True


def _refused(why: str) -> GoPluginsError:
    return GoPluginsError(f"repo is refused: {why}", "set repo to a value such as https://github.com/TykTechnologies/tyk.git")


def _plain(url: str) -> str:
    plain = re.sub(r"^(\w+://)(?:[^/@]*@)?([^/]*)", lambda found: found[1] + found[2].lower(), url)
    return re.sub(r"^file://|/*(?:\.git)?/*$", "", plain)
