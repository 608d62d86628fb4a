# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Layouts that others made: read as they are, and refused where they are damaged, hostile, or not what an image can be added to."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._image import layout
from ansible_collections.goplugins.tyk.tests import layouts

AMD = "linux/amd64"


@pytest.fixture
def base(tmp_path):
    return tmp_path / "base"


def refused(base, platforms=(AMD,)):
    with pytest.raises(GoPluginsError) as error:
        layout.read(str(base), platforms)
    assert error.value.message.startswith(f"{base} ") and error.value.fix
    return error.value.message


def test_the_images_of_the_platforms_are_found(base):
    digests = layouts.made(base, [AMD, "linux/arm64"])
    found = layout.read(str(base), [AMD])
    assert list(found) == [AMD] and found[AMD].digest == digests[AMD]
    assert [blob.digest for blob in found[AMD].blobs] == [one["digest"] for one in found[AMD].layers]
    assert "has no image for linux/s390x" in refused(base, [AMD, "linux/s390x"])


def change(base, edit):
    index = json.loads((base / "index.json").read_text())
    edit(index)
    (base / "index.json").write_text(json.dumps(index))


def test_what_describes_an_image_and_is_none_is_left_out(base):
    layouts.made(base, [AMD], nested=False)
    platform = {"os": "unknown", "architecture": "unknown"}
    strange = {"mediaType": layout.MANIFEST, "digest": "sha256:" + "0" * 64, "size": 1, "platform": platform}
    change(base, lambda index: index["manifests"].append(strange))
    assert list(layout.read(str(base), [AMD])) == [AMD]


def test_two_images_for_one_platform_are_refused_and_one_that_is_named_twice_is_not(base, tmp_path):
    layouts.made(base, [AMD], nested=False)
    change(base, lambda index: index["manifests"].append(index["manifests"][0]))
    assert list(layout.read(str(base), [AMD])) == [AMD]
    layouts.made(tmp_path / "other", [AMD], nested=False, author="somebody")
    for path in (tmp_path / "other" / "blobs" / "sha256").iterdir():
        path.rename(base / "blobs" / "sha256" / path.name)
    other = json.loads((tmp_path / "other" / "index.json").read_text())["manifests"]
    change(base, lambda index: index["manifests"].extend(other))
    assert "has two images for linux/amd64" in refused(base)


def put(base, value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    digest = hashlib.sha256(data).hexdigest()
    (base / "blobs" / "sha256" / digest).write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({}, "digest"),
        ([], "is no image layout"),
        (b"{" * 100_000, "is no image layout"),
        (b" " * (layout.MAX_JSON + 1), "is no image layout"),
        ({"config": {"digest": "sha256:../../../../etc/passwd"}}, "which is none with SHA-256"),
        ({"config": {"digest": 5}}, "which is none with SHA-256"),
    ],
)
def test_a_manifest_that_is_none_is_refused(base, manifest, words):
    layouts.made(base, [AMD], nested=False)
    descriptor = {"mediaType": layout.MANIFEST, **put(base, manifest)}
    change(base, lambda index: index.update(manifests=[descriptor]))
    assert words in refused(base)


@pytest.mark.parametrize(
    "config",
    [{"rootfs": {}}, {"rootfs": {"diff_ids": []}}, {"rootfs": {"diff_ids": "x"}}, {"rootfs": [1]}, {"history": {}}, {"history": None}],
)
def test_a_configuration_that_does_not_fit_is_refused(base, config):
    layouts.made(base, [AMD], **config)
    assert "does not fit its layers" in refused(base)


def test_an_image_of_another_kind_is_refused(base):
    layouts.made(base, [AMD], nested=False)
    change(base, lambda index: index["manifests"][0].update(mediaType="application/vnd.docker.distribution.manifest.v2+json"))
    assert "not of OCI's" in refused(base)


def test_an_index_without_end_is_refused(base):
    layouts.made(base, [AMD])
    many = {"manifests": [{"mediaType": layout.MANIFEST, **put(base, {})}] * 201}
    for _number in range(2):
        many = {"manifests": [{"mediaType": layout.INDEX, **put(base, many)}]}
    (base / "index.json").write_text(json.dumps(many))
    assert "digest" in refused(base)
    for _number in range(3):
        many = {"manifests": [{"mediaType": layout.INDEX, **put(base, many)}]}
    (base / "index.json").write_text(json.dumps(many))
    assert "more images than are looked at" in refused(base)


def test_a_damaged_layout_is_refused(base):
    layouts.made(base, [AMD])
    layer = layout.read(str(base), [AMD])[AMD].layers[0]["digest"]
    for path in (base / "blobs" / "sha256").iterdir():
        data = path.read_bytes()
        path.write_bytes(data[:-1] + b"?")
        assert ("is not what its name says" if path.name in layer else "is not what its digest says") in refused(base)
        path.write_bytes(data)
    os.unlink(base / layout.blob_path(layer))
    with pytest.raises(FileNotFoundError):
        layout.read(str(base), [AMD])
    (base / "index.json").write_text("[]")
    assert "is no image layout" in refused(base)
    os.unlink(base / "index.json")
    os.mkfifo(base / "index.json")
    with pytest.raises(OSError, match="no regular file"):
        layout.read(str(base), [AMD])
