# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cache, which Go believes: what somebody changed in it, it compiles in without a word.

go.sum vouches for a module when it is unpacked into the module cache, and never again. So after a build the folder of each module that
was compiled in is compared with the sum that Go wrote into the file. Nothing is looked at while nothing is built. What was compared is
remembered in the module cache, with what the file system says of each file: a module is read again only where that is not as it was.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import re
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, remove_leftovers, sha256_file, write_json
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Module

# In the module cache, where Go keeps its own lock.
_MEMORY = os.path.join("cache", "goplugins-verified.json")


def verify(modules: t.Iterable[Module], cache: str) -> None:
    """Raise GoPluginsError for those modules that are not in the module cache C(cache), a folder, as their sums say.

    modules: as the build info of what was built names them. One without a sum is a folder of the user's own.
    """
    wanted = [module.replace or module for module in modules]
    folders = {module: os.path.join(cache, escaped(_name(module))) for module in wanted if module.sum}
    there = {module: folder for module, folder in folders.items() if os.path.isdir(folder)}
    memory = os.path.join(cache, _MEMORY)
    known = read_json(memory)
    known = known if isinstance(known, dict) else {}
    now = {_name(module): [module.sum, _stamp(folder)] for module, folder in there.items()}
    unknown = {module: folder for module, folder in there.items() if known.get(_name(module)) != now[_name(module)]}
    changed = {module: folder for module, folder in unknown.items() if _sum(folder, _name(module)) != module.sum}
    if changed:
        names = ", ".join(_name(module) for module in changed)
        raise GoPluginsError(
            f"the module cache {cache} does not hold what go.sum vouches for: somebody changed {names} there",
            f"{command_line('ls -ld', *changed.values())}\n"
            "remove these folders and run again: Go unpacks the modules anew, from the archives whose sums it checks",
        )
    if unknown:
        # Without it the next build only takes longer.
        with contextlib.suppress(OSError):
            remove_leftovers(os.path.dirname(memory), f".{os.path.basename(memory)}.")
            write_json(memory, {**known, **now})


def escaped(path: str) -> str:
    """A module path and its version as names of folders (golang.org/x/mod/module, EscapePath): an exclamation mark for a capital letter."""
    return re.sub(r"[A-Z]", lambda letter: f"!{letter[0].lower()}", path)


def _stamp(folder: str) -> str:
    """A digest of what the file system says of the files of a folder. No ordinary user can set the time of a file's last change."""
    digest = hashlib.sha256()
    for path, status in sorted(_files(folder)):
        digest.update(
            f"{path}\0{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}\0".encode("utf-8", "surrogateescape")
        )
    return digest.hexdigest()


def _sum(folder: str, name: str) -> str:
    """The sum of a module's folder as go.sum has it (golang.org/x/mod/sumdb/dirhash, HashDir and Hash1). Empty where it cannot have one."""
    lines = []
    for path, status in sorted(_files(folder)):
        if not stat.S_ISREG(status.st_mode):
            return ""
        lines.append(f"{sha256_file(os.path.join(folder, path))}  {name}/{path}\n")
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).digest()).decode()


def _files(folder: str, below: str = "") -> t.Iterator[tuple[str, os.stat_result]]:
    """(path, what the file system says) of everything in a folder but folders. No link is followed."""
    with os.scandir(os.path.join(folder, below)) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(folder, f"{below}{entry.name}/")
            else:
                yield f"{below}{entry.name}", entry.stat(follow_symlinks=False)


def _name(module: Module) -> str:
    return f"{module.path}@{module.version}"
