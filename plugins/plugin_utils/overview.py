# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rows of a play as one value that reports are made of: a grid of plugins and places, and what is behind its cells. Pure.

Rows say what a run did, an overview what is so: the same plugins in the same state give the same overview, whichever run found it.
"""

from __future__ import annotations

import itertools
import json
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import shortened, shown
from ansible_collections.goplugins.tyk.plugins.plugin_utils import report

_TEXTS = ("plugin", "host", "gateway", "target", "loaded", "artifact", "findings", "cause")
# What this run did, as what is so now.
_NOW = {"unchanged": "deployed", "upgraded before": "upgraded"}
_WELL = ("loads", "deployed", "upgraded", "ready")
_OPEN = ("unknown", "not begun", "no plugins")
# Nothing stands in the way of it.
_NOTED = "info"
# The worst first. noted: it loads, and there is something to know of it.
TONES = ("bad", "open", "noted", "good")
# Characters of the causes in all, and of one of them: at least, where there are many, and at most.
_CHARACTERS = 200_000
_OF_CAUSE = (400, 20_000)
# What a finding may always take of them, what must be left for one more to say anything, and what is left of a message in any case.
_OF_FINDING = 500
_LEAST = 300
_MESSAGE = 200
# What one means is said once, so there is always room for it.
_MEANING = 500
# What a finding takes of them besides its words.
_MARKUP = 100
_TITLE = 110
_NAME = 200
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
    """One reason, as C(tyk_plugin_verify) found it, or as an error says it.

    meaning: empty where another finding has the same, which is at the cause with the number C(meant).
    evidence: (name, text). packages: the first that differ; C(more) do. left_out: what was too long, in words.
    """

    code: str
    title: str
    message: str
    meaning: str
    meant: int
    evidence: list[tuple[str, str]]
    packages: list[str]
    more: int
    fix: list[str]
    left_out: list[str]

    @property
    def differing(self) -> str:
        """The packages that differ, in words; empty where none do."""
        if not self.packages:
            return str(self.more or "")
        return f"{', '.join(self.packages)}{f' and {self.more} more' if self.more else ''}"


class Raised(t.NamedTuple):
    """A module that a plugin gets at another version than the gateway has. path: from the plugin to it, as C(module@version)."""

    module: str
    gateway: str
    plugin: str
    path: list[str]


class Cause(t.NamedTuple):
    """What several rows have in common. hidden: how many more findings there are."""

    number: int
    tone: str
    bad: bool
    verdict: str
    title: str
    results: list[Result]
    findings: list[Finding]
    hidden: int
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
    if row["verdict"] not in (*_WELL, _NOTED):
        return "open"
    return "noted" if row["findings"] or row["verdict"] == _NOTED else "good"


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
    return json.dumps(_comparable([row["bad"], row["verdict"], _tone(row), said, row.get("fix") or []]), sort_keys=True, default=str)


def _comparable(value: t.Any) -> t.Any:
    """The value with texts for keys: others cannot be sorted among them."""
    if isinstance(value, dict):
        return {str(key): _comparable(item) for key, item in value.items()}
    return list(map(_comparable, value)) if isinstance(value, (list, tuple)) else value


def _numbered(rows: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, int]:
    """From key to number, the worst first."""
    worst = sorted((row for row in rows if _key(row)), key=lambda row: (not row["bad"], TONES.index(_tone(row))))
    return {key: number for number, key in enumerate(dict.fromkeys(map(_key, worst)), 1)}


def _causes(rows: t.Sequence[t.Mapping[str, t.Any]], results: t.Sequence[Result], numbers: t.Mapping[str, int]) -> list[Cause]:
    most = min(max(_CHARACTERS // max(len(numbers), 1), _OF_CAUSE[0]), _OF_CAUSE[1])
    first = {one.cause: row for row, one in zip(reversed(rows), reversed(results))}
    alike: dict[int, list[Result]] = {}
    for one in results:
        alike.setdefault(one.cause, []).append(one)
    causes: list[Cause] = []
    meant: dict[str, int] = {}
    for number in numbers.values():
        cause = _cause(number, first[number], alike[number], most, meant)
        meant = {**{one.meaning: number for one in cause.findings if one.meaning}, **meant}
        causes.append(cause)
    return causes


def _cause(number: int, row: t.Mapping[str, t.Any], results: list[Result], most: int, meant: t.Mapping[str, int]) -> Cause:
    values = _dictionaries(row.get("details")) or [{"message": row["cause"] or "The reason is not known.", "fix": row.get("fix")}]
    findings = _findings(values, most, meant)
    titles = ", ".join(filter(None, dict.fromkeys(_text(one.get("title")) for one in values))) or findings[0].message
    return Cause(
        number=number,
        tone=results[0].tone,
        bad=row["bad"],
        verdict=row["verdict"],
        title=cut(next(iter(titles.strip().splitlines()), ""), _TITLE),
        results=results,
        findings=findings,
        hidden=len(values) - len(findings),
        raised=[_raised(one) for one in _dictionaries(row.get("raised"))],
    )


def _findings(values: t.Sequence[t.Mapping[str, t.Any]], most: int, meant: t.Mapping[str, int]) -> list[Finding]:
    """The first findings, at least one, of C(most) characters together: each has its share of what those before it left."""
    findings: list[Finding] = []
    for index, value in enumerate(values):
        if findings and most < _LEAST:
            break
        one = _finding(value, max(most // (len(values) - index), min(most, _OF_FINDING)), meant)
        most -= _length(one)
        # A meaning is said once.
        meant = {one.meaning: 0, **meant} if one.meaning else meant
        findings.append(one)
    return findings


def _finding(value: t.Mapping[str, t.Any], most: int, meant: t.Mapping[str, int]) -> Finding:
    """A finding of about C(most) characters. Half of them are for the fix if it needs them, as it is of no use in part."""
    code, title = cut(_text(value.get("code")), _TITLE), cut(_text(value.get("title")), _NAME)
    fixes = _texts(value.get("fix"))
    left = most - len(code) - len(title)
    message = shortened(_text(value.get("message")), max(left - min(sum(map(len, fixes)), left // 2), _MESSAGE))
    left -= len(message)
    fix = _first(fixes, left)
    left -= sum(map(len, fix))
    said = _text(value.get("meaning"))
    meaning = said if said not in meant and len(said) <= max(left, _MEANING) else ""
    left -= len(meaning)
    evidence = _evidence(value.get("evidence"))
    count = len(_first([f"{name}{text}" for name, text in evidence], left))
    left -= sum(len(name) + len(text) for name, text in evidence[:count])
    packages = _texts(value.get("packages"))
    first = _first(packages[:_ITEMS], left)
    return Finding(
        code=code,
        title=title,
        message=message,
        meaning=meaning,
        meant=meant.get(said, 0),
        evidence=evidence[:count],
        packages=first,
        more=max(int(_number(value.get("count"))), len(packages)) - len(first),
        fix=fix,
        left_out=_left_out(len(fixes) - len(fix), len(evidence) - count, bool(said) and not meaning and said not in meant),
    )


def _left_out(fix: int, evidence: int, meaning: bool) -> list[str]:
    words = [f"{fix} line{'s' * (fix > 1)} of the fix" if fix else "", f"{evidence} of the evidence" if evidence else ""]
    return [word for word in [*words, "what it means" if meaning else ""] if word]


def _length(one: Finding) -> int:
    texts = [one.code, one.title, one.message, one.meaning, *(text for pair in one.evidence for text in pair), *one.packages, *one.fix]
    return sum(map(len, texts)) + _MARKUP


def _first(texts: t.Sequence[str], most: int) -> list[str]:
    """The first texts, whole, as long as they have C(most) characters together."""
    lengths = itertools.accumulate(map(len, texts))
    return [text for text, length in zip(texts, lengths) if length <= most]


def _evidence(value: t.Any) -> list[tuple[str, str]]:
    items = value.items() if isinstance(value, dict) else ()
    return [(_text(name), _listed(item)) for name, item in items if item not in ("", None, [], {})]


def _raised(value: t.Mapping[str, t.Any]) -> Raised:
    words = [cut(_text(value.get(name)), _NAME) for name in ("module", "gateway", "plugin")]
    return Raised(*words, [cut(step, _NAME) for step in _texts(value.get("path"))])


def _listed(value: t.Any) -> str:
    if isinstance(value, dict):
        value = [f"{name} {item}" for name, item in value.items()]
    if not isinstance(value, list):
        return _text(value)
    return report.named(list(map(_text, value)), _ITEMS)


# --- Values from anywhere -----------------------------------------------------------------------------------------------------------


def _dictionaries(value: t.Any) -> list[dict[str, t.Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(value: t.Any) -> list[str]:
    return list(map(_text, value)) if isinstance(value, (list, tuple)) else []


def _text(value: t.Any) -> str:
    return "" if value is None else str(shown(value if isinstance(value, str) else str(value)))


def _number(value: t.Any) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 < value < _LARGEST else 0.0


def cut(text: str, most: int) -> str:
    """The text, or its beginning where it has more than C(most) characters."""
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
