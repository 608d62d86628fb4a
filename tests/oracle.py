# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others read in a compiled Go file, against what the collection reads: go version -m, nm, pyelftools and LIEF."""

from __future__ import annotations

import re
import subprocess
import typing as t

import lief
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary, open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.image import Budget
from elftools.elf import enums
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

FINGERPRINT = "go:link.pkghashbytes."


# The names that pyelftools has for the tags of the dynamic table, of all processors.
_TAGS = {name: number for table, names in vars(enums).items() if table.startswith("ENUM_D_TAG") for name, number in names.items()}
# LIEF marks the tags of one processor by higher bits.
_TAG_BITS = 0xFFFFFFFF


def disagreements(path: str, go: str, platform: str | None = None) -> list[str]:
    """One line for each thing that another tool sees otherwise; none if all agree. platform: of the slice of a universal file."""
    found = []
    with open_binary(path, platform) as binary:
        # Go reads the first slice of a universal file.
        checks = [_build_info(binary, go)] if platform is None else []
        if binary.format == "elf":
            checks += [_fingerprints(binary), _symbols(binary), _by_pyelftools(binary), _elf_by_lief(binary)]
        else:
            checks.append(_macho_by_lief(binary))
        for check in checks:
            found += [f"{path}: {what}: {tool!r}, here {ours!r}" for what, tool, ours in map(_different, check) if tool != ours]
    return found


def _different(row: tuple[str, t.Any, t.Any]) -> tuple[str, t.Any, t.Any]:
    """Of two mappings only what differs: some have thousands of symbols."""
    what, tool, ours = row
    if isinstance(tool, dict) and isinstance(ours, dict):
        same = {name for name in tool.keys() & ours.keys() if tool[name] == ours[name]}
        return what, *({name: value for name, value in told.items() if name not in same} for told in (tool, ours))
    return row


Check = t.Iterator[t.Tuple[str, t.Any, t.Any]]


def _build_info(binary: GoBinary, go: str) -> Check:
    lines = subprocess.run([go, "version", "-m", binary.path], check=True, capture_output=True, text=True).stdout.splitlines()
    rows = [line.split("\t")[1:] for line in lines[1:]]
    info = binary.build_info
    yield "go version", lines[0].split()[1], info.go_version
    settings = {name: value.strip('"') for name, _equals, value in (row[1].partition("=") for row in rows if row[0] == "build")}
    yield "build settings", settings, dict(info.settings)
    modules = [(row[0], row[1], row[2], (row[3:] or [""])[0]) for row in rows if row[0] in ("mod", "dep", "=>")]
    ours = []
    for kind, module in (("mod", info.main), *(("dep", dependency) for dependency in info.deps)):
        if module is not None:
            ours.append((kind, module.path, module.version, module.sum))
            if module.replace is not None:
                ours.append(("=>", module.replace.path, module.replace.version, module.replace.sum))
    replaced = {place - 1 for place, row in enumerate(modules) if row[0] == "=>"}
    yield (
        "modules",
        [row[:3] if place in replaced else row for place, row in enumerate(modules)],
        [row[:3] if place in replaced else row for place, row in enumerate(ours)],
    )


def _fingerprints(binary: GoBinary) -> Check:
    listed = subprocess.run(["nm", "-gD", binary.path], check=False, capture_output=True, text=True).stdout
    named = set(re.findall(rf"^[0-9a-f]+ \w {re.escape(FINGERPRINT)}(.+)$", listed, re.MULTILINE))
    yield "fingerprints", named, set(binary.fingerprints())
    yield "each looked up", {name: True for name in named}, {name: binary.fingerprint(name) is not None for name in named}


def _symbols(binary: GoBinary) -> Check:
    """Every dynamic symbol, looked up by its name: the address as nm has it, the kind as LIEF has it."""
    image = binary._image
    command = ["nm", "-gD", "--without-symbol-versions", binary.path]
    listed = subprocess.run(command, check=False, capture_output=True, text=True, errors="surrogateescape").stdout
    rows = re.findall(r"^([0-9a-f]+| +) (\w) (.+)$", listed, re.MULTILINE)
    addresses = {name: int(address, 16) if letter not in "Uwv" else None for address, letter, name in rows}
    ours = {}
    for name in addresses:
        # The bound is on what a verdict asks, which is not everything.
        image._budget = Budget(image.file)
        ours[name] = image.symbol(name.encode("utf-8", "surrogateescape"))
    yield "symbols", addresses, {name: None if symbol is None else symbol.address for name, symbol in ours.items()}
    functions = (lief.ELF.Symbol.TYPE.FUNC, lief.ELF.Symbol.TYPE.GNU_IFUNC)
    elf = lief.ELF.parse(binary.path)
    kinds = {
        symbol.name: symbol.type in functions
        for symbol in elf.dynamic_symbols
        if symbol.name and symbol.shndx and symbol.binding != lief.ELF.Symbol.BINDING.LOCAL
    }
    yield "kinds of symbols", kinds, {name: symbol.is_function for name, symbol in ours.items() if symbol is not None}


def _by_pyelftools(binary: GoBinary) -> Check:
    image = binary._image
    with open(binary.path, "rb") as file:
        elf = ELFFile(file)
        yield "machine", (elf.elfclass // 8, "<" if elf.little_endian else ">"), (image.pointer_size, image.byte_order)
        for section in elf.iter_sections():
            if section.name and elf.get_section_by_name(section.name)["sh_offset"] == section["sh_offset"]:
                yield f"section {section.name}", (section["sh_addr"], section["sh_size"]), image._section(section.name.encode())
        segment = next((segment for segment in elf.iter_segments() if segment.header.p_type == "PT_DYNAMIC"), None)
        entries = [(_TAGS.get(tag["d_tag"], tag["d_tag"]), tag["d_val"]) for tag in segment.iter_tags()] if segment else []
        yield "dynamic entries", entries[:-1], list(image._dynamic)
        needed = [tag.needed for tag in segment.iter_tags("DT_NEEDED")] if segment else []
        yield "needed libraries", needed, list(binary.libraries().needed)
        versions = {}
        for section in elf.iter_sections():
            if isinstance(section, GNUVerNeedSection):
                versions = {need.name: tuple(version.name for version in entries) for need, entries in section.iter_versions()}
        yield "needed versions", versions, dict(binary.libraries().versions)


def _elf_by_lief(binary: GoBinary) -> Check:
    image = binary._image
    elf = lief.ELF.parse(binary.path)
    first = {section.name: (section.virtual_address, section.size) for section in reversed(list(elf.sections)) if section.name}
    yield "sections", first, {name: image._section(name.encode()) for name in first}
    entries = [(int(entry.tag) & _TAG_BITS, entry.value) for entry in elf.dynamic_entries]
    yield "dynamic entries", entries[: len(image._dynamic)], list(image._dynamic)
    yield "libraries", list(elf.libraries), list(binary.libraries().needed)


def _macho_by_lief(binary: GoBinary) -> Check:
    image = binary._image
    universal = lief.MachO.parse(binary.path)
    (thin,) = (one for one in universal if one.fat_offset == image.file.start)
    yield (
        "sections",
        [(section.name, section.virtual_address, section.size) for segment in thin.segments for section in segment.sections],
        [(name.decode(), section.address, section.size) for name, section in image._sections],
    )
    own = lief.MachO.LoadCommand.TYPE.ID_DYLIB
    yield "libraries", [library.name for library in thin.libraries if library.command != own], list(binary.libraries().needed)
    named = {symbol.name[1:] for symbol in thin.exported_symbols if symbol.name.startswith(f"_{FINGERPRINT}")}
    yield "fingerprints", {name[len(FINGERPRINT) :] for name in named}, set(binary.fingerprints())
