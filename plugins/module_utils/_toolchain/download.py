# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A toolchain from the Go site or a mirror of it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import time
import typing as t
import urllib.error
import urllib.parse
import urllib.request

from ansible_collections.goplugins.tyk.plugins.module_utils._command import limit, more_time
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import retries

# An archive is 65 to 150 MB, the index of all releases about 5 MB.
MAX_ARCHIVE = 1 << 29
MAX_INDEX = 1 << 26

_TIMEOUT = 30
_CHUNK = 1 << 18
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

# What network and server may refuse now and grant a moment later.
_PASSING = (urllib.error.URLError, http.client.HTTPException, ConnectionError, socket.timeout, ssl.SSLError)
_PASSING_STATUS = (408, 425, 429, 500, 502, 503, 504)

_T = t.TypeVar("_T")


class Site(t.NamedTuple):
    """A site with archives of Go releases. url: without credentials; authorization: a header's value, empty where there are none;
    ca_path: a file with the certificates that are trusted, empty for the host's own."""

    url: str
    authorization: str
    ca_path: str = ""


class Unreachable(GoPluginsError):
    """The site, or the file on it, cannot be had from this host."""


class _Broken(ConnectionError):
    """A transfer that ended early."""


def parse_site(url: str, ca_path: str = "") -> Site:
    """Take the URL of a site apart. Raises GoPluginsError."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment:
        raise GoPluginsError(f"download_url is no address of a site: {url}", "download_url: https://go.dev/dl, or that of a mirror")
    credentials, _at, place = parts.netloc.rpartition("@")
    plain = urllib.parse.unquote(credentials).encode()
    return Site(
        f"{parts.scheme}://{place}{parts.path}".rstrip("/"),
        f"Basic {base64.b64encode(plain).decode()}" if plain else "",
        ca_path,
    )


def fetch(site: Site, name: str, checksum: str, part: str) -> str:
    """Download an archive to C(part) and prove it; what proved it, "sha256:...". Raises GoPluginsError.

    checksum: "sha256:..."; if empty, the site's index has it. What an interrupted run left in C(part) is continued, and what this one
    leaves there when the site cannot be reached any more; nothing else stays.
    """
    url = f"{site.url}/{name}"
    wanted = checksum or f"sha256:{_published(site, name)}"
    left = os.path.exists(part)
    try:
        if not (left and _is(part, wanted)):
            _retry(url, lambda: _transfer(site, url, part))
        if left and not _is(part, wanted):
            # Begun with another file of this name.
            os.unlink(part)
            _retry(url, lambda: _transfer(site, url, part))
        prove(part, wanted, url)
    except GoPluginsError as error:
        if not isinstance(error, Unreachable):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)
        raise
    return wanted


def _is(path: str, checksum: str) -> bool:
    return f"sha256:{sha256_file(path)}" == checksum


def prove(path: str, checksum: str, origin: str) -> None:
    """Raise GoPluginsError unless the file has that checksum, "sha256:..."."""
    found = f"sha256:{sha256_file(path)}"
    if found != checksum:
        raise GoPluginsError(
            f"{origin} has the checksum {found}, not {checksum}",
            "get it from a source that you trust, or correct the checksum if it was given",
        )


def published_checksum(index: bytes, name: str) -> str:
    """The SHA-256 of an archive in the Go site's index (https://go.dev/dl/?mode=json). Raises GoPluginsError."""
    try:
        found = [file["sha256"] for release in json.loads(index) for file in release["files"] if file["filename"] == name]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise GoPluginsError("the site's index of Go releases cannot be read", "give the checksum: the SHA-256 of the archive") from error
    if not found:
        raise GoPluginsError(f"{name} is not in the site's index of Go releases", "check version and platform, or give the checksum")
    if not isinstance(found[0], str) or not re.fullmatch(r"[0-9a-f]{64}", found[0]):
        raise GoPluginsError(f"the site's index has no SHA-256 of {name}", "give the checksum: the SHA-256 of the archive")
    return found[0]


def _published(site: Site, name: str) -> str:
    parts = urllib.parse.urlsplit(site.url)
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise GoPluginsError(
            f"{site.url} is not https: whoever changes the archive on its way can change the index with it",
            "give the checksum: the SHA-256 of the archive",
        )
    url = f"{site.url}/?mode=json&include=all"

    def read() -> bytes:
        data = bytearray()
        with _open(site, url) as response:
            for chunk in _chunks(response, url):
                data += chunk
                if len(data) > MAX_INDEX:
                    raise GoPluginsError(f"{url} has more than {MAX_INDEX} bytes: no index of Go releases", "give the checksum")
        return bytes(data)

    return published_checksum(_retry(url, read), name)


def _transfer(site: Site, url: str, path: str) -> None:
    """Bring a file, going on from what an earlier try brought."""
    have = os.path.getsize(path) if os.path.exists(path) else 0
    try:
        response = _open(site, url, have)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        error.close()
        os.unlink(path)
        raise _Broken("the server cannot go on from what it sent before") from error
    with response:
        continued = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if response.status == 206 and not continued:
            os.unlink(path)
            raise _Broken("the server went on from another place than asked for")
        # While it grows, nobody else may change it, whatever the umask says.
        with open(path, "ab" if response.status == 206 else "wb", opener=_private) as file:
            total = file.tell() + int(response.headers.get("Content-Length") or 0)
            for chunk in _chunks(response, url):
                file.write(chunk)
                if max(file.tell(), total) > MAX_ARCHIVE:
                    raise GoPluginsError(f"{url} has more than {MAX_ARCHIVE >> 20} MiB: no archive of a Go release", "check download_url")
            if file.tell() < total:
                raise _Broken(f"the connection ended after {file.tell()} of {total} bytes")


def _chunks(response: http.client.HTTPResponse, url: str) -> t.Iterator[bytes]:
    """What a server sends, as it comes. One that sends a byte now and then is not waited for without end. Raises GoPluginsError."""
    most = limit()
    deadline = time.monotonic() + most
    while True:
        chunk = response.read1(_CHUNK)
        if not chunk:
            return
        yield chunk
        if time.monotonic() > deadline:
            raise GoPluginsError(f"{mask_credentials(url)} did not arrive within {most:g} seconds", more_time(most))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Nobody may lead a download from https to something that others can change."""

    def redirect_request(self, req: urllib.request.Request, fp: t.Any, code: int, msg: str, headers: t.Any, newurl: str) -> t.Any:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise GoPluginsError(f"{req.full_url} leads to {newurl}, which is not https", "another download_url")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(site: Site, url: str, offset: int = 0) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"Range": f"bytes={offset}-"} if offset else {})
    if site.authorization:
        # Such a header does not travel to the place that a redirect names.
        request.add_unredirected_header("Authorization", site.authorization)
    handlers = (_Redirects, urllib.request.HTTPSHandler(context=_trust(site.ca_path)))
    response: http.client.HTTPResponse = urllib.request.build_opener(*handlers).open(request, timeout=_TIMEOUT)
    return response


def _trust(ca_path: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_path or None)
    except OSError as error:
        raise GoPluginsError(
            f"ca_path {ca_path} holds no certificates: {error.strerror or error}", "a file with certificates, as PEM"
        ) from error


def _retry(url: str, attempt: t.Callable[[], _T]) -> _T:
    pauses = retries.pauses()
    while True:
        try:
            return attempt()
        except urllib.error.HTTPError as error:
            error.close()
            if error.code not in _PASSING_STATUS or not pauses:
                raise _unreachable(url, f"{error.code} {error.reason}") from error
        except _PASSING as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLCertVerificationError) or not pauses:
                raise _unreachable(url, str(reason) or type(error).__name__) from error
        time.sleep(pauses.pop(0))


def _unreachable(url: str, why: str) -> Unreachable:
    return Unreachable(
        f"cannot get {mask_credentials(url)}: {why}",
        "check version, download_url, proxy (https_proxy) and certificates (ca_path, SSL_CERT_FILE)",
    )
