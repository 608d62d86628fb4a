# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin's source as one value: which files there are, and a digest of what they say."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file

# Version control is not source: its files change without the source changing.
_LEFT_OUT = frozenset((".git", ".hg", ".svn", ".bzr", "CVS"))

# A plugin's source is some hundred files. A tree beyond these is a wrong folder (a home, a file system's root).
MAX_FILES = 50_000
MAX_BYTES = 2 << 30


class Entry(t.NamedTuple):
    """One file: path relative to the root with "/", whether it is executable, and the SHA-256 of its bytes."""

    path: str
    executable: bool
    sha256: str


class Tree(t.NamedTuple):
    """A folder's files in order. digest: 64 hexadecimal digits, equal when paths, executable bits and bytes are equal."""

    root: str
    entries: tuple[Entry, ...]

    @property
    def digest(self) -> str:
        digest = hashlib.sha256()
        for entry in self.entries:
            digest.update(f"{entry.sha256} {'x' if entry.executable else '-'} {entry.path}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def paths(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self.entries)


def read_tree(root: str) -> Tree:
    """Read a folder; a link to a file inside the folder counts as that file. Raises GoPluginsError."""
    if not os.path.isdir(root):
        raise GoPluginsError(f"there is no source folder {root}", command_line("ls -ld", root))
    real_root = os.path.realpath(root)
    entries: list[Entry] = []
    size = 0
    for folder, folders, files in os.walk(root, onerror=_unreadable):
        for name in folders:
            _refuse_escape(os.path.join(folder, name), real_root)
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(files):
            full = os.path.join(folder, name)
            if name in _LEFT_OUT:  # the .git file of a worktree or submodule
                continue
            _refuse_escape(full, real_root)
            status = _regular(full)
            size += status.st_size
            if size > MAX_BYTES or len(entries) >= MAX_FILES:
                raise GoPluginsError(f"{root} holds more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB: not the source of one plugin")
            path = os.path.relpath(full, root).replace(os.sep, "/")
            entries.append(Entry(path, bool(status.st_mode & stat.S_IXUSR), _sha256(full)))
    return Tree(root, tuple(sorted(entries)))


def copy_tree(tree: Tree, destination: str) -> None:
    """Write the files of C(tree) into a new folder. Raises GoPluginsError where a file changed meanwhile."""
    for entry in tree.entries:
        source = os.path.join(tree.root, entry.path)
        target = os.path.join(destination, entry.path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        if sha256_file(target) != entry.sha256:
            raise GoPluginsError(f"{source} changed while it was being read", "run again when the source is at rest")
        os.chmod(target, 0o755 if entry.executable else 0o644)


def pack_tree(tree: Tree, archive: str) -> None:
    """Write the files of C(tree) as a tar archive that depends on nothing but them."""
    with tarfile.open(archive, "w") as tar:
        for entry in tree.entries:
            info = tarfile.TarInfo(entry.path)
            full = os.path.join(tree.root, entry.path)
            info.size = os.path.getsize(full)
            info.mode = 0o755 if entry.executable else 0o644
            with open(full, "rb") as file:
                tar.addfile(info, file)


def unpack_tree(archive: str, destination: str) -> None:
    """Unpack what C(pack_tree) wrote: regular files below C(destination), anything else is refused."""
    with tarfile.open(archive) as tar:
        for info in tar:
            target = os.path.normpath(os.path.join(destination, info.name))
            if not info.isfile() or not target.startswith(os.path.join(destination, "")):
                raise GoPluginsError(f"{archive}: refused entry {info.name!r}")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            reader = tar.extractfile(info)
            if reader is None:
                raise GoPluginsError(f"{archive}: refused entry {info.name!r}")
            with reader, open(target, "wb") as writer:
                shutil.copyfileobj(reader, writer)
            os.chmod(target, 0o755 if info.mode & stat.S_IXUSR else 0o644)


def _unreadable(error: OSError) -> None:
    raise GoPluginsError(f"cannot read {error.filename}: {error.strerror}") from error


def _refuse_escape(path: str, real_root: str) -> None:
    if os.path.islink(path):
        target = os.path.realpath(path)
        if os.path.isdir(target):
            raise GoPluginsError(f"{path} is a link to a folder; Go does not follow it and neither do we", command_line("ls -ld", path))
        if not target.startswith(os.path.join(real_root, "")):
            raise GoPluginsError(f"{path} is a link that leaves the source folder, to {target}", command_line("ls -ld", path))


def _regular(path: str) -> os.stat_result:
    try:
        status = os.stat(path)
    except OSError as error:
        raise GoPluginsError(f"cannot read {path}: {error.strerror}") from error
    if not stat.S_ISREG(status.st_mode):
        raise GoPluginsError(f"{path} is not a regular file", command_line("ls -ld", path))
    return status


def _sha256(path: str) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise GoPluginsError(f"cannot read {path}: {error.strerror}") from error
