# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles in a folder that gateways fetch them from: the wanted one made if it is not there, and older ones removed."""

from __future__ import annotations

import os
import re
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _artifacts
from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Artifact, Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle import archive, content, sign
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle.content import Content
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    remove_leftovers,
    require_free_space,
    scratch_folder,
    sha256_file,
    sweep,
    temporary_folder,
)

# All the time that a gateway has for a download (gateway/coprocess_bundle.go, HTTPBundleGetter).
SECONDS = 5
# Where nobody says how fast gateways load: of this many bytes a second one may think everywhere.
USUAL_RATE = 10_000_000
_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FILES = 10


class Wanted(t.NamedTuple):
    """A bundle that is wanted.

    folder: where bundles are served from. places: where the artifacts are. key: path of a private key, empty for no signature.
    keep: how many older bundles of the prefix stay, None for all. rate: bytes a second that each gateway can load, None where unknown.
    """

    folder: str
    prefix: str
    plugins: tuple[Plugin, ...]
    places: tuple[str, ...]
    key: str
    compress: bool
    keep: int | None
    rate: int | None


class Outcome(t.NamedTuple):
    """What came of it. former: the newest other bundle of the prefix, empty without one, and what is in it. removed: names of older ones.

    reason: why the bundle was made, or would be; empty where it was there.
    """

    path: str
    content: Content
    artifacts: tuple[Artifact, ...]
    public_key: str
    sha256: str
    size: int
    reason: str
    former: str
    former_sums: dict[str, str]
    removed: tuple[str, ...]


class _Made(t.NamedTuple):
    sha256: str
    size: int


def make(wanted: Wanted, check_mode: bool) -> Outcome:
    """Bring the bundle into its folder, and remove older ones. Raises GoPluginsError and then leaves the folder as it was."""
    if not _PREFIX.fullmatch(wanted.prefix):
        raise GoPluginsError(
            f"{wanted.prefix!r} cannot begin the name of a bundle: letters, digits, '.', '_' and '-', beginning with a letter or digit",
            "prefix: shop",
        )
    found = _artifacts.find(wanted.plugins, wanted.places)
    _artifacts.check(found, wanted.plugins)
    key = sign.load(wanted.key) if wanted.key else None
    inside = content.read(found, wanted.plugins, key)
    path = os.path.join(wanted.folder, inside.name(wanted.prefix))
    reason, surplus = _look(wanted, path, inside)
    former = next(iter(_others(wanted, path) if reason else ()), "")
    packed = archive.read(os.path.join(wanted.folder, former)) if former else None
    if (reason or surplus) and check_mode:
        made = _pretend(wanted, path, inside, reason)
    elif reason or surplus:
        made, reason, surplus = _bring(wanted, path, inside)
    else:
        made = _existing(path)
        _refuse_slow(wanted, made.size)
        if not check_mode:
            sweep(wanted.folder, _temporary(wanted), _lock(wanted))
    return Outcome(
        path=path,
        content=inside,
        artifacts=found,
        public_key=key.public if key else "",
        sha256=made.sha256,
        size=made.size,
        reason=reason,
        former=former,
        former_sums=packed.sums if packed else {},
        removed=tuple(surplus),
    )


def _look(wanted: Wanted, path: str, inside: Content) -> tuple[str, list[str]]:
    """(why the bundle is to be made, or nothing; the names of those that are to be removed)."""
    return _reason(path, inside, wanted.compress), _surplus(wanted, path)


def _reason(path: str, inside: Content, compress: bool) -> str:
    if not os.path.lexists(path):
        return "there is no bundle of this content yet"
    if not stat.S_ISREG(os.lstat(path).st_mode):
        raise GoPluginsError(f"{path} is no file, where the bundle belongs", command_line("ls -ld", path))
    packed = archive.read(path)
    if packed is None or list(packed.sums.items()) != list(inside.sums.items()):
        return "the bundle is not what its name says"
    return "" if packed.compressed == compress else "it is to be packed in another way"


def _others(wanted: Wanted, path: str) -> list[str]:
    """The names of the other files that may be bundles of this prefix, the newest first."""
    pattern = re.compile(rf"{re.escape(wanted.prefix)}-[0-9a-f]{{16}}\.zip")
    found = []
    for name in os.listdir(wanted.folder) if os.path.isdir(wanted.folder) else []:
        if pattern.fullmatch(name) and name != os.path.basename(path):
            status = os.lstat(os.path.join(wanted.folder, name))
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime, name))
    return [name for _time, name in sorted(found, reverse=True)]


def _surplus(wanted: Wanted, path: str) -> list[str]:
    """Of the other bundles those beyond what is kept. A file whose content is not what its name says is none of ours."""
    others = _others(wanted, path) if wanted.keep is not None else []
    if len(others) <= (wanted.keep or 0):
        return []
    return [name for name in others if _is_ours(wanted, name)][wanted.keep :]


def _is_ours(wanted: Wanted, name: str) -> bool:
    packed = archive.read(os.path.join(wanted.folder, name))
    return packed is not None and name == f"{wanted.prefix}-{content.digest(packed.sums)}.zip"


def _pretend(wanted: Wanted, path: str, inside: Content, reason: str) -> _Made:
    """What would come of it: the bundle is packed elsewhere, as nothing else says its size."""
    if not reason:
        return _existing(path)
    with scratch_folder("bundle-") as folder:
        return _pack(wanted, os.path.join(folder, os.path.basename(path)), inside)


def _bring(wanted: Wanted, path: str, inside: Content) -> tuple[_Made, str, list[str]]:
    """(the bundle, and what was done as C(_look) has it: another run may have done it meanwhile)"""
    require_free_space(wanted.folder, inside.size, f"the bundle {os.path.basename(path)}", _FILES)
    os.makedirs(wanted.folder, exist_ok=True)
    with locked(_lock(wanted)):
        remove_leftovers(wanted.folder, _temporary(wanted))
        reason, surplus = _look(wanted, path, inside)
        made = _existing(path) if not reason else None
        if made is None:
            with temporary_folder(wanted.folder, _temporary(wanted)) as folder:
                temporary = os.path.join(folder, os.path.basename(path))
                made = _pack(wanted, temporary, inside)
                os.chmod(temporary, 0o644)
                place_atomically(temporary, path)
        _refuse_slow(wanted, made.size)
        for name in surplus:
            os.unlink(os.path.join(wanted.folder, name))
    return made, reason, surplus


def _pack(wanted: Wanted, path: str, inside: Content) -> _Made:
    archive.write(inside, path, wanted.compress)
    made = _existing(path)
    _refuse_slow(wanted, made.size)
    return made


def _existing(path: str) -> _Made:
    return _Made(sha256_file(path), os.path.getsize(path))


def _refuse_slow(wanted: Wanted, size: int) -> None:
    """Raises GoPluginsError for a bundle that no gateway of the given rate can load in its time."""
    if wanted.rate is not None and size > wanted.rate * SECONDS:
        raise GoPluginsError(
            f"a gateway that loads {wanted.rate} bytes a second needs {size / wanted.rate:.1f} seconds for the bundle of {size} bytes, and "
            f"gives up after {SECONDS}",
            "link the plugins with ldflags: -s -w\nmake a bundle for each version of the gateway\nor let gateways read it from a folder, "
            "with bundle_base_url: file:///FOLDER, which has no such limit",
        )


def _lock(wanted: Wanted) -> str:
    return os.path.join(wanted.folder, f".{wanted.prefix}.lock")


def _temporary(wanted: Wanted) -> str:
    return f".{wanted.prefix}."
