# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images in their places: made once, changed without being half there, mended when damaged, and nothing of others touched."""

from __future__ import annotations

import json
import pathlib
import tarfile
import tempfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _artifacts
from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._image import place
from ansible_collections.goplugins.tyk.plugins.module_utils._image.image import Settings
from ansible_collections.goplugins.tyk.tests import layouts

BOTH = pytest.mark.parametrize("archive", [False, True], ids=["folder", "archive"])
NONE, OTHER, DAMAGED = "there is no image yet", "another image is there", "the image that is there is damaged"
AMD, ARM = "hooks_v5.3.6_linux_amd64.so", "hooks_v5.3.6_linux_arm64.so"


@pytest.fixture
def make(tmp_path, monkeypatch):
    """make({name: bytes}, check_mode=False, **changes) -> what came of it, after a check that what is there is whole."""
    # What is in the artifacts is of no account here.
    monkeypatch.setattr(_artifacts, "check", lambda *_arguments: None)

    def run(artifacts, check_mode=False, **changes):
        for path in (tmp_path / "dist").glob("*"):
            path.unlink()
        (tmp_path / "dist").mkdir(exist_ok=True)
        for name, data in artifacts.items():
            (tmp_path / "dist" / name).write_bytes(data)
        wanted = place.Wanted(
            path=str(tmp_path / "srv" / "image"),
            archive=False,
            plugins=(),
            places=(str(tmp_path / "dist"),),
            platforms=(),
            base="",
            settings=Settings("shop/plugins:v1", "/", 1, 2, 0o644, {}),
        )
        return place.make(wanted._replace(**changes), check_mode)

    return run


def there(tmp_path):
    """Everything there, from path to bytes, but for the locks."""
    found = {path: path.read_bytes() for path in sorted((tmp_path / "srv").rglob("*")) if path.is_file()}
    return {path.relative_to(tmp_path / "srv").as_posix(): data for path, data in found.items() if path.name != ".image.lock"}


def opened(tmp_path):
    path = tmp_path / "srv" / "image"
    if path.is_file():
        folder = pathlib.Path(tempfile.mkdtemp(dir=tmp_path))
        with tarfile.open(path) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(folder)
        path = folder
    return layouts.opened(path)


@BOTH
def test_an_image_is_made_once(make, tmp_path, archive):
    planned = make({AMD: b"amd", ARM: b"arm"}, True, archive=archive)
    assert planned.reason == NONE and not (tmp_path / "srv").exists()
    assert make({AMD: b"amd", ARM: b"arm"}, archive=archive) == planned
    assert {platform: one.digest for platform, one in opened(tmp_path).items()} == planned.image.manifests
    modes = {oct(path.stat().st_mode)[-3:] for path in (tmp_path / "srv").rglob("*") if path.is_file() and path.suffix != ".lock"}
    assert modes == {"644"}
    before = there(tmp_path), (tmp_path / "srv" / "image").stat()
    again = make({AMD: b"amd", ARM: b"arm"}, archive=archive)
    assert again == planned._replace(reason="", before="", after="") and (there(tmp_path), (tmp_path / "srv" / "image").stat()) == before


@BOTH
def test_another_image_takes_its_place_and_the_difference_is_shown(make, tmp_path, archive):
    first = make({AMD: b"amd"}, archive=archive)
    assert first.before == "" and first.after.splitlines()[0] == f"shop/plugins:v1 {first.image.digest}"
    digest = layouts.sha256(b"amd")
    assert first.after.splitlines()[1:] == [f"linux/amd64 /{AMD} {digest}"]
    planned = make({AMD: b"new", ARM: b"arm"}, True, archive=archive)
    assert planned.reason == OTHER and planned.before == first.after and len(planned.after.splitlines()) == 3
    assert make({AMD: b"new", ARM: b"arm"}, archive=archive) == planned
    assert opened(tmp_path)["linux/amd64"].files[f"/{AMD}"][1] == b"new"
    back = make({AMD: b"amd"}, archive=archive)
    assert back.before == planned.after and back.after == first.after and list(opened(tmp_path)) == ["linux/amd64"]


def test_a_damaged_layout_is_mended(make, tmp_path):
    make({AMD: b"amd"})
    whole = there(tmp_path)
    root = tmp_path / "srv" / "image"
    blobs = sorted((root / "blobs" / "sha256").iterdir())

    def mended(reason=DAMAGED):
        assert make({AMD: b"amd"}, True).reason == reason and make({AMD: b"amd"}).reason == reason
        assert there(tmp_path) == whole and make({AMD: b"amd"}).reason == ""

    for path in (*blobs, root / "oci-layout"):
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        mended()
        path.unlink()
        mended()
    blobs[0].unlink()
    blobs[0].mkdir()
    (blobs[0] / "x").write_text("")
    mended()
    blobs[0].unlink()
    blobs[0].symlink_to(tmp_path / "dist" / AMD)
    mended()
    assert (tmp_path / "dist" / AMD).read_bytes() == b"amd"
    (root / "blobs" / "sha256" / ("0" * 64)).write_bytes(b"")
    mended()


def test_a_damaged_archive_is_mended(make, tmp_path):
    make({AMD: b"amd"}, archive=True)
    path = tmp_path / "srv" / "image"
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0" * 512)
    assert make({AMD: b"amd"}, archive=True).reason == DAMAGED and path.read_bytes() == whole


@BOTH
def test_what_is_of_others_is_left_alone(make, tmp_path, archive):
    path = tmp_path / "srv" / "image"
    path.parent.mkdir()

    def refused():
        before = there(tmp_path)
        for check_mode in (True, False):
            with pytest.raises(GoPluginsError, match="is left alone") as error:
                make({AMD: b"amd"}, check_mode, archive=archive)
            assert str(path) in error.value.message and "ls -la" in error.value.fix
        assert there(tmp_path) == before

    path.write_text("somebody's")
    refused()
    path.write_bytes(b"\x1f\x8b" + bytes(600))
    refused()
    path.unlink()
    layouts.made(path, ["linux/amd64"])
    refused()
    make({AMD: b"amd"}, archive=archive, path=str(tmp_path / "srv" / "ours"))
    for one in sorted(path.rglob("*"), reverse=True):
        one.rmdir() if one.is_dir() else one.unlink()
    path.rmdir()
    path.symlink_to("ours")
    refused()
    path.unlink()
    if archive:
        path.mkdir()
        refused()


def test_a_layout_that_pretends_to_be_ours_leads_nowhere(make, tmp_path):
    """What is shown of the image that is there comes from its blobs alone."""
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"layers": [], "annotations": {"goplugins.tyk/secret": "1"}}))
    root = tmp_path / "srv" / "image"
    root.mkdir(parents=True)
    index = {"annotations": {"goplugins.tyk": ""}, "manifests": [{"digest": "sha256:../../../../secret.json", "annotations": {}}, 5]}
    for text in (json.dumps(index), json.dumps({**index, "manifests": 5})):
        (root / "index.json").write_text(text)
        planned = make({AMD: b"amd"}, True)
        assert planned.reason == OTHER and "/secret 1" not in planned.before


def test_a_run_that_is_cut_off_leaves_what_was_there_and_the_next_one_tidies_up(make, tmp_path, monkeypatch):
    first = make({AMD: b"amd"})
    before = there(tmp_path)
    real = place.place_atomically

    for stop in ("oci-layout", "index.json"):

        def cut_off(temporary, path, stop=stop):
            if path.endswith(stop):
                raise KeyboardInterrupt
            real(temporary, path)

        monkeypatch.setattr(place, "place_atomically", cut_off)
        with pytest.raises(KeyboardInterrupt):
            make({AMD: b"new"})
        assert {name: data for name, data in there(tmp_path).items() if name in before} == before
    monkeypatch.setattr(place, "place_atomically", real)
    assert make({AMD: b"amd"}, True).reason == DAMAGED
    assert make({AMD: b"amd"}).image == first.image and there(tmp_path) == before


def test_a_run_that_was_killed_at_its_beginning_is_known_again(make, tmp_path, monkeypatch):
    root = tmp_path / "srv" / "image"
    (root / ".image.goplugins-abcdefgh").mkdir(parents=True)
    (tmp_path / "srv" / ".image.goplugins-abcdefgh").mkdir()
    assert make({AMD: b"amd"}, True).reason == NONE and make({AMD: b"amd"}).reason == NONE
    assert sorted(path.name for path in root.iterdir()) == ["blobs", "index.json", "oci-layout"]
    (root / ".image.goplugins-abcdefgh").mkdir()
    assert make({AMD: b"amd"}, True).reason == "" and len(list(root.iterdir())) == 4
    assert make({AMD: b"amd"}).reason == "" and len(list(root.iterdir())) == 3
    real = place.place_atomically
    other = tmp_path / "srv" / "other"

    def cut_off(temporary, path):
        if "blobs" in path:
            raise KeyboardInterrupt
        real(temporary, path)

    monkeypatch.setattr(place, "place_atomically", cut_off)
    with pytest.raises(KeyboardInterrupt):
        make({AMD: b"amd"}, path=str(other))
    monkeypatch.setattr(place, "place_atomically", real)
    assert make({AMD: b"amd"}, path=str(other)).reason == OTHER and list(layouts.opened(other)) == ["linux/amd64"]


# --- Which artifacts ----------------------------------------------------------------------------------------------------------------


def test_platforms_and_plugins_choose(make, tmp_path):
    artifacts = {AMD: b"amd", ARM: b"arm", "enrich_v5.3.6_linux_amd64.so": b"e", "enrich_v5.3.6_darwin_arm64.so": b"d"}
    outcome = make(artifacts, platforms=("linux/amd64",))
    assert [artifact.plugin for artifact, _file in outcome.files] == ["enrich", "hooks"] and list(opened(tmp_path)) == ["linux/amd64"]
    outcome = make(artifacts, plugins=(Plugin("hooks", {}),))
    assert list(outcome.image.manifests) == ["linux/amd64", "linux/arm64"] and len(outcome.files) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "an image for darwin/arm64 is nothing that containers run"),
        ({"platforms": ("linux/amd64", "linux/s390x")}, "there is no artifact for linux/s390x in"),
        ({"platforms": ("darwin/arm64",)}, "an image for darwin/arm64 is nothing"),
        (
            {"platforms": ("linux/amd64", "linux/arm64"), "plugins": (Plugin("hooks", {}), Plugin("enrich", {}))},
            r"plugin enrich has no artifact for a gateway v5\.3\.6 on linux/arm64",
        ),
        ({"platforms": ("linux/amd64",), "settings": Settings("plugins", "/", 1, 2, 0o644, {})}, "cannot be the name of an image"),
    ],
)
def test_what_makes_no_image_is_refused_before_anything_is_written(make, tmp_path, changes, words):
    artifacts = {AMD: b"amd", ARM: b"arm", "enrich_v5.3.6_linux_amd64.so": b"e", "enrich_v5.3.6_darwin_arm64.so": b"d"}
    with pytest.raises(GoPluginsError, match=words):
        make(artifacts, **changes)
    assert not (tmp_path / "srv").exists()


def test_a_base_of_the_platforms_is_read_and_its_layers_are_there(make, tmp_path):
    layouts.made(tmp_path / "base", ["linux/amd64", "linux/arm64"])
    before = {path: path.read_bytes() for path in (tmp_path / "base").rglob("*") if path.is_file()}
    make({AMD: b"amd"}, base=str(tmp_path / "base"))
    assert opened(tmp_path)["linux/amd64"].files["/etc/platform"][1] == b"linux/amd64"
    assert make({AMD: b"amd"}, base=str(tmp_path / "base")).reason == ""
    assert {path: path.read_bytes() for path in (tmp_path / "base").rglob("*") if path.is_file()} == before
    with pytest.raises(GoPluginsError, match="cannot be made in the place of its base"):
        make({AMD: b"amd"}, base=str(tmp_path / "base"), path=str(tmp_path / "base"))
