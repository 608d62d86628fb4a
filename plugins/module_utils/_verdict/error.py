# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a line of the gateway's log may mean, without the files that it is about."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS, Kind

_PACKAGE = re.compile(r"different version of package ([^\s,\"\\]+)")

# What may lie behind a package that no row of the table names, by where it comes from; the most frequent first.
_STANDARD = ("trimpath-differs", "go-patch-differs", "go-line-differs", "race-differs", "tags-differ", "pgo-differs", "gcflags-differ")
_GATEWAY = ("gateway-not-in-workspace", "gateway-source-differs", "dependency-version-differs", "tags-differ", "cover-differs")
_DEPENDENCY = (
    "dependency-version-differs",
    "dependency-pseudo-version",
    "dependency-replaced",
    "plugins-differ",
    "dependency-content-differs",
    "dependency-edited",
)
_GATEWAY_MODULE = "github.com/TykTechnologies/tyk"


def explained(text: str) -> list[dict[str, t.Any]]:
    """The rows of the table that an error text leads to, the most likely first; empty where none does."""
    found = _PACKAGE.search(text)
    codes = [kind.code for kind in KINDS.values() if any(_matches(error, text) for error in kind.errors)]
    if found:
        codes += [code for code in _of_package(found.group(1)) if code not in codes]
    return [_as_dict(KINDS[code]) for code in codes]


def _matches(error: str, text: str) -> bool:
    """Whether a text contains an error as the table has it: "..." is anything, and a package's name ends where it ends."""
    pattern = r".*?".join(re.escape(part.strip()) for part in error.split("..."))
    return re.search(pattern + (r"(?![\w/.-])" if error[-1].isalnum() else ""), text, re.DOTALL) is not None


def _of_package(package: str) -> tuple[str, ...]:
    if package == _GATEWAY_MODULE or package.startswith(f"{_GATEWAY_MODULE}/"):
        return _GATEWAY
    return _DEPENDENCY if "." in package.partition("/")[0] else _STANDARD


def _as_dict(kind: Kind) -> dict[str, t.Any]:
    cure = [_general(command) for command in kind.cure]
    return {"code": kind.code, "effect": kind.effect, "title": kind.title, "meaning": kind.meaning, "cure": cure}


def _general(command: str) -> str:
    """A command with capitals, for the user to fill in, where the files would give a word."""
    general = {
        "build": "go build -trimpath -buildmode=plugin -o PLUGIN.so .",
        "build_trimmed": "go build -trimpath -buildmode=plugin -o PLUGIN.so .",
        "build_gateway": "CGO_ENABLED=1 go build -trimpath -tags=goplugin -o tyk .",
        "toolchain": "GOTOOLCHAIN=GO_VERSION",
        "replace": "go mod edit -dropreplace=MODULE",
    }
    return re.sub(r"\{(\w+)\}", lambda match: general.get(match.group(1), match.group(1).upper()), command)
