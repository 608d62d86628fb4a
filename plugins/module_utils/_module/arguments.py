# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that start C(go) have in common: arguments, and the toolchain that fits the profile."""

from __future__ import annotations

import os
import shlex
import shutil
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build.progress import Seen
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler.table import CROSS, native_commands
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go, toolchain
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform, host_platform

BUILDING = {
    "profile": {"type": "dict", "required": True},
    "goroot": {"type": "path", "required": True},
    "min_free_mb": {"type": "int", "default": 512},
}
COMPILING = {**BUILDING, "cc": {"type": "str"}}
# Of modules whose action plugin shows how far a build is.
SEEN = {
    "progress": {"type": "bool", "default": True},
    "progress_interval": {"type": "float", "default": 5.0},
    "progress_token": {"type": "str", "default": "", "no_log": False},
}


def profile_and_toolchain(params: t.Mapping[str, t.Any]) -> tuple[profiles.Profile, Go]:
    """The profile and the toolchain that were given. Raises GoPluginsError where they do not fit each other."""
    profile = profiles.from_dict(params["profile"])
    go = toolchain(params["goroot"])
    if go.version != profile.go_version:
        raise GoPluginsError(
            f"the gateway wants Go {profile.go_version}, {go.goroot} is Go {go.version}",
            f"install it: goplugins.tyk.go_toolchain with version {profile.go_version}",
        )
    return profile, go


def not_there_yet(params: t.Mapping[str, t.Any], *places: str | None) -> str:
    """In check mode: what an earlier task would have made and is missing; empty if nothing is."""
    if not params["profile"]:
        return "the gateway's checkout is not there yet"
    for place in (os.path.join(params["goroot"], "VERSION"), *places):
        if place and not os.path.exists(place):
            return f"{place} is not there yet"
    return ""


def compiler_missing(cc: str) -> str:
    """In check mode: that the C compiler is still to be installed; empty where something of its name is there."""
    program = (shlex.split(cc) or [""])[0]
    return "" if shutil.which(program) or os.path.lexists(program) else f"the C compiler {program} is not installed yet"


def seen(params: t.Mapping[str, t.Any]) -> Seen | None:
    """How the action plugin learns how far a build is; None if it does not ask. The file is there before it asks for the first time."""
    return Seen(params["progress_token"], params["progress_interval"] / 2) if params["progress_token"] else None


def compiler(given: str | None, target: Platform) -> str:
    """The C compiler for a target. Raises GoPluginsError where none is given and none is known."""
    if given:
        return given
    host = host_platform()
    commands = native_commands(host, target)
    cross = CROSS.get(str(target))
    if commands:
        return commands[0]
    if cross is None or not cross.command:
        raise GoPluginsError(f"no C compiler is known for {target} on this host", "set cc to a compiler for that target")
    return cross.command
