# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where workspaces, copies of sources and artifacts stand: without links, each with its lock, and nobody else's.

Nothing is ever replaced or removed but what this collection put there, by the record that it left.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import place_atomically


def real_place(path: str) -> str:
    """Where C(path) stands, without the links that lead there; its own name stays as it is, so that a link is seen as one.

    Go finds out where it runs, and compares that with the paths that it is given.
    """
    parent, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(parent), name)


def lock_path(path: str) -> str:
    """The lock of a workspace and of the copy of its source: beside it, as both are replaced whole."""
    parent, name = os.path.split(real_place(path))
    return os.path.join(parent, f".{name}.lock")


def refuse_overlap(path: str, source: str, others: t.Mapping[str, str]) -> None:
    """Raise GoPluginsError where the workspace at C(path), which is replaced whole, lies in its source, or has in it what must stay.

    others: further folders that must stay, from what they are to where they are.
    """
    place = os.path.realpath(path)
    if _lies_in(place, source):
        raise GoPluginsError(f"the workspace {path} lies inside the source {source}", "choose a path outside of it")
    for what, folder in {"source": source, **others}.items():
        if _lies_in(folder, place):
            raise GoPluginsError(f"the {what} {folder} lies inside the workspace {path}, which is replaced whole", "choose another path")


def replace_folder(finished: str, path: str, temporary: str) -> None:
    """Put a finished folder in the place of what is ours at C(path); C(temporary), where the old one goes, is removed by the caller."""
    if os.path.lexists(path):
        os.rename(path, os.path.join(temporary, "replaced"))
    place_atomically(finished, path)


def _lies_in(path: str, folder: str) -> bool:
    return f"{os.path.realpath(path)}/".startswith(os.path.join(os.path.realpath(folder), ""))
