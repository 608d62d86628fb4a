# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of releases in a folder, each fetched once and proved, for hosts to which they are brought.

Beside each archive lies what proved it, and its SHA-256, by which it is known again.
"""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    place_atomically,
    read_json,
    require_free_space,
    sha256_file,
    write_json,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import folders
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.origin import Wanted, choose_source, obtain

# A module is unpacked by the go command before it is a zip in its cache.
_WANTED_BYTES = 600_000_000


class Cached(t.NamedTuple):
    """An archive that is there, or would be. reasons: why it was fetched; checksum: what proves it, empty while nobody knows."""

    reasons: tuple[str, ...]
    source: str
    checksum: str
    archive: str
    warning: str = ""


def ensure_cached(wanted: Wanted, check_mode: bool) -> Cached:
    """Have the archive of a release in the folder C(wanted.root). Raises GoPluginsError."""
    folders.refuse(wanted.root)
    if wanted.archive or wanted.source == "archive":
        raise GoPluginsError("an archive that is there already is not cached", "leave archive out, or give it to the host that wants it")
    found = _look(wanted)
    if not found.reasons:
        return found
    source = choose_source(wanted)
    require_free_space(wanted.root, _WANTED_BYTES, f"the archive of Go {wanted.version}")
    name = f"{_name(wanted)}.{'zip' if source == 'module' else 'tar.gz'}"
    path = os.path.join(wanted.root, name)
    if check_mode:
        return Cached(found.reasons, source, "", path)
    folders.make(wanted.root)
    with folders.alone(wanted.root, f"go{wanted.version}") as temporary:
        # Another run may have had the lock until now, and fetched it.
        found = _look(wanted)
        if not found.reasons:
            return found
        origin = obtain(wanted, source, temporary)
        digest = sha256_file(origin.path)
        os.chmod(origin.path, 0o644)
        place_atomically(origin.path, path)
        record = os.path.join(temporary, "record")
        write_json(record, {"archive": name, "sha256": digest, "source": source, "checksum": origin.checksum})
        place_atomically(record, _record(wanted))
    return Cached(found.reasons, source, origin.checksum, path, origin.warning)


def _name(wanted: Wanted) -> str:
    return f"go{wanted.version}.{wanted.platform.goos}-{wanted.platform.goarch}"


def _record(wanted: Wanted) -> str:
    return os.path.join(wanted.root, f"{_name(wanted)}.json")


def _look(wanted: Wanted) -> Cached:
    """The archive that is there, with the reasons why it is not the one that is wanted."""
    record = read_json(_record(wanted))
    try:
        path = os.path.join(wanted.root, os.path.basename(record["archive"]))
        source, checksum, digest = record["source"], record["checksum"], record["sha256"]
        whole = os.path.isfile(path) and all(isinstance(value, str) for value in (source, checksum, digest))
    except (KeyError, TypeError):
        whole = False
    if not whole:
        return Cached(("it is not there",), "", "", "")
    if wanted.source not in ("auto", source) or wanted.checksum not in ("", checksum):
        return Cached((f"it is not the wanted one, but from {source} with {checksum}",), "", "", "")
    try:
        found = sha256_file(path)
    except FileNotFoundError:
        return Cached(("it is not there",), "", "", "")
    return Cached(() if found == digest else (f"{path} was changed",), source, checksum, path)
