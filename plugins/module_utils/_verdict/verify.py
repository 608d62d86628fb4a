# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From paths to the result: read the files, judge, and let the gateway prove it where that is wanted."""

from __future__ import annotations

import concurrent.futures
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts, gather
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.host import own_platform, read_host
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import ask, not_asked, prove
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import (
    VERDICTS,
    Verdict,
    as_text,
    expectations,
    judge,
    overall,
)


class Load(t.NamedTuple):
    """How to let the gateway load a plugin: the words of the command, and the seconds that it may take."""

    command: t.Sequence[str]
    timeout: float


def verify(
    gateway: str,
    plugins: t.Sequence[str],
    *,
    symbols: t.Sequence[str] = (),
    hooks: t.Mapping[str, str] | None = None,
    load: Load | None = None,
    host: bool = False,
    profile: t.Mapping[str, t.Any] | None = None,
    plugin_symbols: t.Mapping[str, t.Sequence[str]] | None = None,
) -> dict[str, t.Any]:
    """The result of M(goplugins.tyk.tyk_plugin_verify): verdict, results, msg. Raises GoPluginsError."""
    hooks = checked_hooks(hooks or {})
    own = plugin_symbols or {}
    unknown = sorted(set(own) - set(plugins))
    if unknown:
        raise GoPluginsError(f"plugin_symbols: {unknown[0]} is none of the plugins", "use the very paths of the option plugins")
    if not plugins:
        raise GoPluginsError("plugins is an empty list", "name at least one plugin")
    pairings = gather(gateway, plugins, hooks, own_platform())
    files = [facts for pairing in pairings for facts in (pairing.gateway, *pairing.plugins)]
    machine = read_host(gateway, _libraries(*files)) if host else None
    judged = [judge(*pairing, symbols, hooks, machine, own) for pairing in pairings]
    verdicts = []
    results = []
    for number in range(len(plugins)):
        which = min(range(len(pairings)), key=lambda which: VERDICTS.index(judged[which][number].verdict))
        of_gateway, facts = pairings[which].gateway, pairings[which].plugins[number]
        verdict = judged[which][number].with_findings(*expectations(of_gateway, profile or {}))
        loaded = None
        if load is not None:
            (alone,) = judge(of_gateway, [facts], symbols, hooks, machine, own)
            verdict, loaded = _load(gateway, facts, verdict, alone, [*symbols, *own.get(facts.path, ()), *hooks], load)
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


def _load(
    gateway: str, plugin: Facts, verdict: Verdict, alone: Verdict, symbols: t.Sequence[str], load: Load
) -> tuple[Verdict, dict[str, t.Any]]:
    functions = [symbol.name for symbol in plugin.exported.values() if symbol.kind == "func"]
    # A file that cannot be opened is refused whatever is looked up in it.
    wanted = list(dict.fromkeys(symbols)) or functions[:1] or ["AuthCheck"] * bool(plugin.unreadable)
    if not wanted:
        return not_asked(verdict, "no symbol is given, and the plugin exports no function")
    # Each is a process of its own, as one that loads a bad plugin may die of it.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        answers = list(pool.map(lambda symbol: ask(gateway, plugin.path, symbol, load.command, load.timeout), wanted))
    return prove(verdict, answers, alone)
