# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hooks are type-checked by the compiler, before linking and without touching what is built.

A file that assigns each hook to a variable of the type that the gateway wants is laid over the plugin's package by C(-overlay)
(C(go help build)), and C(go list -export) compiles the package with it. The dependencies that it compiles on the way are those of the
build, which takes them from the cache.
"""

from __future__ import annotations

import difflib
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._files import write_json
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import PACKAGES, SIGNATURES

FILE = "goplugins_hooks_check.go"

# Names that no plugin has for something of its own.
_ALIAS = "goplugins_check_"
_LINES_BEFORE = 2
_PACKAGE = re.compile(r"(?=\b[a-z]+\.)")
_FUNCTION = re.compile(r"func ([A-Z]\w*)\(")


def source(hooks: t.Mapping[str, str]) -> str:
    """The Go file: each hook stands in a line of its own, in order, from the line after C(_LINES_BEFORE) on."""
    wanted = [SIGNATURES[kind] for kind in hooks.values()]
    used = sorted(name for name in PACKAGES if any(f"{name}." in signature for signature in wanted))
    imports = "; ".join(f'import {_ALIAS}{name} "{PACKAGES[name]}"' for name in used)
    lines = [f"var _ {_PACKAGE.sub(_ALIAS, signature)} = {name}" for name, signature in zip(hooks, wanted)]
    return "\n".join(["package main", imports, *lines]) + "\n"


def overlay(hooks: t.Mapping[str, str], package: str, temporary: str) -> str:
    """Write the file and the overlay that lays it over the package's folder; the path of the overlay."""
    path = os.path.join(temporary, FILE)
    with open(path, "w", encoding="utf-8") as file:
        file.write(source(hooks))
    description = os.path.join(temporary, "overlay.json")
    write_json(description, {"Replace": {os.path.join(os.path.realpath(package), FILE): path}})
    return description


def problems(output: str, hooks: t.Mapping[str, str], package: str) -> list[str]:
    """What the compiler said of that file, a line for each hook: where the symbol is declared, what it is and what is expected."""
    found = []
    for name, text in _said(output, hooks):
        if _is_missing(name, text):
            said = f"the plugin does not export {name}; it exports {', '.join(exported(package)) or 'no function'}"
        else:
            said = f"{declared(package, name)}: {text}"
        found.append(f"{said}\n  as {hooks[name]} hook it must be: {SIGNATURES[hooks[name]].replace('func', f'func {name}', 1)}")
    return list(dict.fromkeys(found))


def fix(output: str, hooks: t.Mapping[str, str], package: str) -> str | None:
    """What to do about the first hook that the compiler did not find; None where it found all."""
    missing = next((name for name, text in _said(output, hooks) if _is_missing(name, text)), "")
    return fix_of_missing(missing, exported(package)) if missing else None


def _said(output: str, hooks: t.Mapping[str, str]) -> t.Iterator[tuple[str, str]]:
    """(hook, what the compiler said of it)."""
    names = list(hooks)
    for line, text in re.findall(rf"{re.escape(FILE)}:(\d+)(?::\d+)?: (.*)", output):
        index = int(line) - 1 - _LINES_BEFORE
        if 0 <= index < len(names):
            yield names[index], text


def _is_missing(name: str, text: str) -> bool:
    return text == f"undefined: {name}"


def declared(package: str, name: str) -> str:
    """File and line where the package declares a name, found by the beginning of the line; else the folder."""
    pattern = re.compile(rf"(?:func|var|const|type)?[ \t]*{re.escape(name)}\b")
    return next((f"{file}:{number}" for file, number, line in _lines(package) if pattern.match(line)), package)


def exported(package: str) -> list[str]:
    """The functions that a package exports, found by the beginnings of lines."""
    return sorted({found[1] for found in (_FUNCTION.match(line) for _file, _number, line in _lines(package)) if found})


def _lines(package: str) -> t.Iterator[tuple[str, int, str]]:
    """(file, number, line) of all Go files of a folder but tests."""
    for entry in sorted(os.listdir(package)):
        if entry.endswith(".go") and not entry.endswith("_test.go"):
            with open(os.path.join(package, entry), encoding="utf-8", errors="replace") as file:
                for number, line in enumerate(file, 1):
                    yield entry, number, line


def fix_of_missing(symbol: str, there: t.Sequence[str]) -> str:
    """What to do about a symbol that a plugin does not export: a mistake in writing is likelier than a missing function.

    Go exports what begins with a capital letter, and nothing else.
    """
    near = difflib.get_close_matches(symbol.lower(), [name.lower() for name in there], n=1)
    alike = next((name for name in there if near and name.lower() == near[0]), "")
    if alike:
        return f"name {quoted(alike)}, which the plugin exports, instead of {quoted(symbol)}"
    name = quoted(f"{symbol[:1].upper()}{symbol[1:]}")
    lower = f"name {name} instead of {quoted(symbol)}, as Go exports only names that begin with a capital letter, and "
    return f"{'' if symbol[:1].isupper() else lower}declare it in package main: func {name}(rw http.ResponseWriter, r *http.Request)"
