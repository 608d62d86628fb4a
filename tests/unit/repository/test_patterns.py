# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every regular expression of the collection reads hostile text in linear time.

They read files and outputs of others, and a pattern that goes back and forth over the same text can take hours for a few kilobytes. For
each pattern this test makes texts that it nearly matches: a beginning that it accepts, what it repeats a thousand times, and an end that
it does not accept.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import pathlib
import re
import signal
import time

import pytest

parser = importlib.import_module("re._parser")

PLUGINS = pathlib.Path(__file__).resolve().parents[3] / "plugins"
PACKAGE = "ansible_collections.goplugins.tyk.plugins."
FUNCTIONS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}

# What a class of characters stands for in the texts; several, as another class may accept some of them only.
SAMPLES = "a0A_.:/-+ \t\n\"'`\\@%*,;=()[]{}|<>$~^?#!"
CATEGORIES = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda letter: letter.isalnum() or letter == "_",
}
LENGTH = 4_000
PIECES = 7
# Below this a text is too short to say anything; four times the text may take four times as long, and not sixteen times.
SECONDS = 0.004
RATIO = 9


def accepts(item, letter):
    """Whether one item of a class, as the parser of re has it, accepts a character."""
    kind, value = str(item[0]), item[1]
    if kind == "LITERAL":
        return ord(letter) == value
    if kind == "RANGE":
        return value[0] <= ord(letter) <= value[1]
    name = str(value)
    return CATEGORIES[name.replace("_NOT", "")](letter) != ("_NOT" in name)


def accepted(items):
    """Characters that a class accepts."""
    negated = str(items[0][0]) == "NEGATE"
    rest = items[1:] if negated else items
    found = [letter for letter in SAMPLES if any(accepts(item, letter) for item in rest) != negated]
    return found or [chr(value if isinstance(value, int) else value[0]) for _kind, value in rest[:1]]


def text_of(parsed):
    """A text that a parsed pattern matches, but for what it looks at without taking it."""
    words = []
    for kind, value in parsed:
        name = str(kind)
        if name == "LITERAL":
            words.append(chr(value))
        elif name == "IN":
            words.append(accepted(value)[0])
        elif name in ("ANY", "NOT_LITERAL"):
            words.append("b")
        elif name == "BRANCH":
            words.append(text_of(value[1][0]))
        elif name == "SUBPATTERN":
            words.append(text_of(value[-1]))
        elif name.endswith(("_REPEAT", "ATOMIC_GROUP")):
            words.append(text_of(value[-1]) * max(1, value[0]) if name != "ATOMIC_GROUP" else text_of(value))
    return "".join(words)


def parts(parsed):
    """The parsed pattern and all parsed patterns in it."""
    yield parsed
    for kind, value in parsed:
        name = str(kind)
        if name == "BRANCH":
            inner = value[1]
        elif name in ("SUBPATTERN", "ASSERT", "ASSERT_NOT") or name.endswith("_REPEAT"):
            inner = [value[-1]]
        else:
            inner = []
        for one in inner:
            yield from parts(one)


def pieces(parsed):
    """What a text may consist of that the pattern nearly matches: each of its parts, and characters of each of its classes."""
    found = {}
    for part in parts(parsed):
        found[text_of(part)] = None
        for kind, value in part:
            if str(kind) == "IN":
                found.update(dict.fromkeys((accepted(value)[0], accepted(value)[-1])))
            found[text_of([(kind, value)])] = None
    return [piece for piece in found if piece]


def recipes(pattern):
    """(beginning, what is repeated, end) of texts that are hard for a pattern."""
    parsed = parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    heads = dict.fromkeys(["", *(text_of(list(parsed)[:end]) for end in range(1, min(len(parsed), 6)))])
    single = sorted(pieces(parsed), key=len, reverse=True)
    single = single[: PIECES // 3] + single[::-1][: PIECES - PIECES // 3]
    repeated = dict.fromkeys([*single, *map("".join, itertools.permutations(single, 2))])
    return itertools.product(heads, repeated, ("", "\0"))


def cooked(pattern, recipe, length):
    """The text of about that length."""
    head, piece, end = recipe
    text = head + piece * (length // len(piece)) + end
    return text.encode("latin-1", "replace") if isinstance(pattern.pattern, bytes) else text


class TooSlowError(Exception):
    pass


def seconds(method, text):
    """How long it takes, without what other processes take meanwhile; infinity for more than a second."""

    def stop(_number, _frame):
        raise TooSlowError

    former = signal.signal(signal.SIGVTALRM, stop)
    started = time.process_time()
    try:
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, 1)
            for _match in method(text) if method.__name__ == "finditer" else [method(text)]:
                pass
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except TooSlowError:
        return float("inf")
    finally:
        signal.signal(signal.SIGVTALRM, former)
    return time.process_time() - started


def hard_text(pattern, how):
    """The text for which the pattern takes more than linear time, as its parts; None if there is none among those that are tried."""
    method = getattr(pattern, {"search": "search", "match": "match", "fullmatch": "fullmatch"}.get(how, "finditer"))
    for recipe in recipes(pattern):
        text = cooked(pattern, recipe, LENGTH)
        taken = min(seconds(method, text) for _try in range(2))
        if taken == float("inf"):
            return recipe
        if taken > SECONDS and seconds(method, cooked(pattern, recipe, 4 * LENGTH)) > RATIO * taken:
            return recipe
    return None


def constant(node):
    """The pattern that an argument is; what it takes from variables is any word. None where it is no text at all."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(value.value if isinstance(value, ast.Constant) else "word" for value in node.values)
    return None


def kept(value):
    """The compiled patterns in a value."""
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (list, tuple, dict)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from kept(one)


def patterns():
    """(where, pattern, how it is used) of all patterns: those that calls name, then those that modules keep in their tables."""
    found = set()
    for where, pattern, how in named_patterns():
        found.add(pattern)
        yield where, pattern, how
    for path in sorted(PLUGINS.rglob("*.py")):
        where = str(path.relative_to(PLUGINS))
        if re.search(r"^import re$", path.read_text(), re.MULTILINE):
            for name, value in sorted(vars(importlib.import_module(PACKAGE + where[:-3].replace("/", "."))).items()):
                # Tables that are compiled when they are first needed.
                made = value() if hasattr(value, "cache_info") and not inspect.signature(value).parameters else value
                for number, pattern in enumerate(kept(made)):
                    if pattern not in found:
                        found.add(pattern)
                        yield f"{where} {name}.{number}", pattern, "search"


def named_patterns():
    """(where, pattern, how it is used) of all patterns that stand in a call or have a name."""
    for path in sorted(PLUGINS.rglob("*.py")):
        tree = ast.parse(path.read_text())
        where = str(path.relative_to(PLUGINS))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
        used = {}
        # Also where it is handed on, as in map(_NAME.fullmatch, lines).
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.setdefault(node.value.id, set()).add(node.attr)
        named = {
            node.value: node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        }
        for call in calls:
            if ast.unparse(call.func.value) != "re" or call.func.attr not in FUNCTIONS:
                continue
            name = named[call].id if call in named else ""
            if name.isupper():
                pattern = getattr(importlib.import_module(PACKAGE + where[:-3].replace("/", ".")), name)
            else:
                text = constant(call.args[0])
                pattern = None if text is None else re.compile(text)
            if pattern is None:
                continue
            for how in sorted(used.get(name, set()) & FUNCTIONS) if call.func.attr == "compile" else [call.func.attr]:
                yield f"{where}:{call.lineno} {name or 're'}.{how}", pattern, how


@pytest.mark.parametrize(
    ("pattern", "how"),
    [
        (r"(?:\s|//[^\n]*\n|/\*.*?\*/)*package\s+(\w+)", "match"),
        (r"\b[a-z][a-z0-9.]*://", "search"),
        (r"(a+)+$", "match"),
        (r"\S+@h", "findall"),
    ],
)
def test_what_is_slow_is_seen(pattern, how):
    assert hard_text(re.compile(pattern, re.DOTALL), how)


@pytest.mark.parametrize(("pattern", "how"), [(r"\S+", "findall"), (r"(?<!\S)\S+@h", "search"), (r"[a-z]+://[^/]*@", "match")])
def test_what_is_fast_is_not(pattern, how):
    assert hard_text(re.compile(pattern), how) is None


ALL = list(patterns())


def test_the_patterns_are_found():
    assert len(ALL) > 60 and {how for _where, _pattern, how in ALL} > {"search", "match", "fullmatch", "sub", "findall"}


@pytest.mark.parametrize(("pattern", "how"), [pytest.param(pattern, how, id=where) for where, pattern, how in ALL])
def test_every_pattern_is_linear(pattern, how):
    assert hard_text(pattern, how) is None
