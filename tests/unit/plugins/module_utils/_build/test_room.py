# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many builds run side by side."""

from __future__ import annotations

import concurrent.futures
import os
import subprocess
import threading

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import room

GIB = 1 << 30


class Builds:
    """Builds that run until they are let go; most_at_once: so many ran side by side."""

    def __init__(self, place, peak=0):
        self._place, self._peak = place, peak
        self._mutex, self._let_go = threading.Lock(), threading.Event()
        self._running = self.most_at_once = 0

    def _build(self, _number):
        with self._place.taken():
            with self._mutex:
                self._running += 1
                self.most_at_once = max(self.most_at_once, self._running)
            self._let_go.wait(0.05)
            with self._mutex:
                self._running -= 1
        self._place.learn(self._peak)

    def run(self, count):
        with concurrent.futures.ThreadPoolExecutor(count) as workers:
            list(workers.map(self._build, range(count)))
        return self.most_at_once


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(room, "_PAUSE", 0.01)


@pytest.mark.parametrize(("free", "at_once"), [(None, 1), (0, 1), (3 * GIB, 1), (4 * GIB, 2), (5 * GIB, 2), (64 * GIB, 3)])
def test_as_many_as_there_is_memory_for_and_never_none(free, at_once):
    place = room.Room(3, lambda: free)
    place.learn(2 * GIB)
    assert Builds(place).run(6) == at_once


def test_until_one_has_ended_well_they_go_alone():
    place = room.Room(4, lambda: 64 * GIB)
    assert Builds(place, peak=0).run(4) == 1
    assert Builds(place, peak=GIB).run(1) == 1
    assert Builds(place).run(8) == 4


def test_the_largest_is_what_the_next_are_expected_to_take():
    place = room.Room(4, lambda: 3 * GIB)
    place.learn(GIB // 2)
    assert Builds(place).run(8) == 4
    place.learn(3 * GIB)
    place.learn(GIB)
    assert Builds(place).run(4) == 1


def test_memory_that_others_take_is_not_counted_on():
    at_rest = iter([64 * GIB])
    place = room.Room(4, lambda: next(at_rest, GIB))
    place.learn(2 * GIB)
    assert Builds(place).run(4) == 1


def test_a_failed_build_gives_its_place_back():
    place = room.Room(1, lambda: GIB)
    with pytest.raises(OSError, match="broken"), place.taken():
        raise OSError("broken")
    assert Builds(place).run(2) == 1


def test_this_machine():
    assert room.processors() == int(subprocess.check_output(["nproc"]))
    assert 0 < room.free_memory() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_the_limit_of_a_container_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_CGROUP", str(tmp_path))
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert room._of_container() is None
    (tmp_path / "memory.max").write_text("5000\n")
    assert room.free_memory() == 4000
    (tmp_path / "memory.stat").write_text("active_file 1\ninactive_file 300\n")
    assert room.free_memory() == 4300
    (tmp_path / "memory.stat").unlink()
    (tmp_path / "memory.current").write_text("6000\n")
    assert room.free_memory() == 0


def test_a_system_that_says_nothing_of_free_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_MEMINFO", str(tmp_path / "none"))
    half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    assert room._of_machine() == half
    (tmp_path / "none").write_text("MemAvailable:\nMemAvailable: many kB\n")
    assert room._of_machine() == half
    monkeypatch.setattr(os, "sysconf", int)
    assert room._of_machine() is None
