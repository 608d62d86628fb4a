# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows of a play as one value."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import overview
from ansible_collections.goplugins.tyk.plugins.plugin_utils.rows import of_definitions


def row(plugin, verdict="loads", **more):
    common = {"host": "h1", "gateway": "v1", "target": "linux/amd64", "bad": False, "cause": "", "fix": [], "findings": "", "artifact": ""}
    return {**common, "plugin": plugin, "verdict": verdict, **more}


def of_builds(*rows):
    return overview.of_rows("build_plugins", rows, True)


def of_hosts(*rows):
    return overview.of_rows("deploy_plugins", rows, False)


def test_each_plugin_has_a_line_and_each_gateway_and_target_a_column():
    found = of_builds(row("a"), row("a", gateway="v2"), row("b", gateway="v2", verdict="fails", bad=True, cause="why"))
    assert found.places == [("v1", "linux/amd64"), ("v2", "linux/amd64")]
    assert [(plugin, [[one.verdict for one in cell] for cell in cells]) for plugin, cells in found.grid] == [
        ("a", [["loads"], ["loads"]]),
        ("b", [[], ["fails"]]),
    ]
    assert (found.bad, found.headline) == (1, "1 of 3 needs attention")
    assert found.counts == [("bad", "fails", 1), ("good", "loads", 2)]


def test_what_failed_before_there_was_a_target_failed_for_each():
    found = of_builds(row("a"), row("a", target="linux/arm64"), row("b", "not built", target="", bad=True, cause="no go.mod"))
    assert len(found.places) == 2
    assert [[one.verdict for one in cell] for cell in found.grid[1][1]] == [["not built"]] * 2


def test_where_no_target_is_known_the_gateway_is_the_column():
    assert of_builds(row("a", "not built", target="", bad=True, cause="x")).places == [("v1", "")]


def test_rows_of_one_cause_are_explained_once_and_the_worst_first():
    rows = [row("a", "not verified", cause="no gateway"), row("b", "fails", bad=True, cause="x"), row("c", "fails", bad=True, cause="x")]
    worst, other = of_builds(*rows).causes
    assert ([one.plugin for one in worst.results], [one.plugin for one in other.results]) == (["b", "c"], ["a"])
    assert [one.link for one in of_builds(*rows, row("d")).results] == ["cause-2", "cause-1", "cause-1", "result-4"]


def test_a_host_that_was_lost_is_a_cause_and_no_plugin():
    found = of_builds(row("a"), row("-", "unknown", host="h2", gateway="", target="", bad=True, cause="lost"))
    assert [plugin for plugin, _cells in found.grid] == ["a"] and found.causes[0].title == "lost"
    assert found.causes[0].tone == "open" and found.bad == 1


@pytest.mark.parametrize(("first", "later"), [("deployed", "unchanged"), ("upgraded", "upgraded before")])
def test_the_run_that_did_it_and_the_next_find_the_same(first, later):
    assert of_hosts(row("a", first)) == of_hosts(row("a", later))


def test_a_gateway_that_was_upgraded_is_the_next_one():
    assert of_hosts(row("a", "upgraded", gateway="v1", next="v2")).places == [("h1", "v2")]
    assert of_hosts(row("a", "ready", gateway="v1", next="v2")).places == [("h1", "v1 \N{RIGHTWARDS ARROW} v2")]


def test_findings_have_evidence_packages_and_fixes():
    detail = {
        "code": "c",
        "title": "T",
        "message": "m",
        "evidence": {"with": "gateway", "tags": ["a", "b"], "none": ""},
        "packages": ["p"] * 12,
    }
    (cause,) = of_builds(row("a", "fails", bad=True, cause="T", details=[{**detail, "count": 40, "fix": ["$ go build"]}])).causes
    (finding,) = cause.findings
    assert finding.evidence == [("with", "gateway"), ("tags", "a, b")]
    assert (len(finding.packages), finding.more, finding.fix) == (12, 28, ["$ go build"])


def test_what_loads_and_may_crash_later_stands_out():
    (one,) = of_builds(row("a", findings="cpu-level-differs", details=[{"code": "cpu-level-differs", "title": "CPU"}])).results
    assert (one.tone, one.bad) == ("noted", False)


def test_what_is_only_to_be_known_of_a_definition_is_a_remark_with_its_details():
    finding = {"definition": "/a.json", "effect": "info", "code": "c", "title": "T", "message": "m", "where": "w", "cure": ["mend"]}
    found = of_hosts(*of_definitions("h1", "/opt/tyk", [finding], ["fails"]))
    assert (found.counts, found.headline) == ([("noted", "info", 1)], "1 plugin: 1 has remarks")
    (cause,) = found.causes
    assert (cause.bad, cause.title, cause.findings[0].message, cause.findings[0].fix) == (False, "T", "m", ["mend"])


def test_no_message_is_endless():
    rows = [row(f"p{number}", "fails", bad=True, cause=f"{number}" + "x" * 90_000) for number in range(400)]
    assert sum(len(cause.findings[0].message) for cause in of_builds(*rows).causes) < 400_000


def details_of(length, count):
    return [
        {
            "code": f"c{number}",
            "title": f"T{number}",
            "message": "m" * length,
            "meaning": f"means {number}",
            "evidence": {"e": "f" * length},
            "packages": ["p" * length] * 3,
            "count": 40,
            "fix": [f"$ go build {number}"],
        }
        for number in range(count)
    ]


def length_of(finding):
    texts = [finding.message, finding.meaning, *finding.packages, *finding.fix, *(text for pair in finding.evidence for text in pair)]
    return sum(map(len, texts))


@pytest.mark.parametrize(("length", "count"), [(5, 2), (500, 10), (5_000, 10), (90_000, 10), (90_000, 400)])
def test_the_findings_of_a_cause_are_not_endless_together(length, count):
    (cause,) = of_builds(row("a", "fails", bad=True, cause="T", details=details_of(length, count))).causes
    assert sum(map(length_of, cause.findings)) < 21_000 and len(cause.findings) + cause.hidden == count
    for number, one in enumerate(cause.findings):
        assert one.fix == [f"$ go build {number}"] and one.more + len(one.packages) == 40
        assert bool(one.evidence) == ("1 of the evidence" not in one.left_out)


def test_of_many_causes_each_has_a_finding_with_its_fix():
    rows = [
        row(f"p{number}", "fails", bad=True, cause="T", details=[{**details_of(90, 1)[0], "title": f"{number}"}]) for number in range(400)
    ]
    rows += [row("last", "fails", bad=True, cause="T", details=details_of(90, 10))]
    causes = of_builds(*rows).causes
    assert all(one.findings[0].fix == ["$ go build 0"] and len(one.findings[0].message) == 90 for one in causes)
    assert causes[-1].hidden and causes[-1].title.startswith("T0, T1, T2, T3")


@pytest.mark.parametrize(
    ("packages", "count", "words"),
    [([], 0, ""), (["a", "b"], 2, "a, b"), (["a"], 40, "a and 39 more"), (["p" * 30_000], 40, "40")],
)
def test_packages_that_are_not_named_are_counted(packages, count, words):
    detail = {"title": "T", "packages": packages, "count": count}
    assert of_builds(row("a", "fails", bad=True, cause="T", details=[detail])).causes[0].findings[0].differing == words


def test_a_fix_is_never_cut_within_a_line():
    fix = [f"$ step {number} {'x' * 3_000}" for number in range(20)]
    (cause,) = of_builds(row("a", "fails", bad=True, cause="why " * 20_000, fix=fix)).causes
    (finding,) = cause.findings
    assert 1 < len(finding.fix) < 20 and finding.fix == fix[: len(finding.fix)]
    assert finding.left_out == [f"{20 - len(finding.fix)} lines of the fix"] and "why" in finding.message


def test_what_a_finding_means_is_said_once():
    rows = [row(name, "fails", bad=True, cause="T", details=[{**details_of(5, 1)[0], "message": name}]) for name in ("a", "b")]
    first, second = of_builds(*rows).causes
    assert (first.findings[0].meaning, first.findings[0].meant) == ("means 0", 0)
    assert (second.findings[0].meaning, second.findings[0].meant) == ("", first.number)


def test_values_of_any_type_make_an_overview():
    odd = [
        {},
        {"plugin": None, "size": float("nan"), "seconds": 10**400, "fix": "x", "details": 3, "raised": [1], "bad": 1, "cause": ["a"]},
    ]
    found = of_builds(*odd)
    assert [(one.size, one.seconds) for one in found.results] == [(0, 0.0)] * 2


def test_evidence_may_have_keys_of_any_type():
    (cause,) = of_builds(
        row("a", "fails", bad=True, cause="T", details=[{"title": "T", "evidence": {1: "x", "a": {2: "y", None: "z"}}}])
    ).causes
    assert cause.findings[0].evidence == [("1", "x"), ("a", "2 y, None z")]


def test_nothing_moves_a_cursor_or_is_a_secret():
    (cause,) = of_builds(row("a\x1b[2J", "fails", bad=True, cause="https://u:secret@h\x07")).causes
    assert cause.results[0].plugin == "a\\x1b[2J" and cause.title == "https://***@h\\x07"
