# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules that are killed, crowded or stopped by a full disk: nothing torn, blocked or left over, and the next run puts it right."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import typing as t

from ansible_collections.goplugins.tyk.tests.faults.process import Ended, end, kill_all, left_running, run, start
from ansible_collections.goplugins.tyk.tests.faults.shop import WRITING, Shop

# Seconds in which the children of a killed module have to end.
PATIENCE = 5
WAYS = ("SIGKILL", "SIGTERM", "SIGHUP", "power cut")
# What these need from elsewhere the shop has already fetched.
CACHED = ("git_checkout", "go_workspace", "go_toolchain")
# What differs between two runs that do the same: names that git makes of contents and times.
_VOLATILE = re.compile(r"/\.git/(objects|logs)/|/\.git/index$")
# The files whose bytes are the same whenever they are whole.
_ARTIFACT = re.compile(r"(\.so|/tyk|/go\.mod|\.go|\.zip|\.pyz|/index\.json|/sha256/[0-9a-f]{64})$")


def listing(folder: pathlib.Path) -> dict[str, str]:
    """The paths below a folder, each with the digest of its bytes where those are the same in every run."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = f"/{path.relative_to(folder)}"
        if not _VOLATILE.search(name):
            whole = _ARTIFACT.search(name) and path.is_file()
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest() if whole else "folder" if path.is_dir() else "file"
    return found


def empty_folder(path: pathlib.Path) -> pathlib.Path:
    if path.exists():
        subprocess.run(["chmod", "-R", "u+w", str(path)], check=True)
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


def times_of(module: str, times: int) -> int:
    """To install Go takes longer than all else together."""
    return times if module != "go_toolchain" else max(1, times // 2)


class Trial:
    """One module in a place of its own, and what its place looks like after an undisturbed run of it."""

    def __init__(self, shop: Shop, module: str, place: pathlib.Path) -> None:
        self.shop, self.module, self.place = shop, module, place
        self.runs = shop.folder / "runs" / f"trial-{module}"
        empty_folder(place)
        if module not in CACHED:
            # The first run fills the caches.
            self.run()
            empty_folder(place)
        undisturbed = self.run()
        if not undisturbed.succeeds:
            raise RuntimeError(f"{module} failed without being disturbed: {undisturbed.output}")
        self.seconds = undisturbed.seconds
        self.after = listing(place)
        self.bytes = sum(path.stat().st_blocks * 512 for path in place.rglob("*"))

    def start(self) -> subprocess.Popen[bytes]:
        return start(self.module, self.shop.options(self.module, self.place), self.runs)

    def run(self) -> Ended:
        return run(self.module, self.shop.options(self.module, self.place), self.runs)

    def end(self, process: subprocess.Popen[bytes], started: float) -> Ended:
        return end(process, self.runs, started)

    def torn(self) -> list[str]:
        """The files that stand under their final name and are not whole."""
        now = listing(self.place)
        return [
            path
            for path, digest in self.after.items()
            if path in now and now[path] != digest and path.endswith((".so", "/tyk", ".zip", ".pyz"))
        ]

    def problem_after(self) -> str:
        """What is wrong after one more run, or nothing."""
        again = self.run()
        if not again.succeeds:
            return f"the next run failed: {again.output[-600:]}"
        now = listing(self.place)
        left = [path for path in now if path not in self.after]
        temporary = [path.name for path in (self.runs / "tmp").iterdir()]
        lost = [path for path, digest in self.after.items() if now.get(path) != digest]
        if left or temporary or lost:
            return f"leftovers {left[:5]}, in TMPDIR {temporary[:5]}, lost or changed {lost[:5]}"
        return ""


@functools.lru_cache(maxsize=None)
def trial_of(shop: Shop, module: str) -> Trial:
    """The trial of a module; several measures disturb it."""
    return Trial(shop, module, shop.folder / "place" / module)


def kills(shop: Shop, times: int) -> t.Iterator[str]:
    """Each module, killed C(times) times at a random moment, in each way in turn."""
    chance = random.Random(20)
    for module in WRITING:
        trial = trial_of(shop, module)
        for number in range(times_of(module, times)):
            empty_folder(trial.place)
            empty_folder(trial.runs)
            way = WAYS[(number + WRITING.index(module)) % len(WAYS)]
            moment = chance.uniform(0.05, trial.seconds)
            started = time.monotonic()
            process = trial.start()
            time.sleep(moment)
            _end(process, way)
            ended = trial.end(process, started)
            left = left_running(PATIENCE)
            torn = trial.torn()
            problem = trial.problem_after()
            for wrong in filter(None, [f"left running: {left[:3]}" if left else "", f"torn: {torn}" if torn else "", problem]):
                yield f"{module}, {way} after {moment:.2f} s of {trial.seconds:.2f} (rc {ended.rc}): {wrong}"
                break
            else:
                yield ""


def _end(process: subprocess.Popen[bytes], way: str) -> None:
    if way == "power cut":
        kill_all()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.Signals[way])


def crowds(shop: Shop, many: int) -> t.Iterator[str]:
    """Many runs of one module at once in one place: all succeed, and the place looks as after one."""
    for module in WRITING:
        trial = trial_of(shop, module)
        empty_folder(trial.place)
        started = time.monotonic()
        folders = [shop.folder / "runs" / f"crowd-{number}" for number in range(many)]
        processes = [start(module, shop.options(module, trial.place), folder) for folder in folders]
        ended = [end(process, folder, started) for process, folder in zip(processes, folders)]
        failed = [one.output[-300:] for one in ended if not one.succeeds]
        changed = sum(bool((one.result or {}).get("changed")) for one in ended)
        differs = listing(trial.place) != trial.after
        if failed or differs or changed != 1:
            yield f"{module}: {len(failed)} of {many} failed {failed[:1]}, {changed} changed something, the place differs: {differs}"
        else:
            yield ""


def full_disk(shop: Shop, sizes: int) -> t.Iterator[str]:
    """Each module on a small file system, of C(sizes) sizes from nothing to enough: it says so, and goes on when there is room."""
    place = shop.folder / "small"
    for module in WRITING:
        trial = copy.copy(trial_of(shop, module))
        trial.place = place
        sizes_of_it = times_of(module, sizes)
        for number in range(sizes_of_it):
            size = max(65536, trial.bytes * number // sizes_of_it)
            place.mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(place)], check=True)
            try:
                ended = trial.run()
                if not (ended.explains or ended.succeeds):
                    yield f"{module} with {size} bytes: {ended.output[-600:]}"
                    continue
                torn = trial.torn()
                subprocess.run(["mount", "-o", f"remount,size={8 << 30}", str(place)], check=True)
                problem = f"torn: {torn}" if torn else trial.problem_after()
                yield f"{module} with {size} of {trial.bytes} bytes: {problem}" if problem else ""
            finally:
                subprocess.run(["umount", "--lazy", str(place)], check=True)
