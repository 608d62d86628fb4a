# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that are written whole or not at all, and locks between runs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

_CHUNK = 1 << 20


def sha256_file(path: str) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            if not chunk:
                return digest.hexdigest()
            digest.update(chunk)


def write_atomically(path: str, data: bytes, mode: int = 0o644) -> None:
    """Put C(data) at C(path): a reader sees the old file or the new one, never a part."""
    folder = os.path.dirname(path) or "."
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=f".{os.path.basename(path)}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), mode)
        place_atomically(temporary, path)
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
    """The value of a JSON file that we wrote ourselves, or None where it is missing or not whole."""
    try:
        with open(path, "rb") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


@contextlib.contextmanager
def temporary_folder(parent: str, prefix: str) -> t.Iterator[str]:
    """A private folder (mode 0700) inside C(parent), removed at the end whatever happened; it may have been renamed."""
    folder = tempfile.mkdtemp(dir=parent, prefix=prefix)
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_leftovers(parent: str, prefix: str) -> None:
    """Remove the temporary folders of runs that were killed. Only for those who hold the lock that such a run held."""
    for name in os.listdir(parent):
        if name.startswith(prefix) and os.path.isdir(os.path.join(parent, name)):
            remove_tree(os.path.join(parent, name))


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
    """Hold the lock file C(path); another run that holds it is waited for.

    The file stays behind: removing it would let two later runs lock two different files of one name.
    """
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "a", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def require_free_space(folder: str, wanted: int, purpose: str) -> None:
    """Raise GoPluginsError when the file system of C(folder) (or its nearest existing parent) has fewer than C(wanted) bytes."""
    place = os.path.abspath(folder)
    while not os.path.isdir(place):
        place = os.path.dirname(place)
    free = shutil.disk_usage(place).free
    if free < wanted:
        raise GoPluginsError(
            f"not enough disk for {purpose}: {place} has {free // 1_000_000} MB free, {wanted // 1_000_000} MB are needed",
            f"df -h {place}",
        )


def _fsync(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
