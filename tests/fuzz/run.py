# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make fuzz`: RUNS spoiled Go files. None may make the reader fail otherwise than by its documented error, take a second, or 256 MB.

One fuzzer for each processor. Ends with C(inputs=N failures=N slowest=X s peak=X MB), and with 1 where anything failed.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.tests import oracle
from ansible_collections.goplugins.tyk.tests.fuzz import seeds
from ansible_collections.goplugins.tyk.tests.matrix.machine import find_zig

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "fuzz"
TARGET = pathlib.Path(__file__).with_name("target.py")
RUNS = 1_000_000
# Of an input that does not end; target.py sees to it that each ends within a second.
SECONDS = 30
MEGABYTES = 256


class Fuzzer(threading.Thread):
    """A process of its own. said: its last words."""

    def __init__(self, number: int, runs: int) -> None:
        super().__init__()
        corpus = FOLDER / f"corpus-{number}"
        corpus.mkdir(exist_ok=True)
        failures = FOLDER / "failures"
        failures.mkdir(exist_ok=True)
        limits = [
            f"-runs={runs}",
            f"-timeout={SECONDS}",
            f"-rss_limit_mb={MEGABYTES}",
            "-max_len=1024",
            "-len_control=0",
            "-print_final_stats=1",
        ]
        self.command = [sys.executable, str(TARGET), str(FOLDER / "seeds"), *limits, f"-artifact_prefix={failures}/", str(corpus)]
        self.number = number
        self.said: list[str] = []
        self.code = 0

    def run(self) -> None:
        with subprocess.Popen(self.command, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True, errors="replace") as process:
            for line in process.stdout or ():
                self.said = [*self.said[-200:], line.rstrip()]
                if re.match(r"#\d+\s+pulse", line):
                    print(f"fuzzer {self.number}: {line.split()[0][1:]} inputs", flush=True)
        self.code = process.returncode

    def stat(self, name: str) -> int:
        """A number of libFuzzer's final statistics."""
        found = re.findall(rf"stat::{name}:\s+(\d+)", "\n".join(self.said))
        return int(found[-1]) if found else 0


def unread(seed: seeds.Seed, go: str) -> list[str]:
    """What is not read of a seed as it is, or otherwise than others read it: spoiling it would not reach what it is there for."""
    found = []
    for platform in seed.platforms or (None,):
        with open_binary(str(seed.path), platform) as binary:
            hook = binary.exported().get("Hook")
            told = (binary.plugin_path, hook and hook.signature, binary.fingerprint("runtime") is not None, bool(binary.build_info))
        expected: tuple[t.Any, ...] = (None, None, seed.name == "gateway", True)
        if seed.name.startswith("plugin"):
            expected = ("example.com/p", None, True, True) if "fixups" in seed.name else ("p", "func(int) int", True, True)
        if told != expected:
            found.append(f"{seed.path}: read are {told}, expected {expected}")
        # Go's own tools know nothing of files that it did not link.
        if "fixups" not in seed.name:
            found += oracle.disagreements(str(seed.path), go, platform)
    return found


def main() -> int:
    go = shutil.which("go", path=f"{os.environ['PATH']}{os.pathsep}/usr/local/go/bin")
    if not go:
        print("make fuzz needs Go, to make the files that it spoils", file=sys.stderr)
        return 2
    zig = find_zig()
    if not zig:
        print("This machine lacks zig.\nInstall with: scripts/setup fuzz", file=sys.stderr)
        return 2
    seeds.make(FOLDER / "seeds", go, zig)
    wrong = [line for seed in seeds.load(FOLDER / "seeds") for line in unread(seed, go)]
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    count = os.cpu_count() or 1
    runs = int(os.environ.get("RUNS") or RUNS)
    fuzzers = [Fuzzer(number, -(-runs // count)) for number in range(count)]
    for fuzzer in fuzzers:
        fuzzer.start()
    for fuzzer in fuzzers:
        fuzzer.join()
    failed = [fuzzer for fuzzer in fuzzers if fuzzer.code != 0]
    for fuzzer in failed:
        print("\n".join(fuzzer.said))
        print(f"Play it again: scripts/run python {TARGET.relative_to(ROOT)} {FOLDER.relative_to(ROOT)}/seeds .cache/fuzz/failures/FILE")
    inputs = sum(fuzzer.stat("number_of_executed_units") for fuzzer in fuzzers)
    slowest = max(fuzzer.stat("slowest_unit_time_sec") for fuzzer in fuzzers)
    peak = max(fuzzer.stat("peak_rss_mb") for fuzzer in fuzzers)
    print(f"inputs={inputs} failures={len(failed)} slowest={slowest} s peak={peak} MB")
    return 1 if failed or inputs < runs else 0


if __name__ == "__main__":
    sys.exit(main())
