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
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go, go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import release_line
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import Tree, copy_tree, read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import alignment, place, record
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.record import Facts, Record
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.tidy import Stage, align, misaligned

# Part of the digest: a change in how workspaces are laid out makes new ones.
FORMAT = 4

AUTO = "auto"
# Of the profile, what a compiled plugin depends on.
_COMPILED = ("commit", "modified", "go_version", "tags", "trimpath", "race", "msan", "asan", "gcflags", "goexperiment", "gofips140", "cpu")

# So far into a Go file its package is looked for.
_MAX_HEADER = 1 << 20


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
            "source": [self.source.root, self.source.digest],
            "local_modules": {module: [tree.root, tree.digest] for module, tree in self.local_modules.items()},
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
            folder, facts = _lay_out(wanted, temporary)
            record.write(folder, _record(wanted, folder, facts))
            place.replace_folder(folder, wanted.place, temporary)
        return Workspace(True, wanted.digest, facts, *_texts(wanted))


def work_text(go_directive: str, gateway: str, module: str, versions: t.Iterable[str]) -> str:
    """The go.work of a plugin: the checkout is a member, and whatever version of it is named.

    Reading the build list, Go would ask the proxy for the go.mod of these versions.
    """
    folder = gomod.escape(gateway)
    pins = "".join(f"replace {module} {version} => {folder}\n" for version in sorted(set(versions)))
    return f"go {go_directive}\n\nuse (\n\t./{record.PLUGIN_FOLDER}\n\t{folder}\n)\n\n{pins}"


def checked_id(text: str) -> str:
    """The id, if it can be part of a module path. Raises GoPluginsError."""
    if text and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", text):
        raise GoPluginsError(
            f"{text!r} cannot be the id of a plugin: at most 64 letters, digits, '_' and '-', beginning with a letter or digit"
        )
    return text


def local_folders(source: Tree) -> dict[str, str]:
    """From module to the folder that the source's go.mod puts in its place, without links."""
    path = os.path.join(source.root, "go.mod")
    if not os.path.isfile(path):
        return {}
    # Without links: ".." after one leads elsewhere for the system than for Go.
    root = os.path.realpath(source.root)
    replaces = gomod.read(path).replaces
    return {replace.old: os.path.realpath(os.path.join(root, replace.new)) for replace in replaces if replace.is_folder}


def preview(wanted: Wanted) -> Workspace:
    """What C(prepare) would make, made in a temporary folder and thrown away."""
    current = state(wanted)
    if current:
        return current
    _refuse(wanted)
    with scratch_folder("go-workspace.") as temporary:
        folder, facts = _lay_out(wanted, os.path.realpath(temporary))
        return Workspace(True, wanted.digest, facts, *_texts(wanted, folder))


def write_back(wanted: Wanted, given_module: str) -> bool:
    """Carry go.mod and go.sum of the workspace to the user's source; whether anything changed there.

    given_module: the plugin's module path in the source. Raises GoPluginsError where another run makes another workspace meanwhile.
    """
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
        record.write(wanted.place, known._replace(digest=changed.digest))
    return True


def _to_write_back(wanted: Wanted, given_module: str) -> dict[str, str]:
    """From path to text, those files of the user's source that the workspace has otherwise."""
    texts = {name: _text(os.path.join(wanted.place, record.PLUGIN_FOLDER, name)) for name in ("go.mod", "go.sum")}
    text = re.sub(r"(?m)^module .*$", lambda _line: f"module {gomod.escape(given_module)}", texts["go.mod"], count=1)
    root = os.path.realpath(wanted.source.root)
    for module, tree in wanted.local_modules.items():
        text = text.replace(f"{module} => {gomod.escape(tree.root)}", f"{module} => {gomod.escape(_folder_argument(tree.root, root))}")
    texts["go.mod"] = text
    paths = {os.path.join(wanted.source.root, name): text for name, text in texts.items()}
    return {path: text for path, text in paths.items() if text != _text(path)}


def _folder_argument(folder: str, start: str) -> str:
    """A folder as go.mod names it, which takes a path without a dot at its beginning for a module."""
    relative = os.path.relpath(folder, start)
    return relative if relative.startswith("..") else f"./{relative}"


def _refuse(wanted: Wanted) -> None:
    """Raises GoPluginsError where the workspace would take the place of something else."""
    others = {f"module {module}": tree.root for module, tree in wanted.local_modules.items()}
    place.refuse_overlap(wanted.path, wanted.source.root, {"gateway's checkout": wanted.gateway, **others})
    refuse_foreign(wanted.place, *record.marks(wanted.place))


def _lay_out(wanted: Wanted, temporary: str) -> tuple[str, Facts]:
    """Make the workspace in a folder below C(temporary); (that folder, what the user should know).

    Meanwhile go.work has the checkout's full path, and Go its temporary files beside it, where they go away with the rest.
    """
    folder, scratch = os.path.join(temporary, "workspace"), os.path.join(temporary, "tmp")
    plugin, work = os.path.join(folder, record.PLUGIN_FOLDER), os.path.join(folder, "go.work")
    for path in (folder, plugin, scratch):
        os.mkdir(path)
        os.chmod(path, 0o755)
    copy_tree(wanted.source, plugin)
    environment = {
        **go_environment(wanted.go.binary, os.environ),
        "GOWORK": "off",
        "CGO_ENABLED": "1",
        "TMPDIR": scratch,
        "GOTMPDIR": scratch,
    }
    of_gateway = gomod.read(os.path.join(wanted.checkout, "go.mod"))
    pseudo_version = wanted.profile.pseudo_version
    served: set[str] = {pseudo_version}

    def write_work(versions: t.Iterable[str]) -> None:
        served.clear()
        served.update((pseudo_version, *versions))
        write_atomically(work, work_text(of_gateway.go, wanted.checkout, of_gateway.module, served).encode())

    shown = {plugin: wanted.shown or wanted.source.root, folder: wanted.path}
    stage = Stage(wanted.name, wanted.package, wanted.go, wanted.listing, plugin, work, environment, shown, (), write_work)
    mod_path = os.path.join(plugin, "go.mod")
    notes = []
    if not os.path.exists(mod_path):
        # No package of Go's own has a dot in the first element of its path.
        module = f"{wanted.name}.plugin" if _is_of_go(wanted.name, wanted.go) else wanted.name
        stage.go(f"go mod init failed for {wanted.name}", ["mod", "init", module])
        notes += [f"the module path is {module}, as {wanted.name} is a package of Go's own"] if module != wanted.name else []
    given_module = _give_id(wanted, stage)
    own = gomod.read(mod_path)
    if _is_of_go(own.module, wanted.go):
        given = os.path.join(wanted.shown or wanted.source.root, "go.mod")
        fix = f"go mod edit {quoted('-module=example.com/' + own.module, option=True)} {quoted(given)}"
        raise GoPluginsError(f"{given}: the module path {own.module} is that of a package of Go's own, which go takes instead", fix)
    shown[own.module] = given_module
    notes += _adapt_directives(wanted, own, of_gateway, mod_path)
    borrowed, dropped = _replaces(own, of_gateway, wanted.checkout)
    stage = stage._replace(borrowed=tuple(borrowed))
    notes += [f"the replace of {replace.old} was left out: the gateway's own decides" for replace in dropped]
    edits = [f"-dropreplace={gomod.at(replace.old, replace.old_version)}" for replace in dropped]
    edits += [f"-replace={gomod.at(name, '')}={tree.root}" for name, tree in wanted.local_modules.items() if name != of_gateway.module]
    stage.edit([*edits, f"-require={of_gateway.module}@{pseudo_version}"])
    _vouch(wanted.checkout, plugin)
    stage.tidy()
    linked = wanted.linked or stage.linked(wanted.checkout, of_gateway.module)
    aligned = align(stage, own, linked, lower=wanted.align == "apply")
    if aligned.raised and wanted.align != "report":
        raise misaligned(wanted.name, aligned.raised)
    # Relative, so that a root can be moved.
    relative = os.path.relpath(wanted.checkout, wanted.place)
    write_atomically(work, work_text(of_gateway.go, relative, of_gateway.module, served).encode())
    notes = [f"{wanted.name}: {note}" for note in (*notes, *aligned.notes)]
    return folder, Facts(tuple(notes), aligned.raised, aligned.in_step, own.module, given_module)


def _is_of_go(module: str, go: Go) -> bool:
    """Whether a module path is that of a package of Go's own, or of every program."""
    return module == "main" or ("." not in module.split("/")[0] and os.path.isdir(os.path.join(go.goroot, "src", module)))


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
    borrowed = [gomod.Replace(of_gateway.module, "", gateway, "")]
    for replace in of_gateway.replaces:
        new = os.path.normpath(os.path.join(gateway, replace.new)) if replace.is_folder else replace.new
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


def _record(wanted: Wanted, folder: str, facts: Facts) -> Record:
    return Record(
        digest=wanted.digest,
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
    return f"{read_tree(os.path.join(folder, record.PLUGIN_FOLDER)).digest} {sha256_file(os.path.join(folder, 'go.work'))}"


def _texts(wanted: Wanted, folder: str = "") -> tuple[str, str, str]:
    folder = folder or wanted.place
    return (
        _text(os.path.join(wanted.source.root, "go.mod")),
        _text(os.path.join(folder, record.PLUGIN_FOLDER, "go.mod")),
        _text(os.path.join(folder, "go.work")),
    )


def _text(path: str) -> str:
    return gomod.read_text(path) if os.path.isfile(path) else ""


def _package_name(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return imports.package_name(file.read(_MAX_HEADER))
    except OSError as error:
        raise GoPluginsError(f"cannot read {path}: {error.strerror}", command_line("ls -ld", path)) from error
