# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented workspace: gateway checkout and plugin side by side under one go.work, one workspace for each plugin.

The gateway must be compiled as a member of the workspace, as in its release; from the module cache or a replace its packages get
other fingerprints. The user's source is copied, and only the copy is changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    read_json,
    remove_leftovers,
    remove_tree,
    require_free_space,
    sha256_file,
    temporary_folder,
    write_atomically,
    write_json,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Linked
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod, imports
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go, go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import release_line
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import Tree, copy_tree, read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import alignment
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.tidy import Stage, align, misaligned

# Part of the digest: a change in how workspaces are laid out makes new ones.
FORMAT = 3

PLUGIN_FOLDER = "plugin"
RECORD = "workspace.json"

AUTO = "auto"
# Of the profile, what a compiled plugin depends on.
_COMPILED = ("commit", "modified", "go_version", "tags", "trimpath", "race", "msan", "asan", "gcflags", "goexperiment", "gofips140", "cpu")

_PACKAGE_CLAUSE = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*package\s+(\w+)", re.DOTALL)


class Wanted(t.NamedTuple):
    """A workspace that is wanted.

    path: its folder; package: the plugin's main package in its source, "." for the root; gateway: the checkout.
    align: what to do where the plugin raises a module that it shares with the gateway: report, apply (lower it), fail.
    linked: what the gateway's binary is linked from; without a binary the checkout decides.
    id: makes the plugin's module path one of its own, so that another build of it can be loaded beside it; AUTO takes it from the inputs.
    source: the plugin's files; shown: where the user has them, for messages.
    local_modules: module path -> files, of each folder that the plugin's go.mod puts in a module's place.
    """

    path: str
    name: str
    package: str
    gateway: str
    profile: Profile
    source: Tree
    local_modules: dict[str, Tree]
    go: Go
    min_free: int
    align: str = "report"
    linked: Linked | None = None
    id: str = ""
    shown: str = ""

    @property
    def path_suffix(self) -> str:
        """What the plugin's module path gets in the workspace; empty without an id.

        C(auto) follows from what is compiled and nothing else, so that it is equal on every host.
        """
        if self.id != AUTO:
            return f"_{self.id}" if self.id else ""
        profile = self.profile.as_dict()
        compiled = [self.source.digest, [tree.digest for tree in self.local_modules.values()], [profile[name] for name in _COMPILED]]
        return f"_{hashlib.sha256(json.dumps(compiled).encode()).hexdigest()[:12]}"

    @property
    def listing(self) -> list[str]:
        """The words after C(go) that list all packages of one, with the tags of the gateway."""
        tags = [f"-tags={','.join(self.profile.tags)}"] if self.profile.tags else []
        return ["list", "-deps", *tags, "-f", alignment.PACKAGES_FORMAT]

    @property
    def digest(self) -> str:
        inputs = {
            "format": FORMAT,
            "name": self.name,
            "package": self.package,
            "gateway": os.path.abspath(self.gateway),
            "profile": self.profile.as_dict(),
            "go": self.go.version,
            "align": self.align,
            "id": self.id,
            "linked": [sorted(self.linked.packages), self.linked.modules] if self.linked else None,
            "source": [self.source.root, self.source.digest],
            "local_modules": {module: [tree.root, tree.digest] for module, tree in self.local_modules.items()},
        }
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode("utf-8", "surrogateescape")).hexdigest()


class Facts(t.NamedTuple):
    """What the user should know of a workspace.

    notes: what was done to go.mod, a line each. raised: modules that the gateway has at another version.
    in_step: from path to version, the shared modules that the plugin's own go.mod names.
    module: the plugin's module path in the workspace; given_module: in the source.
    """

    notes: tuple[str, ...]
    raised: tuple[alignment.Raised, ...]
    in_step: dict[str, str]
    module: str
    given_module: str


class Workspace(t.NamedTuple):
    """A workspace as it stands. mod_before, mod_after: text of the plugin's go.mod in the source and in the workspace; work: of go.work."""

    changed: bool
    digest: str
    facts: Facts
    mod_before: str
    mod_after: str
    work: str


def main_package_error(source: Tree, package: str) -> str:
    """Why the package cannot become a plugin, as far as its files show; empty if nothing speaks against it."""
    folder = "" if package in (".", "./") else f"{os.path.normpath(package)}/"
    files = [
        path
        for path in source.paths()
        if path.startswith(folder) and "/" not in path[len(folder) :] and path.endswith(".go") and not path.endswith("_test.go")
    ]
    where = os.path.join(source.root, folder)
    if not files:
        return f"there are no Go files in {where}"
    names = {path: _package_name(os.path.join(source.root, path)) for path in files}
    if "main" in names.values():
        return ""
    path, name = next(iter(names.items()))
    return f"a plugin must be package main, but {os.path.join(source.root, path)} is package {name or '?'}"


def state(wanted: Wanted) -> Workspace | None:
    """The workspace at C(wanted.path) if it is the wanted one and nobody changed it since, else None."""
    record = read_json(os.path.join(wanted.path, RECORD))
    if not isinstance(record, dict) or record.get("digest") != wanted.digest or record.get("staged") != _staged(wanted.path):
        return None
    raised = tuple(alignment.Raised.from_dict(one) for one in record["raised"])
    facts = Facts(tuple(record["notes"]), raised, record["in_step"], record["module"], record["given_module"])
    return Workspace(False, wanted.digest, facts, *_texts(wanted))


def prepare(wanted: Wanted) -> Workspace:
    """Bring the workspace up to date; another run for it is waited for. Raises GoPluginsError; what was there then stays."""
    current = state(wanted)
    if current:
        return current
    parent, name = os.path.split(os.path.abspath(wanted.path))
    require_free_space(parent, wanted.min_free, f"the workspace of {wanted.name}")
    os.makedirs(parent, exist_ok=True)
    with locked(lock_path(wanted.path)):
        current = state(wanted)
        if current:
            return current
        # Beside its later place, so that the relative paths in go.work stay right when it is renamed.
        remove_leftovers(parent, f".{name}.tmp.")
        with temporary_folder(parent, f".{name}.tmp.") as temporary:
            facts = _lay_out(wanted, temporary, os.path.relpath(wanted.gateway, wanted.path))
            write_json(os.path.join(temporary, RECORD), _record(wanted, temporary, facts))
            os.chmod(temporary, 0o755)
            remove_tree(wanted.path)
            place_atomically(temporary, wanted.path)
        return Workspace(True, wanted.digest, facts, *_texts(wanted))


def lock_path(path: str) -> str:
    """The lock of a workspace: beside it, as the workspace itself is replaced whole."""
    parent, name = os.path.split(os.path.abspath(path))
    return os.path.join(parent, f".{name}.lock")


def work_text(go_directive: str, gateway: str, module: str, versions: t.Iterable[str]) -> str:
    """The go.work of a plugin: the checkout is a member, and whatever version of it is named.

    Reading the build list, Go would ask the proxy for the go.mod of these versions.
    """
    folder = gomod.escape(gateway)
    pins = "".join(f"replace {module} {version} => {folder}\n" for version in sorted(set(versions)))
    return f"go {go_directive}\n\nuse (\n\t./{PLUGIN_FOLDER}\n\t{folder}\n)\n\n{pins}"


def checked_id(text: str) -> str:
    """The id, if it can be part of a module path. Raises GoPluginsError."""
    if text and not re.match(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", text):
        raise GoPluginsError(
            f"{text!r} cannot be the id of a plugin: at most 64 letters, digits, '_' and '-', beginning with a letter or digit"
        )
    return text


def local_modules(source: Tree) -> dict[str, Tree]:
    """The folders that the source's go.mod puts in the place of modules. Raises GoPluginsError where one is missing."""
    path = os.path.join(source.root, "go.mod")
    if not os.path.isfile(path):
        return {}
    return {replace.old: read_tree(os.path.join(source.root, replace.new)) for replace in gomod.read(path).replaces if replace.is_folder}


def preview(wanted: Wanted) -> Workspace:
    """What C(prepare) would make, made in a temporary folder and thrown away."""
    current = state(wanted)
    if current:
        return current
    with temporary_folder(tempfile.gettempdir(), "go-workspace.") as temporary:
        facts = _lay_out(wanted, temporary, os.path.abspath(wanted.gateway))
        return Workspace(True, wanted.digest, facts, *_texts(wanted, temporary))


def write_back(wanted: Wanted) -> bool:
    """Carry go.mod and go.sum of the workspace to the user's source; whether anything changed there."""
    changed = False
    record = read_json(os.path.join(wanted.path, RECORD))
    for name in ("go.mod", "go.sum"):
        source = os.path.join(wanted.source.root, name)
        text = _text(os.path.join(wanted.path, PLUGIN_FOLDER, name))
        if name == "go.mod":
            text = re.sub(r"(?m)^module .*$", lambda _line: f"module {gomod.escape(record['given_module'])}", text, count=1)
            for module, tree in wanted.local_modules.items():
                text = text.replace(
                    f"{module} => {gomod.escape(tree.root)}", f"{module} => {gomod.escape(os.path.relpath(tree.root, wanted.source.root))}"
                )
        if text != _text(source):
            write_atomically(source, text.encode())
            changed = True
    if changed:
        # The source as it now is made this workspace; without this the next run would make it again.
        record["digest"] = wanted._replace(source=read_tree(wanted.source.root)).digest
        write_json(os.path.join(wanted.path, RECORD), record)
    return changed


def _lay_out(wanted: Wanted, folder: str, gateway: str) -> Facts:
    """Fill C(folder) with the staged plugin and its go.work, which names the checkout as C(gateway)."""
    plugin, work = os.path.join(folder, PLUGIN_FOLDER), os.path.join(folder, "go.work")
    os.mkdir(plugin)
    copy_tree(wanted.source, plugin)
    environment = {**go_environment(wanted.go.binary, os.environ), "GOWORK": "off", "CGO_ENABLED": "1"}
    of_gateway = gomod.read(os.path.join(wanted.gateway, "go.mod"))
    pseudo_version = wanted.profile.pseudo_version

    def write_work(versions: t.Iterable[str]) -> None:
        write_atomically(work, work_text(of_gateway.go, gateway, of_gateway.module, (pseudo_version, *versions)).encode())

    shown = {plugin: wanted.shown or wanted.source.root, folder: wanted.path}
    shown = {**{os.path.realpath(place): name for place, name in shown.items()}, **shown}
    stage = Stage(wanted.name, wanted.package, wanted.go, wanted.listing, plugin, work, environment, shown, (), write_work)
    mod_path = os.path.join(plugin, "go.mod")
    if not os.path.exists(mod_path):
        stage.go(f"go mod init failed for {wanted.name}", ["mod", "init", wanted.name])
    given_module = _give_id(wanted, stage)
    own = gomod.read(mod_path)
    shown[own.module] = given_module
    notes = _adapt_directives(wanted, own, of_gateway, mod_path)
    borrowed, dropped = _replaces(own, of_gateway, wanted.gateway)
    stage = stage._replace(borrowed=tuple(borrowed))
    notes += [f"the replace of {replace.old} was left out: the gateway's own decides" for replace in dropped]
    edits = [f"-dropreplace={gomod.at(replace.old, replace.old_version)}" for replace in dropped]
    edits += [f"-replace={gomod.at(name, '')}={tree.root}" for name, tree in wanted.local_modules.items() if name != of_gateway.module]
    stage.edit([*edits, f"-require={of_gateway.module}@{pseudo_version}"])
    _vouch(wanted.gateway, plugin)
    stage.tidy()
    linked = wanted.linked or stage.linked(wanted.gateway, of_gateway.module)
    aligned = align(stage, own, linked, lower=wanted.align == "apply")
    if aligned.raised and wanted.align != "report":
        raise misaligned(wanted.name, aligned.raised)
    notes = [f"{wanted.name}: {note}" for note in (*notes, *aligned.notes)]
    return Facts(tuple(notes), aligned.raised, aligned.in_step, own.module, given_module)


def _give_id(wanted: Wanted, stage: Stage) -> str:
    """Give the staged plugin the module path that its id makes, in go.mod and in its imports of its own packages. The path that it had."""
    given = gomod.read(os.path.join(stage.plugin, "go.mod")).module
    if wanted.path_suffix:
        stage.edit([f"-module={given}{wanted.path_suffix}"])
        for entry in _own_go_files(wanted.source):
            path = os.path.join(stage.plugin, entry)
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                text = file.read()
            changed = imports.with_module(text, given, f"{given}{wanted.path_suffix}")
            if changed != text:
                with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                    file.write(changed)
    return given


def _own_go_files(source: Tree) -> list[str]:
    """The Go files of the plugin's own module, without those of modules in folders of it and without vendored ones."""
    others = [f"{os.path.dirname(path)}/" for path in source.paths() if path.endswith("/go.mod")]
    left_out = ("vendor/", *others)
    return [path for path in source.paths() if path.endswith(".go") and not path.startswith(left_out)]


def _adapt_directives(wanted: Wanted, own: gomod.GoMod, of_gateway: gomod.GoMod, mod_path: str) -> list[str]:
    """Give the staged go.mod the go directive of the gateway, and take out what the gateway's Go cannot read."""
    text, removed = gomod.adapt(gomod.read_text(mod_path), of_gateway.go, release_line(wanted.go.version), mod_path)
    write_atomically(mod_path, text.encode())
    notes = [f"go.mod: '{verb}' was left out, Go {wanted.go.version} does not know it" for verb in removed]
    if own.go and own.go != of_gateway.go:
        notes.append(f"go.mod: go {own.go} -> {of_gateway.go}, as the gateway has it")
    return notes


def _replaces(own: gomod.GoMod, of_gateway: gomod.GoMod, gateway: str) -> tuple[list[gomod.Replace], list[gomod.Replace]]:
    """(replaces that the plugin's go.mod borrows while it is tidied, replaces of its own that must go).

    The checkout stands in for the gateway's module, so that no proxy need have it and its history may be shallow. The gateway's own
    replaces hold for the plugin too: in the workspace they do anyway.
    """
    borrowed = [gomod.Replace(of_gateway.module, "", os.path.abspath(gateway), "")]
    for replace in of_gateway.replaces:
        new = os.path.normpath(os.path.join(os.path.abspath(gateway), replace.new)) if replace.is_folder else replace.new
        borrowed.append(replace._replace(new=new))
    names = {replace.old for replace in borrowed}
    return borrowed, [replace for replace in own.replaces if replace.old in names]


def _vouch(gateway: str, plugin: str) -> None:
    """Add the gateway's go.sum to the plugin's: it vouches for modules that the checksum database does not know."""
    lines: set[str] = set()
    for folder in (gateway, plugin):
        path = os.path.join(folder, "go.sum")
        if os.path.isfile(path):
            lines.update(line for line in gomod.read_text(path).splitlines() if line.strip())
    write_atomically(os.path.join(plugin, "go.sum"), "".join(f"{line}\n" for line in sorted(lines)).encode())


def _record(wanted: Wanted, folder: str, facts: Facts) -> dict[str, t.Any]:
    return {
        "digest": wanted.digest,
        "staged": _staged(folder),
        "name": wanted.name,
        "package": wanted.package,
        "source": wanted.shown or wanted.source.root,
        "gateway": os.path.abspath(wanted.gateway),
        "local_modules": {module: tree.root for module, tree in wanted.local_modules.items()},
        "notes": list(facts.notes),
        "raised": [one.as_dict() for one in facts.raised],
        "in_step": facts.in_step,
        "module": facts.module,
        "given_module": facts.given_module,
    }


def _staged(folder: str) -> str:
    """The digest of what stands in a workspace. go.work.sum is not part of it: Go adds to it while it builds."""
    if not os.path.isfile(os.path.join(folder, "go.work")) or not os.path.isdir(os.path.join(folder, PLUGIN_FOLDER)):
        return ""
    return f"{read_tree(os.path.join(folder, PLUGIN_FOLDER)).digest} {sha256_file(os.path.join(folder, 'go.work'))}"


def _texts(wanted: Wanted, folder: str = "") -> tuple[str, str, str]:
    folder = folder or wanted.path
    return (
        _text(os.path.join(wanted.source.root, "go.mod")),
        _text(os.path.join(folder, PLUGIN_FOLDER, "go.mod")),
        _text(os.path.join(folder, "go.work")),
    )


def _text(path: str) -> str:
    return gomod.read_text(path) if os.path.isfile(path) else ""


def _package_name(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:
        match = _PACKAGE_CLAUSE.match(file.read(1 << 20))
    return match.group(1) if match else ""
