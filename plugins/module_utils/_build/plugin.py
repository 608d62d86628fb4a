# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin as the result of a build: its name, and what must be true of it before it takes its place."""

from __future__ import annotations

import difflib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build import gobuild
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked, read_json
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import artifact_name
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.workspace import PLUGIN_FOLDER, RECORD, lock_path


class Wanted(t.NamedTuple):
    """A plugin that is wanted. workspace: made by C(goplugins.tyk.go_workspace); output: the folder of the artifact; min_free: bytes."""

    workspace: str
    profile: Profile
    go: Go
    target: Platform
    cc: str
    ldflags: str
    symbols: tuple[str, ...]
    output: str
    min_free: int
    hooks: dict[str, str]


def make(wanted: Wanted, check_mode: bool) -> gobuild.Outcome:
    """Bring a plugin up to date. Raises GoPluginsError; the artifact that was there then stays."""
    name = _record(wanted)["name"]
    required = (*wanted.symbols, *wanted.hooks)

    def accept(path: str) -> dict[str, t.Any]:
        with open_binary(path) as binary:
            made = (binary.build_mode, binary.build_info.go_version, str(binary.platform))
            plugin_path, exported = binary.plugin_path, binary.exported()
        asked = ("plugin", f"go{wanted.go.version}", str(wanted.target))
        if made != asked:
            raise GoPluginsError(f"go build made a {' '.join(made)} file where a {' '.join(asked)} file was asked for")
        _require_symbols(name, sorted(exported), required)
        _require_functions(name, exported, wanted.hooks)
        return {"plugin_path": plugin_path, "symbols": sorted(exported)}

    if check_mode:
        outcome = gobuild.make(_request(wanted), accept, check_mode=True)
    else:
        # Nobody may replace the workspace while it is compiled.
        with locked(lock_path(wanted.workspace)):
            outcome = gobuild.make(_request(wanted), accept, check_mode=False)
    if not outcome.changed:
        _require_symbols(name, outcome.record["symbols"], required)
    return outcome


def _record(wanted: Wanted) -> dict[str, t.Any]:
    """What the workspace says about itself. Raises GoPluginsError where there is none."""
    record = read_json(os.path.join(wanted.workspace, RECORD))
    if not isinstance(record, dict):
        raise GoPluginsError(f"there is no workspace at {wanted.workspace}", "run goplugins.tyk.go_workspace first")
    return record


def _request(wanted: Wanted) -> gobuild.Request:
    record = _record(wanted)
    name = record["name"]
    staged = os.path.join(wanted.workspace, PLUGIN_FOLDER)
    return gobuild.Request(
        what=name,
        go=wanted.go,
        profile=wanted.profile,
        target=wanted.target,
        cc=wanted.cc,
        folder=staged,
        package=_relative(record["package"]),
        work=os.path.join(os.path.abspath(wanted.workspace), "go.work"),
        build_mode="plugin",
        ldflags=wanted.ldflags,
        sources={
            "gateway": gateway_source(wanted.profile),
            "plugin": read_tree(staged).digest,
            **{f"local module {module}": read_tree(root).digest for module, root in record["local_modules"].items()},
        },
        hooks=wanted.hooks,
        artifact=os.path.join(wanted.output, artifact_name(name, wanted.profile.label, wanted.target)),
        min_free=wanted.min_free,
        shown={os.path.abspath(staged): record["source"], record["module"]: record["given_module"]},
    )


def gateway_source(profile: Profile) -> str:
    """The gateway's source as an input: its commit, and what was changed since."""
    return f"{profile.commit} {profile.modified}".rstrip()


def _relative(package: str) -> str:
    normal = os.path.normpath(package)
    return normal if normal == "." else f"./{normal}"


def _require_functions(name: str, exported: t.Mapping[str, Symbol], hooks: t.Iterable[str]) -> None:
    """A variable that holds a function compiles as a hook, but the gateway finds a pointer to it and refuses that."""
    for hook in hooks:
        if exported[hook].kind != "func":
            raise GoPluginsError(
                f"plugin {name} exports {hook} as a variable; the gateway can use only a function as a hook",
                f"declare it as func {quoted(hook)}(...), which calls what the variable holds",
            )


def _require_symbols(name: str, exported: t.Sequence[str], wanted: t.Sequence[str]) -> None:
    missing = [symbol for symbol in wanted if symbol not in exported]
    if missing:
        raise GoPluginsError(
            f"plugin {name} does not export {', '.join(missing)}; it exports {', '.join(exported) or 'nothing'}",
            _fix_of_missing(missing[0], exported),
        )


def _fix_of_missing(symbol: str, exported: t.Sequence[str]) -> str:
    """Go exports what begins with a capital letter, and nothing else: a mistake in writing is likelier than a missing function."""
    near = difflib.get_close_matches(symbol.lower(), [name.lower() for name in exported], n=1)
    alike = next((name for name in exported if near and name.lower() == near[0]), "")
    if alike:
        return f"name {quoted(alike)}, which the plugin exports, instead of {quoted(symbol)}"
    name = quoted(f"{symbol[:1].upper()}{symbol[1:]}")
    lower = f"name {name} instead of {quoted(symbol)}, as Go exports only names that begin with a capital letter, and "
    return f"{'' if symbol[:1].isupper() else lower}declare it in package main: func {name}(rw http.ResponseWriter, r *http.Request)"
