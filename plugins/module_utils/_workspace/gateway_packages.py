# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages of the gateway that a plugin imports and this gateway does not have, as another release does; and those of its own module.

Go would look for each as if it were a module, ask the proxy, and say what that says. The folders know, without a network.
"""

from __future__ import annotations

import difflib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import imports

# Imports stand at the beginning of a file; nobody writes a longer one.
_MAX_HEADER = 65536


def require(name: str, plugin: str, shown: str, module: str, checkout: str) -> None:
    """Raise GoPluginsError if the checkout lacks packages of the gateway's module that a plugin imports.

    plugin: the folder with its source; shown: what the user knows it as.
    """
    lacking = {path: where for path, where in _imported(plugin, module) if not _has(checkout, path[len(module) + 1 :])}
    if not lacking:
        return
    there = [_join(module, folder) for folder in _folders(checkout)]
    lines = [f"{os.path.join(shown, where)}: {path}" for path, where in lacking.items()]
    raise GoPluginsError("\n".join([f"plugin {name} imports what this gateway does not have:", *lines]), _fix(list(lacking), there, module))


def require_own(name: str, plugin: str, shown: str, module: str, given: str, details: t.Mapping[str, t.Any]) -> None:
    """Raise GoPluginsError if the plugin imports packages of its own module that are not there.

    Only for a plugin that go refused: a file that go passes over may import what somebody has yet to generate. module: its path in the
    folder C(plugin); given: what the user knows it as; details: of what go said.
    """
    lacking = {path: where for path, where in _imported(plugin, module) if not _has(plugin, path[len(module) + 1 :])}
    if not lacking:
        return
    there = [_join(module, folder) for folder in _folders(plugin) if folder != "."]
    lines = [f"{os.path.join(shown, where)}: {given}{path[len(module) :]}" for path, where in lacking.items()]
    raise GoPluginsError(
        "\n".join([f"plugin {name} imports packages of its own module that are not there:", *lines]),
        "\n".join(
            [*_nearest(list(lacking), there, module, given, "the plugin"), f"create the folder in {quoted(shown)}, or correct the import"]
        ),
        **details,
    )


def _fix(lacking: t.Sequence[str], there: t.Sequence[str], module: str) -> str:
    nearest = _nearest(lacking, there, module, module, "this gateway")
    return "\n".join([*nearest, "do without the package, or build for a gateway that has it"])


def _nearest(lacking: t.Sequence[str], there: t.Sequence[str], module: str, given: str, who: str) -> list[str]:
    lines = []
    for path in lacking:
        near = difflib.get_close_matches(path[len(module) :], [one[len(module) :] for one in there], n=1, cutoff=0)
        lines += [f"for {given}{path[len(module) :]}: the nearest that {who} has is {quoted(given + name)}" for name in near]
    return lines


def _imported(plugin: str, module: str) -> t.Iterator[tuple[str, str]]:
    """(import path, its file and line) of each import of a package of the module."""
    for folder, folders, files in os.walk(plugin):
        folders[:] = sorted(one for one in folders if _is_compiled(one) and one != "vendor")
        for name in sorted(files):
            path = os.path.join(folder, name)
            if name.endswith(".go") and _is_compiled(name) and os.path.isfile(path):
                text = _header(path)
                for start, _end, imported in imports.import_paths(text):
                    if imported.startswith(f"{module}/"):
                        number = text.count("\n", 0, start) + 1
                        yield imported, f"{os.path.relpath(path, plugin)}:{number}"


def _header(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read(_MAX_HEADER)


def _has(checkout: str, folder: str) -> bool:
    """Whether a checkout has a package in a folder. One that belongs to a module of its own is not the gateway's to have."""
    parts = folder.split("/")
    nested = any(os.path.exists(os.path.join(checkout, *parts[:end], "go.mod")) for end in range(1, len(parts) + 1))
    return nested or _has_go(os.path.join(checkout, *parts))


def _has_go(folder: str) -> bool:
    try:
        return any(name.endswith(".go") for name in os.listdir(folder))
    except OSError:
        return False


def _folders(checkout: str) -> t.Iterator[str]:
    """The packages of a checkout that others may import, as folders below it."""
    for folder, folders, files in os.walk(checkout):
        folders[:] = [one for one in folders if _is_compiled(one) and one not in ("vendor", "internal", "testdata")]
        if any(name.endswith(".go") for name in files):
            yield os.path.relpath(folder, checkout)


def _is_compiled(name: str) -> bool:
    """Go passes over what begins so, and over testdata."""
    return not name.startswith((".", "_")) and name != "testdata"


def _join(module: str, folder: str) -> str:
    return module if folder == "." else f"{module}/{folder.replace(os.sep, '/')}"
