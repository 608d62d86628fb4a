# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Payloads of modules, kept from one run to the next.

Ansible packs each module into a zip archive with all module_utils that it imports, anew in each run: for a module of this collection it
reads and parses a hundred files. Before it does, it looks for that payload in the temporary folder of the run
(_find_module_utils in ansible/executor/module_common.py). There this puts what an earlier run packed from the very same sources. What is in
a payload is Ansible's affair: its files are only copied. Where nothing can be kept, Ansible packs as ever.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
import stat
import sys
import time

import ansible
from ansible import constants
from ansible.plugins.loader import module_utils_loader
from ansible.release import __version__ as ansible_version
from ansible_collections.goplugins.tyk.plugins.module_utils._files import remove_tree, write_atomically
from ansible_collections.goplugins.tyk.plugins.plugin_utils import specification

# The names of our modules as Ansible names a payload, which goes on with the kind of compression.
_OURS = "ansible_collections.goplugins.tyk.plugins.modules.*-ZIP_*"
# Of other sources: who works with two versions of Ansible in turn keeps both; seconds.
_KEEP = 7 * 24 * 3600


def bring():
    """Give this run the payloads that an earlier one has kept."""
    with contextlib.suppress(OSError):
        folder = _kept()
        if not _is_mine(folder):
            return
        # It is in use.
        os.utime(folder)
        run = _of_run()
        run.mkdir(mode=0o700, exist_ok=True)
        for payload in folder.glob(_OURS):
            os.symlink(payload, run / payload.name)


def keep():
    """Keep what this run has packed."""
    with contextlib.suppress(OSError):
        new = [path for path in _of_run().glob(_OURS) if not path.is_symlink() and not path.name.endswith((".lock", "-part"))]
        if not new:
            return
        folder = _kept()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_mine(folder):
            for path in new:
                write_atomically(str(folder / path.name), path.read_bytes(), mode=0o600)
        for other in folder.parent.iterdir():
            if other != folder and time.time() - other.stat().st_mtime > _KEEP:
                remove_tree(str(other))


def _of_run():
    return pathlib.Path(constants.DEFAULT_LOCAL_TMP, "ansiballz_cache")


def _kept():
    return pathlib.Path(constants.ANSIBLE_HOME, "goplugins.tyk", "payloads", _sources())


def _sources():
    """A digest of all that payloads are made of: this collection, Ansible, and what users put in the place of parts of it."""
    made_of = [specification.digest(), ansible_version, ansible.__file__, sys.version]
    for folder in module_utils_loader.print_paths().split(os.pathsep):
        for path in sorted(pathlib.Path(folder).rglob("*.py")):
            of_file = path.stat()
            made_of.append(f"{path} {of_file.st_size} {of_file.st_mtime_ns}")
    return hashlib.sha256("\0".join(made_of).encode()).hexdigest()


def _is_mine(folder):
    """Whether it is a folder into which nobody else writes: what is in it is run."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
