# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make docs`: where links of the pages lead in the site. The site itself is built by name only."""

from __future__ import annotations

import pathlib
import runpy

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCS = runpy.run_path(str(ROOT / "scripts" / "docs.py"))
FORGE = DOCS["FORGE"]


@pytest.mark.parametrize(
    ("page", "link", "leads_to"),
    [
        ("README.md", "docs/errors.md", "docs/errors.md"),
        ("README.md", "roles/cross_cc", "roles/cross_cc/README.md"),
        ("docs/guides/deploy.md", "../variables.md#earlier-names", "../variables.md#earlier-names"),
        ("docs/guides/deploy.md", "#a-heading", "#a-heading"),
        ("docs/architecture.md", "rooms.svg", "rooms.svg"),
        ("docs/guides/deploy.md", "../../examples/README.md", f"{FORGE}examples/README.md"),
        ("README.md", "scripts/run", f"{FORGE}scripts/run"),
        ("README.md", "https://semver.org", "https://semver.org"),
    ],
)
def test_links_lead_to_pages_of_the_site_or_to_the_forge(page, link, leads_to):
    text = f"[a]({link}), `[b]({link})`\n\n```text\n[c]({link})\n```\n"
    assert DOCS["linked"](pathlib.Path(page), text) == text.replace(f"[a]({link})", f"[a]({leads_to})")


def test_labels_of_ansible_lead_to_its_documentation():
    there = "https://docs.ansible.com/ansible/latest/"
    module = ":ref:`ansible.builtin.git <ansible_collections.ansible.builtin.git_module>`"
    assert DOCS["outward"](module) == f"`ansible.builtin.git <{there}collections/ansible/builtin/git_module.html>`__"
    assert DOCS["outward"](":ref:`action_plugins`") == f"`action plugins <{there}plugins/action.html>`__"
    ours = ":ref:`goplugins.tyk.go_toolchain <ansible_collections.goplugins.tyk.go_toolchain_module>`"
    assert DOCS["outward"](ours) == ours


def test_every_page_of_the_index_is_there():
    listed = [line for line in DOCS["INDEX"].splitlines() if line.startswith(("docs/", "README", "CHANGELOG", "CO", "SEC"))]
    assert len(listed) > 10
    assert [name for name in listed if not list(ROOT.glob(f"{name}.*" if "*" not in name else f"{name}.md"))] == []
    # And the other way round: no page that a reader could not reach.
    pages = {path.relative_to(ROOT).as_posix().removesuffix(".md") for path in ROOT.glob("docs/*.md")}
    assert pages - set(listed) == set()
