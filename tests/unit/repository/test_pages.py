# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages say can be done: links, commands and examples name what there is, and give it values that it takes."""

from __future__ import annotations

import ast
import collections
import fnmatch
import functools
import os
import pathlib
import re
import shlex
import subprocess

import pytest
import yaml
from ansible.parsing.splitter import parse_kv
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import SIGNATURES
from ansible_collections.goplugins.tyk.plugins.plugin_utils import specification
from ansible_collections.goplugins.tyk.plugins.plugin_utils import variables as checks

ROOT = pathlib.Path(__file__).resolve().parents[3]
FORGE = "https://github.com/goplugins/ansible-collection-tyk/blob/main/"
LISTED = subprocess.run(
    ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
    check=True,
    capture_output=True,
    text=True,
).stdout.split("\0")
PAGES = {name: (ROOT / name).read_text() for name in sorted(set(LISTED)) if name and (ROOT / name).is_file()}
IGNORED = yaml.safe_load((ROOT / "galaxy.yml").read_text())["build_ignore"]
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
OPTIONS = specification.of_playbooks()["options"]
ROLES = specification.of_roles()
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
# Programs that are not ours.
OTHERS = {
    "ansible-builder",
    "ansible-galaxy",
    "ansible-navigator",
    "ansible-vault",
    "cd",
    "cp",
    "curl",
    "dlv",
    "export",
    "git",
    "go",
    "grep",
    "kill",
    "mkdir",
    "openssl",
    "podman",
    "python3",
    "sha256sum",
    "skopeo",
    "ssh-keygen",
    "tyk",
    "tyk/tyk",
    ".build/gateways/release-5.99.0/tyk",
}


def anchors(text):
    """The anchors of the headings, as forges make them."""
    count = collections.Counter()
    found = set()
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE):
        heading = re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(f"{slug}-{count[slug]}" if count[slug] else slug)
        count[slug] += 1
    return found


def links(text):
    """Targets of links, but for those that are code."""
    return re.findall(r"\]\(([^)\s]+)\)", re.sub(r"(`+).*?\1", "", FENCE.sub("", text)))


def is_shipped(name):
    """Whether the collection's artifact has the file."""
    parts = pathlib.PurePath(name).parts
    return not any(fnmatch.fnmatch("/".join(parts[:length]), pattern) for length in range(1, len(parts) + 1) for pattern in IGNORED)


def target(page, link):
    """The file in this repository that a link leads to, relative to the root, and the anchor; None if it leads elsewhere."""
    path, _hash, anchor = link.partition("#")
    if path.startswith(FORGE):
        return path.removeprefix(FORGE), anchor
    if re.match(r"[a-z]+:", path):
        return None
    return os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page, anchor


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for link in links(PAGES[page]):
        found = target(page, link)
        if found is None:
            continue
        path, anchor = found
        assert (ROOT / path).exists(), f"{link}: nothing is there"
        assert not anchor or (path in PAGES and anchor in anchors(PAGES[path])), f"{link}: no heading has that anchor"


@pytest.mark.parametrize("page", [page for page in PAGES if is_shipped(page)])
def test_what_is_shipped_links_to_what_is_shipped(page):
    relative = [link for link in links(PAGES[page]) if not re.match(r"[a-z]+:", link)]
    assert [link for link in relative if not is_shipped(target(page, link)[0])] == []


def test_every_guide_is_in_the_readme():
    linked = {target("README.md", link)[0] for link in links(PAGES["README.md"]) if target("README.md", link)}
    assert {page for page in PAGES if re.fullmatch(r"docs/(guides/)?[\w-]+\.md", page)} - linked == set()


# --- Commands -----------------------------------------------------------------------------------------------------------------------


def lines(text):
    """Each command line of the page's console blocks, and each call of make or ansible-doc in a sentence."""
    for _indent, language, block in FENCE.findall(text):
        if language == "console":
            yield from (line.strip()[2:] for line in block.replace("\\\n", " ").splitlines() if line.strip().startswith("$ "))
    yield from (found for found in re.findall(r"`((?:make|ansible-doc) [a-z][^`\n]*)`", FENCE.sub("", text)))


def commands(line):
    """The words of each command in a line of a shell."""
    lexer = shlex.shlex(line.replace("(cd", "( cd"), posix=True, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, "#"
    words = []
    for word in [*lexer, ";"]:
        if re.fullmatch(r"[;&|()<>]+", word):
            if words:
                yield words
            words = []
        elif words or not re.match(r"[A-Z_]+=", word):
            words.append(word)


def values_of(words, *flags):
    """What follows each of these options."""
    return [words[number + 1] for number, word in enumerate(words[:-1]) if word in flags]


@functools.lru_cache(maxsize=None)
def examples():
    """The names of all files that the pages show."""
    return {
        name for text in PAGES.values() for _i, _l, block in FENCE.findall(text) for name in re.findall(r"\A *# ([\w.-]+\.ya?ml)\b", block)
    }


def as_checked(spec):
    """A specification in the words that variables of playbooks are checked by: those of roles also have paths."""
    found = {**spec, **{key: "str" for key in ("type", "elements") if spec.get(key) == "path"}}
    return {**found, "options": {name: as_checked(option) for name, option in spec["options"].items()}} if "options" in spec else found


def wrong_variables(given, playbook=""):
    """Sentences for variables of ours that there are not, or whose value they do not take."""
    for name, value in given.items():
        known = {**ROLES, **OPTIONS}
        if not name.startswith("tyk_") and name not in ROLES:
            near = checks.nearest(name, known, 0.9)
            if near:
                yield f"{name}: did you mean {near}?"
            continue
        if name not in known:
            yield f"{name} is no variable of ours"
        elif playbook and name in OPTIONS and playbook not in OPTIONS[name]["playbooks"]:
            yield f"{playbook} does not use {name}"
        elif not (isinstance(value, str) and "{{" in value):
            yield from checks.problems(name, value, as_checked(known[name]))


def of_playbook(words, page):
    (playbook,) = (word for word in words[1:] if word.startswith("goplugins.tyk.") or re.fullmatch(r"(?!@)[\w/-]+\.yml", word))
    name = playbook.removeprefix("goplugins.tyk.")
    if name == playbook:
        assert playbook in examples() or (ROOT / playbook).is_file(), f"no page shows {playbook}"
    else:
        assert name in PLAYBOOKS, f"{playbook} is no playbook"
    for given in values_of(words, "-e", "--extra-vars"):
        if given.startswith("@"):
            assert given[1:] in examples(), f"no page shows {given[1:]}"
        else:
            values = yaml.safe_load(given) if given.startswith("{") else parse_kv(given)
            assert list(wrong_variables(values, name if name != playbook else "")) == []


def options_of(module):
    text = (ROOT / "plugins" / "modules" / f"{module}.py").read_text()
    (found,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION"
    )
    return yaml.safe_load(found)["options"]


def of_ansible(words, _page):
    (module,) = values_of(words, "-m")
    (arguments,) = values_of(words, "-a")
    given = yaml.safe_load(arguments) if arguments.startswith("{") else parse_kv(arguments)
    assert set(given) - {"_raw_params"} <= set(options_of(module.removeprefix("goplugins.tyk."))) and "_raw_params" not in given


def of_make(words, _page):
    done = subprocess.run(
        ["make", "--dry-run", *words[1:]],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def of_scripts(words, _page):
    assert (ROOT / words[0]).is_file()
    paths = [word for word in words[1:] if re.match(r"(tests|scripts|docs|plugins)/", word)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def of_doc(words, _page):
    assert [
        name
        for name in words[1:]
        if name.startswith("goplugins.") and not (ROOT / "plugins/modules" / f"{name.split('.')[2]}.py").is_file()
    ] == []


CHECKED = {
    "ansible": of_ansible,
    "ansible-doc": of_doc,
    "ansible-playbook": of_playbook,
    "make": of_make,
    "scripts/run": of_scripts,
}
COMMANDS = [(page, line) for page, text in PAGES.items() for line in dict.fromkeys(lines(text))]


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_every_command_names_what_there_is(page, line):
    for words in commands(line):
        if words[0] in CHECKED:
            CHECKED[words[0]](words, page)
        else:
            assert words[0] in OTHERS or re.match(r"/|~/", words[0]), f"{words[0]}: a program that no page has used; is it spelled right?"


def test_commands_of_every_class_are_there():
    first = collections.Counter(words[0] for _page, line in COMMANDS for words in commands(line))
    assert all(first[name] for name in CHECKED)
    assert OTHERS - set(first) == set()
    assert first["ansible-playbook"] > 20


def test_a_wrong_command_is_found():
    wrong = [
        "ansible-playbook goplugins.tyk.build_plugin",
        "ansible-playbook goplugins.tyk.build_plugins -e tyk_gateway_versoin=v5.3.6",
        "ansible-playbook goplugins.tyk.verify_plugins -e tyk_align=apply",
        """ansible-playbook goplugins.tyk.verify_plugins -e '{"tyk_signers": "key.pub"}'""",
        "ansible-playbook goplugins.tyk.build_plugins -e @nowhere.yml",
        "ansible localhost -m goplugins.tyk.tyk_plugin_verify -a gatewey=/opt/tyk",
        "make buidl",
        "make build GATEWEY=v5.3.6",
        "scripts/run python docs/generat.py",
        "ansible-doc goplugins.tyk.go_plugin",
        "pyhton3 -m http.server",
    ]
    for line in wrong:
        with pytest.raises((AssertionError, ValueError)):
            test_every_command_names_what_there_is("README.md", line)


@pytest.mark.parametrize(
    "playbook", sorted({word for _page, line in COMMANDS for word in line.split() if re.fullmatch(r"goplugins\.tyk\.\w+_\w+s", word)})
)
def test_the_playbooks_of_commands_have_a_valid_syntax(playbook, collections, tmp_path):
    done = subprocess.run(
        ["ansible-playbook", "--syntax-check", "-i", "localhost,", playbook],
        cwd=tmp_path,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


# --- Examples -----------------------------------------------------------------------------------------------------------------------

YAML = [
    (page, number, block)
    for page, text in PAGES.items()
    for number, (_i, language, block) in enumerate(FENCE.findall(text))
    if language == "yaml"
]


def mappings(value):
    """Each mapping in it that may hold variables: it, and what stands under vars."""
    if isinstance(value, dict):
        yield value
        yield from (found for inner in value.values() if isinstance(inner, (dict, list)) for found in mappings(inner))
    elif isinstance(value, list):
        yield from (found for inner in value for found in mappings(inner))


@pytest.mark.parametrize(("page", "number", "block"), YAML, ids=[f"{page}-{number}" for page, number, _block in YAML])
def test_every_example_has_variables_that_there_are_and_values_that_they_take(page, number, block):
    for found in mappings(yaml.safe_load(block)):
        ours = {name: value for name, value in found.items() if isinstance(name, str) and (name.startswith("tyk_") or name in ROLES)}
        assert list(wrong_variables(ours)) == []


def test_enough_examples_set_variables():
    assert sum("tyk_" in block for _page, _number, block in YAML) > 15


def test_a_wrong_example_is_found():
    for block in ("tyk_plugins: [{name: a}]", "tyk_gateway_version: 5.3", "tyk_algin: fail", "- vars: {tyk_align: never}"):
        with pytest.raises(AssertionError):
            test_every_example_has_variables_that_there_are_and_values_that_they_take("README.md", 0, block)


def test_the_guide_has_the_signatures_of_the_hooks():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(func[^`]+)` \|$", PAGES["docs/guides/write-a-plugin.md"], re.MULTILINE)
    assert dict(rows) == SIGNATURES


# --- Forms for people who report something ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name)
def test_the_forms_are_ones(path):
    form = yaml.safe_load(path.read_text())
    if path.name == "config.yml":
        assert all(link.keys() == {"name", "url", "about"} for link in form["contact_links"])
        return
    assert form["name"] and form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_owners_own_what_there_is():
    rows = [line.split() for line in (ROOT / ".github" / "CODEOWNERS").read_text().splitlines() if line and not line.startswith("#")]
    assert rows[0][0] == "*"
    assert [path for path, *_owners in rows[1:] if not (ROOT / path.strip("/")).exists()] == []
    assert all(owner.startswith("@") for _path, *owners in rows for owner in owners)
