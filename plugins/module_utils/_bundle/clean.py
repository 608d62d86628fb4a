# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bundles that a gateway has unpacked, and that none of its definitions names any more.

A gateway unpacks a bundle into a folder that is the MD5 of its name, and never removes it. So a folder is in use if its name is the MD5
of anything in any definition. What is not certainly the folder of a bundle with Go plugins stays.
"""

from __future__ import annotations

import os
import re
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import BUNDLES, MANIFEST, folder_name
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import Node, comes_from_elsewhere, parse
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import listed, read
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.hook import GOPLUGIN
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Notes
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import leftovers, locked, remove_leftovers, temporary_folder

_NAME = re.compile(r"[0-9a-f]{32}")
# What a folder is called while it is removed: no gateway must find half a bundle under its name, which it would take for a whole one.
_REMOVING = ".removing-"
# Where a definition names a bundle: custom_middleware_bundle, and bundle.path of an OpenAPI document.
_KEYS = ("custom_middleware_bundle", "path")


class Folder(t.NamedTuple):
    """A folder of a bundle. reason: why it stays, empty where it may be removed."""

    path: str
    reason: str


class Outcome(t.NamedTuple):
    """removed: the folders that were removed, or would be; kept: the others, with the reason of each."""

    changed: bool
    removed: tuple[str, ...]
    kept: tuple[Folder, ...]


def clean(middleware: str, definitions: t.Sequence[str], check_mode: bool) -> Outcome:
    """Remove the unpacked bundles that no definition names. middleware: the gateway's middleware_path. Raises GoPluginsError, OSError."""
    root = os.path.join(os.path.abspath(middleware), BUNDLES)
    used = {folder_name(text) for text in texts_of(definitions)}
    if not os.path.isdir(root):
        return Outcome(False, (), ())
    found = [
        Folder(os.path.join(root, name), _reason(os.path.join(root, name), used))
        for name in sorted(os.listdir(root))
        if _NAME.fullmatch(name)
    ]
    surplus = [folder.path for folder in found if not folder.reason]
    begun = leftovers(root, _REMOVING)
    if (surplus or begun) and not check_mode:
        with locked(os.path.join(root, ".goplugins.lock")):
            # Another run may have removed them.
            begun = leftovers(root, _REMOVING)
            surplus = [path for path in surplus if os.path.isdir(path) and not _reason(path, used)]
            remove_leftovers(root, _REMOVING)
            with temporary_folder(root, _REMOVING) as grave:
                for path in surplus:
                    os.rename(path, os.path.join(grave, os.path.basename(path)))
    return Outcome(bool(surplus or begun), tuple(surplus), tuple(folder for folder in found if folder.reason))


def texts_of(definitions: t.Sequence[str]) -> set[str]:
    """All texts in the definitions, whatever they are. Raises GoPluginsError where one is not known: it may name any bundle."""
    found: set[str] = set()
    paths = [path for path, _in_folder in listed(definitions)]
    for path in paths:
        notes = Notes(path)
        value = parse(read(path), notes)
        if notes.dropped:
            raise GoPluginsError(
                f"{path} is not read, so it is not known which bundle it names, and nothing is removed: {notes.findings[-1].message}",
                f"correct the definition, or move it away: {command_line('ls -l', path)}",
            )
        for key, text in _texts(value):
            if key.lower() in _KEYS and comes_from_elsewhere(text):
                raise GoPluginsError(
                    f"{path} takes {key} from {text}, so it is not known which bundle it names, and nothing is removed",
                    "write the name of the bundle into the definition",
                )
            found.add(text)
    if not paths:
        raise GoPluginsError(
            f"there is no definition in {', '.join(definitions)}, so it is not known which bundles are in use, and nothing is removed",
            "name the gateway's app_path; where a dashboard has the definitions, export them into a folder",
        )
    return found


def _texts(value: t.Any) -> t.Iterator[tuple[str, str]]:
    """(key, text) of every text of a JSON value; in a list, with the key of the list."""
    waiting = [("", value)]
    while waiting:
        key, one = waiting.pop()
        if isinstance(one, str):
            yield key, one
        elif isinstance(one, dict):
            waiting += one.items()
        elif isinstance(one, list):
            waiting += [(key, item) for item in one]


def _reason(path: str, used: t.Container[str]) -> str:
    """Why a folder stays; empty where it is certainly an unpacked bundle with Go plugins, and not in use."""
    if os.path.basename(path) in used:
        return "a definition names its bundle"
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        return "it is no folder"
    notes = Notes(path)
    try:
        root = Node(parse(read(os.path.join(path, MANIFEST)), notes), "", notes).as_object()
    except OSError as error:
        return f"it has no manifest that can be read: {error.strerror}"
    if root.object("custom_middleware").text("driver") != GOPLUGIN:
        return "its manifest is not that of Go plugins"
    known = {os.path.normpath(item.value) for item in root.texts("file_list")} | {MANIFEST}
    if notes.dropped:
        return "its manifest cannot be read"
    foreign = [name for name in _files(path) if name not in known]
    return f"it has a file that its manifest does not list: {foreign[0]}" if foreign else ""


def _files(path: str) -> t.Iterator[str]:
    """The relative paths of everything in a folder but folders; a link to one is a file here."""
    for folder, folders, files in os.walk(path):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*files, *links):
            yield os.path.relpath(os.path.join(folder, name), path)
