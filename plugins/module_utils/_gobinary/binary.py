# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One compiled Go file as a value."""

from __future__ import annotations

import contextlib
import functools
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import elf
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.buildinfo import read_build_info
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BuildInfo, Libraries, Platform, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import open_regular, text

# The linker writes a package's fingerprint as a symbol of this name and the import path
# (src/cmd/link/internal/ld/symtab.go, symtab). Before Go 1.20 there was a dot where the colon is.
_FINGERPRINT = b"link.pkghashbytes."
_PREFIXES = (b"go:" + _FINGERPRINT, b"go." + _FINGERPRINT)
# goobj.FingerprintType is [8]byte (src/cmd/internal/goobj/objfile.go).
_FINGERPRINT_SIZE = 8


class GoBinary:
    """A compiled Go file. Nothing is read before it is asked for."""

    def __init__(self, path: str, image: elf.Elf) -> None:
        self.path = path
        self.size = image.file.size
        self.format = image.format
        self._image = image

    @functools.cached_property
    def build_info(self) -> BuildInfo:
        return read_build_info(self._image)

    @functools.cached_property
    def platform(self) -> Platform:
        """The processor is that of the header, which decides where it runs; the system is that of the build info, which is exact."""
        return Platform(self.build_info.settings.get("GOOS") or self._image.goos, self._image.goarch)

    @property
    def build_mode(self) -> str:
        return self.build_info.settings.get("-buildmode", "")

    @property
    def has_fingerprints(self) -> bool:
        """Whether it is a plugin or a program that can load plugins. Every Go program has the package runtime."""
        return self.fingerprint("runtime") is not None

    def fingerprints(self) -> dict[str, bytes]:
        """Import path to fingerprint of every package, in the order in which the runtime checks them."""
        found: dict[str, bytes] = {}
        for name in self._image.names(_FINGERPRINT):
            for prefix in _PREFIXES:
                if name.startswith(prefix):
                    value = self._value(name)
                    if value is not None:
                        found[text(name[len(prefix) :])] = value
        return found

    def fingerprint(self, import_path: str) -> bytes | None:
        """The fingerprint of one package, None where the file has no such package."""
        name = import_path.encode("utf-8", "surrogateescape")
        for prefix in _PREFIXES:
            value = self._value(prefix + name)
            if value is not None:
                return value
        return None

    def _value(self, name: bytes) -> bytes | None:
        symbol = self._image.symbol(name)
        return None if symbol is None else self._image.read(symbol.address, _FINGERPRINT_SIZE)

    @functools.cached_property
    def plugin_path(self) -> str | None:
        """What the runtime knows the plugin by; two plugins of one path cannot both be loaded. None where it is no plugin."""
        path = self.build_info.path
        if self.build_mode != "plugin" or self._image.symbol(path_to_prefix(path.encode()) + b".main") is None:
            return None
        return path

    def exported(self) -> dict[str, Symbol]:
        """The exported identifiers of a plugin's main package; empty for a program."""
        if self.plugin_path is None:
            return {}
        prefix = path_to_prefix(self.plugin_path.encode()) + b"."
        found: dict[str, Symbol] = {}
        for name in self._image.names(prefix):
            identifier = text(name[len(prefix) :])
            if not name.startswith(prefix) or not is_exported(identifier):
                continue
            symbol = self._image.symbol(name)
            if symbol is not None:
                found[identifier] = Symbol(identifier, "func" if symbol.is_function else "var", None)
        return found

    def libraries(self) -> Libraries:
        return self._image.libraries()


@contextlib.contextmanager
def open_binary(path: str) -> t.Iterator[GoBinary]:
    """Open a compiled Go file. Raises BinaryError, here and from every method of the value."""
    file = open_regular(path)
    try:
        if file.size < len(elf.MAGIC) or file.read(0, len(elf.MAGIC)) != elf.MAGIC:
            raise file.error("not-a-go-binary", "it is no ELF file")
        yield GoBinary(path, elf.Elf(file))
    finally:
        os.close(file.descriptor)


def is_exported(identifier: str) -> bool:
    """Whether it is an identifier of Go that begins with an upper-case letter (https://go.dev/ref/spec#Exported_identifiers)."""
    letters = all(char == "_" or char.isalpha() or char.isdecimal() for char in identifier)
    return letters and identifier[:1].isalpha() and identifier[:1].isupper()


def path_to_prefix(path: bytes) -> bytes:
    """An import path as it begins the names of the package's symbols (src/cmd/internal/objabi/path.go, PathToPrefix)."""
    slash = path.rfind(b"/")
    return b"".join(
        b"%%%02x" % byte if byte <= 0x20 or byte >= 0x7F or byte in b'%"' or (byte == 0x2E and place > slash) else bytes((byte,))
        for place, byte in enumerate(path)
    )
