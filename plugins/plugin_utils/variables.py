# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a playbook against their specification: names, types, choices. Pure: values in, sentences out.

Stricter than Ansible's own argument specs, which turn 5.3 into "5.3" and a text into a list of one: a role uses the variable as the user
wrote it, not what it was turned into.
"""

from __future__ import annotations

import collections.abc
import datetime
import difflib
import json
import re

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

_BOOLEANS = ("yes", "on", "1", "true", "t", "y", "no", "off", "0", "false", "f", "n")
_KINDS = {
    "str": "a text",
    "path": "a text",
    "list": "a list",
    "dict": "a dictionary",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    # As the keyword serial of a play has them.
    "batch": "a number or a percentage",
    "batches": "a number, a percentage or a list of these",
}
# What a text must look like that stands for one of these.
_TEXTS = {"int": r"-?\d+", "float": r"-?\d+(\.\d+)?", "batch": r"-?\d+|\d+%", "batches": r"-?\d+|\d+%"}


class Secret(str):
    """A text that no message shows."""


def unknown(names, known, renamed=()):
    """One sentence for each of C(names) that is not in C(known), with the nearest one that is; C(renamed): from old name to new."""
    for name in sorted(set(names) - set(known)):
        if name in renamed:
            yield f"{name} is called {renamed[name]}."
        else:
            near = misspelt(name, known) or nearest(name, known)
            yield f"{name} is not a variable of this collection.{f' Did you mean {near}?' if near else ''}"


def nearest(name, known, cutoff=0.75):
    """The name of C(known) that was probably meant, where one of them was; empty if none comes near."""
    return next(iter(difflib.get_close_matches(name, sorted(known), 1, cutoff)), "")


def misspelt(name, known):
    """The variable of C(known) that C(name) is a slip of the pen for, not one with a word of its own; empty if there is none."""
    name = canonical(name)
    return min(((edits, one) for one in known for edits in [_slips(name, one)] if edits is not None), default=(0, ""))[1]


def canonical(name):
    """The name of a variable as ours are written: small letters, underscores, and the prefix as it is."""
    name = name.lower().replace("-", "_")
    return f"tyk_{name[4:]}" if sorted(name[:3]) == sorted("tyk") and name[3:4] == "_" else name


def _slips(name, wanted):
    """How many letters were missed, added, swapped or mistaken, 2 at the most; None if these are different names."""
    if abs(len(name) - len(wanted)) > 2:
        return None
    same = name.count("_") == wanted.count("_")
    words = list(zip(name.split("_"), wanted.split("_"))) if same else [(name, wanted)]
    edits = [(_edits(*pair), max(map(len, pair))) for pair in words if pair[0] != pair[1]]
    total = sum(count for count, _length in edits)
    # In a short word one other letter makes another word.
    return total if total <= 1 + same and all(4 * count - 1 <= length for count, length in edits) else None


def _edits(first, second):
    """How many letters must be added, removed, exchanged, or swapped with their neighbour (Damerau's distance)."""
    before, above = [], list(range(len(second) + 1))
    for row, letter in enumerate(first, 1):
        line = [row]
        for column, other in enumerate(second, 1):
            cost = min(above[column] + 1, line[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        before, above = above, line
    return above[-1]


def problems(name, value, spec):
    """One sentence for each thing wrong with the value of the variable C(name); C(spec): as in an argument specification.

    Beside Ansible's keys, C(spec) may have C(minimum) and C(maximum) of a number. What has C(no_log) is not shown.
    """
    wanted = spec.get("type", "str")
    if wanted == "pattern":
        wanted, spec = "list" if _kind(value) == "list" else "str", {**spec, "elements": "str"}
    if wanted == "batches" and _kind(value) == "list":
        return [problem for number, item in enumerate(value) for problem in problems(f"{name}[{number}]", item, {**spec, "type": "batch"})]
    if wanted != "raw" and not _fits(value, wanted):
        return [f"{name} is {_described(value, spec)}; it must be {_KINDS[wanted]}{_example(name, value, spec)}."]
    if wanted in ("str", "path") and spec.get("choices") and value not in spec["choices"]:
        return [_choice(name, value, spec["choices"])]
    if wanted == "list":
        return [problem for number, item in enumerate(value) for problem in _of_item(name, number, item, spec)]
    if wanted == "dict" and "options" in spec:
        return of_options(name, value, spec["options"])
    return _out_of_bounds(name, value, spec) if wanted in _TEXTS else []


def of_options(name, value, options):
    """The same for a dictionary with keys of its own specification."""
    found = []
    for key in sorted(set(map(str, value)) - set(options)):
        near = nearest(key, options, 0.6)
        hint = f" Did you mean {near}?" if near else f" The keys are: {', '.join(options)}."
        found.append(f"{name} has the unknown key {key}.{hint}")
    for key, spec in options.items():
        if spec.get("required") and (key not in value or value[key] in ("", None)):
            found.append(f"{name} has no {key}.")
        elif value.get(key) is not None:
            found += problems(f"{name}.{key}", value[key], spec)
    return found


def refusals(check, *arguments, name=""):
    """What C(check) raises of C(arguments) as a GoPluginsError, one sentence or none.

    name: the variable, where the sentence does not name it.
    """
    try:
        check(*arguments)
    except GoPluginsError as error:
        return [f"{name}: {error.as_result()['msg']}" if name else error.as_result()["msg"]]
    return []


def of_hosts(found):
    """The sentences of C(found), from host to its own, each once. One that does not hold for all hosts says for which."""
    hosts = {}
    for host, sentences in found.items():
        for sentence in dict.fromkeys(sentences):
            hosts.setdefault(sentence, []).append(host)
    return [sentence if len(names) == len(found) else f"{_some(names)}: {sentence}" for sentence, names in hosts.items()]


def _some(names, most=3):
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"


def _of_item(name, number, item, spec):
    wanted = spec.get("elements", "raw")
    label = f"{name}[{number}]"
    if wanted == "dict" and _kind(item) == "str" and "text_is" in spec:
        return []
    if wanted == "dict" and isinstance(item, collections.abc.Mapping) and item.get("name"):
        label = f"{name}[{number}] ({item['name']})"
    return problems(label, item, {**spec, "type": wanted, "required": False})


def _fits(value, wanted):
    kind = _kind(value)
    if wanted == "bool":
        return kind == "bool" or str(value).lower() in _BOOLEANS
    if wanted in _TEXTS:
        return kind == "int" or (wanted, kind) == ("float", "number") or (kind == "str" and re.fullmatch(_TEXTS[wanted], value) is not None)
    return kind == ("str" if wanted == "path" else wanted)


def _out_of_bounds(name, value, spec):
    """One sentence if a number is smaller or larger than it may be. A percentage is a number, too."""
    number, low, high = float(str(value).rstrip("%")), spec.get("minimum"), spec.get("maximum")
    if (low is None or number >= low) and (high is None or number <= high):
        return []
    allowed = f"{low} or more" if high is None else f"{high} or less" if low is None else f"from {low} to {high}"
    shown = "another number" if isinstance(value, Secret) else value
    return [f"{name} is {shown}; it must be {allowed}."]


def _kind(value):
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "str"
    if isinstance(value, int):
        return "int"
    if isinstance(value, datetime.date):
        return "date"
    if isinstance(value, collections.abc.Mapping):
        return "dict"
    if isinstance(value, collections.abc.Sequence):
        return "list"
    return "none" if value is None else "number"


def _described(value, spec):
    """What a value is. Where a dictionary belongs, there may be passwords in a text."""
    kind = _kind(value)
    if kind in ("list", "dict"):
        return _KINDS[kind]
    if kind == "none":
        return "empty"
    holds_more = kind == "str" and "dict" in (spec.get("type"), spec.get("elements"))
    if isinstance(value, Secret) or spec.get("no_log") or holds_more:
        return {"str": "a text", "bool": "a truth value", "date": "a date"}.get(kind, "a number")
    words = {"str": f"the text {value!r}", "bool": f"{str(value).lower()}, a truth value", "date": f"{value}, a date"}
    return words.get(kind, f"{value}, a number")


def _example(name, value, spec):
    """What the user probably wants to write instead; empty if that is not obvious."""
    kind, wanted = _kind(value), spec.get("type", "str")
    if wanted in ("str", "path") and kind in ("int", "number", "bool", "date"):
        # Of 5.10 only 5.1 is left, and of yes only True.
        return ": put what you wrote in quotes"
    if wanted == "list" and kind == "str" and spec.get("elements") == "str" and "[" not in name and not isinstance(value, Secret):
        return f", {json.dumps({name: re.split('[, ]+', value.strip())})}"
    return ""


def _choice(name, value, choices):
    near = nearest(str(value), [choice for choice in choices if choice], 0.6)
    listed = ", ".join(choice for choice in choices if choice)
    hint = f" Did you mean {near}?" if near else ""
    shown = "another text" if isinstance(value, Secret) else repr(value)
    return f"{name} is {shown}; it must be {'one of ' if ',' in listed else ''}{listed}.{hint}"
