# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway's checkout: its go.mod, its commit, and whether it still is that commit."""

from __future__ import annotations

import hashlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._git import git
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree


class Checkout(t.NamedTuple):
    """What a gateway's checkout says of itself.

    commit_time: UTC, yyyymmddhhmmss. tags: all that point at the commit. modified: empty when clean, else a digest of what was changed.
    """

    folder: str
    mod: gomod.GoMod
    commit: str
    commit_time: str
    tags: tuple[str, ...]
    modified: str


def read_checkout(folder: str) -> Checkout:
    """Read go.mod and the git state of a gateway's checkout. Raises GoPluginsError."""
    path = os.path.join(folder, "go.mod")
    if not os.path.isfile(path):
        raise GoPluginsError(f"there is no gateway checkout at {folder}: it has no go.mod", "check it out with goplugins.tyk.git_checkout")
    found = git.read_checkout(folder)
    if found is None:
        raise GoPluginsError(f"{folder} is no git checkout", "check it out with goplugins.tyk.git_checkout")
    return Checkout(folder, gomod.read(path), found.commit, git.utc(found.time, "%Y%m%d%H%M%S"), tuple(found.tags), modifications(folder))


def modifications(folder: str) -> str:
    """Empty for a clean checkout, else a digest of the names and the content of all files that differ from its commit."""
    names = git.modifications(folder)
    if not names:
        return ""
    digest = hashlib.sha256()
    for name in sorted(names):
        digest.update(f"{name}\0{_content(os.path.join(folder, name))}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _content(path: str) -> str:
    if os.path.islink(path) or not os.path.exists(path):
        return os.readlink(path) if os.path.islink(path) else "-"
    return read_tree(path).digest if os.path.isdir(path) else sha256_file(path)
