# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alignment: which modules a plugin's workspace selects at another version than the gateway was built with, and what lowers them.

In a workspace Go selects one version of a module for all members, the highest that any of them requires (minimal version
selection, https://go.dev/ref/mod#minimal-version-selection). So a plugin can raise a dependency that it shares with the gateway.
It then compiles, and the released gateway refuses it, as the version stands in the names of the source files and so in every
fingerprint. This shows in a second, before anything is compiled. Pure: what Go says comes in as text.
"""

from __future__ import annotations

import collections
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Linked, Module
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod, semver

# One line a package: import path, module, version, and what replaces the module.
PACKAGES_FORMAT = "{{.ImportPath}}\t{{with .Module}}{{.Path}}\t{{.Version}}\t{{with .Replace}}{{.Path}}\t{{.Version}}{{end}}{{end}}"

Packages = t.Dict[str, t.Optional[Module]]  # from import path to module; None for the standard library
Graph = t.Dict[str, t.List[str]]  # from module@version to what it requires; main modules stand without a version

_LISTS = ("packages", "path", "flags")


class Raised(t.NamedTuple):
    """A shared module that the workspace selects otherwise than the gateway.

    packages: those of it that both use. path: from the plugin's module to the requirement that decides, as C(module@version).
    case: of Tyk's documentation, 1 (Go made the version up, as the module has no go.mod or no release) or 3 (another minor or patch).
    flags: of C(go mod edit), which lower it; none where there is a hindrance, in words.
    """

    module: str
    gateway: str
    plugin: str
    case: int
    packages: tuple[str, ...]
    path: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    hindrance: str = ""

    @property
    def fix(self) -> list[str]:
        """Commands, to be run in the folder with the plugin's go.mod."""
        return [f"go mod edit {quoted(flag, option=True)}" for flag in self.flags]

    def as_dict(self) -> dict[str, t.Any]:
        """As modules return it."""
        return {**self._asdict(), **{name: list(getattr(self, name)) for name in _LISTS}, "fix": self.fix}

    @classmethod
    def from_dict(cls, value: t.Any) -> Raised | None:
        """What C(as_dict) gave; None for anything else."""
        if not isinstance(value, dict) or not all(_is_field(name, value.get(name)) for name in cls._fields):
            return None
        values: dict[str, t.Any] = {name: tuple(value[name]) if name in _LISTS else value[name] for name in cls._fields}
        return cls(**values)

    def __str__(self) -> str:
        through = f", by way of {' -> '.join(self.path)}" if len(self.path) > 1 else ""
        hindrance = f"; {self.hindrance}" if self.hindrance else ""
        # A member of the workspace has no version.
        got = self.plugin or "it from a folder of its workspace"
        return f"{self.module}: the gateway has {self.gateway}, the plugin gets {got}{through}{hindrance}"


def from_list(values: t.Any) -> tuple[Raised, ...] | None:
    """What C(as_dict) gave of each; None for anything else."""
    raised = [Raised.from_dict(value) for value in values] if isinstance(values, list) else [None]
    known = tuple(one for one in raised if one is not None)
    return known if len(known) == len(raised) else None


def parse_packages(output: str) -> Packages:
    """What C(go list -deps -f PACKAGES_FORMAT) says."""
    packages: Packages = {}
    for line in output.splitlines():
        words = (*line.split("\t"), "", "", "", "")
        packages[words[0]] = Module(words[1], words[2], (words[3], words[4])) if words[1] else None
    return packages


def linked_in_checkout(output: str, own: str) -> Linked:
    """What C(go list -deps) says in the gateway's checkout, outside of any workspace. own: the gateway's module path."""
    packages = parse_packages(output)
    modules = {module.path: module for module in packages.values() if module and module.path != own}
    return Linked(frozenset(packages), modules)


def compare(gateway: Linked, plugin: Packages) -> tuple[Raised, ...]:
    """The modules of which gateway and plugin share a package but not the version. What only one of them uses is free."""
    shared: dict[str, list[str]] = {}
    selected: dict[str, Module] = {}
    for package, module in plugin.items():
        if module and package in gateway.packages and module.path in gateway.modules:
            selected[module.path] = module
            shared.setdefault(module.path, []).append(package)
    raised = []
    for name, module in sorted(selected.items()):
        own = gateway.modules[name]
        if own.selected != module.selected:
            unreleased = semver.is_unreleased(own.version) or semver.is_unreleased(module.version)
            raised.append(Raised(name, _version(own, module), _version(module, own), 1 if unreleased else 3, tuple(shared[name])))
    return tuple(raised)


def in_step(gateway: Linked, plugin: Packages, direct: t.Container[str]) -> dict[str, str]:
    """The shared modules that the plugin's go.mod names: case 2, to be raised when the gateway raises them, and not before."""
    shared = {module for package, module in plugin.items() if module and package in gateway.packages and module.path in direct}
    return {module.path: module.version for module in sorted(shared) if gateway.modules.get(module.path) == module}


def lifted(gateway: Linked, plugin: Packages, asked: t.Mapping[str, str]) -> list[str]:
    """A line for each module that the plugin's go.mod asks for at a lower version than the workspace selects."""
    selected = {module.path: module.version for module in plugin.values() if module and module.version}
    notes = []
    for path, version in asked.items():
        if path in selected and semver.order(selected[path]) > semver.order(version):
            own = gateway.modules.get(path)
            reason = "the gateway has it" if own and own.version == selected[path] else "another requirement in the workspace asks for it"
            notes.append(f"go.mod: {path} {version} -> {selected[path]}, as {reason}")
    return notes


def parse_graph(output: str) -> Graph:
    """What C(go mod graph) says."""
    graph: Graph = {}
    for line in output.splitlines():
        words = line.split()
        if len(words) == 2:
            graph.setdefault(words[0], []).append(words[1])
    return graph


def shortest_path(graph: Graph, start: str, goal: str, without: tuple[str, str] = ("", "")) -> tuple[str, ...]:
    """The shortest way from C(start) to C(goal), both included, that does not use the edge C(without); empty if there is none."""
    came_from: dict[str, str] = {start: ""}
    waiting = collections.deque([start])
    while waiting:
        node = waiting.popleft()
        if node == goal:
            way = [node]
            while came_from[way[-1]]:
                way.append(came_from[way[-1]])
            return tuple(reversed(way))
        for other in graph.get(node, ()):
            if other not in came_from and (node, other) != without:
                came_from[other] = node
                waiting.append(other)
    return ()


def explain(raised: Raised, graph: Graph, own: str, asked: t.Mapping[str, str]) -> Raised:
    """With the requirement that decides. own: the plugin's module path; asked: its own requirements, as its author wrote them."""
    goal = gomod.at(raised.module, raised.plugin)
    edge = (own, goal)
    # C(go mod tidy) writes what a dependency asks for into the plugin's go.mod too: that line is no reason.
    way = () if asked.get(raised.module) == raised.plugin else shortest_path(graph, own, goal, without=edge)
    return raised._replace(path=way or shortest_path(graph, own, goal))


def forcing(one: Raised, graph: Graph, own: str) -> dict[str, str]:
    """From path to version: the plugin's requirements by way of which the module is raised."""
    goal = gomod.at(one.module, one.plugin)
    nodes = [node.partition("@") for node in graph.get(own, ()) if shortest_path(graph, node, goal)]
    return {path: version for path, _sign, version in nodes if version and path != one.module}


def limits(gateway: Linked, plugin: Packages) -> dict[str, str]:
    """The highest version that each shared module may have, the gateway's."""
    shared = {module.path for package, module in plugin.items() if module and package in gateway.packages}
    return {name: gateway.modules[name].version for name in shared if name in gateway.modules}


def fits(requires: t.Iterable[gomod.Require], highest: t.Mapping[str, str]) -> bool:
    """Whether a go.mod with these requirements raises no shared module."""
    return all(semver.order(require.version) <= semver.order(highest.get(require.path, require.version)) for require in requires)


def older(versions: t.Iterable[str], than: str) -> list[str]:
    """The releases before a version, newest first; candidates count only where the version is one."""
    order = semver.order(than)
    kept = [name for name in versions if semver.order(name) < order and (semver.is_prerelease(than) or not semver.is_prerelease(name))]
    return sorted(kept, key=semver.order, reverse=True)


def _is_field(name: str, value: t.Any) -> bool:
    """Whether a field of C(Raised) can have that value."""
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, int if name == "case" else str)


def _version(module: Module, other: Module) -> str:
    """The version, with the replacement where that is what differs."""
    return module.version if module.version != other.version else f"{module.version} => {gomod.at(*module.replacement) or 'itself'}"
