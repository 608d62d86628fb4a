# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a play as lines for a person: a table, then the cause of everything bad with its fix, at most one screen of them."""

from __future__ import annotations

import typing as t

# Of one cause, of all of them, and of the table where something is bad.
_LINES_OF_CAUSE = 10
_LINES_OF_FIX = 8
_LINES_OF_ALL = 40
_ROWS = 20
# Of names in a sentence.
_NAMED = 5


def table(rows, columns):
    """Rows (list of dict) as lines with aligned columns, the first naming them. A column that is empty in all rows is left out."""
    shown = [name for name in columns if any(_cell(row, name) for row in rows)]
    lines = [shown, *([_cell(row, name) for name in shown] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(shown))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


class Line(t.NamedTuple):
    """tone: good, open or bad; empty for what has none, which a terminal shows in no color."""

    text: str
    tone: str = ""


def closing(rows, columns, about):
    """The lines that end a play. about: the columns that name a bad row in front of its cause."""
    bad = [row for row in rows if row["bad"]]
    shown = bad[:_ROWS] if bad and len(rows) > _ROWS else rows
    lines = list(map(Line, table(shown, columns), ["", *map(_tone, shown)])) if rows else []
    if len(shown) < len(rows):
        hidden = len(bad) - len(shown)
        lines.append(Line(f"... and {f'{hidden} more that are not, ' if hidden else ''}{len(rows) - len(bad)} that are well"))
    return [*lines, *map(Line, notes(rows, about)), *causes(bad, about)]


def _tone(row):
    return "bad" if row["bad"] else "open" if row.get("cause") else "good"


def notes(rows, about):
    """What is to be known of rows that are well, such as why check mode would build a plugin: each remark once, in one line."""
    grouped = {}
    for row in rows:
        if row.get("cause") and not row["bad"]:
            grouped.setdefault(row["cause"].splitlines()[0], []).append(_named(row, about))
    lines = [f"{', '.join(dict.fromkeys(names))}: {remark}" for remark, names in grouped.items()]
    return ["", *_shortened(lines, _LINES_OF_CAUSE)] if lines else []


_WORDS = {
    "loads": ("loads", "load"),
    "fails": ("fails", "fail"),
    "unknown": ("is unknown", "are unknown"),
    "not built": ("was not built", "were not built"),
    "to be built": ("would be built", "would be built"),
    "not verified": ("was not verified", "were not verified"),
    "deployed": ("was deployed", "were deployed"),
    "unchanged": ("was deployed before", "were deployed before"),
    "to be deployed": ("would be deployed", "would be deployed"),
    "went back": ("does not work", "do not work"),
    "refused": ("was refused", "were refused"),
    "not begun": ("was left alone", "were left alone"),
    "ready": ("is ready", "are ready"),
    "not ready": ("is not ready", "are not ready"),
    "upgraded before": ("is in a gateway that was upgraded before", "are in a gateway that was upgraded before"),
    "upgraded": ("was upgraded with its gateway", "were upgraded with their gateways"),
    "not upgraded": ("is in a gateway that was not upgraded", "are in a gateway that was not upgraded"),
    "not served": ("is not served by the upgraded gateway", "are not served by the upgraded gateway"),
    "placed": ("waits for an API to name it", "wait for an API to name them"),
    "info": ("has remarks", "have remarks"),
    "logged": ("is in a log", "are in a log"),
}


def summary(rows):
    """One sentence: how many plugins there are, and how many times which verdict was found."""
    plugins = [row for row in rows if row["plugin"] != "-"]
    found = [row["verdict"] for row in plugins]
    words = {**_WORDS, **{verdict: (verdict, verdict) for verdict in found if verdict not in _WORDS}}
    counted = [
        f"{found.count(verdict)} {one if found.count(verdict) == 1 else many}" for verdict, (one, many) in words.items() if verdict in found
    ]
    without = sorted({row["host"] for row in rows if row["plugin"] == "-"})
    said = [f"{_subject(plugins)}: {', '.join(counted)}"] if plugins else []
    said += [f"no plugin was checked on {named(without)}"] if without else []
    return "; ".join(said) or "there was nothing to do"


def _subject(rows):
    """What the verdicts of rows are about; what each plugin is for only where one has several rows."""
    count = {name: len({row.get(name) for row in rows}) for name in ("plugin", "gateway", "target", "host")}
    several = [f"{count[name]} {name}s" for name in ("gateway", "target") if count[name] > 1 and len(rows) > count["plugin"]]
    where = f" on {count['host']} hosts" if count["host"] > 1 else ""
    return f"{count['plugin']} plugin{'s' * (count['plugin'] != 1)}{' for ' * bool(several)}{' and '.join(several)}{where}"


def named(names, most=_NAMED):
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def causes(bad, about):
    """Each cause once, with what it is about and how to fix it."""
    grouped = {}
    for row in bad:
        grouped.setdefault((row["cause"], tuple(row["fix"])), []).append(
            " ".join(cell for cell in (_cell(row, name) for name in about) if cell not in ("", "-"))
        )
    lines = []
    left = len(grouped)
    for (cause, fix), names in grouped.items():
        first, *others = _of_one(", ".join(dict.fromkeys(names)), cause, fix)
        block = [Line(""), Line(first, "bad"), *map(Line, others)]
        if lines and len(lines) + len(block) > _LINES_OF_ALL:
            lines += [Line(""), Line(f"... and {left} more; run it for one of them to see its cause")]
            break
        lines += block
        left -= 1
    return lines


def _of_one(name, cause, fix):
    words = _shortened(cause.splitlines() or ["the reason is not known"], _LINES_OF_CAUSE)
    lines = [f"{name}: {words[0]}", *(f"  {line}" for line in words[1:])]
    steps = _shortened(list(fix), _LINES_OF_FIX)
    if len(steps) == 1:
        return [*lines, f"  Fix: {steps[0]}"]
    return [*lines, *(["  Fix:"] if steps else []), *(f"    {step}" for step in steps)]


def _shortened(lines, most):
    if len(lines) <= most:
        return lines
    return [*lines[: most - 2], f"... ({len(lines) - most + 1} lines left out)", lines[-1]]


def _named(row, about):
    return " ".join(cell for cell in (_cell(row, name) for name in about) if cell not in ("", "-"))


def _cell(row, name):
    return " ".join(str(row.get(name, "")).split())
