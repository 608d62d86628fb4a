# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of an installed toolchain: written when it is whole, compared ever after.

It lies inside of the toolchain's folder, so that the two appear, move and vanish together; a folder that has one was put there by this
collection. For each file it holds the mode, the SHA-256, and a stamp of what the file system says: size, modification time, change time,
inode. While the stamp is as it was, so are the bytes: no ordinary user can set the change time. Where it differs, the bytes are read.
"""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, sha256_file, write_json

NAME = ".goplugins-toolchain.json"
_FORMAT = 1

# So many files are named that are not as they were; one changed file is to be seen, a lost folder not in all its parts.
_NAMED = 8


class Record(t.NamedTuple):
    """What the inventory says of one path. mode: as st_mode, in octal; digest: SHA-256, empty for a folder; stamp: empty for a folder."""

    mode: str
    digest: str
    stamp: str


_UNKNOWN = Record("", "", "")


class Inventory(t.NamedTuple):
    """source: module, download or archive; checksum: what proved the archive; files: path -> Record, folders with a "/" at the end."""

    version: str
    platform: str
    source: str
    checksum: str
    files: dict[str, Record]


class Comparison(t.NamedTuple):
    """differences: one line each, empty if the toolchain is as it was installed; files: what an inventory of today would say."""

    differences: tuple[str, ...]
    files: dict[str, Record]


def is_ours(root: str, version: str) -> bool:
    """Whether this collection put that folder there."""
    folder = os.path.join(root, version)
    return not os.path.islink(folder) and os.path.lexists(os.path.join(folder, NAME))


def read(root: str, version: str) -> Inventory | None:
    """The inventory of a version, or None where there is none that is whole."""
    value = read_json(os.path.join(root, version, NAME))
    try:
        if value["format"] != _FORMAT:
            return None
        files = {path: Record(*line.split(" ", 2)) for path, line in value["files"].items()}
        return Inventory(value["version"], value["platform"], value["source"], value["checksum"], files)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def write(root: str, inventory: Inventory) -> None:
    """Keep an inventory, in the folder of its version."""
    files = {path: " ".join(record) for path, record in inventory.files.items()}
    write_json(os.path.join(root, inventory.version, NAME), {"format": _FORMAT, **inventory._asdict(), "files": files})


def take(folder: str) -> dict[str, Record]:
    """The files of a toolchain as they are now."""
    return {path: Record(mode, sha256_file(os.path.join(folder, path)) if stamp else "", stamp) for path, mode, stamp in _walk(folder)}


def compare(folder: str, installed: t.Mapping[str, Record]) -> Comparison:
    """Look at the toolchain as it is now. Only files whose stamp is not the installed one are read."""
    differences: list[str] = []
    files: dict[str, Record] = {}
    for path, mode, stamp in _walk(folder):
        record = files[path] = installed.get(path, _UNKNOWN)
        if mode == record.mode and stamp == record.stamp:
            continue
        files[path] = record._replace(mode=mode, stamp=stamp)
        if record is _UNKNOWN:
            differences.append(f"{path} does not belong to it")
        elif mode != record.mode:
            differences.append(f"{path} has another type or mode")
        elif sha256_file(os.path.join(folder, path)) != record.digest:
            differences.append(f"{path} was changed")
    differences += [f"{path} is missing" for path in installed if path not in files]
    differences.sort()
    rest = len(differences) - _NAMED
    return Comparison((*differences[:_NAMED], *([f"and {rest} more"] if rest > 0 else [])), files)


def _walk(folder: str) -> t.Iterator[tuple[str, str, str]]:
    """(path, mode, stamp) of a folder and everything below it but the inventory. Nothing is opened, no link is followed."""
    yield "./", f"{os.lstat(folder).st_mode:o}", ""
    pending = [""]
    while pending:
        relative = pending.pop()
        with os.scandir(os.path.join(folder, relative)) as entries:
            for entry in entries:
                path = f"{relative}{entry.name}"
                status = entry.stat(follow_symlinks=False)
                mode = f"{status.st_mode:o}"
                if stat.S_ISDIR(status.st_mode):
                    pending.append(f"{path}/")
                    yield f"{path}/", mode, ""
                elif path != NAME:
                    yield path, mode, f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
