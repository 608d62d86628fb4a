# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a new plugin may be called: a folder, the last part of a Go module path, and the beginning of a file name for the gateway."""

from __future__ import annotations

import difflib
import re
import typing as t
import unicodedata

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, quoted, shortened
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import SIGNATURES

# A file name has 255 bytes; the gateway's release, the platform and the endings of records come after the name.
_LONGEST = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Names that mean something else to Go (go help packages), and those that golang.org/x/mod/module refuses, as Windows cannot have them.
_TAKEN = frozenset(
    [
        *("internal", "testdata", "vendor"),
        *("con", "prn", "aux", "nul", *(f"{device}{digit}" for device in ("com", "lpt") for digit in range(1, 10))),
    ]
)


# What stands beside the folder of that name: see render.files and its .gitignore. Some file systems take no notice of case.
_BESIDE = frozenset(["readme.md", "plugins.yml", "dist", "go.work", "go.work.sum"])


def checked_name(name: str) -> str:
    """The name of a new plugin. Raises GoPluginsError with the nearest name that can be one."""
    if not _is_free(name):
        raise GoPluginsError(
            f"{shortened(name, _LONGEST)!r} cannot be the name of a Go plugin: at most {_LONGEST} letters, digits, '.', '_' and '-', "
            "beginning and ending with a letter or digit, without '..', and none that Go or the new folder has another use for, such as "
            "internal, v2 or dist",
            f"the nearest name: {quoted(nearest_name(name))}",
        )
    return name


def nearest_name(name: str) -> str:
    """The name itself if it can be one, else one that can and comes near."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"\.+", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", plain))[:_LONGEST].strip("._-")
    return plain if _is_free(plain) else f"plugin-{plain}"[:_LONGEST].rstrip("._-")


def checked_module(path: str) -> str:
    """The module path of a new plugin (https://go.dev/ref/mod#module-path). Raises GoPluginsError."""
    parts = path.split("/")
    if len(parts) < 2 or "." not in parts[0] or not all(map(_is_name, parts)):
        raise GoPluginsError(
            f"{shortened(path, _LONGEST)!r} cannot be the module path of a plugin: a domain, as Go keeps other beginnings for its standard "
            "library, and names that a plugin can have, with slashes between them",
            f"name one such as {quoted('example.com/' + nearest_name(parts[-1]))}",
        )
    return path


def checked_kinds(kinds: t.Iterable[str], label: str = "hooks") -> tuple[str, ...]:
    """The kinds of hook, each once and in the order in which the gateway calls them. Raises GoPluginsError with the nearest kind.

    label: what the user calls them.
    """
    wanted = list(kinds)
    for kind in wanted:
        if kind not in SIGNATURES:
            near = difflib.get_close_matches(kind, SIGNATURES, 1)
            raise GoPluginsError(
                f"{label}: {kind!r} is no kind of hook.{f' Did you mean {near[0]}?' if near else ''}", f"use one of {', '.join(SIGNATURES)}"
            )
    if not wanted:
        raise GoPluginsError(f"{label}: a plugin without a hook does nothing", f"name one or several of {', '.join(SIGNATURES)}")
    return tuple(kind for kind in SIGNATURES if kind in wanted)


def _is_free(name: str) -> bool:
    return _is_name(name) and name.lower() not in _BESIDE


def _is_name(name: str) -> bool:
    # Go takes v2 at the end of a module path for its major version.
    reserved = name.split(".")[0].lower() in _TAKEN or re.fullmatch(r"v[0-9.]+", name)
    return bool(_NAME.fullmatch(name)) and ".." not in name and name[-1] not in "._-" and len(name) <= _LONGEST and not reserved
