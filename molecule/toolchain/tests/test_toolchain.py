# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releases side by side on one host, one in place of another on the other; after harm and repair."""

from __future__ import annotations

import pytest
from runs import EPHEMERAL, machine

ROOT = "/home/builder/tyk-plugins/go"
CACHE = EPHEMERAL / "cache"


@pytest.fixture(scope="module")
def side():
    return machine("side")


@pytest.fixture(scope="module")
def upgraded():
    return machine("upgraded")


def visible(host):
    return sorted(name for name in host.file(ROOT).listdir() if not name.endswith(".lock"))


def version(host, go):
    return host.check_output("env GOTOOLCHAIN=local %s version", go).split()[2]


def test_releases_are_what_they_say(side, upgraded):
    assert version(side, f"{ROOT}/1.21.13/bin/go") == "go1.21.13"
    assert version(upgraded, f"{ROOT}/1.22.7/bin/go") == "go1.22.7"


def test_a_repaired_release_compiles(side):
    hello = "package main\n\nfunc main() { println(`hello`) }\n"
    side.check_output("mkdir hello && printf %s >hello/main.go", hello)
    told = side.run("env GOTOOLCHAIN=local CGO_ENABLED=0 %s run hello/main.go", f"{ROOT}/1.22.7/bin/go")
    assert told.stderr.strip() == "hello"


def test_nothing_half_made_is_left(side, upgraded):
    assert visible(side) == ["1.20.14", "1.21.13", "1.22.7"]
    assert visible(upgraded) == ["1.20.14", "1.22.7", "current"]


def test_what_others_put_there_is_as_it_was(upgraded):
    assert upgraded.file(f"{ROOT}/1.20.14").listdir() == ["bin"]


def test_links(side, upgraded):
    assert side.file("/home/builder/bin/go").linked_to == f"{ROOT}/1.22.7/bin/go"
    assert version(side, "/home/builder/bin/go") == "go1.22.7"
    assert upgraded.file(f"{ROOT}/current").linked_to == f"{ROOT}/1.22.7"
    assert version(upgraded, f"{ROOT}/current/bin/go") == "go1.22.7"


def test_path_and_the_systems_go_are_as_they_were(side, upgraded):
    for host in (side, upgraded):
        assert not host.file("/usr/local/go").exists
        assert not host.exists("go")


def test_nobody_else_can_write_there(side):
    assert side.check_output("find %s ! -type l -perm /022 -o ! -user builder", ROOT) == ""


def test_the_controller_has_each_archive_once():
    assert sorted(path.suffix for path in CACHE.iterdir() if not path.name.startswith(".")) == [".json", ".json", ".zip", ".zip"]


def test_the_hosts_are_in_order(side, upgraded):
    for host in (side, upgraded):
        assert host.check_output("systemctl is-system-running") == "running"
