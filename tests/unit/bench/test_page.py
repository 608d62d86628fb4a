# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.goplugins.tyk.tests.bench import page
from ansible_collections.goplugins.tyk.tests.bench.line import Line, of_times


def test_the_page_is_what_was_measured():
    """It has no other figures than the results that are kept."""
    assert (page.DOCS / "benchmarks.md").read_text() == page.text()


def test_there_are_results_for_the_small_gateway_and_a_real_one():
    names = {path.stem for path in (page.DOCS / "benchmarks").glob("*.json")}
    assert "embedded" in names and len(names) > 1


def test_a_ratio_above_its_bound_passes_it():
    assert of_times("slow", 3.0, 1.0, 2.5, "ours; theirs").is_passed
    assert not of_times("fast", 2.0, 1.0, 2.5, "ours; theirs").is_passed
    assert not of_times("free", 9.0, 1.0, None, "ours; theirs").is_passed


def test_a_comparison_says_which_seconds_are_whose():
    line = of_times("one-line", 3.0, 1.5, 2.5, "an edit; go build")
    assert str(line) == "one-line ratio=2.000 bound=2.5  # an edit 3.00 s; go build 1.50 s"


def test_results_are_kept_with_the_machine_and_shown(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "DOCS", tmp_path)
    monkeypatch.setattr(page, "draw_jobs", lambda path, lines: path.write_text("jobs"))
    monkeypatch.setattr(page, "draw_growth", lambda path, growth: path.write_text("growth"))
    page.keep("v5.3.6", [of_times("one-line", 3.0, 1.5, 2.5, "an edit; go build"), Line("free", 0.5, None, "of nothing")], [])
    page.keep("embedded", [], [(1, 2, 3.25)])
    text = (tmp_path / "benchmarks.md").read_text()
    assert text.index("The small gateway") < text.index("Tyk v5.3.6")
    assert "| `one-line` | 2.000 | 2.5 | an edit 3.00 s; go build 1.50 s |" in text and "| `free` | 0.500 |  | of nothing |" in text
    assert "| 1 | 2 | 3.2 |" in text and "processors (" in text
    assert json.loads((tmp_path / "benchmarks" / "v5.3.6.json").read_text())["lines"][0][0] == "one-line"
