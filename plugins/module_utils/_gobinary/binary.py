# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One compiled Go file as a value."""

from __future__ import annotations

import contextlib
import functools
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import elf, plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.buildinfo import read_build_info
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.image import Image
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, BuildInfo, Libraries, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.span import Span, open_regular, text
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

# A symbol of this name and the import path holds the fingerprint of a package (src/cmd/link/internal/ld/symtab.go, symtab).
# The path is not escaped here as it is in other symbols. Before Go 1.20 there was a dot where the colon is.
_FINGERPRINTS = (b"go:link.pkghashbytes.", b"go.link.pkghashbytes.")

_ESCAPED = re.compile(rb"%([0-9a-f]{2})")

# Texts of variables; versions and commits have a few bytes.
_MAX_STRING = 4096


class GoBinary:
    """A compiled Go file. Nothing is read before it is asked for; every property and method may raise BinaryError."""

    def __init__(self, path: str, image: Image) -> None:
        self.path = path
        self.size = image.file.size
        self.format = image.format
        self._image = image

    @functools.cached_property
    def build_info(self) -> BuildInfo:
        return read_build_info(self._image)

    @functools.cached_property
    def platform(self) -> Platform:
        """The processor from the header, which decides where it runs; the system from the build info, as ELF does not name all of them."""
        return Platform(self._settings.get("GOOS") or self._image.goos, self._image.goarch)

    @property
    def header_platform(self) -> Platform:
        """What the header alone says, for a file that Go had no part in."""
        return Platform(self._image.goos, self._image.goarch)

    @property
    def build_mode(self) -> str:
        """As go build -buildmode has it. Go before 1.20 does not record it: then it follows from the kind of file."""
        recorded = self._settings.get("-buildmode")
        if recorded:
            return recorded
        if self._image.kind != "shared":
            return self._image.kind
        return "c-shared" if self._module is None else "plugin"

    @functools.cached_property
    def _settings(self) -> dict[str, str]:
        """Empty where there is no build info: a plugin of Go before 1.21 has none, but everything else."""
        try:
            return self.build_info.settings
        except BinaryError as error:
            if error.code != "no-build-info":
                raise
            return {}

    @functools.cached_property
    def _module(self) -> plugin.Module | None:
        return plugin.read_module(self._image)

    def string(self, variable: str) -> str | None:
        """The text that a variable has when the program starts; None where the file does not export it.

        variable: import path and name, C(main.version). Programs that can load plugins export all of their variables.
        """
        package, _dot, name = variable.rpartition(".")
        symbol = self._image.symbol(path_to_prefix(package.encode("utf-8", "surrogateescape")) + b"." + name.encode())
        if symbol is None or symbol.is_function:
            return None
        address, length = self._image.words(symbol.address, 2)
        if length > _MAX_STRING:
            raise self._image.file.error("bad-string", f"{variable} has {length} bytes, which is too long")
        return text(self._image.read(address, length)) if length else ""

    # Fingerprints.

    @property
    def has_fingerprints(self) -> bool:
        """Whether it is a plugin, or a program that can load plugins: in every other file Go leaves the fingerprints out."""
        return self.fingerprint("runtime") is not None

    def fingerprints(self) -> dict[str, bytes]:
        """Import path to fingerprint of every package; of a plugin in the order in which the runtime compares them."""
        if self._module is not None:
            return {text(path): value for path, value in plugin.packages(self._image, self._module)}
        found: dict[str, bytes] = {}
        for prefix in _FINGERPRINTS:
            for name in self._image.names(prefix):
                value = self._value(name)
                if value is not None:
                    found[text(name[len(prefix) :])] = value
            if found:
                break
        return found

    def fingerprint(self, import_path: str) -> bytes | None:
        """The fingerprint of one package; None where the file has no such package. The cost does not grow with the file."""
        if self._prefix is None:
            return None
        return self._value(self._prefix + import_path.encode("utf-8", "surrogateescape"))

    @functools.cached_property
    def _prefix(self) -> bytes | None:
        """What the symbols of fingerprints begin with; None where there are none, as every program has the package runtime."""
        return next((prefix for prefix in _FINGERPRINTS if self._value(prefix + b"runtime") is not None), None)

    def _value(self, name: bytes) -> bytes | None:
        symbol = self._image.symbol(name)
        return None if symbol is None else self._image.read(symbol.address, plugin.FINGERPRINT_SIZE)

    # Plugins.

    @functools.cached_property
    def plugin_path(self) -> str | None:
        """What the runtime knows a plugin by: two of one path cannot both be loaded. None for a program."""
        if self._module is not None:
            return text(prefix_to_path(self._module.path))
        return self.build_info.path if self._settings.get("-buildmode") == "plugin" else None

    def exported(self) -> dict[str, Symbol]:
        """What C(plugin.Lookup) finds: the exported functions and variables of a plugin's main package; empty for a program."""
        if self.plugin_path is None:
            return {}
        prefix = path_to_prefix(self.plugin_path.encode("utf-8", "surrogateescape")) + b"."
        return self._typed_exports(prefix) or self._exports(prefix)

    def _typed_exports(self, prefix: bytes) -> dict[str, Symbol]:
        """From the plugin's own table; empty where it has none that agrees with the symbols."""
        if self._module is None:
            return {}
        found: dict[str, Symbol] = {}
        try:
            for name, kind in plugin.exports(self._image, self._module):
                symbol = self._image.symbol(prefix + name)
                if symbol is None or symbol.is_function != (kind.kind == plugin.FUNC) or kind.kind not in (plugin.FUNC, plugin.POINTER):
                    return {}
                signature = kind.string if symbol.is_function else kind.string[1:]
                found[text(name)] = Symbol(text(name), "func" if symbol.is_function else "var", text(signature), kind.hash)
        except BinaryError:
            return {}
        return found

    def _exports(self, prefix: bytes) -> dict[str, Symbol]:
        """From the symbols alone, which have no types."""
        found: dict[str, Symbol] = {}
        for name in self._image.names(prefix):
            symbol = self._image.symbol(name) if plugin.is_exported(name[len(prefix) :]) else None
            if symbol is not None:
                identifier = text(name[len(prefix) :])
                found[identifier] = Symbol(identifier, "func" if symbol.is_function else "var", None, None)
        return found

    def has_type(self, symbol: Symbol, name: str) -> bool | None:
        """Whether an exported function or variable is of the type of this full name; None where the file does not say.

        name: with import paths where C(Symbol.signature) has package names, C(func(net/http.ResponseWriter, *net/http.Request)),
        so that a package of the same name at another path is another one, as it is for the type assertion of the gateway.
        """
        if symbol.type_hash is None:
            return None
        try:
            expected = plugin.type_hash(self._image, name if symbol.kind == "func" else f"*{name}")
        except BinaryError:
            return None
        return None if expected is None else expected == symbol.type_hash

    # Libraries.

    def libraries(self) -> Libraries:
        return self._image.libraries()


class GoFile:
    """A file that is open for reading: one compiled Go file, or a universal Mach-O file with one for each of its platforms.

    It is opened once, whatever is asked of it; every property and method may raise BinaryError.
    """

    def __init__(self, file: Span) -> None:
        self.path = file.opened.path
        self._file = file
        self._binaries: dict[str | None, GoBinary] = {}

    @functools.cached_property
    def slices(self) -> tuple[str, ...]:
        """What a universal Mach-O file has slices for, in its order; empty for every other file."""
        magic = self._file.peek(0, 4)
        if magic == elf.MAGIC:
            return ()
        # Only here and below: on each host the imports of a module are compiled anew.
        from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import macho

        if magic not in (macho.UNIVERSAL_MAGIC, macho.UNIVERSAL_MAGIC_64):
            return ()
        return tuple(dict.fromkeys(f"darwin/{arch}" for arch, _part in macho.slices(self._file)))

    @property
    def abi(self) -> bytes:
        """As C(elf.abi)."""
        return elf.abi(self._file.peek(0, elf.ABI_BYTES))

    def binary(self, platform: str | None = None) -> GoBinary:
        """The compiled Go file. platform: as V(darwin/arm64), of the wanted slice; a file for another platform is refused."""
        if platform not in self._binaries:
            binary = GoBinary(self.path, _image(self._file, platform))
            if platform is not None and str(binary.platform) != platform:
                raise self._file.error("other-platform", f"it is for {binary.platform}, not for {platform}")
            self._binaries[platform] = binary
        return self._binaries[platform]


@contextlib.contextmanager
def open_file(path: str) -> t.Iterator[GoFile]:
    """Open a file. Raises BinaryError."""
    file = open_regular(path)
    try:
        yield GoFile(file)
    finally:
        file.opened.close()


@contextlib.contextmanager
def open_binary(path: str, platform: str | None = None) -> t.Iterator[GoBinary]:
    """Open a compiled Go file. platform: as C(GoFile.binary) takes it. Raises BinaryError, here and from the value."""
    with open_file(path) as file:
        yield file.binary(platform)


def _image(file: Span, platform: str | None) -> Image:
    magic = file.peek(0, 4)
    if magic == elf.MAGIC:
        return elf.Elf(file)
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import macho

    if magic == macho.MAGIC:
        return macho.MachO(file)
    if magic in (macho.UNIVERSAL_MAGIC, macho.UNIVERSAL_MAGIC_64):
        return macho.MachO(_slice(file, platform))
    if magic in macho.OTHER_MAGICS:
        raise file.error("not-supported", "it is a Mach-O file of 32 bit or big-endian, for which Go compiles no longer")
    raise file.error("not-a-go-binary", "it is neither an ELF nor a Mach-O file")


def _slice(file: Span, platform: str | None) -> Span:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import macho

    slices = macho.slices(file)
    wanted = [part for arch, part in slices if platform is None or platform.rpartition("/")[2] == arch]
    if len(wanted) == 1:
        return wanted[0]
    names = ", ".join(f"darwin/{arch}" for arch, _part in slices) or "none that Go knows"
    if platform is None:
        raise BinaryError("ambiguous", f"{file.opened.path} is a universal file for {names}", "name one of them as platform")
    raise file.error("other-platform", f"it is a universal file for {names}, not for {platform}")


def path_to_prefix(path: bytes) -> bytes:
    """An import path as it begins the names of a package's symbols (src/cmd/internal/objabi/path.go, PathToPrefix)."""
    slash = path.rfind(b"/")
    return b"".join(
        b"%%%02x" % byte if byte <= 0x20 or byte >= 0x7F or byte in b'%"' or (byte == 0x2E and place > slash) else bytes((byte,))
        for place, byte in enumerate(path)
    )


def prefix_to_path(prefix: bytes) -> bytes:
    """The inverse (PrefixToPath there)."""
    return _ESCAPED.sub(lambda match: bytes((int(match.group(1), 16),)), prefix)
