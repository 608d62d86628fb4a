# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Go release below a root, beside others: there whole, or not there."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import place_atomically, require_free_space
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import is_release, module_name, release_order
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import archive, folders, inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.inventory import Inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.origin import Origin, Wanted, choose_source, obtain, part_path

_WANTED_BYTES = 600_000_000
_PROBE_SECONDS = 120


class Outcome(t.NamedTuple):
    """What was done, or would be. reasons: why, empty if nothing; source, checksum: of the toolchain, checksum empty while nobody knows."""

    reasons: tuple[str, ...]
    source: str
    checksum: str
    warning: str = ""


class State(t.NamedTuple):
    """The toolchain that is there. reasons: why it is not the one that is wanted; restamped: whole, but not by its inventory's stamps."""

    found: Inventory | None
    reasons: tuple[str, ...]
    restamped: bool = False


def ensure_present(wanted: Wanted, check_mode: bool) -> Outcome:
    """Have the toolchain, whole. Raises GoPluginsError."""
    folders.refuse(wanted.root)
    state = look(wanted)
    if state.found and not state.reasons:
        if state.restamped and not check_mode:
            _remember(wanted, state.found)
        if not check_mode:
            folders.swept(wanted.root, f"go{wanted.version}")
        return Outcome((), state.found.source, state.found.checksum)
    source = choose_source(wanted)
    require_free_space(wanted.root, _WANTED_BYTES, f"Go {wanted.version}")
    if check_mode:
        return Outcome(state.reasons, source, "")
    folders.make(wanted.root)
    with folders.alone(wanted.root, f"go{wanted.version}") as temporary:
        # Another run may have had the lock until now, and done it.
        state = look(wanted)
        if state.found and not state.reasons:
            return Outcome((), state.found.source, state.found.checksum)
        origin = obtain(wanted, source, temporary)
        _install(wanted, source, origin, temporary)
        # A download that was given up for another source.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(part_path(wanted))
    return Outcome(state.reasons, source, origin.checksum, origin.warning)


def ensure_absent(wanted: Wanted, check_mode: bool) -> Outcome:
    """Have the toolchain no more, if this collection put it there. Raises GoPluginsError where it did not."""
    folders.refuse(wanted.root)
    if not os.path.lexists(wanted.goroot):
        return Outcome((), "", "")
    _refuse_foreign(wanted)
    found = inventory.read(wanted.root, wanted.version)
    if not check_mode:
        _remove(wanted.root, wanted.version)
    return Outcome(("it is not wanted",), found.source if found else "", found.checksum if found else "")


def remove_others(root: str, keep: t.Collection[str], check_mode: bool) -> tuple[str, ...]:
    """Remove the releases that this collection put there, but those to keep; their versions. What others put there stays."""
    folders.refuse(root)
    names = os.listdir(root) if os.path.isdir(root) else []
    gone = sorted((name for name in names if is_release(name) and name not in keep and inventory.is_ours(root, name)), key=release_order)
    if not check_mode:
        for version in gone:
            _remove(root, version)
    return tuple(gone)


def look(wanted: Wanted) -> State:
    """Look at the toolchain without starting its go and without changing anything.

    Raises GoPluginsError where the place is taken by something that is not ours.
    """
    if not os.path.lexists(wanted.goroot):
        return State(None, ("it is not there",))
    _refuse_foreign(wanted)
    found = inventory.read(wanted.root, wanted.version)
    if found is None:
        return State(None, ("its inventory is not whole",))
    if found.version != wanted.version:
        return State(found, (f"it is Go {found.version}, moved or copied here",))
    if found.platform != str(wanted.platform):
        return State(found, (f"it is for {found.platform}, not {wanted.platform}",))
    if wanted.checksum not in ("", found.checksum):
        return State(found, (f"it is not from that archive, but from {found.checksum}",))
    try:
        compared = inventory.compare(wanted.goroot, found.files)
    except FileNotFoundError as error:
        return State(found, (f"{error.filename} vanished while it was looked at",))
    return State(found._replace(files=compared.files), compared.differences, compared.files != found.files)


def _remove(root: str, version: str) -> None:
    """Away at once, deleted after: nobody meets half a toolchain."""
    with folders.alone(root, f"go{version}") as temporary, contextlib.suppress(FileNotFoundError):
        os.rename(os.path.join(root, version), os.path.join(temporary, "removed"))


def _refuse_foreign(wanted: Wanted) -> None:
    if not inventory.is_ours(wanted.root, wanted.version):
        raise GoPluginsError(
            f"{wanted.goroot} was not put there by this collection, and is left alone",
            f"choose another root; see what is there: {command_line('ls -la', wanted.goroot)}",
        )


def _remember(wanted: Wanted, found: Inventory) -> None:
    """Keep the new stamps of files that are as they were installed, as after a copy: the next run need not read them."""
    # One that belongs to another user is none the worse; each run then reads what it must.
    with contextlib.suppress(OSError), folders.alone(wanted.root, f"go{wanted.version}") as temporary:
        # Not in the toolchain's folder, where what a killed run leaves would not belong.
        os.mkdir(os.path.join(temporary, wanted.version))
        inventory.write(temporary, found)
        place_atomically(os.path.join(temporary, wanted.version, inventory.NAME), os.path.join(wanted.goroot, inventory.NAME))


def _install(wanted: Wanted, source: str, origin: Origin, temporary: str) -> None:
    folder = os.path.join(temporary, wanted.version)
    module = module_name(wanted.version, wanted.platform)
    if origin.unpacked:
        names = archive.adopt(origin.unpacked, origin.path, module, folder)
    else:
        os.mkdir(folder)
        os.chmod(folder, 0o755)
        names = archive.unpack(origin.path, module, folder)
    files = inventory.take(folder)
    module_hash = archive.module_hash(names, {path: record.digest for path, record in files.items()})
    if origin.module_hash not in ("", module_hash):
        raise GoPluginsError(
            f"{origin.path} unpacks to {module_hash}, not to {origin.module_hash}, as its checksum says",
            "run again; if that does not help, get the archive again, and look at this host's disk and memory",
        )
    _prove(wanted, folder, temporary)
    inventory.write(temporary, Inventory(wanted.version, str(wanted.platform), source, origin.checksum, files))
    # All at once: one fsync for each of 10,000 files takes minutes on a slow disk.
    os.sync()
    if os.path.lexists(wanted.goroot):
        os.rename(wanted.goroot, os.path.join(temporary, "replaced"))
    place_atomically(folder, wanted.goroot)


def _prove(wanted: Wanted, folder: str, home: str) -> None:
    """The tree is the release that was asked for, by its VERSION file and by its own word."""
    release = f"go{wanted.version}"
    try:
        with open(os.path.join(folder, "VERSION"), encoding="utf-8", errors="replace") as file:
            named = file.readline(200).strip()
    except OSError as error:
        raise GoPluginsError(f"the archive holds no Go toolchain: VERSION: {error.strerror}", "check the archive") from error
    if named != release:
        raise GoPluginsError(f"the archive holds {named!r}, not {release}", "check version and archive")
    binary = os.path.join(folder, "bin", "go")
    # A home of its own: go keeps counters in the user's.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "GOTOOLCHAIN": "local", "GOENV": "off", "LC_ALL": "C"}
    argv = [binary, "env", "GOVERSION", "GOHOSTOS", "GOHOSTARCH"]
    look = command_line("findmnt --target", wanted.root)
    cure = f"an archive for this host's platform, and a root on a file system that is not mounted noexec: {look}"
    try:
        done = _command.run(argv, cwd="/", env=environment, timeout=_PROBE_SECONDS)
    except GoPluginsError as error:
        raise GoPluginsError(f"the go of {release} for {wanted.platform} does not run on this host: {error.message}", cure) from error
    words = _command.check(f"the go of {release} for {wanted.platform} does not run on this host", done, cure).stdout.split("\n")
    if words[:3] != [release, wanted.platform.goos, wanted.platform.goarch]:
        named = " ".join(words).strip()
        raise GoPluginsError(
            f"the archive claims to be {named}, not {release} for {wanted.platform}", "check version, platform and archive"
        )
