# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What records say of earlier builds."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import earlier

RECORD = {
    "artifact": "my_plugin_v5.3.6_linux_amd64.so",
    "digest": "0" * 64,
    "sha256": "0" * 64,
    "size": 1,
    "target": "linux/amd64",
    "inputs": {},
    "profile": {"label": "v5.3.6"},
    "command": [],
    "built": "2026-01-31T12:00:00Z",
    "seconds": 12.5,
}


def write(folder, record, name="my_plugin_v5.3.6_linux_amd64.so.json"):
    (folder / "of-release").mkdir(exist_ok=True)
    (folder / "of-release" / name).write_text(json.dumps(record) if isinstance(record, dict) else record)
    return earlier.builds(str(folder))


def test_a_record_says_what_was_built_and_how_long_it_took(tmp_path):
    rest = {"target": "linux/amd64", "seconds": 12.5, "built": "2026-01-31T12:00:00Z"}
    assert write(tmp_path, RECORD) == [{"folder": "of-release", "plugin": "my_plugin", **rest}]


def test_without_a_folder_there_is_none(tmp_path):
    assert earlier.builds(str(tmp_path / "nothing")) == []


@pytest.mark.parametrize(
    "record",
    [
        "",
        "[]",
        {**RECORD, "seconds": -1},
        {**RECORD, "seconds": 1e300},
        {**RECORD, "built": "yesterday"},
        {**RECORD, "profile": {}},
        {**RECORD, "profile": {"label": ["v5.3.6"]}},
        {**RECORD, "target": "linux/arm64"},
        {name: value for name, value in RECORD.items() if name != "sha256"},
    ],
)
def test_what_is_no_record_says_nothing(tmp_path, record):
    assert write(tmp_path, record) == []


def test_so_many_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(earlier, "MOST", 2)
    for number in range(4):
        found = write(tmp_path, RECORD, f"p{number}_v5.3.6_linux_amd64.so.json")
    assert [one["plugin"] for one in found] == ["p0", "p1"]
