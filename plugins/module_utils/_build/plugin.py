# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin as the result of a build: its name, and what must be true of it before it takes its place."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build import gobuild, hookcheck, module_cache, reproduce
from ansible_collections.goplugins.tyk.plugins.module_utils._build.progress import Seen
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import artifact_name
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Module, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import place, record


class Wanted(t.NamedTuple):
    """A plugin that is wanted. workspace: made by C(goplugins.tyk.go_workspace); output: the folder of the artifact; min_free: bytes.

    offer: a file that another host is said to have built of the same inputs, with its record beside it; empty without one.
    seen: how somebody learns how far the build is; None if nobody asks.
    reproduce: a folder in which the plugin is built again, to compare; any in check mode, None if that is not wanted.
    """

    workspace: str
    profile: Profile
    go: Go
    target: Platform
    cc: str
    ldflags: str
    symbols: tuple[str, ...]
    output: str
    min_free: int
    hooks: dict[str, str]
    offer: str = ""
    seen: Seen | None = None
    reproduce: str | None = None


def look(wanted: Wanted, check_mode: bool) -> gobuild.Outcome | None:
    """What C(make) would do; None where that cannot be said now, as another run may just replace the workspace. Raises GoPluginsError."""
    try:
        # Without the lock, as what is up to date may belong to another user, or be read-only.
        return _do(gobuild.look, wanted)
    except (GoPluginsError, OSError):
        if check_mode or not os.path.lexists(place.lock_path(wanted.workspace)):
            raise
        return None


def make(
    wanted: Wanted,
    looked: gobuild.Outcome | None,
    check_mode: bool,
    room: t.Callable[[], t.ContextManager[None]] = contextlib.nullcontext,
) -> gobuild.Outcome:
    """Bring a plugin up to date. Raises GoPluginsError; the artifact that was there then stays.

    looked: what C(look) returned. room: a block in which something may be compiled.
    """
    outcome = looked
    if outcome is None or (outcome.changed and not check_mode):
        # Nobody may replace the workspace while it is compiled.
        with room(), locked(place.lock_path(wanted.workspace)):
            outcome = _do(gobuild.build, wanted)
    if not outcome.changed:
        _require_symbols(_name(wanted), outcome.record["symbols"], (*wanted.symbols, *wanted.hooks))
    if not (check_mode or outcome.changed):
        outcome = gobuild.swept(outcome)
    if wanted.reproduce is None or (outcome.record.get("reproduced") and not outcome.changed):
        return outcome
    if not check_mode:
        outcome = outcome._replace(record=_reproduced(wanted, outcome))
    return outcome._replace(changed=True, reasons=outcome.reasons or ("whether it is reproducible was not known",))


def raised(workspace: str) -> list[dict[str, t.Any]]:
    """The modules that the plugin gets at another version than the gateway, as C(go_workspace) returned them; none without a record."""
    known = record.read(place.real_place(workspace))
    return [one.as_dict() for one in known.facts.raised] if known else []


def _reproduced(wanted: Wanted, outcome: gobuild.Outcome) -> dict[str, t.Any]:
    """Build again in another place, and compare; the record, which says so then. Raises GoPluginsError where it is another file."""
    workspace, scratch = place.real_place(wanted.workspace), os.path.realpath(wanted.reproduce or "")
    with locked(place.lock_path(wanted.workspace)):
        known = _known(wanted)
        folder = reproduce.copied(workspace, scratch, lambda folder: work_elsewhere(workspace, known.gateway, folder))
    again = wanted._replace(workspace=folder, output=os.path.join(scratch, "artifacts"), offer="")
    reproduce.require_same(_request(again, known), outcome.artifact, scratch)
    return gobuild.keep_reproduced(_request(wanted, known), outcome.record)


def _do(work: t.Callable[[gobuild.Request, gobuild.Product], gobuild.Outcome], wanted: Wanted) -> gobuild.Outcome:
    """Look at the plugin, or build it, as the record of its workspace says. Raises GoPluginsError where there is none."""
    return work(_request(wanted, _known(wanted)), _product(wanted))


def _known(wanted: Wanted) -> record.Record:
    """The record of the workspace. Raises GoPluginsError where there is none."""
    known = record.read(place.real_place(wanted.workspace))
    if known is None or known.name != _name(wanted):
        raise GoPluginsError(f"there is no workspace at {wanted.workspace}", "run goplugins.tyk.go_workspace first")
    return known


def _name(wanted: Wanted) -> str:
    return os.path.basename(os.path.abspath(wanted.workspace))


def _product(wanted: Wanted) -> gobuild.Product:
    asked = ("plugin", f"go{wanted.go.version}", str(wanted.target))

    def inspect(path: str) -> dict[str, t.Any]:
        with open_binary(path) as binary:
            made = (binary.build_mode, binary.build_info.go_version, str(binary.platform))
            if made != asked:
                raise GoPluginsError(f"go build made a {' '.join(made)} file where a {' '.join(asked)} file was asked for")
            modules = [_module(module) for module in binary.build_info.deps]
            return {"plugin_path": binary.plugin_path, "symbols": sorted(binary.exported()), "modules": modules}

    def accept(path: str, modules: str) -> None:
        _require_symbols(_name(wanted), inspect(path)["symbols"], (*wanted.symbols, *wanted.hooks))
        with open_binary(path) as binary:
            _require_functions(_name(wanted), binary.exported(), wanted.hooks)
            if modules:
                module_cache.verify(binary.build_info.deps, modules)

    return gobuild.Product(inspect, accept)


def _module(module: Module) -> dict[str, t.Any]:
    """A module that was compiled in, as the record has it. One without a sum is a folder, such as the gateway's checkout."""
    told = {"path": module.path, "version": module.version, **({"sum": module.sum} if module.sum else {})}
    return {**told, "replace": _module(module.replace)} if module.replace else told


def _request(wanted: Wanted, known: record.Record) -> gobuild.Request:
    workspace = place.real_place(wanted.workspace)
    staged = os.path.join(workspace, record.PLUGIN_FOLDER)
    local = {module: record.module_folder(workspace, module) for module in known.local_modules}
    return gobuild.Request(
        what=known.name,
        go=wanted.go,
        profile=wanted.profile,
        target=wanted.target,
        cc=wanted.cc,
        folder=staged,
        package=_relative(known.package),
        work=os.path.join(workspace, "go.work"),
        build_mode="plugin",
        ldflags=wanted.ldflags,
        sources={
            "gateway": wanted.profile.source_state,
            "plugin": read_tree(staged).digest,
            "go.work": _digest(work_of_any_host(workspace, known.gateway)),
            "go.work.sum": _digest(*sorted(record.sums(workspace).intersection(known.sums))),
            **{f"local module {module}": read_tree(folder).digest for module, folder in local.items()},
        },
        hooks=wanted.hooks,
        artifact=os.path.join(wanted.output, artifact_name(known.name, wanted.profile.label, wanted.target)),
        min_free=wanted.min_free,
        shown={
            staged: known.source,
            **{folder: known.local_modules[module] for module, folder in local.items()},
            workspace: wanted.workspace,
            known.facts.module: known.facts.given_module,
        },
        offer=wanted.offer,
        seen=wanted.seen,
    )


def work_of_any_host(workspace: str, gateway: str) -> str:
    """The go.work of a workspace, in which the checkout has no place: that depends on the folders of the host."""
    return _work_with(workspace, gateway, "GATEWAY")


def work_elsewhere(workspace: str, gateway: str, folder: str) -> str:
    """The go.work of a workspace as it must be in another folder."""
    return _work_with(workspace, gateway, gomod.escape(os.path.relpath(gateway, folder)))


def _work_with(workspace: str, gateway: str, new: str) -> str:
    old = gomod.escape(os.path.relpath(gateway, workspace))
    text = gomod.read_text(os.path.join(workspace, "go.work"))
    return re.sub(rf"(?m)(^\t|=> ){re.escape(old)}$", lambda found: found.group(1) + new, text)


def _digest(*lines: str) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _relative(package: str) -> str:
    normal = os.path.normpath(package)
    return normal if normal == "." else f"./{normal}"


def _require_functions(name: str, exported: t.Mapping[str, Symbol], hooks: t.Iterable[str]) -> None:
    """A variable that holds a function compiles as a hook, but the gateway finds a pointer to it and refuses that."""
    for hook in hooks:
        if exported[hook].kind != "func":
            raise GoPluginsError(
                f"plugin {name} exports {hook} as a variable; the gateway can use only a function as a hook",
                f"declare it as func {quoted(hook)}(...), which calls what the variable holds",
            )


def _require_symbols(name: str, exported: t.Sequence[str], wanted: t.Sequence[str]) -> None:
    missing = [symbol for symbol in wanted if symbol not in exported]
    if missing:
        raise GoPluginsError(
            f"plugin {name} does not export {', '.join(missing)}; it exports {', '.join(exported) or 'nothing'}",
            hookcheck.fix_of_missing(missing[0], exported),
        )
