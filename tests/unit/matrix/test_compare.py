# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the matrix takes for a disagreement."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.tests.matrix.compare import Outcome, confusion, cures_of, disagreements

NONE = frozenset()
RACE = frozenset({"race-differs"})
LOADED = Outcome("plain", "plain", NONE, NONE, "loads", None, "loads", None)
REFUSED = Outcome("plain", "race", RACE, RACE, "fails", "runtime", "refused", "runtime")


@pytest.mark.parametrize("outcome", [LOADED, REFUSED, REFUSED._replace(loader="died", first_package=None, package=None)])
def test_verdict_and_loader_agree(outcome):
    assert disagreements(outcome) == []


@pytest.mark.parametrize(
    ("outcome", "wrong"),
    [
        (LOADED._replace(loader="refused"), "the verdict is 'loads', the loader's answer 'refused'"),
        (LOADED._replace(loader="died"), "the verdict is 'loads', the loader's answer 'died'"),
        (LOADED._replace(loader="no answer"), "the gateway could not be asked"),
        (LOADED._replace(verdict="unknown"), "the verdict leaves it open"),
        (REFUSED._replace(loader="loads", package=None, first_package=None), "the verdict is 'fails', the loader's answer 'loads'"),
        (REFUSED._replace(package="os"), "the verdict names package runtime, the loader os"),
        (REFUSED._replace(package=None), "the verdict names package runtime, the loader None"),
        (REFUSED._replace(first_package=None), "the verdict names package None, the loader runtime"),
        (REFUSED._replace(found=NONE), "causes not found: race-differs; found without cause: none"),
        (LOADED._replace(found=RACE), "causes not found: none; found without cause: race-differs"),
    ],
)
def test_disagreements(outcome, wrong):
    assert wrong in disagreements(outcome)


def test_where_nothing_is_loaded_the_verdict_is_held_against_the_cause():
    assert disagreements(REFUSED._replace(loader="", package=None)) == []
    assert disagreements(REFUSED._replace(loader="", package=None, verdict="loads", found=NONE)) != []
    assert disagreements(LOADED._replace(loader="", verdict="fails")) != []
    assert disagreements(REFUSED._replace(loader="", package=None, verdict="loads")) != []


def test_confusion():
    lines = confusion([LOADED, LOADED, REFUSED, REFUSED._replace(loader=""), LOADED._replace(loader="died")])
    assert [line.split() for line in lines] == [
        ["verdict", "loads", "refused", "died", "no", "answer", "not", "run"],
        ["loads", "2", "0", "1", "0", "0"],
        ["fails", "0", "1", "0", "0", "1"],
        ["unknown", "0", "0", "0", "0", "0"],
    ]


def test_cures_are_run_in_order_and_what_is_built_is_built_last():
    findings = [
        {"code": "race-differs", "effect": "fails", "cure": ["go build"]},
        {"code": "dependency-version-differs", "effect": "fails", "cure": ["go mod edit", "go mod graph | grep x", "go build"]},
        {"code": "symbol-missing", "effect": "fails", "cure": ["grep -rn x ."]},
        {"code": "cpu-level-differs", "effect": "may-crash", "cure": ["go clean"]},
    ]
    assert cures_of(findings) == (["go mod edit", "go build"], {"symbol-missing"})
