# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/findings/ says what the table says."""

from __future__ import annotations

import pathlib
import re
import runpy
import subprocess

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import _compiled, _errors, in_capitals, in_general, plain
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS


def test_the_pages_are_those_of_the_table(repository):
    expected = runpy.run_path(str(repository / "docs" / "generate.py"))["pages"]("findings")
    folder = repository / "docs" / "findings"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == expected, "run python docs/generate.py"


def test_each_finding_has_a_page_with_its_error_texts(repository):
    for kind in KINDS.values():
        page = (repository / "docs" / "findings" / f"{kind.code}.md").read_text(encoding="utf-8")
        commands = (*in_general(kind), *in_capitals(kind, kind.cure_gateway))
        assert all(text in page for text in (kind.title, kind.meaning, *kind.errors, *commands))
        # They are there to be copied.
        assert not [command for command in commands if re.search(r"[{}]", command)]


def pages_with(text, repository):
    """The pages of docs/ that have that text, word for word."""
    found = subprocess.run(
        ["grep", "-rlF", "--include=*.md", "-e", text, "docs"], cwd=repository, capture_output=True, text=True, check=False
    )
    return set(found.stdout.split())


def constant(error):
    """The longest part of a line that does not vary."""
    return max(re.split(r"<\w+>", error), key=len).strip()


def pages_of(text):
    """The pages that shall have that text: the one of all lines, and those of the findings that it is a part of."""
    return {"docs/errors.md", *(f"docs/findings/{kind.code}.md" for kind in KINDS.values() if any(text in error for error in kind.errors))}


def is_finding(page):
    return page.startswith(("docs/findings/", "docs/definitions/"))


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.errors], ids=lambda kind: kind.code)
def test_who_searches_the_docs_for_a_part_of_a_line_finds_the_page_and_nothing_else(kind, repository):
    """What does not vary in a line, as it stands there: nothing in the docs breaks it, and no guide stands in the way."""
    for error in kind.errors:
        found = pages_with(constant(error), repository)
        assert pages_of(constant(error)) <= found, error
        # The meaning of another finding may have the words.
        assert [page for page in found - pages_of(constant(error)) if not is_finding(page)] == [], error


SAMPLES = yaml.safe_load((pathlib.Path(__file__).parent / "lines.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("code", "line"), [(code, line) for code, lines in SAMPLES.items() if code != "none" for line in lines])
def test_each_line_of_a_gateway_leads_to_its_page(code, line, repository):
    """By a part of the line that stands in the docs; a package of which no page has heard, by what stands before it."""
    fitting = [error for error in _errors() if error.code == code and error.pattern.search(plain(line))]
    parts = [constant(text) for text in KINDS[code].errors if any(_compiled(code, text).pattern == error.pattern for error in fitting)]
    if not parts:
        before = "plugin was built with a different version of package"
        assert before in line
        text = (repository / "docs" / "errors.md").read_text(encoding="utf-8")
        assert f"[{code}](findings/{code}.md)" in text.partition("## A different version of package")[2].partition("## All lines")[0]
        return
    for part in parts:
        assert {"docs/errors.md", f"docs/findings/{code}.md"} <= pages_with(part, repository)
    rows = (repository / "docs" / "errors.md").read_text(encoding="utf-8").splitlines()
    assert any(part in row and f"(findings/{code}.md)" in row for part in parts for row in rows)
