# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The findings of a gateway and its plugins, and the verdict that follows from them. Pure: facts in, values out."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import FULL_SIGNATURES, SIGNATURES, near_miss
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.versions import dotted, newest_glibc
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.causes import Owners, compare, explain
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.commands import commands, zig_compiler
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import RUNTIME, Facts
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import Finding, make, printable
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.host import Host, host_findings
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import EFFECTS, FAILS, INFO, OPEN, PACKAGES, UNKNOWN

LOADS = "loads"
# The worst first.
VERDICTS = (FAILS, UNKNOWN, LOADS)


class Verdict(t.NamedTuple):
    """What the gateway will do with one plugin.

    plugin: the path of its file. name: of the plugin, None where only its file is known.
    first_package: the package that the loader's error will name, None where it names none.
    differing: all packages that differ, in the loader's order. shared: how many packages both have.
    """

    plugin: str
    name: str | None
    verdict: str
    findings: tuple[Finding, ...]
    first_package: str | None
    differing: tuple[str, ...]
    shared: int

    def with_findings(self, *more: Finding) -> Verdict:
        """The verdict with further findings, the worst first."""
        findings = tuple(sorted((*self.findings, *more), key=lambda finding: EFFECTS.index(finding.effect)))
        return self._replace(findings=findings, verdict=_follows_from(findings))

    def as_dict(self) -> dict[str, t.Any]:
        """The verdict as it stands in the module's result."""
        findings = [finding.as_dict() for finding in self.findings]
        return {**self._asdict(), "findings": findings, "differing": list(self.differing)}


def judge(gateway: Facts, plugins: t.Sequence[Facts], host: Host | None = None) -> tuple[Verdict, ...]:
    """One verdict for each plugin, as if they were loaded into one gateway process in this order.

    host: the machine that gateway and plugins run on, where it is known.
    """
    alone = [_judge_one(gateway, plugin, host) for plugin in plugins]
    verdicts = []
    for number, (plugin, verdict) in enumerate(zip(plugins, alone)):
        conflicts = _conflicts(gateway, plugin, list(zip(plugins[:number], alone[:number])))
        verdicts.append(_with_conflicts(verdict, conflicts, tuple(plugin.fingerprints)))
    return tuple(verdicts)


def overall(verdicts: t.Iterable[str]) -> str:
    """The worst of several verdicts."""
    return min(verdicts, key=VERDICTS.index, default=LOADS)


def _follows_from(findings: t.Iterable[Finding]) -> str:
    effects = {finding.effect for finding in findings}
    return next((effect for effect in (FAILS, UNKNOWN) if effect in effects), LOADS)


def _judge_one(gateway: Facts, plugin: Facts, host: Host | None) -> Verdict:
    findings = [*_file_findings(gateway, plugin), *_slice_findings(gateway, plugin)]
    comparable = not any(finding.stage == OPEN or finding.effect == UNKNOWN for finding in findings)
    shared, differing = compare(gateway, plugin) if comparable else ((), ())
    if comparable:
        findings += explain(gateway, plugin)
        findings += _library_findings(gateway, plugin)
        findings += host_findings(gateway, plugin, host) if host else ()
        findings += _symbol_findings(plugin)
    opens = not any(finding.stage == OPEN and finding.effect == FAILS for finding in findings)
    first = differing[0] if differing and opens else None
    return Verdict(plugin.path, plugin.wanted.name, LOADS, (), first, differing, len(shared)).with_findings(*findings)


def profile_findings(gateway: Facts, expected: t.Mapping[str, t.Any]) -> list[Finding]:
    """Where the gateway's binary is not what a build profile says."""
    if gateway.unreadable:
        return []
    rows = gateway.profile.differences(expected)
    return [make("profile-differs", {"name": name, "expected": other, "gateway": value}) for name, other, value in rows]


def as_text(verdict: Verdict) -> str:
    """The verdict for people, without findings that do not matter to them: what differs, and below it the commands that fix it."""
    path = printable(verdict.plugin)
    lines = [f"{f'{printable(verdict.name)} ({path})' if verdict.name else path}: {verdict.verdict}"]
    if verdict.first_package is not None:
        lines[0] += f" (plugin was built with a different version of package {printable(verdict.first_package)})"
    for finding in verdict.findings:
        if finding.effect != INFO:
            lines.append(f"  {finding.effect}: {finding.title} [{finding.code}]. {finding.message}")
            lines.extend(f"    {'Fix:' if number == 0 else '    '} {command}" for number, command in enumerate(finding.cure))
    return "\n".join(lines)


# --- The two files --------------------------------------------------------------------------------------------------------------------


def _file_findings(gateway: Facts, plugin: Facts) -> t.Iterator[Finding]:
    """Whether the files are what they are said to be: a finding of the stage open ends the comparison."""
    if gateway.unreadable:
        yield make("gateway-not-a-go-binary", {"path": gateway.path, "reason": gateway.unreadable})
    if plugin.absent:
        code = "plugin-file-unreadable" if plugin.absent == "unreadable" else "plugin-file-missing"
        yield make(code, {"path": plugin.path, "reason": plugin.unreadable})
    elif plugin.unreadable:
        yield make("not-a-go-binary", {"path": plugin.path, "reason": plugin.unreadable, **commands(gateway)})
    if gateway.unreadable or plugin.unreadable:
        return
    if plugin.build_mode != "plugin":
        yield make("not-a-plugin", {"path": plugin.path, "build_mode": plugin.build_mode or "exe", **commands(gateway)})
    elif not plugin.fingerprints:
        yield make("fingerprints-missing", {"path": plugin.path, **commands(gateway)})
    if gateway.settings.get("CGO_ENABLED") == "0":
        yield make("cgo-off", {"side": "gateway", **commands(gateway)})
    elif RUNTIME not in gateway.fingerprints:
        tags = gateway.settings.get("-tags", "").split(",")
        yield make("gateway-without-plugins", {"path": gateway.path, "tags": list(filter(None, tags)), **commands(gateway)})
    for side, facts in (("gateway", gateway), ("plugin", plugin)):
        recorded = {"its Go version": facts.go_version, "the build settings": facts.settings, "its modules": facts.main or facts.deps}
        missing = [what for what, known in recorded.items() if not known]
        if missing:
            yield make("build-info-missing", {"side": side, "path": facts.path, "missing": missing})


def _slice_findings(gateway: Facts, plugin: Facts) -> t.Iterator[Finding]:
    """Which part of a universal file the verdict is about."""
    if max(len(gateway.slices), len(plugin.slices)) > 1:
        words = {side: facts.slices or (facts.platform,) for side, facts in (("gateway", gateway), ("plugin", plugin))}
        yield make("universal-file", {"judged": gateway.platform, **{side: list(names) for side, names in words.items()}})


def _library_findings(gateway: Facts, plugin: Facts) -> t.Iterator[Finding]:
    if gateway.libraries is None or plugin.libraries is None or gateway.platform != plugin.platform:
        return
    one, other = gateway.libraries.libc, plugin.libraries.libc
    if one and other and one != other:
        compiler = zig_compiler(gateway.platform, dotted(newest_glibc(gateway.libraries.versions)), one)
        words = {"gateway": one, "plugin": other}
        yield make("libc-differs", {**words, "compiler": compiler, **commands(gateway)}, evidence=words)
        return
    newest = [newest_glibc(libraries.versions) for libraries in (gateway.libraries, plugin.libraries)]
    if newest[1] > newest[0]:
        words = {"gateway": dotted(newest[0]), "plugin": dotted(newest[1])}
        compiler = zig_compiler(gateway.platform, words["gateway"])
        yield make("libc-newer-than-gateway", {**words, "compiler": compiler, **commands(gateway)}, evidence=words)


# --- Symbols --------------------------------------------------------------------------------------------------------------------------


def _symbol_findings(plugin: Facts) -> t.Iterator[Finding]:
    hooks = plugin.wanted.hooks
    if not plugin.exported and not plugin.wanted.symbols and not hooks and plugin.plugin_path is not None:
        yield make("nothing-exported", {})
    # Where no symbol is named, the loader's answer to one that is found would look as if all were well.
    if plugin.exported and not plugin.wanted.symbols and not hooks and not any(one.kind == "func" for one in plugin.exported.values()):
        yield make("variables-only", {"symbols": sorted(plugin.exported)})
    for name in dict.fromkeys([*plugin.wanted.symbols, *hooks]):
        words: dict[str, t.Any] = {"symbol": name, "pattern": f"\\b{name}\\b"}
        symbol = plugin.exported.get(name)
        if symbol is None:
            yield make("symbol-missing", {**words, "exported": sorted(plugin.exported)})
        elif name in hooks:
            words.update(hook=hooks[name], wanted=SIGNATURES[hooks[name]])
            if symbol.kind != "func":
                yield make("symbol-not-a-function", words)
            elif symbol.signature is not None and symbol.signature != words["wanted"]:
                yield make("signature-differs", {**words, "found": symbol.signature})
            elif plugin.hook_types.get(name) is None:
                yield make("signature-unknown", words)
            elif not plugin.hook_types[name]:
                words["wanted"] = FULL_SIGNATURES[hooks[name]]
                yield make("signature-differs", {**words, "found": f"{symbol.signature}, with types of another package of that name"})
    yield from _guessed_findings(plugin)


def _guessed_findings(plugin: Facts) -> t.Iterator[Finding]:
    """What the signatures of functions tell that may be hooks, where nothing says of which kind they are."""
    hooks, symbols = plugin.wanted.hooks, plugin.wanted.symbols
    names = symbols if symbols or hooks else plugin.exported
    guessed = [
        name for name in dict.fromkeys(names) if name not in hooks and name in plugin.exported and plugin.exported[name].kind == "func"
    ]
    for name in guessed:
        found = plugin.exported[name].signature or ""
        wanted, apart = near_miss(found)
        if wanted and (symbols or not apart):
            yield make("signature-near-miss", {"symbol": name, "pattern": f"\\b{name}\\b", "found": found, "wanted": wanted})
    if guessed:
        yield make("signatures-unchecked", {"symbols": guessed})


# --- A set of plugins -----------------------------------------------------------------------------------------------------------------


def _conflicts(gateway: Facts, plugin: Facts, earlier: t.Sequence[tuple[Facts, Verdict]]) -> list[Finding]:
    """What the plugins that are loaded before make of this one.

    Each plugin that the system opened, even one that the runtime then refuses, stays in the process and gives later ones its packages
    (dlopen with RTLD_GLOBAL). One that loads also keeps its path. The same file is opened only once.
    """
    opened = [(facts, verdict) for facts, verdict in earlier if facts.fingerprints and not _stopped(verdict, OPEN)]
    if not opened or any(os.path.realpath(facts.path) == os.path.realpath(plugin.path) for facts, _verdict in opened):
        return []
    filled = commands(gateway)
    for facts, verdict in opened:
        if plugin.plugin_path and facts.plugin_path == plugin.plugin_path and not _stopped(verdict, PACKAGES):
            words = {"plugin": plugin.path, "other": facts.path, "plugin_path": plugin.plugin_path, "suggestion": f"{plugin.plugin_path}2"}
            return [make("plugin-path-taken", {**words, **filled})]
    apart: dict[tuple[int, str], list[str]] = {}
    for package, fingerprint in plugin.fingerprints.items():
        if package not in gateway.fingerprints:
            owner = next((number for number, (facts, _verdict) in enumerate(opened) if package in facts.fingerprints), None)
            if owner is not None and opened[owner][0].fingerprints[package] != fingerprint:
                apart.setdefault((owner, Owners(plugin, opened[owner][0]).module(package)), []).append(package)
    return [_apart(plugin, *opened[owner], module, packages, filled) for (owner, module), packages in apart.items()]


def _apart(plugin: Facts, other: Facts, of_other: Verdict, module: str, packages: t.Sequence[str], filled: t.Mapping[str, str]) -> Finding:
    version = next((known.version for known in other.deps if known.path == module), "")
    words = {
        "plugin": plugin.path,
        "other": other.path,
        "first": packages[0],
        "module": module or packages[0],
        "version": version or "VERSION",
    }
    finding = make("plugins-differ", {**words, **filled}, packages=packages)
    if _stopped(of_other, PACKAGES):
        remark = f"The gateway refuses {printable(other.path)} too, but keeps what it opened of it: fix that plugin first."
        return finding._replace(message=f"{finding.message} {remark}", cure=())
    return finding


def _stopped(verdict: Verdict, *stages: str) -> bool:
    return any(finding.effect == FAILS and finding.stage in stages for finding in verdict.findings)


def _with_conflicts(verdict: Verdict, conflicts: t.Sequence[Finding], order: t.Sequence[str]) -> Verdict:
    if not conflicts:
        return verdict
    named = {package for finding in conflicts for package in finding.packages} | {verdict.first_package}
    opens = not _stopped(verdict, OPEN) and all(finding.packages for finding in conflicts)
    first = next((package for package in order if package in named), None) if opens else None
    return verdict._replace(first_package=first).with_findings(*conflicts)
