# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: time and memory of the verdict, and time of the main job, as ratios.

One line a measure: C(NAME ratio=X bound=Y). Ends with 1 where a bound is passed. Of the verdict the files are in the page cache, and what
runs in Python is timed after its imports. With GATEWAY and REPO only the main job is measured, for that gateway. `docs/benchmarks.md` is
written anew.
"""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._guard import pack
from ansible_collections.goplugins.tyk.tests.bench import build_hosts, main_job, page, playbook
from ansible_collections.goplugins.tyk.tests.bench.generate import Size, build
from ansible_collections.goplugins.tyk.tests.bench.line import Line, of_times

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "bench"
TIMES = 5
# Of what takes milliseconds.
MANY_TIMES = 20

# As the embedded gateway is: about 300 packages. As Tyk v5.3.6: 857 packages, 169,000 symbols, 102 MB. As v5.13.0: 538 MB.
SMALL = Size("small", packages=60, shared=40, functions=60, own=60, weight=0)
REAL = Size("real", packages=700, shared=400, functions=235, own=235, weight=30)
NEWEST = Size("newest", packages=700, shared=400, functions=235, own=235, weight=430)
# As real, with three times the symbols in what only the gateway has.
SYMBOLS = Size("symbols", packages=700, shared=400, functions=235, own=705, weight=30)

VERDICT = """
import sys
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import verify
def work():
    with open_file(sys.argv[1]) as gateway:
        result = verify(gateway, [Plugin(sys.argv[2], symbols=("AuthCheck",))])
    assert result["verdict"] == "loads", result["msg"]
"""
PYELFTOOLS = """
import sys
from elftools.elf.elffile import ELFFile
def work():
    for path in sys.argv[1:3]:
        with open(path, "rb") as file:
            elf = ELFFile(file)
            elf.get_section_by_name(".go.buildinfo").data()
            symbols = elf.get_section_by_name(".dynsym")
            assert sum(symbol.name.startswith("go:link.pkghashbytes.") for symbol in symbols.iter_symbols()) > 50
"""
LIEF = """
import sys, lief
def work():
    for path in sys.argv[1:3]:
        elf = lief.ELF.parse(path)
        bytes(elf.get_section(".go.buildinfo").content)
        assert sum(symbol.name.startswith("go:link.pkghashbytes.") for symbol in elf.dynamic_symbols) > 50
"""
# The best time of several, and the most memory that was ever resident, mapped pages counted. Not from getrusage, which on Linux begins
# with what the process was before exec.
HARNESS = """
import json, re, time
def peak():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read()).group(1)) / 1000
before = peak()
best = float("inf")
for turn in range(%d):
    started = time.perf_counter()
    work()
    best = min(best, time.perf_counter() - started)
print(json.dumps([best, peak(), peak() - before]))
"""


class Cost(t.NamedTuple):
    """seconds: the best time; megabytes: the peak of resident memory of the whole process; grown: by how much the work raised it."""

    seconds: float
    megabytes: float
    grown: float


def python(code: str, gateway: str, plugin: str, times: int = MANY_TIMES) -> Cost:
    command = [sys.executable, "-c", code + HARNESS % times, gateway, plugin]
    return Cost(*json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def commands(*lines: t.Sequence[str], times: int = TIMES) -> Cost:
    """All commands, one after the other."""
    best = float("inf")
    for _turn in range(times):
        started = time.perf_counter()
        for words in lines:
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - started)
    return Cost(best, 0.0, 0.0)


def tools(gateway: str, plugin: str, go: str) -> Cost:
    """What one would type instead."""
    return commands(*([*words, path] for path in (gateway, plugin) for words in (["nm", "-gD"], [go, "version", "-m"])))


def guarded(gateway: str, plugin: str, number: int, folder: pathlib.Path) -> Cost:
    """What the guard costs before a start, from the first byte of Python to its end: so many APIs, each with a plugin of its own name."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "apps").mkdir(parents=True)
    for name in (f"plugin{index}" for index in range(number)):
        # Of copies the gateway would load the first alone.
        (folder / f"{name}.so").symlink_to(plugin)
        hooks = {"driver": "goplugin", "pre": [{"path": f"{name}.so", "name": "AuthCheck"}]}
        definition = {"api_id": name, "use_keyless": True, "proxy": {"listen_path": f"/{name}/"}, "custom_middleware": hooks}
        (folder / "apps" / f"{name}.json").write_text(json.dumps(definition))
    (folder / "tyk.conf").write_text(json.dumps({"app_path": "apps"}))
    (folder / "guard.pyz").write_bytes(pack.pack(pack.GUARD, sys.executable))
    words = [sys.executable, "-IS", str(folder / "guard.pyz"), "check", f"--gateway={gateway}", f"--conf={folder / 'tyk.conf'}"]
    words += [f"--directory={folder}", "--release=v5.3.6"]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert f"{number} plugins of {number} APIs, none of which will not load" in done.stderr, done.stderr
    return commands(["sh", "-c", 'exec "$@" 2>/dev/null', "sh", *words], times=MANY_TIMES)


def listed(path: str) -> int:
    """How many dynamic symbols a file has."""
    return subprocess.run(["nm", "-gD", path], check=True, capture_output=True).stdout.count(b"\n")


def verdicts(go: str) -> t.Iterator[Line]:
    """The verdict on gateways of several sizes."""
    found: dict[str, Cost] = {}
    symbols: dict[str, int] = {}
    for size in (SMALL, REAL, NEWEST, SYMBOLS):
        gateway, plugin = build(size, FOLDER, go)
        symbols[size.name] = listed(gateway)
        verdict = found[size.name] = python(VERDICT, gateway, plugin)
        took = f"verdict {verdict.seconds * 1000:.1f} ms, {verdict.megabytes:.0f} MB; gateway {os.path.getsize(gateway) / 1e6:.0f} MB"
        by_hand = tools(gateway, plugin, go)
        yield Line(f"{size.name}-of-nm-and-go-version", verdict.seconds / by_hand.seconds, 0.1, f"{took}; tools {by_hand.seconds:.3f} s")
        loaded = commands([gateway, "plugin", "load", "-f", plugin, "-s", "AuthCheck"], times=MANY_TIMES)
        yield Line(f"{size.name}-of-plugin-load", verdict.seconds / loaded.seconds, 0.5, f"load {loaded.seconds:.3f} s")
        for name, code in (("pyelftools", PYELFTOOLS), ("lief", LIEF)):
            other = python(code, gateway, plugin, times=1)
            yield Line(f"{size.name}-of-{name}", verdict.seconds / other.seconds, 0.1, f"{name} {other.seconds:.2f} s")
            told = f"beyond Python and imports {verdict.grown:.1f} MB, {name} {other.grown:.1f} MB"
            yield Line(f"{size.name}-memory-of-{name}", verdict.grown / other.grown, 1, told)
    real = found["real"]
    guard = guarded(*build(REAL, FOLDER, go), 20, FOLDER / "guard")
    yield Line("guard-of-20-plugins-of-300-ms", guard.seconds / 0.3, 1, f"{guard.seconds * 1000:.0f} ms")
    yield Line("real-of-60-ms", real.seconds / 0.06, 1, f"{real.seconds * 1000:.1f} ms")
    yield Line("real-of-96-MB", real.megabytes / 96, 1, f"{real.megabytes:.0f} MB")
    newest = found["newest"]
    yield Line("newest-of-real", newest.seconds / real.seconds, 1.5, "the gateway is five times as large, the plugin the same")
    yield Line("newest-of-96-MB", newest.megabytes / 96, 1, f"{newest.megabytes:.0f} MB")
    more = f"the gateway has {symbols['symbols']} symbols, not {symbols['real']}; the plugin is the same"
    yield Line("symbols-of-real", found["symbols"].seconds / real.seconds, 1.5, more)
    yield Line("real-symbols-of-symbols", symbols["real"] / symbols["symbols"], 0.6, "or the line above proves nothing")


def nothing_changed() -> t.Iterator[Line]:
    """The main job where nothing changed."""
    for number in (1, 20):
        no_op, job = (commands(words).seconds for words in playbook.commands(FOLDER / "playbook", number))
        told = "one plugin, nothing changed" if number == 1 else f"{number} plugins, nothing changed"
        yield of_times(f"nothing-changed-{number}-of-no-op-playbook", job, no_op, 4, f"{told}; one task that does nothing")


def on_many_hosts() -> t.Iterator[Line]:
    """The main job on one build host and on three."""
    one, three = (build_hosts.seconds(FOLDER / "hosts", number) for number in (1, 3))
    told = f"12 plugins of {build_hosts.SLEEP} s on three build hosts; on one"
    yield of_times("three-build-hosts-of-one", three, one, 0.5, told)


def lines(go: str, version: str, repository: str) -> t.Iterator[Line]:
    """All measures of the small gateway, or those of the main job for a version of another."""
    if version:
        repository = os.path.abspath(repository)
        gateway = main_job.Gateway(version, repository, main_job.go_of(repository, version))
        yield from main_job.one_gateway(FOLDER / version, gateway, go, is_real=True)
    else:
        yield from verdicts(go)
        yield from nothing_changed()
        yield from on_many_hosts()
        yield from main_job.one_gateway(FOLDER / "embedded", main_job.embedded(FOLDER), go, is_real=False)


def main() -> int:
    go = shutil.which("go", path=f"{os.environ['PATH']}{os.pathsep}/usr/local/go/bin")
    lacking = [name for name, found in (("go", go), ("nm (apt-get install binutils)", shutil.which("nm"))) if not found]
    if lacking or go is None:
        print(f"make bench needs {', '.join(lacking)}", file=sys.stderr)
        return 2
    version, repository = os.environ.get("GATEWAY", ""), os.environ.get("REPO", "")
    if bool(version) != bool(repository):
        print("make bench needs GATEWAY, a version, and REPO, a clone on this machine, or neither", file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    found = []
    for line in lines(go, version, repository):
        print(line, flush=True)
        found.append(line)
    grown = [] if version else list(main_job.growth(FOLDER, main_job.embedded(FOLDER), go))
    page.keep(version or "embedded", found, grown)
    passed = [line.name for line in found if line.is_passed]
    if passed:
        print(f"bounds passed: {', '.join(passed)}", file=sys.stderr)
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
