# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of the callback that keeps quiet."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.callback import brief

ROW = {
    "host": "build1",
    "plugin": "enrich",
    "gateway": "v5.3.6",
    "target": "linux/amd64",
    "verdict": "loads",
    "loaded": "yes",
    "bad": False,
}


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "[build1] enrich for v5.3.6 linux/amd64: loads, loaded"),
        ({"loaded": "not tried"}, "[build1] enrich for v5.3.6 linux/amd64: loads"),
        (
            {"bad": True, "loaded": "no", "verdict": "fails", "cause": "-trimpath\nmore"},
            "[build1] enrich for v5.3.6 linux/amd64: fails: -trimpath",
        ),
        ({"bad": True, "loaded": "", "verdict": "unknown", "cause": ""}, "[build1] enrich for v5.3.6 linux/amd64: unknown"),
        ({"target": "", "gateway": "", "loaded": "", "verdict": "refused"}, "[build1] enrich: refused"),
        ({"host": "", "target": "", "gateway": "", "loaded": ""}, "[here] enrich: loads"),
        ({"plugin": "\x1b[2J\n", "target": "", "gateway": "", "loaded": ""}, "[build1] \\x1b[2J\\x0a: loads"),
    ],
)
def test_a_plugin_has_one_line(changes, line):
    assert brief.of_row({**ROW, **changes}, "here") == line


def test_only_a_change_is_worth_a_line():
    assert brief.of_change("here", "Install the Go releases", {"changed": True}) == ["[here] Install the Go releases: changed"]
    assert brief.of_change("here", "Install the Go releases", {"changed": False}) == []
    assert brief.of_change("here", "Install the Go releases", {}) == []


@pytest.mark.parametrize(
    ("counted", "line"),
    [
        ({"changed": 0, "failures": 0, "unreachable": 0, "ok": 9}, "[here] 0 changed"),
        ({"changed": 2, "failures": 1, "unreachable": 3}, "[here] 2 changed, 1 failed, 3 unreachable"),
    ],
)
def test_what_a_host_comes_to(counted, line):
    assert brief.of_host("here", counted) == line
