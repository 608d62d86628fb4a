# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of rooms in docs/architecture.md against the imports of the code."""

from __future__ import annotations

import ast
import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.goplugins.tyk.plugins."


def listed_rooms():
    """From room to the rooms that it imports, by the table and in its order."""
    section = (ROOT / "docs" / "architecture.md").read_text().partition("\n## The rooms\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ?([^|]*?) ?\|$", section, re.MULTILINE)
    return {room: re.findall(r"`(\w+)`", arrows) for room, arrows in rows}


def room_of(parts):
    """The room of a module, by its path or its dotted name below plugins/."""
    return parts[1].removesuffix(".py") if parts[0] == "module_utils" else parts[0]


def imported(source):
    """(line, names below plugins/) of each import of this collection, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: ansible-test and this test want absolute imports"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.startswith(PACKAGE):
                yield node.lineno, name.removeprefix(PACKAGE).split(".")


def real_arrows():
    """From (room, imported room) to where the code says so."""
    found = {}
    for path in sorted(PLUGINS.rglob("*.py")):
        room = room_of(path.relative_to(PLUGINS).parts)
        for line, names in imported(path.read_text()):
            if room_of(names) != room:
                found.setdefault((room, room_of(names)), []).append(f"{path.relative_to(ROOT)}:{line}")
    return found


ROOMS = listed_rooms()
ARROWS = real_arrows()


def test_the_reader_sees_imports_of_every_form():
    lines = [
        f"import {PACKAGE}module_utils._a",
        "def f():",
        f"    from {PACKAGE}module_utils._b.c import d",
        f"from {PACKAGE}module_utils import _e",
        "import os",
    ]
    source = "\n".join(lines)
    assert sorted(room_of(names) for _line, names in imported(source)) == ["_a", "_b", "_e"]


def test_every_room_is_listed_and_every_listed_room_exists():
    # What an earlier revision left behind is no room.
    there = {path.stem for path in (PLUGINS / "module_utils").iterdir() if path.suffix == ".py" or any(path.glob("*.py"))} - {"__init__"}
    there |= {path.name for path in PLUGINS.iterdir() if path.is_dir() and path.name not in ("__pycache__", "module_utils")}
    assert set(ROOMS) == there


def test_no_arrow_points_upward():
    order = list(ROOMS)
    upward = [f"{room} -> {other}: {', '.join(where)}" for (room, other), where in ARROWS.items() if order.index(other) < order.index(room)]
    assert upward == []


@pytest.mark.parametrize("room", ROOMS)
def test_the_listed_arrows_are_those_of_the_imports(room):
    assert sorted(ROOMS[room]) == sorted(other for one, other in ARROWS if one == room)


def test_what_runs_on_hosts_imports_nothing_of_ansible():
    """Modules get Ansible's own module_utils through _module alone; the rooms below know nothing of it."""
    importers = set()
    for path in sorted((PLUGINS / "module_utils").rglob("*.py")):
        if re.search(r"^\s*(?:from|import) ansible\b", path.read_text(), re.MULTILINE):
            importers.add(room_of(path.relative_to(PLUGINS).parts))
    assert importers <= {"_module"}


def test_roles_call_no_roles():
    callers = []
    for path in sorted(ROOT.glob("roles/*/tasks/*.yml")):
        if re.search(r"\b(?:import|include)_role\b", path.read_text()):
            callers.append(path.name)
    for path in sorted(ROOT.glob("roles/*/meta/main.yml")):
        if yaml.safe_load(path.read_text()).get("dependencies"):
            callers.append(str(path.relative_to(ROOT)))
    assert callers == []
