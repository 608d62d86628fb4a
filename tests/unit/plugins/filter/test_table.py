# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.filter.table import table


def test_columns_are_aligned_and_what_a_row_lacks_is_blank():
    rows = [{"host": "gw1", "verdict": "loads", "more": 1}, {"host": "gateway-2", "why": "two\nlines"}]
    assert table(rows, ["host", "verdict", "why"]) == [
        "host       verdict  why",
        "gw1        loads",
        "gateway-2           two lines",
    ]


def test_without_rows_the_columns_are_named():
    assert table([], ["host"]) == ["host"]
