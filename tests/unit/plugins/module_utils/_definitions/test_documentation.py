# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/definitions/ says what the table says."""

from __future__ import annotations

import runpy

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.kinds import KINDS


def test_the_pages_are_those_of_the_table(repository):
    expected = runpy.run_path(str(repository / "docs" / "generate.py"))["pages"]("definitions")
    folder = repository / "docs" / "definitions"
    written = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert written == expected, "run python docs/generate.py"


def test_each_finding_has_a_page_with_its_fix(repository):
    for kind in KINDS.values():
        page = (repository / "docs" / "definitions" / f"{kind.code}.md").read_text(encoding="utf-8")
        assert all(text in page for text in (kind.title, kind.message, kind.meaning, kind.cure))
