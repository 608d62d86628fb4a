# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin's source as Go finds it: the module that owns the folder, which may be further up, and the go.work that uses that module.

Without it the plugin would be built all the same, with other versions of its dependencies than its author has.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import TYK
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod, imports
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import Tree, joined, read_files, read_tree

# So far into a Go file its package and imports are looked for.
_MAX_HEADER = 1 << 20


class Layout(t.NamedTuple):
    """How a source lies below the root of its tree. All folders are relative to that, "." is the root itself.

    module: the folder with the go.mod that owns the plugin, "." where there is none. work: that of the go.work which uses it; empty
    without one. members: the other modules that go.work uses. is_part: whether the tree has only that part of the module which the
    plugin needs. read: the folders that are read with everything below them. notes: what is otherwise than Go has it in the user's
    folder, a line each.
    """

    module: str = "."
    work: str = ""
    members: tuple[str, ...] = ()
    is_part: bool = False
    read: tuple[str, ...] = (".",)
    notes: tuple[str, ...] = ()

    @property
    def vendor(self) -> str:
        """The folder that Go would take vendored packages from, if it is there."""
        return os.path.normpath(os.path.join(self.work or self.module, "vendor"))


# A module in the root of the source, and nothing else.
PLAIN = Layout()


class Source(t.NamedTuple):
    """tree: the files; package: the folder of the main package below the root of the tree, "." for the root."""

    tree: Tree
    package: str
    layout: Layout


class _Found(t.NamedTuple):
    """Folders by their full paths. module, work: empty without one."""

    module: str
    work: str
    members: tuple[str, ...]
    notes: tuple[str, ...]


def read_source(folder: str, package: str, *, whole: bool = False, carried: bool = False) -> Source:
    """Read the source of a plugin. Raises GoPluginsError.

    package: the folder of the main package in it. whole: nothing outside of C(folder) belongs to it, as with a checkout.
    carried: what it takes from folders outside by a replace shall be in the tree, as it goes to another host.
    """
    folder = os.path.abspath(folder)
    start = os.path.normpath(os.path.join(folder, package))
    if not (os.path.isdir(folder) and _lies_in(start, folder)):
        return Source(read_tree(folder), package, PLAIN)
    found = _find(start, folder if whole else os.path.abspath(os.sep))
    real = os.path.realpath(folder)
    if not (found.module or whole or real == folder):
        # A link such as current -> releases/7, of which only the target lies in its module.
        behind = _find(os.path.normpath(os.path.join(real, package)), os.path.abspath(os.sep))
        if behind.module:
            folder, start, found = real, os.path.normpath(os.path.join(real, package)), behind
    if found.module and _module_name(found.module) == TYK:
        # As with Tyk's own examples. The gateway's go.mod comes with its checkout.
        note = "its go.mod is the gateway's own, and the checkout of the gateway decides"
        return Source(read_tree(start), ".", Layout(notes=(note,)))
    outside = _folders_outside(found, folder) if carried and not whole else []
    if whole or (not outside and not found.work and (not found.module or _lies_in(found.module, folder))):
        return _as_source(found, folder, read_tree(folder), start, package)
    return _needed(found, folder, start, outside)


def package_header(path: str) -> str:
    """The beginning of a Go file. Raises GoPluginsError."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_MAX_HEADER)
    except OSError as error:
        raise GoPluginsError(f"cannot read {path}: {error.strerror}", command_line("ls -ld", path)) from error


def _find(start: str, top: str) -> _Found:
    """What Go finds from the folder of the main package upwards, to C(top)."""
    module = _nearest(start, "go.mod", top)
    work = _nearest(start, "go.work", top) if module else ""
    if not work:
        return _Found(module, "", (), ())
    path = os.path.join(work, "go.work")
    members, notes = [], []
    used = False
    for use in gomod.parse_work(gomod.read_text(path), path).uses:
        member = os.path.normpath(os.path.join(work, use))
        if os.path.realpath(member) == os.path.realpath(module):
            used = True
        elif not os.path.isfile(os.path.join(member, "go.mod")) or not _lies_in(member, top):
            notes.append(f"go.work: 'use {use}' was left out: there is no module in the source")
        elif _module_name(member) == TYK:
            notes.append(f"go.work: 'use {use}' was left out: the checkout of the gateway stands in for it")
        else:
            members.append(member)
    if not used:
        return _Found(module, "", (), ("the go.work around it was left out, as it does not use the plugin's module: go work use",))
    return _Found(module, work, tuple(dict.fromkeys(members)), tuple(notes))


def _nearest(start: str, name: str, top: str) -> str:
    """The folder nearest to C(start), upwards, that has a file of that name."""
    folder = start
    while not os.path.isfile(os.path.join(folder, name)):
        if folder in (top, os.path.dirname(folder)):
            return ""
        folder = os.path.dirname(folder)
    return folder


def _module_name(folder: str) -> str:
    return gomod.read(os.path.join(folder, "go.mod")).module


def _replaced(found: _Found) -> list[str]:
    """The folders that the go.mod files, and go.work, put in the place of modules, as far as they are there."""
    replaces: list[str] = []
    for folder in filter(None, (found.module, *found.members)):
        of_module = gomod.read(os.path.join(folder, "go.mod")).replaces
        replaces += [os.path.join(folder, replace.new) for replace in of_module if replace.is_folder and replace.old != TYK]
    if found.work:
        path = os.path.join(found.work, "go.work")
        of_work = gomod.parse_work(gomod.read_text(path), path).replaces
        replaces += [os.path.join(found.work, replace.new) for replace in of_work if replace.is_folder and replace.old != TYK]
    return [folder for folder in map(os.path.normpath, replaces) if os.path.isfile(os.path.join(folder, "go.mod"))]


def _folders_outside(found: _Found, folder: str) -> list[str]:
    """Those that a replace names by a relative path; an absolute one means a folder of the host."""
    return [one for one in _replaced(found) if not _lies_in(one, folder)]


def _as_source(found: _Found, root: str, tree: Tree, start: str, package: str = "") -> Source:
    def below(folder: str) -> str:
        return os.path.relpath(folder, root)

    part = bool(found.module) and not _lies_in(found.module, root)
    layout = Layout(
        module="." if part or not found.module else below(found.module),
        work=below(found.work) if found.work else "",
        members=tuple(map(below, found.members)),
        notes=found.notes,
    )
    return Source(tree, package or below(start), layout)


def _needed(found: _Found, folder: str, start: str, outside: t.Sequence[str]) -> Source:
    """The source with those parts of modules outside of C(folder) that its packages need, and no more: they may be large.

    go.mod and go.sum are read of every module, as they decide about versions.
    """
    is_part = bool(found.module) and not _lies_in(found.module, folder)
    others = [*found.members, *outside, *([found.module] if is_part else [])]
    own = [folder] if not is_part else []
    root = os.path.commonpath([*others, *filter(None, (found.module, found.work)), *own])
    names = {_module_name(one): one for one in (*others, *filter(None, [found.module]))}
    trees = [read_tree(folder)] if not is_part else []
    # Of a module that is there as a whole, go mod tidy reads every file, tests too.
    waiting = [os.path.join(folder, path) for tree in trees for path in tree.paths() if path.endswith(".go")]
    folders = [] if trees else [start]
    seen: set[str] = set(folders)
    while waiting or folders:
        if not waiting:
            tree = _package(folders.pop(), names.values())
            trees.append(tree)
            waiting = [os.path.join(tree.root, path) for path in tree.paths() if path.endswith(".go")]
            continue
        for _start, _end, imported in imports.import_paths(package_header(waiting.pop())):
            one = _folder_of(imported, names)
            if one and one not in seen and os.path.isdir(one) and not (own and _lies_in(one, folder)):
                seen.add(one)
                folders.append(one)
    manifests = [read_files(one, ("go.mod", "go.sum")) for one in (*others, *filter(None, [found.module]))]
    if found.work:
        gateways = [os.path.normpath(os.path.join(found.work, use)) for use in _uses(found.work)]
        manifests += [
            read_files(found.work, ("go.work", "go.work.sum")),
            *(read_files(one, ("go.mod",)) for one in gateways if _lies_in(one, root)),
        ]
    vendor = os.path.join(found.work or found.module or folder, "vendor")
    trees += [read_tree(vendor)] if os.path.isdir(vendor) else []
    source = _as_source(found, root, joined(root, [*trees, *manifests]), start)
    note = (f"the module of {os.path.join(found.module, 'go.mod')} owns it",) if is_part else ()
    read = () if is_part else (os.path.relpath(folder, root),)
    return source._replace(layout=source.layout._replace(is_part=is_part, read=read, notes=(*note, *source.layout.notes)))


def _uses(work: str) -> tuple[str, ...]:
    path = os.path.join(work, "go.work")
    return gomod.parse_work(gomod.read_text(path), path).uses


def _folder_of(imported: str, modules: t.Mapping[str, str]) -> str:
    """The folder of a package, by the module with the longest path that it begins with; empty if none has it."""
    owners = [name for name in modules if imported == name or imported.startswith(f"{name}/")]
    name = max(owners, key=len, default="")
    return os.path.normpath(os.path.join(modules[name], imported[len(name) + 1 :])) if name else ""


def _package(folder: str, modules: t.Iterable[str]) -> Tree:
    """What a package is compiled from, without its tests.

    A file may embed what is in folders below it, and C code includes from anywhere in the module.
    """
    module = max((one for one in modules if _lies_in(folder, one)), key=len)
    tree = _without_tests(read_tree(folder, deep=False, within=module))
    texts = [package_header(os.path.join(folder, path)) for path in tree.paths() if path.endswith(".go")]
    if any('"C"' in text for text in texts):
        return _without_tests(read_tree(module))
    return _without_tests(read_tree(folder, within=module)) if any("//go:embed" in text for text in texts) else tree


def _without_tests(tree: Tree) -> Tree:
    return tree._replace(entries=tuple(entry for entry in tree.entries if not entry.path.endswith("_test.go")))


def _lies_in(path: str, folder: str) -> bool:
    return f"{path}{os.sep}".startswith(os.path.join(folder, ""))
