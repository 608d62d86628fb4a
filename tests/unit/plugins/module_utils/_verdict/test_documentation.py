# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/findings/ says what the table says."""

from __future__ import annotations

import re
import runpy
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS


def test_the_pages_are_those_of_the_table(repository):
    expected = runpy.run_path(str(repository / "docs" / "generate.py"))["pages"]("findings")
    folder = repository / "docs" / "findings"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == expected, "run python docs/generate.py"


def test_each_finding_has_a_page_with_its_error_texts(repository):
    for kind in KINDS.values():
        page = (repository / "docs" / "findings" / f"{kind.code}.md").read_text(encoding="utf-8")
        assert all(text in page for text in (kind.title, kind.meaning, *kind.errors, *kind.cure, *kind.cure_gateway))


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.errors], ids=lambda kind: kind.code)
def test_who_searches_the_docs_for_a_part_of_a_line_finds_the_page(kind, repository):
    """What does not vary in a line, as it stands there: nothing in the docs breaks it."""
    for error in kind.errors:
        fixed = max(re.split(r"<\w+>", error), key=len).strip()
        found = subprocess.run(["grep", "-rlF", "-e", fixed, "docs"], cwd=repository, capture_output=True, text=True, check=False).stdout
        assert {f"docs/findings/{kind.code}.md", "docs/findings/README.md"} <= set(found.split()), fixed
