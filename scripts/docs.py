# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages of this repository and the reference of the collection as one site, in .cache/site. A warning is an error."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / ".cache" / "site-source"
SITE = ROOT / ".cache" / "site"
FORGE = "https://github.com/goplugins/ansible-collection-tyk/blob/main/"
PAGES = ("*.md", "CHANGELOG.rst", "docs/**/*.md", "docs/*.svg", "docs/benchmarks/*.svg", "roles/*/README.md")
CODE = re.compile(r"(^ *```.*?^ *```$|(`+).*?\2)", re.MULTILINE | re.DOTALL)

CONFIGURATION = """\
project = "goplugins.tyk"
author = copyright = "The goplugins.tyk authors"
extensions = ["myst_parser", "sphinx_antsibull_ext"]
root_doc = "index"
html_theme = "furo"
html_title = "goplugins.tyk"
myst_heading_anchors = 4
# Lexers know less than what the pages show: prompts with comments, templates, words in braces.
highlight_language = "none"
"""
INDEX = """\
# goplugins.tyk

```{toctree}
:maxdepth: 1

README
docs/errors
docs/variables
```

```{toctree}
:caption: Guides
:glob:
:maxdepth: 1

docs/guides/*
docs/awx
docs/benchmarks
docs/debug
docs/failures
docs/kubernetes
docs/provenance
docs/scale
```

```{toctree}
:caption: Reference
:maxdepth: 1

reference/index
docs/findings/README
docs/definitions/README
docs/architecture
roles
```

```{toctree}
:caption: The project
:maxdepth: 1

CONTRIBUTING
SECURITY
CODE_OF_CONDUCT
CHANGELOG
```
"""
ROLES = """\
# Roles

```{toctree}
:glob:
:maxdepth: 1

roles/*/README
```
"""
# Of Ansible's own documentation, which is not read for this: a build needs no network.
ANSIBLE = "https://docs.ansible.com/ansible/latest/"
LABELS = {
    "action_plugins": "plugins/action.html",
    "callback_plugins": "plugins/callback.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
# Below an index, so that each page of a folder has its place.
FOLDER = """
```{toctree}
:glob:
:hidden:

*
```
"""


def linked(page: Path, text: str) -> str:
    """The text of a page with links to what is no page of the site leading to the forge, and links to folders to their pages."""

    def one(match: re.Match[str]) -> str:
        path, _hash, anchor = match[1].partition("#")
        if re.match(r"[a-z]+:", path) or not path:
            return match[0]
        target = Path(os.path.normpath(page.parent / path))
        if (ROOT / target / "README.md").is_file():
            target /= "README.md"
        known = any(ROOT / target in ROOT.glob(pattern) for pattern in PAGES)
        goal = os.path.relpath(target, page.parent) if known else FORGE + target.as_posix()
        return f"]({goal}{f'#{anchor}' if anchor else ''})"

    pieces = CODE.split(text)
    # Of three pieces the first is text, the second code, the third its quotes.
    return "".join(
        re.sub(r"\]\(([^)\s]+)\)", one, piece) if number % 3 == 0 else piece for number, piece in enumerate(pieces) if number % 3 < 2
    )


def outward(text: str) -> str:
    """The reference with links to labels of Ansible's documentation leading there. Sphinx knows the others, or complains."""

    def one(match: re.Match[str]) -> str:
        label = match[2]
        name = match[1] or label.replace("_", " ")
        module = re.fullmatch(r"ansible_collections\.(ansible)\.(builtin)\.(\w+)", label)
        place = f"collections/{'/'.join(module.groups())}.html" if module else LABELS.get(label)
        return f"`{name} <{ANSIBLE}{place}>`__" if place else match[0]

    return re.sub(r":ref:`(?:([^`<]+?) <)?([\w.]+)>?`", one, text)


def lay_out() -> None:
    """Copy the pages to where the site is built from, with an index, and have the reference of the plugins written beside them."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for pattern in PAGES:
        for path in ROOT.glob(pattern):
            name = path.relative_to(ROOT)
            (SOURCE / name).parent.mkdir(parents=True, exist_ok=True)
            if path.suffix == ".md":
                below = FOLDER if name.match("docs/*/README.md") else ""
                (SOURCE / name).write_text(linked(name, path.read_text(encoding="utf-8")) + below)
            else:
                shutil.copyfile(path, SOURCE / name)
    (SOURCE / "conf.py").write_text(CONFIGURATION)
    (SOURCE / "index.md").write_text(INDEX)
    (SOURCE / "roles.md").write_text(ROLES)
    reference = SOURCE / "reference"
    reference.mkdir()
    argv = ["antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--dest-dir", str(reference), "goplugins.tyk"]
    subprocess.run(argv, check=True)
    for path in reference.rglob("*.rst"):
        path.write_text(outward(path.read_text(encoding="utf-8")))


def main() -> int:
    lay_out()
    shutil.rmtree(SITE, ignore_errors=True)
    argv = ["sphinx-build", "--fail-on-warning", "--keep-going", "--quiet", "--jobs", "auto"]
    trees = ["--doctree-dir", str(ROOT / ".cache" / "site-trees")]
    done = subprocess.run([*argv, *trees, str(SOURCE), str(SITE)], check=False)
    if done.returncode == 0:
        print(f"{len(list(SITE.rglob('*.html')))} pages: {SITE / 'index.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
