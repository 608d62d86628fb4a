# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one runner of git, for this collection and for go: it never asks, and starts no program that a checkout or the caller names."""

from __future__ import annotations

import functools
import os
import re
import shutil
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, quoted

# What would make the files differ from the commit, run a program of the repository's, or leave one running behind.
_SETTINGS = (
    "core.autocrlf=false",
    "core.eol=lf",
    "core.quotePath=true",
    "core.fsmonitor=",
    f"core.hooksPath={os.devnull}",
    # One pack instead of a thousand loose files, and all of it on disk before git says that it is there.
    "core.fsync=all",
    "fetch.unpackLimit=1",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "protocol.ext.allow=never",
)

# Of the caller's variables for git, those that let it in somewhere. The others point it at another repository, another
# configuration, or a program of its own; a git hook sets some of them for all that it starts.
_LET_IN = re.compile(r"GIT_(?:ASKPASS|SSH|SSH_COMMAND|SSH_VARIANT|SSL_\w+|HTTP_\w+|PROXY_\w+|CONFIG_NOSYSTEM)")

# More than anybody writes there.
_MOST_CONFIG = 1 << 20

# A line of .git/config as git itself writes it: none of these starts a program or leads out of the folder.
_PLAIN = re.compile(
    r"""\s*(?:[#;].*|\[(?:core|user|remote\ "[^"\\]*"|branch\ "[^"\\]*")\]
    |(?:repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks
       |url|fetch|tagopt|remote|merge|rebase|name|email)\s*=.*)?\s*""",
    re.IGNORECASE | re.VERBOSE,
)

# Keys that name a program. (core.worktree leads out of the folder, and is overruled by a variable.)
_PROGRAM = re.compile(
    r"""core\.(?:sshcommand|pager|editor|askpass|gitproxy|alternaterefscommand)|pager\..*|credential\.(?:.*\.)?helper
    |diff\.external|diff\..*\.(?:command|textconv)|merge\..*\.driver|gpg\.(?:.*\.)?program
    |remote\..*\.(?:uploadpack|receivepack|vcs)|uploadpack\.packobjectshook""",
    re.DOTALL | re.VERBOSE,
)

_FILTER = re.compile(r"(filter\..*)\.(?:clean|smudge|process|required)", re.DOTALL)

# Under sudo the PATH often lacks the folders of FreeBSD's ports and of Homebrew.
_MORE_FOLDERS = ("/usr/local/bin", "/opt/homebrew/bin")


def environment(base: t.Mapping[str, str]) -> dict[str, str]:
    """C(base) for git, and for a program that runs git: what would lead git elsewhere, or open a dialog, is left out."""
    return {name: value for name, value in base.items() if name != "SSH_ASKPASS" and (name[:4] != "GIT_" or _LET_IN.fullmatch(name))}


def guards(folder: str, more: t.Sequence[str] = ()) -> dict[str, str]:
    """The variables by which git, whoever starts it in C(folder), runs no program that the repository there names.

    more: further settings, as key=value; argv would show them to every user of the host. Raises GoPluginsError.
    """
    own, variables = _overruled(folder, _own_config(folder))
    trusted = [f"safe.directory={os.path.realpath(folder)}"] if own is not None and is_foreign(folder) and only_root_writes(folder) else []
    # The variable that -c sets; newer ones (GIT_CONFIG_COUNT) are unknown to git before 2.31.
    return {**variables, "GIT_CONFIG_PARAMETERS": " ".join(map(_quoted, (*_SETTINGS, *(own or ()), *trusted, *more)))}


def find_git() -> str | None:
    """The path of git, or None where it is not installed."""
    return shutil.which("git", path=os.pathsep.join((os.environ.get("PATH", os.defpath), *_MORE_FOLDERS)))


def run(
    words: t.Sequence[str],
    *,
    cwd: str,
    env: t.Mapping[str, str] | None = None,
    settings: t.Sequence[str] = (),
    timeout: float | None = None,
) -> _command.Completed:
    """Run C(git words...) in C(cwd), the root of a checkout, whatever its return code. env, settings: beside the usual ones."""
    return _start(words, cwd, {**guards(cwd, settings), **(env or {})}, timeout)


def do(words: t.Sequence[str], folder: str) -> str:
    """Run a command of git in a checkout and return what it prints. Raises GoPluginsError."""
    completed = run(words, cwd=folder)
    return _command.check(
        f"git {words[0]} failed in {folder}", completed, fix(completed, f"{command_line('git -C', folder)} status")
    ).stdout


def _start(words: t.Sequence[str], cwd: str, variables: t.Mapping[str, str], timeout: float | None = None) -> _command.Completed:
    git = find_git()
    if git is None:
        packages = "apt-get install git (Debian), dnf install git (Red Hat), pkg install git (FreeBSD), xcode-select --install (macOS)"
        raise GoPluginsError("git is not installed", packages)
    env = {
        **environment(os.environ),
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_DEFAULT_REF_FORMAT": "files",
        "GIT_NO_REPLACE_OBJECTS": "1",
        # Where cwd is no repository, git must not take the one around it for it.
        "GIT_CEILING_DIRECTORIES": os.path.dirname(os.path.realpath(cwd)),
        **variables,
    }
    return _command.run([git, *words], cwd=cwd, env=env, timeout=timeout)


def _own_config(folder: str) -> str | None:
    """The text of a repository's own configuration; None where there is none. One that is not all in this file does not look plain."""
    inner = os.path.join(folder, ".git")
    elsewhere = any(os.path.lexists(os.path.join(inner, name)) for name in ("config.worktree", "commondir"))
    try:
        with open(os.path.join(inner, "config"), encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(_MOST_CONFIG)
    except OSError:
        return "[include]" if elsewhere else None
    return f"{text}\n[include]" if elsewhere or len(text) == _MOST_CONFIG else text


@functools.lru_cache(maxsize=None)
def _overruled(folder: str, text: str | None) -> tuple[tuple[str, ...] | None, dict[str, str]]:
    """(settings, variables) that take from a repository's own configuration what starts a program. text: of that configuration."""
    if text is None:
        return None, {}
    if all(map(_PLAIN.fullmatch, text.split("\n"))):
        return (), {}
    keys = [key for key, _value in _listed(folder, ["--local", "--includes"])]
    if os.path.lexists(os.path.join(folder, ".git", "config.worktree")):
        keys += [key for key, _value in _listed(folder, ["--file", os.path.join(".git", "config.worktree"), "--includes"])]
    filters = {found[1] for found in map(_FILTER.fullmatch, keys) if found}
    programs = {key for key in keys if _PROGRAM.fullmatch(key)}
    ambiguous = [key for key in (*filters, *programs) if "=" in key or "\n" in key]
    if ambiguous:
        raise GoPluginsError(
            f"{folder}/.git/config names a program under {ambiguous[0]!r}, a key that cannot be overruled",
            f"{command_line('git config --file', os.path.join(folder, '.git', 'config'))} --edit",
        )
    settings = [f"{name}.{part}" for name in sorted(filters) for part in ("clean=", "smudge=", "process=", "required=false")]
    settings += [f"{key}=" for key in sorted(programs)]
    if any(key.startswith("credential.") for key in programs):
        # An empty value ends the list of helpers; those of the user begin a new one.
        settings.append("credential.helper=")
    users = _listed("/", []) if programs else []
    settings += [f"{key}={value}" for key, value in users if key in programs or re.fullmatch(r"credential\.(?:.*\.)?helper", key)]
    return tuple(settings), {"GIT_WORK_TREE": folder} if "core.worktree" in keys else {}


def _listed(folder: str, words: t.Sequence[str]) -> list[tuple[str, str]]:
    """(key, value) as git config lists them. It starts no program."""
    trusted = {"GIT_CONFIG_PARAMETERS": _quoted(f"safe.directory={os.path.realpath(folder)}")}
    completed = _start(["config", *words, "-z", "--list"], folder, trusted)
    rows = _command.check(f"git cannot read its configuration in {folder}", completed, fix(completed, "")).stdout.split("\0")
    return [(key, value) for key, _newline, value in (row.partition("\n") for row in rows) if key and key != "safe.directory"]


def _quoted(setting: str) -> str:
    """As git writes and reads it in GIT_CONFIG_PARAMETERS (quote.c, sq_quote)."""
    return "'" + setting.replace("'", "'\\''") + "'"


def fix(completed: _command.Completed, otherwise: str) -> str:
    """The command that cures what git complains of, where it is known."""
    owner = re.search(r"git config --global --add safe\.directory \S.*", completed.stderr)
    lock = re.search(r"Unable to create '(.+\.lock)': File exists", completed.stderr)
    return owner.group() if owner else f"if no git is at work there, remove {quoted(lock[1])}" if lock else otherwise


def is_foreign(folder: str) -> bool:
    """Whether git takes a checkout for that of another user."""
    return any(os.lstat(part).st_uid != os.geteuid() for part in (folder, os.path.join(folder, ".git")))


def only_root_writes(path: str) -> bool:
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
