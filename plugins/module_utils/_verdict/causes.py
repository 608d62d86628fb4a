# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which difference between two builds explains which differing packages.

A binary records how it was built and the fingerprint of each package, not which package imports which. What is known besides: the
module of a package, how far each kind of difference reaches, and the order of the fingerprints. Go's linker puts each package after
all that it imports (cmd/link/internal/ld/lib.go, postorder). So a package that differs only because of what it imports stands behind
its cause, and the first package that differs is always a cause itself.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.cpu import CPU_SETTINGS, runs
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.semver import is_unreleased
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.commands import commands, replace_command
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import RUNTIME, Facts
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import COMMAND_WORDS, Finding, make
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import INFO, KINDS, MAY_CRASH, OPEN

# How far a difference reaches.
_ALL = "all"  # nearly every package, the standard library among them
_SOME = "some"  # single packages anywhere
_STANDARD = "standard"  # single packages of the standard library
_OWN = "own"  # single packages outside the standard library
_NONE = "none"  # only the packages that are named with it

# Go release lines whose runtimes keep the same data about a module (runtime/symtab.go, moduledata). From one group to another a
# plugin's data is read wrongly before any fingerprint is compared. A line that is not named here stands for itself.
_LAYOUTS = (((1, 16), (1, 17)), ((1, 18), (1, 19)), ((1, 20),), ((1, 21), (1, 22)), ((1, 23), (1, 24), (1, 25)), ((1, 26),))

_RELEASE = re.compile(r"go(\d+)\.(\d+)")
_MAJOR = re.compile(r"(?:/v|\.v)\d+$")

# Tags that single packages of the standard library look at.
_TAGS_OF_PACKAGES = {"netgo": "net", "netcgo": "net", "osusergo": "os/user"}
# The one tag that released gateways have and plugins need not have: only the gateway's own package of that name looks at it.
_PLUGIN_TAG = "goplugin"


class _Cause(t.NamedTuple):
    """A difference that may explain packages.

    packages: those that it explains whatever else differs. sure: False for one that is worth a finding only where it explains something.
    quiet, stage: in place of those of the table. of_gateway: whether the gateway is the side with the unusual build.
    """

    code: str
    words: dict[str, t.Any]
    reach: str
    packages: frozenset[str] = frozenset()
    sure: bool = True
    quiet: str | None = None
    stage: str | None = None
    of_gateway: bool = False

    def key(self) -> tuple[str, str]:
        return self.code, str(self.words.get("module", ""))


def compare(gateway: Facts, plugin: Facts) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The packages that both have, and those of them that differ, in the loader's order."""
    shared = tuple(name for name in plugin.fingerprints if name in gateway.fingerprints)
    return shared, tuple(name for name in shared if gateway.fingerprints[name] != plugin.fingerprints[name])


def explain(gateway: Facts, plugin: Facts) -> list[Finding]:
    """The findings about toolchain, flags and modules. Each differing package stands in exactly one of them."""
    shared, differing = compare(gateway, plugin)
    owners = Owners(gateway, plugin)
    causes = [*_toolchain(gateway, plugin), *_flags(gateway, plugin), *_collision(plugin), *_modules(gateway, plugin, owners, shared)]
    found: dict[tuple[str, str], tuple[_Cause, list[str]]] = {cause.key(): (cause, []) for cause in causes}
    previous: _Cause | None = None
    for package in differing:
        previous = _cause_of(package, causes, previous, owners, gateway)
        found.setdefault(previous.key(), (previous, []))[1].append(package)
    reported = [(cause, packages) for cause, packages in found.values() if packages or cause.sure]
    filled = commands(gateway) if reported else {}
    findings = [_finding(cause, packages, len(shared), bool(differing), filled) for cause, packages in reported]
    return findings + _notes(gateway, plugin, owners, shared, differing)


def _cause_of(package: str, causes: list[_Cause], previous: _Cause | None, owners: Owners, gateway: Facts) -> _Cause:
    """The most certain cause first. previous: that of the differing package before this one, which this one may import."""
    for cause in causes:
        if package in cause.packages:
            return cause
    for cause in causes:
        if cause.reach == _ALL:
            return cause
    standard = owners.is_standard(package)
    reaches = (_SOME, _STANDARD) if standard else (_SOME, _OWN)
    if previous is not None and (not standard or previous.reach in reaches):
        return previous
    for cause in causes:
        if cause.reach in reaches:
            return cause
    if standard:
        return _Cause("standard-library-differs", {}, _STANDARD)
    module = owners.module(package)
    if gateway.main is not None and module == gateway.main.path:
        return _Cause("gateway-source-differs", {"module": module, **_commit(gateway)}, _OWN)
    if module:
        return _Cause("dependency-edited", {"module": module}, _OWN)
    return _Cause("unexplained-packages", {}, _OWN)


def _commit(gateway: Facts) -> dict[str, str]:
    commit = gateway.settings.get("vcs.revision", "")
    if not commit:
        return {"commit": "COMMIT", "source": "a commit that its binary does not name"}
    changes = " with local changes" if gateway.settings.get("vcs.modified") == "true" else ""
    return {"commit": commit, "source": f"commit {commit}{changes}"}


def _finding(cause: _Cause, packages: list[str], shared: int, any_differs: bool, filled: dict[str, str]) -> Finding:
    kind = KINDS[cause.code]
    shadowed = cause.reach == _ALL and any_differs
    effect = kind.effect if packages or shadowed or kind.stage == OPEN or cause.stage == OPEN else cause.quiet or kind.quiet
    words = {"count": len(packages), **cause.words, **filled}
    evidence = {key: value for key, value in cause.words.items() if key not in COMMAND_WORDS}
    finding = make(cause.code, words, packages=packages, effect=effect, stage=cause.stage, of_gateway=cause.of_gateway, evidence=evidence)
    if finding.stage == OPEN:
        return finding
    if packages:
        count = f"{len(packages)} of {shared} shared packages differ" if len(packages) > 1 else f"1 of {shared} shared packages differs"
        remark = f"{count} because of it, first {packages[0]}." if len(packages) > 1 else f"{count} because of it: {packages[0]}."
    elif any_differs and cause.reach != _NONE:
        remark = "Fix the other differences first to see which packages it changes."
    else:
        remark = "No shared package differs because of it."
    return finding._replace(message=f"{finding.message} {remark}")


class Owners:
    """Which module a package belongs to: the one with the longest path that begins the import path, of those that either file names."""

    def __init__(self, *files: Facts) -> None:
        self._plugin_paths = {facts.plugin_path for facts in files if facts.plugin_path}
        self._modules = {module.path for facts in files for module in (*facts.deps, *_main(facts))}

    def module(self, package: str) -> str:
        """The module's path, empty for the standard library and where no module is known."""
        path = package
        while path:
            if path in self._modules:
                return path
            path = path.rpartition("/")[0]
        return ""

    def is_standard(self, package: str) -> bool:
        """Whether it is a package of the standard library: no module is, and their first element has no dot."""
        return package not in self._plugin_paths and not self.module(package) and "." not in package.partition("/")[0]


def _main(facts: Facts) -> tuple[Module, ...]:
    return () if facts.main is None else (facts.main,)


# --- Toolchain and flags ------------------------------------------------------------------------------------------------------------


def _toolchain(gateway: Facts, plugin: Facts) -> t.Iterator[_Cause]:
    if gateway.platform != plugin.platform:
        yield _Cause("platform-differs", {"gateway": gateway.platform, "plugin": ", ".join(plugin.slices) or plugin.platform}, _ALL)
    words = {"gateway": gateway.go_version, "plugin": plugin.go_version}
    if not all(words.values()) or gateway.go_version == plugin.go_version:
        return
    one, other = _line(gateway.go_version), _line(plugin.go_version)
    if one is not None and one == other:
        yield _Cause("go-patch-differs", words, _STANDARD)
    elif one is None or other is None or _layout(one) == _layout(other):
        yield _Cause("go-line-differs", words, _ALL)
    else:
        yield _Cause("go-layout-differs", words, _ALL)


def _line(version: str) -> tuple[int, int] | None:
    found = _RELEASE.match(version)
    return (int(found.group(1)), int(found.group(2))) if found else None


def _layout(line: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    return next((group for group in _LAYOUTS if line in group), (line,))


def _flags(gateway: Facts, plugin: Facts) -> t.Iterator[_Cause]:
    """Differences of the build settings, the most sweeping first."""
    if not gateway.settings or not plugin.settings:
        return
    # Go 1.18, the first that records settings, leaves this one out.
    if not any(re.match(r"go1\.18\b", facts.go_version) for facts in (gateway, plugin)):
        yield from _switch("trimpath-differs", "-trimpath", gateway, plugin)
    yield from _switch("race-differs", "-race", gateway, plugin)
    # A sanitizer that the program lacks stops the plugin when it is opened, before any package is compared.
    for name in ("msan", "asan"):
        yield from (
            cause._replace(stage=OPEN) if cause.words["with"] == "plugin" else cause
            for cause in _switch(f"{name}-differs", f"-{name}", gateway, plugin)
        )
    if _is_on("-asan", gateway) and _is_on("-asan", plugin):
        yield _Cause("asan-on-both", {}, _NONE)
    yield from _compiler_flags(gateway, plugin)
    yield from _values("gofips140-differs", "GOFIPS140", gateway, plugin, _STANDARD)
    if set(gateway.experiments) != set(plugin.experiments):
        words = {"gateway": gateway.experiments, "plugin": plugin.experiments}
        yield _Cause("goexperiment-differs", words, _SOME, frozenset({"internal/goexperiment"}))
    yield from _tags(gateway, plugin)
    yield from _values("pgo-differs", "-pgo", gateway, plugin, _SOME)
    yield from _cpu(gateway, plugin)
    yield from _coverage(gateway, plugin)
    if not _is_on("-trimpath", gateway) and not _is_on("-trimpath", plugin):
        # Where Go itself lies elsewhere everything differs; where only the module cache does, modules do.
        reach = _ALL if gateway.fingerprints.get(RUNTIME) != plugin.fingerprints.get(RUNTIME) else _SOME
        yield _Cause("build-folders-differ", {}, reach, sure=False)


def _is_on(setting: str, facts: Facts) -> bool:
    return facts.settings.get(setting) == "true"


def _switch(code: str, setting: str, gateway: Facts, plugin: Facts) -> t.Iterator[_Cause]:
    if _is_on(setting, gateway) != _is_on(setting, plugin):
        sides = ("gateway", "plugin") if _is_on(setting, gateway) else ("plugin", "gateway")
        odd = sides[1] if setting == "-trimpath" else sides[0]
        yield _Cause(code, {"with": sides[0], "without": sides[1]}, _ALL, of_gateway=odd == "gateway")


def _values(code: str, setting: str, gateway: Facts, plugin: Facts, reach: str) -> t.Iterator[_Cause]:
    """A setting whose equal values do not prove an equal build: they name a file, or leave a part of the choice out."""
    one, other = gateway.settings.get(setting, ""), plugin.settings.get(setting, "")
    if one or other:
        yield _Cause(code, {"gateway": one, "plugin": other}, reach, sure=one != other)


def _coverage(gateway: Facts, plugin: Facts) -> t.Iterator[_Cause]:
    one, other = gateway.counts_coverage, plugin.counts_coverage
    if one or other:
        # Even where both have it: -coverpkg is not recorded.
        words = {side: "with" if counted else "without" for side, counted in (("gateway", one), ("plugin", other))}
        yield _Cause("cover-differs", words, _OWN, sure=one != other)


def _compiler_flags(gateway: Facts, plugin: Facts) -> t.Iterator[_Cause]:
    words = {
        side: [f"{name}={facts.settings[name]}" for name in ("-gcflags", "-asmflags") if facts.settings.get(name)]
        for side, facts in (("gateway", gateway), ("plugin", plugin))
    }
    if words["gateway"] != words["plugin"]:
        # Without a pattern such as "all=" the flags are those of the main package alone.
        everywhere = any("=" in flag.partition("=")[2] for flag in words["gateway"] + words["plugin"])
        yield _Cause("gcflags-differ", words, _ALL if everywhere else _NONE)


def _tags(gateway: Facts, plugin: Facts) -> t.Iterator[_Cause]:
    one, other = (set(filter(None, facts.settings.get("-tags", "").split(","))) for facts in (gateway, plugin))
    if one == other:
        return
    packages = {package for tag, package in _TAGS_OF_PACKAGES.items() if tag in one ^ other}
    if gateway.main is not None and _PLUGIN_TAG in one ^ other:
        packages.add(f"{gateway.main.path}/{_PLUGIN_TAG}")
    words = {"only_gateway": sorted(one - other), "only_plugin": sorted(other - one)}
    yield _Cause("tags-differ", words, _NONE if one ^ other == {_PLUGIN_TAG} else _SOME, frozenset(packages))


def _cpu(gateway: Facts, plugin: Facts) -> t.Iterator[_Cause]:
    for setting in CPU_SETTINGS:
        one, other = gateway.settings.get(setting), plugin.settings.get(setting)
        if one is not None and other is not None and one != other:
            # GOAMD64 and GOARM64 leave fingerprints alone; the others choose between ways to compute, and may change them.
            reach = _NONE if setting in ("GOAMD64", "GOARM64") else _SOME
            quiet = INFO if runs(one, other) else MAY_CRASH
            yield _Cause("cpu-level-differs", {"setting": setting, "gateway": one, "plugin": other}, reach, quiet=quiet)


# --- Modules ------------------------------------------------------------------------------------------------------------------------


def _collision(plugin: Facts) -> t.Iterator[_Cause]:
    if plugin.plugin_path:
        words = {"plugin_path": plugin.plugin_path, "suggestion": f"{plugin.plugin_path.strip('/')}plugin"}
        yield _Cause("plugin-path-collides", words, _NONE, frozenset({plugin.plugin_path}), sure=False)


def _modules(gateway: Facts, plugin: Facts, owners: Owners, shared: t.Sequence[str]) -> t.Iterator[_Cause]:
    packages: dict[str, set[str]] = {}
    for package in shared:
        packages.setdefault(owners.module(package), set()).add(package)
    of_gateway = {module.path: module for module in (*gateway.deps, *_main(gateway))}
    for module in plugin.deps:
        counterpart = of_gateway.get(module.path)
        if counterpart is None:
            continue
        difference = _gateway_module if counterpart is gateway.main else _dependency
        for cause in difference(counterpart, module):
            yield cause._replace(packages=frozenset(packages.get(module.path, ())))


def _gateway_module(one: Module, other: Module) -> t.Iterator[_Cause]:
    """The gateway's own module. With go.work both sides compile it from a checkout, without a version in its packages.

    A main module that was downloaded has a checksum; the version of one in a checkout is only a note (since Go 1.24, of its tag).
    """
    of_gateway = one.version if one.sum else "a checkout"
    of_plugin = "a checkout" if other.version in ("", "(devel)") and other.replace is None else _described(other)
    if of_gateway != of_plugin:
        words = {"module": one.path, "gateway": of_gateway, "plugin": of_plugin, "required": other.version}
        yield _Cause("gateway-not-in-workspace", words, _NONE)


def _dependency(one: Module, other: Module) -> t.Iterator[_Cause]:
    words = {"module": one.path, "gateway": one.version, "plugin": other.version}
    if one.version != other.version:
        unreleased = is_unreleased(one.version) or is_unreleased(other.version)
        yield _Cause("dependency-pseudo-version" if unreleased else "dependency-version-differs", words, _NONE)
    elif _target(one) != _target(other):
        replaced = {**words, "gateway": _described(one), "plugin": _described(other), "replace": replace_command(one)}
        yield _Cause("dependency-replaced", replaced, _NONE)
    elif _sum(one) and _sum(other) and _sum(one) != _sum(other):
        yield _Cause("dependency-content-differs", {**words, "version": one.version, "gateway": _sum(one), "plugin": _sum(other)}, _NONE)


def _target(module: Module) -> tuple[str, str]:
    source = module.replace or module
    return source.path, source.version


def _sum(module: Module) -> str:
    return (module.replace or module).sum


def _described(module: Module) -> str:
    if module.replace is None:
        return module.version
    return f"{module.version} replaced by {module.replace.path} {module.replace.version}".rstrip()


def _notes(gateway: Facts, plugin: Facts, owners: Owners, shared: t.Sequence[str], differing: t.Sequence[str]) -> list[Finding]:
    """What is worth knowing of modules that refuse nothing."""
    of_gateway = {module.path: module for module in gateway.deps}
    majors: dict[str, list[Module]] = {}
    for module in gateway.deps:
        majors.setdefault(_MAJOR.sub("", module.path), []).append(module)
    notes = []
    for module in plugin.deps:
        others = majors.get(_MAJOR.sub("", module.path), [])
        if others and module.path not in of_gateway:
            words = {"gateway": [f"{other.path} {other.version}" for other in others], "plugin": f"{module.path} {module.version}"}
            notes.append(make("dependency-major-coexists", words))
    apart = {owners.module(package) for package in differing}
    used = {owners.module(package) for package in shared} - apart
    versions = {
        module.path: module.version
        for module in plugin.deps
        if module.path in used and module.path in of_gateway and of_gateway[module.path].version == module.version
    }
    if versions:
        notes.append(make("dependencies-in-step", {"count": len(versions)}, evidence={"modules": versions}))
    return notes
