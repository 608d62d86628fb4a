# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a release comes from: an archive on this host, the module proxy, or the Go site and its mirrors; and what proves it."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import FIRST_MODULE, archive_name, module_name, release_line
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import download, gomodule

# The first that can be asked for its version (go env GOVERSION).
FIRST_RELEASE = (1, 16)

_WAYS = (
    "one of: a Go 1.21 or later on this host that reaches a module proxy (go, go_toolchain_bootstrap_go, go_toolchain_goproxy); "
    "a mirror that this host reaches (download_url, go_toolchain_download_url); "
    "a file with its checksum (archive, go_toolchain_archive, go_toolchain_checksum); "
    "a controller that reaches one of these (go_toolchain_controller_cache)"
)


class Wanted(t.NamedTuple):
    """A toolchain that is wanted. root: folder of all; version: without "go"; checksum: "sha256:..." of the archive, "h1:..." of the
    module, or empty; the rest as the options."""

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


class Origin(t.NamedTuple):
    """An archive on this host. module_hash: what its files must sum up to, empty if the archive itself was proved.

    unpacked: the folder with its files, if they were unpacked already.
    """

    path: str
    checksum: str
    module_hash: str = ""
    warning: str = ""
    unpacked: str = ""


def choose_source(wanted: Wanted) -> str:
    """The source that "auto" stands for, or the one that was asked for. Raises GoPluginsError where the options contradict each other."""
    line = release_line(wanted.version)
    of_module = wanted.checksum.startswith("h1:")
    if line < FIRST_RELEASE:
        raise GoPluginsError(f"Go {wanted.version} is too old: it cannot be proved to be what it says", "Go 1.16 or later")
    if wanted.source == "module":
        if line < FIRST_MODULE:
            raise GoPluginsError(f"Go {wanted.version} is no module: modules begin with Go 1.21.0", "source: download, or source: archive")
        if wanted.checksum and not of_module:
            raise GoPluginsError(
                "checksum is that of an archive; a module is proved by the checksum database", "leave checksum out, or source: download"
            )
        return "module"
    if wanted.source == "archive" or (wanted.source == "auto" and wanted.archive):
        if not wanted.archive or not wanted.checksum:
            raise GoPluginsError("an archive must be named and proved: archive and checksum go together", "sha256sum ARCHIVE")
        return "archive"
    if wanted.source == "download" or line < FIRST_MODULE:
        if of_module:
            raise GoPluginsError(f"checksum is {wanted.checksum}, that of a module; a download is an archive", "give the archive's SHA-256")
        return "download"
    if wanted.checksum:
        return "module" if of_module else "download"
    # A Go that was named and does not work is an error, and no reason to go elsewhere.
    return "module" if wanted.go or not gomodule.find_bootstrap(None).problem else "download"


def part_path(wanted: Wanted) -> str:
    """Where a download is collected: an interrupted one is gone on from by the next run."""
    return os.path.join(wanted.root, f".go{wanted.version}-{wanted.platform.goos}-{wanted.platform.goarch}.part")


def obtain(wanted: Wanted, source: str, temporary: str) -> Origin:
    """The archive, proved, or with the hash that proves its files. temporary: a private folder. Raises GoPluginsError."""
    if source == "archive":
        path = t.cast(str, wanted.archive)
        if not os.path.isfile(path):
            raise GoPluginsError(f"there is no archive {path}", command_line("ls -l", path))
        if wanted.checksum.startswith("h1:"):
            return Origin(path, wanted.checksum, wanted.checksum)
        download.prove(path, wanted.checksum, path)
        return Origin(path, wanted.checksum)
    if source == "module":
        bootstrap = gomodule.find_bootstrap(wanted.go)
        if bootstrap.problem:
            raise GoPluginsError(f"Go {wanted.version} cannot be fetched as a module: {bootstrap.problem}", _WAYS)
        folder = os.path.join(temporary, "module")
        os.mkdir(folder)
        module = module_name(wanted.version, wanted.platform)
        fetched = gomodule.fetch(bootstrap.binary, module, wanted.goproxy, folder, wanted.site.ca_path)
        if wanted.checksum not in ("", fetched.hash):
            raise GoPluginsError(f"{module} has the hash {fetched.hash}, not {wanted.checksum}", "correct the checksum, or leave it out")
        return Origin(fetched.zip, fetched.hash, fetched.hash, fetched.warning, fetched.folder)
    part = part_path(wanted)
    try:
        checksum = download.fetch(wanted.site, archive_name(wanted.version, wanted.platform), wanted.checksum, part)
    except download.Unreachable as error:
        raise GoPluginsError(error.message, f"{error.fix}; or {_WAYS}") from error
    path = os.path.join(temporary, "archive")
    os.rename(part, path)
    return Origin(path, checksum)
