# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles in a folder: made once, replaced when damaged, removed when there are too many, refused when they are too slow to load."""

from __future__ import annotations

import os
import zipfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _artifacts
from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle import bundle
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


@pytest.fixture
def make(tmp_path, monkeypatch):
    """make(data, check_mode=False, **changes) -> what came of a bundle with a plugin of that content."""
    # What is in the files is of no account here.
    monkeypatch.setattr(_artifacts, "check", lambda *_arguments: None)
    (tmp_path / "dist").mkdir()

    def run(data, check_mode=False, **changes):
        (tmp_path / "dist" / "hooks_v5.3.6_linux_amd64.so").write_bytes(data)
        wanted = bundle.Wanted(
            folder=str(tmp_path / "srv"),
            prefix="shop",
            plugins=(Plugin("hooks", {"First": "pre"}),),
            places=(str(tmp_path / "dist"),),
            key="",
            compress=True,
            keep=None,
            rate=None,
        )
        return bundle.make(wanted._replace(**changes), check_mode)

    return run


def served(tmp_path):
    """The bundles there, from name to bytes; what a web server would not show is left out."""
    return {path.name: path.read_bytes() for path in sorted((tmp_path / "srv").glob("[!.]*"))}


def test_a_bundle_is_made_once(make, tmp_path):
    planned = make(b"a" * 9999, check_mode=True)
    assert planned.reason == "there is no bundle of this content yet" and not (tmp_path / "srv").exists()
    made = make(b"a" * 9999)
    assert made == planned and list(served(tmp_path)) == [os.path.basename(made.path)]
    assert oct(os.stat(made.path).st_mode)[-3:] == "644" and made.size == os.stat(made.path).st_size < 9999
    before = os.stat(made.path)
    again = make(b"a" * 9999)
    assert again == made._replace(reason="") and os.stat(made.path) == before


def test_another_content_is_another_bundle_beside_it(make, tmp_path):
    first, second = make(b"a"), make(b"b")
    assert sorted(served(tmp_path)) == sorted(os.path.basename(one.path) for one in (first, second))
    assert second.former == os.path.basename(first.path) and second.former_sums == first.content.sums


@pytest.mark.parametrize("damage", [b"", b"no zip", None])
def test_a_damaged_bundle_is_replaced(make, tmp_path, damage):
    made = make(b"a" * 99)
    whole = served(tmp_path)
    if damage is None:
        with zipfile.ZipFile(made.path, "a") as opened:
            opened.writestr("more.so", b"x")
    else:
        (tmp_path / made.path).write_bytes(damage)
    damaged = served(tmp_path)
    assert make(b"a" * 99, check_mode=True).reason == "the bundle is not what its name says" and served(tmp_path) == damaged
    assert make(b"a" * 99).reason and served(tmp_path) == whole


def test_packed_in_another_way_it_keeps_its_name(make):
    small, large = make(b"a" * 9999), make(b"a" * 9999, compress=False)
    assert large.path == small.path and large.reason == "it is to be packed in another way" and small.size < 9999 < large.size
    assert make(b"a" * 9999, compress=False).reason == ""


def test_something_else_in_its_place_is_left_alone(make, tmp_path):
    path = tmp_path / make(b"a", check_mode=True).path
    path.mkdir(parents=True)
    with pytest.raises(GoPluginsError, match="is no file, where the bundle belongs"):
        make(b"a")
    path.rmdir()
    path.symlink_to(tmp_path / "dist" / "hooks_v5.3.6_linux_amd64.so")
    with pytest.raises(GoPluginsError, match="is no file, where the bundle belongs"):
        make(b"a")


def test_older_bundles_go_and_only_those_that_are_ours(make, tmp_path):
    made = []
    for number, data in enumerate((b"a", b"b", b"c", b"d")):
        made.append(os.path.basename(make(data).path))
        os.utime(tmp_path / "srv" / made[-1], (1000 + number,) * 2)
    others = ["shop-0123456789abcdef.zip", "shop-0123456789abcde.zip", "shops-0123456789abcdef.zip", "shop.zip"]
    for name in others:
        (tmp_path / "srv" / name).write_bytes(b"not ours")
    # This module makes no links, so even one of the right name and content is not its own.
    linked = make(b"z", folder=str(tmp_path / "store"))
    (tmp_path / "srv" / os.path.basename(linked.path)).symlink_to(linked.path)
    kept = {*others, os.path.basename(linked.path)}
    # The first is wanted again: of the others the newest stays.
    assert make(b"a", keep=1, check_mode=True).removed == (made[2], made[1]) and {*made} < {*served(tmp_path)}
    outcome = make(b"a", keep=1)
    assert outcome.removed == (made[2], made[1]) and outcome.reason == ""
    assert {*served(tmp_path)} == kept | {made[0], made[3]}
    assert make(b"a", keep=1).removed == ()
    assert make(b"e", keep=0).removed == (made[3], made[0])


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_bundle_that_is_too_slow_to_load_is_refused_and_nothing_is_changed(make, tmp_path, check_mode):
    older = make(b"b")
    data = os.urandom(5001)
    with pytest.raises(GoPluginsError, match=r"a gateway that loads 1000 bytes a second needs \d+\.\d seconds for the bundle"):
        make(data, check_mode, rate=1000, keep=0)
    assert list(served(tmp_path)) == [os.path.basename(older.path)]
    made = make(data)
    exact = -(-made.size // bundle.SECONDS)
    assert make(data, check_mode, rate=exact).reason == ""
    with pytest.raises(GoPluginsError, match="gives up after 5"):
        make(data, check_mode, rate=exact - 1)


def test_what_a_killed_run_left_is_removed(make, tmp_path):
    (tmp_path / "srv" / ".shop.goplugins-abcdefgh").mkdir(parents=True)
    (tmp_path / "srv" / ".shops.goplugins-abcdefgh").mkdir()
    make(b"a", check_mode=True)
    assert len(list((tmp_path / "srv").iterdir())) == 2
    make(b"a")
    (tmp_path / "srv" / ".shop.goplugins-abcdefgh").mkdir()
    make(b"a")
    assert sorted(path.name for path in (tmp_path / "srv").glob(".*")) == [".shop.lock", ".shops.goplugins-abcdefgh"]


@pytest.mark.parametrize("prefix", ["", "a/b", "../a", ".a", "a,b", "a b", "-a"])
def test_a_prefix_that_gateways_could_not_ask_for_is_refused(make, prefix):
    with pytest.raises(GoPluginsError, match="cannot begin the name of a bundle"):
        make(b"a", prefix=prefix)
