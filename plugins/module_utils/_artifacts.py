# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts that are handed on, in a bundle or an image: found by the names that gateways look for, refused where none could use one."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import named_for
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import FULL_SIGNATURES, SIGNATURES
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary, open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError

_BUILD = "build it with goplugins.tyk.go_plugin_build, and name what that built"


class Plugin(t.NamedTuple):
    """A plugin that is handed on. hooks: from symbol to the kind of hook that gateways use it as."""

    name: str
    hooks: t.Mapping[str, str]


class Artifact(t.NamedTuple):
    """A plugin for one gateway. version, platform: of the gateway that looks for a file of this name, V(v5.3.6) and V(linux/amd64)."""

    plugin: str
    version: str
    platform: str
    path: str

    @property
    def file(self) -> str:
        return os.path.basename(self.path)

    @property
    def gateway(self) -> str:
        return f"{self.version} on {self.platform}"


def find(plugins: t.Sequence[Plugin], places: t.Sequence[str], platforms: t.Collection[str] = ()) -> tuple[Artifact, ...]:
    """The artifacts of the plugins, by the names of their files. Raises GoPluginsError, OSError.

    plugins: without any, all that there are. places: files, and folders, in which and one level below are artifacts of other plugins too.
    platforms: those that count, all where none is named.
    """
    names = {plugin.name for plugin in plugins}
    whose = " of " * bool(names) + ", ".join(sorted(names)) + " for " * bool(platforms) + ", ".join(platforms)
    found: list[Artifact] = []
    for place in map(os.path.abspath, places):
        given = not os.path.isdir(place)
        for path in [place] if given else _in_folder(place):
            artifact = _named(path)
            if artifact and (not names or artifact.plugin in names) and (not platforms or artifact.platform in platforms):
                found.append(artifact)
            elif given:
                raise GoPluginsError(
                    f"{path} is no artifact{whose}: each gateway looks for NAME_vVERSION_GOOS_GOARCH.so with its own version and platform",
                    _BUILD,
                )
    # A folder and a file in it may both be named.
    found = list(dict.fromkeys(found))
    _refuse_doubles(found)
    if not found:
        raise GoPluginsError(f"there is no artifact{whose} in {', '.join(places)}", _BUILD)
    _refuse_gaps(plugins, found, places)
    return tuple(sorted(found, key=lambda artifact: artifact.file))


def check(artifacts: t.Sequence[Artifact], plugins: t.Sequence[Plugin]) -> None:
    """Raises GoPluginsError that names all that no gateway could use, and why."""
    hooks = {plugin.name: plugin.hooks for plugin in plugins}
    paths: dict[tuple[str, str | None], Artifact] = {}
    problems = []
    for artifact in artifacts:
        try:
            with open_file(artifact.path) as file:
                binary = file.binary(artifact.platform if file.slices else None)
                problems += [f"{artifact.path} {problem}" for problem in _problems(binary, artifact, hooks.get(artifact.plugin, {}))]
                other = paths.setdefault((artifact.gateway, binary.plugin_path), artifact)
        except BinaryError as error:
            problems.append(error.message)
            continue
        if other is not artifact:
            problems.append(
                f"{artifact.path} and {other.path} are both {binary.plugin_path} to a gateway, which loads only one of that name"
            )
    if problems:
        raise GoPluginsError("\n".join(["no gateway could use these plugins:", *problems]), _BUILD)


def _in_folder(folder: str) -> list[str]:
    """The files that may be artifacts, in a folder and in those below it."""
    found = []
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        below = []
        with contextlib.suppress(OSError):
            below = sorted(os.listdir(path)) if os.path.isdir(path) else []
        found += [path, *(os.path.join(path, inner) for inner in below)]
    return [path for path in found if path.endswith(".so") and not os.path.basename(path).startswith(".")]


def _named(path: str) -> Artifact | None:
    """What the name of a file says; None where no gateway looks for such a name."""
    known = named_for(os.path.basename(path)) if path.endswith(".so") else None
    if known is None:
        return None
    version, platform, plain = known
    return Artifact(plain[: -len(".so")], version, platform, path)


def _refuse_doubles(found: t.Sequence[Artifact]) -> None:
    first: dict[tuple[str, str], Artifact] = {}
    for artifact in found:
        other = first.setdefault((artifact.plugin, artifact.gateway), artifact)
        if other is not artifact:
            raise GoPluginsError(
                f"{other.path} and {artifact.path} are both plugin {artifact.plugin} for a gateway {artifact.gateway}, which would load "
                "one of them",
                f"leave out of artifacts the one that it should not load; see both: {command_line('ls -l', other.path, artifact.path)}",
            )


def _refuse_gaps(plugins: t.Sequence[Plugin], found: t.Sequence[Artifact], places: t.Sequence[str]) -> None:
    """Each gateway needs all plugins that are named."""
    gateways = dict.fromkeys(artifact.gateway for artifact in found)
    for plugin in plugins:
        own = {artifact.gateway for artifact in found if artifact.plugin == plugin.name}
        if not own:
            raise GoPluginsError(f"there is no artifact of plugin {plugin.name} in {', '.join(places)}", _BUILD)
        missing = [gateway for gateway in gateways if gateway not in own]
        if missing:
            raise GoPluginsError(
                f"plugin {plugin.name} has no artifact for a gateway {missing[0]}, as other plugins have: that gateway would answer every "
                "request with an error",
                _BUILD,
            )


def _problems(binary: GoBinary, artifact: Artifact, hooks: t.Mapping[str, str]) -> t.Iterator[str]:
    """Why the gateway could not use it, one line each."""
    if binary.build_mode != "plugin":
        yield f"is no Go plugin: it was built with -buildmode={binary.build_mode}"
        return
    if str(binary.platform) != artifact.platform:
        yield f"is for {binary.platform}, not for {artifact.platform} as its name says"
    record = read_json(f"{artifact.path}.json")
    recorded = record.get("sha256") if isinstance(record, dict) else None
    if isinstance(recorded, str) and recorded != sha256_file(artifact.path):
        yield "is not the file that was built: its record beside it has another SHA-256"
    exported = binary.exported()
    for symbol, kind in hooks.items():
        if symbol not in exported:
            yield f"does not export {symbol}; it exports {', '.join(exported) or 'nothing'}"
        elif exported[symbol].kind != "func":
            yield f"exports {symbol} as a variable; the gateway can use only a function as a hook"
        elif binary.has_type(exported[symbol], FULL_SIGNATURES[kind]) is False:
            yield f"has {symbol} as {exported[symbol].signature}; the gateway uses {kind} hooks as {SIGNATURES[kind]}"
