# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of cures that follow from how the gateway was built, ready for a shell.

Their words come from files that nobody vouches for, so each is quoted.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import build_line
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.zig_targets import zig_target
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts

# The build tag of every gateway that loads plugins.
_TAG = "goplugin"


def commands(gateway: Facts, cpu: t.Mapping[str, str] | None = None) -> dict[str, str]:
    """The one "go build" of a plugin that is right for this gateway, and that of a gateway that loads plugins.

    cpu: levels of the CPU in place of the gateway's, by the name of Go's setting.
    """
    profile = gateway.profile._replace(cpu={**gateway.profile.cpu, **(cpu or {})})
    trimmed = profile._replace(trimpath=True)
    loading = trimmed._replace(tags=tuple(dict.fromkeys((*profile.tags, _TAG))))
    pgo = f"GATEWAY_CHECKOUT/{profile.pgo}" if profile.pgo else ""
    toolchain = f"GOTOOLCHAIN={quoted(f'go{profile.go_version}')}" if profile.go_version[:1].isdigit() else ""
    goos, _slash, goarch = gateway.platform.partition("/")
    variables = build_line.environment(profile, Platform(goos, goarch)).items()
    start = [*filter(None, [toolchain]), *(f"{name}={quoted(value)}" for name, value in variables), "go"]

    def line(words: t.Sequence[str], output: str) -> str:
        return " ".join([*start, *(quoted(word, option=True) for word in words), "-o", output, "."])

    return {
        "build": line(build_line.words(profile, build_line.PLUGIN, pgo=pgo), "PLUGIN.so"),
        "build_trimmed": line(build_line.words(trimmed, build_line.PLUGIN, pgo=pgo), "PLUGIN.so"),
        "build_gateway": line(build_line.words(loading, build_line.PROGRAM), "tyk"),
        "toolchain": toolchain,
    }


def replace_command(module: Module) -> str:
    """What gives a plugin the same replacement of a dependency as the gateway's, or none."""
    if module.replace is None:
        return f"go mod edit -dropreplace={quoted(module.path)} && go work edit -dropreplace={quoted(module.path)}"
    source = module.replace
    if source.version in ("", "(devel)"):
        target = f"GATEWAY_CHECKOUT/{quoted(source.path)}" if not os.path.isabs(source.path) else quoted(source.path)
    else:
        target = quoted(f"{source.path}@{source.version}")
    return f"go mod edit -replace={quoted(module.path)}={target}"


def zig_compiler(platform: str, version: str, libc: str = "glibc") -> str:
    """A C compiler that links against this C library, wherever it runs. version: of glibc or FreeBSD, empty where it does not matter."""
    return f"zig cc -target {zig_target(platform, version, libc)}"


def old_system_compiler(platform: str, release: str) -> tuple[str, str]:
    """The variable, and its value, by which the C compiler links for this release of FreeBSD or macOS."""
    if platform.startswith("darwin/"):
        return "MACOSX_DEPLOYMENT_TARGET", release
    return "CC", zig_compiler(platform, release)
