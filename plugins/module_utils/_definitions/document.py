# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON of a definition, read as Go reads it. The file is hostile until it is parsed: size, depth and number of values are bounded.

A view on a value (C(Node)) knows its place, for messages. It finds keys as Go does, whatever their case, and notes a value of a type that
Go cannot unmarshal.
"""

from __future__ import annotations

import functools
import json
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Notes

MAX_BYTES = 4 << 20
# Python's own limit is some hundred levels above.
MAX_DEPTH = 200
MAX_VALUES = 500_000

# What is of no account for the depth: strings, and everything between them that is no bracket.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]|,', re.DOTALL)
# A half of a surrogate pair: JSON can write it, UTF-8 cannot. Go puts the same character there.
_SURROGATE = re.compile("[\ud800-\udfff]")
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*$")
# What the gateway replaces by values from elsewhere (gateway/api_definition.go, replaceSecrets).
_FROM_ELSEWHERE = re.compile(r"(?:env|secrets|consul|vault)://")


class _Object(t.Dict[str, t.Any]):
    """A JSON object. twice: keys that stand in it more than once; the last counts."""

    twice: tuple[str, ...] = ()


def _object(pairs: list[tuple[str, t.Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        found.twice = tuple(dict.fromkeys(key for key, _value in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def parse(data: bytes, notes: Notes) -> t.Any:
    """The value of a JSON text; None, with a note, if there is none that the gateway would take."""
    if len(data) > MAX_BYTES:
        notes.add("definition-too-large", what=f"more than {MAX_BYTES} bytes", limit=MAX_BYTES)
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        notes.add("definition-not-utf8", place=error.start)
        text = data.decode("utf-8", "replace")
    too_large = _too_large(text)
    if too_large:
        notes.add("definition-too-large", what=too_large[0], limit=too_large[1])
        return None
    try:
        # Numbers are of no account, and their conversion is slow: a long one takes Python minutes.
        value = json.loads(text, object_pairs_hook=_object, parse_int=len, parse_float=len, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        notes.add("definition-not-json", reason=f"{error.msg} in line {error.lineno}, column {error.colno}")
        return None
    except ValueError as error:
        notes.add("definition-not-json", reason=str(error))
        return None
    _note_keys_twice(value, notes)
    return value


def _refuse(word: str) -> t.Any:
    raise ValueError(f"{word} is no JSON value")


def _too_large(text: str) -> tuple[str, int] | None:
    """(what there is too much of, the limit), before anything is built from the text."""
    depth, values = 0, 0
    for piece in _PIECE.finditer(text):
        first = piece.group()[0]
        if first in "[{":
            depth += 1
            values += 1
        elif first in "]}":
            depth -= 1
        else:
            values += 1
        if depth > MAX_DEPTH:
            return f"more than {MAX_DEPTH} levels", MAX_DEPTH
        if values > MAX_VALUES:
            return f"more than {MAX_VALUES} values", MAX_VALUES
    return None


def _note_keys_twice(value: t.Any, notes: Notes) -> None:
    """Note the keys that stand twice in an object, wherever it is."""
    waiting: list[tuple[str, t.Any]] = [("", value)]
    while waiting:
        where, one = waiting.pop()
        if isinstance(one, _Object):
            for key in one.twice:
                notes.add("definition-key-twice", where, key=key)
            waiting += [(below(where, key), item) for key, item in one.items()]
        elif isinstance(one, list):
            waiting += [(f"{where}[{number}]", item) for number, item in enumerate(one)]


def below(where: str, key: str) -> str:
    """The place of a key in the object at a place."""
    step = key if _PLAIN_KEY.match(key) else f"[{json.dumps(key)}]"
    return f"{where}.{step}" if where and not step.startswith("[") else f"{where}{step}"


def by_name(value: t.Any) -> t.Any:
    """The value with the keys of all its objects in the order in which Go writes those of a map, which it has read the value into."""
    if isinstance(value, dict):
        return {key: by_name(value[key]) for key in sorted(value)}
    return [by_name(item) for item in value] if isinstance(value, list) else value


class Node:
    """A value of a definition, or None where there is none, with its place."""

    def __init__(self, value: t.Any, where: str, notes: Notes) -> None:
        self.value = value
        self.where = where
        self.notes = notes

    @property
    def is_there(self) -> bool:
        """Whether there is a value: null is none."""
        return self.value is not None

    def as_object(self) -> Node:
        """The value if it is an object; else none, and a note."""
        return self._as(dict, "an object")

    def get(self, key: str) -> Node:
        """What Go unmarshals into the field C(key): the last of the keys that equal it but for case. null leaves the one before."""
        return self._last(key, self._named(key))

    def _named(self, key: str) -> list[Node]:
        """The values of all keys that equal a field's but for case."""
        names = self._by_lower_case.get(key.lower(), [])
        if len(names) > 1:
            self.notes.add("definition-key-twice", self.where, key=key)
        return [Node(self.value[name], below(self.where, name), self.notes) for name in names]

    @functools.cached_property
    def _by_lower_case(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.key_names():
            found.setdefault(name.lower(), []).append(name)
        return found

    def _last(self, key: str, found: list[Node]) -> Node:
        return next((node for node in reversed(found) if node.is_there), Node(None, below(self.where, key), self.notes))

    def _field(self, key: str, wanted: type, words: str) -> Node:
        """The value of a field; a note for each that Go cannot unmarshal into it."""
        return self._last(key, [node._as(wanted, words) for node in self._named(key)])

    def exact(self, key: str) -> Node:
        """The value of a key that is no field, but a name that users choose: case counts."""
        return Node(self.value.get(key) if isinstance(self.value, dict) else None, below(self.where, key), self.notes)

    def key_names(self) -> list[str]:
        """The keys of an object."""
        return list(self.value) if isinstance(self.value, dict) else []

    def object(self, *path: str) -> Node:
        """The object at the end of a path of fields; an empty one where there is none."""
        node = self
        for key in path:
            node = node._field(key, dict, "an object")
        return node

    def items(self) -> list[Node]:
        """What an object that maps names of the users' has, each an object."""
        return [self.exact(key)._as(dict, "an object") for key in self.key_names()]

    def objects(self, key: str) -> list[Node]:
        """The objects in the list C(key); null among them is an empty one."""
        node = self._field(key, list, "a list")
        return [Node(item, f"{node.where}[{number}]", self.notes)._as(dict, "an object") for number, item in enumerate(node.value or ())]

    def texts(self, key: str) -> list[Node]:
        """The texts in the list C(key)."""
        node = self._field(key, list, "a list")
        found = [Node(item, f"{node.where}[{number}]", self.notes)._as(str, "a text") for number, item in enumerate(node.value or ())]
        return [item for item in found if item.is_there]

    def text(self, key: str) -> str:
        """The text C(key); empty where there is none."""
        return _SURROGATE.sub("\ufffd", self._field(key, str, "a text").value or "")

    def check_types(self, texts: t.Iterable[str] = (), flags: t.Iterable[str] = ()) -> None:
        """Note the fields that Go cannot unmarshal, whatever they are for: one of them is enough for it to drop the definition."""
        for key in texts:
            self.text(key)
        for key in flags:
            self.flag(key)

    def flag(self, key: str) -> bool:
        """Whether the field C(key) is true."""
        return bool(self._field(key, bool, "true or false").value)

    def _as(self, wanted: type, words: str) -> Node:
        """The value if it is of the wanted type or null; else none, and a note."""
        if self.value is None or (isinstance(self.value, wanted) and (wanted is bool or not isinstance(self.value, bool))):
            return self
        self.notes.add("definition-wrong-type", self.where, found=_described(self.value), wanted=words)
        return Node(None, self.where, self.notes)


def _described(value: t.Any) -> str:
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a number"


def comes_from_elsewhere(text: str) -> bool:
    """Whether the gateway replaces something in a text when it loads the definition."""
    return _FROM_ELSEWHERE.search(text) is not None
