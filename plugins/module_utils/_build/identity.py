# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identity of a build: all its inputs, their digest, and whether an artifact is still theirs."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, shown
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, sha256_file

# Part of every digest: a change in how we build makes new artifacts.
FORMAT = 1


# What a record must hold, and of which type; the rest of it describes the artifact and is compared with that.
_FIELDS: dict[str, type | tuple[type, ...]] = {
    "artifact": str,
    "digest": str,
    "sha256": str,
    "size": int,
    "target": str,
    "inputs": dict,
    "profile": dict,
    "command": list,
    "built": str,
    "seconds": (int, float),
}
# What it says besides since later; a record of before holds without it. peak_memory: bytes of the largest process; licenses: of modules;
# reproduced: when a second build gave the same bytes, empty if none was asked for.
_LATER: dict[str, type] = {"peak_memory": int, "licenses": dict, "reproduced": str}
# What takes most of its space, and counts only where it is.
LONG = ("modules", "licenses")


class State(t.NamedTuple):
    """Whether an artifact is up to date. reasons: why not, one line each; record: what is known of the artifact that is there."""

    reasons: tuple[str, ...]
    record: dict[str, t.Any]

    @property
    def current(self) -> bool:
        return not self.reasons


def digest(inputs: t.Mapping[str, t.Any]) -> str:
    """The SHA-256 over all inputs, as 64 hexadecimal digits. Equal inputs give equal digests on every host."""
    canonical = json.dumps({"format": FORMAT, **inputs}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def record_path(artifact: str) -> str:
    """Where the record of an artifact stands."""
    return f"{artifact}.json"


def read_record(artifact: str) -> dict[str, t.Any]:
    """The record of an artifact; empty where there is none that holds all it must."""
    record = read_json(record_path(artifact))
    fits = isinstance(record, dict) and all(isinstance(record.get(name), kind) for name, kind in _FIELDS.items())
    return record if fits else {}


def state(artifact: str, wanted: t.Mapping[str, t.Any], inspect: t.Callable[[str], dict[str, t.Any]]) -> State:
    """Compare what stands at C(artifact) with the build that is wanted.

    wanted: what its record must say, at least C(inputs). inspect: what the record says of the file, read from the file. So nothing is
    believed of a record but when the build ran, what it took, by which profile, and the licenses.
    """
    record = read_record(artifact)
    inputs = wanted["inputs"]
    if not os.path.isfile(artifact):
        return State(("there is no artifact yet",), record)
    if not record:
        return State(("the artifact has no record",), record)
    if record["digest"] != digest(inputs):
        return State(tuple(_changes(record["inputs"], shown(inputs))) or ("the way of building changed",), record)
    if record["sha256"] != sha256_file(artifact):
        return State(("the artifact is not the file that was built",), record)
    try:
        told: dict[str, t.Any] = shown({**wanted, "size": os.path.getsize(artifact), **inspect(artifact)})
    except GoPluginsError as error:
        return State((f"the artifact is not what was built: {error.message}",), {})
    lacking = sorted(set(told) - set(record))
    if lacking:
        return State((f"the record lacks {', '.join(lacking)}",), {})
    wrong = {name for name, value in told.items() if record[name] != value} | (set(record) - {*told, *_FIELDS, *_LATER})
    wrong |= {name for name, kind in _LATER.items() if not isinstance(record.get(name, kind()), kind)}
    return State((f"the record does not say what the artifact is: {', '.join(sorted(wrong))}",), {}) if wrong else State((), record)


def _changes(before: t.Mapping[str, t.Any], after: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for name in sorted({*before, *after}):
        old, new = _words(before.get(name)), _words(after.get(name))
        if old != new:
            yield f"{name}: {_without(old, new)} -> {_without(new, old)}"


def _words(value: t.Any) -> list[str]:
    """The parts of an input, each of which may be different."""
    if isinstance(value, dict):
        return [f"{name}={value[name]}" for name in sorted(value)]
    return [str(word) for word in value] if isinstance(value, list) else [str(value)] if value else []


def _without(words: list[str], others: list[str]) -> str:
    return " ".join(word for word in words if word not in others) or ("nothing" if set(words) != set(others) else " ".join(words))
