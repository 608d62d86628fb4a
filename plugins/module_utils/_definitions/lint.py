# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions in, the Go plugins that they name and the findings with them out."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions import classic, oas
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import (
    MANIFEST,
    Bundle,
    Disk,
    read_bundles,
    read_parsed,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import Node, comes_from_elsewhere, parse
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.hook import ANY_AUTH, Auth
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Finding, Hook, NamedPlugin, Notes
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway, by_release, candidates, named_for
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import SIGNATURES

# More plugins of one API than any gateway serves.
MAX_PLUGINS = 1000
# Keys of which every classic definition has one.
_OF_DEFINITIONS = ("api_id", "proxy", "custom_middleware", "version_data", "analytics_plugin", "custom_middleware_bundle")
_WRAPPERS = ("api_definition", "api_model")
# What the gateway takes for the companion of NAME.json (gateway/api_definition.go, GetOASFilepath, GetMCPFilepath).
_COMPANIONS = ("-oas.json", "-mcp.json")


class Definition(t.NamedTuple):
    """One file. in_folder: whether the gateway reads it from its folder of definitions, rather than getting it by its API."""

    path: str
    data: bytes
    in_folder: bool = False


class Api(t.NamedTuple):
    """An API by its definition. identifier: its C(api_id), empty where it has none.

    sources: the files that say which plugins it has, as C(NamedPlugin.definition) has them: the definition, the OpenAPI document beside it,
    and the manifests of its bundles.
    """

    definition: str
    identifier: str
    sources: tuple[str, ...]


class Report(t.NamedTuple):
    """plugins: those that the gateway loads for the definitions, in their order. findings, apis: in the order of the definitions."""

    plugins: tuple[NamedPlugin, ...]
    findings: tuple[Finding, ...]
    apis: tuple[Api, ...] = ()


class _Read(t.NamedTuple):
    """What was read from one definition: its own hooks, and those of its bundles."""

    notes: Notes
    hooks: list[Hook]
    bundles: list[Bundle]


def _api(one: Definition, root: Node, bundles: t.Iterable[Bundle], folder: t.Container[str]) -> Api:
    beside = [name for name in (one.path[: -len(".json")] + suffix for suffix in _COMPANIONS) if one.in_folder and name in folder]
    identifier = Node(root.value, "", Notes(one.path)).text("api_id")
    return Api(one.path, identifier, (one.path, *beside, *(bundle.notes.definition for bundle in bundles)))


def lint(definitions: t.Sequence[Definition], gateway: Gateway, disk: Disk) -> Report:
    """The plugins that a gateway loads for these definitions, and what is wrong with them."""
    folder = {one.path: one for one in definitions if one.in_folder}
    read: dict[str, _Read] = {}
    apis = []
    companions = []
    for one in definitions:
        notes = Notes(one.path)
        value = parse(one.data, notes)
        root = Node(value, "", notes).as_object()
        if one.in_folder and (one.path.endswith(_COMPANIONS) or oas.EXTENSION in root.key_names()):
            companions.append((one, root))
        else:
            read[one.path] = _read(one, root, gateway, disk)
            apis.append(_api(one, root, read[one.path].bundles, folder))
    for one, root in companions:
        read[one.path] = _Read(_read_companion(one, root, read, folder, gateway), [], [])
    plugins: list[NamedPlugin] = []
    findings: list[Finding] = []
    for one in definitions:
        notes, hooks, bundles = read[one.path]
        if len(hooks) > MAX_PLUGINS:
            notes.add("definition-too-large", what=f"more than {MAX_PLUGINS} plugins", limit=MAX_PLUGINS)
        for part, hooks_of_part in ((notes, hooks), *((bundle.notes, bundle.hooks) for bundle in bundles)):
            if not (part.dropped or notes.dropped):
                plugins += [_found(hook, part, gateway, disk) for hook in hooks_of_part]
            findings += part.findings
    return Report(tuple(plugins), (*dict.fromkeys(findings), *_two_kinds(plugins)), tuple(apis))


def _read(one: Definition, root: Node, gateway: Gateway, disk: Disk) -> _Read:
    """One definition, of whatever form."""
    notes = root.notes
    keys = {key.lower() for key in root.key_names()}
    wrapper = next((key for key in _WRAPPERS if key in keys and not keys & set(_OF_DEFINITIONS)), None)
    if not root.is_there:
        if not notes.findings:
            notes.add("definition-not-recognized")
        return _Read(notes, [], [])
    if oas.EXTENSION in root.key_names():
        return _read_oas(root, gateway, disk)
    if wrapper:
        notes.add("definition-wrapped", key=wrapper)
        return _Read(notes, [], [])
    if "file_list" in keys or (os.path.basename(one.path) == MANIFEST and "custom_middleware" in keys and "proxy" not in keys):
        bundle = read_parsed(root, os.path.dirname(one.path), disk, ANY_AUTH, gateway)
        return _Read(notes, bundle.hooks, [])
    classic.read_root(root)
    if not keys & set(_OF_DEFINITIONS):
        notes.add("definition-not-recognized")
    return _read_classic(root, gateway, disk)


def _read_classic(root: Node, gateway: Gateway, disk: Disk) -> _Read:
    auth = classic.auth_of(root)
    hooks = classic.read_section(root.object("custom_middleware"), auth)
    bundle = "" if root.flag("custom_middleware_bundle_disabled") else root.text("custom_middleware_bundle")
    bundles = _bundles(bundle, "custom_middleware_bundle", hooks, auth, gateway, disk, root.notes)
    others = classic.read_endpoints(root) + classic.read_analytics(root)
    return _Read(root.notes, others if bundle else hooks + others, bundles)


def _read_oas(root: Node, gateway: Gateway, disk: Disk) -> _Read:
    extension = oas.extension_of(root)
    hooks = oas.read_api(extension, gateway)
    bundle = oas.bundle_of(extension)
    where = f"{extension.where}.middleware.global.pluginConfig.bundle"
    bundles = _bundles(bundle, where, hooks, oas.auth_of(extension), gateway, disk, root.notes)
    others = oas.read_endpoints(root, extension, gateway) + oas.read_analytics(extension, gateway)
    return _Read(root.notes, others if bundle else hooks + others, bundles)


def _bundles(name: str, where: str, hooks: list[Hook], auth: Auth, gateway: Gateway, disk: Disk, notes: Notes) -> list[Bundle]:
    """The bundles that take the place of the hooks of a definition; none without a name."""
    if not name:
        return []
    for hook in hooks:
        notes.add("bundle-replaces-hooks", hook.where, symbol=hook.symbol, path=hook.path, bundle=name)
    return read_bundles(name, where, auth, gateway, disk, notes)


def _read_companion(
    one: Definition, root: Node, read: t.Mapping[str, _Read], folder: t.Mapping[str, Definition], gateway: Gateway
) -> Notes:
    """What is wrong with an OpenAPI document in the gateway's folder: its hooks count only if the definition beside it has them too."""
    notes = Notes(one.path)
    suffix = next((suffix for suffix in _COMPANIONS if one.path.endswith(suffix)), ".json")
    beside = one.path[: -len(suffix)] + ".json"
    if suffix == ".json" or beside not in folder or not _is_oas(folder[beside]):
        notes.add("oas-document-alone", classic=os.path.basename(beside) if suffix != ".json" else "definition")
        return notes
    unheard = Node(root.value, "", Notes(one.path))
    extension = oas.extension_of(unheard)
    if not isinstance(extension.value, dict):
        return root.notes
    hooks = oas.read_api(extension, gateway) + oas.read_endpoints(unheard, extension, gateway) + oas.read_analytics(extension, gateway)
    there = {(hook.kind, hook.path, hook.symbol) for hook in read[beside].hooks}
    if oas.bundle_of(extension):
        hooks = [hook for hook in hooks if hook.endpoint or hook.kind == "analytics"]
    notes.findings += root.notes.findings
    for hook in hooks:
        if (hook.kind, hook.path, hook.symbol) not in there:
            notes.add("oas-document-differs", hook.where, symbol=hook.symbol, path=hook.path, classic=os.path.basename(beside))
    return notes


def _is_oas(definition: Definition) -> bool:
    return Node(parse(definition.data, Notes("")), "", Notes("")).flag("is_oas")


def _found(hook: Hook, notes: Notes, gateway: Gateway, disk: Disk) -> NamedPlugin:
    """The plugin with the file that the gateway loads; a note if there is none, or one that was hardly meant."""
    if comes_from_elsewhere(hook.path) or comes_from_elsewhere(hook.symbol):
        value = hook.path if comes_from_elsewhere(hook.path) else hook.symbol
        notes.add("value-from-elsewhere", hook.where, value=value)
        if comes_from_elsewhere(hook.path):
            return NamedPlugin(notes.definition, hook, (), "")
    names = candidates(hook.path, hook.kind, gateway)
    if not disk.has_plugins:
        return NamedPlugin(notes.definition, hook, names, "")
    file = next((name for name in names if disk.exists(name)), "")
    named = named_for(hook.path)
    if not file and hook.where not in notes.explained:
        by_version = next((name for name in by_release(hook.path, gateway) if disk.exists(name)), "")
        if by_version:
            notes.add("analytics-needs-exact-path", hook.where, found=by_version, path=hook.path)
        else:
            notes.add("named-file-missing", hook.where, candidates=names)
    elif named and named[:2] != (gateway.version, str(gateway.platform)):
        notes.add(
            "path-of-another-gateway",
            hook.where,
            path=hook.path,
            named=f"{named[0]} on {named[1]}",
            gateway=f"{gateway.version} on {gateway.platform}",
            plain=named[2],
        )
    return NamedPlugin(notes.definition, hook, names, file)


def _two_kinds(plugins: t.Sequence[NamedPlugin]) -> list[Finding]:
    """The findings of functions that are used as hooks of different signatures."""
    first: dict[tuple[str, str], NamedPlugin] = {}
    findings = []
    for plugin in plugins:
        other = first.setdefault((plugin.file or plugin.hook.path, plugin.hook.symbol), plugin)
        if SIGNATURES[other.hook.kind] != SIGNATURES[plugin.hook.kind]:
            notes = Notes(plugin.definition)
            notes.add(
                "symbol-of-two-kinds",
                plugin.hook.where,
                symbol=plugin.hook.symbol,
                path=plugin.hook.path,
                kind=plugin.hook.kind,
                other=other.hook.kind,
                elsewhere=f"{other.definition} {other.hook.where}",
            )
            findings += notes.findings
    return findings
