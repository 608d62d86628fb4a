# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts, and which definitions go so that a gateway starts with the rest."""

from __future__ import annotations

import types

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._guard import policy
from ansible_collections.goplugins.tyk.plugins.module_utils._guard.check import Outcome, Reason, Row

ALONE = Reason("symbol-missing", "fails", "", ())
TOGETHER = Reason("plugin-path-taken", "fails", "", (), in_set=True)
DROPPED = Reason("definition-not-json", "fails", "", (), drops=True)
UNKNOWN = Reason("value-from-elsewhere", "unknown", "", ())
MEASURE = policy.Measure(["fails"])


def row(definition, *reasons):
    return Row(definition, definition, "", "pre", "a.so", "A", "/a.so", reasons)


def outcome(*rows, loose=()):
    return Outcome("", "v5.3.6", "", rows, loose)


def read(*definitions):
    apis = [types.SimpleNamespace(definition=definition) for definition in definitions]
    return types.SimpleNamespace(report=types.SimpleNamespace(apis=apis))


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (policy.Measure(["fails"]), ["symbol-missing", "definition-not-json"]),
        (policy.Measure(["fails"], ["symbol-missing"]), ["definition-not-json"]),
        (policy.Measure(["unknown"]), ["value-from-elsewhere"]),
        (policy.Measure([]), []),
    ],
)
def test_what_counts_is_what_was_said(measure, expected):
    found = policy.counted(outcome(row("a", ALONE), row("b", UNKNOWN), loose=[("c", "c", DROPPED)]), measure)
    assert [reason.code for _definition, reason in found] == expected


def test_who_fails_on_its_own_goes_and_who_failed_because_of_it_stays():
    def judge(left_out):
        rows = {"a": row("a", ALONE), "b": row("b", *([TOGETHER] if "a" not in left_out else [])), "c": row("c")}
        return outcome(*(one for name, one in rows.items() if name not in left_out))

    found, rest = policy.to_disable(read("a", "b", "c"), judge, MEASURE)
    assert list(found) == ["a"] and [one.api for one in rest.rows] == ["b", "c"]


def test_of_those_that_fail_together_the_first_stays():
    def judge(left_out):
        there = [name for name in "abc" if name not in left_out]
        return outcome(*(row(name, *([TOGETHER] if number else [])) for number, name in enumerate(there)))

    assert list(policy.to_disable(read("a", "b", "c"), judge, MEASURE)[0]) == ["b", "c"]


def test_what_the_gateway_drops_itself_or_nobody_owns_is_left_where_it_is():
    loose = [("a", "a", DROPPED), ("", "elsewhere", ALONE)]
    assert policy.to_disable(read("a", "b"), lambda _left_out: outcome(row("b", UNKNOWN), loose=loose), MEASURE)[0] == {}


def test_a_definition_goes_and_comes_back_as_it_was(tmp_path):
    definition = tmp_path / "shop.json"
    definition.write_bytes(b'{ "odd" :\t1}\n')
    definition.chmod(0o640)
    before = definition.stat()
    policy.disable(str(definition))
    # Go's filepath.Glob takes *.json, and nothing that ends otherwise.
    assert not list(tmp_path.glob("*.json"))
    assert policy.kept([str(tmp_path)]) == ({str(definition): f"{definition}.goplugins-disabled"}, {})
    policy.enable(str(definition))
    after = definition.stat()
    assert (after.st_ino, after.st_mode, after.st_mtime_ns) == (before.st_ino, before.st_mode, before.st_mtime_ns)
    assert policy.kept([str(tmp_path)]) == ({}, {})


def test_only_what_the_guard_disabled_is_taken_for_that(tmp_path):
    for name in ("a.json.bak", "b.goplugins-disabled", "c.json.goplugins-disabled.old"):
        (tmp_path / name).touch()
    (tmp_path / "link.json.goplugins-disabled").symlink_to(tmp_path / "a.json.bak")
    (tmp_path / "folder.json.goplugins-disabled").mkdir()
    (tmp_path / "new.json.goplugins-disabled").touch()
    (tmp_path / "new.json").touch()
    folders = [str(tmp_path), str(tmp_path / "nowhere"), str(tmp_path / "a.json.bak")]
    assert policy.kept(folders) == ({}, {str(tmp_path / "new.json"): str(tmp_path / "new.json.goplugins-disabled")})
