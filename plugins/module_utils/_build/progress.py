# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a build is, in a file for those who wait for it.

Go's C(-v) says of each package that is not in the build cache when it begins with it. How many there will be, C(go list) says, which is
asked only once a build has taken a while: a short build pays for nothing. The file lies in the temporary folder of the build, so whatever
removes that folder removes it too.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import write_atomically

# Arguments of "go list" for what is still to be compiled, dependencies first.
# What the cache has is "stale" too, where it could be installed.
REMAINING = ("-deps", "-f", '{{if and .Stale (ne .StaleReason "not installed but available in build cache")}}{{.ImportPath}}{{end}}')

# An import path, alone in its line. What compilers say has spaces and colons, or begins with a capital letter ("Killed").
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.~+-]*(?:/[\w.~+-]+)+|[a-z0-9][\w.~+-]*")

# Seconds between two states of the file. Each is small, and need not survive a power cut.
_PAUSE = 1.0


class Seen(t.NamedTuple):
    """How a build is seen. token: those who look know the file by it; after: seconds that a build may take before there is a file."""

    token: str
    after: float


def file_name(token: str) -> str:
    """The name of the file, in the temporary folder of the build."""
    return f"progress.{os.path.basename(token)}"


class Watch:
    """Watches runs of C(go), one after the other, and writes down how far they are. Called as C(_command.run) says.

    build: what the file says of the build itself. modules: those that are built, whose names may look like no package's.
    remaining: asks C(go) what is left; takes a watch of its own, by which the asking ends when the build does.
    """

    def __init__(
        self, seen: Seen, folder: str, build: dict[str, str], modules: t.Collection[str], remaining: t.Callable[[_command.Watch], str]
    ) -> None:
        self._path = os.path.join(folder, file_name(seen.token))
        self._build = build
        self._modules = modules
        self._remaining = remaining
        self._begun: set[str] = set()
        self._left: list[str] | None = None
        self._started = time.monotonic()
        self._next = self._started + seen.after
        self._over = threading.Event()
        self._asking: threading.Thread | None = None

    def __call__(self, lines: list[str]) -> None:
        self._begun.update(filter(self.is_package, lines))
        now = time.monotonic()
        if now < self._next:
            return
        if self._asking is None:
            self._asking = threading.Thread(target=self._ask, daemon=True)
            self._asking.start()
        self._next = now + _PAUSE
        # A full disk stops the build, not this.
        with contextlib.suppress(OSError):
            write_atomically(self._path, json.dumps(self.state(now)).encode(), lasting=False)

    def state(self, now: float) -> dict[str, t.Any]:
        """What the file says. of: packages to compile, None while that is not known."""
        every = None if self._left is None else self._begun.union(self._left)
        # Last comes the package that is linked. Some before it may have proved to be what the cache has.
        linking = self._left is not None and self._begun.issuperset(self._left[-1:])
        return {
            **self._build,
            "phase": "link" if linking else "compile",
            "done": len(self._begun),
            "of": None if every is None else len(every),
            "seconds": round(now - self._started, 1),
        }

    def is_package(self, line: str) -> bool:
        """Whether a line is what C(go -v) prints of a package."""
        return line in self._modules or _PACKAGE.fullmatch(line) is not None

    def end(self) -> None:
        """The build has ended: nobody is asked any more, and there is no file."""
        self._over.set()
        if self._asking:
            self._asking.join()
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _ask(self) -> None:
        # Without an answer, the total stays unknown. The main thread stops too where a signal came.
        with contextlib.suppress(GoPluginsError, OSError, _Over, _command.Stopped):
            self._left = [line for line in self._remaining(self._until_over).splitlines() if line]

    def _until_over(self, _lines: list[str]) -> None:
        if self._over.is_set():
            raise _Over


class _Over(Exception):
    """Nobody waits for the answer any more."""


@contextlib.contextmanager
def watched(
    seen: Seen, folder: str, build: dict[str, str], modules: t.Collection[str], remaining: t.Callable[[_command.Watch], str]
) -> t.Iterator[Watch]:
    """A watch for the runs of C(go) in this block."""
    watch = Watch(seen, folder, build, modules, remaining)
    try:
        yield watch
    finally:
        watch.end()


def words(watch: Watch | None) -> tuple[str, ...]:
    """What C(go) needs to be watched. It changes nothing in what is built, and is no input of the build."""
    return ("-v",) if watch else ()


def without_packages(completed: _command.Completed, watch: Watch | None) -> _command.Completed:
    """What C(go) said without the lines of C(-v), so that what is left of a failure is what is wrong."""
    if watch is None:
        return completed
    said = "".join(line for line in completed.stderr.splitlines(keepends=True) if not watch.is_package(line.rstrip("\r\n")))
    # Never an error without words.
    return completed._replace(stderr=said) if said.strip() or completed.rc == 0 else completed
