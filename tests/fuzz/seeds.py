# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Go files of each format, for the fuzzer to spoil, and where in them something stands that a reader looks at."""

from __future__ import annotations

import json
import os
import pathlib
import struct
import subprocess
import typing as t

import lief

TARGETS = ("linux/amd64", "linux/arm64", "linux/s390x", "linux/386", "freebsd/amd64", "darwin/amd64", "darwin/arm64")
PROGRAM = 'package main\n\nimport "os"\n\nfunc Hook(x int) int { return x }\n\nfunc main() { os.Exit(Hook(0)) }\n'
HOST = 'package main\n\nimport "plugin"\n\nfunc main() { plugin.Open("") }\n'
# Of each section, so many bytes from its beginning are worth spoiling.
_BEGINNING = 4096


class Seed(t.NamedTuple):
    """A file: its bytes, and the ranges (offset, size) of it that a reader looks at."""

    name: str
    data: bytes
    ranges: t.Sequence[tuple[int, int]]


def make(folder: pathlib.Path, go: str) -> None:
    """Build the files, once. A gateway and a plugin need cgo, and so are those of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("program", PROGRAM), ("host", HOST)):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "main.go").write_text(text)
        (folder / name / "go.mod").write_text(f"module {name}\n\ngo 1.21\n")
    for target in TARGETS:
        goos, goarch = target.split("/")
        _build(go, folder / "program", folder / f"{goos}-{goarch}.seed", GOOS=goos, GOARCH=goarch, CGO_ENABLED="0")
    _build(go, folder / "program", folder / "plugin.seed", "-buildmode=plugin", CGO_ENABLED="1")
    _build(go, folder / "host", folder / "gateway.seed", CGO_ENABLED="1")
    fat = folder / "universal.seed"
    if not fat.exists():
        fat.write_bytes(universal([(folder / f"darwin-{goarch}.seed").read_bytes() for goarch in ("amd64", "arm64")]))
    (folder / "ranges.json").write_text(json.dumps({path.name: ranges(path) for path in folder.glob("*.seed")}))


def _build(go: str, source: pathlib.Path, output: pathlib.Path, *flags: str, **variables: str) -> None:
    if not output.exists():
        environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local", **variables}
        partial = f"{output}.partial"
        subprocess.run([go, "build", "-trimpath", "-ldflags=-s -w", *flags, "-o", partial, "."], cwd=source, env=environment, check=True)
        os.rename(partial, output)


def universal(thin: t.Sequence[bytes]) -> bytes:
    """A universal file (mach-o/fat.h) of thin ones."""
    head, body, start = struct.pack(">II", 0xCAFEBABE, len(thin)), b"", 1 << 14
    for data in thin:
        kind, subtype = struct.unpack_from("<II", data, 4)
        head += struct.pack(">IIIII", kind, subtype, start + len(body), len(data), 14)
        body += data + bytes(-len(data) % (1 << 14))
    return head.ljust(start, b"\0") + body


def load(folder: pathlib.Path) -> list[Seed]:
    """The files in a fixed order, so that an input can be played again."""
    known = json.loads((folder / "ranges.json").read_text())
    return [Seed(name, (folder / name).read_bytes(), known[name]) for name in sorted(known)]


def ranges(path: pathlib.Path) -> tuple[tuple[int, int], ...]:
    """The header, the end, and the beginning of each section."""
    size = path.stat().st_size
    found = {(0, min(size, 2 * _BEGINNING)), (max(size - 2 * _BEGINNING, 0), min(size, 2 * _BEGINNING))}
    parsed = lief.MachO.parse(str(path)) if lief.is_macho(str(path)) else [lief.ELF.parse(str(path))]
    for binary in parsed:
        base = getattr(binary, "fat_offset", 0)
        for section in binary.sections:
            offset = (section.offset if hasattr(section, "offset") else section.file_offset) + base
            if section.size and offset + 1 < size:
                found.add((offset, min(section.size, _BEGINNING, size - offset)))
    return tuple(sorted(found))
