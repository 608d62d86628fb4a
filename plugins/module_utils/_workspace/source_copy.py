# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's copy of a plugin's source that lives on the controller."""

from __future__ import annotations

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    refuse_foreign,
    remove_leftovers,
    temporary_folder,
    write_json,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import Tree, read_tree, unpack_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import place

# Shows that the folder is ours; the files stand beside it, in a folder of their own.
_RECORD = ".goplugins-source.json"
_FILES = "source"


def path_of(workspace: str) -> str:
    """Where the files of the copy stand: beside the workspace, which is replaced whole."""
    return os.path.join(_folder(workspace), _FILES)


def current(workspace: str, digest: str) -> Tree | None:
    """The copy, if it is the very source that the controller has."""
    path = path_of(workspace)
    try:
        tree = read_tree(path) if os.path.isdir(path) else None
    except GoPluginsError:  # somebody put there what is no source
        return None
    return tree if tree and tree.digest == digest else None


def update(workspace: str, archive: str, digest: str) -> Tree:
    """Replace the copy by what C(archive) holds. Raises GoPluginsError where that is not what the controller announced."""
    folder = _folder(workspace)
    parent, name = os.path.split(folder)
    refuse_foreign(folder, *_marks(folder))
    os.makedirs(parent, exist_ok=True)
    with locked(place.lock_path(workspace)):
        remove_leftovers(parent, f"{name}.")
        with temporary_folder(parent, f"{name}.") as temporary:
            finished = os.path.join(temporary, "copy")
            files = os.path.join(finished, _FILES)
            os.makedirs(files)
            os.chmod(finished, 0o755)
            unpack_tree(archive, files)
            tree = read_tree(files)
            if tree.digest != digest:
                raise GoPluginsError("the source that arrived is not the one on the controller: it changed meanwhile", "run the play again")
            write_json(os.path.join(finished, _RECORD), {"digest": digest})
            refuse_foreign(folder, *_marks(folder))
            place.replace_folder(finished, folder, temporary)
    return tree._replace(root=path_of(workspace))


def _marks(folder: str) -> tuple[str, str]:
    """What shows that a copy is ours: its record, or the lock that was beside it before there were records."""
    return os.path.join(folder, _RECORD), f"{folder}.lock"


def _folder(workspace: str) -> str:
    parent, name = os.path.split(place.real_place(workspace))
    return os.path.join(parent, f".{name}.source")
