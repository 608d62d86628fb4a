# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new folder with given files, whole or not at all. Nothing that is there is ever overwritten."""

from __future__ import annotations

import contextlib
import errno
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import leftovers, place_atomically, scratch_folder, write_atomically

# What os.replace says of a folder that is there and has something in it (rename(2)).
_THERE = (errno.ENOTEMPTY, errno.EEXIST)


def other_files(folder: str, files: t.Mapping[str, str], mark: str) -> list[str] | None:
    """Those of C(files), from path to text, that a folder has otherwise or lacks; None where there is no folder, or an empty one.

    mark: the file by which a folder shows that it is one of these. Raises GoPluginsError for anything else that is there.
    """
    if not os.path.lexists(folder) or (os.path.isdir(folder) and not os.listdir(folder)):
        return None
    if not os.path.isdir(folder):
        raise GoPluginsError(
            f"{folder} is not a folder: nothing is written there", f"choose another; see what is there: {command_line('ls -ld', folder)}"
        )
    if not os.path.isfile(os.path.join(folder, mark)):
        raise GoPluginsError(
            f"{folder} is not empty, and has no {mark}: nothing is written there",
            f"choose another folder; see what is there: {command_line('ls -la', folder)}",
        )
    return [path for path, text in files.items() if not _has(os.path.join(folder, path), text.encode())]


def create(folder: str, files: t.Mapping[str, str], mark: str) -> bool:
    """Create the folder with these files, in a folder beside it that is renamed; whether no other run has done so meanwhile.

    Raises GoPluginsError, OSError.
    """
    parent, name = os.path.split(folder)
    os.makedirs(parent, exist_ok=True)
    with scratch_folder(f".{name}.", parent) as temporary:
        whole = os.path.join(temporary, name)
        for path, text in files.items():
            place = os.path.join(whole, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            write_atomically(place, text.encode())
        try:
            place_atomically(whole, folder)
        except OSError as error:
            if error.errno not in _THERE:
                raise
            other_files(folder, files, mark)
            return False
    return True


def swept(folder: str) -> None:
    """Remove what a run left beside the folder that was killed when it stood there already. A parent that is read-only stays as it is."""
    parent, name = os.path.split(folder)
    if leftovers(parent, f".{name}."):
        with contextlib.suppress(OSError), scratch_folder(f".{name}.", parent):
            pass


def _has(path: str, data: bytes) -> bool:
    """Whether a file has these very bytes."""
    try:
        with open(path, "rb") as file:
            return file.read(len(data) + 1) == data
    except OSError:
        return False
