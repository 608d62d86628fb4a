# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a host can use no seed."""

from __future__ import annotations

import types

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import seed
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go


@pytest.mark.parametrize(
    ("version", "program", "said"),
    [("1.24.0", "/usr/bin/keeper", "GOCACHEPROG"), ("1.23.4", "/usr/bin/keeper", ""), ("1.24.0", "", "")],
    ids=["another program keeps what is compiled", "a Go that does not know it", "none"],
)
def test_no_seed_is_used_where_another_program_keeps_what_is_compiled(tmp_path, version, program, said):
    (tmp_path / "bin").mkdir()
    answer = f'{{"GOCACHE": "/c", "GOMODCACHE": "/m", "GOCACHEPROG": "{program}"}}'
    go = tmp_path / "bin" / "go"
    go.write_text(f"#!/bin/sh\necho '{answer}'\n")
    go.chmod(0o755)
    found = seed.unusable(types.SimpleNamespace(go=Go(str(tmp_path), version)))
    assert bool(found) == bool(said) and said in found
