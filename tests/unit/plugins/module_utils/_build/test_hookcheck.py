# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.module_utils._build import hookcheck

HOOKS = {"Check": "auth_check", "Answer": "response", "Count": "analytics"}


def test_each_hook_stands_in_a_line_of_its_own():
    assert hookcheck.source(HOOKS).splitlines() == [
        "package main",
        'import goplugins_check_analytics "github.com/TykTechnologies/tyk-pump/analytics"; import goplugins_check_http "net/http"',
        "var _ func(goplugins_check_http.ResponseWriter, *goplugins_check_http.Request) = Check",
        "var _ func(goplugins_check_http.ResponseWriter, *goplugins_check_http.Response, *goplugins_check_http.Request) = Answer",
        "var _ func(*goplugins_check_analytics.AnalyticsRecord) = Count",
    ]


def test_what_the_compiler_says_is_said_of_the_plugins_own_line(tmp_path):
    (tmp_path / "main.go").write_text("package main\n\n// Answer is one.\nfunc Answer() {}\n")
    output = (
        f"x/{hookcheck.FILE}:4:10: cannot use Answer (value of type func())\nother.go:4:1: else\n{hookcheck.FILE}:3: undefined: Check\n"
    )
    found = hookcheck.problems(output, HOOKS, str(tmp_path))
    assert found == [
        "main.go:4: cannot use Answer (value of type func())\n"
        "  as response hook it must be: func Answer(http.ResponseWriter, *http.Response, *http.Request)",
        "the plugin does not export Check; it exports Answer\n"
        "  as auth_check hook it must be: func Check(http.ResponseWriter, *http.Request)",
    ]
    assert hookcheck.fix(output.partition("other.go")[0], HOOKS, str(tmp_path)) is None
    assert hookcheck.fix(output, HOOKS, str(tmp_path)).startswith("declare it in package main: func Check(")
    (tmp_path / "more.go").write_text("package main\n\nfunc Checks() {}\n\nfunc (a b) Method() {}\n")
    again = hookcheck.problems(output, HOOKS, str(tmp_path))
    assert "it exports Answer, Checks\n" in again[1]
    assert hookcheck.fix(output, HOOKS, str(tmp_path)) == "name Checks, which the plugin exports, instead of Check"
