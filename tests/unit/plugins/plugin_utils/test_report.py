# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of a play, line by line."""

from __future__ import annotations

import ast
import pathlib

from ansible_collections.goplugins.tyk.plugins.plugin_utils import report
from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows as makers
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


def test_the_summary_counts_a_plugin_once_and_says_what_it_is_for():
    many = [{**row(f"p{one}", "fails" if one == two else "loads"), "gateway": f"v{two}"} for one in range(20) for two in range(20)]
    assert summary(many) == "20 plugins for 20 gateways: 380 load, 20 fail"
    targets = [{**one, "target": target} for one in many[:2] for target in ("linux/amd64", "linux/arm64")]
    assert summary(targets) == "1 plugin for 2 gateways and 2 targets: 2 load, 2 fail"
    assert summary([row("a", "deployed", host) for host in ("h1", "h2", "h3")]) == "1 plugin on 3 hosts: 3 were deployed"


def test_the_summary_names_the_first_hosts():
    rows = [row("-", "no plugins", f"h{number}") for number in range(9)]
    assert summary(rows) == "no plugin was checked on h0, h1, h2, h3, h4 and 4 more"


def test_a_verdict_that_is_new_is_said_as_it_is():
    assert summary([row("a", "strange"), row("b")]) == "2 plugins: 1 loads, 1 strange"


def verdicts_of_rows():
    """What the code of rows hands to its makers of rows as a verdict, and what it names a state."""
    place = {"_row": 3, "_in_state": 1, "_bad": 1}
    nodes = list(ast.walk(ast.parse(pathlib.Path(makers.__file__).read_text())))
    calls = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") in place]
    given = [call.args[place[call.func.id]] for call in calls if len(call.args) > place[call.func.id]]
    state = [node.value for node in nodes if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "state"]
    branches = [branch for value in [*given, *state] for branch in branches_of(value)]
    return {branch.value for branch in branches if isinstance(branch, ast.Constant)} | set(makers._EFFECTS)


def branches_of(node):
    return [*branches_of(node.body), *branches_of(node.orelse)] if isinstance(node, ast.IfExp) else [node]


def test_the_summary_has_words_for_each_verdict():
    # Nothing is counted where there is no plugin; hosts that are made ready have rows of their own kind.
    elsewhere = {"no plugins", "left out", "unreachable"}
    found = verdicts_of_rows()
    assert {"placed", "info", "logged", "upgraded before", "to be deployed", "went back", "not served"} <= found
    assert found - elsewhere <= set(report._WORDS)


def test_rows_that_are_well_may_have_a_remark():
    to_be_built = {**row("a", "to be built"), "cause": "the C compiler is not installed yet", "bad": False}
    assert closing([to_be_built, {**to_be_built, "plugin": "b"}, row("c")], ["plugin"], ["plugin"])[4:] == [
        "",
        "a, b: the C compiler is not installed yet",
    ]
