# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules that compile a gateway, or for one, have in common: the gateway that their arguments describe."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build.gateway import Wanted
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import known_target, parse_target
from ansible_collections.goplugins.tyk.plugins.module_utils._module.arguments import (
    COMPILING,
    SEEN,
    compiler,
    compiler_missing,
    not_there_yet,
    profile_and_toolchain,
    seen,
)

COMPILED = {**COMPILING, **SEEN, "checkout": {"type": "path", "required": True}, "target": {"type": "str"}}


class Asked(t.NamedTuple):
    """What is asked for. wanted: the gateway; None in check mode where something is missing that an earlier task would have made, and
    missing says what. target: as "OS/CPU"."""

    wanted: Wanted | None
    missing: str
    target: str


def asked(params: t.Mapping[str, t.Any], check_mode: bool, path: str) -> Asked:
    """The gateway that the arguments C(COMPILED) describe. path: of its binary, empty where none is wanted. Raises GoPluginsError."""
    target = params["target"] or str(host_platform())
    known_target(target)
    missing = not_there_yet(params, params["checkout"]) if check_mode else ""
    if missing:
        return Asked(None, missing, target)
    profile, go = profile_and_toolchain(params)
    platform = parse_target(target, go.version)
    wanted = Wanted(
        checkout=params["checkout"],
        profile=profile,
        go=go,
        target=platform,
        cc=compiler(params["cc"], platform),
        path=path,
        min_free=params["min_free_mb"] * 1_000_000,
        seen=seen(params),
    )
    missing = compiler_missing(wanted.cc) if check_mode else ""
    return Asked(None if missing else wanted, missing, target)
