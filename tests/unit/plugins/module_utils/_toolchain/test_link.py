# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The link to one of the releases: made and replaced at once, and nobody else's file."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import link


@pytest.fixture
def places(tmp_path):
    """The link, a root with two releases, and the root's parent."""
    for version in ("1.21.13", "1.22.7"):
        (tmp_path / "root" / version / "bin").mkdir(parents=True)
    return tmp_path / "bin" / "go", tmp_path / "root", tmp_path


def ensure(places, version="1.22.7", check_mode=False):
    return link.ensure(str(places[0]), str(places[1] / version), str(places[1]), check_mode)


def test_it_is_made_and_replaced(places):
    path, root, _parent = places
    assert ensure(places, check_mode=True) == (f"{path} is not there",)
    assert not path.parent.exists()
    assert ensure(places) == (f"{path} is not there",)
    assert os.readlink(path) == f"{root}/1.22.7"
    assert ensure(places) == ()
    reasons = (f"{path} leads to {root}/1.22.7, not to {root}/1.21.13",)
    assert ensure(places, "1.21.13", True) == reasons and os.readlink(path) == f"{root}/1.22.7"
    assert ensure(places, "1.21.13") == reasons and os.readlink(path) == f"{root}/1.21.13"
    assert os.listdir(path.parent) == ["go"]


@pytest.mark.parametrize("target", ["../root/1.21.13", "../root/1.20.1", "../root/1.21.13/bin/go"], ids=["relative", "dangling", "program"])
def test_a_link_to_below_the_root_is_replaced(places, target):
    path, root, _parent = places
    path.parent.mkdir()
    path.symlink_to(target)
    assert ensure(places)
    assert os.readlink(path) == f"{root}/1.22.7"


def identity(path):
    """What stays while nobody changes a file. Looking at a link changes its time of access alone."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_mtime_ns, found.st_ctime_ns


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("x"), "it is no link"),
        (lambda path: path.mkdir(), "it is no link"),
        (lambda path: path.symlink_to("/usr/lib/go"), "it leads to /usr/lib/go"),
        (lambda path: path.symlink_to("../root"), "bin/go is no link to a toolchain"),
        (lambda path: path.symlink_to("../root-of-others/1.22.7"), "it leads to .*root-of-others"),
        (lambda path: path.symlink_to("../root/../etc"), "it leads to .*/etc"),
    ],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_what_others_put_there_is_left_alone(places, make, words, check_mode):
    path = places[0]
    path.parent.mkdir()
    make(path)
    before = identity(path)
    with pytest.raises(GoPluginsError, match=words) as caught:
        ensure(places, check_mode=check_mode)
    assert caught.value.fix == f"choose another link; see what is there: ls -ld {path}"
    assert identity(path) == before and os.listdir(path.parent) == ["go"]


def test_not_where_everybody_can_write(places):
    path = places[0]
    path.parent.mkdir()
    path.parent.chmod(0o1777)
    with pytest.raises(GoPluginsError, match="can be written to by everybody"):
        ensure(places)
    assert not path.exists()


@pytest.mark.parametrize("path", ["/usr/local/go", "/usr/local/go/bin/go"])
def test_the_systems_own_go_is_never_touched(places, path):
    with pytest.raises(GoPluginsError, match="never touches"):
        link.ensure(path, str(places[1] / "1.22.7"), str(places[1]), True)


def test_it_is_removed_with_what_it_leads_to(places):
    path, root, _parent = places
    assert link.remove(str(path), [f"{root}/1.22.7"], False) == ()
    ensure(places)
    assert link.remove(str(path), [f"{root}/1.21.13", f"{root}/1.22", f"{root}/1.22.70"], False) == ()
    assert link.remove(str(path), [f"{root}/1.22.7"], True) == (f"{path} leads to {root}/1.22.7, which is not wanted",)
    assert path.is_symlink()
    assert link.remove(str(path), [f"{root}/1.21.13", f"{root}/1.22.7"], False) != ()
    assert not path.is_symlink()
    path.write_text("x")
    assert link.remove(str(path), [f"{root}/1.22.7"], False) == ()
    assert path.exists()
