# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passwords and tokens in every variable that can carry one: no output at -vvv shows them, no file that is left behind, no process."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import threading
import typing as t

from ansible_collections.goplugins.tyk.tests.faults.kills import empty_folder
from ansible_collections.goplugins.tyk.tests.faults.process import descendants
from ansible_collections.goplugins.tyk.tests.faults.shop import EXAMPLES, VERSION, Shop

PLAYBOOK = pathlib.Path(__file__).resolve().parents[2] / "playbooks" / "build_plugins.yml"
SECRET = "hunter2Planted"
# Nobody listens there: a run ends at once, with an error that quotes what it was given.
NOWHERE = "127.0.0.1:1"

# The variables of a run, and whether the secret is in a place that Ansible itself prints and only README can warn of.
PLANTED: dict[str, dict[str, t.Any]] = {
    "gateway repository": {"tyk_gateway_repo": f"http://user:{SECRET}@{NOWHERE}/tyk.git"},
    "gateway repository, token alone": {"tyk_gateway_repo": f"https://{SECRET}@{NOWHERE}/tyk.git"},
    "gateway repository, as scp writes it": {"tyk_gateway_repo": f"user:{SECRET}@{NOWHERE}:tyk.git"},
    "gateway repository, token in the query": {"tyk_gateway_repo": f"http://{NOWHERE}/tyk.git?access_token={SECRET}"},
    "plugin source": {"tyk_plugins": [{"name": "x", "source": f"http://user:{SECRET}@{NOWHERE}/x.git", "version": "main"}]},
    "plugin source, token in the query": {
        "tyk_plugins": [{"name": "x", "source": f"http://{NOWHERE}/x.git?private_token={SECRET}", "version": "main"}]
    },
    "Go proxy": {"tyk_go_environment": {"GOPROXY": f"http://user:{SECRET}@{NOWHERE}"}},
    "Go proxy, slash in the password": {"tyk_go_environment": {"GOPROXY": f"http://user:{SECRET}/{SECRET}@{NOWHERE}"}},
    "Go proxy, blank in the password": {"tyk_go_environment": {"GOPROXY": f"http://user:a {SECRET}@{NOWHERE}"}},
    "Go releases": {"go_toolchain_download_url": f"https://user:{SECRET}@{NOWHERE}/go", "go_toolchain_source": "download"},
    "Go releases by a proxy": {"go_toolchain_goproxy": f"http://user:{SECRET}@{NOWHERE}", "go_toolchain_source": "module"},
}


def planted_secrets(shop: Shop, every: int) -> t.Iterator[str]:
    """The main job at -vvv with each planted secret (or each C(every)th)."""
    for name, variables in list(PLANTED.items())[::every]:
        home = empty_folder(shop.folder / "secrets")
        given = {
            "ansible_python_interpreter": sys.executable,
            "tyk_gateway_repo": str(shop.repository),
            "tyk_gateway_version": VERSION,
            "tyk_workspace_root": str(home / "root"),
            "tyk_artifacts": str(home / "dist"),
            "tyk_plugins": [{"name": "testplugin", "source": str(EXAMPLES / "plugins" / "testplugin"), "symbols": ["AuthCheck"]}],
            "tyk_go_environment": {},
            **variables,
        }
        # The modules are to be fetched anew, or no proxy is asked.
        given["tyk_go_environment"] = {"GOMODCACHE": str(home / "modules"), "GOFLAGS": "-modcacherw", **given["tyk_go_environment"]}
        (home / "variables.json").write_text(json.dumps(given))
        command = [
            "ansible-playbook",
            "-vvv",
            "--diff",
            "--inventory",
            "localhost,",
            "--connection",
            "local",
            "--extra-vars",
            f"@{home}/variables.json",
            str(PLAYBOOK),
        ]
        environment = {
            **os.environ,
            "ANSIBLE_LOCAL_TEMP": str(home / "local"),
            "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
            "TMPDIR": str(home),
        }
        # Given again: what a caller's settings say of verbosity and logs is not what is tried.
        environment.pop("ANSIBLE_LOG_PATH", None)
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        seen: set[str] = set()
        watching = threading.Event()
        watcher = threading.Thread(target=_watch, args=(seen, watching))
        watcher.start()
        output = process.communicate()[0].decode("utf-8", "replace")
        watching.set()
        watcher.join()
        (home / "variables.json").unlink()
        wrong = [line.strip()[:300] for line in output.splitlines() if SECRET in line][:2]
        wrong += [
            f"in the file {path}"
            for path in home.rglob("*")
            if path.is_file() and not path.is_symlink() and SECRET.encode() in path.read_bytes()
        ]
        wrong += [f"in the command {words[:200]}" for words in seen]
        wrong += ["the play ended without a word"] if "PLAY RECAP" not in output else []
        yield f"{name}: {wrong}" if wrong else ""


def _watch(seen: set[str], end: threading.Event) -> None:
    """Collect the command lines that show the secret to everybody on the machine."""
    while not end.wait(0.02):
        for pid in descendants():
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            except OSError:
                continue
            if SECRET in words:
                seen.add(words)
