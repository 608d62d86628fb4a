# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/definitions/ from the table of findings of definitions: a page for each, and an index.

Usage: python docs/generate_definitions.py [FOLDER]
"""

from __future__ import annotations

import importlib.util
import pathlib
import sys

DOCS = pathlib.Path(__file__).resolve().parent
TABLE = DOCS.parent / "plugins" / "module_utils" / "_definitions" / "kinds.py"

EFFECTS = {
    "fails": "The gateway drops the definition, does not run the plugin, or answers its requests with an error.",
    "unknown": "The definition does not show what the gateway will do.",
    "info": "This is only for your information.",
}

INDEX = """# Mistakes in API definitions

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


def table():
    """The table itself, which needs no Ansible."""
    spec = importlib.util.spec_from_file_location("definition_kinds", TABLE)
    module = importlib.util.module_from_spec(spec)
    sys.modules["definition_kinds"] = module
    spec.loader.exec_module(module)
    return list(module.KINDS.values())


def page(kind) -> str:
    """The page of one kind of finding."""
    parts = [f"# {kind.title}", f"`{kind.code}`", f"**{kind.effect}**: {EFFECTS[kind.effect]}", f"> {kind.message}", kind.meaning]
    if kind.drops:
        parts.append("None of the definition's plugins counts as loaded.")
    parts += [f"## Fix\n\n{kind.cure}", "[All mistakes](README.md)"]
    return "\n\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """File name to text of everything in the folder."""
    kinds = table()
    listed = [f"| [{kind.code}]({kind.code}.md) | {kind.effect} | {kind.title} |" for kind in kinds]
    return {"README.md": INDEX + "\n".join(listed) + "\n", **{f"{kind.code}.md": page(kind) for kind in kinds}}


def main(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    written = pages()
    for stale in set(folder.glob("*.md")) - {folder / name for name in written}:
        stale.unlink()
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "definitions")
