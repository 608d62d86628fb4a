# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job on one build host and on several: twelve plugins, all of which are to be built.

Each host is this machine with a folder of its own, and ready: it has the gateway and its Go. As one machine has not the cores of several,
its C compiler, which links each plugin, sleeps as long as a large plugin takes.
"""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
SLEEP = 15
CC = """#!/bin/sh
case "$*" in *"-shared "*a.out.so*) sleep "$(cat {folder}/sleep)" ;; esac
exec gcc "$@"
"""


def seconds(folder: pathlib.Path, number: int) -> float:
    """How long the job takes so many hosts."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    repository = folder / "repository"
    subprocess.run([sys.executable, str(EXAMPLES / "make_repository.py"), str(repository)], check=True, stdout=subprocess.DEVNULL)
    (folder / "cc").write_text(CC.format(folder=folder))
    (folder / "cc").chmod(0o755)
    hosts = {f"build{index}": {"tyk_workspace_root": str(folder / f"build{index}")} for index in range(number)}
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "cross_cc_given": {"linux/amd64": str(folder / "cc")},
    }
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": common}}))

    def run(hosts: str, *names: str) -> float:
        source = str(EXAMPLES / "plugins" / "nomod")
        variables = {
            "tyk_gateway_version": "v5.99.0",
            "tyk_gateway_repo": str(repository),
            "tyk_artifacts": str(folder / "dist"),
            "tyk_build_hosts": hosts,
            "tyk_plugins": [{"name": name, "source": source} for name in names],
        }
        words = ["--inventory", str(folder / "inventory.json"), "--extra-vars", json.dumps(variables)]
        started = time.perf_counter()
        done = subprocess.run(
            ["ansible-playbook", *words, str(ROOT / "playbooks" / "build_plugins.yml")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        return time.perf_counter() - started

    (folder / "sleep").write_text("0")
    # Each host gets ready by a plugin of its own.
    for host in hosts:
        run(host, "ready")
    (folder / "sleep").write_text(str(SLEEP))
    return run("all", *(f"plugin{index}" for index in range(12)))
