# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image as a value: a layer of artifacts for each platform, and the documents of the OCI image specification that lead to it.

Nothing in it depends on the host or the time, so the same artifacts and settings give the same digest everywhere. That is why the layer is
not compressed: two versions of zlib make different bytes of the same.
"""

from __future__ import annotations

import json
import posixpath
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._image import layout, tar
from ansible_collections.goplugins.tyk.plugins.module_utils._image.blob import Blob, File, Piece, join
from ansible_collections.goplugins.tyk.plugins.module_utils._image.layout import Base, Json, blob_path

_TIME = "1970-01-01T00:00:00Z"
_MODULE = "goplugins.tyk.tyk_plugin_image"
# Says in index.json that a layout is one of ours, and in a manifest, before the path of a file, which SHA-256 that has.
MARK = "goplugins.tyk"

# What the file oci-layout says.
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'

# As registries and container engines take it (distribution/reference); the tag is required.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?P<repository>(?:(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?::[0-9]{{1,5}})?)/)?{_COMPONENT}(?:/{_COMPONENT})*)"
    r":(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})"
)
_FOLDER = re.compile(r"(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*/?")


class Settings(t.NamedTuple):
    """name: repository and tag. folder: where the files are in the image, absolute. user, group, mode: of the files."""

    name: str
    folder: str
    user: int
    group: int
    mode: int
    annotations: dict[str, str]

    def path(self, file: File) -> str:
        """Where a file is in the image."""
        return posixpath.join(self.folder, posixpath.basename(file.path))


class Image(t.NamedTuple):
    """blobs: from digest to bytes. index_json: the file of that name. digest: of what the name of the image stands for.

    manifests: from platform to the digest of its manifest.
    """

    blobs: dict[str, Blob]
    index_json: bytes
    digest: str
    manifests: dict[str, str]

    @property
    def size(self) -> int:
        return sum(blob.size for blob in self.blobs.values())

    @property
    def documents(self) -> dict[str, tuple[tuple[Piece, ...], int]]:
        """The files of the layout, from name to content and size."""
        small = {"index.json": ((self.index_json,), len(self.index_json)), "oci-layout": ((LAYOUT,), len(LAYOUT))}
        return {**{blob_path(digest): (blob.pieces, blob.size) for digest, blob in sorted(self.blobs.items())}, **small}

    def archive(self) -> Blob:
        """The layout as one tar archive."""
        pieces: list[Piece] = [tar.folder("blobs"), tar.folder("blobs/sha256")]
        for name, (content, size) in self.documents.items():
            pieces += tar.file(name, content, size)
        return join([*pieces, tar.END])


def checked(settings: Settings) -> Settings:
    """The settings, if an image can have them. Raises GoPluginsError."""
    if not _NAME.fullmatch(settings.name):
        raise GoPluginsError(
            f"{settings.name!r} cannot be the name of an image: a repository in small letters, and a tag",
            "name: registry.example.com/shop/plugins:v5.3.6",
        )
    if not settings.folder.startswith("/") or not _FOLDER.fullmatch(settings.folder):
        raise GoPluginsError(f"{settings.folder!r} cannot be the folder in an image: it is an absolute path", "folder: /plugins")
    for name, value in (("user", settings.user), ("group", settings.group)):
        if not 0 <= value <= tar.MOST_ID:
            raise GoPluginsError(f"{name} is {value}, and must be a number from 0 to {tar.MOST_ID}", "give that of Tyk's images: 65532")
    wrong = [name for name, value in settings.annotations.items() if not isinstance(value, str) or name.startswith(MARK)]
    if wrong:
        raise GoPluginsError(
            f"the annotation {wrong[0]} cannot be: a value is a text, and a name does not begin with {MARK}", "put the value in quotes"
        )
    return settings._replace(folder=posixpath.normpath(settings.folder))


def repository_of(name: str) -> str:
    """The name without its tag."""
    return name.rpartition(":")[0]


def build(files: t.Mapping[str, t.Sequence[File]], settings: Settings, bases: t.Mapping[str, Base]) -> Image:
    """The image. files: from platform to the artifacts for it. bases: from platform to the image that gets them. Raises GoPluginsError."""
    blobs: dict[str, Blob] = {}

    def add(blob: Blob, kind: str) -> Json:
        blobs[blob.digest] = blob
        return {"mediaType": kind, "digest": blob.digest, "size": blob.size}

    manifests = []
    for platform in sorted(files):
        base = bases.get(platform, layout.NOTHING)
        layer = _layer(files[platform], settings)
        blobs.update({blob.digest: blob for blob in base.blobs})
        config = add(_document(_config(platform, layer, settings, base)), layout.CONFIG)
        manifest = {
            "schemaVersion": 2,
            "mediaType": layout.MANIFEST,
            "config": config,
            "layers": [*base.layers, add(layer, layout.LAYER)],
            "annotations": {
                **({"org.opencontainers.image.base.digest": base.digest} if base.digest else {}),
                **settings.annotations,
                **{f"{MARK}{settings.path(file)}": f"sha256:{file.sha256}" for file in files[platform]},
            },
        }
        goos, _slash, goarch = platform.partition("/")
        manifests.append({**add(_document(manifest), layout.MANIFEST), "platform": {"architecture": goarch, "os": goos}})
    top = manifests[0]
    if len(manifests) > 1:
        top = add(_document(_index(manifests, settings.annotations)), layout.INDEX)
    names = {"io.containerd.image.name": settings.name, "org.opencontainers.image.ref.name": settings.name.rpartition(":")[2]}
    index = _document(_index([{**top, "annotations": names}], {MARK: _MODULE}))
    (data,) = t.cast("tuple[bytes]", index.pieces)
    return Image(blobs, data, top["digest"], {platform: one["digest"] for platform, one in zip(sorted(files), manifests)})


def _layer(files: t.Sequence[File], settings: Settings) -> Blob:
    names = [name for name in settings.folder.split("/") if name]
    pieces: list[Piece] = []
    for number in range(1, len(names) + 1):
        own = {"user": settings.user, "group": settings.group} if number == len(names) else {}
        pieces.append(tar.folder("/".join(names[:number]), **own))
    for file in sorted(files, key=settings.path):
        pieces += tar.file(settings.path(file).lstrip("/"), [file], file.size, settings.mode, settings.user, settings.group)
    return join([*pieces, tar.END])


def _config(platform: str, layer: Blob, settings: Settings, base: Base) -> Json:
    """Without a base, the image has files and nothing to run; with one, it runs what the base does."""
    goos, _slash, goarch = platform.partition("/")
    if not base.digest:
        own: Json = {"architecture": goarch, "os": goos, "config": {"User": f"{settings.user}:{settings.group}"}}
        before: Json = {"diff_ids": []}
    else:
        own, before = base.config, base.config["rootfs"]
    history = own.get("history", [])
    # A base need not say how it was made; a history of our layer alone would be that of another one.
    more = {"history": [*history, {"created": _TIME, "created_by": _MODULE}]} if history or not base.digest else {}
    return {**own, "created": _TIME, "rootfs": {"type": "layers", "diff_ids": [*before["diff_ids"], layer.digest]}, **more}


def _index(manifests: t.Sequence[Json], annotations: t.Mapping[str, str]) -> Json:
    found: Json = {"schemaVersion": 2, "mediaType": layout.INDEX, "manifests": list(manifests)}
    return {**found, "annotations": dict(annotations)} if annotations else found


def _document(value: Json) -> Blob:
    return join([json.dumps(value, sort_keys=True, separators=(",", ":")).encode()])
