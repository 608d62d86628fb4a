# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documented workspace: gateway checkout and plugin side by side under one go.work, one workspace for each plugin.

The gateway must be compiled as a member of the workspace, as in its release; from the module cache or a replace its packages get
other fingerprints. The user's source is copied, and only the copy is changed. So are the folders that it has in the place of modules, as
Go writes their paths into what it builds.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    refuse_foreign,
    remove_leftovers,
    require_free_space,
    scratch_folder,
    sha256_file,
    sweep,
    temporary_folder,
    write_atomically,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Linked
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod, imports
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go, check, go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import release_line
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import Entry, Tree, changed_meanwhile, copy_tree, read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import alignment, place, record, vendored
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.record import Facts, Record
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.source import PLAIN, Layout, package_header
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.tidy import Member, Stage, align, misaligned

# Part of the digest: a change in how workspaces are laid out makes new ones.
FORMAT = 6

AUTO = "auto"
# Folders in a message.
_MOST_NAMED = 3
# Of the profile, what a compiled plugin depends on.
_COMPILED = ("commit", "modified", "go_version", "tags", "trimpath", "race", "msan", "asan", "gcflags", "goexperiment", "gofips140", "cpu")


class Wanted(t.NamedTuple):
    """A workspace that is wanted.

    path: its folder; package: the plugin's main package in its source, "." for the root; gateway: the checkout.
    align: what to do where the plugin raises a module that it shares with the gateway: report, apply (lower it), fail.
    linked: what the gateway's binary is linked from; without a binary the checkout decides.
    id: makes the plugin's module path one of its own, so that another build of it can be loaded beside it; AUTO takes it from the inputs.
    source: the plugin's files; shown: where the user has them, for messages.
    layout: where in it the module of the plugin is, and other modules that belong to it.
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
    layout: Layout = PLAIN

    @property
    def place(self) -> str:
        """The folder, without the links that lead there."""
        return place.real_place(self.path)

    @property
    def checkout(self) -> str:
        """The gateway's checkout, without the links that lead there."""
        return os.path.realpath(self.gateway)

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
        """Of everything that the workspace is made from."""
        return self._digest_with([self.source.root, self.source.digest], {name: tree.digest for name, tree in self.local_modules.items()})

    @property
    def shape(self) -> str:
        """As C(digest), but of a Go file only what stands before its first declaration, as Go resolves modules by nothing else.

        Empty with an id or vendored packages: there more of a file shows in the workspace, or is compared. Raises GoPluginsError.
        """
        if self.id or any(path.startswith(f"{self.layout.vendor}/") for path in self.source.paths()):
            return ""
        return self._digest_with([self.source.root, _shape(self.source)], {name: _shape(tree) for name, tree in self.local_modules.items()})

    def _digest_with(self, source: list[str], modules: dict[str, str]) -> str:
        inputs = {
            "format": FORMAT,
            "name": self.name,
            "package": self.package,
            "gateway": self.checkout,
            "profile": self.profile.as_dict(),
            "go": self.go.version,
            "align": self.align,
            "id": self.id,
            "linked": [sorted(self.linked.packages), self.linked.modules] if self.linked else None,
            "source": [*source, self.layout],
            "local_modules": {module: [self.local_modules[module].root, digest] for module, digest in modules.items()},
        }
        return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


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
    files = [path for path in _compiled(source) if path.startswith(folder) and "/" not in path[len(folder) :]]
    where = os.path.join(source.root, folder)
    if not files:
        return f"there are no Go files in {where}{_main_packages(source)}"
    names = {path: _package_of(source, path) for path in files}
    if "main" in names.values():
        return ""
    path, name = next(iter(names.items()))
    return f"a plugin must be package main, but {os.path.join(source.root, path)} is package {name or '?'}{_main_packages(source)}"


def _main_packages(source: Tree) -> str:
    """The end of a message that names the folders of the source with a package main; empty where there is none.

    Those that Go passes over are no plugins that somebody meant (go help packages).
    """
    found: list[str] = []
    for path in _compiled(source):
        folder = os.path.dirname(path)
        passed_over = any(name in ("testdata", "vendor") or name.startswith((".", "_")) for name in folder.split("/"))
        if not passed_over and folder not in found and _package_of(source, path) == "main":
            found.append(folder)
    named = ", ".join(os.path.normpath(os.path.join(source.root, folder)) for folder in found[:_MOST_NAMED])
    more = f" and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    return f"; package main is in {named}{more}" if found else ""


def _compiled(source: Tree) -> list[str]:
    return [path for path in source.paths() if path.endswith(".go") and not path.endswith("_test.go")]


def _package_of(source: Tree, path: str) -> str:
    return imports.package_name(package_header(os.path.join(source.root, path)))


def state(wanted: Wanted) -> Workspace | None:
    """The workspace at C(wanted.path) if it is the wanted one and nobody changed it since, else None."""
    known = record.read(wanted.place)
    if not known or os.path.islink(wanted.place) or known.digest != wanted.digest or not _untouched(wanted.place, known):
        return None
    return Workspace(False, wanted.digest, known.facts, *_texts(wanted))


def prepare(wanted: Wanted) -> Workspace:
    """Bring the workspace up to date; another run for it is waited for. Raises GoPluginsError; what was there then stays."""
    parent, name = os.path.split(wanted.place)
    current = state(wanted)
    if current:
        sweep(parent, f".{name}.", place.lock_path(wanted.path))
        return current
    _refuse(wanted)
    require_free_space(parent, wanted.min_free, f"the workspace of {wanted.name}")
    os.makedirs(parent, exist_ok=True)
    with locked(place.lock_path(wanted.path)):
        remove_leftovers(parent, f".{name}.")
        current = state(wanted)
        if current:
            return current
        _refuse(wanted)
        with temporary_folder(parent, f".{name}.") as temporary:
            folder, facts = _take_over(wanted, temporary) or _lay_out(wanted, temporary)
            record.write(folder, _record(wanted, folder, facts))
            place.replace_folder(folder, wanted.place, temporary)
        return Workspace(True, wanted.digest, facts, *_texts(wanted))


def work_text(
    go_directive: str, uses: t.Iterable[str], pins: t.Mapping[tuple[str, str], str], replaces: t.Iterable[gomod.Replace] = ()
) -> str:
    """The go.work of a plugin: the folders of its members, the checkout among them, and whatever version of them is named.

    pins: from module and version to the member. Reading the build list, Go would ask the proxy for the go.mod of these versions.
    """
    members = "".join(f"\t{gomod.escape(folder)}\n" for folder in uses)
    lines = [f"replace {module} {version} => {gomod.escape(folder)}\n" for (module, version), folder in sorted(pins.items())]
    lines += [
        f"replace {' '.join(filter(None, replace[:2]))} => {' '.join(filter(None, (gomod.escape(replace.new), replace.new_version)))}\n"
        for replace in replaces
    ]
    return f"go {go_directive}\n\nuse (\n{members})\n\n{''.join(lines)}"


def checked_id(text: str) -> str:
    """The id, if it can be part of a module path. Raises GoPluginsError."""
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text):
        raise GoPluginsError(
            f"{text!r} cannot be the id of a plugin: at most 64 letters, digits, '_' and '-', beginning with a letter or digit"
        )
    return text


def local_modules(source: Tree, layout: Layout = PLAIN, without: t.Container[str] = ()) -> dict[str, Tree]:
    """The folders that the source's go.mod files and its go.work put in the place of modules. Raises GoPluginsError where one is missing.

    without: modules for which the gateway decides; nobody looks where those are. A missing folder that go.mod does not require is
    left to Go, which may not need it either.
    """
    found: dict[str, Tree] = {}
    for folder, replaces, required in _replacing(source, layout):
        for replace in replaces:
            where = os.path.realpath(os.path.join(folder, replace.new))
            if replace.is_folder and replace.old not in without and (os.path.isdir(where) or replace.old in required):
                found.setdefault(replace.old, read_tree(where))
    return found


def _replacing(source: Tree, layout: Layout) -> t.Iterator[tuple[str, tuple[gomod.Replace, ...], set[str]]]:
    """(folder, replaces, required modules) of go.work, the plugin's go.mod, and those of the other modules; the first one wins."""
    # Without links: ".." after one leads elsewhere for the system than for Go.
    root = os.path.realpath(source.root)
    if layout.work:
        folder = os.path.join(root, layout.work)
        yield folder, _go_work(source, layout).replaces, set()
    for module in (layout.module, *layout.members):
        folder = os.path.join(root, module)
        if os.path.isfile(os.path.join(folder, "go.mod")):
            mod = gomod.read(os.path.join(folder, "go.mod"))
            yield folder, mod.replaces, {require.path for require in mod.requires}


def _go_work(source: Tree, layout: Layout) -> gomod.GoWork:
    path = os.path.join(source.root, layout.work, "go.work")
    return gomod.parse_work(gomod.read_text(path), path) if layout.work else gomod.GoWork((), ())


def preview(wanted: Wanted) -> Workspace:
    """What C(prepare) would make, made in a temporary folder and thrown away."""
    current = state(wanted)
    if current:
        return current
    _refuse(wanted)
    with scratch_folder("go-workspace.") as temporary:
        folder, facts = _take_over(wanted, os.path.realpath(temporary)) or _lay_out(wanted, os.path.realpath(temporary))
        return Workspace(True, wanted.digest, facts, *_texts(wanted, folder))


def write_back(wanted: Wanted, given_module: str) -> bool:
    """Carry go.mod and go.sum of the workspace to the user's source; whether anything changed there.

    given_module: the plugin's module path in the source. Raises GoPluginsError where another run makes another workspace meanwhile.
    """
    if wanted.layout.is_part:
        raise GoPluginsError(
            f"the go.mod of {_module_folder(wanted)} serves other packages too, and the workspace has only those that {wanted.name} needs",
            f"set write_back to false, or name {quoted(_module_folder(wanted))} as the source and {quoted(wanted.package)} as its package",
        )
    if not _to_write_back(wanted, given_module):
        return False
    with locked(place.lock_path(wanted.path)):
        known = record.read(wanted.place)
        if not known or known.digest != wanted.digest:
            raise GoPluginsError(f"another run replaced the workspace {wanted.path} meanwhile", "run again when no other run is at work")
        for path, text in _to_write_back(wanted, given_module).items():
            write_atomically(path, text.encode())
        # The source as it now is made this workspace; without this the next run would make it again.
        changed = wanted._replace(source=read_tree(wanted.source.root))
        record.write(wanted.place, known._replace(digest=changed.digest, shape=changed.shape))
    return True


def _to_write_back(wanted: Wanted, given_module: str) -> dict[str, str]:
    """From path to text, those files of the user's source that the workspace has otherwise."""
    folder = _module_folder(wanted)
    texts = {name: _text(os.path.join(wanted.place, record.PLUGIN_FOLDER, wanted.layout.module, name)) for name in ("go.mod", "go.sum")}
    text = re.sub(r"(?m)^module .*$", lambda _line: f"module {gomod.escape(given_module)}", texts["go.mod"], count=1)
    root = os.path.realpath(folder)
    own = os.path.join(wanted.place, record.PLUGIN_FOLDER, wanted.layout.module)
    for module, tree in wanted.local_modules.items():
        staged, given = _folder_argument(record.module_folder(wanted.place, module), own), _folder_argument(tree.root, root)
        text = text.replace(f"{module} => {gomod.escape(staged)}\n", f"{module} => {gomod.escape(given)}\n")
    texts["go.mod"] = text
    paths = {os.path.join(folder, name): text for name, text in texts.items()}
    return {path: text for path, text in paths.items() if text != _text(path)}


def _folder_argument(folder: str, start: str) -> str:
    """A folder as go.mod names it, which takes a path without a dot at its beginning for a module."""
    relative = os.path.relpath(folder, start)
    return relative if relative.split(os.sep, 1)[0] == ".." else f"./{relative}"


def _module_folder(wanted: Wanted) -> str:
    """The folder of the plugin's go.mod in the source."""
    return os.path.normpath(os.path.join(wanted.source.root, wanted.layout.module))


def _refuse(wanted: Wanted) -> None:
    """Raises GoPluginsError where the workspace would take the place of something else."""
    others = {f"module {module}": tree.root for module, tree in wanted.local_modules.items()}
    root, layout = wanted.source.root, wanted.layout
    others.update({f"module in {member}": os.path.join(root, member) for member in layout.members})
    for folder in layout.read or (wanted.package,):
        source = os.path.normpath(os.path.join(root, folder))
        place.refuse_overlap(wanted.path, source, {"gateway's checkout": wanted.gateway, **others})
    refuse_foreign(wanted.place, *record.marks(wanted.place))


def _lay_out(wanted: Wanted, temporary: str) -> tuple[str, Facts]:
    """Make the workspace in a folder below C(temporary); (that folder, what the user should know).

    Meanwhile go.work has the checkout's full path, and Go its temporary files beside it, where they go away with the rest.
    """
    folder, scratch = os.path.join(temporary, "workspace"), os.path.join(temporary, "tmp")
    plugin, work = os.path.join(folder, record.PLUGIN_FOLDER), os.path.join(folder, "go.work")
    _copy_sources(wanted, folder)
    os.mkdir(scratch)
    own_folder = os.path.normpath(os.path.join(plugin, wanted.layout.module))
    environment = {
        **go_environment(wanted.go.binary, os.environ),
        "GOWORK": "off",
        "CGO_ENABLED": "1",
        "TMPDIR": scratch,
        "GOTMPDIR": scratch,
    }
    of_gateway = gomod.read(os.path.join(wanted.checkout, "go.mod"))
    pseudo_version = wanted.profile.pseudo_version
    members = _members(wanted, folder, of_gateway, environment)
    served: dict[str, set[str]] = {}

    def text_of_work(gateway: str) -> str:
        at = {of_gateway.module: gateway, **{one.module: f"./{os.path.relpath(one.folder, folder)}" for one in members}}
        own = f"./{os.path.relpath(own_folder, folder)}"
        pins = {(module, version): at[module] for module, versions in served.items() for version in versions}
        return work_text(of_gateway.go, [own, *at.values()], pins, _work_replaces(wanted, folder, folder, at))

    def write_work(versions: t.Mapping[str, t.Iterable[str]]) -> None:
        served.clear()
        served.update({module: set(versions.get(module, ())) for module in (of_gateway.module, *(one.module for one in members))})
        served[of_gateway.module].add(pseudo_version)
        write_atomically(work, text_of_work(wanted.checkout).encode())

    sums = _text(os.path.join(wanted.source.root, wanted.layout.work, "go.work.sum")) if wanted.layout.work else ""
    if sums:
        write_atomically(f"{work}.sum", sums.encode())
    source = wanted.shown or wanted.source.root
    shown = {plugin: source, **{record.module_folder(folder, name): tree.root for name, tree in wanted.local_modules.items()}}
    shown[folder] = wanted.path
    package = os.path.relpath(os.path.normpath(os.path.join(plugin, wanted.package)), own_folder)
    package = package if package == "." else f"./{package}"
    stage = Stage(wanted.name, package, wanted.go, wanted.listing, own_folder, work, environment, shown, (), members, write_work)
    mod_path = os.path.join(own_folder, "go.mod")
    given_path = os.path.normpath(os.path.join(source, wanted.layout.module, "go.mod"))
    vendor = _vendor(wanted)
    notes = list(wanted.layout.notes)
    decided = decided_by_gateway(of_gateway)
    if not os.path.exists(mod_path):
        # No package of Go's own has a dot in the first element of its path.
        module = f"{wanted.name}.plugin" if _is_of_go(wanted.name, wanted.go) else wanted.name
        stage.go(f"go mod init failed for {wanted.name}", ["mod", "init", module])
        notes += [f"the module path is {module}, as {wanted.name} is a package of Go's own"] if module != wanted.name else []
        pins = vendored.pins(vendor or (), decided)
        if pins:
            stage.edit(pins)
            notes.append(f"there is no go.mod: the versions are those of vendor/{vendored.LIST}")
    given_module = _give_id(wanted, stage)
    own = gomod.read(mod_path)
    if _is_of_go(own.module, wanted.go):
        fix = f"go mod edit {quoted('-module=example.com/' + own.module, option=True)} {quoted(given_path)}"
        raise GoPluginsError(f"{given_path}: the module path {own.module} is that of a package of Go's own, which go takes instead", fix)
    shown[own.module] = given_module
    notes += _adapt_directives(wanted, own, of_gateway, mod_path)
    borrowed, dropped = _replaces(own, of_gateway, wanted.checkout)
    foreign = _foreign_replaces(wanted, folder, own_folder, own, {*decided, *(one.module for one in members)})
    overruled = [replace for replace in own.replaces if replace.old in {*(one.module for one in members), *(one.old for one in foreign)}]
    stage = stage._replace(borrowed=(*borrowed, *foreign))
    notes += [f"the replace of {replace.old} was left out: the gateway's own decides" for replace in dropped]
    edits = [f"-dropreplace={gomod.at(replace.old, replace.old_version)}" for replace in (*dropped, *overruled)]
    edits += [
        f"-replace={_staged_replace(wanted, folder, own_folder, replace, _module_folder(wanted)).as_argument()}"
        for replace in own.replaces
        if replace.is_folder and replace not in dropped and replace not in overruled
    ]
    stage.edit([*edits, f"-require={of_gateway.module}@{pseudo_version}"])
    _vouch([wanted.checkout, *(one.folder for one in members), own_folder], own_folder)
    _tidy(stage, wanted, own)
    linked = wanted.linked or stage.linked(wanted.checkout, of_gateway.module)
    aligned = align(stage, own, linked, lower=wanted.align == "apply")
    if aligned.raised and wanted.align != "report":
        raise misaligned(wanted.name, aligned.raised)
    notes += _compare_vendored(wanted, stage, vendor, decided, own) if vendor is not None else []
    # Relative, so that a root can be moved.
    write_atomically(work, text_of_work(os.path.relpath(wanted.checkout, wanted.place)).encode())
    notes = [f"{wanted.name}: {note}" for note in (*notes, *aligned.notes)]
    return folder, Facts(tuple(notes), aligned.raised, aligned.in_step, own.module, given_module)


def _take_over(wanted: Wanted, temporary: str) -> tuple[str, Facts] | None:
    """As C(_lay_out), without starting Go: with go.mod, go.sum and go.work as Go left them in the workspace that is there.

    None where more changed than declarations in Go files, or somebody touched that workspace.
    """
    known = record.read(wanted.place)
    if not known or os.path.islink(wanted.place) or not _untouched(wanted.place, known) or not known.shape or known.shape != wanted.shape:
        return None
    folder = os.path.join(temporary, "workspace")
    _copy_sources(wanted, folder)
    modules = [os.path.normpath(os.path.join(record.PLUGIN_FOLDER, module)) for module in (wanted.layout.module, *wanted.layout.members)]
    for name in ("go.work", "go.work.sum", *(os.path.join(module, name) for module in modules for name in ("go.mod", "go.sum"))):
        if os.path.isfile(os.path.join(wanted.place, name)):
            shutil.copyfile(os.path.join(wanted.place, name), os.path.join(folder, name))
    return folder, known.facts


def _copy_sources(wanted: Wanted, folder: str) -> None:
    """Make the folder of a workspace, with what it has of the user."""
    plugin = os.path.join(folder, record.PLUGIN_FOLDER)
    for path in (folder, plugin):
        os.mkdir(path)
        os.chmod(path, 0o755)
    copy_tree(_staged_part(wanted), plugin)
    for module, tree in wanted.local_modules.items():
        copy_tree(tree, record.module_folder(folder, module))


def _shape(tree: Tree) -> str:
    """A digest of a source that stays when a declaration in a Go file changes, and only then. Raises GoPluginsError."""
    return tree._replace(entries=tuple(entry._replace(sha256=_shape_of_file(tree.root, entry)) for entry in tree.entries)).digest


def _shape_of_file(root: str, entry: Entry) -> str:
    path = os.path.join(root, entry.path)
    if not path.endswith(".go"):
        return entry.sha256
    with open(path, "rb") as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise changed_meanwhile(path)
    return hashlib.sha256(imports.head(content.decode(errors="surrogateescape")).encode(errors="surrogateescape")).hexdigest()


def decided_by_gateway(of_gateway: gomod.GoMod) -> set[str]:
    """The modules of which the gateway decides where they come from: its own, and what it replaces. of_gateway: its go.mod."""
    return {of_gateway.module, *(replace.old for replace in of_gateway.replaces)}


def _staged_part(wanted: Wanted) -> Tree:
    """The source without what would steer Go in the copy: its go.work, and vendor/, which Go takes outside of a workspace."""
    layout = wanted.layout
    left_out = {os.path.normpath(os.path.join(layout.work or ".", name)) for name in ("go.work", "go.work.sum")}
    folders = tuple({f"{layout.vendor}/", f"{os.path.normpath(os.path.join(layout.module, 'vendor'))}/"})
    kept = [entry for entry in wanted.source.entries if entry.path not in left_out and not entry.path.startswith(folders)]
    return wanted.source._replace(entries=tuple(kept))


def _members(wanted: Wanted, workspace: str, of_gateway: gomod.GoMod, environment: dict[str, str]) -> tuple[Member, ...]:
    """The other modules of the user's go.work, staged, and made ready for the workspace."""
    members = []
    plugin = os.path.join(workspace, record.PLUGIN_FOLDER)
    decided = decided_by_gateway(of_gateway)
    names = [gomod.read(os.path.join(plugin, member, "go.mod")).module for member in wanted.layout.members]
    for member, module in zip(wanted.layout.members, names):
        folder = os.path.join(plugin, member)
        path = os.path.join(folder, "go.mod")
        mod = gomod.read(path)
        _adapt_directives(wanted, mod, of_gateway, path)
        edits = []
        for replace in mod.replaces:
            old = gomod.at(replace.old, replace.old_version)
            if replace.old in decided or replace.old in names:
                edits.append(f"-dropreplace={old}")
            elif replace.is_folder:
                given = os.path.join(wanted.source.root, member)
                edits.append(f"-replace={_staged_replace(wanted, workspace, folder, replace, given).as_argument()}")
        if edits:
            done = wanted.go.run(["mod", "edit", *edits], cwd=folder, env=environment)
            check(f"the go.mod of {module} cannot be edited", done, folder, {})
        members.append(Member(module, folder, gomod.read(path)))
    return tuple(members)


def _work_replaces(wanted: Wanted, workspace: str, start: str, members: t.Container[str]) -> list[gomod.Replace]:
    """Those of the user's go.work, without those of members, for a file in the folder C(start) of the workspace."""
    given = os.path.join(wanted.source.root, wanted.layout.work)
    return [
        _staged_replace(wanted, workspace, start, replace, given)
        for replace in _go_work(wanted.source, wanted.layout).replaces
        if replace.old not in members
    ]


def _foreign_replaces(wanted: Wanted, workspace: str, start: str, own: gomod.GoMod, without: t.Container[str]) -> list[gomod.Replace]:
    """What go.work and its other modules replace, which holds for the plugin too, for a file in the folder C(start) of the workspace.

    go.work wins against the plugin's go.mod, and that against those of others.
    """
    of_work = _work_replaces(wanted, workspace, start, without)
    taken = {replace.old for replace in (*of_work, *own.replaces)}
    others = []
    for member in wanted.layout.members:
        given = os.path.join(wanted.source.root, member)
        for replace in gomod.read(os.path.join(given, "go.mod")).replaces:
            if replace.old not in taken and replace.old not in without:
                others.append(_staged_replace(wanted, workspace, start, replace, given))
    return [*of_work, *others]


def _staged_replace(wanted: Wanted, workspace: str, start: str, replace: gomod.Replace, given: str) -> gomod.Replace:
    return replace._replace(new=_local_folder(wanted, workspace, start, replace, given)) if replace.is_folder else replace


def _local_folder(wanted: Wanted, workspace: str, start: str, replace: gomod.Replace, given: str) -> str:
    """The folder that is in a module's place, as a file in the folder C(start) of the workspace names it.

    given: where the file is in the source. A folder that is missing, and that Go may not need, is named as it is there.
    """
    if replace.old in wanted.local_modules:
        return _folder_argument(record.module_folder(workspace, replace.old), start)
    return os.path.normpath(os.path.join(os.path.realpath(given), replace.new))


def _tidy(stage: Stage, wanted: Wanted, own: gomod.GoMod) -> None:
    """Tidy go.mod. Go passes over the replaces of a module that is not the main one; where those are what is missing, say so."""
    try:
        stage.tidy()
    except GoPluginsError as error:
        known = {replace.old for replace in own.replaces}
        lines, fixes = _links_named_in(error.message, wanted, own.module, stage.shown.get(own.module, ""))
        for module, tree in wanted.local_modules.items():
            path = os.path.join(tree.root, "go.mod")
            for replace in gomod.read(path).replaces if os.path.isfile(path) else ():
                if replace.old in error.message and replace.old not in known:
                    lines.append(f"{path} replaces {replace.old}; go passes over that, as {module} is not the main module")
                    new = _folder_argument(os.path.normpath(os.path.join(tree.root, replace.new)), os.path.realpath(_module_folder(wanted)))
                    new = new if replace.is_folder else gomod.at(replace.new, replace.new_version)
                    flag = quoted(f"-replace={gomod.at(replace.old, replace.old_version)}={new}", option=True)
                    fixes.append(f"go mod edit {flag} {quoted(os.path.join(_module_folder(wanted), 'go.mod'))}")
        if not lines:
            raise
        raise GoPluginsError("\n".join([*lines, error.message]), "\n".join(fixes), **error.details) from error


def _links_named_in(message: str, wanted: Wanted, *modules: str) -> tuple[list[str], list[str]]:
    """(lines, fixes) for packages of the plugin's own module that are links to folders: Go follows such a link, and the copy has none."""
    lines, fixes = [], []
    for module in filter(None, dict.fromkeys(modules)):
        for below in dict.fromkeys(re.findall(rf"(?<![\w./-]){re.escape(module)}/([\w./~-]*[\w~-])", message)):
            path = os.path.join(_module_folder(wanted), below)
            if os.path.islink(path) and os.path.isdir(path):
                lines.append(f"{path} is a link to a folder, which is not copied with the source")
                fixes.append(f"put the package itself in the place of the link: {command_line('ls -ld', path)}")
    return list(dict.fromkeys(lines)), list(dict.fromkeys(fixes))


def _vendor(wanted: Wanted) -> list[vendored.Module] | None:
    """The modules of vendor/, where Go would take it; None where it would not. Raises GoPluginsError where it does not fit go.mod."""
    layout = wanted.layout
    if not any(path.startswith(f"{layout.vendor}/") for path in wanted.source.paths()):
        return None
    folder = os.path.join(wanted.source.root, layout.vendor)
    modules = vendored.parse(_text(os.path.join(folder, vendored.LIST)))
    mods = [os.path.join(wanted.source.root, module, "go.mod") for module in (layout.module, *layout.members)]
    read = [gomod.read(path) for path in mods if os.path.isfile(path)]
    if read and not vendored.is_used(read[0]):
        return None
    lines = vendored.inconsistencies(read, modules, _go_work(wanted.source, layout).replaces) if read else []
    if lines:
        raise vendored.inconsistent(
            os.path.dirname(os.path.join(wanted.shown or wanted.source.root, layout.vendor)), lines, bool(layout.work)
        )
    return modules


def _compare_vendored(
    wanted: Wanted, stage: Stage, modules: t.Sequence[vendored.Module], decided: t.Container[str], own: gomod.GoMod
) -> list[str]:
    """Notes where the workspace takes another version than vendor/, of modules that go.mod does not name.

    Raises GoPluginsError where a vendored package is not its module's.
    """
    packages = stage.packages()
    listed = bool(modules)
    modules = modules or vendored.without_list(packages)
    vendor = os.path.join(wanted.source.root, wanted.layout.vendor)
    changed: dict[str, list[str]] = {}
    named = {require.path for require in own.requires}
    notes = []
    used = {module: [package for package in module.packages if package in packages] for module in modules if module.path not in decided}
    folders = stage.folders([module.origin for module, found in used.items() if found and module.origin[1]])
    for module, found in used.items():
        path, version = module.origin
        base = os.path.join(os.path.dirname(vendor), path)
        folder = folders.get((path, version), "") if version else base
        for package in found if folder else ():
            if not os.path.isdir(os.path.join(vendor, package)):
                continue
            files = vendored.differences(vendor, package, os.path.join(folder, package[len(module.path) + 1 :]))
            if files:
                changed.setdefault(gomod.at(module.path, module.version), []).extend(files)
        selected = next((one for one in (packages[package] for package in found) if one), None)
        if selected and selected.version != module.version and module.path not in named:
            notes.append(f"vendor/ has {module.path} {module.version}, the workspace with the gateway selects {selected.version}")
    if changed:
        raise vendored.patched(changed, listed)
    return notes


def _is_of_go(module: str, go: Go) -> bool:
    """Whether a module path is that of a package of Go's own, or of every program."""
    return module == "main" or ("." not in module.split("/")[0] and os.path.isdir(os.path.join(go.goroot, "src", module)))


def _give_id(wanted: Wanted, stage: Stage) -> str:
    """Give the staged plugin the module path that its id makes, in go.mod and in its imports of its own packages. The path that it had."""
    given = gomod.read(os.path.join(stage.plugin, "go.mod")).module
    if wanted.path_suffix:
        stage.edit([f"-module={given}{wanted.path_suffix}"])
        root = os.path.normpath(os.path.join(stage.plugin, os.path.relpath(".", wanted.layout.module)))
        for entry in _own_go_files(_staged_part(wanted), wanted.layout):
            path = os.path.join(root, entry)
            with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
                text = file.read()
            changed = imports.with_module(text, given, f"{given}{wanted.path_suffix}")
            if changed != text:
                with open(path, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                    file.write(changed)
    return given


def _own_go_files(source: Tree, layout: Layout) -> list[str]:
    """The Go files of the plugin's own module and of those beside it in go.work, without those of other modules in their folders."""
    own = {"" if folder == "." else f"{folder}/" for folder in (layout.module, *layout.members)}
    others = {f"{os.path.dirname(path)}/" for path in source.paths() if path.endswith("/go.mod")} - own
    folders = sorted((*own, *others), key=len, reverse=True)

    def owner(path: str) -> str:
        return next((folder for folder in folders if path.startswith(folder)), "/")

    return [path for path in source.paths() if path.endswith(".go") and owner(path) in own]


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
    borrowed = [gomod.Replace(of_gateway.module, "", gateway, "")]
    for replace in of_gateway.replaces:
        new = os.path.normpath(os.path.join(gateway, replace.new)) if replace.is_folder else replace.new
        borrowed.append(replace._replace(new=new))
    names = {replace.old for replace in borrowed}
    return borrowed, [replace for replace in own.replaces if replace.old in names]


def _vouch(folders: t.Sequence[str], plugin: str) -> None:
    """Add the go.sum files of other modules, the gateway's first, to the plugin's: the gateway's vouches for modules that the checksum
    database does not know."""
    lines: set[str] = set()
    for folder in folders:
        path = os.path.join(folder, "go.sum")
        if os.path.isfile(path):
            lines.update(line for line in gomod.read_text(path).splitlines() if line.strip())
    write_atomically(os.path.join(plugin, "go.sum"), "".join(f"{line}\n" for line in sorted(lines)).encode())


def _record(wanted: Wanted, folder: str, facts: Facts) -> Record:
    return Record(
        digest=wanted.digest,
        shape=wanted.shape,
        staged=_staged(folder),
        name=wanted.name,
        package=wanted.package,
        source=wanted.shown or wanted.source.root,
        gateway=wanted.checkout,
        local_modules={module: tree.root for module, tree in wanted.local_modules.items()},
        sums=tuple(sorted(record.sums(folder))),
        facts=facts,
    )


def _untouched(folder: str, known: Record) -> bool:
    """Whether a workspace is as it was made. Go adds to go.work.sum while it builds, so that may have grown."""
    try:
        return bool(known.staged) and known.staged == _staged(folder) and record.sums(folder).issuperset(known.sums)
    except (GoPluginsError, OSError):  # somebody put there what cannot be part of a workspace
        return False


def _staged(folder: str) -> str:
    """The digest of what stands in a workspace, without go.work.sum."""
    if not os.path.isfile(os.path.join(folder, "go.work")) or not os.path.isdir(os.path.join(folder, record.PLUGIN_FOLDER)):
        return ""
    trees = [os.path.join(folder, name) for name in (record.PLUGIN_FOLDER, record.MODULES_FOLDER)]
    digests = [read_tree(tree).digest for tree in trees if os.path.isdir(tree)]
    return " ".join([*digests, sha256_file(os.path.join(folder, "go.work"))])


def _texts(wanted: Wanted, folder: str = "") -> tuple[str, str, str]:
    folder = folder or wanted.place
    return (
        _text(os.path.join(_module_folder(wanted), "go.mod")),
        _text(os.path.join(folder, record.PLUGIN_FOLDER, wanted.layout.module, "go.mod")),
        _text(os.path.join(folder, "go.work")),
    )


def _text(path: str) -> str:
    return gomod.read_text(path) if os.path.isfile(path) else ""
