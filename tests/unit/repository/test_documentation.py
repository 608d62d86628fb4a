# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation of modules and roles against what they take."""

from __future__ import annotations

import json
import pathlib
import re
import runpy
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
INTERNAL = "Not for use in playbooks."


@pytest.fixture(scope="module")
def documented(collections):
    names = [f"goplugins.tyk.{name}" for name in MODULES]
    argv = ["ansible-doc", "--playbook-dir", str(collections), "--type", "module", "--json", *names]
    return json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


def options_of(options, prefix=""):
    for name, option in options.items():
        yield f"{prefix}{name}", option
        yield from options_of(option.get("suboptions") or option.get("options") or {}, f"{prefix}{name}.")


def text_of(option):
    description = option.get("description", "")
    return description if isinstance(description, str) else " ".join(description)


@pytest.mark.parametrize("module", MODULES)
def test_every_option_is_described_and_shown(module, documented):
    entry = documented[f"goplugins.tyk.{module}"]
    options = dict(options_of(entry["doc"].get("options", {})))
    assert [name for name, option in options.items() if not text_of(option).strip()] == []

    tasks = yaml.safe_load(entry["examples"])
    shown = {name for task in tasks for name in task.get(f"goplugins.tyk.{module}", {})}
    wanted = {name for name, option in entry["doc"].get("options", {}).items() if INTERNAL not in text_of(option)}
    assert wanted - shown == set()


@pytest.mark.parametrize("module", MODULES)
def test_every_return_value_has_a_sample(module, documented):
    values = documented[f"goplugins.tyk.{module}"]["return"]
    assert values
    assert [name for name, value in values.items() if not (text_of(value).strip() and value.keys() & {"sample", "contains"})] == []


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_agree(role):
    folder = ROOT / "roles" / role
    specs = yaml.safe_load((folder / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    defaults = yaml.safe_load((folder / "defaults" / "main.yml").read_text())
    options = {name: option for spec in specs.values() for name, option in spec.get("options", {}).items()}

    assert [name for name, option in options_of(options) if not text_of(option).strip()] == []
    assert set(defaults) - set(options) == set()
    assert {name for name, option in options.items() if not option.get("required")} == set(defaults)
    # A default that is computed cannot be repeated in the specification, any other can, and must be the same.
    told = {name: option["default"] for name, option in options.items() if "default" in option}
    assert told == {name: defaults[name] for name in told}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_variable_begins_with_the_role(role):
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    assert [name for name in defaults if not name.startswith(f"{role}_")] == []


@pytest.mark.parametrize("role", ROLES)
def test_the_readme_of_a_role_names_every_variable(role):
    text = (ROOT / "roles" / role / "README.md").read_text()
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    assert [name for name in defaults if f"`{name}`" not in text] == []


def test_the_readme_names_every_module():
    text = (ROOT / "README.md").read_text()
    assert [name for name in MODULES if f"| `{name}` |" not in text] == []


@pytest.fixture(scope="module")
def generator(repository):
    return runpy.run_path(str(repository / "docs" / "generate.py"))


@pytest.mark.parametrize("name", ["errors.md", "variables.md", "rooms.svg"])
def test_what_is_generated_is_what_the_code_says(name, generator):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == generator["SINGLE"][name](), "run scripts/run python docs/generate.py"


def test_everything_that_is_generated_is_compared(generator):
    assert set(generator["SINGLE"]) == {"errors.md", "variables.md", "rooms.svg"}


def test_the_page_of_variables_has_every_variable():
    text = (ROOT / "docs" / "variables.md").read_text()
    specs = yaml.safe_load((ROOT / "playbooks" / "vars" / "argument_specs.yml").read_text())
    assert [name for name in specs["options"] if not re.search(rf"^\| `{name}` \| \S", text, re.MULTILINE)] == []
    assert [old for old, new in specs["renamed"].items() if f"| `{old}` | `{new}` |" not in text] == []
    # Each uses a letter of its own.
    assert {playbook for spec in specs["options"].values() for playbook in spec["playbooks"]} == set(
        re.findall(r"`[A-Z]` (?:is )?(\w+)", text)
    )


def test_the_picture_has_every_room_and_no_arrow_that_others_imply(generator):
    rooms = generator["rooms"]()
    picture = generator["picture"]()
    assert len(rooms) > 20 and all(f">{room}</text>" in picture for room in rooms)
    reduced = generator["reduced"](rooms)
    assert picture.count("marker-end") == sum(map(len, reduced.values()))

    def reach(arrows, room):
        return set(arrows[room]).union(*(reach(arrows, other) for other in arrows[room]))

    assert all(reach(reduced, room) == reach(rooms, room) for room in rooms)
    assert generator["reduced"]({"a": ["b", "c"], "b": ["c"], "c": []}) == {"a": ["b"], "b": ["c"], "c": []}


def test_the_page_on_failures_names_the_defaults_of_the_roles():
    defaults = {}
    for role in ROLES:
        defaults.update(yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text()))
    rows = [line.strip("| ").split(" | ") for line in (ROOT / "docs" / "failures.md").read_text().splitlines() if line.startswith("|")]
    told = {row[2].strip("`"): row[1] for row in rows if len(row) == 3 and row[2].strip("`") in defaults}
    assert len(told) >= 5
    assert {name: int(re.search("[0-9]+", text)[0]) for name, text in told.items()} == {name: defaults[name] for name in told}
