# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Image layouts, read by the OCI image specification alone: nothing here is taken from the collection.

opened(folder): the images of a layout, each part of it compared with what the specification says. made(folder, ...): a layout of another
tool's making, for tests that need a base.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import pathlib
import tarfile
import typing as t

TYPE = "application/vnd.oci.image."


class Opened(t.NamedTuple):
    """files: from path to (TarInfo, bytes) of all layers; layers: their media types."""

    digest: str
    manifest: dict[str, t.Any]
    config: dict[str, t.Any]
    files: dict[str, tuple[tarfile.TarInfo, bytes]]
    layers: list[str]


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def opened(folder: pathlib.Path) -> dict[str, Opened]:
    """From platform to its image. Asserts what the specification demands."""
    assert json.loads((folder / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    used = set()

    def read(descriptor: dict[str, t.Any], media_type: str) -> bytes:
        assert descriptor["mediaType"] == media_type
        algorithm, _colon, digits = descriptor["digest"].partition(":")
        data = (folder / "blobs" / algorithm / digits).read_bytes()
        assert sha256(data) == descriptor["digest"] and len(data) == descriptor["size"]
        used.add(digits)
        return data

    def index(value: dict[str, t.Any]) -> list[dict[str, t.Any]]:
        assert value["schemaVersion"] == 2 and value["mediaType"] == f"{TYPE}index.v1+json"
        assert all(isinstance(text, str) for text in value.get("annotations", {}).values())
        return value["manifests"]

    (top,) = index(json.loads((folder / "index.json").read_text()))
    several = top["mediaType"] == f"{TYPE}index.v1+json"
    found = {}
    for descriptor in index(json.loads(read(top, f"{TYPE}index.v1+json"))) if several else [top]:
        manifest = json.loads(read(descriptor, f"{TYPE}manifest.v1+json"))
        assert manifest["schemaVersion"] == 2 and manifest["mediaType"] == f"{TYPE}manifest.v1+json"
        assert all(isinstance(text, str) for text in manifest.get("annotations", {}).values())
        config = json.loads(read(manifest["config"], f"{TYPE}config.v1+json"))
        assert descriptor["platform"] == {"architecture": config["architecture"], "os": config["os"]}
        assert config["rootfs"]["type"] == "layers" and len(config["rootfs"]["diff_ids"]) == len(manifest["layers"])
        if config.get("history"):
            assert len([one for one in config["history"] if not one.get("empty_layer")]) == len(manifest["layers"])
        files: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
        for layer, diff_id in zip(manifest["layers"], config["rootfs"]["diff_ids"]):
            data = read(layer, layer["mediaType"])
            data = gzip.decompress(data) if layer["mediaType"].endswith("+gzip") else data
            assert layer["mediaType"].startswith(f"{TYPE}layer.v1.tar") and sha256(data) == diff_id
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:", errorlevel=2) as archive:
                for entry in archive:
                    opened_file = archive.extractfile(entry)
                    files[f"/{entry.name}"] = (entry, opened_file.read() if opened_file else b"")
        platform = f"{config['os']}/{config['architecture']}"
        found[platform] = Opened(descriptor["digest"], manifest, config, files, [layer["mediaType"] for layer in manifest["layers"]])
    assert {path.name for path in (folder / "blobs" / "sha256").iterdir()} == used
    return found


def made(folder: pathlib.Path, platforms: t.Sequence[str], nested: bool = True, **config: t.Any) -> dict[str, str]:
    """A layout with an image of one compressed layer for each platform; from platform to the digest of its manifest."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, media_type: str) -> dict[str, t.Any]:
        (blobs / hashlib.sha256(data).hexdigest()).write_bytes(data)
        return {"mediaType": f"{TYPE}{media_type}", "digest": sha256(data), "size": len(data)}

    def put_json(value: t.Any, media_type: str) -> dict[str, t.Any]:
        return put(json.dumps(value, indent=3).encode(), media_type)

    digests, manifests = {}, []
    for platform in platforms:
        goos, goarch = platform.split("/")
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            entry = tarfile.TarInfo("etc/platform")
            entry.size = len(platform)
            archive.addfile(entry, io.BytesIO(platform.encode()))
        described = {
            "architecture": goarch,
            "os": goos,
            "created": "2024-02-03T04:05:06Z",
            "config": {"User": "1000", "Cmd": ["/bin/tyk"]},
            "rootfs": {"type": "layers", "diff_ids": [sha256(buffer.getvalue())]},
            "history": [{"created_by": "COPY"}, {"created_by": "CMD", "empty_layer": True}],
            **config,
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{TYPE}manifest.v1+json",
            "config": put_json(described, "config.v1+json"),
            "layers": [put(gzip.compress(buffer.getvalue(), mtime=0), "layer.v1.tar+gzip")],
        }
        manifests.append({**put_json(manifest, "manifest.v1+json"), "platform": {"os": goos, "architecture": goarch}})
        digests[platform] = manifests[-1]["digest"]
    value = {"schemaVersion": 2, "mediaType": f"{TYPE}index.v1+json", "manifests": manifests}
    if nested:
        value["manifests"] = [put_json(value, "index.v1+json")]
    (folder / "index.json").write_text(json.dumps(value))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}\n')
    return digests
