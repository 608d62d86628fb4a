# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway's checkout: its go.mod, its commit, and whether what the compiler reads there still is that commit."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._git import git
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod

# What go/build takes from a package's folder by its name, and the files by which Go selects modules and optimizes.
_SOURCES = (
    *(b".go", b".s", b".S", b".sx", b".c", b".cc", b".cpp", b".cxx", b".m", b".h", b".hh", b".hpp", b".hxx"),
    *(b".f", b".F", b".for", b".f90", b".swig", b".swigcxx", b".syso"),
)
_NAMED = (b"go.mod", b"go.sum", b"go.work", b"go.work.sum", b"default.pgo", b"modules.txt")
_EMBED = re.compile(rb"^[ \t]*//go:embed[ \t]+(.+)$", re.MULTILINE)
_PATTERN = re.compile(rb'"[^"]*"|`[^`]*`|\S+')

_Content = t.Callable[[], bytes]


class Checkout(t.NamedTuple):
    """What a gateway's checkout says of itself.

    commit_time: UTC, yyyymmddhhmmss. tags: all that point at the commit. modified: empty when clean, else a digest of what was changed.
    """

    folder: str
    mod: gomod.GoMod
    commit: str
    commit_time: str
    tags: tuple[str, ...]
    modified: str


def read_checkout(folder: str) -> Checkout:
    """Read go.mod and the git state of a gateway's checkout. Raises GoPluginsError."""
    path = os.path.join(folder, "go.mod")
    if not os.path.isfile(path):
        raise GoPluginsError(f"there is no gateway checkout at {folder}: it has no go.mod", "check it out with goplugins.tyk.git_checkout")
    found = git.read_checkout(folder)
    if found is None:
        raise GoPluginsError(f"{folder} is no git checkout", "check it out with goplugins.tyk.git_checkout")
    mod = gomod.read(path)
    modified = modifications(folder, found.commit, [replace.new for replace in mod.replaces if replace.is_folder])
    return Checkout(folder, mod, found.commit, git.utc(found.time, "%Y%m%d%H%M%S"), tuple(found.tags), modified)


def modifications(folder: str, commit: str, replaced: t.Iterable[str] = ()) -> str:
    """Empty for a clean checkout of C(commit), else a digest of the names and the content of all files that differ from it.

    git's own answer depends on what it was asked to ignore (.gitignore, assume-unchanged, filters and so on); the compiler reads bytes. So
    the bytes of each file are compared with those of the commit. A file that the commit does not have counts if Go would read it.
    replaced: folders that go.mod puts in the place of modules, relative to C(folder).
    """
    root, committed = os.fsencode(folder), git.files_of(folder, commit)
    modules = {os.path.normpath(os.fsencode(path)) for path in replaced}
    digest, missing, embeds, others = hashlib.sha256(), dict(committed), [], []
    rows: list[tuple[bytes, bytes]] = []
    for path, content, is_link in _files(root, committed, modules):
        entry = missing.pop(path, None)
        if entry is None and not path.endswith(_SOURCES) and os.path.basename(path) not in _NAMED:
            others.append((path, content))
            continue
        text = content()
        embeds += [(os.path.dirname(path), pattern) for pattern in _patterns(text)] if path.endswith(b".go") else []
        if entry is None or not entry.holds(text, is_link):
            rows.append((path, hashlib.sha256(text).digest()))
    rows += [(path, hashlib.sha256(content()).digest()) for path, content in others if _is_embedded(path, embeds)]
    rows += [(path, b"missing") for path, entry in missing.items() if not entry.is_submodule]
    for path, content_digest in sorted(rows):
        digest.update(path + b"\0" + content_digest + b"\n")
    return digest.hexdigest() if rows else ""


def _files(root: bytes, committed: t.Mapping[bytes, git.File], modules: t.Container[bytes]) -> t.Iterator[tuple[bytes, _Content, bool]]:
    """(path, how to read it, whether it is a link) of each file in a checkout.

    Left out are links as the commit has them, if they stay inside, and modules that no build of the gateway reads.
    """
    inside = os.path.join(os.path.realpath(root), b"")
    folders = {folder for path in committed for folder in _parents(path)}
    waiting = [b""]
    while waiting:
        within = waiting.pop()
        with os.scandir(os.path.join(root, within)) as found:
            entries = list(found)
        names = {entry.name for entry in entries}
        if within and within not in folders and within not in modules and b"go.mod" in names:
            continue
        for entry in entries:
            path = os.path.join(within, entry.name)
            if entry.is_symlink():
                target = os.path.realpath(entry.path)
                text = os.readlink(entry.path)
                same = path in committed and committed[path].holds(text, True) and target.startswith(inside)
                if os.path.isdir(target):
                    # Go reads a package through a link. Others of them lead anywhere, the whole system included.
                    if path in folders and not same:
                        waiting.append(path)
                    yield path, functools.partial(bytes, text), True
                elif os.path.isfile(target) and not same:
                    yield path, functools.partial(_read, entry.path), False
                else:
                    yield path, functools.partial(bytes, text), True
            elif entry.is_dir():
                if path != b".git":
                    waiting.append(path)
            elif entry.is_file():
                yield path, functools.partial(_read, entry.path), False


def _read(path: bytes) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _parents(path: bytes) -> t.Iterator[bytes]:
    while path:
        path = os.path.dirname(path)
        yield path


def _patterns(source: bytes) -> t.Iterator[bytes]:
    """What a Go file embeds (https://pkg.go.dev/embed)."""
    if b"//go:embed" in source:
        for words in _EMBED.findall(source):
            for word in _PATTERN.findall(words):
                yield re.sub(rb"^all:", b"", word.strip(b'"`'))


def _is_embedded(path: bytes, embeds: t.Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a file, or a folder that it is in, fits one of C(embeds): (folder of the Go file, pattern)."""
    for folder, pattern in embeds:
        if not folder or path.startswith(folder + b"/"):
            wanted, parts = pattern.strip(b"/").split(b"/"), path[len(folder) :].strip(b"/").split(b"/")
            if wanted in ([b"."], [b""]) or (len(wanted) <= len(parts) and all(map(fnmatch.fnmatchcase, parts, wanted))):
                return True
    return False
