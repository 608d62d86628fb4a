# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Room for builds side by side: as many as this machine has processors, and memory for.

Linking a plugin takes one processor for most of its time, and up to 5 GB for a real gateway. The first build goes alone: it compiles what
all of them share, which each would compile otherwise, and shows how much memory a build takes. Of the others, one that finds too little
memory waits for those that run to end.
"""

from __future__ import annotations

import contextlib
import os
import threading
import typing as t

# Memory comes and goes with other programs too; seconds between two looks.
_PAUSE = 1.0

_MEMINFO = "/proc/meminfo"
# The limits of a container, and what it uses of them (cgroups(7), the kernel's Documentation/admin-guide/cgroup-v2.rst).
_CGROUP = "/sys/fs/cgroup"


class Room:
    """most: builds at once, by default one for each processor that this process may use. free: gives the bytes that are free, or None."""

    def __init__(self, most: int | None = None, free: t.Callable[[], int | None] | None = None) -> None:
        self.most = most or processors()
        self._free = free or free_memory
        self._changed = threading.Condition()
        self._running = 0
        self._peak = 0
        self._at_rest: int | None = None

    @contextlib.contextmanager
    def taken(self) -> t.Iterator[None]:
        """One build, in the block; it waits for its turn."""
        with self._changed:
            while not self._has_place():
                self._changed.wait(_PAUSE)
            if not self._running:
                self._at_rest = self._free()
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def learn(self, peak_memory: int) -> None:
        """A build has ended well, and took so many bytes; 0 if nobody knows. The next are expected to take as much as the largest."""
        with self._changed:
            self._peak = max(self._peak, peak_memory)
            self._changed.notify_all()

    def _has_place(self) -> bool:
        if not self._running:
            return True
        if self._running >= self.most or self._at_rest is None or not self._peak:
            return False
        # Those that run may have begun just now, and not have taken yet what they will.
        return self._at_rest >= self._peak * (self._running + 1) and (self._free() or 0) >= self._peak


def processors() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux and FreeBSD say
        return os.cpu_count() or 1


def free_memory() -> int | None:
    """Bytes that programs can have without swapping; None where the system does not say."""
    known = [free for free in (_of_machine(), _of_container()) if free is not None]
    return min(known, default=None)


def _of_machine() -> int | None:
    """proc(5), MemAvailable; elsewhere half of the memory of the machine."""
    for line in _text(_MEMINFO).splitlines():
        name, _colon, amount = line.partition(":")
        if name == "MemAvailable" and amount.split()[:1] and amount.split()[0].isdigit():
            return int(amount.split()[0]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (ValueError, OSError):
        return None


def _of_container() -> int | None:
    most, used, stat = (_text(os.path.join(_CGROUP, name)).strip() for name in ("memory.max", "memory.current", "memory.stat"))
    # Files that were read a while ago count as used, and make room when somebody needs it.
    files = next((line.split()[1] for line in stat.splitlines() if line.startswith("inactive_file ")), "0")
    if not (most.isdigit() and used.isdigit() and files.isdigit()):
        return None
    return max(0, int(most) - int(used) + min(int(files), int(used)))


def _text(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(1 << 16)
    except OSError:
        return ""
