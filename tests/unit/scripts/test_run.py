# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""scripts/run, whatever the caller's environment says."""

from __future__ import annotations

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]


def test_a_cdpath_leads_nowhere_else(tmp_path):
    (tmp_path / "scripts").mkdir()
    for cdpath in (f".:{tmp_path}", str(tmp_path)):
        done = subprocess.run(
            ["scripts/run", "pwd"], cwd=ROOT, env={**os.environ, "CDPATH": cdpath}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.strip(), done.stderr) == (0, str(ROOT), "")
