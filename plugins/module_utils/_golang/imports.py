# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The imports of a Go file. They stand between the package clause and everything else (https://go.dev/ref/spec#Source_file_organization)."""

from __future__ import annotations

import re

# A comment ends at the first "*/". Written so that it can match in one way only: with ".*?" a row of comments before something that does
# not match takes twice the time with each further one.
_COMMENT = r"/\*(?:[^*]|\*(?!/))*\*/"
# What may stand between two tokens; a semicolon or a line's end closes a declaration.
_BLANK = re.compile(rf"(?:\s|;|//[^\n]*(?:\n|$)|{_COMMENT})*")
_PACKAGE = re.compile(r"package\b")
_IMPORT = re.compile(r"import\b")
# An import may have a name, "." or "_"; the path is an interpreted or a raw string.
_SPEC = re.compile(rf'(?:[^\W\d]\w*|\.)?(?:[ \t]|{_COMMENT})*(?:"(?P<quoted>[^"\\\n]*)"|`(?P<raw>[^`]*)`)')
_NAME = re.compile(r"\w+")
# What may follow the imports: a declaration, or nothing.
_DECLARATION = re.compile(r"(?:const|func|type|var)\b|\Z")


def package_name(text: str) -> str:
    """The package that a Go file, or its beginning, says it belongs to; empty where it says none."""
    start, end = _package_clause(text)
    return text[start:end]


def head(text: str) -> str:
    """The text of a Go file to the end of its imports, with its build constraints and package. All of it where something else follows."""
    _found, end = _imports(text)
    return text[:end] if end and _DECLARATION.match(text, _after(_BLANK, text, end)) else text


def import_paths(text: str) -> list[tuple[int, int, str]]:
    """(start, end, path) of each import path in the text of a Go file, without its quotes. What does not parse ends the list."""
    return _imports(text)[0]


def _imports(text: str) -> tuple[list[tuple[int, int, str]], int]:
    """(what C(import_paths) returns, where the last import ends); the end is 0 where there is no package clause."""
    found: list[tuple[int, int, str]] = []
    _start, end = _package_clause(text)
    if not end:
        return found, 0
    position = _after(_BLANK, text, end)
    while _IMPORT.match(text, position):
        position = _after(_BLANK, text, _after(_IMPORT, text, position))
        block = text.startswith("(", position)
        position = _after(_BLANK, text, position + 1) if block else position
        while True:
            spec = _SPEC.match(text, position)
            if not spec:
                break
            group = "quoted" if spec.group("quoted") is not None else "raw"
            found.append((spec.start(group), spec.end(group), spec.group(group)))
            end = spec.end()
            position = _after(_BLANK, text, end)
            if not block:
                break
        if block:
            if not text.startswith(")", position):
                break
            end = position + 1
            position = _after(_BLANK, text, end)
    return found, end


def with_module(text: str, old: str, new: str) -> str:
    """The Go file with each import of module C(old), or of a package in it, pointing to C(new). All else stays, other strings too."""
    parts, copied = [], 0
    for start, end, path in import_paths(text):
        if path == old or path.startswith(f"{old}/"):
            parts += [text[copied:start], new, path[len(old) :]]
            copied = end
    return "".join([*parts, text[copied:]])


def _package_clause(text: str) -> tuple[int, int]:
    """(start, end) of the package's name; (0, 0) where there is no package clause."""
    position = _after(_BLANK, text, 1 if text.startswith("\ufeff") else 0)
    if not _PACKAGE.match(text, position):
        return 0, 0
    start = _after(_BLANK, text, _after(_PACKAGE, text, position))
    return start, _after(_NAME, text, start)


def _after(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
