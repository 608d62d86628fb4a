# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A workspace while it is made: what is asked of Go there, and the alignment of its requirements with the gateway."""

from __future__ import annotations

import json
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Linked
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import build_cache, gomod, semver
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go, check
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import alignment, gateway_packages

# How many releases of a dependency are looked at for one that raises nothing.
MAX_RELEASES = 60


class Member(t.NamedTuple):
    """Another module of the workspace, beside plugin and gateway. folder: of its copy; mod: its go.mod there."""

    module: str
    folder: str
    mod: gomod.GoMod


class Stage(t.NamedTuple):
    """name: of the plugin; package: its main package; listing: the words after C(go) that list all packages of a package.

    plugin: folder of the staged plugin; work: its go.work; borrowed: replaces that its go.mod has only while it is tidied, that of the
    gateway first. members: further modules of the workspace. write_work: writes go.work, in which the members serve these versions of
    themselves, by their module paths. shown: from names of the stage, its folders and the plugin's module, to those that the user
    knows, for messages.
    """

    name: str
    package: str
    toolchain: Go
    listing: list[str]
    plugin: str
    work: str
    environment: dict[str, str]
    shown: dict[str, str]
    borrowed: tuple[gomod.Replace, ...]
    members: tuple[Member, ...]
    write_work: t.Callable[[t.Mapping[str, t.Iterable[str]]], None]

    def go(self, message: str, words: t.Sequence[str], cwd: str = "", **variables: str) -> str:
        """What C(go) prints, outside of the workspace unless GOWORK says otherwise. Raises GoPluginsError with C(message)."""
        folder = cwd or self.plugin
        completed = self.toolchain.run(words, cwd=folder, env={**self.environment, **variables})
        build_cache.refuse_spoiled(completed, self.environment.get("GOCACHE", ""))
        return check(message, completed, folder, self.shown).stdout

    def as_shown(self, folder: str) -> str:
        """A folder of the stage as the user knows it."""
        for ours, theirs in self.shown.items():
            if f"{folder}/".startswith(f"{ours}/"):
                return os.path.normpath(os.path.join(theirs, os.path.relpath(folder, ours)))
        return folder

    def edit(self, flags: t.Iterable[str]) -> None:
        """Edit go.mod by C(go mod edit)."""
        self.go(f"the go.mod of {self.name} cannot be edited", ["mod", "edit", *flags])

    def tidy(self) -> None:
        """Tidy go.mod, and write go.work. Meanwhile go.mod has the gateway's replaces and the members, which go.work else gives it."""
        checkout = self.borrowed[0]
        for folder in (self.plugin, *(one.folder for one in self.members)):
            gateway_packages.require(self.name, folder, self.as_shown(folder), checkout.old, checkout.new)
        required = {require.path for require in gomod.read(f"{self.plugin}/go.mod").requires}
        borrowed = (*self.borrowed, *(gomod.Replace(one.module, "", one.folder, "") for one in self.members))
        self.edit(f"-replace={replace.as_argument()}" for replace in borrowed)
        try:
            self.go(f"go mod tidy failed for {self.name}", ["mod", "tidy"])
        except GoPluginsError as error:
            own = gomod.read(f"{self.plugin}/go.mod").module
            gateway_packages.require_own(self.name, self.plugin, self.as_shown(self.plugin), own, self.shown.get(own, own), error.details)
            raise
        graph = self.go("go mod graph failed", ["mod", "graph"])
        asked = [(require.path, require.version) for one in self.members for require in one.mod.requires]
        self.write_work(
            {
                module: [*re.findall(rf"(?<!\S){re.escape(module)}@(\S+)", graph), *(version for path, version in asked if path == module)]
                for module in (checkout.old, *(one.module for one in self.members))
            }
        )
        # A member needs no requirement, and has none in a plain go.work.
        made = [f"-droprequire={one.module}" for one in self.members if one.module not in required]
        self.edit([*made, *(f"-dropreplace={gomod.at(replace.old, replace.old_version)}" for replace in borrowed)])

    def packages(self) -> alignment.Packages:
        """All packages of the plugin. Resolves the whole workspace: what is missing shows here rather than while compiling."""
        message = f"the workspace of {self.name} does not resolve"
        try:
            return alignment.parse_packages(self.go(message, [*self.listing, self.package], GOWORK=self.work))
        except GoPluginsError as error:
            if "build constraints exclude all Go files" not in error.message:
                raise
            raise self._excluded(error) from error

    def _excluded(self, error: GoPluginsError) -> GoPluginsError:
        """With what each file of that package asks for, and what the gateway is built with. A package of others is theirs to change."""
        said = re.search(r"build constraints exclude all Go files in ([^\n]+)", error.message)
        folder = os.path.normpath(said[1].strip()) if said else ""
        for ours, theirs in self.shown.items():
            if f"{folder}/".startswith(f"{theirs}/"):
                folder = os.path.join(ours, os.path.relpath(folder, theirs))
                break
        if not f"{folder}/".startswith(f"{self.plugin}/"):
            fix = "do without that package: for the gateway's Go, platform and tags it has no files"
            return GoPluginsError(error.message, fix, **error.details)
        names = sorted(name for name in os.listdir(folder) if name.endswith(".go") and not name.endswith("_test.go"))
        lines = [f"{name}: {_constraint(os.path.join(folder, name))}" for name in names]
        tags = next((word.partition("=")[2] for word in self.listing if word.startswith("-tags=")), "none")
        return GoPluginsError(
            "\n".join([error.message, *lines, f"the gateway's tags: {tags}"]),
            "take the constraint out of the files that are for this gateway, or build for a gateway that has these tags (tyk_gateway_tags)",
            **error.details,
        )

    def folders(self, modules: t.Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """From path and version to the folder of each module in the module cache."""
        names = [gomod.at(path, version) for path, version in modules]
        if not names:
            return {}
        output = self.go(f"the modules of vendor/ cannot be had for {self.name}, to compare them", ["mod", "download", "-json", *names])
        decoder, found, position = json.JSONDecoder(), {}, 0
        while output[position:].strip():
            position += len(output[position:]) - len(output[position:].lstrip())
            one, position = decoder.raw_decode(output, position)
            found[one["Path"], one["Version"]] = one.get("Dir", "")
        return found

    def graph(self) -> alignment.Graph:
        """The requirements of the whole workspace."""
        return alignment.parse_graph(self.go("go mod graph failed", ["mod", "graph"], GOWORK=self.work))

    def linked(self, gateway: str, module: str) -> Linked:
        """What the gateway is linked from, by its checkout, a folder."""
        output = self.go(f"the packages of the gateway in {gateway} cannot be listed", [*self.listing, "."], cwd=gateway)
        return alignment.linked_in_checkout(output, module)

    def releases(self, module: str) -> list[str]:
        """The tagged versions of a module, as far as the proxy knows them."""
        words = ["list", "-m", "-versions", "-f", '{{join .Versions " "}}', module]
        return self.go(f"the versions of {module} cannot be listed", words).split()

    def requirements(self, module: str, version: str) -> tuple[gomod.Require, ...]:
        """What a version of a module requires."""
        path = self.go(f"{module}@{version} cannot be had", ["list", "-m", "-f", "{{.GoMod}}", f"{module}@{version}"]).strip()
        return gomod.read(path).requires if path else ()


def _constraint(path: str) -> str:
    """The build constraint of a Go file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        found = re.search(r"^//(?:go:build|[ \t]*\+build)[ \t].*", file.read(65536), re.MULTILINE)
    return found.group() if found else "by its name"


class Aligned(t.NamedTuple):
    """notes: what was lowered, a line each; raised: what still differs; in_step: shared modules that go.mod names, from path to version."""

    notes: tuple[str, ...]
    raised: tuple[alignment.Raised, ...]
    in_step: dict[str, str]


def align(stage: Stage, own: gomod.GoMod, gateway: Linked, lower: bool) -> Aligned:
    """Compare what the workspace selects with what the gateway is linked from, and lower what the plugin raises if that is wanted.

    own: the go.mod as its author wrote it. Lowering one requirement can leave another in force, so it goes on until nothing new helps.
    """
    asked = {require.path: require.version for require in own.requires}
    notes: list[str] = []
    tried: set[str] = set()
    while True:
        packages = stage.packages()
        raised = alignment.compare(gateway, packages)
        if raised:
            graph = stage.graph()
            highest = alignment.limits(gateway, packages)
            raised = tuple(_with_fix(stage, alignment.explain(one, graph, own.module, asked), graph, own, highest) for one in raised)
        flags = {flag: one for one in raised for flag in one.flags}
        if not lower or tried.issuperset(flags):
            break
        tried.update(flags)
        stage.edit(flags)
        stage.tidy()
        notes += [f"go.mod: {flag[1:].replace('=', ' ', 1)}, for {one.module} to stay at {one.gateway}" for flag, one in flags.items()]
    lowered = {flag.partition("=")[2].partition("@")[0] for flag in tried}
    left = {path: version for path, version in asked.items() if path not in lowered and path not in {one.module for one in raised}}
    notes += alignment.lifted(gateway, packages, left)
    named = {require.path for require in gomod.read(f"{stage.plugin}/go.mod").requires} & set(asked)
    return Aligned(tuple(notes), raised, alignment.in_step(gateway, packages, named))


def misaligned(name: str, raised: t.Sequence[alignment.Raised]) -> GoPluginsError:
    """The error for a plugin that the gateway would refuse."""
    commands = list(dict.fromkeys(command for one in raised for command in one.fix))
    return GoPluginsError(
        "\n".join([f"plugin {name} would not load, as it gets what it shares with the gateway at another version:", *map(str, raised)]),
        "\n".join([*commands, "in the folder with the plugin's go.mod, or set align (tyk_align) to apply"])
        if commands
        else "do without that dependency",
        raised=[one.as_dict() for one in raised],
    )


def _with_fix(
    stage: Stage, one: alignment.Raised, graph: alignment.Graph, own: gomod.GoMod, highest: t.Mapping[str, str]
) -> alignment.Raised:
    """With what lowers the module, and what lowers each requirement of the plugin that raises it."""
    flags = [f"-dropreplace={gomod.at(replace.old, replace.old_version)}" for replace in own.replaces if replace.old == one.module]
    if semver.order(one.plugin) > semver.order(highest[one.module]):
        flags.append(f"-require={one.module}@{highest[one.module]}")
    for module, version in alignment.forcing(one, graph, own.module).items():
        lower = highest.get(module) or _newest_that_fits(stage, module, version, highest)
        if not lower:
            return one._replace(hindrance=f"no release of {module} before {version} does without that")
        flags.append(f"-require={module}@{lower}")
    return one._replace(flags=tuple(flags))


def _newest_that_fits(stage: Stage, module: str, version: str, highest: t.Mapping[str, str]) -> str:
    """The newest release before a version that raises no shared module; empty if there is none."""
    candidates = alignment.older(stage.releases(module), version)[:MAX_RELEASES]
    return next((name for name in candidates if alignment.fits(stage.requirements(module, name), highest)), "")
