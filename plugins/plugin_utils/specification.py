# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this collection says of its own variables, and a digest of the collection itself."""

from __future__ import annotations

import functools
import hashlib
import pathlib

from ansible.module_utils.common.yaml import yaml_load

ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.lru_cache(maxsize=None)
def of_playbooks():
    """C(options), from the name of each variable of the playbooks to its specification, C(used_roles), from playbook to those
    that it uses, and C(renamed), from old name to new."""
    return yaml_load((ROOT / "playbooks" / "vars" / "argument_specs.yml").read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=None)
def of_roles():
    """The options of all roles, from name to specification."""
    found = {}
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        for entry in yaml_load(path.read_text(encoding="utf-8"))["argument_specs"].values():
            found.update(entry["options"])
    return found


@functools.lru_cache(maxsize=None)
def digest():
    """A SHA-256 of what this collection runs: another version may build otherwise."""
    whole = hashlib.sha256()
    for folder in ("plugins", "roles", "playbooks"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".yml"):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
                whole.update(f"{content} {path.relative_to(ROOT).as_posix()}\0".encode())
    return whole.hexdigest()
