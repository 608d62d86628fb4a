# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the verdict needs to know of a gateway and of plugins, as plain values. The files are read here and nowhere else."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import FULL_SIGNATURES
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, BuildInfo, Libraries, Module, Symbol

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary, GoFile

# A package of every Go program. Go's linker gives its fingerprint to each program that can load plugins.
RUNTIME = "runtime"
# The codes of BinaryError where there is no file, or none that can be read.
_NO_FILE = ("not-found", "not-a-file", "unreadable")
# A package that "go build -cover" compiles in. Go before 1.23 notes the flag nowhere else.
COVERAGE = "runtime/coverage"


class Plugin(t.NamedTuple):
    """A plugin that is to be compared with a gateway.

    name: that of the plugin, None where only its file is known. symbols: names that it must export.
    hooks: further names, with the kind of hook that the gateway uses each as.
    load: whether the gateway may load it. environment, files: what its init functions need then, variables, and files from their path in
    the folder of that process to where they are.
    """

    path: str
    name: str | None = None
    symbols: tuple[str, ...] = ()
    hooks: t.Mapping[str, str] = {}
    load: bool = True
    environment: t.Mapping[str, str] = {}
    files: t.Mapping[str, str] = {}


class Facts(t.NamedTuple):
    """One file.

    unreadable: why it is not a whole Go binary; then nothing below is known, but what is wanted. absent: the code of the error where there
    is no file, or none that can be read.
    slices: the platforms of a universal file; the rest is about one of them.
    platform: "linux/amd64". go_version: "go1.22.7", empty where unknown. main, deps: the modules it was built from.
    settings: what "go version -m" calls build; empty where the file has none.
    fingerprints: import path to 8 bytes. Of a plugin all, in the order in which the loader compares them: each package after those
    that it imports. Of a gateway those of the packages that the plugins have, and of RUNTIME and COVERAGE.
    plugin_path: the import path by which a process knows the plugin. exported: what the plugin's main package exports.
    hook_types: of the exported functions that are to be hooks, whether each has the very type of its hook; None where the file does
    not say.
    wanted: what a plugin must be.
    """

    path: str
    unreadable: str = ""
    absent: str = ""
    slices: tuple[str, ...] = ()
    platform: str = ""
    go_version: str = ""
    experiments: tuple[str, ...] = ()
    main: Module | None = None
    deps: tuple[Module, ...] = ()
    settings: t.Mapping[str, str] = {}
    build_mode: str = ""
    fingerprints: t.Mapping[str, bytes] = {}
    plugin_path: str | None = None
    exported: t.Mapping[str, Symbol] = {}
    hook_types: t.Mapping[str, bool | None] = {}
    libraries: Libraries | None = None
    wanted: Plugin = Plugin("")

    @property
    def counts_coverage(self) -> bool:
        """Whether the file was built with -cover."""
        return self.settings.get("-cover") == "true" or COVERAGE in self.fingerprints

    @property
    def profile(self) -> profiles.Profile:
        """How the file was built, as far as it says."""
        info = BuildInfo(self.go_version, self.experiments, "", self.main, self.deps, dict(self.settings))
        return profiles.from_build_info(info)._replace(cover=self.counts_coverage)


class Pairing(t.NamedTuple):
    """The facts of a gateway and of plugins for it, as one process of the gateway has them."""

    gateway: Facts
    plugins: tuple[Facts, ...]


def gather(gateway: GoFile, plugins: t.Sequence[Plugin], host: str = "") -> tuple[Pairing, ...]:
    """The facts of a gateway and of plugins for it: one pairing, or one for each slice of a universal gateway that it may run as.

    host: the platform of this machine. That a plugin is not there, and that a file is no Go binary, are facts too.
    """
    found = [_read_plugin(plugin) for plugin in plugins]
    slices = _slices(gateway)
    pairings = []
    for platform in _processes(slices, found, host) if slices else (_platform(gateway),):
        of_plugins = tuple(one.get(platform) or next(iter(one.values())) for one in found)
        wanted = dict.fromkeys([RUNTIME, COVERAGE, *(name for facts in of_plugins for name in facts.fingerprints)])
        of_gateway = _read(gateway, platform if slices else None, functools.partial(_gateway_facts, wanted=wanted))
        pairings.append(Pairing(of_gateway._replace(slices=slices), of_plugins))
    return tuple(pairings)


def _read_plugin(plugin: Plugin) -> dict[str, Facts]:
    """From platform to facts: of a universal file those of each slice, of every other file its own alone."""
    try:
        with open_file(plugin.path) as file:
            slices = _slices(file)
            read = [_read(file, platform, functools.partial(_plugin_facts, hooks=plugin.hooks)) for platform in slices or (None,)]
    except BinaryError as error:
        slices, read = (), [_unreadable(plugin.path, error)]
    platforms = slices or (read[0].platform,)
    return {platform: facts._replace(slices=slices, wanted=plugin) for platform, facts in zip(platforms, read)}


def _slices(file: GoFile) -> tuple[str, ...]:
    try:
        return file.slices
    except BinaryError:
        return ()


def _platform(gateway: GoFile) -> str:
    try:
        return str(gateway.binary().platform)
    except BinaryError:
        return ""


def _processes(slices: t.Sequence[str], plugins: t.Sequence[t.Collection[str]], host: str) -> t.Sequence[str]:
    """Of the slices of a universal gateway those that suit all plugins: the host's if it is among them, else each.

    Where none suits all, one of those that suit most. plugins: the platforms of each.
    """
    suited = {platform: sum(platform in platforms for platforms in plugins) for platform in slices}
    most = [platform for platform, count in suited.items() if count == max(suited.values())]
    if host in most:
        return (host,)
    readable = sum(any(platforms) for platforms in plugins)
    return most if suited[most[0]] == readable else most[:1]


def _read(file: GoFile, platform: str | None, facts_of: t.Callable[[GoBinary], Facts]) -> Facts:
    """platform: of the slice that is wanted."""
    try:
        return facts_of(file.binary(platform))
    except BinaryError as error:
        return _unreadable(file.path, error)


def _unreadable(path: str, error: BinaryError) -> Facts:
    return Facts(path, unreadable=error.message, absent=error.code if error.code in _NO_FILE else "")


def _plugin_facts(binary: GoBinary, hooks: t.Mapping[str, str]) -> Facts:
    facts = _common(binary)
    if facts.build_mode != "plugin":
        return facts
    exported = binary.exported()
    functions = [exported[name] for name in hooks if name in exported and exported[name].kind == "func"]
    types = {symbol.name: binary.has_type(symbol, FULL_SIGNATURES[hooks[symbol.name]]) for symbol in functions}
    return facts._replace(fingerprints=binary.fingerprints(), plugin_path=binary.plugin_path, exported=exported, hook_types=types)


def _gateway_facts(binary: GoBinary, wanted: t.Iterable[str]) -> Facts:
    found = {name: binary.fingerprint(name) for name in wanted}
    return _common(binary)._replace(fingerprints={name: value for name, value in found.items() if value is not None})


def _common(binary: GoBinary) -> Facts:
    info = binary.build_info
    return Facts(
        path=binary.path,
        platform=str(binary.platform),
        go_version=info.go_version,
        experiments=info.experiments,
        main=info.main,
        deps=info.deps,
        settings=info.settings,
        build_mode=binary.build_mode or "",
        libraries=binary.libraries(),
    )
