# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`docs/benchmarks.md`: what was measured last, for each gateway, with pictures."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import re
import time
import typing as t

from ansible.release import __version__ as ansible_version
from ansible_collections.goplugins.tyk.tests.bench.line import Line

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
INTRODUCTION = """# Benchmarks

`make bench` measures and writes this page. Every ratio compares two measures of one run, on a machine that does nothing else: seconds
change from one machine to the next, ratios hardly do. It fails where a ratio is above its bound. With `GATEWAY=v5.3.6 REPO=path/to/tyk`
it measures the main job alone, for that gateway.

The main job is compared with the commands that Tyk documents for it: `git clone`, `go mod tidy`, `go work init`, `go build`. Nothing is
verified there and no gateway started. The median of five runs stands for an edit. Some bounds hold for gateways of real size alone: for the
small one Ansible itself takes longer than Go.
"""


def keep(name: str, lines: t.Sequence[Line], growth: t.Sequence[tuple[int, int, float]]) -> None:
    """Write the results for one gateway, and the page of all. growth: (plugins, targets, seconds)."""
    folder = DOCS / "benchmarks"
    folder.mkdir(exist_ok=True)
    found = {"machine": machine(), "day": time.strftime("%Y-%m-%d", time.gmtime()), "lines": lines, "growth": growth}
    (folder / f"{name}.json").write_text(json.dumps(found, indent=1) + "\n")
    draw_jobs(folder / f"{name}-jobs.svg", lines)
    if growth:
        draw_growth(folder / f"{name}-growth.svg", growth)
    (DOCS / "benchmarks.md").write_text(text())


def machine() -> str:
    """This machine in words."""
    described = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.+)", described, re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    processors = f"{os.cpu_count()} processors ({model.group(1) if model else platform.machine()})"
    return f"{processors}, {memory:.0f} GiB of memory, {system}, Python {platform.python_version()}, ansible-core {ansible_version}"


def text() -> str:
    """The page, of all results that were kept."""
    parts = [INTRODUCTION]
    for path in sorted((DOCS / "benchmarks").glob("*.json")):
        found = json.loads(path.read_text())
        name = "The small gateway of `examples/`" if path.stem == "embedded" else f"Tyk {path.stem}"
        parts.append(f"## {name}\n\nMeasured on {found['day']}: {found['machine']}.\n")
        # By who put results of several runs together.
        parts += [f"{found['remark']}\n"] if "remark" in found else []
        parts.append(f"![Seconds of each job, beside what it is compared with](benchmarks/{path.stem}-jobs.svg)\n")
        if found["growth"]:
            parts.append(f"![Seconds for more plugins and targets](benchmarks/{path.stem}-growth.svg)\n")
        parts.append("| measure | ratio | bound | |\n|---|---|---|---|")
        parts += [f"| `{line.name}` | {line.ratio:.3f} | {bound(line)} | {line.told} |" for line in (Line(*row) for row in found["lines"])]
        if found["growth"]:
            parts.append("\nAfter an edit of each plugin, from the start of the play to the last verdict:\n")
            parts.append("| plugins | targets | seconds |\n|---|---|---|")
            parts += [f"| {plugins} | {targets} | {seconds:.1f} |" for plugins, targets, seconds in found["growth"]]
        parts.append("")
    return "\n".join(parts)


def bound(line: Line) -> str:
    """The bound of a line, for people."""
    return "" if line.bound is None else f"{line.bound:.3g}"


def draw_jobs(path: pathlib.Path, lines: t.Sequence[Line]) -> None:
    """Two bars for each comparison of two jobs."""
    pairs = [(line.name, *line.pair) for line in lines if line.pair]
    figure, axes = _picture(len(pairs) * 0.6 + 1)
    for number, (_name, ours, others) in enumerate(pairs):
        for offset, seconds, color in ((-0.2, ours, "#2f6db5"), (0.2, others, "#9a9a9a")):
            axes.barh(number + offset, seconds, height=0.38, color=color)
            axes.text(seconds, number + offset, f" {seconds:.1f}", va="center", fontsize=8)
    axes.set_yticks(range(len(pairs)), [name for name, _ours, _others in pairs])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(0.5, 2 * max(seconds for _name, *both in pairs for seconds in both))
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("seconds; blue: this collection, gray: what it is compared with")
    _save(figure, path)


def draw_growth(path: pathlib.Path, growth: t.Sequence[tuple[int, int, float]]) -> None:
    """A line for each number of targets."""
    figure, axes = _picture(3.5)
    for targets in sorted({targets for _plugins, targets, _seconds in growth}):
        points = [(plugins, seconds) for plugins, number, seconds in growth if number == targets]
        axes.plot(*zip(*points), marker="o", label=f"{targets} target{'s' if targets > 1 else ''}")
    axes.set_xlabel("plugins, each with an edited line")
    axes.set_ylabel("seconds until all are verified")
    axes.set_ylim(bottom=0)
    axes.legend()
    _save(figure, path)


def _picture(height: float) -> tuple[t.Any, t.Any]:
    # Nothing else needs it.
    import matplotlib

    matplotlib.use("svg")
    # Text stays text, and the same numbers give the same file.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "goplugins.tyk", "font.family": "sans-serif"})
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(8, height), layout="constrained")


def _save(figure: t.Any, path: pathlib.Path) -> None:
    figure.savefig(path, metadata={"Date": None})
