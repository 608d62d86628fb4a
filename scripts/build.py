# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make build`: the main job on this machine, its variables taken from make's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import typing as t
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = "make build GATEWAY=v5.3.6 PLUGIN=examples/plugins/testplugin"
EMBEDDED = ROOT / "examples" / "embedded.yml"


# The keys of a plugin that variables of make set as they are.
KEYS = {"name": "NAME", "version": "PLUGIN_VERSION", "package": "PACKAGE", "id": "ID"}


def is_remote(named: str) -> bool:
    """Whether it is a URL, or host:path of git."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/]+:", named) is not None


def place(named: str) -> str:
    """What is remote as it is; a path as seen from where make runs. A link stays one: its name is the one that people use."""
    return named if is_remote(named) else os.path.abspath(named)


def words(text: str) -> list[str]:
    """The words of a value of make, between commas or blanks."""
    return [word for word in re.split(r"[,\s]+", text) if word]


def hooks(text: str) -> dict[str, str]:
    """From symbol to kind, as in HOOKS=AuthCheck=auth_check,AddHeader=pre."""
    pairs = [word.partition("=") for word in words(text)]
    wrong = [symbol for symbol, _equals, kind in pairs if not symbol or not kind]
    if wrong:
        sys.exit(f"HOOKS needs a kind for {', '.join(wrong)}, as in HOOKS=AuthCheck=auth_check,AddHeader=pre")
    return {symbol: kind for symbol, _equals, kind in pairs}


def plugin(make: t.Mapping[str, str]) -> dict[str, t.Any]:
    """One entry of C(tyk_plugins), named as the folder or the repository is, or as NAME says."""
    where = place(make["PLUGIN"])
    name = re.split(r"[/:]", where.rstrip("/"))[-1]
    given: dict[str, t.Any] = {key: make[variable] for key, variable in KEYS.items() if make.get(variable)}
    if make.get("HOOKS"):
        given["hooks"] = hooks(make["HOOKS"])
    return {
        "name": name[:-4] if name.endswith(".git") else name,
        "source": where,
        "symbols": words(make.get("SYMBOLS", "")),
        **given,
    }


def checking(make: t.Mapping[str, str]) -> list[str]:
    """The options of ansible-playbook that CHECK=1 stands for."""
    given = make.get("CHECK", "")
    if given not in ("", "1"):
        sys.exit(f"CHECK={given} means nothing: CHECK=1 only shows what would be done, without it that is done")
    return ["--check", "--diff"] if given else []


def variables(make: t.Mapping[str, str]) -> dict[str, t.Any]:
    """The playbook's variables: where things go on this machine, and what the command line of make says."""
    result: dict[str, t.Any] = {
        "tyk_workspace_root": str(ROOT / ".build"),
        "tyk_artifacts": str(ROOT / "dist"),
        "tyk_report_folder": str(ROOT / "dist"),
    }
    bootstrap = ROOT / ".venv" / "bin" / "go"
    if bootstrap.exists():
        result["go_toolchain_bootstrap_go"] = str(bootstrap)
    if make.get("GATEWAY"):
        result["tyk_gateway_version"] = make["GATEWAY"]
    if make.get("REPO"):
        result["tyk_gateway_repo"] = place(make["REPO"])
    if make.get("BINARY"):
        result["tyk_gateway_binary"] = os.path.abspath(make["BINARY"])
    if make.get("ALIGN"):
        result["tyk_align"] = make["ALIGN"]
    if make.get("PLUGIN"):
        result["tyk_plugins"] = [plugin(make)]
    return result


def main() -> None:
    make = os.environ
    own_gateway = any(make.get(name) for name in ("GATEWAY", "REPO", "BINARY"))
    unused = [name for name in (*KEYS.values(), "SYMBOLS", "HOOKS") if make.get(name) and not make.get("PLUGIN")]
    if unused:
        sys.exit(f"PLUGIN is missing: {', '.join(unused)} says something of a plugin, but which?\n  {EXAMPLE}")
    if own_gateway and not make.get("PLUGIN"):
        sys.exit(f"PLUGIN is missing: what shall be built for that gateway?\n  {EXAMPLE}")
    if own_gateway and not (make.get("GATEWAY") or make.get("BINARY")):
        sys.exit(f"GATEWAY is missing: which version of that repository?\n  {EXAMPLE}")
    if is_remote(make.get("PLUGIN", "")) and not make.get("PLUGIN_VERSION"):
        sys.exit("PLUGIN_VERSION is missing: which tag, branch or commit of that repository?\n  PLUGIN_VERSION=v1.4.0")
    command = ["ansible-playbook", "--inventory", str(ROOT / "inventory" / "localhost.yml"), *checking(make)]
    if not own_gateway:
        make_repository = [sys.executable, str(ROOT / "examples" / "make_repository.py"), str(ROOT / ".build" / "repository")]
        subprocess.run(make_repository, check=True, stdout=subprocess.DEVNULL)
        command += ["--extra-vars", f"@{EMBEDDED}"]
    command += ["--extra-vars", json.dumps(variables(make))]
    os.execvp(command[0], [*command, str(ROOT / "playbooks" / "build_plugins.yml")])


if __name__ == "__main__":
    main()
