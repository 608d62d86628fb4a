# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go plugins of a bundle: a folder with files and a manifest.json that names them (gateway/coprocess_bundle.go)."""

from __future__ import annotations

import hashlib
import os
import sys
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.classic import read_section
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import Node, comes_from_elsewhere, parse
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.hook import Auth
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Hook, Notes
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway, candidates

MANIFEST = "manifest.json"
# The folder in the gateway's middleware_path where it unpacks bundles.
BUNDLES = "bundles"
# The first release with several bundles of one API, and with analytics plugins in manifests.
MERGED_SINCE = (5, 15, 0)
_HOOKS = ("pre", "post", "post_key_auth", "response")


class Disk(t.NamedTuple):
    """How to look at files: whether one exists, as the gateway sees it, the bytes of one, and the checksum of several (C(new_md5)).

    The last two raise OSError. has_plugins: whether the plugins of the definitions are to be there.
    """

    exists: t.Callable[[str], bool]
    read: t.Callable[[str], bytes]
    checksum: t.Callable[[t.Sequence[str]], str]
    has_plugins: bool = True


class Bundle(t.NamedTuple):
    """What one manifest gives: its notes, its hooks with the bundle's folder before their paths, and its driver."""

    notes: Notes
    hooks: list[Hook]
    driver: str


def folders(name: str, gateway: Gateway) -> dict[str, str]:
    """From each bundle that an API names to the folder where the gateway unpacks it."""
    root = os.path.join(gateway.directory, gateway.middleware, BUNDLES, folder_name(name))
    names = [part.strip() for part in name.split(",") if part.strip()]
    if gateway.release < MERGED_SINCE or names == [name]:
        return {name: root}
    return {part: os.path.join(root, os.path.splitext(part)[0].replace("/", "__").replace("\\", "__")) for part in names}


def folder_name(name: str) -> str:
    """The name of the folder into which the gateway unpacks the bundle of a name."""
    digest = new_md5()
    digest.update(name.encode("utf-8", "replace"))
    return digest.hexdigest()


def new_md5() -> hashlib._Hash:
    """Here MD5 is a name, or a sum against accidents, and no more: a host that allows it for nothing else allows it for that."""
    options: dict[str, bool] = {"usedforsecurity": False} if sys.version_info >= (3, 9) else {}
    return hashlib.md5(b"", **options)


def read_bundles(name: str, where: str, auth: Auth, gateway: Gateway, disk: Disk, notes: Notes) -> list[Bundle]:
    """The bundles of an API, as far as they were downloaded. notes: of the definition that names them."""
    found: list[Bundle] = []
    for part, folder in folders(name, gateway).items():
        manifest = os.path.join(folder, MANIFEST)
        if not disk.exists(manifest):
            notes.add("bundle-not-here", where, manifest=manifest, bundle=part)
            continue
        found.append(read_manifest(manifest, disk, auth, gateway))
    drivers = [bundle.driver for bundle in found if bundle.driver]
    if len(set(drivers)) > 1:
        notes.add("bundles-conflict", where, reason=f"the drivers are {' and '.join(dict.fromkeys(drivers))}")
    if sum(any(hook.kind == "auth_check" for hook in bundle.hooks) for bundle in found) > 1:
        notes.add("bundles-conflict", where, reason="more than one bundle has an auth_check hook")
    return found


def read_manifest(manifest: str, disk: Disk, auth: Auth, gateway: Gateway) -> Bundle:
    """The hooks of one manifest, and what is wrong with it."""
    notes = Notes(manifest)
    try:
        value = parse(disk.read(manifest), notes)
    except OSError as error:
        notes.add("definition-unreadable", reason=error.strerror or error)
        return Bundle(notes, [], "")
    return read_parsed(Node(value, "", notes), os.path.dirname(manifest), disk, auth, gateway)


def read_parsed(root: Node, folder: str, disk: Disk, auth: Auth, gateway: Gateway) -> Bundle:
    """The same for a manifest that was parsed. folder: where it and its files are."""
    notes = root.notes
    root = root.as_object()
    root.check_types(("checksum", "signature"))
    section = root.object("custom_middleware")
    hooks = read_section(section, auth) + _analytics(section, gateway)
    if not any(section.objects(kind) for kind in _HOOKS) and not section.object("auth_check").text("name") and not notes.dropped:
        notes.add("bundle-without-hooks", section.where)
    listed = set()
    is_whole = True
    for item in root.texts("file_list"):
        if _leads_outside(item.value):
            notes.add("bundle-path-outside", item.where, path=item.value)
            is_whole = False
            continue
        listed.add(os.path.normpath(item.value))
        if not disk.exists(os.path.join(folder, item.value)):
            notes.add("bundle-file-missing", item.where, file=item.value)
            is_whole = False
    if is_whole:
        _compare_checksum(root, folder, disk)
    inside = gateway._replace(directory="")
    found = []
    for hook in hooks:
        names = candidates(hook.path, hook.kind, inside)
        if not comes_from_elsewhere(hook.path):
            if _leads_outside(hook.path):
                notes.add("bundle-path-outside", hook.where, path=hook.path)
                notes.explained.add(hook.where)
            elif not {os.path.normpath(name) for name in names} & listed:
                notes.add("bundle-file-unlisted", hook.where, path=hook.path, candidates=names)
                notes.explained.add(hook.where)
            elif not any(disk.exists(os.path.join(folder, name)) for name in names):
                # The note on file_list says it.
                notes.explained.add(hook.where)
        # The gateway puts its folder before an absolute path too.
        found.append(hook._replace(path=os.path.normpath(f"{folder}/{hook.path}")))
    return Bundle(notes, found, section.text("driver"))


def _compare_checksum(root: Node, folder: str, disk: Disk) -> None:
    """Note files that are not those of the manifest. One that was not packed yet has no checksum."""
    wanted = root.text("checksum")
    files = [os.path.join(folder, item.value) for item in root.texts("file_list")]
    if not wanted:
        return
    try:
        found = disk.checksum(files)
    except OSError as error:
        root.notes.add("definition-unreadable", "file_list", reason=f"{error.filename}: {error.strerror}")
        return
    if found != wanted:
        root.notes.add("bundle-checksum-wrong", "checksum", wanted=wanted, found=found)


def _leads_outside(path: str) -> bool:
    return os.path.isabs(path) or os.path.normpath(path).split("/")[0] == ".."


def _analytics(section: Node, gateway: Gateway) -> list[Hook]:
    """The analytics plugin of a manifest, since v5.15."""
    node = section.object("traffic_logs")
    path, symbol = node.text("path"), node.text("name")
    if not symbol or node.flag("disabled"):
        return []
    if gateway.release < MERGED_SINCE:
        node.notes.add(
            "newer-gateway-needed",
            node.where,
            key="traffic_logs",
            since="5.15",
            version=gateway.version,
            instead="use analytics_plugin of the definition",
        )
        return []
    return [Hook(node.where, "analytics", path, symbol)] if path else []
