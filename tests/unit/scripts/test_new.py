# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make new`: which variables of the playbook follow from those of make."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]

RECORDER = f"""#!{sys.executable}
import json, sys
print(json.dumps(sys.argv[1:]))
"""


@pytest.fixture
def new(tmp_path):
    """new(**variables of make) -> (what was printed on stderr, arguments of ansible-playbook), with a recorder in its place."""
    (tmp_path / "ansible-playbook").write_text(RECORDER)
    (tmp_path / "ansible-playbook").chmod(0o755)

    def run(**make):
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", **make}
        argv = [sys.executable, str(ROOT / "scripts" / "new.py")]
        done = subprocess.run(argv, env=environment, cwd=tmp_path, check=False, capture_output=True, text=True)
        if done.returncode:
            return done.stderr, None
        recorded, said = done.stdout.splitlines()
        return said, json.loads(recorded)

    return run


def variables(argv):
    return json.loads(argv[argv.index("--extra-vars") + 1])


def test_a_name_is_enough(new):
    said, argv = new(NAME="enrich")
    assert said == f"Or, in this clone: make build PLUGIN={ROOT}/my-plugins/enrich/enrich GATEWAY=v5.3.6"
    assert variables(argv) == {
        "tyk_workspace_root": str(ROOT / ".build"),
        "tyk_new_name": "enrich",
        "tyk_new_path": str(ROOT / "my-plugins" / "enrich"),
    }
    assert argv[-1] == str(ROOT / "playbooks" / "new_plugin.yml") and "--check" not in argv


def test_everything_that_make_says(new, tmp_path):
    said, argv = new(NAME="enrich", HOOKS="pre, response", GATEWAY="v5.8.5", REPO="tyk", BINARY="bin/tyk", PLUGIN="../there", CHECK="1")
    assert variables(argv) == {
        "tyk_workspace_root": str(ROOT / ".build"),
        "tyk_new_name": "enrich",
        "tyk_new_path": str(tmp_path.parent / "there"),
        "tyk_new_hooks": ["pre", "response"],
        "tyk_gateway_version": "v5.8.5",
        "tyk_gateway_repo": str(tmp_path / "tyk"),
        "tyk_gateway_binary": str(tmp_path / "bin" / "tyk"),
    }
    assert argv[-3:-1] == ["--check", "--diff"]
    gateway = f"GATEWAY=v5.8.5 REPO={tmp_path}/tyk BINARY={tmp_path}/bin/tyk"
    assert said == f"Or, in this clone: make build PLUGIN={tmp_path.parent}/there/enrich {gateway}"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        ({}, "NAME is missing"),
        ({"NAME": "enrich", "REPO": "tyk"}, "GATEWAY is missing"),
        ({"NAME": "enrich", "SYMBOLS": "A", "ALIGN": "apply"}, "make new does not use SYMBOLS, ALIGN"),
        ({"NAME": "enrich", "PLUGIN": "https://git.example.com/enrich"}, "is no folder on this machine"),
    ],
)
def test_what_is_missing_or_not_used(new, make, said):
    words, argv = new(**make)
    assert argv is None and said in words and "make new NAME=enrich" in words


def test_a_run_that_fails_is_no_success_and_names_nothing_to_build(new, tmp_path):
    (tmp_path / "ansible-playbook").write_text("#!/bin/sh\necho refused >&2\nexit 2\n")
    assert new(NAME="enrich") == ("refused\n", None)


def test_check_is_1_or_left_out(new):
    said, argv = new(NAME="enrich", CHECK="0")
    assert argv is None and said.startswith("CHECK=0 means nothing")
