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

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, quoted
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
            # No path holds a NUL, and the other parts have one length each: no two trees give the same bytes.
            digest.update(f"{entry.sha256} {'x' if entry.executable else '-'} {entry.path}\0".encode())
        return digest.hexdigest()

    def paths(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self.entries)


def read_tree(root: str) -> Tree:
    """Read a folder; a link to a file inside the folder counts as that file. Raises GoPluginsError.

    Everything is measured before anything is read: a folder that is too large costs no more than its list of files.
    """
    if not os.path.isdir(root):
        raise GoPluginsError(f"there is no source folder {root}", command_line("ls -ld", root))
    files = list(_listed(root))
    try:
        entries = [Entry(path, executable, sha256_file(os.path.join(root, path))) for path, executable in files]
    except OSError as error:
        raise _unreadable(error, root) from error
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
    """Write the files of C(tree) as a tar archive that depends on nothing but them. Raises GoPluginsError."""
    try:
        with tarfile.open(archive, "w") as tar:
            for entry in tree.entries:
                info = tarfile.TarInfo(entry.path)
                full = os.path.join(tree.root, entry.path)
                info.size = os.path.getsize(full)
                info.mode = 0o755 if entry.executable else 0o644
                with open(full, "rb") as file:
                    tar.addfile(info, file)
    except OSError as error:
        raise _unreadable(error, tree.root) from error


def unpack_tree(archive: str, destination: str) -> None:
    """Unpack what C(pack_tree) wrote: regular files below C(destination), anything else is refused. Raises GoPluginsError."""
    left = MAX_BYTES
    try:
        with tarfile.open(archive) as tar:
            for info in tar:
                target = os.path.normpath(os.path.join(destination, info.name))
                left -= info.size
                reader = tar.extractfile(info) if info.isfile() and target.startswith(os.path.join(destination, "")) else None
                if reader is None or left < 0:
                    raise GoPluginsError(f"{archive}: refused entry {info.name!r}", "run the play again")
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with reader, open(target, "wb") as writer:
                    shutil.copyfileobj(reader, writer)
                os.chmod(target, 0o755 if info.mode & stat.S_IXUSR else 0o644)
    except tarfile.TarError as error:
        raise GoPluginsError(f"{archive} is no whole archive of a source: {error}", "run the play again") from error


def _listed(root: str) -> t.Iterator[tuple[str, bool]]:
    """(path relative to the root, whether it is executable) of each file, links followed. Raises GoPluginsError for what is no source."""
    real_root = os.path.realpath(root)
    count = size = 0
    for folder, folders, files in os.walk(root, onerror=_raise_unreadable):
        for name in folders:
            _refuse_name(os.path.join(folder, name))
            _refuse_link(os.path.join(folder, name), real_root)
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        for name in sorted(files):
            if name in _LEFT_OUT:  # the .git file of a worktree or submodule
                continue
            full = os.path.join(folder, name)
            _refuse_name(full)
            _refuse_link(full, real_root)
            status = _regular(full)
            count, size = count + 1, size + status.st_size
            if size > MAX_BYTES or count > MAX_FILES:
                raise _too_large(root, full if status.st_size > MAX_BYTES else root)
            yield os.path.relpath(full, root).replace(os.sep, "/"), bool(status.st_mode & stat.S_IXUSR)


def _too_large(root: str, what: str) -> GoPluginsError:
    """what: the file or folder that is too much."""
    limit = f"{MAX_BYTES >> 20} MiB" if what != root else f"{MAX_FILES} files or {MAX_BYTES >> 20} MiB"
    largest = f"du -a --apparent-size {quoted(root)} | sort -n | tail"
    return GoPluginsError(f"{what} holds more than {limit}, and so {root} is not the source of one plugin", largest)


def _unreadable(error: OSError, root: str) -> GoPluginsError:
    path = os.fsdecode(error.filename or root)
    return GoPluginsError(f"cannot read {path}: {error.strerror or error}", command_line("ls -ld", path))


def _raise_unreadable(error: OSError) -> None:
    raise _unreadable(error, "") from error


def _refuse_name(path: str) -> None:
    """Go, archives and records hold names in UTF-8; one that is not could not even be shown."""
    try:
        path.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        raise GoPluginsError(f"the name of a file is not UTF-8: {shown}", "rename it, or take it out of the source") from None


def _refuse_link(path: str, real_root: str) -> None:
    if os.path.islink(path):
        target = os.path.realpath(path)
        look = command_line("ls -ld", path)
        if os.path.isdir(target):
            raise GoPluginsError(f"{path} is a link to a folder; Go does not follow it and neither do we", look)
        if not target.startswith(os.path.join(real_root, "")):
            raise GoPluginsError(f"{path} is a link that leaves the source folder, to {target}", look)
        if not _LEFT_OUT.isdisjoint(os.path.relpath(target, real_root).split(os.sep)):
            raise GoPluginsError(f"{path} is a link to {target}, which is version control and no source", look)


def _regular(path: str) -> os.stat_result:
    try:
        status = os.stat(path)
    except OSError as error:
        raise _unreadable(error, path) from error
    if not stat.S_ISREG(status.st_mode):
        raise GoPluginsError(f"{path} is not a regular file", command_line("ls -ld", path))
    return status
