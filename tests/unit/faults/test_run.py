# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import re

import pytest
from ansible_collections.goplugins.tyk.tests.faults import kills, process, run, tampering
from ansible_collections.goplugins.tyk.tests.faults.shop import WRITING


@pytest.mark.parametrize(
    ("trials", "line", "holds"),
    [
        (["", ""], "x tried=2 held=2 ", True),
        (["", "torn"], "x tried=2 held=1 ", False),
        ([], "x tried=0 held=0 ", False),
    ],
)
def test_a_measure_holds_where_each_of_its_trials_does_and_there_are_some(capsys, trials, line, holds):
    assert run.tally("x", trials) is holds
    printed = capsys.readouterr().out
    assert line in printed and ("torn" in printed) is ("torn" in trials)


# The name of a bundle follows from what is in it, so it has to be made first.
@pytest.mark.parametrize("module", [module for module in WRITING if module != "tyk_plugin_bundle"])
def test_of_each_module_that_writes_it_is_known_where(module):
    place = pathlib.Path("/strange")
    assert tampering.own_place(None, module, place).parent == place


def test_a_traceback_or_too_much_memory_is_no_answer():
    good = process.Ended(1, {"failed": True, "msg": "there is no such folder"}, 50_000_000, 0.1, "{}")
    assert good.explains and not good.succeeds
    assert not good._replace(output="Traceback (most recent call last)").answers
    assert not good._replace(memory=process.MOST_MEMORY + 1).answers
    assert not good._replace(result=None).answers
    assert not good._replace(result={"failed": True, "msg": "failed"}).explains


def test_what_is_torn_or_left_over_changes_the_listing(tmp_path):
    (tmp_path / "x.so").write_bytes(b"whole")
    before = kills.listing(tmp_path)
    (tmp_path / "x.so").write_bytes(b"half")
    (tmp_path / ".x.tmp").touch()
    after = kills.listing(tmp_path)
    assert after["/x.so"] != before["/x.so"] and set(after) - set(before) == {"/.x.tmp"}


# Modules that write and stand in no campaign, with what kills them instead.
ELSEWHERE = {
    "c_compiler": "tests/integration/test_c_compiler.py",
    "go_build_seed": "tests/integration/test_seeds.py",
    "tyk_bundle_clean": "tests/unit/plugins/module_utils/_bundle/test_clean.py",
    "tyk_plugin_deploy": "tests/integration/test_plugin_deploy.py",
    "tyk_plugin_stage": "tests/integration/test_plugin_deploy.py",
}


def test_every_module_that_writes_is_killed(repository):
    texts = {path.stem: path.read_text() for path in (repository / "plugins" / "modules").glob("*.py")}
    writing = {name for name, text in texts.items() if "writes_to=" in text}
    assert writing - set(ELSEWHERE) == set(WRITING) - {"tyk_build_receipt"} and set(ELSEWHERE) < writing
    for path in ELSEWHERE.values():
        assert re.search(r"SIGKILL|cut_off|cut off|killed", (repository / path).read_text()), path
