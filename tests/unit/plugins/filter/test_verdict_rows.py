# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.filter.verdict_rows import verdict_rows

FINDING = {"code": "race-differs", "effect": "fails", "title": "Race", "message": "One side.", "cure": ["go build -race"]}


def result(findings, loaded=None):
    return {"plugin": "/p.so", "verdict": "fails" if findings else "loads", "findings": findings, "loaded": loaded}


def test_a_row_for_each_plugin_of_each_host():
    told = {**FINDING, "effect": "told", "code": "note"}
    hostvars = {
        "a": {"tyk_verify_verified": {"results": [{**result([told], {"ok": True}), "verdict": "loads"}, result([FINDING], {"ok": None})]}},
        "b": {"tyk_verify_verified": {"skipped": True}},
        "other": {},
    }
    first, second, third = verdict_rows(hostvars, ["a", "b"])
    assert (first["verdict"], first["loaded"], first["findings"], first["bad"]) == ("loads", "yes", "", False)
    assert (second["verdict"], second["loaded"], second["findings"], second["bad"]) == ("fails", "not tried", "race-differs", True)
    assert second["told"] == "a: /p.so\n  Race [race-differs]. One side.\n    $ go build -race"
    assert (third["host"], third["verdict"], third["bad"]) == ("b", "no plugins", False)


@pytest.mark.parametrize(
    "variables",
    [
        {"tyk_verify_error": "why"},
        {"tyk_verify_found": {"unreachable": True, "msg": "why"}},
        {"tyk_verify_verified": {"unreachable": True, "msg": "why"}},
    ],
)
def test_a_host_that_could_not_be_asked_is_unknown(variables):
    (row,) = verdict_rows({"a": variables}, ["a"])
    assert (row["verdict"], row["findings"], row["told"], row["bad"]) == ("unknown", "why", "a: why", True)
    (row,) = verdict_rows({"a": variables}, ["a"], ["fails"])
    assert row["bad"] is False
