# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""zig as a C compiler: one download that compiles for every target, against a glibc as old as one wants."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    remove_leftovers,
    require_free_space,
    sha256_file,
    temporary_folder,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.versions import numbers
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.zig_targets import oldest_glibc, zig_target
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import archive, folders, inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.inventory import Inventory

# As Tyk's own releases reach: no gateway host is older.
GLIBC = "2.17"
_WANTED_BYTES = 600_000_000

# Before 1.24 Go links for arm64 with GNU gold and nothing else (golang/go#22040, src/cmd/link/internal/ld/lib.go). zig's linker does not
# have the fault of GNU ld that this avoids, so it may say to be gold. Go asks with -Wl,--version.
_SCRIPT = """\
#!/bin/sh
case " $* " in *" -Wl,--version "*) echo 'GNU gold'; exit ;; esac
for word do
    shift
    [ "$word" = -fuse-ld=gold ] || set -- "$@" "$word"
done
exec {zig} cc -target {target} "$@"
"""


class Source(t.NamedTuple):
    """Where zig comes from. version: as V(0.17.1); archive: the wheel of its package, on this host, or empty; checksum: its SHA-256."""

    version: str
    archive: str
    checksum: str


def binary(root: str, version: str) -> str:
    """Where zig stands below C(root)."""
    return os.path.join(_root(root), version, "zig")


def reasons(root: str, version: str) -> tuple[str, ...]:
    """Why zig is not there as it was installed; empty if it is. Raises GoPluginsError where the place is taken by others."""
    folder = os.path.join(_root(root), version)
    if not os.path.lexists(folder):
        return (f"zig {version} is not there",)
    if not inventory.is_ours(_root(root), version):
        raise GoPluginsError(
            f"{folder} was not put there by this collection, and is left alone",
            f"choose another root; see what is there: {command_line('ls -la', folder)}",
        )
    found = inventory.read(_root(root), version)
    if found is None:
        return (f"the inventory of zig {version} is not whole",)
    try:
        return inventory.compare(folder, found.files).differences
    except FileNotFoundError as error:
        return (f"{error.filename} vanished while it was looked at",)


def install(root: str, source: Source, host: Platform) -> None:
    """Unpack zig below C(root), proved by its checksum before anything of it is used. Raises GoPluginsError."""
    if not re.fullmatch(r"[0-9a-f]{64}", source.checksum):
        raise GoPluginsError(f"the checksum of zig is {source.checksum!r}, not the 64 hexadecimal digits of a SHA-256", "sha256sum WHEEL")
    parent = _root(root)
    require_free_space(root, _WANTED_BYTES, f"zig {source.version}")
    folders.make(parent)
    with locked(os.path.join(parent, ".lock")):
        if not reasons(root, source.version):
            return
        remove_leftovers(parent, ".zig-")
        with temporary_folder(parent, ".zig-") as temporary:
            found = sha256_file(source.archive)
            if found != source.checksum:
                raise GoPluginsError(f"{source.archive} has the SHA-256 {found}, not {source.checksum}", "get the wheel again")
            folder = os.path.join(temporary, source.version)
            os.mkdir(folder)
            os.chmod(folder, 0o755)
            archive.unpack_wheel(source.archive, "ziglang", folder)
            with contextlib.suppress(FileNotFoundError):
                os.chmod(os.path.join(folder, "zig"), 0o755)
            files = inventory.take(folder)
            if "zig" not in files:
                raise GoPluginsError(f"{source.archive} holds no zig", "the wheel of the package ziglang for this host's platform")
            inventory.write(temporary, Inventory(source.version, str(host), "archive", f"sha256:{source.checksum}", files))
            os.sync()
            there = os.path.join(parent, source.version)
            if os.path.lexists(there):
                os.rename(there, os.path.join(temporary, "replaced"))
            place_atomically(folder, there)


def command(root: str, version: str, target: Platform, glibc: str) -> str:
    """The command that compiles for a target; the same for the same zig, target and glibc."""
    floor = _floor(target, glibc)
    name = "-".join(word for word in ("zig", version, target.goos, target.goarch, floor and f"glibc{floor}") if word)
    return os.path.join(os.path.abspath(root), "bin", name)


def write_command(root: str, version: str, target: Platform, glibc: str) -> bool:
    """Have the command; whether it was not there as it should be."""
    path = command(root, version, target, glibc)
    data = script(binary(root, version), target, glibc).encode()
    if _is(path, data):
        return False
    folders.make(os.path.abspath(root))
    folders.write_alone(os.path.abspath(root), path, data, 0o755)
    return True


def has_command(root: str, version: str, target: Platform, glibc: str) -> bool:
    """Whether the command is as it should be."""
    return _is(command(root, version, target, glibc), script(binary(root, version), target, glibc).encode())


def script(zig: str, target: Platform, glibc: str) -> str:
    """The command's text."""
    return _SCRIPT.format(zig=shlex.quote(zig), target=zig_target(str(target), _floor(target, glibc)))


def _floor(target: Platform, glibc: str) -> str:
    """The glibc to link against, empty for a target that has none: as asked for, but not older than glibc is for that CPU."""
    oldest = oldest_glibc(str(target))
    return max(glibc or GLIBC, oldest, key=numbers) if oldest else ""


def _is(path: str, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(data) + 1) == data and os.access(path, os.X_OK)
    except OSError:
        return False


def _root(root: str) -> str:
    return os.path.join(os.path.abspath(root), "zig")
