# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Go release below a root, beside others: there whole, or not there."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    remove_leftovers,
    require_free_space,
    temporary_folder,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import archive, download, gomodule, inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.inventory import Inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.release import FIRST_MODULE, archive_name, module_name, release_line

# The first that can be asked for its version (go env GOVERSION).
FIRST_RELEASE = (1, 16)

# The place of a Go that its own installer puts there, and which every update of it removes.
_SYSTEM = "/usr/local/go"

_WANTED_BYTES = 600_000_000
_PROBE_SECONDS = 120

_WAYS = (
    "one of: a Go 1.21 or later on this host that reaches a module proxy (go, go_toolchain_bootstrap_go, go_toolchain_goproxy); "
    "a mirror that this host reaches (download_url, go_toolchain_download_url); "
    "a file with its checksum (archive, go_toolchain_archive, go_toolchain_checksum)"
)


class Wanted(t.NamedTuple):
    """A toolchain that is wanted. root: folder of all; version: without "go"; checksum: 64 digits or empty; the rest as the options."""

    root: str
    version: str
    platform: Platform
    source: str
    go: str | None
    goproxy: str | None
    site: download.Site
    checksum: str
    archive: str | None

    @property
    def goroot(self) -> str:
        return os.path.join(self.root, self.version)


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


class _Origin(t.NamedTuple):
    """An archive on this host. module_hash: what its files must sum up to, empty if the archive itself was proved."""

    path: str
    checksum: str
    module_hash: str = ""
    warning: str = ""


def ensure_present(wanted: Wanted, check_mode: bool) -> Outcome:
    """Have the toolchain, whole. Raises GoPluginsError."""
    refuse_root(wanted.root)
    state = look(wanted)
    if state.found and not state.reasons:
        if state.restamped and not check_mode:
            _remember(wanted, state.found)
        return Outcome((), state.found.source, state.found.checksum)
    source = choose_source(wanted)
    require_free_space(wanted.root, _WANTED_BYTES, f"Go {wanted.version}")
    if check_mode:
        return Outcome(state.reasons, source, "")
    _make_folder(wanted.root)
    with _alone(wanted) as temporary:
        # Another run may have had the lock until now, and done it.
        state = look(wanted)
        if state.found and not state.reasons:
            return Outcome((), state.found.source, state.found.checksum)
        origin = _get(wanted, source, temporary)
        _install(wanted, source, origin, temporary)
    return Outcome(state.reasons, source, origin.checksum, origin.warning)


def ensure_absent(wanted: Wanted, check_mode: bool) -> Outcome:
    """Have the toolchain no more, if this collection put it there. Raises GoPluginsError where it did not."""
    refuse_root(wanted.root)
    if not os.path.lexists(wanted.goroot):
        return Outcome((), "", "")
    _refuse_foreign(wanted)
    found = inventory.read(wanted.root, wanted.version)
    if not check_mode:
        with _alone(wanted) as temporary:
            if os.path.lexists(wanted.goroot):
                # Away at once, deleted after: nobody meets half a toolchain.
                os.rename(wanted.goroot, os.path.join(temporary, "removed"))
    return Outcome(("it is not wanted",), found.source if found else "", found.checksum if found else "")


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
    if found.platform != str(wanted.platform):
        return State(found, (f"it is for {found.platform}, not {wanted.platform}",))
    if wanted.checksum and found.checksum != f"sha256:{wanted.checksum}":
        return State(found, (f"it is not from that archive, but from {found.checksum}",))
    try:
        compared = inventory.compare(wanted.goroot, found.files)
    except FileNotFoundError as error:
        return State(found, (f"{error.filename} vanished while it was looked at",))
    return State(found._replace(files=compared.files), compared.differences, compared.files != found.files)


def choose_source(wanted: Wanted) -> str:
    """The source that "auto" stands for, or the one that was asked for. Raises GoPluginsError where the options contradict each other."""
    line = release_line(wanted.version)
    if line < FIRST_RELEASE:
        raise GoPluginsError(f"Go {wanted.version} is too old: it cannot be proved to be what it says", "Go 1.16 or later")
    if wanted.source == "module":
        if line < FIRST_MODULE:
            raise GoPluginsError(f"Go {wanted.version} is no module: modules begin with Go 1.21.0", "source: download, or source: archive")
        if wanted.checksum:
            raise GoPluginsError(
                "checksum is that of an archive; a module is proved by the checksum database", "leave checksum out, or source: download"
            )
        return "module"
    if wanted.source == "archive" or (wanted.source == "auto" and wanted.archive):
        if not wanted.archive or not wanted.checksum:
            raise GoPluginsError("an archive must be named and proved: archive and checksum go together", "sha256sum ARCHIVE")
        return "archive"
    if wanted.source == "download" or wanted.checksum or line < FIRST_MODULE:
        return "download"
    # A Go that was named and does not work is an error to tell, not a reason to go elsewhere.
    return "module" if wanted.go or not gomodule.find_bootstrap(None).problem else "download"


def refuse_root(root: str) -> None:
    """Raise GoPluginsError for a root that is not for us, or in which others could put a toolchain of theirs."""
    real = os.path.realpath(root)
    if f"{real}/".startswith((f"{_SYSTEM}/", f"{os.path.realpath(_SYSTEM)}/")):
        raise GoPluginsError(f"{root} lies in {_SYSTEM}, which this collection never touches", "another root, such as ~/tyk-plugins/go")
    place = real
    while True:
        if os.path.lexists(place):
            mode = os.stat(place).st_mode
            # With the sticky bit, as /tmp has it, nobody renames or removes what is others'.
            if mode & 0o002 and (place == real or not mode & 0o1000):
                raise GoPluginsError(f"{place} can be written to by everybody, who could put another toolchain there", f"chmod o-w {place}")
        if place == os.path.dirname(place):
            return
        place = os.path.dirname(place)


def _refuse_foreign(wanted: Wanted) -> None:
    if not inventory.is_ours(wanted.root, wanted.version):
        raise GoPluginsError(
            f"{wanted.goroot} was not put there by this collection, and is left alone",
            f"mv {wanted.goroot} {wanted.goroot}.mine, or another root",
        )


def _remember(wanted: Wanted, found: Inventory) -> None:
    """Keep the new stamps of files that are as they were installed, as after a copy: the next run need not read them."""
    # One that belongs to another user is none the worse; each run then reads what it must.
    with contextlib.suppress(OSError):
        inventory.write(wanted.root, found)


def _make_folder(path: str) -> None:
    """Make a folder and those above, with a mode that does not depend on who starts this."""
    if not os.path.isdir(path):
        _make_folder(os.path.dirname(path))
        try:
            os.mkdir(path)
            os.chmod(path, 0o755)
        except FileExistsError:
            if not os.path.isdir(path):
                raise GoPluginsError(f"{path} is not a folder", f"mv {path} {path}.old") from None


@contextlib.contextmanager
def _alone(wanted: Wanted) -> t.Iterator[str]:
    """A temporary folder below the root, while no other run works on this version. What killed runs left goes away."""
    with locked(os.path.join(wanted.root, f".go{wanted.version}.lock")):
        remove_leftovers(wanted.root, f".go{wanted.version}-")
        with temporary_folder(wanted.root, f".go{wanted.version}-") as temporary:
            yield temporary


def _get(wanted: Wanted, source: str, temporary: str) -> _Origin:
    """The archive, proved, or with the hash that proves its files."""
    if source == "archive":
        path = t.cast(str, wanted.archive)
        if not os.path.isfile(path):
            raise GoPluginsError(f"there is no archive {path}", f"ls -l {path}")
        download.prove(path, wanted.checksum, path)
        return _Origin(path, f"sha256:{wanted.checksum}")
    if source == "module":
        bootstrap = gomodule.find_bootstrap(wanted.go)
        if bootstrap.problem:
            raise GoPluginsError(f"Go {wanted.version} cannot be fetched as a module: {bootstrap.problem}", _WAYS)
        folder = os.path.join(temporary, "module")
        os.mkdir(folder)
        fetched = gomodule.fetch(bootstrap.binary, module_name(wanted.version, wanted.platform), wanted.goproxy, folder)
        return _Origin(fetched.zip, fetched.hash, fetched.hash, fetched.warning)
    try:
        path, checksum = download.fetch(wanted.site, archive_name(wanted.version, wanted.platform), wanted.checksum, temporary)
    except download.Unreachable as error:
        raise GoPluginsError(error.message, f"{error.cure}; or {_WAYS}") from error
    return _Origin(path, f"sha256:{checksum}")


def _install(wanted: Wanted, source: str, origin: _Origin, temporary: str) -> None:
    folder = os.path.join(temporary, wanted.version)
    os.mkdir(folder)
    os.chmod(folder, 0o755)
    module_hash = archive.unpack(origin.path, module_name(wanted.version, wanted.platform), folder)
    if origin.module_hash and module_hash != origin.module_hash:
        raise GoPluginsError(
            f"{origin.path} unpacks to {module_hash or 'no module'}, not to {origin.module_hash}, as the checksum database says",
            "run again; if that does not help, look at this host's disk and memory",
        )
    _prove(wanted, folder, temporary)
    inventory.write(temporary, Inventory(wanted.version, str(wanted.platform), source, origin.checksum, inventory.take(folder)))
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
            told = file.readline(200).strip()
    except OSError as error:
        raise GoPluginsError(f"the archive holds no Go toolchain: VERSION: {error.strerror}", "check the archive") from error
    if told != release:
        raise GoPluginsError(f"the archive holds {told!r}, not {release}", "check version and archive")
    binary = os.path.join(folder, "bin", "go")
    # A home of its own: go keeps counters in the user's.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": home, "GOTOOLCHAIN": "local", "GOENV": "off", "LC_ALL": "C"}
    argv = [binary, "env", "GOVERSION", "GOHOSTOS", "GOHOSTARCH"]
    cure = f"an archive for this host's platform, and a root on a file system that is not mounted noexec: {wanted.root}"
    try:
        done = _command.run(argv, cwd="/", env=environment, timeout=_PROBE_SECONDS)
    except GoPluginsError as error:
        raise GoPluginsError(f"the go of {release} for {wanted.platform} does not run on this host: {error.message}", cure) from error
    words = _command.check(f"the go of {release} for {wanted.platform} does not run on this host", done, cure).stdout.split("\n")
    if words[:3] != [release, wanted.platform.goos, wanted.platform.goarch]:
        told = " ".join(words).strip()
        raise GoPluginsError(f"the archive says to be {told}, not {release} for {wanted.platform}", "check version, platform and archive")
