# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a report on the controller. They have the time since when it is so, and stay as they are where it still is."""

from __future__ import annotations

import os
import re
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.plugin_utils import shared_folder
from ansible_collections.goplugins.tyk.plugins.plugin_utils.documents import MARK, as_html, as_junit, as_markdown
from ansible_collections.goplugins.tyk.plugins.plugin_utils.overview import Overview

_FORMATS: dict[str, t.Callable[[Overview, str], str]] = {".html": as_html, ".xml": as_junit, ".md": as_markdown}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")
_TIME = re.compile(rb'<meta name="date" content="(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)">')
_LARGEST = 64 << 20
_HEAD = 1024


def write(folder: str, name: str, overview: Overview, now: str, check_mode: bool = False) -> list[str]:
    """Write what is not so already, each file whole, and return the paths. now: the time in UTC, as C(2026-01-31T12:00:00Z).

    check_mode: whether nothing is written. Raises GoPluginsError for another's file or a bad name, OSError for what the system refuses.
    """
    if not _NAME.fullmatch(name):
        raise GoPluginsError(f"{name!r} is no name for the files of a report", "name them with letters, digits, _ and -")
    paths = {ending: os.path.join(folder, f"{name}{ending}") for ending in _FORMATS}
    there = {ending: _read(path) for ending, path in paths.items()}
    time = _time_in(there[".html"])
    if time and not _differing(there, overview, time):
        return []
    differing = _differing(there, overview, now)
    if not check_mode:
        shared_folder.write(folder, {f"{name}{ending}": data for ending, data in differing.items()})
    return [paths[ending] for ending in differing]


def problem(folder: str) -> str:
    """Why a report could not be written to a folder, with what to do; empty if nothing is known to stand in its way."""
    path = os.path.abspath(os.path.expanduser(folder))
    nearest = path
    while not os.path.lexists(nearest) and nearest != os.path.dirname(nearest):
        nearest = os.path.dirname(nearest)
    cause = "" if os.access(nearest, os.W_OK | os.X_OK) else f"you may not write to {nearest}"
    cause = cause if os.path.isdir(nearest) else f"{nearest} is not a folder"
    look = command_line("ls -ld", nearest)
    return f"tyk_report_folder is {path}, and {cause}. Name another folder, or see what is there: {look}" if cause else ""


def _differing(there: t.Mapping[str, bytes | None], overview: Overview, time: str) -> dict[str, bytes]:
    made = {ending: make(overview, time).encode() for ending, make in _FORMATS.items()}
    return {ending: data for ending, data in made.items() if data != there[ending]}


def _time_in(page: bytes | None) -> str:
    found = _TIME.search(page[: _HEAD * 2]) if page else None
    return found.group(1).decode() if found else ""


def _read(path: str) -> bytes | None:
    """The bytes of an earlier report, None where there is nothing. Raises GoPluginsError for anything else."""
    try:
        # A pipe would be waited for, and a link leads to what is something else's.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
            data = file.read(_LARGEST) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except FileNotFoundError:
        return None
    except OSError:
        if not os.path.islink(path) and not os.path.isdir(path):
            raise
        data = b""
    if MARK.encode() not in data[:_HEAD]:
        raise GoPluginsError(
            f"{path} is no report of this collection, and is left alone",
            f"move it away, or name another folder; see what is there: {command_line('ls -la', path)}",
        )
    return data
