# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Go's build info: found, decoded, parsed.

The linker writes it (src/cmd/link/internal/ld/data.go, buildinfo); src/debug/buildinfo/buildinfo.go and src/runtime/debug/mod.go read it.
"""

from __future__ import annotations

import re

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.image import Image
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BuildInfo, Module
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import text

_MAGIC = b"\xff Go buildinf:"
_ALIGN = 16
_HEADER = 32
_BIG_ENDIAN, _INLINE = 1, 2

# A version is a word or a line. The modules of the largest gateway known take 60 KB.
_MAX_VERSION = 4 << 10
_MAX_MODULES = 1 << 20
# Without section headers whole segments are searched; the largest gateway known has 538 MB.
_MAX_SEARCHED = 2 << 30

# The GOEXPERIMENTs follow the version after a space, or after a hyphen (src/cmd/link/internal/ld/main.go, Main).
_EXPERIMENTS = re.compile(r"[ -]X:(\S+)$")

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([0-7]{3})|.)")
_SIMPLE_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}


def read_build_info(image: Image) -> BuildInfo:
    """The build info of an image. Raises BinaryError."""
    searched = 0
    for address, size in image.build_info_places():
        searched += size
        if searched > _MAX_SEARCHED:
            raise image.file.error("too-large", f"its build info is not in the first {_MAX_SEARCHED} bytes of its data")
        found = _search(image, address, size)
        if found is not None:
            return _parse(image, *_decode(image, found))
    if image.symbol(b"runtime.lastmoduledatap") is not None:
        raise image.file.error("no-build-info", "Go linked it without build info, as it did with plugins before Go 1.21")
    raise image.file.error("not-a-go-binary", "it has no Go build info, so Go did not link it")


def _search(image: Image, address: int, size: int) -> int | None:
    """Address of the header within the range; it is a multiple of 16."""
    if not size:
        return None
    span = image.at(address)
    for offset, data in span.part(0, min(size, span.size)).blocks(_HEADER):
        place = data.find(_MAGIC)
        while 0 <= place <= len(data) - _HEADER:
            if (address + offset + place) % _ALIGN == 0:
                return address + offset + place
            place = data.find(_MAGIC, place + 1)
    return None


def _decode(image: Image, address: int) -> tuple[bytes, bytes]:
    """The version and the list of modules and settings."""
    header = image.read(address, _HEADER)
    if header[15] & _INLINE:
        version, following = _inline_string(image, address + _HEADER, _MAX_VERSION)
        modules, _following = _inline_string(image, following, _MAX_MODULES)
    else:
        # Before Go 1.18: pointers to two Go strings, in the pointer size and byte order that the header names.
        if (header[14], bool(header[15] & _BIG_ENDIAN)) != (image.pointer_size, image.byte_order == ">"):
            raise image.file.error("bad-build-info", "its Go build info is for another kind of processor")
        pointers = image.words(address + 16, 2)
        version, modules = (_go_string(image, pointer, limit) for pointer, limit in zip(pointers, (_MAX_VERSION, _MAX_MODULES)))
    if not version:
        raise image.file.error("bad-build-info", "its Go build info names no version")
    # The list stands between two markers of 16 bytes (src/cmd/go/internal/modload/build.go, ModInfoData).
    return version, modules[16:-16] if len(modules) >= 33 and modules[-17:-16] == b"\n" else b""


def _inline_string(image: Image, address: int, limit: int) -> tuple[bytes, int]:
    """A string after its length as a varint, and the address behind it."""
    span = image.at(address)
    length = size = 0
    for byte in span.peek(0, 10):
        length |= (byte & 0x7F) << 7 * size
        size += 1
        if byte < 0x80:
            break
    _check_length(image, length, limit)
    return span.read(size, length), address + size + length


def _go_string(image: Image, address: int, limit: int) -> bytes:
    if not address:
        return b""
    data, length = image.words(address, 2)
    _check_length(image, length, limit)
    return image.read(data, length) if length else b""


def _check_length(image: Image, length: int, limit: int) -> None:
    if length > limit:
        raise image.file.error("bad-build-info", f"its Go build info claims a string of {length} bytes, more than {limit}")


def _parse(image: Image, version: bytes, lines: bytes) -> BuildInfo:
    """src/runtime/debug/mod.go, ParseBuildInfo."""
    release = text(version)
    experiments = _EXPERIMENTS.search(release)
    path = ""
    modules: list[Module] = []
    settings: dict[str, str] = {}
    has_main = replaceable = False
    for number, line in enumerate(text(lines).split("\n")[:-1], 1):
        kind, _tab, rest = line.partition("\t")
        try:
            if kind == "path":
                path = rest
            elif kind in ("mod", "dep"):
                has_main = has_main or kind == "mod"
                modules.append(_module(rest))
            elif kind == "=>":
                if not replaceable:
                    raise ValueError("a replacement follows no module")
                modules[-1] = modules[-1]._replace(replace=_module(rest))
            elif kind == "build":
                key, value = _setting(rest)
                settings[key] = value
        except ValueError as error:
            raise image.file.error("bad-build-info", f"line {number} of its Go build info: {error}") from error
        replaceable = kind in ("mod", "dep")
    main = modules.pop(0) if has_main else None
    return BuildInfo(
        go_version=release[: experiments.start()] if experiments else release,
        experiments=tuple(experiments.group(1).split(",")) if experiments else (),
        path=path,
        main=main,
        deps=tuple(modules),
        settings=settings,
    )


def _module(columns: str) -> Module:
    words = columns.split("\t")
    if len(words) not in (2, 3):
        raise ValueError(f"a module has 2 or 3 columns, not {len(words)}")
    return Module(words[0], words[1], words[2] if len(words) == 3 else "")


def _setting(line: str) -> tuple[str, str]:
    """KEY=VALUE; either may be quoted as in Go source."""
    quoted = _QUOTED.match(line)
    end = quoted.end() if quoted else line.find("=")
    if end <= 0 or line[end : end + 1] != "=":
        raise ValueError("a setting without key or equals sign")
    return _unquote(line[:end]), _unquote(line[end + 1 :])


def _unquote(word: str) -> str:
    """src/strconv/quote.go, Unquote."""
    if word[:1] not in ('"', "`"):
        return word
    if not _QUOTED.fullmatch(word):
        raise ValueError("the quotes do not match")
    return word[1:-1] if word[0] == "`" else _ESCAPE.sub(_unescape, word[1:-1])


def _unescape(match: re.Match[str]) -> str:
    simple, short, long, byte, octal = match.groups()
    if simple:
        return _SIMPLE_ESCAPES[simple]
    if short or long:
        return _character(int(short or long, 16))
    if byte or octal:
        value = int(byte, 16) if byte else int(octal, 8)
        # A byte that is no character of its own stays visible as an escape, like every byte that is not UTF-8.
        return chr(value) if value < 0x80 else f"\\x{value & 0xFF:02x}"
    raise ValueError(f"unknown escape {match.group()}")


def _character(code: int) -> str:
    if 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        raise ValueError(f"{code:#x} is no character")
    return chr(code)
