# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Installing one Go release below a root, beside others: whole or not at all."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    remove_leftovers,
    remove_tree,
    require_free_space,
    temporary_folder,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import archive as archives
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import inventory, source
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.inventory import Inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.release import release_line

# Archive and toolchain together, with room to spare.
_WANTED_BYTES = 600_000_000


class Wanted(t.NamedTuple):
    """A toolchain that is wanted. root: folder of all; way: auto, module, download or archive; the rest as the module's options."""

    root: str
    version: str
    platform: Platform
    way: str
    bootstrap: str | None
    goproxy: str | None
    download_url: str
    checksum: str | None
    archive: str | None

    @property
    def goroot(self) -> str:
        return os.path.join(self.root, self.version)


def problem(wanted: Wanted) -> str:
    """Why the toolchain must be installed; empty if the one that is there is whole.

    Raises GoPluginsError where the place is taken by something that is not ours.
    """
    known = inventory.read(wanted.root, wanted.version)
    if not os.path.lexists(wanted.goroot):
        return "it is not installed"
    if known is None:
        raise GoPluginsError(
            f"{wanted.goroot} was not put there by this collection and is left alone",
            f"mv {wanted.goroot} {wanted.goroot}.old, or another root",
        )
    if known.platform != str(wanted.platform):
        return f"it is for {known.platform}"
    return inventory.difference(wanted.goroot, known.files)


def install(wanted: Wanted) -> str:
    """Bring the toolchain up to date; why it was installed, empty if nothing changed. Raises GoPluginsError."""
    refuse_root(wanted.root)
    if not problem(wanted):
        return ""
    require_free_space(wanted.root, _WANTED_BYTES, f"Go {wanted.version}")
    os.makedirs(wanted.root, mode=0o755, exist_ok=True)
    with locked(os.path.join(wanted.root, f".{wanted.version}.lock")):
        reason = problem(wanted)
        if reason:
            remove_leftovers(wanted.root, f".{wanted.version}.")
            with temporary_folder(wanted.root, f".{wanted.version}.") as temporary:
                _install(wanted, temporary)
        return reason


def remove(wanted: Wanted, check_mode: bool) -> bool:
    """Remove what this collection put there; whether there was anything. Raises GoPluginsError for what is not ours."""
    if not os.path.lexists(wanted.goroot):
        return False
    if inventory.read(wanted.root, wanted.version) is None:
        raise GoPluginsError(f"{wanted.goroot} was not put there by this collection and is left alone", f"rm -r {wanted.goroot}")
    if not check_mode:
        with locked(os.path.join(wanted.root, f".{wanted.version}.lock")), temporary_folder(
            wanted.root, f".{wanted.version}."
        ) as temporary:
            # Away at once, deleted after: nobody meets half a toolchain.
            os.rename(wanted.goroot, os.path.join(temporary, "go"))
            os.unlink(inventory.inventory_path(wanted.root, wanted.version))
    return True


def refuse_root(root: str) -> None:
    """Raise GoPluginsError for a root that is not for us."""
    real = os.path.realpath(root)
    if real == "/usr/local/go" or real.startswith("/usr/local/go/") or real == "/":
        raise GoPluginsError(
            f"{root} is not a folder for several toolchains: it belongs to the system", "another root, such as ~/tyk-plugins/go"
        )
    if os.path.isdir(real) and os.stat(real).st_mode & 0o002:
        raise GoPluginsError(f"{root} can be written to by everybody, who could then change the toolchain", f"chmod o-w {root}")


def _install(wanted: Wanted, temporary: str) -> None:
    folder = os.path.join(temporary, "go")
    os.mkdir(folder, 0o755)
    way = _way(wanted)
    archive = _archive(wanted, way, temporary)
    told = archives.unpack(archive.path, folder)
    if told != archive.module_hash:
        raise GoPluginsError(
            f"{archive.path} has the hash {told}, not {archive.module_hash}: the module cache is damaged", "go clean -modcache"
        )
    _prove(wanted, folder)
    files = inventory.take(folder)
    os.chmod(folder, 0o755)
    if os.path.lexists(wanted.goroot):
        os.rename(wanted.goroot, os.path.join(temporary, "before"))
    # Inventory first: if the power is cut between the two, a folder without it would be taken for somebody else's.
    inventory.write(wanted.root, Inventory(wanted.version, str(wanted.platform), way, archive.checksum, files))
    place_atomically(folder, wanted.goroot)
    partial = os.path.join(wanted.root, ".downloads")
    if way == "download":
        remove_tree(partial)


def _way(wanted: Wanted) -> str:
    if wanted.way != "auto":
        return wanted.way
    if wanted.archive:
        return "archive"
    usable = not source.bootstrap_problem(source.find_bootstrap(wanted.bootstrap))
    return "module" if usable and release_line(wanted.version) >= source.FIRST_MODULE else "download"


def _archive(wanted: Wanted, way: str, temporary: str) -> source.Archive:
    if way == "module":
        bootstrap = source.find_bootstrap(wanted.bootstrap)
        reason = source.bootstrap_problem(bootstrap)
        if reason or not bootstrap:
            raise GoPluginsError(
                f"source is module, but {reason}", "name a Go 1.21 or later by the option go, or use source: download or archive"
            )
        return source.from_module(bootstrap, wanted.version, wanted.platform, wanted.goproxy, temporary)
    if way == "archive":
        return source.from_archive(wanted.archive or "", wanted.checksum or "")
    # Outside of the temporary folder: what arrived of a broken download serves the next run.
    folder = os.path.join(wanted.root, ".downloads")
    os.makedirs(folder, mode=0o755, exist_ok=True)
    return source.from_download(wanted.download_url, wanted.version, wanted.platform, wanted.checksum, folder)


def _prove(wanted: Wanted, folder: str) -> None:
    """The tree is the release that was asked for: by its VERSION file, and by its own word where this host can run it."""
    try:
        with open(os.path.join(folder, "VERSION"), encoding="utf-8", errors="replace") as file:
            told = file.readline(200).strip()
    except OSError as error:
        raise GoPluginsError(
            f"the archive of Go {wanted.version} holds no toolchain: VERSION: {error.strerror}", "check the archive"
        ) from error
    if told == f"go{wanted.version}" and wanted.platform == host_platform():
        binary = os.path.join(folder, "bin", "go")
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": folder, "GOTOOLCHAIN": "local", "GOENV": "off", "LC_ALL": "C"}
        told = _command.check(
            f"{binary} does not run", _command.run([binary, "env", "GOVERSION"], cwd="/", env=environment, timeout=120)
        ).stdout.strip()
    if told != f"go{wanted.version}":
        raise GoPluginsError(f"the archive holds {told or 'no release'}, not go{wanted.version}", "check version and archive")
