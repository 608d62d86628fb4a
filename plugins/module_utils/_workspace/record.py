# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record in a workspace: what it was made from, and what its user should know. One that somebody spoiled is no record."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, write_json
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import alignment

# The folders in a workspace of the staged source, and of the modules for which it has folders.
PLUGIN_FOLDER = "plugin"
MODULES_FOLDER = "modules"
# Also the mark of a folder that this collection may replace; no other program has a file of this name.
NAME = ".goplugins-workspace.json"
# Its name until it became a mark, and what no other file of that name has.
_FORMER_NAME = "workspace.json"
_FORMER_KEYS = {"digest", "staged", "given_module"}


class Facts(t.NamedTuple):
    """What the user should know of a workspace.

    notes: what was done to go.mod, a line each. raised: modules that the gateway has at another version.
    in_step: from path to version, the shared modules that the plugin's own go.mod names.
    module: the plugin's module path in the workspace; given_module: in the source.
    """

    notes: tuple[str, ...]
    raised: tuple[alignment.Raised, ...]
    in_step: dict[str, str]
    module: str
    given_module: str


class Record(t.NamedTuple):
    """digest: of everything that the workspace was made from; shape: of what of it decides about modules, empty where any change may.

    staged: the digest of what was made. name, package: of the plugin.

    source: where the user has it; gateway: the checkout. local_modules: from module to the folder that the user has in its place.
    sums: the lines of go.work.sum with which it was made; Go adds to them while it builds.
    """

    digest: str
    shape: str
    staged: str
    name: str
    package: str
    source: str
    gateway: str
    local_modules: dict[str, str]
    sums: tuple[str, ...]
    facts: Facts


def read(workspace: str) -> Record | None:
    """The record of a workspace, or None where there is none that says all it must."""
    value = read_json(os.path.join(workspace, NAME))
    if not isinstance(value, dict) or not all(fits(value.get(name)) for name, fits in _FIELDS.items()):
        return None
    raised = alignment.from_list(value.get("raised"))
    if raised is None:
        return None
    facts = Facts(tuple(value["notes"]), raised, value["in_step"], value["module"], value["given_module"])
    common = {name: value[name] for name in Record._fields if name in _FIELDS}
    return Record(**{**common, "sums": tuple(value["sums"])}, facts=facts)


def module_folder(workspace: str, module: str) -> str:
    """Where the copy of a folder stands that is in a module's place. No module path has a "+"."""
    return os.path.join(workspace, MODULES_FOLDER, module.replace("/", "+"))


def marks(workspace: str) -> list[str]:
    """What shows that a workspace is ours, whether it is there or not."""
    former = os.path.join(workspace, _FORMER_NAME)
    value = read_json(former)
    return [os.path.join(workspace, NAME), *([former] if isinstance(value, dict) and value.keys() >= _FORMER_KEYS else [])]


def sums(folder: str) -> set[str]:
    """The lines of go.work.sum, without which or with others Go would take other modules, or none."""
    path = os.path.join(folder, "go.work.sum")
    text = gomod.read_text(path) if os.path.isfile(path) else ""
    return {line for line in text.splitlines() if line.strip()}


def write(workspace: str, record: Record) -> None:
    """Keep the record in its workspace."""
    facts = {**record.facts._asdict(), "raised": [one.as_dict() for one in record.facts.raised]}
    common = {name: value for name, value in record._asdict().items() if name != "facts"}
    write_json(os.path.join(workspace, NAME), {**common, **facts})


def _is_text(value: t.Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: t.Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_named_texts(value: t.Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


# Each field of the file but C(raised), and what it must be.
_FIELDS: dict[str, t.Callable[[t.Any], bool]] = {
    **dict.fromkeys(("digest", "shape", "staged", "name", "package", "source", "gateway", "module", "given_module"), _is_text),
    **dict.fromkeys(("sums", "notes"), _are_texts),
    **dict.fromkeys(("local_modules", "in_step"), _are_named_texts),
}
