# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of an installed toolchain: written when it is whole, compared ever after.

For each file it holds the SHA-256, and a stamp of what the file system says: size, change time, modification time, inode. While a file's
stamp is as it was, its bytes are: the change time cannot be set back. Where the stamp differs the bytes are read.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, sha256_file, write_json

FORMAT = 1


class Inventory(t.NamedTuple):
    """source: module, download or archive; checksum: what proved the archive; files: path -> [sha256, stamp]."""

    version: str
    platform: str
    source: str
    checksum: str
    files: dict[str, list[str]]


def inventory_path(root: str, version: str) -> str:
    """Beside the toolchain, which stays as it was shipped."""
    return os.path.join(root, f".{version}.json")


def read(root: str, version: str) -> Inventory | None:
    """The inventory of a version, or None where this collection installed none."""
    value = read_json(inventory_path(root, version))
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return None
    return Inventory(*(value[name] for name in Inventory._fields))


def write(root: str, inventory: Inventory) -> None:
    """Keep an inventory."""
    write_json(inventory_path(root, inventory.version), {"format": FORMAT, **inventory._asdict()})


def take(folder: str) -> dict[str, list[str]]:
    """The files of a toolchain as they are now."""
    return {path: [sha256_file(os.path.join(folder, path)), stamp] for path, stamp in _stamps(folder)}


def difference(folder: str, files: t.Mapping[str, t.Sequence[str]]) -> str:
    """What is wrong with the toolchain at C(folder), for the first file that is not as it was installed; empty if all are."""
    seen = 0
    for path, stamp in _stamps(folder):
        if path not in files:
            return f"{path} does not belong to it"
        seen += 1
        digest, installed = files[path]
        if stamp != installed and sha256_file(os.path.join(folder, path)) != digest:
            return f"{path} was changed"
    if seen < len(files):
        missing = sorted(path for path in files if not os.path.lexists(os.path.join(folder, path)))
        return f"{missing[0]} is missing" if missing else "it changed while it was looked at"
    return ""


def _stamps(folder: str) -> t.Iterator[tuple[str, str]]:
    """(path, stamp) of everything below a folder that is not a folder."""
    pending = [""]
    while pending:
        relative = pending.pop()
        with os.scandir(os.path.join(folder, relative)) as entries:
            for entry in entries:
                path = f"{relative}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    pending.append(f"{path}/")
                    continue
                status = entry.stat(follow_symlinks=False)
                yield path, f"{status.st_size} {status.st_mode:o} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"
