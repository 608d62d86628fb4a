# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders of the controller that several runs may fill at the same time, such as those of artifacts and reports."""

from __future__ import annotations

import contextlib
import fcntl
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    place_atomically,
    remove_leftovers,
    temporary_folder,
    write_atomically,
)

_TEMPORARY = ".unfinished."


@contextlib.contextmanager
def filling(folder: str) -> t.Iterator[str]:
    """A private folder inside that one, made if need be, for files that are moved to their names when they are whole.

    Others may do the same meanwhile. Who finds nobody there removes what runs left that were killed.
    """
    os.makedirs(folder, exist_ok=True)
    # The folder itself is the lock, so that no other file is in it. Some network file systems have none for folders.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_leftovers(folder, _TEMPORARY)
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        with temporary_folder(folder, _TEMPORARY) as temporary:
            yield temporary
    finally:
        os.close(descriptor)


def write(folder: str, files: t.Mapping[str, bytes]) -> None:
    """Put files of these names and contents into a folder, each as a whole. Raises OSError."""
    if files:
        with filling(folder) as temporary:
            for name, data in files.items():
                copy = os.path.join(temporary, name)
                write_atomically(copy, data, lasting=False)
                place_atomically(copy, os.path.join(folder, name))
