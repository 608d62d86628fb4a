# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The licenses of Go modules, by the texts in the module cache: what is recognised has its SPDX identifier, the rest is left out."""

from __future__ import annotations

import os
import re
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build.module_cache import escaped

_NAMES = re.compile(r"(?:un)?licen[cs]e|copying", re.IGNORECASE)
# The longest known, the GPL with texts around it, takes 36 KB.
_MOST = 256 << 10
_MOST_FILES = 20

_WARRANTY = "this software is provided by"
# Each text is known by phrases that all editions of it have, and the others lack, here without commas. The first row that fits counts.
_TEXTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Apache-2.0", ("apache license version 2.0",)),
    # These name the GNU licenses as their secondary ones.
    ("MPL-2.0", ("mozilla public license", "version 2.0")),
    ("EPL-2.0", ("eclipse public license - v 2.0",)),
    ("AGPL-3.0", ("gnu affero general public license version 3",)),
    ("LGPL-3.0", ("gnu lesser general public license version 3",)),
    ("LGPL-2.1", ("gnu lesser general public license version 2.1",)),
    ("GPL-3.0", ("gnu general public license version 3",)),
    ("GPL-2.0", ("gnu general public license version 2",)),
    ("CC0-1.0", ("cc0 1.0 universal",)),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",)),
    ("ISC", ("permission to use copy modify and", "distribute this software for any purpose with or without fee")),
    (
        "MIT",
        ("permission is hereby granted free of charge to any person obtaining a copy", "the above copyright notice and this permission"),
    ),
    ("BSD-3-Clause", ("redistributions in binary form must reproduce", "be used to endorse or promote products", _WARRANTY)),
    ("BSD-2-Clause", ("redistributions in binary form must reproduce", _WARRANTY)),
    ("Zlib", ("the origin of this software must not be misrepresented", "altered source versions must be plainly marked")),
)
_GNU = ("GPL-2.0", "GPL-3.0", "LGPL-2.1", "LGPL-3.0", "AGPL-3.0")
# All that is ever found, as the list of SPDX has it.
IDENTIFIERS = frozenset([*(name for name, _phrases in _TEXTS), *(f"{name}{ending}" for name in _GNU for ending in ("-only", "-or-later"))])
# What the text of a GNU license does not say, whether later versions do too, a line beside it does.
_TAG = re.compile(r"spdx-license-identifier:\s*([A-Za-z0-9.+-]+)\s*(?:\*/)?\s*$", re.IGNORECASE | re.MULTILINE)


def of_modules(modules: t.Iterable[t.Mapping[str, t.Any]], cache: str) -> dict[str, list[str]]:
    """From C(path@version) of modules, as a record has them, to the licenses that are found in the module cache, a folder."""
    # One without a sum is a folder of the user's own, and none of the cache.
    names = [f"{one['path']}@{one['version']}" for one in (module.get("replace", module) for module in modules) if "sum" in one]
    found = {name: in_folder(os.path.join(cache, escaped(name))) for name in names if cache}
    return {name: licenses for name, licenses in found.items() if licenses}


def in_folder(folder: str) -> list[str]:
    """The licenses of which a folder has the texts, sorted; those of folders in it are of parts."""
    try:
        names = sorted(name for name in os.listdir(folder) if _NAMES.match(name))[:_MOST_FILES]
    except OSError:
        return []
    return sorted({of_text(_text(os.path.join(folder, name))) for name in names} - {""})


def of_text(text: str) -> str:
    """The SPDX identifier of a license, by its text; empty where it is not recognised."""
    tag = _TAG.search(text)
    if tag and tag.group(1) in IDENTIFIERS:
        return tag.group(1)
    # Line breaks, quotes and comment marks are the author's.
    plain = re.sub(r"[\s#*/\"'`\u2018-\u201d,()]+", " ", text).lower()
    return next((name for name, phrases in _TEXTS if all(phrase in plain for phrase in phrases)), "")


def _text(path: str) -> str:
    """What a file says; empty for what is no file, or too long for a license."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            data = file.read(_MOST + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except OSError:
        return ""
    return data.decode("utf-8", "replace") if len(data) <= _MOST else ""
