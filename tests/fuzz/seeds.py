# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real Go files of each format, for the fuzzer to spoil, and where in them something stands that a reader looks at."""

from __future__ import annotations

import json
import os
import pathlib
import shlex
import shutil
import struct
import subprocess
import typing as t

import lief
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.zig_targets import zig_target
from ansible_collections.goplugins.tyk.tests import craft
from ansible_collections.goplugins.tyk.tests.matrix.darwin import write_sdk

DARWIN = ("darwin/amd64", "darwin/arm64")
TARGETS = ("linux/amd64", "linux/arm64", "linux/s390x", "linux/386", "linux/arm", "linux/ppc64le", "freebsd/amd64", *DARWIN)
# What zig compiles plugins for. That of this machine is the C compiler's own.
CROSS_PLUGINS = ("linux/386", "linux/arm", "linux/arm64", "linux/s390x", "linux/ppc64le", "freebsd/amd64", *DARWIN)
_ZIG_TARGETS = {"darwin/amd64": "x86_64-macos", "darwin/arm64": "aarch64-macos"}
_GLIBC = "2.31"
# The last Go that wrote its build info behind pointers.
OLD = "go1.17.13"
PROGRAM = 'package main\n\nimport "os"\n\nfunc Hook(x int) int { return x }\n\nfunc main() { os.Exit(Hook(0)) }\n'
PLUGIN = 'package main\n\nimport "os"\n\nvar Variable = 1\n\nfunc Hook(x int) int { return x }\n\nfunc main() { os.Exit(Hook(0)) }\n'
HOST = 'package main\n\nimport "plugin"\n\nfunc main() { plugin.Open("") }\n'
# What zig's linker for macOS does not know; and Go before 1.24 links for arm64 with GNU gold and nothing else (golang/go#22040).
_COMPILER = """#!/bin/sh
case " $* " in *" -Wl,--version "*) echo 'GNU gold'; exit ;; esac
for word do
    shift
    case $word in -fuse-ld=gold | -Wl,-flat_namespace | -Wl,-bind_at_load | -Wl,-S | -Wl,-x) ;; *) set -- "$@" "$word" ;; esac
done
exec {zig} cc -target {target} "$@"
"""
# Of each section and table, so many bytes from its beginning are worth spoiling.
_BEGINNING = 4096
# Of what is made by hand everything is.
_SMALL = 1 << 16


class Seed(t.NamedTuple):
    """A file, and the ranges (offset, size) of it that a reader looks at. platforms: of a universal file, those of its slices."""

    path: pathlib.Path
    ranges: t.Sequence[tuple[int, int]]
    platforms: t.Sequence[str]

    @property
    def name(self) -> str:
        return self.path.stem


def make(folder: pathlib.Path, go: str, zig: str) -> None:
    """Build the files, once. zig: the command; it compiles the plugins of other platforms."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("program", PROGRAM), ("p", PLUGIN), ("host", HOST)):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "main.go").write_text(text)
        (folder / name / "go.mod").write_text(f"module {name}\n\ngo 1.21\n")
    compilers = _compilers(folder / "compilers", zig)
    for target in TARGETS:
        build(go, folder / "program", _seed(folder, target), target, CGO_ENABLED="0")
    for target in CROSS_PLUGINS:
        build(go, folder / "p", _seed(folder, f"plugin/{target}"), target, "-buildmode=plugin", CGO_ENABLED="1", CC=compilers[target])
    build(go, folder / "p", folder / "plugin.seed", "", "-buildmode=plugin", CGO_ENABLED="1")
    by_hash = "-ldflags=-s -w -extldflags=-Wl,--hash-style=sysv"
    build(go, folder / "p", folder / "plugin-by-hash.seed", "", "-buildmode=plugin", by_hash, CGO_ENABLED="1")
    build(go, folder / "host", folder / "gateway.seed", "", CGO_ENABLED="1")
    for target in ("linux/amd64", "linux/s390x", "linux/386"):
        build(go, folder / "program", _seed(folder, f"old/{target}"), target, CGO_ENABLED="0", GOTOOLCHAIN=OLD)
    for name, form in (("addresses", craft.POINTER), ("offsets", craft.POINTER_OFFSET)):
        (folder / f"plugin-fixups-{name}.seed").write_bytes(craft.macho_plugin(form))
    fat = folder / "plugin-universal.seed"
    if not fat.exists():
        fat.write_bytes(universal([_seed(folder, f"plugin/{target}").read_bytes() for target in DARWIN]))
    known = {path.name: (ranges(path), DARWIN if path == fat else ()) for path in folder.glob("*.seed")}
    (folder / "ranges.json").write_text(json.dumps(known))


def _seed(folder: pathlib.Path, name: str) -> pathlib.Path:
    return folder / f"{name.replace('/', '-')}.seed"


def _compilers(folder: pathlib.Path, zig: str) -> dict[str, str]:
    """CC by platform."""
    shutil.rmtree(folder, ignore_errors=True)
    write_sdk(folder, pathlib.Path(zig).parent / "lib" / "libc")
    found = {}
    for platform in CROSS_PLUGINS:
        target = _ZIG_TARGETS.get(platform) or zig_target(platform, "" if platform.startswith("freebsd/") else _GLIBC)
        words = f"{target} -F{shlex.quote(str(folder))} -L{shlex.quote(str(folder))} -undefined dynamic_lookup"
        script = folder / f"zig-{target}"
        script.write_text(_COMPILER.format(zig=shlex.quote(zig), target=words if platform in DARWIN else target))
        script.chmod(0o755)
        found[platform] = f"'{script}'"
    return found


def build(go: str, source: pathlib.Path, output: pathlib.Path, target: str, *flags: str, **variables: str) -> None:
    """Build a seed, unless it is there. target: as V(linux/arm64); empty for this machine."""
    if not output.exists():
        # Flags of the caller's own settings (go env -w) take the place of empty ones.
        environment = {**os.environ, "GOFLAGS": "-trimpath", "GOWORK": "off", "GOTOOLCHAIN": "local", **variables}
        if target:
            environment["GOOS"], environment["GOARCH"] = target.split("/")
        partial = f"{output}.partial"
        subprocess.run([go, "build", "-ldflags=-s -w", *flags, "-o", partial, "."], cwd=source, env=environment, check=True)
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
    return [Seed(folder / name, *known[name]) for name in sorted(known)]


def ranges(path: pathlib.Path) -> tuple[tuple[int, int], ...]:
    """The header, the end, the beginning of each section and table, and what a plugin's own list of packages and symbols is made of."""
    size = path.stat().st_size
    if size <= _SMALL:
        return ((0, size),)
    found = {(0, min(size, 2 * _BEGINNING)), (max(size - 2 * _BEGINNING, 0), min(size, 2 * _BEGINNING))}
    is_macho = lief.is_macho(str(path))
    # Kept, as what LIEF gives of a file does not live longer than the file.
    parsed = lief.MachO.parse(str(path)) if is_macho else [lief.ELF.parse(str(path))]
    for binary in parsed:
        base = getattr(binary, "fat_offset", 0)
        places = [(section.offset if is_macho else section.file_offset, section.size) for section in binary.sections]
        places += _link_edit(binary) if is_macho else []
        for offset, length in places:
            if length and base + offset + 1 < size:
                found.add((base + offset, min(length, _BEGINNING, size - base - offset)))
    for platform in DARWIN if is_macho else (None,):
        found |= set(_module_data(str(path), platform))
    return tuple(sorted(found))


def _link_edit(binary: t.Any) -> list[tuple[int, int]]:
    """The tables for dyld, which are in no section."""
    symbols, info, trie, chains = (
        binary.symbol_command,
        binary.dyld_info,
        binary.dyld_exports_trie,
        binary.dyld_chained_fixups,
    )
    found = [(symbols.symbol_offset, symbols.numberof_symbols * 16), (symbols.strings_offset, symbols.strings_size)] if symbols else []
    found += [tuple(info.export_info)] if info else []
    return found + [(table.data_offset, table.data_size) for table in (trie, chains) if table]


def _module_data(path: str, platform: str | None) -> t.Iterator[tuple[int, int]]:
    """The pointer to a plugin's moduledata, that itself, its lists of packages and symbols, and their first names and types."""
    try:
        with open_binary(path, platform) as binary:
            image, module = binary._image, binary._module
            if module is None:
                return
            word = image.pointer_size
            last = image.symbol(b"runtime.lastmoduledatap").address
            packages, exports = module.packages[0], module.exports[0]
            addresses = [(last, word), (image.words(last, 1)[0], 64 * word), (packages, 5 * word * module.packages[1])]
            addresses += [(address, 16) for address in image.words(packages, 5)[::2] if address]
            if module.exports[1]:
                addresses.append((exports, 8 * module.exports[1]))
                entry = image.at(exports).read(0, 8)
                for place in struct.unpack(f"{image.byte_order}2i", entry):
                    addresses.append((module.types + place, 6 * word))
            for address, size in addresses:
                span = image.at(address)
                yield span.start, min(size, span.size)
    except BinaryError as error:
        if error.code != "other-platform":
            raise
