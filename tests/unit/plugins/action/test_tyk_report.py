# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What becomes of the files hides nothing of the results."""

from __future__ import annotations

import os
import types

import pytest
from ansible_collections.goplugins.tyk.plugins.action.tyk_report import ActionModule
from ansible_collections.goplugins.tyk.plugins.plugin_utils import output, overview


@pytest.fixture
def run(monkeypatch, tmp_path):
    """run(rows): the result for programs."""

    def start(rows):
        arguments = {"rows": rows, "columns": ["plugin", "verdict"], "about": ["plugin"], "folder": str(tmp_path), "name": "report"}

        class Bare(ActionModule):
            def __init__(self):
                self._task = types.SimpleNamespace(args=arguments, check_mode=False)

            def validate_argument_spec(self, argument_spec):
                return None, {name: arguments.get(name, one.get("default")) for name, one in argument_spec.items()}

        monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *arguments: {})
        monkeypatch.setattr(output, "is_for_programs", lambda: True)
        return Bare().run(task_vars={})

    return start


ROW = {"plugin": "a", "host": "h", "verdict": "fails", "bad": True, "cause": "x", "fix": []}


def test_a_report_of_values_of_any_type_is_written(run, tmp_path):
    result = run([{**ROW, "details": [{"title": "T", "evidence": {1: "x", "a": "y"}}]}])
    assert result["report"][-1] == f"Report: {tmp_path}/report.html" and "warnings" not in result
    assert sorted(os.listdir(tmp_path)) == ["report.html", "report.md", "report.xml"]


def test_the_table_is_shown_where_no_report_can_be_made(run, tmp_path, monkeypatch):
    monkeypatch.setattr(overview, "of_rows", lambda *arguments: 1 // 0)
    result = run([ROW])
    assert result["report"][:2] == ["plugin  verdict", "a       fails"] and not result["failed"]
    assert "There is no report of this run" in result["warnings"][0] and not os.listdir(tmp_path)
