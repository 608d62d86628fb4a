# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record in a workspace, and what somebody made of it."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import record
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.alignment import Raised
from hypothesis import given
from hypothesis import strategies as st

FACTS = record.Facts(("a note",), (Raised("l", "v1", "v3", 1, ("l",), ("p", "l@v3"), ("-require=l@v1",)),), {"m": "v1"}, "p_1", "p")
RECORD = record.Record("d", "f", "s", "p", ".", "/source", "/gateway", {"m": "/local"}, ("a line",), FACTS)


@pytest.fixture
def spoil(tmp_path):
    """Write the record with one field changed, or another text; gives what is then read."""

    def write(field=None, value=None, text=None):
        record.write(str(tmp_path), RECORD)
        path = tmp_path / record.NAME
        path.write_text(text if text is not None else json.dumps({**json.loads(path.read_text()), field: value}))
        return record.read(str(tmp_path))

    return write


def test_a_record_says_what_was_written(tmp_path):
    record.write(str(tmp_path), RECORD)
    assert record.read(str(tmp_path)) == RECORD
    assert record.read(str(tmp_path / "nowhere")) is None


@pytest.mark.parametrize("value", [None, 1, [1], {"a": 1}, [[]], [{}], "text"])
@pytest.mark.parametrize("field", [name for name in (*record.Record._fields, *record.Facts._fields) if name != "facts"])
def test_a_field_of_another_type_makes_it_no_record(spoil, field, value):
    texts = {"digest", "shape", "staged", "name", "package", "source", "gateway", "module", "given_module"}
    assert (spoil(field, value) is None) == (not (field in texts and value == "text"))


@pytest.mark.parametrize("field", Raised._fields)
def test_a_module_that_is_not_described_as_it_must_be(spoil, field):
    assert spoil("raised", [{**FACTS.raised[0].as_dict(), field: {}}]) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner)
    )
)
def test_any_other_value_is_no_record(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("workspace")
    (folder / record.NAME).write_text(json.dumps(value))
    assert record.read(str(folder)) is None


def test_a_record_of_the_former_name_marks_a_workspace_too(tmp_path):
    (tmp_path / "workspace.json").write_text('{"digest": "d", "staged": "s", "given_module": "m", "name": "p"}')
    assert any(map(os.path.exists, record.marks(str(tmp_path))))
    (tmp_path / "workspace.json").write_text('{"folders": []}')
    assert not any(map(os.path.exists, record.marks(str(tmp_path))))
