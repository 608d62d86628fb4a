# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job where nothing has changed, beside what C(ansible-playbook) takes by itself."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
NO_OP = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.debug:
        msg: nothing
"""


def commands(folder: pathlib.Path, plugins: int) -> tuple[t.Sequence[str], t.Sequence[str]]:
    """(a playbook of one task that does nothing, the main job for that many plugins, which has ended well and has nothing left to do)"""
    folder.mkdir(parents=True, exist_ok=True)
    repository = folder / "repository"
    subprocess.run([sys.executable, str(EXAMPLES / "make_repository.py"), str(repository)], check=True, stdout=subprocess.DEVNULL)
    no_op = folder / "no_op.yml"
    no_op.write_text(NO_OP)
    variables = folder / f"variables-{plugins}.json"
    source = str(EXAMPLES / "plugins" / "nomod")
    variables.write_text(
        json.dumps(
            {
                "tyk_gateway_version": "v5.99.0",
                "tyk_gateway_repo": str(repository),
                "tyk_workspace_root": str(folder / "root"),
                "tyk_artifacts": str(folder / "dist"),
                "tyk_plugins": [{"name": f"plugin{number}", "source": source} for number in range(plugins)],
            }
        )
    )
    play = ["ansible-playbook", "--inventory", str(ROOT / "inventory" / "localhost.yml")]
    job = [*play, "--extra-vars", f"@{variables}", str(ROOT / "playbooks" / "build_plugins.yml")]
    subprocess.run(job, check=True, stdout=subprocess.DEVNULL)
    again = subprocess.run(job, check=True, capture_output=True, text=True).stdout
    if "nothing has changed since" not in again:
        raise RuntimeError(f"there was still something to do:\n{again}")
    return [*play, str(no_op)], job
