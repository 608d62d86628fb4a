# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes of a gateway's unpacked bundles, and what stays whatever happens."""

from __future__ import annotations

import hashlib
import json
import os

import hypothesis
import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _files
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle.clean import clean
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from hypothesis import strategies as st

MANIFEST = {"file_list": ["a.so"], "custom_middleware": {"driver": "goplugin"}}


def place(tmp_path, bundle):
    return tmp_path / "middleware" / "bundles" / hashlib.md5(bundle.encode()).hexdigest()


def unpack(tmp_path, bundle, manifest=None, files=("a.so",)):
    folder = place(tmp_path, bundle)
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest or MANIFEST))
    for name in files:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("plugin")
    return folder


@pytest.fixture
def apps(tmp_path):
    folder = tmp_path / "apps"
    folder.mkdir()
    (folder / "other.json").write_text(json.dumps({"api_id": "other"}))
    return folder


def run(tmp_path, check_mode=False):
    return clean(str(tmp_path / "middleware"), [str(tmp_path / "apps")], check_mode)


def folders(tmp_path):
    return {path.name for path in (tmp_path / "middleware" / "bundles").iterdir() if path.name != ".goplugins.lock"}


def test_what_no_definition_names_goes(apps, tmp_path):
    old, used = unpack(tmp_path, "shop-1.zip"), unpack(tmp_path, "shop-2.zip")
    (apps / "shop.json").write_text(json.dumps({"api_id": "shop", "custom_middleware_bundle": "shop-2.zip"}))
    planned = run(tmp_path, check_mode=True)
    assert planned.changed and planned.removed == (str(old),) and folders(tmp_path) == {old.name, used.name}
    assert [(folder.path, folder.reason) for folder in planned.kept] == [(str(used), "a definition names its bundle")]
    assert run(tmp_path) == planned and folders(tmp_path) == {used.name}
    assert run(tmp_path) == (False, (), planned.kept)


@pytest.mark.parametrize(
    "definition",
    [
        {"custom_middleware_bundle": "shop.zip"},
        {"CUSTOM_MIDDLEWARE_BUNDLE": "shop.zip", "custom_middleware_bundle_disabled": True},
        {"api_definition": {"custom_middleware_bundle": "shop.zip"}},
        {"x-tyk-api-gateway": {"middleware": {"global": {"pluginConfig": {"bundle": {"enabled": True, "path": "shop.zip"}}}}}},
        {"x-tyk-api-gateway": {"middleware": {"global": {"pluginConfig": {"bundle": {"path": "shop.zip"}}}}}},
        [["shop.zip"]],
    ],
    ids=repr,
)
def test_whatever_names_a_bundle_keeps_it(apps, tmp_path, definition):
    folder = unpack(tmp_path, "shop.zip")
    (apps / "shop.json").write_text(json.dumps(definition))
    assert not run(tmp_path).changed and folders(tmp_path) == {folder.name}


@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(name=st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=20))
def test_a_bundle_of_any_name_is_kept(tmp_path_factory, name):
    tmp_path = tmp_path_factory.mktemp("gateway")
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "shop.json").write_text(json.dumps({"custom_middleware_bundle": name}, ensure_ascii=len(name) % 2 == 0))
    used, old = unpack(tmp_path, name), unpack(tmp_path, f"{name}.old")
    assert run(tmp_path).removed == (str(old),) and folders(tmp_path) == {used.name}


def other(**custom_middleware):
    return {**MANIFEST, "custom_middleware": custom_middleware}


def test_what_is_not_certainly_a_bundle_of_go_plugins_stays(apps, tmp_path):
    python = unpack(tmp_path, "a", other(driver="python"))
    bare = unpack(tmp_path, "b", other())
    more = unpack(tmp_path, "c", files=("a.so", "notes/own.txt"))
    wrong = unpack(tmp_path, "d", {"file_list": "a.so", "custom_middleware": {"driver": "goplugin"}})
    several = tmp_path / "middleware" / "bundles" / ("e" * 32)
    (several / "shop-1").mkdir(parents=True)
    linked = place(tmp_path, "f")
    linked.symlink_to(unpack(tmp_path, "elsewhere").rename(tmp_path / "elsewhere"))
    inner = unpack(tmp_path, "g")
    (inner / "link").symlink_to(tmp_path / "apps")
    named = unpack(tmp_path, "h").rename(tmp_path / "middleware" / "bundles" / "by-hand")
    before = folders(tmp_path)
    outcome = run(tmp_path)
    assert not outcome.changed and folders(tmp_path) == before
    assert {folder.path: folder.reason for folder in outcome.kept} == {
        str(python): "its manifest is not that of Go plugins",
        str(bare): "its manifest is not that of Go plugins",
        str(more): "it has a file that its manifest does not list: notes/own.txt",
        str(wrong): "its manifest cannot be read",
        str(several): "it has no manifest that can be read: No such file or directory",
        str(linked): "it is no folder",
        str(inner): "it has a file that its manifest does not list: link",
    }
    assert named.exists() and (tmp_path / "elsewhere" / "a.so").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not read, so it is not known which bundle it names, and nothing is removed"),
        ('{"custom_middleware_bundle": "env://BUNDLE"}', "takes custom_middleware_bundle from env://BUNDLE"),
        ('{"bundle": {"path": "shop-vault://bundle"}}', "takes path from shop-vault://bundle"),
    ],
)
def test_nothing_goes_where_a_definition_does_not_say_what_it_names(apps, tmp_path, text, words):
    folder = unpack(tmp_path, "shop.zip")
    (apps / "broken.json").write_text(text)
    with pytest.raises(GoPluginsError, match=words):
        run(tmp_path)
    assert folders(tmp_path) == {folder.name}


def test_nothing_goes_where_there_is_no_definition_or_none_that_can_be_read(apps, tmp_path):
    folder = unpack(tmp_path, "shop.zip")
    (apps / "pipe.json").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="no regular file"):
        run(tmp_path)
    (apps / "pipe.json").unlink()
    (apps / "other.json").rename(apps / "other.json.bak")
    with pytest.raises(GoPluginsError, match="there is no definition in"):
        run(tmp_path)
    apps.rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError):
        run(tmp_path)
    assert folders(tmp_path) == {folder.name}


def test_a_run_that_is_cut_off_leaves_no_half_bundle_and_the_next_one_ends_it(apps, tmp_path, monkeypatch):
    folder = unpack(tmp_path, "shop.zip")

    def fail(path):
        raise OSError(5, "Input/output error", path)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="Input/output"):
        patch.setattr(_files, "remove_tree", fail)
        run(tmp_path)
    (left,) = folder.parent.glob(".removing-*")
    assert not folder.exists() and (left / folder.name / "a.so").exists()
    assert run(tmp_path, check_mode=True).changed and left.exists()
    assert run(tmp_path) == (True, (), ()) and folders(tmp_path) == set()
    assert not run(tmp_path).changed


def test_a_gateway_without_bundles_has_none(apps, tmp_path):
    assert run(tmp_path) == (False, (), ()) and not os.path.exists(tmp_path / "middleware")
