# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Go's build info: found, decoded, parsed.

The linker writes it (src/cmd/link/internal/ld/data.go, buildinfo); src/debug/buildinfo/buildinfo.go and src/runtime/debug/mod.go read it.
"""

from __future__ import annotations

import re
import struct

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.image import Image
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BuildInfo, Module
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import Span, text

_MAGIC = b"\xff Go buildinf:"
_ALIGN = 16
_HEADER = 32
_BIG_ENDIAN, _INLINE = 1, 2

# A Go version is a word or a line; the module list of the largest gateway known has 60 KB.
_MAX_VERSION = 4 << 10
_MAX_MODULES = 8 << 20

# The GOEXPERIMENTs follow the version after a space, or after a hyphen (src/cmd/link/internal/ld/main.go, Main).
_EXPERIMENTS = re.compile(r"[ -]X:(\S+)$")

_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')


def read_build_info(image: Image) -> BuildInfo:
    """The build info of an ELF or Mach-O image. Raises BinaryError."""
    for address, size in image.build_info_places():
        found = _search(image, address, size)
        if found is not None:
            version, modules = _decode(image, found)
            return parse(image, version, modules)
    raise image.file.error("not-a-go-binary", "it has no Go build info, so Go did not link it")


def _search(image: Image, address: int, size: int) -> int | None:
    """Address of the header within the range: it lies on a multiple of 16."""
    span = image.at(address) if size else None
    if span is None:
        return None
    span = span.part(0, min(size, span.size))
    for offset, data in span.blocks(_HEADER):
        position = data.find(_MAGIC)
        while position >= 0:
            if (address + offset + position) % _ALIGN == 0 and position + _HEADER <= len(data):
                return address + offset + position
            position = data.find(_MAGIC, position + 1)
    return None


def _decode(image: Image, address: int) -> tuple[bytes, bytes]:
    """The version and the module list, as they stand in the file."""
    header = image.read(address, _HEADER)
    if header[15] & _INLINE:
        version, after = _inline_string(image, address + _HEADER, _MAX_VERSION)
        modules, _after = _inline_string(image, after, _MAX_MODULES)
    else:
        raise image.file.error("old-go", "it was linked by a Go before 1.18")
    if not version:
        raise image.file.error("not-a-go-binary", "its Go build info is empty")
    # 16 bytes of framing at either end (src/cmd/go/internal/modload/build.go, ModInfoData).
    if len(modules) >= 33 and modules[-17:-16] == b"\n":
        return version, modules[16:-16]
    return version, b""


def _inline_string(image: Image, address: int, limit: int) -> tuple[bytes, int]:
    """A string after its length as a varint, and the address behind it."""
    span = image.at(address)
    length = shift = used = 0
    for byte in span.read(0, min(10, span.size)):
        length |= (byte & 0x7F) << shift
        shift += 7
        used += 1
        if byte < 0x80:
            break
    if length > limit:
        raise image.file.error("bad-build-info", f"its Go build info claims a string of {length} bytes")
    return span.read(used, length), address + used + length


def parse(image: Image, version: bytes, modules: bytes) -> BuildInfo:
    """src/runtime/debug/mod.go, ParseBuildInfo. Raises BinaryError."""
    told = text(version)
    match = _EXPERIMENTS.search(told)
    path = ""
    main: Module | None = None
    deps: list[Module] = []
    settings: dict[str, str] = {}
    last = ""
    for number, line in enumerate(text(modules).split("\n"), 1):
        kind, _tab, rest = line.partition("\t")
        try:
            if kind == "path":
                path = rest
            elif kind == "mod":
                main = _module(rest)
            elif kind == "dep":
                deps.append(_module(rest))
            elif kind == "=>":
                if last == "mod" and main:
                    main = main._replace(replace=_module(rest))
                elif last == "dep":
                    deps[-1] = deps[-1]._replace(replace=_module(rest))
                else:
                    raise ValueError("a replacement follows no module")
            elif kind == "build":
                key, value = _setting(rest)
                settings[key] = value
        except ValueError as error:
            raise image.file.error("bad-build-info", f"line {number} of its Go build info: {error}") from error
        last = kind
    experiments = tuple(match.group(1).split(",")) if match else ()
    return BuildInfo(told[: match.start()] if match else told, experiments, path, main, tuple(deps), settings)


def _module(columns: str) -> Module:
    words = columns.split("\t")
    if len(words) not in (2, 3):
        raise ValueError(f"2 or 3 columns are expected, not {len(words)}")
    return Module(words[0], words[1], words[2] if len(words) == 3 else "")


def _setting(line: str) -> tuple[str, str]:
    """KEY=VALUE; either may be quoted as in Go source."""
    quoted = _QUOTED.match(line) if line[:1] in ('"', "`") else None
    end = quoted.end() if quoted else line.find("=")
    if end <= 0 or line[end : end + 1] != "=":
        raise ValueError("a setting without key or '='")
    return _unquote(line[:end]), _unquote(line[end + 1 :])


def _unquote(word: str) -> str:
    """src/strconv/quote.go, Unquote."""
    if word[:1] not in ('"', "`"):
        return word
    if not _QUOTED.fullmatch(word):
        raise ValueError("the quotes do not match")
    return word[1:-1] if word[0] == "`" else _ESCAPE.sub(_unescape, word[1:-1])


def _unescape(match: re.Match[str]) -> str:
    simple, *numbers = match.groups()
    if simple:
        return _ESCAPES[simple]
    octal = numbers.pop()
    return chr(int(octal, 8) if octal else int(next(filter(None, numbers)), 16))
