# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An image layout on this machine, as the OCI image specification has it: read within bounds, whoever made it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import open_regular
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._image.blob import Blob, of_file, read_file

Json = t.Dict[str, t.Any]

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"

# What registries take for a manifest at the most.
MAX_JSON = 4 << 20
_MAX_MANIFESTS = 200
_DEEPEST = 3
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Base(t.NamedTuple):
    """An image for one platform. digest: of its manifest. layers: their descriptors. blobs: the bytes of the layers."""

    digest: str
    config: Json
    layers: tuple[Json, ...]
    blobs: tuple[Blob, ...]


NOTHING = Base("", {}, (), ())


def is_digest(value: t.Any) -> bool:
    """Whether it is a digest as we take it: with SHA-256, as no other is in use."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def blob_path(digest: str) -> str:
    """Where a blob is in a layout."""
    return f"blobs/sha256/{digest[len('sha256:') :]}"


def read(folder: str, platforms: t.Sequence[str]) -> dict[str, Base]:
    """The image in a layout, for each of the platforms. Raises GoPluginsError, OSError."""
    layout = _Layout(folder)
    found: dict[str, tuple[str, Json, Json]] = {}
    for descriptor in layout.manifests():
        manifest = layout.json(descriptor, "a manifest")
        config = layout.json(_object(manifest, "config"), "the configuration of an image")
        platform = f"{config.get('os')}/{config.get('architecture')}"
        if platform in platforms and found.setdefault(platform, (descriptor["digest"], manifest, config))[0] != descriptor["digest"]:
            raise layout.error(f"has two images for {platform}", "copy the one that you mean into a layout of its own")
    missing = [platform for platform in platforms if platform not in found]
    if missing:
        raise layout.error(f"has no image for {missing[0]}", "copy it there for all platforms: skopeo copy --all")
    return {platform: layout.base(*found[platform]) for platform in platforms}


class _Layout:
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def error(self, what: str, fix: str = "") -> GoPluginsError:
        anew = f"make it anew: {command_line('skopeo copy --all docker://IMAGE', f'oci:{self.folder}')}"
        return GoPluginsError(f"{self.folder} {what}", fix or anew)

    def manifests(self) -> t.Iterator[Json]:
        """The descriptors of all images in it. Those of attestations and the like are left out."""
        waiting = [(_DEEPEST, one) for one in _list(self._parse(os.path.join(self.folder, "index.json"), "index.json"), "manifests")]
        for number, (depth, descriptor) in enumerate(waiting):
            kind = descriptor.get("mediaType")
            if number >= _MAX_MANIFESTS or not depth:
                raise self.error("has more images than are looked at", "copy the one that you mean into a layout of its own")
            if kind == INDEX:
                waiting += [(depth - 1, one) for one in _list(self.json(descriptor, "an index"), "manifests")]
            elif kind != MANIFEST:
                raise self.error(f"has an image of the type {kind!r}, not of OCI's", "copy it there with: skopeo copy --format oci")
            elif _object(descriptor, "platform").get("os") != "unknown":
                yield descriptor

    def json(self, descriptor: Json, what: str) -> Json:
        """The object that a descriptor leads to."""
        return self._parse(os.path.join(self.folder, blob_path(self._digest(descriptor))), what, descriptor["digest"])

    def base(self, digest: str, manifest: Json, config: Json) -> Base:
        layers = _list(manifest, "layers")
        diff_ids = _object(config, "rootfs").get("diff_ids")
        if not isinstance(diff_ids, list) or len(diff_ids) != len(layers) or not isinstance(config.get("history", []), list):
            raise self.error("has an image whose configuration does not fit its layers")
        return Base(digest, config, tuple(layers), tuple(map(self._blob, layers)))

    def _digest(self, descriptor: Json) -> str:
        digest = descriptor.get("digest")
        if not is_digest(digest):
            raise self.error(f"has an image with the digest {str(digest)[:100]!r}, which is none with SHA-256")
        return t.cast(str, digest)

    def _blob(self, descriptor: Json) -> Blob:
        digest = self._digest(descriptor)
        blob = of_file(read_file(os.path.join(self.folder, blob_path(digest))))
        if (blob.digest, blob.size) != (digest, descriptor.get("size")):
            raise self.error(f"is damaged: {blob_path(digest)} is not what its name says")
        return blob

    def _parse(self, path: str, what: str, digest: str = "") -> Json:
        with open_regular(path) as file:
            data = file.read(MAX_JSON + 1)
        if digest and f"sha256:{hashlib.sha256(data).hexdigest()}" != digest:
            raise self.error(f"is damaged: {what} is not what its digest says")
        value = parse(data)
        if value is None:
            raise self.error(f"is no image layout: {what} is no JSON object of at most {MAX_JSON} bytes")
        return value


def parse(data: bytes) -> Json | None:
    """A JSON object; None for anything else."""
    try:
        value = json.loads(data) if len(data) <= MAX_JSON else None
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _object(value: Json, key: str) -> Json:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def _list(value: Json, key: str) -> list[Json]:
    """The objects in a list."""
    found = value.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
