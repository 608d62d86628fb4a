# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A second build of the same inputs elsewhere: from a copy of the workspace in another folder, with an empty build cache."""

from __future__ import annotations

import os
import shutil
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build import gobuild
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file, temporary_folder

# In the folder of second builds, where all of them compile into.
_CACHE = "go-build"
# Bytes of each file that are compared at once.
_CHUNK = 1 << 20


def copied(workspace: str, scratch: str, work_text: t.Callable[[str], str]) -> str:
    """Copy a workspace to another place; where. work_text: gives the text of go.work for a workspace there."""
    folder = os.path.join(scratch, "elsewhere", os.path.basename(workspace))
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(workspace, folder, symlinks=True)
    with open(os.path.join(folder, "go.work"), "w", encoding="utf-8") as file:
        file.write(work_text(folder))
    return folder


def require_same(request: gobuild.Request, artifact: str, scratch: str) -> None:
    """Build again, as C(request) says, and compare with an artifact. Raises GoPluginsError where it is another file."""
    cache = os.path.join(scratch, _CACHE)
    os.makedirs(cache, exist_ok=True)
    with temporary_folder(scratch, ".again.") as temporary:
        # The first build checked the hooks, and whoever shows progress looks where that was.
        made = gobuild.compiled(request._replace(hooks={}, seen=None), temporary, GOCACHE=cache)
        if sha256_file(made.output) == sha256_file(artifact):
            return
        offset = _first_difference(artifact, made.output)
        raise GoPluginsError(
            f"{request.what} for {request.target} is not reproducible: built again elsewhere, of the same inputs, it is another file "
            f"({os.path.getsize(artifact)} and {os.path.getsize(made.output)} bytes, the first that differs is byte {offset})",
            _fix(request, artifact),
        )


def _fix(request: gobuild.Request, artifact: str) -> str:
    if not request.profile.trimpath:
        return "none: the gateway was built without -trimpath, so what is compiled for it has the folders in it that it was compiled in"
    return "\n".join(
        [
            "compile nothing in that depends on the time, the folder or the host: a generated file, a flag, a C compiler that is a script",
            f"see what stands there: {command_line('go', 'version', '-m', artifact)}",
        ]
    )


def _first_difference(one: str, other: str) -> int:
    """The offset of the first byte in which two files differ; the size of the shorter one where it is the beginning of the other."""
    offset = 0
    with open(one, "rb") as first, open(other, "rb") as second:
        while True:
            pair = first.read(_CHUNK), second.read(_CHUNK)
            if pair[0] != pair[1] or not pair[0]:
                return offset + next((n for n, (a, b) in enumerate(zip(*pair)) if a != b), min(map(len, pair)))
            offset += len(pair[0])
