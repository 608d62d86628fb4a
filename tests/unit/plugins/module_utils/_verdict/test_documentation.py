# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/findings/ says what the table says."""

from __future__ import annotations

import runpy

from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS


def test_the_pages_are_those_of_the_table(repository):
    expected = runpy.run_path(str(repository / "docs" / "generate_findings.py"))["pages"]()
    folder = repository / "docs" / "findings"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == expected, "run python docs/generate_findings.py"


def test_each_finding_has_a_page_with_its_error_texts(repository):
    for kind in KINDS.values():
        page = (repository / "docs" / "findings" / f"{kind.code}.md").read_text(encoding="utf-8")
        assert all(text in page for text in (kind.title, kind.meaning, *kind.errors, *kind.cure, *kind.cure_gateway))
