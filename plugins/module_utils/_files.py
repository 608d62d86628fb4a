# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all, temporary ones that no killed run leaves for good, and locks between runs."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import getpass
import hashlib
import json
import os
import shutil
import stat
import string
import sys
import tempfile
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line

_CHUNK = 1 << 20

# The largest JSON file of ours, the inventory of a toolchain, takes 3 MB.
_MAX_JSON = 64 << 20

# Between the prefix of a temporary name and the eight letters that tempfile adds. So no other name is ever taken for a temporary one: what
# begins with ".a.so." may belong to ".a.so.json", but what goes on with this and eight letters, and then ends, does not.
_MARK = "goplugins-"
_LETTERS = frozenset(string.ascii_lowercase + string.digits + "_")

# A wait for a lock that is shorter is nobody's concern.
_NOTED_SECONDS = 5.0
_waits: list[str] = []

# So many files a build may well write; most file systems have millions left, and some count none.
_WANTED_FILES = 10_000


def sha256_file(path: str) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if not chunk:
                return digest.hexdigest()
            digest.update(chunk)


def write_atomically(path: str, data: bytes, mode: int = 0o644, owner: tuple[int, int] | None = None, lasting: bool = True) -> None:
    """Put C(data) at C(path): a reader sees the old file or the new one, never a part.

    owner: user and group to give it to, by default those of this process. lasting: whether it must survive a power cut. What a killed run
    leaves is removed by C(remove_leftovers(folder, ".NAME.")).
    """
    folder = os.path.dirname(path) or "."
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.{_MARK}")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if owner is not None and owner != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), *owner)
            os.fchmod(file.fileno(), mode)
        if lasting:
            place_atomically(temporary, path)
        else:
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def place_atomically(temporary: str, path: str) -> None:
    """Move a finished file or folder to its name on the same file system, and make both survive a power cut."""
    if os.path.isfile(temporary):
        _fsync(temporary)
    os.replace(temporary, path)
    _fsync(os.path.dirname(path) or ".")


def write_json(path: str, value: t.Any) -> None:
    """Write C(value) as sorted, indented JSON, atomically."""
    write_atomically(path, (json.dumps(value, indent=2, sort_keys=True) + "\n").encode())


def read_json(path: str) -> t.Any:
    """The value of a JSON file that we wrote ourselves, or None where there is none that is whole; what it holds, the caller checks.

    Somebody may have put anything there: what is no file, is larger than any of ours, or nested deeper than Python reads, is none of ours.
    """
    try:
        # A pipe would be waited for.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            data = file.read(_MAX_JSON + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
        return json.loads(data) if len(data) <= _MAX_JSON else None
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return None


@contextlib.contextmanager
def temporary_folder(parent: str, prefix: str) -> t.Iterator[str]:
    """A private folder (mode 0700) inside C(parent), removed at the end whatever happened; it may have been renamed.

    C(remove_leftovers) with the same prefix removes it if this run is killed.
    """
    folder = tempfile.mkdtemp(dir=parent, prefix=f"{prefix}{_MARK}")
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_leftovers(parent: str, prefix: str) -> None:
    """Remove the temporary folders and files of runs that were killed. Only for those who hold the lock that such a run held."""
    for path in leftovers(parent, prefix):
        _remove(path)


def refuse_foreign(path: str, *marks: str) -> None:
    """Raise GoPluginsError for something at C(path) that has none of the C(marks) of this collection, whether they can be read or not.

    marks: the record, and what else only this collection leaves there. A folder in which there is nothing may be replaced; a link may not,
    as what it leads to is something else's.
    """
    if not os.path.lexists(path):
        return
    if not os.path.islink(path) and (any(map(os.path.lexists, marks)) or (os.path.isdir(path) and not os.listdir(path))):
        return
    raise GoPluginsError(
        f"{path} was not put there by this collection, and is left alone",
        f"move it away, or choose another folder; see what is there: {command_line('ls -la', path)}",
    )


def sweep(folder: str, prefix: str, lock: str) -> None:
    """Remove what a run left in a folder that was killed when its work was done: the next one finds nothing to do, and holds no lock.

    What another run works with at this moment is waited for. Where the folder is read-only or another user's, it stays.
    """
    if leftovers(folder, prefix):
        with contextlib.suppress(OSError), locked(lock):
            remove_leftovers(folder, prefix)


@contextlib.contextmanager
def scratch_folder(prefix: str, parent: str = "") -> t.Iterator[str]:
    """A private folder (mode 0700) in a place that others use too, removed at the end whatever happened.

    parent: that place; without one the system's folder for temporary files (TMPDIR). No lock beside it says whether a run still works; so
    each holds a lock on the folder itself, and its commands do if it is killed. What is there of this user with the same prefix and
    without that lock was left behind, and is removed.
    """
    parent = parent or tempfile.gettempdir()
    for path in leftovers(parent, prefix):
        descriptor = _claim(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if descriptor is not None:
            remove_tree(path)
            os.close(descriptor)
    while True:
        folder = tempfile.mkdtemp(dir=parent, prefix=f"{prefix}{_MARK}")
        descriptor = _claim(folder, fcntl.LOCK_EX)
        # Between the two another run may have taken it for one that was left behind.
        if os.path.isdir(folder):
            break
        if descriptor is not None:
            os.close(descriptor)
    with contextlib.ExitStack() as stack:
        if descriptor is not None:
            stack.callback(os.close, descriptor)
            stack.enter_context(_command.held(descriptor))
        stack.callback(remove_tree, folder)
        yield folder


def _claim(folder: str, how: int) -> int | None:
    """A descriptor that holds the lock on a folder of this user's; None where there is none to be had, as on some network disks."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            fcntl.flock(descriptor, how)
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def leftovers(parent: str, prefix: str) -> list[str]:
    """What is in a folder under a temporary name with this prefix: of killed runs, or of one that works there at this moment."""
    start, length = f"{prefix}{_MARK}", len(f"{prefix}{_MARK}") + 8
    names = os.listdir(parent) if os.path.isdir(parent) else []
    return [os.path.join(parent, name) for name in names if name.startswith(start) and len(name) == length and set(name[-8:]) <= _LETTERS]


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def remove_tree(path: str) -> None:
    """Remove a folder, read-only parts of it (as in Go's module cache) included. A missing one is fine."""
    for root, folders, _files in os.walk(path):
        os.chmod(root, 0o700)
        for name in folders:
            full = os.path.join(root, name)
            if not os.path.islink(full):
                os.chmod(full, 0o700)
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(path)


@contextlib.contextmanager
def locked(path: str) -> t.Iterator[None]:
    """Hold the lock file C(path); another run that holds it is waited for, as long as C(_command.limit()) says.

    The lock lasts as long as this run and the commands that it started, also if it is killed. The file says which run holds it: process,
    host, user, time and program. It stays behind: removing it would let two later runs lock two different files of one name.
    Raises GoPluginsError where something else is in its place, and where another run does not release it in time.
    """
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    descriptor = _open_lock(path)
    try:
        _wait(descriptor, path)
        _sign(descriptor, _this_run())
        try:
            with _command.held(descriptor):
                yield
        finally:
            _sign(descriptor, b"")
            # Closing is not enough while the watcher of the commands has it open too.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def waits() -> list[str]:
    """The waits for locks of this run that took long, a line each: for what, how long, and who held it. Each is returned once."""
    told, _waits[:] = list(_waits), []
    return told


def _open_lock(path: str) -> int:
    """Open the lock file, and nothing else: a link is not followed, and a pipe not waited for."""
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        try:
            # Who may write to the folder may lock; but never everybody.
            descriptor = os.open(path, flags | os.O_RDWR | os.O_CREAT, 0o664)
        except PermissionError:
            if not os.path.lexists(path):
                raise
            # Another user's: whoever may read it can lock it, if not sign it.
            descriptor = os.open(path, flags | os.O_RDONLY)
    except OSError as error:
        if os.path.islink(path) or error.errno in (errno.EISDIR, errno.ENXIO):
            raise _no_lock(path) from error
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(descriptor)
        raise _no_lock(path)
    return descriptor


def _no_lock(path: str) -> GoPluginsError:
    status = os.lstat(path)
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFREG: "a file with several names"}
    kind = kinds.get(stat.S_IFMT(status.st_mode), "no file")
    return GoPluginsError(f"{path} is {kind}, where this collection keeps a lock file", command_line("ls -ld", path))


def _wait(descriptor: int, path: str) -> None:
    """Wait for the lock. Raises GoPluginsError when that takes too long."""
    started, pause, owner = time.monotonic(), 0.01, ""
    most = _command.limit()
    while True:
        waited = time.monotonic() - started
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except (BlockingIOError, PermissionError):
            owner = _owner(descriptor) or owner
        if waited >= most:
            who = owner or "a run that does not say who it is"
            raise GoPluginsError(
                f"{path} is locked by {who}; waited {waited:.0f} seconds for it",
                f"see what that run does, and end it if it hangs: {command_line('fuser -v', path)}\n{_command.more_time(most)}",
            )
        time.sleep(min(pause, most - waited))
        pause = min(2 * pause, 0.25)
    if waited >= _NOTED_SECONDS:
        _waits.append(f"waited {waited:.0f} seconds for {path}, which was locked by {owner or 'another run'}")


def _this_run() -> bytes:
    """Who holds a lock."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.geteuid())
    run = {
        "pid": os.getpid(),
        "host": os.uname().nodename,
        "user": user,
        "since": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "program": os.path.basename(sys.argv[0] or "python"),
    }
    return (json.dumps(run) + "\n").encode()


def _sign(descriptor: int, words: bytes) -> None:
    # A full disk, or a file of another user: the lock holds without it.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, words, 0)


def _owner(descriptor: int) -> str:
    """The run that holds the lock, for people; empty where the file does not say."""
    try:
        run = json.loads(os.pread(descriptor, 4096, 0))
        words = f"{run['program']} (process {int(run['pid'])} on {run['host']}, user {run['user']}, since {run['since']})"
    except (OSError, ValueError, TypeError, KeyError):
        return ""
    return "".join(letter if letter.isprintable() else "?" for letter in words)


def require_free_space(folders: str | t.Iterable[str], wanted: int, purpose: str, files: int = _WANTED_FILES) -> None:
    """Raise GoPluginsError where a file system has fewer than C(wanted) bytes, or than C(files) files, left for this user.

    folders: one, or all to which is written, such as that of the result, GOCACHE, GOMODCACHE and TMPDIR; one that does not exist yet is
    made in the nearest that does. Empty names are left out. purpose: what needs the space, for the message.
    """
    for folder in [folders] if isinstance(folders, str) else folders:
        if folder:
            _require_free_space(folder, wanted, purpose, files)


def _require_free_space(folder: str, wanted: int, purpose: str, files: int) -> None:
    place = os.path.abspath(folder)
    while not os.path.isdir(place):
        place = os.path.dirname(place)
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize
    if free < wanted:
        raise GoPluginsError(
            f"not enough disk for {purpose}: {place} has {free // 1_000_000} MB free, {wanted // 1_000_000} MB are needed",
            command_line("df -h", place),
        )
    # A file system that makes them as they are needed counts none.
    if status.f_files and status.f_favail < files:
        raise GoPluginsError(
            f"not enough disk for {purpose}: {place} has room for {status.f_favail} more files (inodes), {files} are needed",
            command_line("df -i", place),
        )


def _fsync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
