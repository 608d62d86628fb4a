# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict for every plugin that a gateway's definitions name: each API, each hook, what the gateway will do with it, and why."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import comes_from_elsewhere
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import lint_files
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.kinds import KINDS
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Report
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import NamedPlugin, printable
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway, gateway_of
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import FAILS, INFO, SET, UNKNOWN
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import LOADS
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import platform_of, verify

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoFile


_TWO_KINDS = "symbol-of-two-kinds"


class Reason(t.NamedTuple):
    """Why a plugin will not load or run: a finding. where: its place in the JSON of a definition, if it is about that.

    fix: commands, or what to change. in_set: whether it is so only together with another plugin. drops: whether the gateway takes nothing
    of the definition.
    """

    code: str
    effect: str
    message: str
    fix: tuple[str, ...]
    where: str = ""
    in_set: bool = False
    drops: bool = False


class Row(t.NamedTuple):
    """One plugin of one API. api: its C(api_id), or the name of its definition's file. path: as the definition has it.

    file: what the gateway loads for it, empty if there is nothing. reasons: without those that do not matter.
    """

    api: str
    definition: str
    where: str
    kind: str
    path: str
    symbol: str
    file: str
    reasons: tuple[Reason, ...]

    @property
    def verdict(self) -> str:
        """What the gateway will do with it."""
        effects = {reason.effect for reason in self.reasons}
        return next((effect for effect in (FAILS, UNKNOWN) if effect in effects), LOADS if self.file else UNKNOWN)


class Outcome(t.NamedTuple):
    """What a gateway will make of its definitions.

    rows: the plugins that it loads for them. loose: (name of the API, definition, reason) for what is wrong with a definition, and is not
    about one of these plugins.
    """

    gateway: str
    version: str
    platform: str
    rows: tuple[Row, ...] = ()
    loose: tuple[tuple[str, str, Reason], ...] = ()


class Survey(t.NamedTuple):
    """The definitions of a gateway, read, and nothing judged yet."""

    gateway: Gateway
    report: Report


def survey(
    binary: GoFile, version: str, definitions: t.Sequence[str], directory: str, middleware: str, moved: t.Mapping[str, str]
) -> Survey:
    """What the definitions say. version: of the gateway, empty for its own. moved: as in C(lint_files). Raises GoPluginsError, OSError."""
    gateway = gateway_of(binary, platform_of(binary), version, directory, middleware)
    return Survey(gateway, lint_files(definitions, gateway, moved=moved))


def judge(binary: GoFile, read: Survey, left_out: t.Container[str] = ()) -> Outcome:
    """The verdicts. left_out: definitions whose plugins are not loaded. Raises GoPluginsError."""
    report = read.report
    by_source: dict[str, dict[NamedPlugin, None]] = {}
    for plugin in report.plugins:
        by_source.setdefault(plugin.definition, {})[plugin] = None
    apis = [(api, [plugin for source in api.sources for plugin in by_source.get(source, ())]) for api in report.apis]
    left = [(api, plugins) for api, plugins in apis if api.definition not in left_out]
    findings = _findings_of_files(binary, [plugin for _api, plugins in left for plugin in plugins])
    of_definitions = _reasons_of_definitions(report)
    rows: list[Row] = []
    loose: list[tuple[str, str, Reason]] = []
    for api, plugins in left:
        name = api.identifier or os.path.basename(api.definition)
        for plugin in plugins:
            hook = plugin.hook
            of_file = findings.get((plugin.file, hook.symbol, hook.kind), ())
            reasons = [*_at(of_definitions, plugin), *_reasons_of_file(of_file, hook.symbol)]
            rows.append(Row(name, api.definition, hook.where, hook.kind, hook.path, hook.symbol, plugin.file, tuple(reasons)))
        named = {_place(plugin.definition, plugin.hook.where) for plugin in plugins}
        sources = {printable(source) for source in api.sources}
        for place, reasons in of_definitions.items():
            if place[0] in sources and place not in named:
                loose += [(name, api.definition, reason) for reason in reasons]
    owned = {printable(source) for api in report.apis for source in api.sources}
    for place, reasons in of_definitions.items():
        if place[0] not in owned:
            loose += [("", place[0], reason) for reason in reasons]
    version = read.gateway.version
    return Outcome(binary.path, version, str(read.gateway.platform), tuple(rows), tuple(dict.fromkeys(loose)))


def _at(of_definitions: t.Mapping[tuple[str, str], t.Sequence[Reason]], plugin: NamedPlugin) -> list[Reason]:
    """What is wrong with a plugin's place in its definition. Of two kinds of hook, the file shows which one the symbol is not."""
    found = of_definitions.get(_place(plugin.definition, plugin.hook.where), ())
    return [reason for reason in found if not (plugin.file and reason.code == _TWO_KINDS)]


def _place(definition: str, where: str) -> tuple[str, str]:
    """A place as findings have it."""
    return printable(definition), printable(where) if where else ""


def _findings_of_files(binary: GoFile, used: t.Sequence[NamedPlugin]) -> dict[tuple[str, str, str], t.Sequence[t.Mapping[str, t.Any]]]:
    """From file, symbol and kind of hook to the findings of the file's verdict, as if one process loaded all files."""
    by_file: dict[str, list[dict[str, str]]] = {}
    places: dict[tuple[str, str, str], tuple[str, int]] = {}
    for file, hook in ((plugin.file, plugin.hook) for plugin in used if plugin.file):
        # A symbol that is two kinds of hook is looked at as each.
        looks = by_file.setdefault(file, [{}])
        number = next((number for number, hooks in enumerate(looks) if hooks.get(hook.symbol, hook.kind) == hook.kind), len(looks))
        if number == len(looks):
            looks.append({})
        # What a symbol from elsewhere is called, only the gateway knows.
        if not comes_from_elsewhere(hook.symbol):
            looks[number][hook.symbol] = hook.kind
        places[file, hook.symbol, hook.kind] = file, number
    plugins = {(file, number): Plugin(file, hooks=hooks) for file, looks in by_file.items() for number, hooks in enumerate(looks)}
    results = verify(binary, list(plugins.values()), host=True)["results"] if plugins else []
    findings = {look: result["findings"] for look, result in zip(plugins, results)}
    return {place: findings[look] for place, look in places.items()}


def _reasons_of_definitions(report: Report) -> dict[tuple[str, str], list[Reason]]:
    """From definition and place to what is wrong there."""
    found: dict[tuple[str, str], list[Reason]] = {}
    for finding in report.findings:
        if finding.effect != INFO:
            message = f"{finding.title}. {finding.message}"
            drops = KINDS[finding.code].drops
            reason = Reason(finding.code, finding.effect, message, finding.cure, finding.where, drops=drops)
            found.setdefault((finding.definition, finding.where), []).append(reason)
    return found


def _reasons_of_file(findings: t.Iterable[t.Mapping[str, t.Any]], symbol: str) -> list[Reason]:
    """Those of a file that matter to one symbol."""
    return [
        Reason(one["code"], one["effect"], f"{one['title']}. {one['message']}", tuple(one["cure"]), in_set=one["stage"] == SET)
        for one in findings
        if one["effect"] != INFO and one["evidence"].get("symbol", symbol) == symbol
    ]
