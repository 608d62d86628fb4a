# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A C compiler for each wanted target: which way leads to one on this host, what is missing for it, and the proof."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import proof, table, zig
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler.proof import Proof
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.versions import numbers
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.zig_targets import PLATFORMS
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import folders

WAYS = ("native", "cross", "zig")


class Wanted(t.NamedTuple):
    """What is wanted of this host. way: one of WAYS, or C(auto). given: target -> command of the user's own.

    glibc: no newer one may be needed, empty where any will do. tools: further commands that must be there.
    """

    host: Platform
    family: str
    targets: tuple[Platform, ...]
    root: str
    way: str
    given: t.Mapping[str, str]
    glibc: str
    goroot: str
    tools: tuple[str, ...]
    zig: zig.Source


class Compiler(t.NamedTuple):
    """The compiler for one target. way: as WAYS, or C(given); cc: the command; proof: None while it was not tried."""

    target: Platform
    way: str
    cc: str
    proof: Proof | None


class Lacking(t.NamedTuple):
    """What one target (or tool) lacks. packages: what brings it, where a distribution does; zig: whether zig does; why: one line."""

    what: str
    why: str
    packages: tuple[str, ...] = ()
    zig: bool = False


class Outcome(t.NamedTuple):
    """compilers: those that work. lacking: what else is needed. changed: whether commands of zig were made, or would be."""

    compilers: tuple[Compiler, ...]
    lacking: tuple[Lacking, ...]
    changed: tuple[str, ...]


def ensure(wanted: Wanted, check_mode: bool) -> Outcome:
    """Find and prove a compiler for each target. Raises GoPluginsError for a target to which no way leads from this host."""
    folders.refuse(wanted.root)
    ways = {target: _ways(wanted, target) for target in wanted.targets}
    changed = []
    # An archive that is given for nothing is not unpacked.
    if wanted.zig.archive and any("zig" in found for found in ways.values()):
        changed += list(zig.reasons(wanted.root, wanted.zig.version))
        if changed and not check_mode:
            zig.install(wanted.root, wanted.zig, wanted.host)
    proofs = _Proofs(wanted, check_mode)
    compilers, lacking = [], []
    for target, found in ways.items():
        compiler, lacks, made = _first(wanted, target, found, proofs, check_mode)
        changed += made
        if compiler:
            compilers.append(compiler)
        else:
            lacking.append(lacks)
    lacking += [_tool(wanted, name) for name in wanted.tools if not shutil.which(name)]
    proofs.keep()
    return Outcome(tuple(compilers), tuple(lacking), tuple(changed))


def _ways(wanted: Wanted, target: Platform) -> tuple[str, ...]:
    """The ways to a compiler for the target, the best first. Raises GoPluginsError where there is none."""
    if str(target) in wanted.given:
        return ("given",)
    cross = table.CROSS.get(str(target))
    found = []
    if table.native_commands(wanted.host, target):
        found.append("native")
    elif cross and (table.cross_packages(wanted.family, wanted.host, target) or shutil.which(cross.command)):
        found.append("cross")
    if str(target) in PLATFORMS and str(wanted.host) in table.ZIG_HOSTS:
        found.append("zig")
    chosen = tuple(way for way in found if wanted.way in ("auto", way))
    if wanted.glibc and "zig" in chosen:
        # Nobody knows the glibc of a package before it is installed, and zig is sure to do.
        chosen = tuple(
            way for way in chosen if way == "zig" or any(shutil.which(words.split()[0]) for words in _commands(wanted, target, way))
        )
    if not chosen:
        others = f"; here it could be: {', '.join(found)}" if found else ""
        asked = "" if wanted.way == "auto" else f" by the way {wanted.way!r}{others}"
        possible = _possible(wanted)
        raise GoPluginsError(
            f"no C compiler for {target} is known on {wanted.host}{asked}",
            "name one of your own (given, cross_cc_given)" + (f", or one of the targets {', '.join(possible)}" if possible else ""),
        )
    return chosen


def _commands(wanted: Wanted, target: Platform, way: str) -> tuple[str, ...]:
    """The commands to which a way leads, but for zig."""
    if way == "given":
        return (wanted.given[str(target)],)
    if way == "cross":
        return (table.CROSS[str(target)].command,)
    return table.native_commands(wanted.host, target)


def _possible(wanted: Wanted) -> list[str]:
    """The targets for which this host has a way."""
    of_zig = PLATFORMS if str(wanted.host) in table.ZIG_HOSTS else ()
    others = [
        name
        for name in (*table.CROSS, *PLATFORMS, *table.OF_APPLE)
        if table.native_commands(wanted.host, Platform(*name.split("/")))
        or table.cross_packages(wanted.family, wanted.host, Platform(*name.split("/")))
    ]
    return sorted({*of_zig, *others, *wanted.given})


class _Proofs:
    """The proofs of former runs, and those of this one. They say nothing that could not be found out again."""

    def __init__(self, wanted: Wanted, check_mode: bool) -> None:
        self._path = os.path.join(wanted.root, "proofs.json")
        self._goroot = wanted.goroot
        self._check_mode = check_mode
        self._known = read_json(self._path)
        self._used: dict[str, list[str]] = {}

    def of(self, cc: str, target: Platform) -> Proof:
        """Raises GoPluginsError where the compiler is not there or does not do."""
        key = proof.key(cc, target, self._goroot)
        try:
            found = Proof(*_texts(self._known[key]))
        except (KeyError, TypeError):
            found = proof.prove(cc, target, self._goroot)
        self._used[key] = list(found)
        return found

    def keep(self) -> None:
        known = self._known if isinstance(self._known, dict) else {}
        if self._check_mode or all(known.get(key) == proof for key, proof in self._used.items()):
            return
        # Without them the next run only takes longer.
        with contextlib.suppress(OSError, GoPluginsError):
            text = json.dumps(self._used, indent=2, sort_keys=True) + "\n"
            folders.write_alone(os.path.dirname(self._path), self._path, text.encode())


def _first(
    wanted: Wanted, target: Platform, ways: t.Sequence[str], proofs: _Proofs, check_mode: bool
) -> tuple[Compiler | None, Lacking, list[str]]:
    """The first way that works now; without one, what the first that can be made to work lacks."""
    lacks: list[Lacking] = []
    for way in ways:
        if way == "zig":
            compiler, lack, made = _by_zig(wanted, target, proofs, check_mode)
        else:
            compiler, lack = _by_command(wanted, target, way, proofs)
            made = []
        if compiler:
            return compiler, lack, made
        lacks.append(lack)
    curable = [lack for lack in lacks if lack.packages or lack.zig]
    return None, (curable or lacks)[0], []


def _by_command(wanted: Wanted, target: Platform, way: str, proofs: _Proofs) -> tuple[Compiler | None, Lacking]:
    problem, packages = "", _packages(wanted, target, way)
    for command in _commands(wanted, target, way):
        try:
            found = proofs.of(command, target)
        except GoPluginsError as error:
            problem = problem or error.message
            continue
        too_new = found.libc.startswith("glibc ") and wanted.glibc and numbers(found.libc[6:]) > numbers(wanted.glibc)
        if too_new and way != "given":
            # No package cures that.
            return None, Lacking(str(target), f"{command} compiles against {found.libc}, newer than the {wanted.glibc} of glibc")
        return Compiler(target, way, command, found), Lacking(str(target), "")
    return None, Lacking(str(target), problem, packages)


def _packages(wanted: Wanted, target: Platform, way: str) -> tuple[str, ...]:
    """What brings the compiler of a way."""
    if way == "native":
        return table.PACKAGES.get(wanted.family, {}).get("native", ())
    return table.cross_packages(wanted.family, wanted.host, target) if way == "cross" else ()


def _by_zig(wanted: Wanted, target: Platform, proofs: _Proofs, check_mode: bool) -> tuple[Compiler | None, Lacking, list[str]]:
    version = wanted.zig.version
    nothing = Lacking(str(target), "")
    problems = zig.reasons(wanted.root, version)
    command = zig.command(wanted.root, version, target, wanted.glibc)
    if problems:
        if check_mode and wanted.zig.archive:
            # It would have been unpacked above.
            return Compiler(target, "zig", command, None), nothing, []
        return None, Lacking(str(target), problems[0], zig=True), []
    made = []
    if not zig.has_command(wanted.root, version, target, wanted.glibc):
        made.append(f"{command} is not there as it should be")
        if check_mode:
            return Compiler(target, "zig", command, None), nothing, made
        zig.write_command(wanted.root, version, target, wanted.glibc)
    return Compiler(target, "zig", command, proofs.of(command, target)), nothing, made


def _texts(values: t.Any) -> list[str]:
    """Raises TypeError for anything but a list of texts, which is all that we keep."""
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError
    return values


def _tool(wanted: Wanted, name: str) -> Lacking:
    return Lacking(name, f"there is no {name}", table.PACKAGES.get(wanted.family, {}).get(name, ()))
