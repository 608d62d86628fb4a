# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a play, line by line."""

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.plugin_utils.report import Line, summary, table
from ansible_collections.goplugins.tyk.plugins.plugin_utils.report import closing as lines_of


def row(plugin, verdict="loads", host="h", cause="", fix=()):
    return {"host": host, "plugin": plugin, "verdict": verdict, "bad": bool(cause), "cause": cause, "fix": list(fix), "loaded": ""}


def closing(rows, columns, about):
    return [line.text for line in lines_of(rows, columns, about)]


def test_lines_have_the_tone_of_what_they_are_about():
    rows = [row("a"), row("b", "fails", cause="why\nmore", fix=["$ cure"]), {**row("c", "to be built"), "cause": "not built yet"}]
    assert lines_of(rows, ["plugin"], ["plugin"]) == [
        Line("plugin"),
        Line("a", "good"),
        Line("b", "bad"),
        Line("c", "open"),
        Line(""),
        Line("c: not built yet"),
        Line(""),
        Line("b: why", "bad"),
        Line("  more"),
        Line("  Fix: $ cure"),
    ]


def test_columns_are_aligned_and_empty_ones_left_out():
    assert table([row("a"), row("longer")], ["plugin", "loaded", "verdict"]) == ["plugin  verdict", "a       loads", "longer  loads"]


def test_each_cause_is_shown_once_with_its_fix():
    rows = [
        row("a"),
        row("b", "fails", "h1", "why\nmore", ["$ cure"]),
        row("b", "fails", "h2", "why\nmore", ["$ cure"]),
        row("c", "fails", "h1", "x"),
    ]
    assert closing(rows, ["plugin", "verdict"], ["host", "plugin"])[5:] == [
        "",
        "h1 b, h2 b: why",
        "  more",
        "  Fix: $ cure",
        "",
        "h1 c: x",
    ]


def test_it_stays_within_a_screen():
    rows = [row(f"p{number}", "fails", cause=f"{number}\n" * 50, fix=["$ x"] * 30) for number in range(100)]
    lines = closing(rows, ["plugin"], ["plugin"])
    assert len(lines) < 75, len(lines)
    assert lines[21] == "... and 80 more that are not, 0 that are well"
    assert any(line.startswith("... and ") and line.endswith("more; run it for one of them to see its cause") for line in lines)
    assert any("lines left out" in line for line in lines)


def test_what_is_bad_is_not_lost_among_what_is_well():
    rows = [row(f"p{number}") for number in range(100)] + [row("bad", "fails", cause="why")]
    lines = closing(rows, ["plugin", "verdict"], ["plugin"])
    assert lines[:3] == ["plugin  verdict", "bad     fails", "... and 100 that are well"]


def test_the_summary_counts_plugins_and_not_hosts_without_any():
    rows = [row("a", host="h1"), row("b", "fails", "h2", "x"), row("-", "no plugins", "h3", "none"), row("c", "not built", "h2", "x")]
    assert summary(rows) == "3 plugins on 2 hosts: 1 loads, 1 fails, 1 was not built; no plugin was checked on h3"
    assert summary([row("a")]) == "1 plugin: 1 loads"
    assert summary([row("-", "no plugins", cause="x")]) == "no plugin was checked on h"


def test_rows_that_are_well_may_have_a_remark():
    to_be_built = {**row("a", "to be built"), "cause": "the C compiler is not installed yet", "bad": False}
    assert closing([to_be_built, {**to_be_built, "plugin": "b"}, row("c")], ["plugin"], ["plugin"])[4:] == [
        "",
        "a, b: the C compiler is not installed yet",
    ]
