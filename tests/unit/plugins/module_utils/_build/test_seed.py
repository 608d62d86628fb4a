# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a host can use no seed, and what of a build cache is in one."""

from __future__ import annotations

import os
import time
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


def test_a_seed_lacks_nothing_that_a_build_beside_it_used_first(tmp_path, monkeypatch):
    """That build gives an entry a new time just after it was set back, and then Go leaves it alone."""
    hours = {"unused": 1, "old": 100, "used": 1, "used by both": 1}
    paths = {name: tmp_path / f"{number:02x}" / f"{number:064x}-a" for number, name in enumerate(hours)}
    for name, path in paths.items():
        path.parent.mkdir()
        path.touch()
        os.utime(path, (time.time() - hours[name] * 3600,) * 2)

    def go_uses(*names):
        for path in map(paths.get, names):
            if time.time() - path.stat().st_mtime > 3600:
                os.utime(path)

    real = os.utime
    with monkeypatch.context() as patch:
        patch.setattr(os, "utime", lambda path, **times: (real(path, **times), real(path) if path == str(paths["used by both"]) else None))
        then = seed._set_back(str(tmp_path))
    time.sleep(0.02)
    go_uses("used", "used by both")
    assert sorted(seed._used(str(tmp_path), then)) == sorted(str(paths[name].relative_to(tmp_path)) for name in ("used", "used by both"))
