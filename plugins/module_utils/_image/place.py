# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The image in its place, a folder with the layout or one tar archive of it: made if it is not there, never half there."""

from __future__ import annotations

import abc
import contextlib
import json
import os
import stat
import tarfile
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _artifacts
from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Artifact, Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import open_regular
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    leftovers,
    locked,
    place_atomically,
    refuse_foreign,
    remove_leftovers,
    remove_tree,
    require_free_space,
    sha256_file,
    sweep,
    temporary_folder,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._image import image, layout
from ansible_collections.goplugins.tyk.plugins.module_utils._image.blob import Blob, File, join, read_file, write
from ansible_collections.goplugins.tyk.plugins.module_utils._image.image import MARK, Image, Settings
from ansible_collections.goplugins.tyk.plugins.module_utils._image.layout import MAX_JSON, Json, blob_path, is_digest, parse

# What index.json is until there is an image.
_NOTHING = json.dumps({"schemaVersion": 2, "manifests": [], "annotations": {MARK: ""}}).encode()
_BLOBS = os.path.join("blobs", "sha256")
_SPARE_FILES = 20
# What of an archive of ours comes before the documents that lead to its layers, and after them: headers alone.
_MOST_ENTRIES = 1000
# Everything that a hostile archive makes Python raise.
_BROKEN = (tarfile.TarError, ValueError, EOFError, OSError, OverflowError)


class Wanted(t.NamedTuple):
    """An image that is wanted.

    path: a folder, or with C(archive) a file. plugins: without any, all in C(places). platforms: without any, those that artifacts are for.
    base: folder of a layout with the image that gets the artifacts, empty for none.
    """

    path: str
    archive: bool
    plugins: tuple[Plugin, ...]
    places: tuple[str, ...]
    platforms: tuple[str, ...]
    base: str
    settings: Settings


class Outcome(t.NamedTuple):
    """What came of it. files: the artifacts, and what is in the image of each. reason: why it was made, or would be; empty if it was there.

    before, after: what was in the place, and what is to be, a line each.
    """

    image: Image
    files: tuple[tuple[Artifact, File], ...]
    reason: str
    before: str
    after: str


def make(wanted: Wanted, check_mode: bool) -> Outcome:
    """Bring the image into its place. Raises GoPluginsError, and leaves there what was there, OSError."""
    settings = image.checked(wanted.settings)
    _refuse_other_systems(wanted.platforms)
    found = _artifacts.find(wanted.plugins, wanted.places, wanted.platforms)
    _refuse_other_systems([artifact.platform for artifact in found])
    _artifacts.check(found, wanted.plugins)
    files = tuple((artifact, read_file(artifact.path)) for artifact in found)
    platforms = wanted.platforms or tuple(dict.fromkeys(artifact.platform for artifact in found))
    for platform in platforms:
        if platform not in {artifact.platform for artifact in found}:
            where = ", ".join(wanted.places)
            raise GoPluginsError(f"there is no artifact for {platform} in {where}", "build it, or leave it out of platforms")
    if wanted.base and os.path.realpath(wanted.base) == os.path.realpath(wanted.path):
        raise GoPluginsError(f"an image cannot be made in the place of its base, {wanted.base}", "choose another path")
    bases = layout.read(wanted.base, platforms) if wanted.base else {}
    made = image.build({one: [file for artifact, file in files if artifact.platform == one] for one in platforms}, settings, bases)
    place: _Place = _Archive(wanted.path, made) if wanted.archive else _Folder(wanted.path, made)
    reason = place.reason()
    outcome = Outcome(made, files, reason, _described(place.read) if reason else "", _described(_reader(made)) if reason else "")
    if check_mode:
        return outcome
    if reason:
        require_free_space(os.path.dirname(wanted.path), made.size, f"the image {wanted.path}", len(made.blobs) + _SPARE_FILES)
        os.makedirs(os.path.dirname(wanted.path), exist_ok=True)
        with locked(place.lock):
            if not place.reason():
                # Another run made it meanwhile.
                return outcome._replace(reason="", before="", after="")
            place.bring()
    else:
        sweep(place.scratch, place.temporary, place.lock)
    return outcome


def _refuse_other_systems(platforms: t.Sequence[str]) -> None:
    others = sorted({platform for platform in platforms if not platform.startswith("linux/")})
    if others:
        raise GoPluginsError(
            f"an image for {others[0]} is nothing that containers run", "name the others: platforms: [linux/amd64, linux/arm64]"
        )


class _Place(abc.ABC):
    """Where an image is to be. scratch: a folder on the file system of the place, where names that begin with C(temporary) come and go."""

    def __init__(self, path: str, made: Image, scratch: str) -> None:
        self.path = path
        self.made = made
        self.scratch = scratch
        self.temporary = f".{os.path.basename(path)}."
        self.lock = os.path.join(os.path.dirname(path), f"{self.temporary}lock")

    @abc.abstractmethod
    def reason(self) -> str:
        """Why the image is to be made; empty where it is there. Raises GoPluginsError where something else is."""

    @abc.abstractmethod
    def read(self, name: str) -> bytes:
        """A document of the layout that is there, empty for none."""

    @abc.abstractmethod
    def bring(self) -> None:
        """Put the image there. For those who hold the lock."""

    def _is_ours(self) -> bool:
        index = parse(self.read("index.json")) or {}
        annotations = index.get("annotations")
        return isinstance(annotations, dict) and MARK in annotations


class _Archive(_Place):
    def __init__(self, path: str, made: Image) -> None:
        super().__init__(path, made, os.path.dirname(path))
        self._wanted = made.archive()

    def reason(self) -> str:
        if not os.path.lexists(self.path):
            return "there is no image yet"
        if not stat.S_ISREG(os.lstat(self.path).st_mode) or not self._is_ours():
            raise GoPluginsError(
                f"{self.path} is no image of this collection, and is left alone",
                f"move it away, or choose another path; see what is there: {command_line('ls -la', self.path)}",
            )
        if os.path.getsize(self.path) == self._wanted.size and sha256_file(self.path) == self._wanted.sha256:
            return ""
        return "another image is there" if self.read("index.json") != self.made.index_json else "the image that is there is damaged"

    def read(self, name: str) -> bytes:
        try:
            with open_regular(self.path) as file, tarfile.open(fileobj=file, mode="r:") as archive:
                for number, entry in enumerate(archive):
                    if entry.name == name and entry.isreg() and entry.size <= MAX_JSON:
                        found = archive.extractfile(entry)
                        return found.read() if found else b""
                    if number >= _MOST_ENTRIES:
                        break
        except _BROKEN:
            pass
        return b""

    def bring(self) -> None:
        remove_leftovers(self.scratch, self.temporary)
        with temporary_folder(self.scratch, self.temporary) as folder:
            write(self._wanted, os.path.join(folder, "image"))
            place_atomically(os.path.join(folder, "image"), self.path)


class _Folder(_Place):
    """A layout is changed as its readers need it: what is new comes first, then index.json at one stroke, then what is old goes."""

    def __init__(self, path: str, made: Image) -> None:
        super().__init__(path, made, path)
        self._blobs = os.path.join(path, _BLOBS)

    def reason(self) -> str:
        if not os.path.lexists(self.path) or self._is_empty():
            return "there is no image yet"
        if os.path.islink(self.path) or not self._is_ours():
            refuse_foreign(self.path)
        if self.read("index.json") != self.made.index_json:
            return "another image is there"
        whole = self.read("oci-layout") == image.LAYOUT and not self._surplus() and all(map(self._has, self.made.blobs))
        return "" if whole else "the image that is there is damaged"

    def read(self, name: str) -> bytes:
        try:
            with open_regular(os.path.join(self.path, name)) as file:
                data = file.read(MAX_JSON + 1)
        except OSError:
            return b""
        return data if len(data) <= MAX_JSON else b""

    def bring(self) -> None:
        os.makedirs(self.path, exist_ok=True)
        remove_leftovers(self.path, self.temporary)
        with temporary_folder(self.path, self.temporary) as folder:
            if not self._is_ours():
                # A layout with nothing in it, by which a run that is cut off here is known again.
                self._put(folder, "index.json", join([_NOTHING]))
            os.makedirs(self._blobs, exist_ok=True)
            for digest, blob in self.made.blobs.items():
                if not self._has(digest):
                    self._put(folder, blob_path(digest), blob)
            self._put(folder, "oci-layout", join([image.LAYOUT]))
            self._put(folder, "index.json", join([self.made.index_json]))
        for path in self._surplus():
            _remove(path)

    def _is_empty(self) -> bool:
        """Whether nothing is there, or what a run left that was cut off at its beginning."""
        there = os.path.isdir(self.path) and not os.path.islink(self.path)
        return there and len(os.listdir(self.path)) == len(leftovers(self.path, self.temporary))

    def _put(self, folder: str, name: str, blob: Blob) -> None:
        """Write a file of the layout. folder: where it is while it is not whole."""
        new, path = os.path.join(folder, "new"), os.path.join(self.path, name)
        write(blob, new)
        if os.path.isdir(path):
            _remove(path)
        place_atomically(new, path)

    def _has(self, digest: str) -> bool:
        path, blob = os.path.join(self.path, blob_path(digest)), self.made.blobs[digest]
        if not os.path.lexists(path) or not stat.S_ISREG(os.lstat(path).st_mode):
            return False
        return os.path.getsize(path) == blob.size and sha256_file(path) == blob.sha256

    def _surplus(self) -> list[str]:
        """Blobs that nothing leads to."""
        names = {blob.sha256 for blob in self.made.blobs.values()}
        there = os.listdir(self._blobs) if os.path.isdir(self._blobs) else []
        return [os.path.join(self._blobs, name) for name in sorted(there) if name not in names]


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


def _reader(made: Image) -> t.Callable[[str], bytes]:
    """The small documents of an image that is not there yet."""

    def read(name: str) -> bytes:
        content = made.documents.get(name, ((), 0))[0]
        return b"".join(piece for piece in content if isinstance(piece, bytes))

    return read


def _described(read: t.Callable[[str], bytes]) -> str:
    """What an image of ours is, a line each: its names and digest, and the files in it with platform and SHA-256."""
    lines: list[str] = []
    waiting = [("", one) for one in _manifests(parse(read("index.json")))]
    for _number, (name, one) in zip(range(_MOST_ENTRIES), waiting):
        digest = str(one.get("digest"))
        document = (parse(read(blob_path(digest))) if is_digest(digest) else None) or {}
        annotations = one.get("annotations")
        if not name and isinstance(annotations, dict):
            name = str(annotations.get("io.containerd.image.name"))
            lines.append(f"{name} {digest}")
        waiting += [(name, inner) for inner in _manifests(document)]
        platform = one.get("platform")
        of = f"{platform.get('os')}/{platform.get('architecture')}" if isinstance(platform, dict) else ""
        found = document.get("annotations")
        for key, value in found.items() if isinstance(found, dict) and "layers" in document else ():
            lines.append(f"{of} {key[len(MARK) :]} {value}" if key.startswith(MARK) else f"{of} {key}: {value}")
    return "".join(f"{line}\n" for line in lines)


def _manifests(document: Json | None) -> list[Json]:
    found = (document or {}).get("manifests")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
