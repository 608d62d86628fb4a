# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of a play as one value that reports are made of: a grid of plugins and places, and what is behind its cells. Pure.

Rows say what a run did, an overview what is so: the same plugins in the same state give the same overview, whichever run found it.
"""

from __future__ import annotations

import json
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import shortened, shown
from ansible_collections.goplugins.tyk.plugins.plugin_utils import report

_TEXTS = ("plugin", "host", "gateway", "target", "loaded", "artifact", "findings", "cause")
# What this run did, as what is so now.
_NOW = {"unchanged": "deployed", "upgraded before": "upgraded"}
_WELL = ("loads", "deployed", "upgraded", "ready")
_OPEN = ("unknown", "not begun", "no plugins")
# The worst first. noted: it loads, and there is something to know of it.
TONES = ("bad", "open", "noted", "good")
# Characters of the causes in all, and of one of them where there are many.
_CHARACTERS = 300_000
_OF_ONE = (600, 20_000)
_TITLE = 110
_LARGEST = 1e15
# Of a list in the evidence, and of the packages that differ.
_ITEMS = 12


class Place(t.NamedTuple):
    """Where a plugin belongs: a gateway and a target, or a gateway host and its gateway."""

    title: str
    subtitle: str


class Result(t.NamedTuple):
    """One row. number: from 1, in the order of the rows. cause: number of its cause; 0 where there is nothing to say. size: bytes."""

    number: int
    plugin: str
    place: Place
    host: str
    verdict: str
    tone: str
    bad: bool
    loaded: str
    artifact: str
    size: int
    seconds: float
    cause: int

    @property
    def link(self) -> str:
        """The part of the page that explains it."""
        return f"cause-{self.cause}" if self.cause else f"result-{self.number}"


class Finding(t.NamedTuple):
    """One reason, as C(tyk_plugin_verify) found it, or as an error says it. evidence: (name, text). packages: the first that differ."""

    code: str
    title: str
    message: str
    meaning: str
    evidence: list[tuple[str, str]]
    packages: list[str]
    more: int
    fix: list[str]


class Raised(t.NamedTuple):
    """A module that a plugin gets at another version than the gateway has. path: from the plugin to it, as C(module@version)."""

    module: str
    gateway: str
    plugin: str
    path: list[str]


class Cause(t.NamedTuple):
    """What several rows have in common."""

    number: int
    tone: str
    bad: bool
    verdict: str
    title: str
    results: list[Result]
    findings: list[Finding]
    raised: list[Raised]


class Overview(t.NamedTuple):
    """playbook: its name. counts: (tone, verdict, how many). grid: of each plugin the results at each of C(places). remarks: sentences."""

    playbook: str
    headline: str
    summary: str
    bad: int
    counts: list[tuple[str, str, int]]
    places: list[Place]
    grid: list[tuple[str, list[list[Result]]]]
    results: list[Result]
    causes: list[Cause]
    remarks: list[str]


def of_rows(playbook: str, rows: t.Sequence[t.Mapping[str, t.Any]], by_target: bool, remarks: t.Iterable[str] = ()) -> Overview:
    """The overview of a play. by_target: whether a place is a gateway and a target; otherwise it is a host."""
    rows = [_now(row) for row in shown(rows)]
    numbers = _numbered(rows)
    results = [_result(number, row, by_target, numbers.get(_key(row), 0)) for number, row in enumerate(rows, 1)]
    of_plugins = [one for one in results if one.plugin != "-"]
    places = list(dict.fromkeys(one.place for one in of_plugins))
    # What failed before there was a target failed for each target of that gateway.
    if by_target:
        places = [place for place in places if place.subtitle or not any(other.subtitle for other in places if other.title == place.title)]
    bad = sum(one.bad for one in results)
    summary = report.summary(rows)
    return Overview(
        playbook=shown(playbook),
        headline=f"{bad} of {len(results)} need attention" if bad > 1 else f"1 of {len(results)} needs attention" if bad else summary,
        summary=summary,
        bad=bad,
        counts=_counts(results),
        places=places,
        grid=_grid(of_plugins, places),
        results=results,
        causes=_causes(rows, results, numbers),
        remarks=shown(list(remarks)),
    )


def _now(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    texts = {name: _text(row.get(name)) for name in _TEXTS}
    found = _text(row.get("verdict"))
    verdict = _NOW.get(found, found) or "unknown"
    return {**row, **texts, "plugin": texts["plugin"] or "-", "verdict": verdict, "bad": bool(row.get("bad"))}


def _result(number: int, row: t.Mapping[str, t.Any], by_target: bool, cause: int) -> Result:
    return Result(
        number=number,
        plugin=row["plugin"],
        place=Place(row["gateway"], row["target"]) if by_target else Place(row["host"], _gateway(row)),
        host=row["host"],
        verdict=row["verdict"],
        tone=_tone(row),
        bad=row["bad"],
        loaded=row["loaded"],
        artifact=row["artifact"],
        size=int(_number(row.get("size"))),
        seconds=_number(row.get("seconds")),
        cause=cause,
    )


def _gateway(row: t.Mapping[str, t.Any]) -> str:
    following = _text(row.get("next"))
    if not following or following == row["gateway"] or row["verdict"] == "upgraded":
        return following or row["gateway"]
    return f"{row['gateway']} \N{RIGHTWARDS ARROW} {following}"


def _tone(row: t.Mapping[str, t.Any]) -> str:
    if row["bad"]:
        return "open" if row["verdict"] in _OPEN else "bad"
    if row["verdict"] not in _WELL:
        return "open"
    return "noted" if row["findings"] else "good"


def _counts(results: t.Sequence[Result]) -> list[tuple[str, str, int]]:
    counted: dict[tuple[str, str], int] = {}
    for one in results:
        counted[one.tone, one.verdict] = counted.get((one.tone, one.verdict), 0) + 1
    return [(*key, count) for key, count in sorted(counted.items(), key=lambda item: TONES.index(item[0][0]))]


def _grid(results: t.Sequence[Result], places: t.Sequence[Place]) -> list[tuple[str, list[list[Result]]]]:
    cells: dict[str, dict[Place, list[Result]]] = {}
    for one in results:
        of_plugin = cells.setdefault(one.plugin, {})
        for place in [one.place] if one.place in places else [place for place in places if place.title == one.place.title]:
            of_plugin.setdefault(place, []).append(one)
    return [(plugin, [of_plugin.get(place, []) for place in places]) for plugin, of_plugin in cells.items()]


# --- Causes -------------------------------------------------------------------------------------------------------------------------


def _key(row: t.Mapping[str, t.Any]) -> str:
    """Rows with the same are explained once; empty where there is nothing to explain."""
    said = [row["cause"], row.get("details") or [], row.get("raised") or []]
    if not (any(said) or row["bad"]):
        return ""
    return json.dumps([row["bad"], row["verdict"], _tone(row), said, row.get("fix") or []], sort_keys=True, default=str)


def _numbered(rows: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, int]:
    """From key to number, the worst first."""
    worst = sorted((row for row in rows if _key(row)), key=lambda row: (not row["bad"], TONES.index(_tone(row))))
    return {key: number for number, key in enumerate(dict.fromkeys(map(_key, worst)), 1)}


def _causes(rows: t.Sequence[t.Mapping[str, t.Any]], results: t.Sequence[Result], numbers: t.Mapping[str, int]) -> list[Cause]:
    most = min(max(_CHARACTERS // max(len(numbers), 1), _OF_ONE[0]), _OF_ONE[1])
    first = {one.cause: row for row, one in zip(reversed(rows), reversed(results))}
    alike: dict[int, list[Result]] = {}
    for one in results:
        alike.setdefault(one.cause, []).append(one)
    return [_cause(number, first[number], alike[number], most) for number in numbers.values()]


def _cause(number: int, row: t.Mapping[str, t.Any], results: list[Result], most: int) -> Cause:
    findings = [_finding(one, most) for one in _dictionaries(row.get("details"))]
    if not findings:
        text = row["cause"] or "The reason is not known."
        findings = [Finding("", "", shortened(text, most), "", [], [], 0, [shortened(line, most) for line in _texts(row.get("fix"))])]
    titles = ", ".join(dict.fromkeys(one.title for one in findings if one.title)) or findings[0].message
    return Cause(
        number=number,
        tone=results[0].tone,
        bad=row["bad"],
        verdict=row["verdict"],
        title=_cut(next(iter(titles.strip().splitlines()), ""), _TITLE),
        results=results,
        findings=findings,
        raised=[_raised(one) for one in _dictionaries(row.get("raised"))],
    )


def _finding(value: t.Mapping[str, t.Any], most: int) -> Finding:
    packages = _texts(value.get("packages"))
    evidence = value.get("evidence") if isinstance(value.get("evidence"), dict) else {}
    return Finding(
        code=_text(value.get("code")),
        title=_text(value.get("title")),
        message=shortened(_text(value.get("message")), most),
        meaning=shortened(_text(value.get("meaning")), most),
        evidence=[(_text(name), _cut(_listed(item), most)) for name, item in evidence.items() if item not in ("", None, [], {})],
        packages=packages[:_ITEMS],
        more=max(int(_number(value.get("count"))) - len(packages[:_ITEMS]), 0),
        fix=[shortened(line, most) for line in _texts(value.get("fix"))],
    )


def _raised(value: t.Mapping[str, t.Any]) -> Raised:
    return Raised(_text(value.get("module")), _text(value.get("gateway")), _text(value.get("plugin")), _texts(value.get("path")))


def _listed(value: t.Any) -> str:
    if isinstance(value, dict):
        value = [f"{name} {item}" for name, item in value.items()]
    if not isinstance(value, list):
        return _text(value)
    more = f" and {len(value) - _ITEMS} more" if len(value) > _ITEMS else ""
    return f"{', '.join(map(_text, value[:_ITEMS]))}{more}"


# --- Values from anywhere -----------------------------------------------------------------------------------------------------------


def _dictionaries(value: t.Any) -> list[dict[str, t.Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: t.Any) -> list[str]:
    return list(map(_text, value)) if isinstance(value, (list, tuple)) else []


def _text(value: t.Any) -> str:
    return "" if value is None else str(shown(value if isinstance(value, str) else str(value)))


def _number(value: t.Any) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 < value < _LARGEST else 0.0


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
