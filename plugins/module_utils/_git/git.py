# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What git says of a repository and of a checkout, and what it does there. No argument of it holds a password."""

from __future__ import annotations

import datetime
import difflib
import hashlib
import os
import re
import typing as t
import urllib.parse

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, write_json
from ansible_collections.goplugins.tyk.plugins.module_utils._git import command

_HOST = r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\])"
# The user part is exactly what mask_credentials can hide; a query could carry a token and means nothing to git.
_URL = re.compile(
    rf"(?P<scheme>https?|ssh|git)://(?:(?P<user>[^/\s@'\"]+)@)?(?P<place>{_HOST}(?::[0-9]+)?)(?P<path>/[^\s?#]*)", re.IGNORECASE
)
# An @ in the path would be that of user:PASSWORD@host:path, and ssh takes no password there.
_SCP = re.compile(rf"(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*@)?{_HOST}:(?![-:]|//)[^\s?#@]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_REFERENCE = re.compile(r"^$|^[-/]|[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|[./]$|\.lock$")

# git asks this program for a password, which it has from the environment: a URL or an argument would show it to every user of the host.
_HELPER = '!f() { test "$1" != get || printf "username=%s\\npassword=%s\\n" "$GOPLUGINS_GIT_USER" "$GOPLUGINS_GIT_PASSWORD"; }; f'

# A file of a commit, as git lists it; what is no plain ASCII in its path is escaped.
_TREE_ROW = re.compile(r"(?P<mode>[0-7]{6}) \w+ (?P<name>[0-9a-f]{40})\t(?P<path>.+)")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)")
_ESCAPED = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v"))

_RECORD = os.path.join(".git", "goplugins.json")


class Repository(t.NamedTuple):
    """Where a repository is. url: without what lets one in over HTTP; path: of one on this host, else empty."""

    url: str
    path: str = ""
    user: str = ""
    password: str | None = None


class Target(t.NamedTuple):
    """What a version stands for. kind: tag, branch or commit; commit: empty where only the history has it; note: for the user."""

    kind: str
    commit: str
    note: str = ""


class Checkout(t.NamedTuple):
    """What is checked out.

    repo: without a password. version, kind: as asked for, empty if others made it. time: Unix, 0 if unknown.
    made: this collection made it, and may make it anew. whole: no update of it was cut off.
    """

    repo: str
    version: str
    kind: str
    commit: str
    time: int
    tags: t.Sequence[str]
    made: bool = False
    whole: bool = True


class File(t.NamedTuple):
    """A file of a commit. mode: as git writes it; name: of its content, 40 hexadecimal digits."""

    mode: str
    name: str

    @property
    def is_submodule(self) -> bool:
        return self.mode == "160000"

    def holds(self, content: bytes, is_link: bool) -> bool:
        """Whether a file, or a link with this text, is what the commit has."""
        digest = hashlib.sha1(b"blob %d\0" % len(content))
        digest.update(content)
        return (self.mode == "120000") is is_link and digest.hexdigest() == self.name


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
        if re.match("[^/@:]*:.*@", text) and "://" not in text:
            raise _refused(
                "it seems to hold a password before the host, and SSH takes none from there; use a key and its agent "
                "(an @ in a path is written as in ssh://host/path)"
            )
        raise _refused("it is no URL (https, http, ssh, git, file), host:path or absolute path, or its password is not percent-encoded")
    scheme = url["scheme"].lower()
    user, colon, password = (urllib.parse.unquote(part) for part in (url["user"] or "").partition(":"))
    if not scheme.startswith("http"):
        if colon:
            raise _refused(f"{scheme} takes no password from a URL; use a key and its agent")
        return Repository(scheme + text[len(scheme) :])
    if _CONTROL.search(user + password):
        raise _refused("its user or password holds control characters")
    # A user alone may be a token.
    return Repository(f"{scheme}://{url['place']}{url['path']}", "", user, password if colon else None)


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


def ls_remote(repository: Repository, names: t.Sequence[str], timeout: float) -> dict[str, str]:
    """The repository's tags and branches of these names (all of them without any): name to commit or tag object."""
    completed = _talk(repository, "ls-remote", ["--heads", "--tags", "--", repository.url, *names], cwd="/", timeout=timeout)
    pairs = (line.split("\t") for line in check(repository, completed).stdout.splitlines())
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}


def fetch(repository: Repository, words: t.Sequence[str], refspecs: t.Sequence[str], folder: str, timeout: float) -> _command.Completed:
    """Fetch into the repository at C(folder), whatever the return code."""
    words = ["--quiet", "--update-shallow", *words, "--", repository.url, *refspecs]
    return _talk(repository, "fetch", words, cwd=folder, timeout=timeout)


def check(repository: Repository, completed: _command.Completed) -> _command.Completed:
    """Return C(completed), or raise GoPluginsError with git's own words on why C(repository) cannot be read."""
    url = mask_credentials(repository.url)
    fix = f"make this work on the host, as the same user: {command_line('git ls-remote', url)}"
    return _command.check(f"cannot read the repository {url}", completed, command.fix(completed, fix))


def read_checkout(folder: str) -> Checkout | None:
    """What is checked out at C(folder), None for nothing yet. Starts git only where this collection's record does not fit."""
    if not os.path.lexists(folder) or (os.path.isdir(folder) and not os.listdir(folder)):
        return None
    head = os.path.join(folder, ".git", "HEAD")
    if not os.path.isfile(head):
        raise GoPluginsError(
            f"{folder} exists and is no git checkout", f"choose another dest; see what is there: {command_line('ls -la', folder)}"
        )
    record = _record(folder)
    with open(head, encoding="utf-8", errors="replace") as file:
        if record and record.commit == file.read().strip():
            return record
    found = describe(folder, command.run(["config", "--get", "remote.origin.url"], cwd=folder).stdout.strip())
    return found._replace(made=record.made, whole=record.whole) if record else found


def describe(folder: str, repo: str, version: str = "", kind: str = "") -> Checkout:
    """Ask git what is checked out at C(folder)."""
    words = ["log", "-1", "--no-show-signature", "--decorate=full", "--decorate-refs=refs/tags/*", "--format=%H%n%ct%n%D"]
    commit, seconds, names = command.do(words, folder).split("\n")[:3]
    tags = sorted(name[len("tag: refs/tags/") :] for name in names.split(", ") if name.startswith("tag: "))
    return Checkout(repo, version, kind, commit, int(seconds), tags)


def write_record(folder: str, checkout: Checkout) -> None:
    """Keep what C(read_checkout) would have to ask git for, and what git does not know."""
    write_json(os.path.join(folder, _RECORD), checkout._asdict())


def _record(folder: str) -> Checkout | None:
    try:
        record = Checkout(**read_json(os.path.join(folder, _RECORD)))
    except (TypeError, OSError, RecursionError):
        return None
    texts = isinstance(record.tags, list) and all(isinstance(text, str) for text in (*record[:4], *record.tags))
    others = isinstance(record.time, int) and isinstance(record.made, bool) and isinstance(record.whole, bool)
    return record if texts and others and is_full(record.commit) else None


def modifications(folder: str) -> list[str]:
    """The files of a checkout that differ from its commit, untracked ones included, ignored ones not."""
    entries = command.do(["status", "--porcelain", "-z", "--no-renames", "--untracked-files=normal"], folder).split("\0")
    return [entry[3:] for entry in entries if entry]


def files_of(folder: str, commit: str) -> dict[bytes, File]:
    """All files of a commit, from path to file. Raises GoPluginsError."""
    files = {}
    for line in command.do(["ls-tree", "-r", "--full-tree", commit], folder).splitlines():
        row = _TREE_ROW.fullmatch(line)
        if row is None:
            raise GoPluginsError(f"git lists a file of {folder} in a way that is not understood: {line[:200]}")
        path = row["path"].encode()
        files[_ESCAPE.sub(_unescaped, path[1:-1]) if path[:1] == b'"' else path] = File(row["mode"], row["name"])
    return files


def _unescaped(found: t.Match[bytes]) -> bytes:
    word = found[1]
    return bytes([int(word, 8) if len(word) == 3 else _ESCAPED.get(word[0], word[0])])


def is_shallow(folder: str) -> bool:
    """Whether the checkout's history is cut off."""
    return os.path.exists(os.path.join(folder, ".git", "shallow"))


def expendable(folder: str) -> Checkout | None:
    """What this collection checked out at C(folder), if it made that and nobody keeps work of his own there: no branch, no stash."""
    record, inner = _record(folder), os.path.join(folder, ".git")
    if record is None or not record.made or command.is_foreign(folder) or os.path.exists(os.path.join(inner, "refs", "stash")):
        return None
    try:
        with open(os.path.join(inner, "packed-refs"), encoding="utf-8", errors="replace") as file:
            packed = file.read()
    except OSError:
        packed = ""
    branches = any(files for _root, _folders, files in os.walk(os.path.join(inner, "refs", "heads")))
    return None if branches or re.search(r" refs/(?:heads/|stash$)", packed, re.MULTILINE) else record


def is_sound(folder: str) -> bool:
    """Whether git can read all that the checkout holds. It reads everything, so ask only where something went wrong."""
    looks = (["status", "--porcelain"], ["fsck", "--no-dangling", "--no-progress"])
    return all(command.run(words, cwd=folder).rc == 0 for words in looks)


def remove_leftovers(folder: str) -> None:
    """Remove what a git that was killed left in a checkout of ours. For those who hold the lock under which it ran."""
    if _record(folder) is None:
        return
    inner = os.path.join(folder, ".git")
    for root, _folders, files in os.walk(inner):
        objects = root.startswith(os.path.join(inner, "objects"))
        prefixes = ("tmp_",) if objects else ("shallow_", f".{os.path.basename(_RECORD)}.") if root == inner else ()
        for name in files:
            if name.endswith(".lock") or name.startswith(prefixes):
                os.unlink(os.path.join(root, name))


def _talk(repository: Repository, verb: str, words: t.Sequence[str], *, cwd: str, timeout: float) -> _command.Completed:
    """Run a command of git that reads C(repository), with what it needs to be let in."""
    settings: list[str] = []
    env: dict[str, str] = {}
    ssh = not repository.path and not re.match("https?:|git:", repository.url)
    if repository.user or repository.password is not None:
        # Only for this host; the empty helper first, so that no other answers, or stores what we say.
        at = "credential." + "/".join(repository.url.split("/", 3)[:3])
        settings = [f"{at}.helper=", f"{at}.helper={_HELPER}"] if repository.password is not None else [f"{at}.username={repository.user}"]
        env = {"GOPLUGINS_GIT_USER": repository.user, "GOPLUGINS_GIT_PASSWORD": repository.password or ""}
    elif ssh and not {"GIT_SSH_COMMAND", "GIT_SSH"} & set(os.environ):
        # The user's own program for SSH, if he has set one; never that of the checkout.
        env = {"GIT_SSH_COMMAND": command.run(["config", "core.sshCommand"], cwd="/").stdout.strip() or "ssh -o BatchMode=yes"}
    # git reads no local repository of another user. One that only root can change is safe to read all the same.
    trusted = (
        ["--upload-pack", "git -c 'safe.directory=*' upload-pack"] if repository.path and command.only_root_writes(repository.path) else []
    )
    try:
        return command.run([verb, *trusted, *words], cwd=cwd, env=env, settings=settings, timeout=timeout)
    except GoPluginsError as error:
        if "rc" not in error.details:
            raise
        message = f"reading {mask_credentials(repository.url)}: {error.message}"
        raise GoPluginsError(message, f"give it more time with timeout: {2 * timeout:g}", **error.details) from None


def _refused(why: str) -> GoPluginsError:
    return GoPluginsError(f"repo is refused: {why}", "set repo to a value such as https://github.com/TykTechnologies/tyk.git")


def _plain(url: str) -> str:
    plain = re.sub(r"^(\w+://)(?:[^/@]*@)?([^/]*)", lambda found: found[1] + found[2].lower(), url)
    plain = (plain[len("file://") :] if plain.startswith("file://") else plain).rstrip("/")
    return plain[: -len(".git")].rstrip("/") if plain.endswith(".git") else plain
