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

# Go passes over names that begin so, and over testdata, with everything below (go help packages). What is a file there is kept all the
# same, as a file may embed it by its name.
_PASSED_OVER = (".", "_")
# The files that Go reads by themselves (go/build); of others it reads what a file names.
_READ = frozenset(
    [
        *(".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".syso"),
        *(".swig", ".swigcxx", ".mod", ".sum", ".work", "modules.txt"),
    ]
)

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


def read_tree(root: str, deep: bool = True, within: str = "") -> Tree:
    """Read a folder; a link to a file inside the folder counts as that file. Raises GoPluginsError.

    Links that Go ignores are left out: to folders, to nothing, or below a name that it passes over. One that Go would follow out of the
    folder is refused. deep: with the folders below it. within: a folder around it that links may lead to.

    Everything is measured before anything is read: a folder that is too large costs no more than its list of files.
    """
    if not os.path.isdir(root):
        raise GoPluginsError(f"there is no source folder {root}", command_line("ls -ld", root))
    files = list(_listed(root, deep, os.path.realpath(within or root)))
    try:
        entries = [Entry(path, executable, sha256_file(os.path.join(root, path))) for path, executable in files]
    except OSError as error:
        raise _unreadable(error, root) from error
    return Tree(root, tuple(sorted(entries)))


def read_files(root: str, names: t.Iterable[str]) -> Tree:
    """Some files of a folder, as far as they are there. Raises GoPluginsError."""
    there = [name for name in names if os.path.isfile(os.path.join(root, name))]
    return Tree(root, tuple(sorted(Entry(name, False, sha256_file(os.path.join(root, name))) for name in there)))


def joined(root: str, trees: t.Iterable[Tree]) -> Tree:
    """Trees below C(root) as one."""
    entries: dict[str, Entry] = {}
    for tree in trees:
        below = os.path.relpath(tree.root, root).replace(os.sep, "/")
        for entry in tree.entries:
            path = entry.path if below == "." else f"{below}/{entry.path}"
            entries.setdefault(path, entry._replace(path=path))
    return Tree(root, tuple(sorted(entries.values())))


def copy_tree(tree: Tree, destination: str) -> None:
    """Write the files of C(tree) into a new folder. Raises GoPluginsError where a file changed meanwhile."""
    for entry in tree.entries:
        source = os.path.join(tree.root, entry.path)
        target = os.path.join(destination, entry.path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        if sha256_file(target) != entry.sha256:
            raise changed_meanwhile(source)
        os.chmod(target, 0o755 if entry.executable else 0o644)


def changed_meanwhile(path: str) -> GoPluginsError:
    """The error for a file that is another than when its tree was read."""
    return GoPluginsError(f"{path} changed while it was being read", "run again when the source is at rest")


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


def _listed(root: str, deep: bool, real_root: str) -> t.Iterator[tuple[str, bool]]:
    """(path relative to the root, whether it is executable) of each file, links followed. Raises GoPluginsError for what is no source.

    real_root: the folder that no link may leave.
    """
    count = size = 0

    def unreadable(error: OSError) -> None:
        if not _is_passed_over(os.path.relpath(os.fsdecode(error.filename or root), root)):
            raise _unreadable(error, root) from error

    for folder, folders, files in os.walk(root, onerror=unreadable):
        below = os.path.relpath(folder, root)
        for name in folders:
            if not (name in _LEFT_OUT or os.path.islink(os.path.join(folder, name))):
                _refuse_name(os.path.join(folder, name))
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT and not os.path.islink(os.path.join(folder, name)))
        if not deep:
            folders.clear()
        for name in sorted(files):
            full = os.path.join(folder, name)
            # Also the .git file of a worktree or submodule.
            if name in _LEFT_OUT or _is_ignored(os.path.normpath(os.path.join(below, name)), full):
                continue
            _refuse_name(full)
            _refuse_link(full, real_root)
            status = _regular(full)
            count, size = count + 1, size + status.st_size
            if size > MAX_BYTES or count > MAX_FILES:
                raise _too_large(root, full if status.st_size > MAX_BYTES else root)
            yield os.path.relpath(full, root).replace(os.sep, "/"), bool(status.st_mode & stat.S_IXUSR)


def _is_passed_over(path: str) -> bool:
    """Whether Go passes over a file or folder, by its path in the source."""
    return any(part.startswith(_PASSED_OVER) or part == "testdata" for part in path.split(os.sep) if part != ".")


def _is_ignored(path: str, full: str) -> bool:
    """Whether Go does without it: a link below a name that it passes over, and what is no file and no source either.

    The lock of an editor, a socket, a link into a virtual environment and the like.
    """
    if _is_passed_over(path):
        return os.path.islink(full) or not os.path.isfile(full) or not os.access(full, os.R_OK)
    name = os.path.basename(path)
    is_read = name in _READ or os.path.splitext(name)[1] in _READ
    return not is_read and not os.path.isfile(full)


def _too_large(root: str, what: str) -> GoPluginsError:
    """what: the file or folder that is too much."""
    limit = f"{MAX_BYTES >> 20} MiB" if what != root else f"{MAX_FILES} files or {MAX_BYTES >> 20} MiB"
    largest = f"du -a --apparent-size {quoted(root)} | sort -n | tail"
    return GoPluginsError(f"{what} holds more than {limit}, and so {root} is not the source of one plugin", largest)


def _unreadable(error: OSError, root: str) -> GoPluginsError:
    path = os.fsdecode(error.filename or root)
    return GoPluginsError(f"cannot read {path}: {error.strerror or error}", command_line("ls -ld", path))


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
