# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables of a playbook against their specification: names, types, choices. Pure: values in, sentences out.

Stricter than Ansible's own argument specs, which turn 5.3 into "5.3" and a text into a list of one: a role uses the variable as the user
wrote it, not what it was turned into.
"""

from __future__ import annotations

import collections.abc
import difflib
import json
import re

_BOOLEANS = ("yes", "on", "1", "true", "t", "y", "no", "off", "0", "false", "f", "n")
_KINDS = {"str": "a text", "list": "a list", "dict": "a dictionary", "bool": "true or false", "int": "a whole number"}


def unknown(names, known, renamed=()):
    """One sentence for each of C(names) that is not in C(known), with the nearest one that is; C(renamed): from old name to new."""
    for name in sorted(set(names) - set(known)):
        if name in renamed:
            yield f"{name} is called {renamed[name]}."
        else:
            near = nearest(name, known)
            yield f"{name} is not a variable of this collection.{f' Did you mean {near}?' if near else ''}"


def nearest(name, known, cutoff=0.75):
    """The name of C(known) that was probably meant; empty if none comes near."""
    return next(iter(difflib.get_close_matches(name, sorted(known), 1, cutoff)), "")


def problems(name, value, spec):
    """One sentence for each thing wrong with the value of the variable C(name); C(spec): as in an argument specification."""
    wanted = spec.get("type", "str")
    if wanted == "pattern":
        wanted = "list" if _kind(value) == "list" else "str"
    if wanted != "raw" and not _fits(value, wanted):
        return [f"{name} is {_described(value)}; it must be {_KINDS[wanted]}{_example(name, value, spec)}."]
    if wanted == "str" and spec.get("choices") and value not in spec["choices"]:
        return [_choice(name, value, spec["choices"])]
    if wanted == "list":
        return [problem for number, item in enumerate(value) for problem in _of_item(name, number, item, spec)]
    if wanted == "dict" and "options" in spec:
        return of_options(name, value, spec["options"])
    return []


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
    if wanted == "int":
        return kind == "int" or (kind == "str" and re.fullmatch(r"\d+", value) is not None)
    return kind == wanted


def _kind(value):
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, str):
        return "str"
    if isinstance(value, int):
        return "int"
    if isinstance(value, collections.abc.Mapping):
        return "dict"
    if isinstance(value, collections.abc.Sequence):
        return "list"
    return "none" if value is None else "number"


def _described(value):
    kind = _kind(value)
    if kind in ("list", "dict"):
        return _KINDS[kind]
    if kind == "none":
        return "empty"
    return {"str": f"the text {value!r}", "bool": f"{str(value).lower()}, a truth value"}.get(kind, f"{value}, a number")


def _example(name, value, spec):
    """What the user probably wants to write instead; empty if that is not obvious."""
    kind, wanted = _kind(value), spec.get("type", "str")
    if wanted == "str" and kind in ("int", "number", "bool"):
        return f': write it in quotes, "{value}"'
    if wanted == "list" and kind == "str" and spec.get("elements") == "str" and "[" not in name:
        return f", {json.dumps({name: re.split('[, ]+', value.strip())})}"
    return ""


def _choice(name, value, choices):
    near = nearest(str(value), [choice for choice in choices if choice], 0.6)
    listed = ", ".join(choice for choice in choices if choice)
    return f"{name} is {value!r}; it must be {'one of ' if ',' in listed else ''}{listed}.{f' Did you mean {near}?' if near else ''}"
