# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/findings/ from the table of findings: a page for each, and an index.

Usage: python docs/generate_findings.py [FOLDER]
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys

DOCS = pathlib.Path(__file__).resolve().parent
TABLE = DOCS.parent / "plugins" / "module_utils" / "_verdict" / "kinds.py"

EFFECTS = {
    "fails": "The gateway refuses the plugin, cannot use it, or ends.",
    "unknown": "The two files do not tell whether the plugin loads.",
    "may-crash": "The plugin loads. The process may end or misbehave later.",
    "info": "The plugin loads. This is information only.",
}
STAGES = {
    "open": "when it opens the file, before any package is compared",
    "packages": "when it compares the packages of the plugin with its own",
    "lookup": "when it looks the symbol up",
    "cast": "when it makes the symbol a hook of an API; `plugin load` does not notice",
    "set": "when it loads the second of two plugins",
    "never": "",
}

INDEX = """# Findings

What `goplugins.tyk.tyk_plugin_verify` can find in a gateway and a plugin. Each page tells what differs, why it matters, what the gateway
says, and what to type.

In the commands, `PLUGIN_FOLDER` is the folder with the plugin's go.mod and `GATEWAY_CHECKOUT` the folder with the gateway's source.
Words in braces are filled in from the two files; `{build}` is the one `go build` command that suits the gateway, and it
needs the workspace that Tyk's documentation describes. The modules `go_workspace` and `go_plugin_build` do all of that by themselves.

## Fingerprints

Go gives each compiled package a fingerprint of 8 bytes, made from everything that other packages can see of it. A program that can load
plugins carries the fingerprints of its packages, and so does each plugin. When the gateway opens a plugin, the Go runtime compares them,
package by package, each after those that it imports. At the first that differs it stops, and names that package. Packages that only one
side has do not matter.

So one difference in the build usually makes many packages differ, and the package in the error is seldom the cause. `tyk_plugin_verify`
reads all fingerprints of both files, and what both tell of their build, and puts each differing package under the difference that
explains it.

The C compiler does not enter fingerprints: plugin and gateway may be compiled by different ones (gcc, clang, zig). What counts is the C
library that it links against, which must be of the gateway's kind and no newer than that of the gateway's host.

## Error texts

| the gateway says | see |
|---|---|
"""


def findings():
    """The table itself; it needs nothing of Ansible."""
    spec = importlib.util.spec_from_file_location("findings", TABLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["findings"] = module
    spec.loader.exec_module(module)
    return list(module.KINDS.values())


def page(kind) -> str:
    """The page of one finding."""
    effect = f"**{kind.effect}**: {EFFECTS[kind.effect]}"
    if kind.stage == "packages" and kind.quiet != kind.effect and kind.effect == "fails":
        effect += f" Where no shared package differs because of it, **{kind.quiet}**: {EFFECTS[kind.quiet]}"
    if STAGES[kind.stage]:
        effect += f" The gateway meets it {STAGES[kind.stage]}."
    parts = [f"# {kind.title}", f"`{kind.code}`", effect, f"> {kind.message}", kind.meaning]
    if kind.errors:
        parts.append("## What the gateway says\n\n```text\n" + "\n".join(kind.errors) + "\n```")
    if kind.cure:
        parts.append("## Fix\n\n```sh\n" + "\n".join(kind.cure) + "\n```")
    if kind.cure_gateway:
        where = "Where the gateway is the one that was built as others are not:"
        parts.append(f"{where}\n\n```sh\n" + "\n".join(kind.cure_gateway) + "\n```")
    parts.append("[All findings](README.md)")
    return "\n\n".join(parts) + "\n"


def index(kinds) -> str:
    """The list of all findings, and which error text leads to which."""
    texts: dict[str, list[str]] = {}
    for kind in kinds:
        for text in kind.errors:
            texts.setdefault(text, []).append(f"[{kind.code}]({kind.code}.md)")
    rows = [f"| `` {text} `` | {', '.join(links)} |" for text, links in sorted(texts.items(), key=lambda item: item[0].lower())]
    listed = [f"| [{kind.code}]({kind.code}.md) | {kind.effect} | {kind.title} |" for kind in kinds]
    return INDEX + "\n".join(rows) + "\n\n## All findings\n\n| code | effect | |\n|---|---|---|\n" + "\n".join(listed) + "\n"


def pages() -> dict[str, str]:
    """File name to text of everything in the folder."""
    kinds = findings()
    return {"README.md": index(kinds), **{f"{kind.code}.md": page(kind) for kind in kinds}}


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written = pages()
    for stale in set(folder.glob("*.md")) - {folder / name for name in written}:
        stale.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "findings")
