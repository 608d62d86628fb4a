# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store of artifacts or seeds by the digests of their inputs: a folder on the controller, or a URL that answers GET and PUT.

An entry is two files, an artifact and its record, named by both. The record is written last and read first; nothing of an entry is
believed, the build host compares it with what it would build.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import urllib.error
import urllib.parse

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    read_json,
    remove_leftovers,
    sha256_file,
    temporary_folder,
)

# The largest plugin seen has 150 MB, the largest record 100 KB.
_MAX_ARTIFACT = 1 << 30
_MAX_RECORD = 1 << 20
_CHUNK = 1 << 20
_TIMEOUT = 30
_TEMPORARY = ".entry."


def store_at(location):
    """The store of that name: a folder, or a URL. Raises GoPluginsError."""
    scheme, _colon, rest = location.partition("://")
    if not rest or scheme == "file":
        return FolderStore(os.path.abspath(os.path.expanduser(rest or location)))
    # What urlsplit says of a malformed URL has the password in it.
    with contextlib.suppress(ValueError):
        if scheme in ("http", "https"):
            return UrlStore(location)
    raise GoPluginsError(
        f"a store is a folder or a URL, and this is none that can be used: {mask_credentials(location)}",
        "name a folder, or an https:// URL",
    )


def entry_name(digest, artifact):
    """The name of an artifact in a store. Raises GoPluginsError for what a build host cannot have meant."""
    if not re.fullmatch("[0-9a-f]{64}", str(digest)) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*\.so", str(artifact)):
        raise GoPluginsError(f"{artifact!r} with the digest {digest!r} is no artifact")
    return f"{digest}_{artifact}"


class FolderStore:
    """A folder on the controller."""

    def __init__(self, folder):
        self._folder = folder

    def get(self, name, _folder):
        """The path of an entry's artifact, with the record beside it; empty where there is none."""
        path = os.path.join(self._folder, name)
        return path if os.path.isfile(path) and os.path.isfile(f"{path}.json") else ""

    def has(self, name, record):
        """Whether there is an entry with that very record."""
        return os.path.isfile(os.path.join(self._folder, name)) and _says(read_json(os.path.join(self._folder, f"{name}.json")), record)

    def put(self, name, artifact):
        """Keep an artifact, whose record is beside it."""
        os.makedirs(self._folder, exist_ok=True)
        with locked(os.path.join(self._folder, ".lock")):
            remove_leftovers(self._folder, _TEMPORARY)
            with temporary_folder(self._folder, _TEMPORARY) as temporary:
                for ending in ("", ".json"):
                    copy = os.path.join(temporary, f"{name}{ending}")
                    shutil.copyfile(f"{artifact}{ending}", copy)
                    os.chmod(copy, 0o644)
                    place_atomically(copy, os.path.join(self._folder, f"{name}{ending}"))


class UrlStore:
    """A URL with a file for each name. A user and a password in it are sent to it, and stand in no message."""

    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self._url = urllib.parse.urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
        self._login = {}
        if parts.username is not None:
            user, password = (urllib.parse.unquote(word or "") for word in (parts.username, parts.password))
            self._login = {"url_username": user, "url_password": password, "force_basic_auth": True}

    def get(self, name, folder):
        """The path of an entry's artifact, brought into C(folder) with its record; empty where there is none. Raises GoPluginsError."""
        path = os.path.join(folder, name)
        for ending, most in ((".json", _MAX_RECORD), ("", _MAX_ARTIFACT)):
            if not self._download(f"{name}{ending}", f"{path}{ending}", most):
                return ""
        return path

    def has(self, name, record):
        """Whether there is an entry with that very record. Raises GoPluginsError."""
        with self._ask("GET", f"{name}.json") as response:
            try:
                return response is not None and _says(json.loads(response.read(_MAX_RECORD)), record)
            except (ValueError, RecursionError):
                return False

    def put(self, name, artifact):
        """Keep an artifact, whose record is beside it. Raises GoPluginsError."""
        for ending in ("", ".json"):
            with open(f"{artifact}{ending}", "rb") as file:
                length = str(os.fstat(file.fileno()).st_size)
                with self._ask("PUT", f"{name}{ending}", data=file, headers={"Content-Length": length}) as response:
                    if response is None:
                        raise GoPluginsError(f"{self._url}/{name}{ending} cannot be put there: 404", "check the URL of the store")

    def _download(self, name, path, most):
        """Whether there was such a file."""
        with self._ask("GET", name) as response, open(path, "wb") as file:
            while response is not None:
                chunk = response.read(_CHUNK)
                file.write(chunk)
                if file.tell() > most:
                    raise GoPluginsError(
                        f"{self._url}/{name} has more than {most >> 20} MiB: nothing that was kept there", "check the URL of the store"
                    )
                if not chunk:
                    return True
        return False

    @contextlib.contextmanager
    def _ask(self, method, name, **more):
        """The answer; None where there is nothing of that name. Raises GoPluginsError, also for what goes wrong while it is read."""
        # It imports the whole of cryptography, for which most runs have no use.
        from ansible.module_utils.urls import open_url

        url = f"{self._url}/{name}"
        try:
            try:
                response = open_url(url, method=method, timeout=_TIMEOUT, **self._login, **more)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code not in (404, 410):
                    raise
                response = None
            with response or contextlib.nullcontext():
                yield response
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"{error.code} {error.reason}" if isinstance(error, urllib.error.HTTPError) else getattr(error, "reason", error)
            raise GoPluginsError(f"the store cannot be used: {method} {url}: {why}", command_line("curl -I", url)) from error


def _says(entry, record):
    """Whether the record of an entry says all that another says, of which the long lists were left out."""
    return isinstance(entry, dict) and all(entry.get(name) == value for name, value in record.items())


def has_record(artifact, sha256):
    """Whether the record of that SHA-256 is beside an artifact."""
    try:
        return sha256_file(f"{artifact}.json") == sha256
    except OSError:
        return False


def keep(store, artifacts, folder, check_mode=False):
    """Put those artifacts into the store that it lacks, from a folder of the controller; the names of their entries. Raises GoPluginsError.

    artifacts: as C(go_plugin_build) returns them, with C(artifact), C(record) and C(record_sha256).
    """
    kept = []
    for one in artifacts:
        record, path = one["record"], os.path.join(folder, os.path.basename(one["artifact"]))
        name = entry_name(record["digest"], os.path.basename(path))
        if store.has(name, record):
            continue
        if not check_mode:
            if not has_record(path, one["record_sha256"]) or sha256_file(path) != record["sha256"]:
                raise GoPluginsError(f"{path} is not what was built: its record or its SHA-256 is another", "run again: it is copied anew")
            store.put(name, path)
        kept.append(name)
    return kept
