# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders in which nobody else can put things, and in which one run at a time works on a thing."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    remove_leftovers,
    sweep,
    temporary_folder,
    write_atomically,
)

# The place of a Go that its own installer puts there, and which every update of it removes.
_SYSTEM = "/usr/local/go"


def refuse(folder: str) -> None:
    """Raise GoPluginsError for a folder that is not for us, or in which others could put a toolchain of theirs."""
    real = os.path.realpath(folder)
    for path in (os.path.normpath(folder), real):
        if f"{path}/".startswith((f"{_SYSTEM}/", f"{os.path.realpath(_SYSTEM)}/")):
            raise GoPluginsError(
                f"{folder} lies in {_SYSTEM}, which this collection never touches", "another place, such as ~/tyk-plugins/go"
            )
    place = real
    while True:
        if os.path.lexists(place):
            mode = os.stat(place).st_mode
            # With the sticky bit, as /tmp has it, nobody renames or removes what is others'.
            if mode & 0o002 and (place == real or not mode & 0o1000):
                raise GoPluginsError(
                    f"{place} can be written to by everybody, who could put another toolchain there",
                    f"choose a place that only its owner can write to; see who can: {command_line('ls -ld', place)}",
                )
        if place == os.path.dirname(place):
            return
        place = os.path.dirname(place)


def make(path: str) -> None:
    """Make a folder and those above, with a mode that does not depend on who starts this."""
    if not os.path.isdir(path):
        make(os.path.dirname(path))
        try:
            os.mkdir(path)
            os.chmod(path, 0o755)
        except FileExistsError:
            if not os.path.isdir(path):
                raise GoPluginsError(f"{path} is not a folder", command_line("ls -ld", path)) from None


def swept(folder: str, name: str) -> None:
    """Remove what a run left that was killed when its work on C(name) was done."""
    sweep(folder, f".{name}-", _lock(folder, name))


def _lock(folder: str, name: str) -> str:
    return os.path.join(folder, f".{name}.lock")


@contextlib.contextmanager
def alone(folder: str, name: str) -> t.Iterator[str]:
    """A temporary folder below C(folder), while no other run works on C(name) there. What killed runs left goes away."""
    with locked(_lock(folder, name)):
        remove_leftovers(folder, f".{name}-")
        with temporary_folder(folder, f".{name}-") as temporary:
            yield temporary


def write_alone(folder: str, path: str, data: bytes, mode: int = 0o644) -> None:
    """Write a file below C(folder), while no other run writes one there. What killed runs left of the same file goes away."""
    make(os.path.dirname(path))
    with locked(os.path.join(folder, ".lock")):
        remove_leftovers(os.path.dirname(path), f".{os.path.basename(path)}.")
        write_atomically(path, data, mode)
