# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugins' paths in the text of a definition: where they stand, and the same text with others in their place.

Nothing else in the text changes: not the order of its keys, nor numbers, nor keys that nobody knows.
"""

from __future__ import annotations

import json
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import named_for

Place = t.Tuple[t.Union[str, int], ...]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)
# What a roll-out adds to the name of a plugin.
_CONTENT = re.compile(r"(?P<name>.+)-[0-9a-f]{12}(?:-[1-9])?$")
_X = "x-tyk-api-gateway"
# Places of the paths of plugins, in lower case as Go takes keys for equal. None: an item of a list, *: a key that users choose.
_PLACES: tuple[tuple[str | None, ...], ...] = (
    *(("custom_middleware", kind, None, "path") for kind in ("pre", "post_key_auth", "post", "response")),
    ("custom_middleware", "auth_check", "path"),
    ("version_data", "versions", "*", "extended_paths", "go_plugin", None, "plugin_path"),
    *((_X, "middleware", "global", f"{kind}plugins", None, "path") for kind in ("pre", "postauthentication", "post", "response")),
    *((_X, "middleware", "global", f"{kind}plugin", "plugins", None, "path") for kind in ("pre", "postauthentication", "post", "response")),
    (_X, "server", "authentication", "custom", "config", "path"),
    (_X, "middleware", "operations", "*", "postplugins", None, "path"),
)
_ANALYTICS: tuple[tuple[str | None, ...], ...] = (
    ("analytics_plugin", "plugin_path"),
    (_X, "middleware", "global", "trafficlogs", "plugins", None, "path"),
)


class Spot(t.NamedTuple):
    """A path of a plugin. start, end: where its JSON text is, quotes included. analytics: whether it is that of an analytics plugin."""

    place: Place
    value: str
    start: int
    end: int
    analytics: bool


def spots(text: str) -> list[Spot]:
    """The paths of plugins in a definition, which is valid JSON. Empty ones are none."""
    found = []
    for place, start, end in _strings(text):
        if not place or not isinstance(place[-1], str) or not place[-1].lower().endswith("path"):
            continue
        analytics = _is_at(place, _ANALYTICS)
        if analytics or _is_at(place, _PLACES):
            value = json.loads(text[start:end], strict=False)
            if value:
                found.append(Spot(place, value, start, end, analytics))
    return found


def _is_at(place: Place, patterns: t.Iterable[tuple[str | None, ...]]) -> bool:
    def fits(step: str | int, pattern: str | None) -> bool:
        return isinstance(step, int) if pattern is None else isinstance(step, str) and (pattern == "*" or step.lower() == pattern)

    return any(len(place) == len(pattern) and all(map(fits, place, pattern)) for pattern in patterns)


def _strings(text: str) -> t.Iterator[tuple[Place, int, int]]:
    """(place, start, end) of each string that is a value."""
    # Of each level the key or number that is next, None for a key that is yet to come.
    levels: list[str | int | None] = []
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word == "{":
            levels.append(None)
        elif word == "[":
            levels.append(0)
        elif word in "]}":
            levels.pop()
        elif word == ",":
            last = levels[-1]
            levels[-1] = last + 1 if isinstance(last, int) else None
        elif word.startswith('"'):
            if levels and levels[-1] is None:
                levels[-1] = str(json.loads(word, strict=False))
            else:
                yield tuple(level for level in levels if level is not None), token.start(), token.end()


def replaced(text: str, values: t.Mapping[Spot, str]) -> str:
    """The text with other paths at these spots of it."""
    for spot in sorted(values, key=lambda spot: spot.start, reverse=True):
        text = text[: spot.start] + json.dumps(values[spot], ensure_ascii=False) + text[spot.end :]
    return text


def plugin_of(path: str) -> str:
    """The name of the plugin that a path means: of C(auth.so), C(auth_v5.3.6_linux_amd64.so) and C(auth-0123456789ab.so) C(auth)."""
    named = named_for(path)
    name = os.path.basename(named[2] if named else path)
    name = name[: -len(".so")] if name.endswith(".so") else name
    content = _CONTENT.match(name)
    return content.group("name") if content else name


def as_text(place: Place) -> str:
    """A place for people."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).lstrip(".")
