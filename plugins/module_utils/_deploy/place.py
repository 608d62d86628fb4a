# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts an artifact into the gateway's folder, whole or not at all."""

from __future__ import annotations

import os
import shutil

from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.look import Wanted, check_source
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    place_atomically,
    remove_leftovers,
    require_free_space,
    temporary_folder,
)


def place(one: Wanted) -> None:
    """Place the artifact of a plugin. Only with the lock. Raises GoPluginsError, OSError."""
    folder, name = os.path.split(one.file)
    prefix = f".{name}."
    remove_leftovers(folder, prefix)
    require_free_space(folder, 2 * one.candidate.size, f"placing {name}", files=10)
    with temporary_folder(folder, prefix) as temporary:
        copy = os.path.join(temporary, name)
        shutil.copyfile(one.source, copy)
        os.chmod(copy, 0o644)
        check_source(one._replace(source=copy))
        place_atomically(copy, one.file)
