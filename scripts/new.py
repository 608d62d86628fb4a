# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make new`: start a plugin on this machine, its variables taken from make's."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import typing as t

from build import ROOT, checking, is_remote, place, words

EXAMPLE = "make new NAME=enrich HOOKS=pre,response GATEWAY=v5.3.6"
# Git ignores it here, as a plugin belongs into a repository of its own.
FOLDER = ROOT / "my-plugins"
# The variables by which make and the playbooks name a gateway.
OF_GATEWAYS = {"GATEWAY": "tyk_gateway_version", "REPO": "tyk_gateway_repo", "BINARY": "tyk_gateway_binary"}
# What make hands to us and only `make build` uses.
OF_BUILDS = ("PLUGIN_VERSION", "PACKAGE", "SYMBOLS", "ID", "ALIGN")


def variables(make: t.Mapping[str, str]) -> dict[str, t.Any]:
    """The playbook's variables: where things go on this machine, and what the command line of make says."""
    result: dict[str, t.Any] = {
        "tyk_workspace_root": str(ROOT / ".build"),
        "tyk_new_name": make["NAME"],
        "tyk_new_path": os.path.abspath(make["PLUGIN"]) if make.get("PLUGIN") else str(FOLDER / make["NAME"]),
    }
    if make.get("HOOKS"):
        result["tyk_new_hooks"] = words(make["HOOKS"])
    if make.get("GATEWAY"):
        result["tyk_gateway_version"] = make["GATEWAY"]
    if make.get("REPO"):
        result["tyk_gateway_repo"] = place(make["REPO"])
    if make.get("BINARY"):
        result["tyk_gateway_binary"] = os.path.abspath(make["BINARY"])
    return result


def build_command(new: t.Mapping[str, t.Any]) -> str:
    """The command of make that builds the plugin which these variables of the playbook make."""
    gateway = {make: new[name] for make, name in OF_GATEWAYS.items() if name in new} or {"GATEWAY": "v5.3.6"}
    words = {"PLUGIN": os.path.join(new["tyk_new_path"], new["tyk_new_name"]), **gateway}
    return " ".join(["make build", *(shlex.quote(f"{name}={value}") for name, value in words.items())])


def main() -> None:
    make = os.environ
    if not make.get("NAME"):
        sys.exit(f"NAME is missing: what shall the plugin be called?\n  {EXAMPLE}")
    if make.get("REPO") and not (make.get("GATEWAY") or make.get("BINARY")):
        sys.exit(f"GATEWAY is missing: which version of that repository?\n  {EXAMPLE}")
    unused = [name for name in OF_BUILDS if make.get(name)]
    if unused:
        sys.exit(f"make new does not use {', '.join(unused)}\n  {EXAMPLE}")
    if is_remote(make.get("PLUGIN", "")):
        sys.exit(f"PLUGIN={make['PLUGIN']} is no folder on this machine\n  {EXAMPLE} PLUGIN=../enrich")
    given = variables(make)
    command = ["ansible-playbook", "--inventory", str(ROOT / "inventory" / "localhost.yml"), "--extra-vars", json.dumps(given)]
    try:
        done = subprocess.run([*command, *checking(make), str(ROOT / "playbooks" / "new_plugin.yml")], check=False)
    except KeyboardInterrupt:
        sys.exit(130)
    if done.returncode == 0:
        print(f"Or, in this clone: {build_command(given)}")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
