# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write what in docs/ follows from tables in the code: a page for each finding, lines of logs, variables, the picture of the rooms.

Usage: scripts/run python docs/generate.py [FOLDER]
"""

from __future__ import annotations

import html
import json
import pathlib
import re
import sys

import yaml
from ansible_collections.goplugins.tyk.plugins.doc_fragments.plugins import ModuleDocFragment
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.kinds import KINDS as MISTAKES
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import explained, in_capitals, in_general
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS as FINDINGS

DOCS = pathlib.Path(__file__).resolve().parent

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

# Of the commands, on both pages.
WORDS = """In the commands, words in capitals are for you to fill in. `PLUGIN_FOLDER` is the folder with the plugin's go.mod,
`GATEWAY_CHECKOUT` the folder with the gateway's source, both as absolute paths. `go version -m GATEWAY_BINARY` prints the gateway's Go
release and settings: give the plugin the same, and leave out what the gateway does not have (`TRUE_OR_FALSE` is then `false`). `COMPILER`
is a C compiler for the gateway's platform and C library, such as `"zig cc -target x86_64-linux-gnu.2.31"`. `go build` needs the workspace
that Tyk's documentation describes.
"""

FINDING_INDEX = (
    """# Findings

Everything that `goplugins.tyk.tyk_plugin_verify` can find in a gateway and a plugin. Each page says what differs, why it matters, what the
gateway says, and which commands fix it.

"""
    + WORDS
    + """
`tyk_plugin_verify` fills in these words, and those in braces, from the two files.

If all you have is a line from the gateway's log, look it up in [Error lines](../errors.md).

## Fingerprints

Go gives each compiled package a fingerprint of 8 bytes, made from everything that other packages can see of it. A program that can load
plugins contains the fingerprints of its packages, and so does each plugin. When the gateway opens a plugin, the Go runtime compares them,
package by package, each after those that it imports. It refuses the plugin at the first package that differs, and names that package.
Packages that only one side has do not matter.

So one difference in the build usually makes many packages differ, and the package in the error is seldom the cause. `tyk_plugin_verify`
reads all fingerprints of both files and how each was built, and assigns each differing package to the difference that explains it.

The C compiler does not affect fingerprints: you can compile plugin and gateway with different ones (gcc, clang, zig). What counts is the C
library that it links against. It must be of the gateway's kind, and no newer than that of the gateway's host.

`not-signed`, in the closing table alone, says that none of the signers that you trust signed the plugin: see
[Provenance](../provenance.md).

## All findings

| code | effect | |
|---|---|---|
"""
)


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
        parts.append("## Fix\n\n```sh\n" + "\n".join(in_general(kind)) + "\n```")
    if kind.cure_gateway:
        where = "If the gateway is the side with the unusual build:"
        parts.append(f"{where}\n\n```sh\n" + "\n".join(in_capitals(kind, kind.cure_gateway)) + "\n```")
    parts.append("[All findings](README.md)")
    return "\n\n".join(parts) + "\n"


def finding_index(kinds) -> str:
    """The list of all findings."""
    return FINDING_INDEX + "\n".join(row(kind) for kind in kinds) + "\n"


# --- Lines of a gateway's log -------------------------------------------------------------------------------------------------------

ERRORS = (
    """# Error lines

What gateways print when a plugin does not load or does not work, word for word, with cause and fix. Search this page for a part of your
line in which no name, path or number of yours stands. Words in `<>` stand for those. A line with several causes has a row for each; compare
your two files to see which it is.

Or let the module read the line, put into a file as it is, or the whole log. It understands logs as text and as JSON, and with what
journald, Docker and Kubernetes put around them:

```console
$ ansible localhost -m goplugins.tyk.tyk_plugin_verify -a log=line.txt
$ ansible gateway1 -m goplugins.tyk.tyk_plugin_verify -a log=/var/log/tyk.log
```

With `gateway` and `plugin` in the same call, or with `tyk_gateway_log` in `goplugins.tyk.verify_plugins`, it says which of the possible
causes it is.

"""
    + WORDS
    + """`goplugins.tyk.build_plugins` does all of that for you: see
[Fix a plugin that does not load](guides/fix-a-plugin.md).

## A different version of package

The package in this line is the first that differs, and often not the cause. What lies behind it depends on where the package comes from,
the most frequent first. Packages that say more have rows of their own under [All lines](#all-lines).

The standard library's have no dot in their first folder: `os`, `internal/goarch`, `vendor/golang.org/x/sys/cpu`.

| the package is | for example | cause |
|---|---|---|
"""
)
PACKAGES = {
    "of Go's standard library": "os",
    "the gateway's own": "github.com/TykTechnologies/tyk/apidef",
    "of another module": "example.com/team/module",
    "the plugin's own": "ourplugin/internal",
}
OTHERS = """
## Lines that say something else

| the line | what it is | fix |
|---|---|---|
"""
OTHER_LINES = (
    (
        ("invalid memory address or nil pointer dereference", "assignment to entry in nil map", "index out of range"),
        "the text of a panic. In a line with `while loading`: [plugin-init-panics](findings/plugin-init-panics.md); with `while running`: "
        "[plugin-handler-panics](findings/plugin-handler-panics.md). If the gateway ended instead, a goroutine of the plugin panicked",
        "the first line below `goroutine` that names your code",
    ),
    (
        ("fatal error: unexpected signal during runtime execution",),
        "with `pluginOpen` in the lines below it: [gateway-static](findings/gateway-static.md), or "
        "[not-a-go-binary](findings/not-a-go-binary.md)",
        "see there",
    ),
    (
        ("-buildmode=plugin not supported on",),
        "Go makes no plugins for this platform, such as Windows",
        "build for the gateway's own: [Build for other platforms](guides/cross-targets.md)",
    ),
    (
        ("Unsupported extension '.so'", "JSVM isn't enabled, check your gateway settings"),
        "the API definition names no driver, so the gateway takes the plugin for JavaScript: "
        "[driver-missing](definitions/driver-missing.md)",
        "`custom_middleware.driver: goplugin`",
    ),
    (
        ("either Tyk wasn't build with CP support or CP is not enabled", "Unsupported driver", "Driver '<driver>' isn't loaded"),
        "the API definition names another driver: [driver-unknown](definitions/driver-unknown.md), "
        "[driver-of-another-language](definitions/driver-of-another-language.md)",
        "`custom_middleware.driver: goplugin`",
    ),
    (("Response chain failed!",), "a response hook failed, and the line before it says why", "look that line up"),
)
LINES = """
## All lines

| the gateway says | cause | fix |
|---|---|---|
"""


def cell(text: str) -> str:
    """Text for a cell of a table."""
    return text.replace("|", "\\|")


def code(text: str) -> str:
    """Text as code, which may have backticks."""
    return f"`` {cell(text)} ``" if "`" in text else f"`{cell(text)}`"


def error_page() -> str:
    """Every line of a gateway, with cause and fix in the same row, so that one search finds all of it."""
    guesses = []
    for origin, package in PACKAGES.items():
        rows = explained(f"plugin was built with a different version of package {package}")
        guesses.append(f"| {origin} | `{package}` | {', '.join(dict.fromkeys(link(FINDINGS[row['code']]) for row in rows))} |")
    others = [f"| {', '.join(map(code, texts))} | {what} | {fix} |" for texts, what, fix in OTHER_LINES]
    lines = sorted(((text, kind) for kind in FINDINGS.values() for text in kind.errors), key=lambda pair: pair[0].lower())
    listed = [
        f"| {code(text)} | {link(kind)}: {kind.title} | {'<br>'.join(code(command) for command in in_general(kind)) or 'see there'} |"
        for text, kind in lines
    ]
    return ERRORS + "\n".join(guesses) + "\n" + OTHERS + "\n".join(others) + "\n" + LINES + "\n".join(listed) + "\n"


def link(kind) -> str:
    """A finding, as a page in docs/ links to it."""
    return f"[{kind.code}](findings/{kind.code}.md)"


# --- The variables of the playbooks -------------------------------------------------------------------------------------------------

VARIABLES = """# Variables of the playbooks

Every variable that the playbooks take, from `playbooks/vars/argument_specs.yml`. A variable of a role is in the README of the role; the
playbooks hand it on.

A variable that is unknown or mistyped is refused by name, with the nearest name, before anything starts. So is a value of the wrong type,
such as the number `5.3` for a version, a source folder without a main package, or an [earlier name](#earlier-names). The same holds for the
variables of the roles that a playbook uses, and of hosts whose gateways it reads. In an inventory, other variables that begin with `tyk_`
are fine, unless they are one of ours with a slip of the pen: a letter or two that are missing, doubled, swapped or mistaken. A run with
nothing to do fails: no host matches, `--limit` leaves none, no plugin is found. `tyk_allow_empty: true` makes that a success.

`B` is build_plugins, `V` verify_plugins, `D` deploy_plugins, `U` upgrade_gateways, `P` provision_build_hosts, `N` new_plugin.

| variable | playbooks | type | default | meaning |
|---|---|---|---|---|
"""
PLAYBOOKS = {
    "build_plugins": "B",
    "verify_plugins": "V",
    "deploy_plugins": "D",
    "upgrade_gateways": "U",
    "provision_build_hosts": "P",
    "new_plugin": "N",
}
PLUGIN_KEYS = """
## Keys of a plugin

Each entry of `tyk_plugins` has these.

| key | type | default | meaning |
|---|---|---|---|
"""
RENAMED = """
## Earlier names

An earlier name is refused with the name that replaces it.

| old name | name |
|---|---|
"""


def plain(text) -> str:
    """A description of Ansible as Markdown: one paragraph, markup as code."""
    joined = text if isinstance(text, str) else " ".join(text)
    return cell(re.sub(r"\b[OVCMEI]\(((?:[^()]|\\\))*)\)", r"`\1`", joined).replace("plugins[].", ""))


def kind_of(spec) -> str:
    """The type of a variable."""
    elements = f" of {spec['elements']}" if "elements" in spec else ""
    return f"{spec.get('type', 'str')}{elements}"


def default_of(spec) -> str:
    """The default of a variable; empty where there is none, or its description has it."""
    if spec.get("required"):
        return "required"
    value = spec.get("default", "")
    return code(value if isinstance(value, str) else json.dumps(value)) if value != "" else ""


def variable_page() -> str:
    """The page of all variables of the playbooks."""
    known = yaml.safe_load((DOCS.parent / "playbooks" / "vars" / "argument_specs.yml").read_text(encoding="utf-8"))
    rows = []
    for name, spec in known["options"].items():
        meaning = plain(spec["description"])
        if "options" in spec:
            keys = ", ".join(f"`{key}`{' (required)' if option.get('required') else ''}" for key, option in spec["options"].items())
            meaning += f" Keys of an entry: {keys}."
        if "choices" in spec:
            choices = [code(choice) if choice else "nothing" for choice in spec["choices"]]
            meaning += f" One of {', '.join(choices)}."
        users = " ".join(letter for playbook, letter in PLAYBOOKS.items() if playbook in spec["playbooks"])
        rows.append(f"| `{name}` | {users} | {kind_of(spec)} | {default_of(spec)} | {meaning} |")
    keys = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]["plugins"]["suboptions"]
    of_plugins = [f"| `{name}` | {kind_of(spec)} | {default_of(spec)} | {plain(spec['description'])} |" for name, spec in keys.items()]
    renamed = [f"| `{old}` | `{new}` |" for old, new in known["renamed"].items()]
    return VARIABLES + "\n".join(rows) + "\n" + PLUGIN_KEYS + "\n".join(of_plugins) + "\n" + RENAMED + "\n".join(renamed) + "\n"


# --- The picture of the rooms -------------------------------------------------------------------------------------------------------

WIDTH, HEIGHT, GAP_X, GAP_Y, EDGE = 118, 30, 14, 46, 20


def rooms() -> dict[str, list[str]]:
    """From each room to those that it imports, by the table in architecture.md, which a test compares with the imports."""
    section = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("\n## The rooms\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ?([^|]*?) ?\|$", section, re.MULTILINE)
    return {room: re.findall(r"`(\w+)`", arrows) for room, arrows in rows}


def reduced(arrows: dict[str, list[str]]) -> dict[str, list[str]]:
    """The arrows that no chain of others implies. All point to a later room."""
    below: dict[str, set[str]] = {}
    for room in reversed(arrows):
        below[room] = {room}.union(*(below[other] for other in arrows[room]))
    return {room: [one for one in others if not any(one in below[other] - {other} for other in others)] for room, others in arrows.items()}


def layers(arrows: dict[str, list[str]]) -> list[list[str]]:
    """The rooms by height: each above all that it imports; the lowest last. In a layer, each near what it is connected with."""
    height: dict[str, int] = {}
    for room in reversed(arrows):
        height[room] = 1 + max((height[other] for other in arrows[room]), default=-1)
    found = [[room for room in arrows if height[room] == level] for level in range(max(height.values()), -1, -1)]
    near = {room: [*arrows[room], *(other for other in arrows if room in arrows[other])] for room in arrows}
    for _sweep in range(8):
        place = {room: (number + 0.5) / len(layer) for layer in found for number, room in enumerate(layer)}
        for layer in found:
            layer.sort(key=lambda room: sum(place[other] for other in near[room]) / (len(near[room]) or 1))
    return found


def picture() -> str:
    """The rooms as SVG, with the arrows that no others imply."""
    arrows = reduced(rooms())
    drawn = layers(arrows)
    broadest = max(map(len, drawn))
    width = broadest * (WIDTH + GAP_X) - GAP_X + 2 * EDGE
    height = len(drawn) * (HEIGHT + GAP_Y) - GAP_Y + 2 * EDGE
    place = {}
    for level, layer in enumerate(drawn):
        left = (width - len(layer) * (WIDTH + GAP_X) + GAP_X) // 2
        place.update({room: (left + number * (WIDTH + GAP_X), EDGE + level * (HEIGHT + GAP_Y)) for number, room in enumerate(layer)})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" font-family="sans-serif">',
        "<title>The rooms of the code and what they import</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for room, others in arrows.items():
        for other in others:
            (x, y), (to_x, to_y) = place[room], place[other]
            middle = WIDTH // 2
            parts.append(
                f'<path d="M{x + middle} {y + HEIGHT}C{x + middle} {y + HEIGHT + 30} {to_x + middle} {to_y - 30} {to_x + middle} {to_y}" '
                'fill="none" stroke="#99a" marker-end="url(#tip)"/>'
            )
    for room, (x, y) in place.items():
        fill = "#e8f1fb" if room.startswith("_") else "#fdf1dc"
        parts.append(
            f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="4" fill="{fill}" stroke="#667"/>'
            f'<text x="{x + WIDTH // 2}" y="{y + 20}" text-anchor="middle" font-size="13" fill="#223">{html.escape(room)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


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


# --- All ----------------------------------------------------------------------------------------------------------------------------

# From the folder in docs/ to its table, and what makes the index and a page.
BOOKS = {
    "findings": (FINDINGS, finding_index, finding_page),
    "definitions": (MISTAKES, mistake_index, mistake_page),
}
SINGLE = {"errors.md": error_page, "variables.md": variable_page, "rooms.svg": picture}


def row(kind) -> str:
    """A finding as a row of an index."""
    return f"| [{kind.code}]({kind.code}.md) | {kind.effect} | {kind.title} |"


def pages(book: str) -> dict[str, str]:
    """File name to text of everything in the folder."""
    kinds, index, page = BOOKS[book]
    return {"README.md": index(kinds.values()), **{f"{kind.code}.md": page(kind) for kind in kinds.values()}}


def main(docs: pathlib.Path) -> None:
    for book in BOOKS:
        folder, written = docs / book, pages(book)
        folder.mkdir(parents=True, exist_ok=True)
        for stale in set(folder.glob("*.md")) - {folder / name for name in written}:
            stale.unlink()
        for name, text in written.items():
            (folder / name).write_text(text, encoding="utf-8")
    for name, make in SINGLE.items():
        (docs / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS)
