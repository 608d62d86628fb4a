# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at a gateway host before anything changes: which artifact each plugin is, which definitions name it, and what becomes of them."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions import files
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import Disk
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.kinds import FAILS
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Definition, Report, lint
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Finding
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway, by_release, candidates, release_of
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import paths, records, settings
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.records import Candidate
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.settings import Settings
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile, from_build_info
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.version import own_version
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import platform_of

_DIGITS = 12


class Wanted(t.NamedTuple):
    """A plugin that shall be deployed.

    path: what definitions say. file: where the gateway then finds it. source: a file on this host with the artifact, empty without one.
    placed: whether it is in its place already.
    """

    plugin: t.Mapping[str, t.Any]
    candidate: Candidate
    path: str
    file: str
    source: str
    placed: bool

    @property
    def name(self) -> str:
        """The name of the plugin."""
        return str(self.plugin["name"])

    def is_named(self, document: Document) -> bool:
        """Whether a definition names it, as it shall be."""
        return any(path in (self.path, self.file) for _place, _was, path in document.named)


class Document(t.NamedTuple):
    """A definition that names plugins of ours. after: its text with their new paths. named: (place, path, path after) of each."""

    path: str
    before: str
    after: str
    named: tuple[tuple[str, str, str], ...]


class Look(t.NamedTuple):
    """What was found. documents: those that name one of the plugins. names: all files that any definition names, as they shall be.

    hooks: from the file of each plugin to the hooks that it runs. findings: with the definitions as they shall be; earlier: as they are.
    """

    settings: Settings
    gateway: Gateway
    wanted: tuple[Wanted, ...]
    documents: tuple[Document, ...]
    names: frozenset[str]
    hooks: t.Mapping[str, t.Mapping[str, str]]
    findings: tuple[Finding, ...]
    earlier: tuple[Finding, ...]

    @property
    def unnamed(self) -> list[Wanted]:
        """The plugins that no definition names."""
        return [one for one in self.wanted if not any(map(one.is_named, self.documents))]

    @property
    def changes(self) -> list[Document]:
        """The definitions that are not as they shall be."""
        return [document for document in self.documents if document.before != document.after]

    @property
    def missing(self) -> list[Wanted]:
        """The plugins of which no file is here."""
        return [one for one in self.wanted if not one.source]


def look(
    current: Settings,
    plugins: t.Sequence[t.Mapping[str, t.Any]],
    found: t.Sequence[Candidate],
    carried: t.Mapping[str, str] | None,
    *,
    version: str = "",
    folder: str = "",
    ours: frozenset[str] = frozenset(),
    served: t.Sequence[Definition] | None = None,
) -> Look:
    """Look at this host. Raises GoPluginsError, OSError.

    carried: from plugin to a file with its artifact; None where the files of the records are on this host. folder: where artifacts go.
    ours: the files that were placed on this host for its gateway.
    served: the definitions, where others than this run change them; None for those in files.
    """
    if current.owner and served is None:
        raise GoPluginsError(
            f"the definitions of this gateway come from {current.owner}: neither files nor its control API change them",
            "give mode: place (tyk_deploy_mode), which places the artifacts and says which path to name there",
        )
    gateway, profile = gateway_of(current, version)
    place = folder or current.middleware
    if not os.path.isdir(place):
        raise GoPluginsError(f"{place} is no folder for plugins", command_line("ls -ld", place))
    definitions, unread = files.read_all([current.apps]) if served is None else (list(served), [])
    wanted = []
    for plugin in plugins:
        candidate = records.choose(plugin["name"], found, gateway.platform, profile)
        there = _there(plugin, candidate, definitions, gateway, ours)
        wanted.append(there or _wanted(plugin, candidate, place, carried, gateway))
    read = [_document(one, wanted, gateway) for one in definitions]
    documents = tuple(document for document in read if document is not None and document.named)
    by_path = {document.path: document for document in documents}
    after = [one._replace(data=by_path[one.path].after.encode()) if one.path in by_path else one for one in definitions]
    new = {one.file for one in wanted}
    report = lint(after, gateway, Disk(lambda path: path in new or files.exists(path), files.read, files.checksum))
    earlier = lint(definitions, gateway, Disk(files.exists, files.read, files.checksum))
    result = Look(
        current,
        gateway,
        tuple(wanted),
        documents,
        _named_files(after, gateway),
        {plugin["path"]: plugin["hooks"] for plugin in files.files_of(report.plugins)},
        (*unread, *report.findings),
        (*unread, *earlier.findings),
    )
    if served is None or not result.unnamed:
        _refuse_unnamed(result, report)
    _refuse_mistakes(result)
    return result


def gateway_of(current: Settings, version: str = "") -> tuple[Gateway, Profile]:
    """The gateway that is installed, and how it was built. version: where its binary does not say it. Raises GoPluginsError, OSError."""
    with open_file(current.binary) as file:
        platform = platform_of(file)
        binary = file.binary(str(platform) if file.slices else None)
        version = version or own_version(binary)
        profile = from_build_info(binary.build_info, version)
    return Gateway(release_of(version), platform, current.directory, current.middleware), profile


def named(name: str, definitions: t.Sequence[Definition]) -> list[paths.Spot]:
    """The places where definitions name a plugin."""
    found: list[paths.Spot] = []
    for definition in definitions:
        # What is no definition the findings say.
        with contextlib.suppress(ValueError, IndexError):
            found += [spot for spot in paths.spots(definition.data.decode()) if _is_meant(spot) and paths.plugin_of(spot.value) == name]
    return found


def _is_meant(spot: paths.Spot) -> bool:
    return spot.value.endswith(".so") or os.sep in spot.value


def _there(
    plugin: t.Mapping[str, t.Any], candidate: Candidate, definitions: t.Sequence[Definition], gateway: Gateway, ours: frozenset[str]
) -> Wanted | None:
    """A plugin whose artifact was placed where the definitions lead this gateway, as before an upgrade; None for others.

    Its name is of the content of the artifact for the gateway of before. Under a name of its own, it would be loaded a second time.
    """
    spots = [spot for spot in named(plugin["name"], definitions) if not _is_exact(spot.value, spot, gateway)]
    values = {spot.value for spot in spots}
    if len(values) != 1:
        return None
    (path,) = values
    file = by_release(path, gateway)[0]
    if file in ours and os.path.isfile(file) and sha256_file(file) == candidate.sha256:
        return Wanted(plugin, candidate, path, file, file, True)
    return None


def _is_exact(path: str, spot: paths.Spot, gateway: Gateway) -> bool:
    """Whether the gateway takes the path of an analytics plugin as it is."""
    return spot.analytics and len(candidates(path, "analytics", gateway)) == 1


def _wanted(
    plugin: t.Mapping[str, t.Any], candidate: Candidate, folder: str, carried: t.Mapping[str, str] | None, gateway: Gateway
) -> Wanted:
    """A plugin under the name that its content gives it.

    A gateway remembers a path and what came of it, and a file that it has open must not change: so what has that name already is left
    alone, and another is taken if it is something else.
    """
    source = candidate.file if carried is None else carried.get(plugin["name"], "")
    for more in ("", *(f"-{number}" for number in range(1, 10))):
        path = os.path.join(folder, f"{plugin['name']}-{candidate.sha256[:_DIGITS]}{more}.so")
        file = by_release(path, gateway)[0]
        taken = os.path.lexists(file)
        placed = taken and os.path.isfile(file) and sha256_file(file) == candidate.sha256
        if placed or not taken:
            return Wanted(plugin, candidate, path, file, file if placed else source, placed)
    raise GoPluginsError(f"{folder} has ten other files of the name of {plugin['name']}", command_line("ls -l", folder))


def check_source(wanted: Wanted) -> None:
    """Raises GoPluginsError where an artifact is not what its record says."""
    found = sha256_file(wanted.source)
    if found != wanted.candidate.sha256:
        raise GoPluginsError(
            f"{wanted.candidate.file} is not the artifact of its record: its sha256 is {found}, the record says {wanted.candidate.sha256}",
            "build it again with build_plugins",
        )


def _document(definition: Definition, wanted: t.Sequence[Wanted], gateway: Gateway) -> Document | None:
    """A definition and its plugins; None for a file that the gateway does not take for one, of which the findings say so."""
    try:
        text = definition.data.decode()
        spots = paths.spots(text)
    except (ValueError, IndexError):
        return None
    by_name = {one.name: one for one in wanted}
    values = {}
    for spot in spots:
        one = by_name.get(paths.plugin_of(spot.value))
        if one and _is_meant(spot):
            values[spot] = one.file if _is_exact(one.path, spot, gateway) else one.path
    named = tuple((paths.as_text(spot.place), spot.value, value) for spot, value in values.items())
    changed = {spot: value for spot, value in values.items() if spot.value != value}
    return Document(definition.path, text, paths.replaced(text, changed), named)


def _named_files(definitions: t.Sequence[Definition], gateway: Gateway) -> frozenset[str]:
    """All files that a definition may mean."""
    found: set[str] = set()
    for definition in definitions:
        try:
            spots = paths.spots(definition.data.decode())
        except (ValueError, IndexError):
            continue
        for spot in spots:
            found.update(candidates(spot.value, "post", gateway))
    return frozenset(found)


def _refuse_unnamed(result: Look, report: Report) -> None:
    """Raises GoPluginsError for a plugin that no definition runs."""
    run = {plugin.file for plugin in report.plugins}
    for one in result.wanted:
        if one.file in run:
            continue
        mistakes = [finding for finding in result.findings if finding.definition in {document.path for document in result.documents}]
        if any(map(one.is_named, result.documents)):
            words = "\n".join(map(files.as_text, mistakes))
            raise GoPluginsError(f"no definition in {result.settings.apps} runs {one.name}, though some name it\n{words}".rstrip())
        raise GoPluginsError(
            f"no definition in {result.settings.apps} names the plugin {one.name}: a roll-out changes the path of a plugin "
            "where it stands, and does not decide which API runs it",
            f"let a hook in a definition have this path, once: {quoted(one.name + '.so')}",
        )


def _refuse_mistakes(result: Look) -> None:
    """Raises GoPluginsError where the gateway would not run what the definitions say, even with the new artifacts."""
    ours = {document.path for document in result.documents}
    mistakes = [finding for finding in result.findings if finding.effect == FAILS and finding.definition in ours]
    if mistakes:
        raise GoPluginsError(
            "the gateway would not do what a definition says, with the new artifact in its place too:\n"
            + "\n".join(map(files.as_text, mistakes)),
            findings=[finding.code for finding in mistakes],
        )


def diff(result: Look) -> list[dict[str, str]]:
    """What changes in the definitions: the paths alone, as the rest may hold credentials."""
    return [
        {
            "before_header": document.path,
            "after_header": document.path,
            "before": "".join(f"{place}: {path}\n" for place, path, _after in document.named),
            "after": "".join(f"{place}: {after}\n" for place, _path, after in document.named),
        }
        for document in result.changes
    ]


def to_name(result: Look) -> list[dict[str, t.Any]]:
    """What others must change in definitions: the path of each plugin, and where it must stand. Nowhere, if no definition names it yet."""
    return [
        {
            "name": one.name,
            "path": one.path,
            "hooks": [
                {"definition": document.path, "place": place, "path": path}
                for document in result.changes
                for place, path, after in document.named
                if after in (one.path, one.file) and path != after
            ],
        }
        for one in result.wanted
        if one in result.unnamed or any(map(one.is_named, result.changes))
    ]


def opened(result: Look) -> str:
    """What the process of the gateway has not opened that it should; empty if nothing is, or where that cannot be seen."""
    process = settings.find(result.settings.binary, result.settings.config)
    files_open = settings.mapped(process.pid if process else None)
    if files_open is None:
        return ""
    closed = [one.file for one in result.wanted if os.path.realpath(one.file) not in files_open]
    return f"the gateway has not opened {', '.join(closed)}" if closed else ""
