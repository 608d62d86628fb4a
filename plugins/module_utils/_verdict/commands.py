# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of cures that follow from how the gateway was built, ready for a shell.

Their words come from files that nobody vouches for, so each is quoted.
"""

from __future__ import annotations

import os
import re
import shlex

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.cpu import CPU_SETTINGS
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts, counts_coverage

_VARIABLES = (*CPU_SETTINGS, "GOFIPS140")
_SWITCHES = ("-trimpath", "-race", "-msan", "-asan")
_VALUES = ("-tags", "-gcflags", "-asmflags")


def commands(gateway: Facts, plugin: Facts) -> dict[str, str]:
    """The one "go build" of a plugin that is right for this gateway, and that of a gateway that loads plugins."""
    environment = _environment(gateway)
    flags = _flags(gateway)
    return {
        "build": _line(environment, "-buildmode=plugin", *flags, *_profile(gateway, plugin), "-o", "PLUGIN.so", "."),
        "build_trimmed": _line(environment, "-buildmode=plugin", *{"-trimpath": None, **dict.fromkeys(flags)}, "-o", "PLUGIN.so", "."),
        "toolchain": " ".join(environment[:1]) if gateway.go_version else "",
        "build_gateway": _line(environment, *_gateway_flags(flags), "-o", "tyk", "."),
    }


def replace_command(module: Module) -> str:
    """What gives a plugin the same replacement of a dependency as the gateway's, or none."""
    if module.replace is None:
        return f"go mod edit -dropreplace={_quoted(module.path)} && go work edit -dropreplace={_quoted(module.path)}"
    source = module.replace
    if source.version in ("", "(devel)"):
        target = f"GATEWAY_CHECKOUT/{_quoted(source.path)}" if not os.path.isabs(source.path) else _quoted(source.path)
    else:
        target = _quoted(f"{source.path}@{source.version}")
    return f"go mod edit -replace={_quoted(module.path)}={target}"


def old_glibc_compiler(platform: str, version: str) -> str:
    """A C compiler that links against a glibc of this version, wherever it runs."""
    goarch = platform.partition("/")[2]
    cpu = {"amd64": "x86_64", "arm64": "aarch64", "386": "x86", "ppc64le": "powerpc64le", "loong64": "loongarch64"}.get(goarch, goarch)
    return f"zig cc -target {cpu}-linux-{'gnueabihf' if goarch == 'arm' else 'gnu'}.{version}"


def same_libc_compiler(platform: str, libc: str, version: str) -> str:
    """A C compiler that links against this C library, wherever it runs. version: of glibc, empty where it does not matter."""
    glibc = old_glibc_compiler(platform, version).rstrip(".")
    return glibc if libc == "glibc" else re.sub(r"-gnu(eabihf)?\S*$", r"-musl\1", glibc)


def old_system_compiler(platform: str, release: str) -> tuple[str, str]:
    """The variable, and its value, by which the C compiler links for this release of FreeBSD or macOS."""
    if platform.startswith("darwin/"):
        return "MACOSX_DEPLOYMENT_TARGET", release
    return "CC", f"zig cc -target {'x86_64' if platform.endswith('/amd64') else 'aarch64'}-freebsd.{release}"


def _environment(gateway: Facts) -> list[str]:
    goos, _slash, goarch = gateway.platform.partition("/")
    values = {
        "GOTOOLCHAIN": gateway.go_version,
        "CGO_ENABLED": "1",
        "GOOS": goos,
        "GOARCH": goarch,
        "GOEXPERIMENT": ",".join(gateway.experiments),
    }
    values.update((name, gateway.settings.get(name, "")) for name in _VARIABLES)
    return [f"{name}={_quoted(value)}" for name, value in values.items() if value]


def _flags(gateway: Facts) -> list[str]:
    switches = [name for name in _SWITCHES if gateway.settings.get(name) == "true"]
    if counts_coverage(gateway):
        switches.append("-cover")
    return switches + [f"{name}={gateway.settings[name]}" for name in _VALUES if gateway.settings.get(name)]


def _profile(gateway: Facts, plugin: Facts) -> list[str]:
    if gateway.settings.get("-pgo"):
        return [f"-pgo=GATEWAY_CHECKOUT/{os.path.basename(gateway.settings['-pgo'])}"]
    return ["-pgo=off"] if plugin.settings.get("-pgo") else []


def _gateway_flags(flags: list[str]) -> list[str]:
    tags = next((flag.partition("=")[2].split(",") for flag in flags if flag.startswith("-tags=")), [])
    others = [flag for flag in flags if not flag.startswith("-tags=") and flag != "-trimpath"]
    return ["-trimpath", f"-tags={','.join(dict.fromkeys([*tags, 'goplugin']))}", *others]


def _line(environment: list[str], *words: str) -> str:
    return " ".join([*environment, "go", "build", *(_quoted(word) for word in words)])


def _quoted(word: str) -> str:
    """For a shell, and without anything that moves a terminal's cursor."""
    return shlex.quote("".join(character if character.isprintable() else "\ufffd" for character in word))
