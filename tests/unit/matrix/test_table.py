# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of the matrix: names, numbers, and that it tries what it should."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS
from ansible_collections.goplugins.tyk.tests.matrix.table import CHEAP, FULL, GATEWAYS, INCURABLE, PLUGINS, Pair, Row, pairs


def test_a_row_is_a_pair_with_each_of_its_gateways():
    rows = [Row("untrimmed", "plain stripped", "trimpath-differs")]
    causes = frozenset({"trimpath-differs"})
    assert pairs(rows) == [Pair("plain", "untrimmed", causes), Pair("stripped", "untrimmed", causes)]


@pytest.mark.parametrize(
    "rows",
    [[Row("nothing", "plain")], [Row("plain", "nothing")], [Row("plain", "plain plain")], [Row("plain", "plain"), Row("plain", "plain")]],
)
def test_wrong_names_and_repeated_pairs_are_errors(rows):
    with pytest.raises(ValueError, match=r"nothing|plain"):
        pairs(rows)


def test_the_cheap_part_needs_nothing_but_go_and_a_c_compiler():
    chosen = pairs(CHEAP)
    files = [*(GATEWAYS[pair.gateway] for pair in chosen), *(PLUGINS[pair.plugin] for pair in chosen)]
    assert len(chosen) >= 30
    assert {(file.platform, file.cc) for file in files} == {("linux/amd64", "gcc")}
    assert len({file.go for file in files}) <= 3


def test_all_pairs():
    chosen = pairs(FULL)
    assert len(chosen) >= 100
    assert set(pairs(CHEAP)) <= set(chosen)
    assert set(GATEWAYS) == {pair.gateway for pair in chosen} | set(PLUGINS) & set(GATEWAYS)
    assert set(PLUGINS) == {pair.plugin for pair in chosen} | set(PLUGINS) & set(GATEWAYS)
    lines = {GATEWAYS[pair.gateway].go.rpartition(".")[0] for pair in chosen}
    assert lines == {"1.21", "1.22", "1.23", "1.24", "1.25", "1.26"}


def test_causes_are_codes_of_findings():
    named = {code for pair in pairs(FULL) for code in pair.causes}
    assert named <= set(KINDS)
    assert set(KINDS) >= INCURABLE
