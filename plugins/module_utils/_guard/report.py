# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guard says: lines for the journal, JSON, and Prometheus' text format. Pure: an outcome in, texts out."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import visible
from ansible_collections.goplugins.tyk.plugins.module_utils._guard.check import Outcome, Reason, Row
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import LOADS

ERROR, WARNING, NOTE = 3, 4, 6

_Labels = t.Tuple[t.Tuple[str, str], ...]


class Said(t.NamedTuple):
    """What one run found. time: seconds since 1970. refusals: how many reasons the policy counts. errors: what kept it from its work.

    disabled: from definition to whether it was disabled by this run.
    """

    outcome: Outcome
    time: float
    refusals: int
    errors: tuple[str, ...] = ()
    disabled: t.Mapping[str, bool] = {}


def lines(outcome: Outcome, counts: t.Callable[[Reason], bool]) -> list[tuple[int, str]]:
    """(level of syslog, text) of everything that is wrong, each on one line with its fix."""
    found: dict[str, int] = {}
    for row in outcome.rows:
        for reason in row.reasons:
            file = f" ({row.file})" if row.file and row.file != row.path else ""
            start = f"{row.api}: {row.symbol} of {row.path}{file}, {row.where} of {row.definition}"
            found.setdefault(_line(start, reason), ERROR if counts(reason) else WARNING)
    for api, definition, reason in outcome.loose:
        place = f"{reason.where} of {definition}" if reason.where else definition
        found.setdefault(_line(f"{api}: {place}" if api else place, reason), ERROR if counts(reason) else WARNING)
    return [(level, text) for text, level in found.items()]


def _line(start: str, reason: Reason) -> str:
    # Each is quoted already.
    advice = f" Fix: {' && '.join(reason.fix)}" if reason.fix else ""
    return visible(f"{start}: {reason.effect}: {reason.message} [{reason.code}]{advice}", kept="")


def summary(outcome: Outcome) -> str:
    """All of it in a few words."""
    bad = sum(row.verdict != LOADS for row in outcome.rows)
    apis = len({row.definition for row in outcome.rows})
    loose = len(outcome.loose)
    more = f"; {loose} more findings in definitions" if loose else ""
    return f"{outcome.version}: {len(outcome.rows)} plugins of {apis} APIs, {bad or 'none'} of which will not load{more}"


def as_dict(said: Said) -> dict[str, t.Any]:
    """The JSON: whether the plugins are loadable, which are not, and why."""
    outcome = said.outcome
    return {
        "gateway": {"path": outcome.gateway, "version": outcome.version, "platform": outcome.platform},
        "time": int(said.time),
        "loadable": not said.refusals and not said.errors,
        "errors": list(said.errors),
        "disabled": sorted(said.disabled),
        "plugins": [_row_as_dict(row) for row in outcome.rows],
        "findings": [{"api": api, "definition": definition, **_reason_as_dict(reason)} for api, definition, reason in outcome.loose],
    }


def _row_as_dict(row: Row) -> dict[str, t.Any]:
    return {
        **row._asdict(),
        "loadable": row.verdict == LOADS,
        "verdict": row.verdict,
        "reasons": [_reason_as_dict(reason) for reason in row.reasons],
    }


def _reason_as_dict(reason: Reason) -> dict[str, t.Any]:
    return {"code": reason.code, "effect": reason.effect, "message": reason.message, "where": reason.where, "fix": list(reason.fix)}


# --- Prometheus -----------------------------------------------------------------------------------------------------------------------


def prometheus(said: Said) -> str:
    """The text format, as node_exporter reads it from files (prometheus.io/docs/instrumenting/exposition_formats)."""
    outcome = said.outcome
    loadable: dict[_Labels, int] = {}
    for row in outcome.rows:
        # A plugin that is several hooks of an API is one series, and as bad as the worst of them.
        labels = (("api", row.api), ("plugin", row.path), ("symbol", row.symbol), ("gateway", outcome.version))
        loadable[labels] = min(loadable.get(labels, 1), int(row.verdict == LOADS))
    gateway = (("gateway", outcome.version or "unknown"),)
    disabled: dict[_Labels, int] = {(("definition", definition), *gateway): 1 for definition in said.disabled}
    return "".join(
        [
            _metric("tyk_plugin_loadable", "Whether the gateway loads a plugin that a definition names.", loadable),
            _metric("tyk_plugin_guard_disabled", "Definitions that the guard has taken from the gateway.", disabled),
            _metric("tyk_plugin_guard_refusals", "How many findings the policy refuse counts.", {gateway: said.refusals}),
            _metric("tyk_plugin_guard_errors", "How many errors kept the guard from its work.", {gateway: len(said.errors)}),
            _metric("tyk_plugin_guard_last_run_timestamp_seconds", "When the guard ran.", {gateway: int(said.time)}),
        ]
    )


def _metric(name: str, text: str, values: t.Mapping[_Labels, int]) -> str:
    head = [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
    series = [f"{name}{{{','.join(f'{key}={_label(value)}' for key, value in labels)}}} {value}" for labels, value in values.items()]
    return "".join(f"{line}\n" for line in (*head, *series)) if series else ""


def _label(value: str) -> str:
    # Any UTF-8 may stand there; a byte of a path that is none may not.
    text = value.encode("utf-8", "replace").decode()
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
