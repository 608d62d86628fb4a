# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/findings/ and docs/definitions/ from the two tables of findings: a page for each finding, and an index.

Usage: python docs/generate.py [FOLDER]
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys

DOCS = pathlib.Path(__file__).resolve().parent
ROOMS = DOCS.parent / "plugins" / "module_utils"

# --- Findings in a gateway and a plugin ---------------------------------------------------------------------------------------------

FINDING_EFFECTS = {
    "fails": "The gateway refuses the plugin, cannot use it, or ends.",
    "unknown": "The two files do not show whether the plugin loads.",
    "may-crash": "The plugin loads. The process may end or misbehave later.",
    "info": "The plugin loads; this is only for your information.",
}
STAGES = {
    "open": "when the gateway opens the file, before it compares any package",
    "packages": "when the gateway compares the packages of the plugin with its own",
    "lookup": "when the gateway looks the symbol up",
    "cast": "when the gateway turns the symbol into a hook of an API; `plugin load` does not notice",
    "set": "when the gateway loads the second of two plugins",
    "never": "",
}

FINDING_INDEX = """# Findings

Everything that `goplugins.tyk.tyk_plugin_verify` can find in a gateway and a plugin. Each page says what differs, why it matters, what the
gateway says, and which commands fix it.

In the commands, `PLUGIN_FOLDER` is the folder with the plugin's go.mod and `GATEWAY_CHECKOUT` the folder with the gateway's source; other
words in capitals, such as `GATEWAY_LOG`, are for you to fill in as well. The module fills in the words in braces from the two files.
`{build}` is the one `go build` command that suits the gateway; it needs the workspace that Tyk's documentation describes. The modules
`go_workspace` and `go_plugin_build` do all of that for you.

If all you have is a line from the gateway's log, look it up under [Error texts](#error-texts), or let the module do it, for a line or for
a whole log. It understands logs as text and as JSON, and with what journald, Docker and Kubernetes put around them:

```console
$ ansible localhost -m goplugins.tyk.tyk_plugin_verify -a '{"error": "plugin was built with a different version of package net"}'
$ ansible gateway1 -m goplugins.tyk.tyk_plugin_verify -a log=/var/log/tyk.log
```

With `gateway` and `plugin` in the same call, it says which of the possible causes it is.

## Fingerprints

Go gives each compiled package a fingerprint of 8 bytes, made from everything that other packages can see of it. A program that can load
plugins contains the fingerprints of its packages, and so does each plugin. When the gateway opens a plugin, the Go runtime compares them,
package by package, each after those that it imports. It refuses the plugin at the first package that differs, and names that package.
Packages that only one side has do not matter.

So one difference in the build usually makes many packages differ, and the package in the error is seldom the cause. `tyk_plugin_verify`
reads all fingerprints of both files and how each was built, and assigns each differing package to the difference that explains it.

The C compiler does not affect fingerprints: you can compile plugin and gateway with different ones (gcc, clang, zig). What counts is the C
library that it links against. It must be of the gateway's kind, and no newer than that of the gateway's host.

## Error texts

Words in `<>` stand for names and numbers, which differ from case to case.

| the gateway says | see |
|---|---|
"""


def finding_page(kind) -> str:
    """The page of one finding."""
    effect = f"**{kind.effect}**: {FINDING_EFFECTS[kind.effect]}"
    if kind.stage == "packages" and kind.quiet != kind.effect and kind.effect == "fails":
        effect += f" If no shared package differs because of it, **{kind.quiet}**: {FINDING_EFFECTS[kind.quiet]}"
    if STAGES[kind.stage]:
        effect += f" This happens {STAGES[kind.stage]}."
    parts = [f"# {kind.title}", f"`{kind.code}`", effect, f"> {kind.message}", kind.meaning]
    if kind.errors:
        parts.append("## What the gateway says\n\n```text\n" + "\n".join(kind.errors) + "\n```")
    if kind.cure:
        parts.append("## Fix\n\n```sh\n" + "\n".join(kind.cure) + "\n```")
    if kind.cure_gateway:
        where = "If the gateway is the side with the unusual build:"
        parts.append(f"{where}\n\n```sh\n" + "\n".join(kind.cure_gateway) + "\n```")
    parts.append("[All findings](README.md)")
    return "\n\n".join(parts) + "\n"


def finding_index(kinds) -> str:
    """The list of all findings, and which error text leads to which finding."""
    texts: dict[str, list[str]] = {}
    for kind in kinds:
        for text in kind.errors:
            texts.setdefault(text, []).append(f"[{kind.code}]({kind.code}.md)")
    rows = [f"| `` {text} `` | {', '.join(links)} |" for text, links in sorted(texts.items(), key=lambda item: item[0].lower())]
    listed = [row(kind) for kind in kinds]
    return FINDING_INDEX + "\n".join(rows) + "\n\n## All findings\n\n| code | effect | |\n|---|---|---|\n" + "\n".join(listed) + "\n"


# --- Mistakes in API definitions ----------------------------------------------------------------------------------------------------

MISTAKE_EFFECTS = {
    "fails": "The gateway drops the definition, does not run the plugin, or answers its requests with an error.",
    "unknown": "The definition does not show what the gateway will do.",
    "info": "This is only for your information.",
}

MISTAKE_INDEX = """# Mistakes in API definitions

Everything that `goplugins.tyk.tyk_definition_lint` can find in definitions that name Go plugins. Many of these mistakes leave no trace in
the gateway's log: the API is served, and the plugin does not run.

```console
$ ansible localhost -m goplugins.tyk.tyk_definition_lint -a 'definitions=/opt/tyk-gateway/apps gateway=/opt/tyk-gateway/tyk'
```

The definition fills in the words in braces.

## Where a plugin is named

| | in a classic definition |
|---|---|
| driver | `custom_middleware.driver` |
| hooks `pre`, `post_key_auth`, `post`, `response` | `custom_middleware.pre[]` and so on, with `path` and `name` |
| authentication hook | `custom_middleware.auth_check`, with `path` and `name`, if `custom_plugin_auth_enabled` |
| one endpoint | `extended_paths.go_plugin[]` of a version with `use_extended_paths`, with `plugin_path` and `func_name` |
| analytics | `analytics_plugin`, with `enable`, `plugin_path` and `func_name` |
| bundle | `custom_middleware_bundle` |

| | in an OpenAPI document, below `x-tyk-api-gateway` |
|---|---|
| driver | `middleware.global.pluginConfig.driver` |
| hooks | `prePlugins[]`, `postAuthenticationPlugins[]`, `postPlugins[]` and `responsePlugins[]` of `middleware.global` |
| authentication hook | `server.authentication.custom.config`, with `enabled` on all three levels |
| one endpoint | `middleware.operations.ID.postPlugins[0]` |
| analytics | `middleware.global.trafficLogs.plugins[0]`, since v5.4 |
| bundle | `middleware.global.pluginConfig.bundle`, with `enabled` and `path` |

In a classic definition all is enabled that is not `disabled`. In an OpenAPI document nothing is that does not say `enabled`, and each
plugin has `path` and `functionName`. Keys may have any case, as Go reads them.

For `named.so` a gateway v5.3.6 on linux/amd64 loads the first of `named_v5.3.6_linux_amd64.so`, `named_5.3.6_linux_amd64.so` and
`named.so` that is there. Before v5.15 it does so for every hook but analytics, which needs the exact path. It unpacks a bundle below its
`middleware_path`, in `bundles/` and the MD5 digest of the bundle's name. The paths in its manifest start there.

## All mistakes

| code | effect | |
|---|---|---|
"""


def mistake_page(kind) -> str:
    """The page of one mistake."""
    parts = [f"# {kind.title}", f"`{kind.code}`", f"**{kind.effect}**: {MISTAKE_EFFECTS[kind.effect]}", f"> {kind.message}", kind.meaning]
    if kind.drops:
        parts.append("None of the definition's plugins counts as loaded.")
    parts += [f"## Fix\n\n{kind.cure}", "[All mistakes](README.md)"]
    return "\n\n".join(parts) + "\n"


def mistake_index(kinds) -> str:
    """The list of all mistakes."""
    return MISTAKE_INDEX + "\n".join(row(kind) for kind in kinds) + "\n"


# --- Both ---------------------------------------------------------------------------------------------------------------------------

# From the folder in docs/ to the room with the table, and what makes the index and a page.
BOOKS = {
    "findings": ("_verdict", finding_index, finding_page),
    "definitions": ("_definitions", mistake_index, mistake_page),
}


def table(room: str):
    """The table of a room, which needs no Ansible."""
    spec = importlib.util.spec_from_file_location(f"kinds_of{room}", ROOMS / room / "kinds.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return list(module.KINDS.values())


def row(kind) -> str:
    """A finding as a row of an index."""
    return f"| [{kind.code}]({kind.code}.md) | {kind.effect} | {kind.title} |"


def pages(book: str) -> dict[str, str]:
    """File name to text of everything in the folder."""
    room, index, page = BOOKS[book]
    kinds = table(room)
    return {"README.md": index(kinds), **{f"{kind.code}.md": page(kind) for kind in kinds}}


def main(docs: pathlib.Path) -> None:
    for book in BOOKS:
        folder, written = docs / book, pages(book)
        folder.mkdir(parents=True, exist_ok=True)
        for stale in set(folder.glob("*.md")) - {folder / name for name in written}:
            stale.unlink()
        for name, text in written.items():
            (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
