# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The facts that this room gives out, and the one error that leaves it."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


class BinaryError(GoPluginsError):
    """A file is not what it should be, or breaks the rules of its format.

    code: the reason as a short word, for programs; the message is for people.
    """

    def __init__(self, code: str, message: str, cure: str | None = None) -> None:
        super().__init__(message, cure, code=code)
        self.code = code


class Module(t.NamedTuple):
    """A Go module that was compiled in. replace: the module that took its place, by a C(replace) directive."""

    path: str
    version: str
    sum: str
    replace: Module | None = None


class BuildInfo(t.NamedTuple):
    """What the Go linker wrote down of the build.

    go_version: as V(go1.22.7). experiments: the GOEXPERIMENTs that differ from the release's defaults.
    path: import path of the main package. main: its module, None where it was built without modules.
    deps: the modules that were compiled in. settings: what C(go version -m) calls "build"; empty before Go 1.18.
    """

    go_version: str
    experiments: tuple[str, ...]
    path: str
    main: Module | None
    deps: tuple[Module, ...]
    settings: dict[str, str]


class Symbol(t.NamedTuple):
    """An exported function or variable of a plugin's main package.

    kind: "func" or "var". signature: its Go type as reflection prints it, with package names; None where the file does not say.
    type_hash: for C(GoBinary.has_type); of a variable it is that of the pointer which C(plugin.Lookup) gives.
    """

    name: str
    kind: str
    signature: str | None
    type_hash: int | None = None


class Libraries(t.NamedTuple):
    """The shared libraries that the dynamic loader must find.

    needed: their names, in order. versions: of a library, the symbol versions that must be in it; of macOS, the oldest release.
    libc: "glibc", "musl", "freebsd", "darwin", or None. interpreter: the dynamic loader itself, None for a plugin.
    """

    needed: tuple[str, ...]
    versions: dict[str, tuple[str, ...]]
    libc: str | None
    interpreter: str | None
