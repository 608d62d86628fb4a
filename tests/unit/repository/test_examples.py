# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of a module, filter or lookup, and every task in the pages, can be pasted into a playbook: it is taken as it is written."""

from __future__ import annotations

import ast
import importlib
import itertools
import json
import os
import pathlib
import re
import subprocess

import jinja2
import jinja2.nodes
import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

ROOT = pathlib.Path(__file__).resolve().parents[3]
PREFIX = "goplugins.tyk."
KINDS = {"module": "modules", "filter": "filter", "lookup": "lookup"}
PLUGINS = {kind: sorted(path.stem for path in (ROOT / "plugins" / folder).glob("*.py")) for kind, folder in KINDS.items()}
# Keywords whose value is an expression without braces.
EXPRESSIONS = {"when", "that", "until", "failed_when", "changed_when"}


def examples(kind, name):
    """The tasks, or the plays, of the EXAMPLES of a plugin."""
    text = (ROOT / "plugins" / KINDS[kind] / f"{name}.py").read_text()
    return yaml.safe_load(re.search(r'^EXAMPLES = r"""\n(.*?)^"""', text, re.MULTILINE | re.DOTALL)[1])


def pages():
    """The YAML of every page: (the page, number of the block in it, what it says)."""
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md")]):
        blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
        for number, text in enumerate(blocks, 1):
            yield page.relative_to(ROOT).as_posix(), number, yaml.safe_load(text)


def calls(value):
    """(module, arguments) for each task below that value that calls a module of ours."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str) and key.removeprefix(PREFIX) in PLUGINS["module"] and key.startswith(PREFIX):
                yield key.removeprefix(PREFIX), inner or {}
            else:
                yield from calls(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from calls(inner)


def templates(value, key=""):
    """The text of each template below that value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from templates(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from templates(inner, key)
    elif isinstance(value, str) and key in EXPRESSIONS:
        yield f"{{{{ {value} }}}}"
    elif isinstance(value, str) and "{{" in value:
        yield value


def stand_in(spec):
    """A value that an option takes, for one that is only known when the task runs."""
    if spec.get("choices"):
        return spec["choices"][0]
    kind = spec.get("type", "str")
    if kind == "dict":
        return {name: stand_in(option) for name, option in (spec.get("options") or {}).items() if option.get("required")}
    if kind == "list":
        return [stand_in({**spec, "type": spec.get("elements", "str")})]
    return {"int": 1, "float": 1.0, "bool": True}.get(kind, "text")


def filled(value, spec):
    """The value of an option with a stand-in for each template that is a whole value."""
    if isinstance(value, str) and "{{" in value:
        return stand_in(spec)
    if isinstance(value, dict) and spec.get("options"):
        return {name: filled(inner, spec["options"].get(name, {})) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, {**spec, "type": spec.get("elements", "str")}) for inner in value]
    return value


def specification_of_action(name):
    """What the action plugin of a module validates, where the module is documentation alone."""
    tree = ast.parse((ROOT / "plugins" / "action" / f"{name}.py").read_text())
    (spec,) = (
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "validate_argument_spec"
        for keyword in node.keywords
        if keyword.arg == "argument_spec"
    )
    return ast.literal_eval(spec)


@pytest.fixture(scope="module")
def validators():
    """For each module what checks arguments as its AnsibleModule does, and its specification."""
    found = {}
    for name in PLUGINS["module"]:
        module = importlib.import_module(f"ansible_collections.goplugins.tyk.plugins.modules.{name}")
        if not hasattr(module, "main"):
            found[name] = (specification_of_action(name), {})
            continue
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "run", lambda _work, spec, *_place, name=name, **more: found.update({name: (spec, more)}))
            module.main()
    assert sorted(found) == PLUGINS["module"]
    relations = ("mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by")
    return {
        name: (spec, ArgumentSpecValidator(spec, **{key: value for key, value in more.items() if key in relations}))
        for name, (spec, more) in found.items()
    }


def complaints(validators, module, arguments):
    spec, validator = validators[module]
    return validator.validate({name: filled(value, spec.get(name, {})) for name, value in arguments.items()}).error_messages


ALL = [(kind, name) for kind, names in PLUGINS.items() for name in names]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_the_arguments_are_those_that_the_modules_take(kind, name, validators):
    called = list(calls(examples(kind, name)))
    assert kind != "module" or name in [module for module, _arguments in called]
    assert [(module, said) for module, arguments in called if (said := complaints(validators, module, arguments))] == []


def test_the_pages_show_arguments_that_the_modules_take(validators):
    called = [(page, number, *call) for page, number, value in pages() for call in calls(value)]
    assert len(called) >= 5
    said = [(page, number, module, complaints(validators, module, arguments)) for page, number, module, arguments in called]
    assert [row for row in said if row[-1]] == []


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({}, "missing required arguments: path"),
        ({"path": "/opt/tyk", "fingerprint": True}, "fingerprint. Supported parameters include: fingerprints, path"),
        ({"path": "/opt/tyk", "fingerprints": "perhaps"}, "fingerprints"),
        ({"path": "{{ somewhere }}", "fingerprints": "{{ wanted }}"}, ""),
    ],
)
def test_wrong_arguments_are_noticed(arguments, word, validators):
    said = complaints(validators, "go_binary_info", arguments)
    assert (word in " ".join(said)) if word else said == []


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_a_task_uses_no_result_of_a_later_one(kind, name):
    tasks = examples(kind, name)
    environment = jinja2.Environment()
    for number, task in enumerate(tasks):
        used = {node.name for text in templates(task) for node in environment.parse(text).find_all(jinja2.nodes.Name)}
        assert (
            used & ({later.get("register") for later in tasks[number:]} - {earlier.get("register") for earlier in tasks[:number]}) == set()
        )


@pytest.fixture(scope="module")
def documented(collections):
    """What ansible-doc says of each filter and lookup: (kind, name) to its documentation."""
    found = {}
    for kind in ("filter", "lookup"):
        argv = ["ansible-doc", "--playbook-dir", str(collections), "--type", kind, "--json", *[PREFIX + name for name in PLUGINS[kind]]]
        said = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
        found.update({(kind, name.removeprefix(PREFIX)): entry["doc"] for name, entry in said.items()})
    return found


def ours(text):
    """(kind, name, number of arguments by place, names of the others) for each of our filters and lookups that a template uses."""
    tree = jinja2.Environment().parse(text)
    for node in tree.find_all(jinja2.nodes.Filter):
        if node.name.startswith(PREFIX):
            yield "filter", node.name.removeprefix(PREFIX), len(node.args), {word.key for word in node.kwargs}
    for node in tree.find_all(jinja2.nodes.Call):
        if isinstance(node.node, jinja2.nodes.Name) and node.node.name in ("query", "lookup", "q"):
            first, *rest = node.args
            if isinstance(first, jinja2.nodes.Const) and first.value.startswith(PREFIX):
                yield "lookup", first.value.removeprefix(PREFIX), len(rest), {word.key for word in node.kwargs}


@pytest.mark.parametrize(("kind", "name"), [row for row in ALL if row[0] != "module"])
def test_filters_and_lookups_are_called_as_they_are_documented(kind, name, documented):
    used = [call for text in templates(examples(kind, name)) for call in ours(text)]
    assert (kind, name) in [call[:2] for call in used]
    for its_kind, its_name, by_place, by_name in used:
        doc = documented[its_kind, its_name]
        options = doc.get("options", {})
        if its_kind == "filter":
            # The first is what stands before the bar.
            taken = doc.get("positional", "").replace(" ", "").split(",")[:by_place]
            assert len(taken) == by_place
            wanted = {option for option, spec in options.items() if spec.get("required")} - {"_input"}
            assert wanted <= {*taken, *by_name} <= set(options)
        else:
            assert by_name <= set(options) and (not by_place or "_terms" in options)


def test_a_playbook_of_all_examples_has_the_right_syntax(collections, tmp_path):
    every = itertools.chain.from_iterable(examples(kind, name) for kind, name in ALL)
    plays, tasks = [], []
    for entry in every:
        (plays if "hosts" in entry else tasks).append(entry)
    path = tmp_path / "examples.yml"
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}, *plays]))
    done = subprocess.run(
        ["ansible-playbook", "--syntax-check", "--inventory", "localhost,", str(path)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
