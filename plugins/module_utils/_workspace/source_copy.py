# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's copy of a plugin's source that lives on the controller."""

from __future__ import annotations

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked, place_atomically, remove_tree, temporary_folder
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import Tree, read_tree, unpack_tree


def path_of(workspace: str) -> str:
    """Where the copy stands: beside the workspace, which is replaced whole."""
    parent, name = os.path.split(os.path.abspath(workspace))
    return os.path.join(parent, f".{name}.source")


def current(workspace: str, digest: str) -> Tree | None:
    """The copy, if it is the very source that the controller has."""
    path = path_of(workspace)
    tree = read_tree(path) if os.path.isdir(path) else None
    return tree if tree and tree.digest == digest else None


def update(workspace: str, archive: str, digest: str) -> Tree:
    """Replace the copy by what C(archive) holds. Raises GoPluginsError where that is not what the controller announced."""
    path = path_of(workspace)
    parent, name = os.path.split(path)
    os.makedirs(parent, exist_ok=True)
    with locked(f"{path}.lock"), temporary_folder(parent, f"{name}.") as temporary:
        unpack_tree(archive, temporary)
        tree = read_tree(temporary)
        if tree.digest != digest:
            raise GoPluginsError("the source that arrived is not the one on the controller: it changed meanwhile", "run the play again")
        remove_tree(path)
        place_atomically(temporary, path)
    return tree._replace(root=path)
