# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make faults`: what people, machines and strangers' files do to the modules, one line a measure: C(NAME tried=N held=N).

FULL=1 tries each thing more often. ONLY=name, or several in quotes, takes these measures alone.
Ends with 1 where something did not hold, and says what; with 2 where this machine cannot run it.
"""

from __future__ import annotations

import fcntl
import functools
import os
import pathlib
import sys
import time
import typing as t

from ansible_collections.goplugins.tyk.tests.faults import kills, load, secrets, sources, tampering
from ansible_collections.goplugins.tyk.tests.faults.process import adopt_orphans
from ansible_collections.goplugins.tyk.tests.faults.shop import Shop

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "faults"

Measure = t.Callable[[Shop], t.Iterator[str]]


def measures(full: bool) -> dict[str, Measure]:
    """Each measure by its name. It yields an empty text for each trial that held, and for another one what happened."""
    return {
        "kills": functools.partial(kills.kills, times=48 if full else 2),
        "crowds": functools.partial(kills.crowds, many=20 if full else 4),
        "full-disk": functools.partial(kills.full_disk, sizes=12 if full else 2),
        "tampering": functools.partial(tampering.tampering, every=1 if full else 14),
        "strangers-folders": tampering.strangers,
        "own-source": tampering.own_source,
        "hostile-sources": functools.partial(sources.hostile_sources, every=1 if full else 8),
        "hostile-plugins": functools.partial(load.hostile_plugins, every=1 if full else 5),
        "planted-secrets": functools.partial(secrets.planted_secrets, every=1 if full else 6),
    }


def tally(name: str, trials: t.Iterable[str]) -> bool:
    """Run the trials of a measure and print its line. Whether all held."""
    started = time.monotonic()
    tried = held = 0
    for problem in trials:
        tried += 1
        held += not problem
        if problem:
            print(f"  {name}: {problem}", flush=True)
    print(f"{name} tried={tried} held={held} seconds={time.monotonic() - started:.0f}", flush=True)
    return 0 < tried == held


def main() -> int:
    if sys.platform != "linux" or os.geteuid() != 0:
        print("The faults are tried on Linux and as root: small file systems are mounted. Run: sudo make faults", file=sys.stderr)
        return 2
    known = measures(full=os.environ.get("FULL") == "1")
    wanted = os.environ.get("ONLY", "").split() or list(known)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"No measure {', '.join(unknown)}. There are: {', '.join(known)}", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER.parent / "faults.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        adopt_orphans()
        shop = Shop(FOLDER)
        return 0 if sum(not tally(name, known[name](shop)) for name in wanted) == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
