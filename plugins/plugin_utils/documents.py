# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An overview as a page for people (HTML), as results for CI (JUnit), as a comment on a pull request (Markdown). Pure: text comes out.

What an overview holds comes from compilers, files and hosts that nobody vouches for. So none of it is taken for markup: jinja2 escapes the
page, ElementTree the XML, and in Markdown each character that could mean something is a reference, or in a block of code.

JUnit is what Jenkins and GitLab read: https://github.com/testmoapp/junitxml, and junit-10.xsd of https://github.com/jenkinsci/xunit-plugin
"""

from __future__ import annotations

import base64
import collections
import functools
import hashlib
import pathlib
import re
import typing as t
import unicodedata
import xml.etree.ElementTree as ET

import jinja2
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import shortened
from ansible_collections.goplugins.tyk.plugins.plugin_utils.overview import Cause, Overview, Raised, Result, cut
from ansible_collections.goplugins.tyk.plugins.plugin_utils.report import named

# In the head of each document. A file without it is somebody else's.
MARK = "goplugins.tyk report"
_BARS = 16
# Of a text that is no box.
_PARAGRAPH = 1000
_PARAGRAPH_LINES = 12
# Of the modules in one graph, of the modules and lines of all graphs, and of the lines that a graph may always have.
_NODES = 24
_DRAWN = 400
_LISTED = 5
# Of a longer way the ends are drawn.
_WAY = 8
_END = 3
# What a pull request takes is 65,536 characters. Of them: a sentence in the head, which may become six times as long, all remarks, the
# table, and what is always left of the text of a cause.
_MARKDOWN = 60_000
_SENTENCE = 1000
_MARKDOWN_REMARKS = 8_000
_MARKDOWN_TABLE = 24_000
_MARKDOWN_ROWS = 100
_MARKDOWN_CAUSE = 1000
_SYMBOLS = {"bad": "\N{BALLOT X}", "open": "?", "noted": "!", "good": "\N{CHECK MARK}"}
# More columns have their names upright, and symbols in place of words.
_WIDE = 8

# --- HTML ---------------------------------------------------------------------------------------------------------------------------


def as_html(overview: Overview, time: str) -> str:
    """One page that needs no other file and no network. time: since when it is so, in UTC, as C(2026-01-31T12:00:00Z)."""
    return _template().render(
        overview=overview,
        time=time,
        mark=MARK,
        dense=len(overview.places) > _WIDE,
        graphs=graphs(overview.causes),
        well=[one for one in overview.results if not one.cause],
        timed=_bars([one for one in overview.results if one.seconds], "seconds"),
        sized=_bars([one for one in overview.results if one.size], "size"),
    )


@functools.lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    folder = pathlib.Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(bytes=size_of, seconds=seconds_of, day=day_of, parts=_parts, safe_hash=_hash)
    environment.tests.update(command=lambda line: line.startswith("$ "), short=_short)
    return environment.get_template("report.html.j2")


def _hash(text: str) -> str:
    """What Content-Security-Policy names an inline style or script by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _short(text: str) -> bool:
    """Whether a text is shown whole; a longer one scrolls in a box, which the keyboard must reach."""
    return 0 < len(text) <= _PARAGRAPH and text.count("\n") < _PARAGRAPH_LINES


def _parts(path: str) -> tuple[str, str]:
    """The folder and the name in it; as they are shown, a row of paths differs in the second."""
    folder, slash, name = path.rpartition("/")
    return folder + slash, name


def size_of(count: int) -> str:
    """A number of bytes in words."""
    if count < 1_000_000:
        return f"{count / 1000:.0f} kB" if count >= 1000 else f"{count} B"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def seconds_of(seconds: float) -> str:
    """A duration in words."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def day_of(time: str) -> str:
    """2026-01-31T12:00:00Z as 2026-01-31 12:00 UTC."""
    return f"{time[:10]} {time[11:16]} UTC"


class Bar(t.NamedTuple):
    """percent: of the longest, at least 0.5, with one digit."""

    result: Result
    percent: str


class Bars(t.NamedTuple):
    """The longest bars. hidden: how many more there are."""

    bars: list[Bar]
    hidden: int


def _bars(results: t.Sequence[Result], field: str) -> Bars:
    ordered = sorted(results, key=lambda one: (-getattr(one, field), one.number))
    longest = getattr(ordered[0], field) if ordered else 1
    bars = [Bar(one, f"{max(100 * getattr(one, field) / longest, 0.5):.1f}") for one in ordered[:_BARS]]
    return Bars(bars, len(ordered) - len(bars))


# --- The graph of dependencies ------------------------------------------------------------------------------------------------------


class Node(t.NamedTuple):
    """A module in the drawing, in pixels. parent: y of what requires it; None for the plugin. note: what the gateway has instead."""

    label: str
    note: str
    x: int
    y: int
    width: int
    parent: int | None


class Graph(t.NamedTuple):
    """words: the same in a sentence, for those who do not see it. listed: what is not drawn. hidden: how many modules are in neither."""

    nodes: list[Node]
    width: int
    height: int
    words: str
    listed: list[str]
    hidden: int


class Step(t.NamedTuple):
    """A module on the way from the plugin to another, or several that are not named. way: what it is reached by, itself included."""

    label: str
    way: tuple[str, ...]


_STEP, _ROW, _BOX, _PADDING = 26, 40, 28, 12


def graphs(causes: t.Iterable[Cause]) -> dict[int, Graph]:
    """By the numbers of the causes: drawn as long as the page stays small."""
    graphs: dict[int, Graph] = {}
    left = _DRAWN
    for cause in causes:
        if cause.raised:
            graphs[cause.number] = drawn = graph(cause, left)
            left = max(left - len(drawn.nodes) - len(drawn.listed), 0)
    return graphs


def graph(cause: Cause, most: int = _DRAWN) -> Graph:
    """From the plugin to each module that it gets at another version: as a tree, so that it is no wider on a phone than its names.

    most: of modules and lines, but for a few lines.
    """
    steps = [_steps(one) for one in cause.raised]
    chosen = _chosen(steps, min(most, _NODES))
    notes = {steps[number][-1].way: f"the gateway has {one.gateway}" for number, one in enumerate(cause.raised) if one.gateway}
    nodes = _nodes([steps[number] for number in chosen], notes)
    listed = [_line(one) for number, one in enumerate(cause.raised) if number not in chosen]
    shown = listed[: max(most - len(nodes), _LISTED)]
    words = "; ".join(_words(steps[number], notes) for number in chosen)
    width = max((node.x + node.width for node in nodes), default=0) + 4
    return Graph(nodes, width, len(nodes) * _ROW, words, shown, len(listed) - len(shown))


def _steps(one: Raised) -> list[Step]:
    way = _way(one)
    steps = [Step(name, tuple(way[:number])) for number, name in enumerate(way, 1)]
    if len(way) <= _WAY:
        return steps
    # Two that are named alike are two if they stand for other modules.
    between = Step(f"\N{HORIZONTAL ELLIPSIS} {len(way) - 2 * _END} modules \N{HORIZONTAL ELLIPSIS}", steps[-_END - 1].way)
    return [*steps[:_END], between, *steps[-_END:]]


def _chosen(ways: t.Sequence[list[Step]], most: int) -> list[int]:
    """The numbers of those that are drawn, each whole, the shortest first: of C(most) modules together."""
    there: set[tuple[str, ...]] = set()
    chosen: list[int] = []
    for number in sorted(range(len(ways)), key=lambda number: len(ways[number])):
        together = there | {step.way for step in ways[number]}
        if len(together) <= most:
            there = together
            chosen.append(number)
    return sorted(chosen)


def _nodes(ways: t.Iterable[list[Step]], notes: t.Mapping[tuple[str, ...], str]) -> list[Node]:
    children: dict[tuple[str, ...], list[Step]] = {(): []}
    for way in ways:
        for before, step in zip([(), *(step.way for step in way)], way):
            if step.way not in children:
                children[before].append(step)
                children[step.way] = []
    nodes: list[Node] = []
    waiting: list[tuple[Step, int, int | None]] = [(step, 0, None) for step in reversed(children[()])]
    while waiting:
        step, depth, parent = waiting.pop()
        y = len(nodes) * _ROW + 2
        waiting += [(child, depth + 1, y) for child in reversed(children[step.way])]
        note = notes.get(step.way, "")
        width = _PADDING * 2 + _pixels(step.label) + (_PADDING + _pixels(note) if note else 0)
        nodes.append(Node(step.label, note, depth * _STEP + 2, y, width, parent))
    return nodes


def _words(steps: list[Step], notes: t.Mapping[tuple[str, ...], str]) -> str:
    note = notes.get(steps[-1].way)
    return ", ".join(step.label for step in steps) + (f", where {note}" if note else "")


def _line(one: Raised) -> str:
    versions = [f"{whose} {version}" for whose, version in (("plugin", one.plugin), ("gateway", one.gateway)) if version]
    return f"{one.module}: {', '.join(versions)}"


def _way(one: Raised) -> list[str]:
    end = f"{one.module}@{one.plugin}" if one.plugin else one.module
    path = one.path or ["the plugin"]
    return path if path[-1] == end else [*path, end]


def _pixels(text: str) -> int:
    """The width of a text in the drawing's 12 px monospaced letters, of which some take two places."""
    return round(sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text) * 7.3)


# --- JUnit --------------------------------------------------------------------------------------------------------------------------

# https://www.w3.org/TR/xml/#charsets
_NOT_IN_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(overview: Overview, time: str) -> str:
    """A test suite for each place, a test case for each plugin. What is unknown is an error, what is not decided is skipped."""
    causes = {cause.number: cause for cause in overview.causes}
    suites: dict[str, list[Result]] = {}
    for one in overview.results:
        suites.setdefault(_where(one) or "-", []).append(one)
    # Jenkins knows "skipped" of a suite, not of all of them.
    totals = {name: value for name, value in _totals(overview.results).items() if name != "skipped"}
    root = ET.Element("testsuites", _attributes(name=overview.playbook, **totals))
    for name, results in suites.items():
        suite = ET.SubElement(root, "testsuite", _attributes(name=name, timestamp=time.rstrip("Z"), **_totals(results)))
        for one, case in zip(results, _cases(results)):
            attributes = _attributes(classname=f"{overview.playbook}.{name}", name=case, time=f"{one.seconds:.3f}")
            _outcome(ET.SubElement(suite, "testcase", attributes), one, causes.get(one.cause))
    for element in root.iter():
        # A result a line.
        element.tail = "\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {MARK} -->\n{ET.tostring(root, encoding="unicode")}'


def _cases(results: t.Sequence[Result]) -> list[str]:
    """The names of test cases. Of those that are named alike GitLab takes the first alone."""
    plugins = collections.Counter(one.plugin for one in results)
    names = [f"{one.plugin} ({one.host})" if plugins[one.plugin] > 1 else one.plugin for one in results]
    counts = collections.Counter(names)
    return [f"{name} {one.number}" if counts[name] > 1 else name for name, one in zip(names, results)]


def _outcome(case: ET.Element, result: Result, cause: Cause | None) -> None:
    kind = _kind(result)
    if kind != "passed":
        message = _attributes(message=cause.title if cause else result.verdict, type=result.verdict)
        element = ET.SubElement(case, kind, message if kind != "skipped" else {"message": message["message"]})
        element.text = None if kind == "skipped" else _in_xml(_plain(cause) if cause else result.verdict)
    words = [f"verdict: {result.verdict}", *(f"{name}: {value}" for name, value in _facts(result) if value)]
    ET.SubElement(case, "system-out").text = _in_xml("\n".join(words))


def _kind(result: Result) -> str:
    if result.bad:
        return "error" if result.tone == "open" else "failure"
    return "skipped" if result.tone == "open" else "passed"


def _totals(results: t.Sequence[Result]) -> dict[str, str]:
    kinds = [_kind(one) for one in results]
    counts = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    total = {"tests": str(len(kinds)), **{name: str(kinds.count(kind)) for name, kind in counts.items()}}
    return {**total, "time": f"{sum(one.seconds for one in results):.3f}"}


def _attributes(**values: str) -> dict[str, str]:
    return {name: _in_xml(value) for name, value in values.items()}


def _in_xml(text: str) -> str:
    return _NOT_IN_XML.sub("", text)


def _facts(result: Result) -> list[tuple[str, str]]:
    return [
        ("host", result.host),
        ("loaded", result.loaded),
        ("artifact", result.artifact),
        ("size", f"{result.size} bytes" if result.size else ""),
    ]


def _plain(cause: Cause) -> str:
    """A cause as text."""
    lines: list[str] = []
    for one in cause.findings:
        lines += [" ".join(filter(None, [one.title, f"[{one.code}]" if one.code else ""])), *one.message.splitlines()]
        lines += [f"{name}: {text}" for name, text in one.evidence]
        lines += [f"packages: {one.differing}"] if one.differing else []
        lines += ["Fix:", *(f"  {line}" for line in one.fix)] if one.fix else []
        lines += [f"[... {', '.join(one.left_out)} left out ...]"] if one.left_out else []
    lines += [f"[... {cause.hidden} more finding{'s' * (cause.hidden > 1)} left out ...]"] if cause.hidden else []
    return "\n".join(line for line in lines if line)


# --- Markdown -----------------------------------------------------------------------------------------------------------------------

# What follows is a letter for certain, of no link, mention, emphasis or table.
_MEANS_SOMETHING = re.compile(r"[^A-Za-z0-9 /=,()\u0080-\U0010ffff-]")


def as_markdown(overview: Overview, time: str) -> str:
    """A comment on a pull request: the table, what is bad first, and each cause to unfold."""
    playbook, headline, summary = (_code(cut(words, _SENTENCE)) for words in (overview.playbook, overview.headline, overview.summary))
    head = [
        f"<!-- {MARK} {time} -->",
        f"### {_SYMBOLS['bad' if overview.bad else 'good']} {playbook}: {headline}",
        "",
        *([summary, ""] if overview.bad else []),
        *_rows(overview),
        *_within([["", _code(cut(remark, _SENTENCE))] for remark in overview.remarks], _MARKDOWN_REMARKS, "has"),
    ]
    left = _MARKDOWN - _size(head)
    each = max(left // max(len(overview.causes), 1) // 2, _MARKDOWN_CAUSE)
    blocks = [_unfolding(cause, each) for cause in overview.causes]
    return "\n".join([*head, *_within(blocks, left, "explains"), ""])


def _rows(overview: Overview) -> list[str]:
    head = ["| | plugin | where | verdict | loaded | artifact |", "|---|---|---|---|---|---|"] if overview.results else []
    ordered = sorted(overview.results, key=lambda one: not one.bad)
    return [*head, *_within([[_line_of(one)] for one in ordered], _MARKDOWN_TABLE, "shows", _MARKDOWN_ROWS)]


def _line_of(result: Result) -> str:
    words = [result.plugin, _where(result), result.verdict, result.loaded, result.artifact]
    return f"| {' | '.join([_SYMBOLS[result.tone], *map(_code, words)])} |"


def _where(result: Result) -> str:
    return " ".join(filter(None, result.place)) or result.host


def _within(blocks: t.Sequence[list[str]], most: int, does: str, count: int | None = None) -> list[str]:
    """The lines of those that fit into C(most) characters, at most C(count). does: what the page does with the others."""
    lines: list[str] = []
    hidden = 0
    for number, block in enumerate(blocks):
        size = _size(block)
        if size > most or number - hidden == count:
            hidden += 1
        else:
            lines += block
            most -= size
    return [*lines, *(["", f"... and {hidden} more, which the page {does}"] if hidden else [])]


def _size(lines: t.Iterable[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _unfolding(cause: Cause, most: int) -> list[str]:
    names = list(dict.fromkeys(" ".join([*([one.plugin] if one.plugin != "-" else []), _where(one)]) for one in cause.results))
    text = shortened(_plain(cause), most)
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return [
        "",
        f"<details><summary>{_SYMBOLS[cause.tone]} {_code(cause.title)} ({_code(cut(named(names), _SENTENCE))})</summary>",
        "",
        f"{fence}text",
        *text.split("\n"),
        fence,
        "",
        "</details>",
    ]


def _code(text: str) -> str:
    """A text on one line, in which nothing is markup, a link or a mention."""
    line = _MEANS_SOMETHING.sub(lambda found: f"&#{ord(found.group())};", " ".join(text.split()))
    return f"<code>{line}</code>" if line else ""
