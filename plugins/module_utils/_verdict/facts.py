# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the verdict needs to know of a gateway and of plugins, as plain values. The files are read here and nowhere else."""

from __future__ import annotations

import functools
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import FULL_SIGNATURES
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary, universal_platforms
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, Libraries, Module, Symbol

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary

# A package of every Go program. Go's linker gives its fingerprint to each program that can load plugins.
RUNTIME = "runtime"
# The codes of BinaryError where there is no file, or none that can be read.
_NO_FILE = ("not-found", "not-a-file", "unreadable")
# A package that "go build -cover" compiles in. Go before 1.23 notes the flag nowhere else.
COVERAGE = "runtime/coverage"


class Facts(t.NamedTuple):
    """One file.

    unreadable: why it is not a whole Go binary; then nothing below is known. absent: the code of the error where there is no file, or none
    that can be read.
    slices: the platforms of a universal file; the rest is about one of them.
    platform: "linux/amd64". go_version: "go1.22.7", empty where unknown. main, deps: the modules it was built from.
    settings: what "go version -m" calls build; empty where the file does not tell.
    fingerprints: import path to 8 bytes. Of a plugin all, in the order in which the loader compares them: each package after those
    that it imports. Of a gateway those of the packages that the plugins have, and of RUNTIME and COVERAGE.
    plugin_path: the import path by which a process knows the plugin. exported: what the plugin's main package exports.
    hook_types: of the exported functions that are to be hooks, whether each has the very type of its hook; None where the file does
    not tell.
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


def counts_coverage(facts: Facts) -> bool:
    """Whether the file was built with -cover."""
    return facts.settings.get("-cover") == "true" or COVERAGE in facts.fingerprints


class Pairing(t.NamedTuple):
    """The facts of a gateway and of plugins for it, as one process of the gateway has them."""

    gateway: Facts
    plugins: tuple[Facts, ...]


def gather(gateway: str, plugins: t.Sequence[str], hooks: t.Mapping[str, str] | None = None, host: str = "") -> tuple[Pairing, ...]:
    """The facts of a gateway and of plugins for it: one pairing, or one for each slice of a universal gateway that it may run as.

    hooks: from symbol to kind of hook. host: the platform of this machine.
    That a plugin is not there, and that a file is no Go binary, are facts too. Raises BinaryError where the gateway cannot be read.
    """
    slices = {path: _slices(path) for path in (gateway, *plugins)}

    def plugin_facts(path: str, platform: str | None) -> Facts:
        return _read(path, lambda binary: _plugin_facts(binary, hooks or {}), slices[path], platform)

    thin = {path: plugin_facts(path, None) for path in dict.fromkeys(plugins) if not slices[path]}
    offered = [slices[path] or (thin[path].platform,) for path in plugins]
    pairings = []
    for platform in _processes(gateway, slices[gateway], offered, host):
        of_plugins = tuple(thin[path] if path in thin else plugin_facts(path, platform) for path in plugins)
        wanted = dict.fromkeys([RUNTIME, COVERAGE, *(name for facts in of_plugins for name in facts.fingerprints)])
        of_gateway = _read(gateway, functools.partial(_gateway_facts, wanted=wanted), slices[gateway], platform)
        if of_gateway.absent:
            raise BinaryError(of_gateway.absent, of_gateway.unreadable)
        pairings.append(Pairing(of_gateway, of_plugins))
    return tuple(pairings)


def _slices(path: str) -> tuple[str, ...]:
    try:
        return universal_platforms(path)
    except BinaryError:
        return ()


def _processes(gateway: str, slices: t.Sequence[str], offered: t.Sequence[t.Sequence[str]], host: str) -> t.Sequence[str | None]:
    """What to take the gateway for. offered: the platforms of each plugin.

    A thin gateway is what it is. Of a universal one, the slices that suit all plugins: the host's if it is among them, else each.
    Where none suits all, one of those that suit most.
    """
    if not slices:
        return (_platform(gateway) if any(len(platforms) > 1 for platforms in offered) else None,)
    suited = {platform: sum(platform in platforms for platforms in offered) for platform in slices}
    most = [platform for platform, count in suited.items() if count == max(suited.values())]
    if host in most:
        return (host,)
    readable = sum(any(platforms) for platforms in offered)
    return most if suited[most[0]] == readable else most[:1]


def _platform(path: str) -> str | None:
    try:
        with open_binary(path) as binary:
            return str(binary.platform)
    except BinaryError:
        return None


def _read(path: str, facts_of: t.Callable[[GoBinary], Facts], slices: t.Sequence[str], platform: str | None) -> Facts:
    """platform: of the slice that is wanted; where there is none, the first slice says what the file is."""
    chosen = (platform if platform in slices else slices[0]) if slices else None
    try:
        with open_binary(path, chosen) as binary:
            return facts_of(binary)._replace(slices=tuple(slices))
    except BinaryError as error:
        return Facts(path, unreadable=error.message, absent=error.code if error.code in _NO_FILE else "", slices=tuple(slices))


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
