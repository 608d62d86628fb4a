# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against a list of plugins."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.filter.plugin_problems import plugin_problems


@pytest.fixture
def good(tmp_path):
    (tmp_path / "main.go").write_text("// why\npackage main\n")
    return {"name": "good", "source": str(tmp_path)}


def test_nothing_speaks_against_a_good_one(good):
    assert (
        plugin_problems(
            [good, {"name": "g", "source": "https://x/y.git", "version": "v1"}, {"name": "r", "source": "/on/host", "remote_src": True}],
            ["linux/arm64"],
        )
        == []
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": "a/b"}, "cannot be the name of a plugin"),
        ({"name": ".."}, "cannot be the name of a plugin"),
        ({"source": ""}, "plugin good has no source"),
        ({"source": "/nowhere"}, "there is no source folder /nowhere"),
        ({"source": "ssh://git@host/x"}, "name its version too"),
        ({"source": "git@host:x.git"}, "name its version too"),
        ({"package": "cmd"}, "there are no Go files in"),
    ],
)
def test_each_problem_is_told(good, change, problem):
    problems = plugin_problems([{**good, **change}])
    assert len(problems) == 1 and problem in problems[0]


def test_all_problems_are_told_at_once(good, tmp_path):
    (tmp_path / "main.go").write_text("package other\n")
    problems = plugin_problems([good, good], ["windows/amd64"])
    assert [word in problem for word, problem in zip(("no plugin mode", "2 plugins of the name", "must be package main"), problems)] == [
        True
    ] * 3
