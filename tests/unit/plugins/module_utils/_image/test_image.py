# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images by what the OCI image specification says of them; the reader is that of tests/layouts.py, which shares no code."""

from __future__ import annotations

import hashlib
import json
import tarfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._image import image, layout
from ansible_collections.goplugins.tyk.plugins.module_utils._image.blob import read_file, stream
from ansible_collections.goplugins.tyk.plugins.module_utils._image.image import Settings
from ansible_collections.goplugins.tyk.tests import layouts

SETTINGS = Settings("registry.example.com/shop/plugins:v5.3.6", "/", 65532, 65532, 0o644, {})


@pytest.fixture
def build(tmp_path):
    """build({platform: {name: bytes}}, bases, **settings) -> the image, and what is in the layout that it makes."""
    count = iter(range(100))

    def run(contents, bases=None, **settings):
        folder = tmp_path / f"artifacts{next(count)}"
        files = {}
        for platform, named in contents.items():
            for name, data in named.items():
                path = folder / platform / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                files.setdefault(platform, []).append(read_file(str(path)))
        made = image.build(files, image.checked(SETTINGS._replace(**settings)), bases or {})
        target = tmp_path / f"layout{next(count)}"
        for name, (content, size) in made.documents.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(b"".join(stream(content)))
            assert (target / name).stat().st_size == size
        return made, layouts.opened(target), json.loads((target / "index.json").read_text())

    return run


AMD, ARM = {"b.so": b"b" * 700, "a.so": b"a"}, {"a.so": b"arm"}


def test_one_platform_is_one_manifest(build):
    made, opened, index = build({"linux/amd64": AMD})
    (descriptor,) = index["manifests"]
    assert descriptor["mediaType"] == layout.MANIFEST and descriptor["digest"] == made.digest == made.manifests["linux/amd64"]
    assert descriptor["annotations"] == {
        "io.containerd.image.name": SETTINGS.name,
        "org.opencontainers.image.ref.name": "v5.3.6",
    }
    one = opened["linux/amd64"]
    assert list(one.files) == ["/a.so", "/b.so"] and one.files["/b.so"][1] == AMD["b.so"]
    assert {(entry.uid, entry.gid, entry.mode, entry.mtime) for entry, _data in one.files.values()} == {(65532, 65532, 0o644, 0)}
    assert one.config["config"] == {"User": "65532:65532"} and one.config["created"] == "1970-01-01T00:00:00Z"
    assert one.layers == ["application/vnd.oci.image.layer.v1.tar"]
    assert one.manifest["annotations"]["goplugins.tyk/a.so"] == f"sha256:{hashlib.sha256(b'a').hexdigest()}"
    assert made.size == sum(blob.size for blob in made.blobs.values())


def test_several_platforms_are_an_index(build):
    made, opened, index = build({"linux/arm64": ARM, "linux/amd64": AMD}, annotations={"org.opencontainers.image.version": "v5.3.6"})
    (descriptor,) = index["manifests"]
    assert descriptor["mediaType"] == layout.INDEX and descriptor["digest"] == made.digest
    assert {platform: one.digest for platform, one in opened.items()} == made.manifests
    assert list(opened) == ["linux/amd64", "linux/arm64"] and opened["linux/arm64"].files["/a.so"][1] == b"arm"
    assert opened["linux/arm64"].manifest["annotations"]["org.opencontainers.image.version"] == "v5.3.6"


def test_the_folder_belongs_to_the_user_and_those_above_to_root(build):
    _made, opened, _index = build({"linux/amd64": AMD}, folder="/opt/plugins/", user=7, group=8, mode=0o440)
    found = {path: (entry.isdir(), entry.mode, entry.uid, entry.gid) for path, (entry, _data) in opened["linux/amd64"].files.items()}
    assert found == {
        "/opt": (True, 0o755, 0, 0),
        "/opt/plugins": (True, 0o755, 7, 8),
        "/opt/plugins/a.so": (False, 0o440, 7, 8),
        "/opt/plugins/b.so": (False, 0o440, 7, 8),
    }


def test_order_place_and_time_of_the_files_make_no_difference_and_all_else_does(build):
    first = build({"linux/amd64": AMD, "linux/arm64": ARM})[0]
    second = build({"linux/arm64": ARM, "linux/amd64": dict(reversed(AMD.items()))})[0]
    assert (first.digest, first.index_json, first.archive().sha256) == (second.digest, second.index_json, second.archive().sha256)
    changes = [{"folder": "/a"}, {"user": 1}, {"group": 1}, {"mode": 0o444}, {"annotations": {"a": "b"}}]
    others = {build({"linux/amd64": AMD, "linux/arm64": ARM}, **change)[0].digest for change in changes}
    others.add(build({"linux/amd64": {**AMD, "a.so": b"A"}, "linux/arm64": ARM})[0].digest)
    assert len(others | {first.digest}) == 7
    named = build({"linux/amd64": AMD, "linux/arm64": ARM}, name="other:v1")[0]
    assert named.digest == first.digest and named.index_json != first.index_json


def test_the_digest_is_the_same_for_ever(build):
    """It is what people wrote into their values; whoever changes it changes what they run."""
    made = build({"linux/amd64": AMD, "linux/arm64": ARM})[0]
    assert made.digest == "sha256:71580e40bd908746a562bc40f6711321d6ac88d94b4f03caa37d4818c0750648"


def test_the_archive_is_the_layout(build, tmp_path):
    made, opened, _index = build({"linux/amd64": AMD})
    path = tmp_path / "image.tar"
    path.write_bytes(b"".join(stream(made.archive().pieces)))
    with tarfile.open(path, "r:", errorlevel=2) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(tmp_path / "unpacked")
    assert layouts.opened(tmp_path / "unpacked").keys() == opened.keys()
    assert made.archive().size == path.stat().st_size and made.archive().sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_changes_meanwhile_is_no_part_of_an_image(build, tmp_path):
    path = tmp_path / "a.so"
    path.write_bytes(b"a")
    file = read_file(str(path))
    path.write_bytes(b"b")
    with pytest.raises(GoPluginsError, match="changed while it was read"):
        image.build({"linux/amd64": [file]}, SETTINGS, {})


@pytest.mark.parametrize("name", ["plugins:v1", "shop/plugins:v1", "registry.example.com:5000/a/b_c.d/e--f:V1.2-x", "localhost/a:1"])
def test_names_of_images(name):
    assert image.checked(SETTINGS._replace(name=name)).name == name
    assert image.repository_of(name) == name[: name.rindex(":")]


@pytest.mark.parametrize(
    "change",
    [
        *({"name": name} for name in ("", "plugins", "shop/P:v1", "a b:v1", "a:", ":v1", "a//b:v1", "a:v1@sha256:0", "-a:v1", "a:v1\n")),
        *({"folder": folder} for folder in ("", "plugins", "/a/../b", "//a", "/a b", "/.hidden")),
        {"user": -1},
        {"group": 0o10000000},
        {"annotations": {"a": 1.4}},
        {"annotations": {"goplugins.tyk/a.so": "b"}},
    ],
)
def test_what_an_image_cannot_have_is_refused(change):
    with pytest.raises(GoPluginsError) as error:
        image.checked(SETTINGS._replace(**change))
    assert error.value.fix


# --- On another image ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nested", [True, False])
def test_a_base_keeps_what_it_is_and_gets_one_layer_more(build, tmp_path, nested):
    digests = layouts.made(tmp_path / "base", ["linux/s390x", "linux/amd64", "linux/arm64"], nested)
    bases = layout.read(str(tmp_path / "base"), ["linux/arm64", "linux/amd64"])
    _made, opened, _index = build({"linux/amd64": AMD, "linux/arm64": ARM}, bases, folder="/plugins")
    assert list(opened) == ["linux/amd64", "linux/arm64"]
    one = opened["linux/arm64"]
    assert one.files["/etc/platform"][1] == b"linux/arm64" and one.files["/plugins/a.so"][1] == b"arm"
    assert one.config["config"] == {"User": "1000", "Cmd": ["/bin/tyk"]}
    assert [entry["created_by"] for entry in one.config["history"]] == ["COPY", "CMD", "goplugins.tyk.tyk_plugin_image"]
    assert one.manifest["annotations"]["org.opencontainers.image.base.digest"] == digests["linux/arm64"]
    assert one.layers == ["application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar"]


def test_a_base_that_does_not_say_how_it_was_made_says_so_no_more_than_before(build, tmp_path):
    layouts.made(tmp_path / "base", ["linux/amd64"], history=[])
    _made, opened, _index = build({"linux/amd64": AMD}, layout.read(str(tmp_path / "base"), ["linux/amd64"]))
    assert opened["linux/amd64"].config["history"] == []
