# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where toolchains come from. Each source gives an archive on this host, and what proves it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import time
import typing as t
import urllib.error
import urllib.request

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gomodules.gocommand import go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.release import release_line

# Toolchains are modules since this release (https://go.dev/doc/toolchain).
FIRST_MODULE = (1, 21)

# An archive is about 70 MB, the index about 5 MB.
MAX_ARCHIVE = 1 << 30
MAX_INDEX = 64 << 20

_TRIES = 4
_SECONDS_BETWEEN_TRIES = 1.0
_TIMEOUT = 60
_CHUNK = 1 << 20


class Archive(t.NamedTuple):
    """path: of the archive. module_hash: what its files must sum up to ("h1:..."), for a module; checksum: what proved it."""

    path: str
    module_hash: str
    checksum: str


def archive_name(version: str, platform: Platform) -> str:
    """The file name on the Go site. 32-bit ARM is built for ARMv6."""
    goarch = "armv6l" if platform.goarch == "arm" else platform.goarch
    return f"go{version}.{platform.goos}-{goarch}.tar.gz"


def module_version(version: str, platform: Platform) -> str:
    """The version of the module golang.org/toolchain."""
    return f"v0.0.1-go{version}.{platform.goos}-{platform.goarch}"


def find_bootstrap(given: str | None) -> str | None:
    """A Go on this host that may fetch others: the given one, or else one on PATH or at the usual place."""
    return given or shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def bootstrap_problem(binary: str | None) -> str:
    """Why a Go cannot fetch toolchains; empty if it can."""
    if not binary:
        return "there is no Go on this host"
    try:
        completed = _command.run([binary, "env", "GOVERSION"], cwd="/", env={**os.environ, "GOTOOLCHAIN": "local"}, timeout=60)
    except GoPluginsError as error:
        return error.message
    told = completed.stdout.strip()
    try:
        line = release_line(told.split()[0][2:])
    except (GoPluginsError, IndexError):
        return f"{binary} does not tell a Go release: {told or completed.stderr.strip()}"
    return "" if line >= FIRST_MODULE else f"{binary} is {told}, and only Go 1.21 and later fetch toolchains"


def from_module(binary: str, version: str, platform: Platform, goproxy: str | None, folder: str) -> Archive:
    """Let a Go fetch the toolchain's module; its checksum database proves it. folder: a private one."""
    if release_line(version) < FIRST_MODULE:
        raise GoPluginsError(
            f"Go {version} is no module: those begin with Go 1.21", "source: download, or source: archive with a file from the controller"
        )
    environment = go_environment(binary, os.environ)
    environment.setdefault("GOMODCACHE", os.path.join(folder, "modules"))
    environment.setdefault("GOCACHE", os.path.join(folder, "cache"))
    environment["GOWORK"] = "off"
    # A module of its own, so that no go.mod which happens to stand above is read.
    with open(os.path.join(folder, "go.mod"), "w", encoding="ascii") as file:
        file.write("module fetch\n")
    if goproxy:
        environment["GOPROXY"] = goproxy
    name = f"golang.org/toolchain@{module_version(version, platform)}"
    completed = _command.run([binary, "mod", "download", "-json", name], cwd=folder, env=environment)
    try:
        told = json.loads(completed.stdout)
    except ValueError:
        told = {}
    if completed.rc != 0 or told.get("Error") or not told.get("Zip"):
        why = told.get("Error") or completed.stderr.strip() or "go mod download told nothing"
        raise GoPluginsError(
            f"Go {version} for {platform} cannot be fetched as a module: {why}",
            "check the version; goproxy (or GOPROXY) must reach a module proxy, else use source: download or archive",
            **completed.details(),
        )
    return Archive(told["Zip"], told["Sum"], told["Sum"])


def from_archive(path: str, checksum: str) -> Archive:
    """A file on this host, proved by the SHA-256 that was given."""
    if not os.path.isfile(path):
        raise GoPluginsError(f"there is no archive {path}", f"ls -l {path}")
    told = sha256_file(path)
    if told != checksum.lower():
        raise GoPluginsError(
            f"{path} has the SHA-256 {told}, not {checksum}", f"get the archive again, or correct the checksum: sha256sum {path}"
        )
    return Archive(path, "", f"sha256:{told}")


def from_download(url: str, version: str, platform: Platform, checksum: str | None, folder: str) -> Archive:
    """Download the archive into C(folder), where a part of it may lie from an earlier try.

    checksum: its SHA-256; without it the JSON index of the site tells.
    """
    name = archive_name(version, platform)
    base = url.rstrip("/")
    wanted = (checksum or _published_checksum(f"{base}/?mode=json&include=all", name)).lower()
    path = os.path.join(folder, name)
    _retry(f"{base}/{name}", lambda: _download(f"{base}/{name}", path))
    told = sha256_file(path)
    if told != wanted:
        os.unlink(path)
        raise GoPluginsError(
            f"{mask_credentials(base)}/{name} has the SHA-256 {told}, not {wanted}",
            "use another mirror, or correct the checksum if it was given",
        )
    return Archive(path, "", f"sha256:{told}")


def published_checksum(index: bytes, name: str) -> str:
    """The SHA-256 of an archive in the Go site's index (https://go.dev/dl/?mode=json). Raises GoPluginsError."""
    try:
        for release in json.loads(index):
            for file in release["files"]:
                if file["filename"] == name and len(file["sha256"]) == 64:
                    return str(file["sha256"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise GoPluginsError(f"the index of Go releases cannot be read: {error!r}", "give the checksum yourself") from error
    raise GoPluginsError(f"{name} is not in the index of Go releases", "check version and platform; or give the checksum yourself")


def _published_checksum(url: str, name: str) -> str:
    def read() -> bytes:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
            data: bytes = response.read(MAX_INDEX + 1)
        if len(data) > MAX_INDEX:
            raise GoPluginsError(f"the index of Go releases is larger than {MAX_INDEX} bytes", "give the checksum yourself")
        return data

    return published_checksum(_retry(url, read), name)


_T = t.TypeVar("_T")


def _retry(url: str, attempt: t.Callable[[], _T]) -> _T:
    """Try a few times what the network may only for now refuse."""
    cure = "check download_url and the proxy (https_proxy), or use source: archive with a file from the controller"
    for number in range(1, _TRIES + 1):
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500 and error.code not in (408, 429):
                raise GoPluginsError(f"{mask_credentials(url)}: HTTP status {error.code} {error.reason}", cure) from error
            last: Exception = error
        except (OSError, http.client.HTTPException) as error:
            last = error
        if number < _TRIES:
            time.sleep(_SECONDS_BETWEEN_TRIES * 2 ** (number - 1))
    raise GoPluginsError(f"{mask_credentials(url)}: {last} (tried {_TRIES} times)", cure) from last


def _download(url: str, path: str) -> None:
    """Download to C(path), going on from what is there."""
    part = f"{path}.part"
    have = os.path.getsize(part) if os.path.exists(part) else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # The part is the whole, or of another file: begin again.
            error.close()
            os.unlink(part)
            raise OSError("the server cannot go on from what was already there") from error
        raise
    with response, open(part, "ab" if response.status == 206 else "wb") as file:
        total = (have if response.status == 206 else 0) + int(response.headers.get("Content-Length") or 0)
        while True:
            chunk = response.read(_CHUNK)
            if not chunk:
                break
            file.write(chunk)
            if file.tell() > MAX_ARCHIVE:
                raise GoPluginsError(f"{mask_credentials(url)} is larger than {MAX_ARCHIVE} bytes", "check download_url")
        if file.tell() < total:
            raise OSError(f"the connection ended after {file.tell()} of {total} bytes")
    os.replace(part, path)
