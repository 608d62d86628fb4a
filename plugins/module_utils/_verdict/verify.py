# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From files to the result: read them, judge, and let the gateway prove it where that is wanted."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts, Plugin, gather
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import make
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.host import own_platform, read_host
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import (
    VERDICTS,
    Verdict,
    as_text,
    judge,
    overall,
    profile_findings,
)

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoFile
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import Trial


def platform_of(gateway: GoFile) -> Platform:
    """The platform in the names of a gateway's plugins; of a universal gateway that of this machine, else the first. Raises BinaryError."""
    own = own_platform()
    if not gateway.slices:
        return gateway.binary().platform
    goos, goarch = (own if own in gateway.slices else gateway.slices[0]).split("/")
    return Platform(goos, goarch)


def verify(
    gateway: GoFile,
    plugins: t.Sequence[Plugin],
    *,
    load: Trial | None = None,
    host: bool = False,
    profile: t.Mapping[str, t.Any] | None = None,
) -> dict[str, t.Any]:
    """The result of M(goplugins.tyk.tyk_plugin_verify): verdict, results, msg. Raises GoPluginsError."""
    pairings = gather(gateway, plugins, own_platform())
    files = [facts for pairing in pairings for facts in (pairing.gateway, *pairing.plugins)]
    machine = read_host(gateway.abi, _libraries(*files)) if host else None
    judged = [judge(*pairing, machine) for pairing in pairings]
    verdicts = []
    results = []
    for number in range(len(plugins)):
        which = min(range(len(pairings)), key=lambda which: VERDICTS.index(judged[which][number].verdict))
        of_gateway, facts = pairings[which].gateway, pairings[which].plugins[number]
        verdict = judged[which][number].with_findings(*profile_findings(of_gateway, profile or {}))
        loaded = None
        if load is not None:
            (alone,) = judge(of_gateway, [facts], machine)
            verdict, loaded = _load(gateway.path, facts, verdict, alone, load)
        verdicts.append(verdict)
        results.append({**verdict.as_dict(), "loaded": loaded})
    return {
        "verdict": overall(verdict.verdict for verdict in verdicts),
        "results": results,
        "msg": "\n".join(as_text(verdict) for verdict in verdicts),
    }


def effects(result: t.Mapping[str, t.Any]) -> set[str]:
    """The effects of all findings of a result."""
    return {finding["effect"] for one in result["results"] for finding in one["findings"]}


def _libraries(*files: Facts) -> list[str]:
    return list(dict.fromkeys(name for facts in files if facts.libraries for name in facts.libraries.needed))


def _load(gateway: str, plugin: Facts, verdict: Verdict, alone: Verdict, trial: Trial) -> tuple[Verdict, dict[str, t.Any]]:
    # Only here: who lets nothing be loaded is not to pay for what starts processes.
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import ask_all, not_loaded, prove

    if not plugin.wanted.load:
        return verdict.with_findings(make("load-not-wanted", {})), not_loaded()
    functions = [symbol.name for symbol in plugin.exported.values() if symbol.kind == "func"]
    symbols = list(dict.fromkeys([*plugin.wanted.symbols, *plugin.wanted.hooks]))
    # A file that cannot be opened is refused whatever is looked up in it.
    wanted = symbols or functions[:1] or list(plugin.exported)[:1] or ["AuthCheck"] * bool(plugin.unreadable)
    if not wanted:
        # Of a plugin that exports nothing the verdict says it.
        return verdict, not_loaded()
    trial = trial._replace(environment=plugin.wanted.environment, files=plugin.wanted.files)
    return prove(verdict, ask_all(gateway, plugin.path, wanted, trial), alone)
