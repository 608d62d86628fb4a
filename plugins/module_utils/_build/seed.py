# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A seed: what a host needs in its caches to build for a gateway without compiling or fetching what another host already has.

It is an archive of entries of Go's build cache, and of what Go keeps of modules before it unpacks them: those alone that plugins for this
gateway can use, of the gigabytes that are there. The gateway itself is in it as it was linked, where hosts build one to load plugins with.

Of the build cache (src/cmd/go/internal/cache/cache.go) C(XX/ACTION-a) says in one line which output an action has, and C(XX/OUTPUT-d) is
that output, named by its SHA-256. Go sets the modification time of an entry when it uses it, unless that is less than an hour old. So what
a build uses is what has a new time after it, once all have been set back. An entry says of itself which action it answers, and nobody can
compute that without building: so a seed is as trustworthy as the host that made it, and must come from there unchanged.

A module is a zip and a few small files, which go.sum of the gateway vouches for when Go unpacks it. A gateway is taken only if its record
says that it was built of the same inputs, and that it is that file.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import time
import typing as t
import zlib

from ansible_collections.goplugins.tyk.plugins.module_utils._build import gobuild, identity, progress
from ansible_collections.goplugins.tyk.plugins.module_utils._build.gateway import Wanted, request, take
from ansible_collections.goplugins.tyk.plugins.module_utils._build.module_cache import escaped
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    read_json,
    remove_leftovers,
    require_free_space,
    sha256_file,
    temporary_folder,
    write_json,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import check, go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import release_order

# Part of the digest: a seed of another kind is another seed.
FORMAT = 1
# First in the archive.
_ABOUT = "seed.json"
# A gateway and its record, under any name that a host gives it.
_GATEWAY = {"gateway": "", "gateway.json": ".json"}
_MOST_ABOUT = 1 << 16
# The largest package of a gateway has 60 MB, the largest module 100 MB; all of them 2 GB.
_MOST_FILE = 1 << 30
_MOST_FILES = 200_000
_MOST_BYTES = 16 << 30

# "v1", which action, which output, its size, when: cache.go, entrySize.
_ENTRY = re.compile(rb"v1 ([0-9a-f]{64}) ([0-9a-f]{64}) +(\d+) +(\d+)\n")
_OF_BUILD = re.compile(r"build/([0-9a-f]{2})/(\1[0-9a-f]{62})-([ad])")
# A path of a module has no part that begins with a dot, and a version none that is one (golang.org/x/mod/module, CheckPath and EscapePath).
_OF_MODULE = re.compile(r"module/((?:[a-z0-9!_~-][A-Za-z0-9.!_~+-]*/)+@v/[a-z0-9][a-z0-9.!+~-]*\.(?:info|mod|zip|ziphash))")

# Nanoseconds. Go leaves times alone that are less than an hour old (cache.go, mtimeInterval), and removes what was unused for five days.
_BACK = 2 * 3600 * 10**9


class Caches(t.NamedTuple):
    """Folders. build: GOCACHE; modules: GOMODCACHE."""

    build: str
    modules: str


def digest(wanted: Wanted) -> str:
    """Of all that decides what is in a seed, on any host: 64 hexadecimal digits."""
    linked = [os.path.basename(wanted.path), gobuild.inputs(request(wanted))] if wanted.path else []
    return identity.digest({"seed": FORMAT, "linked": linked, **gobuild.inputs(_of_plugins(wanted))})


def unusable(wanted: Wanted) -> str:
    """Why this host can use no seed; empty if it can."""
    _folders, environment = _caches(wanted)
    if environment.get("GOCACHEPROG") and release_order(wanted.go.version) >= release_order("1.24"):
        return "GOCACHEPROG keeps what this host compiles"
    return ""


def is_planted(wanted: Wanted) -> bool:
    """Whether this host has what the seed has, or what it was made from, and nobody has removed that since."""
    if wanted.path and not os.path.exists(wanted.path):
        return False
    caches, _environment = _caches(wanted)
    known = read_json(_mark(caches, digest(wanted)))
    paths = [caches.build, *known["examples"]] if isinstance(known, dict) and isinstance(known.get("examples"), list) else []
    return len(paths) > 1 and all(isinstance(path, str) and os.path.exists(os.path.join(caches.build, path)) for path in paths)


def pack(wanted: Wanted, archive: str) -> tuple[dict[str, t.Any], list[str]]:
    """Compile what plugins for this gateway need, unless that is done, and write an archive of it, and of the gateway if one is wanted.

    (what its record says of it: digest, sha256, size (bytes), entries, modules (numbers), unpacked (bytes); modules of go.sum that could
    not be fetched, as C(path@version)). Raises GoPluginsError.
    """
    caches, environment = _caches(wanted)
    require_free_space([caches.build, caches.modules, os.path.dirname(archive)], wanted.min_free, "making a seed")
    os.makedirs(caches.build, exist_ok=True)
    build = _of_plugins(wanted)
    environment = {**environment, **gobuild.settings(build), "GOWORK": build.work}
    # Another run that makes a seed would set back what this one has used.
    with locked(_lock(caches)):
        then = _set_back(caches.build)
        _compile(build, environment, os.path.dirname(archive))
        entries = _used(caches.build, then)
    modules = _summed(wanted.checkout)
    _fetch(build, environment, modules)
    files = {
        **_files_of_gateway(wanted),
        **_files_of_build(caches.build, entries),
        **_files_of_modules(caches.modules, modules),
    }
    about: dict[str, t.Any] = {"format": FORMAT, "digest": digest(wanted)}
    unpacked = _write(archive, about, files)
    # Whoever logs in copies it, whoever builds; its folder is private to both.
    os.chmod(archive, 0o644)
    _remember(caches, about["digest"], entries)
    numbers = {"entries": len(entries), "modules": sum(name.endswith(".zip") for name in files), "unpacked": unpacked}
    lacking = [f"{path}@{version}" for (path, version), whole in sorted(modules.items()) if whole and _zip(path, version) not in files]
    return {**about, "sha256": sha256_file(archive), "size": os.path.getsize(archive), **numbers}, lacking


def plant(wanted: Wanted, archive: str, sha256: str) -> int:
    """Put what a seed has and this host lacks into its caches, and the gateway in its place; how many files that were.

    Raises GoPluginsError before anything of it is there that is not what was packed.
    """
    caches, _environment = _caches(wanted)
    if sha256_file(archive) != sha256:
        raise GoPluginsError("it is not what was packed: its SHA-256 is another")
    require_free_space([caches.build, caches.modules], wanted.min_free, "planting a seed")
    with contextlib.ExitStack() as stack:
        os.makedirs(caches.build, exist_ok=True)
        stack.enter_context(locked(_lock(caches)))
        # Where a file is written before it gets its name: on the same file system.
        temporary = Caches(*(stack.enter_context(_beside(folder)) for folder in caches))
        placed, entries = _unpack(wanted, archive, caches, temporary)
        if wanted.path:
            made = take(wanted, os.path.join(temporary.build, "gateway"))
            if made.refused:
                raise GoPluginsError(f"the gateway in it is none that would be built here: {', '.join(made.refused)}")
            placed += made.taken
    _remember(caches, digest(wanted), entries)
    return placed


def _unpack(wanted: Wanted, archive: str, caches: Caches, temporary: Caches) -> tuple[int, list[str]]:
    """How many files of the archive were put into the caches, and which actions it has, as paths in the build cache."""
    placed, entries = 0, []
    try:
        with tarfile.open(archive, "r|gz") as tar:
            for count, member in enumerate(tar):
                if count > _MOST_FILES or tar.offset > _MOST_BYTES or not member.isreg() or member.size > _MOST_FILE:
                    raise GoPluginsError(f"{member.name!r} in it is nothing that a cache holds")
                content = t.cast("t.IO[bytes]", tar.extractfile(member))
                if count == 0:
                    _check_about(member, content, digest(wanted))
                    continue
                if member.name in _GATEWAY:
                    _copy(content, os.path.join(temporary.build, member.name), member, temporary.build)
                    continue
                path, folder = _place(member.name, caches), temporary.build if member.name.startswith("build/") else temporary.modules
                if member.name.endswith("-a"):
                    entries.append(os.path.relpath(path, caches.build))
                if not _has(path, member.size):
                    _copy(content, path, member, folder)
                    placed += 1
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise GoPluginsError(f"it cannot be unpacked: {error}") from error
    return placed, entries


@contextlib.contextmanager
def _beside(cache: str) -> t.Iterator[str]:
    """A folder in a cache for files that are not whole yet, once what a killed run left there is gone."""
    os.makedirs(cache, exist_ok=True)
    remove_leftovers(cache, ".seed.")
    with temporary_folder(cache, ".seed.") as folder:
        yield folder


def _compile(build: gobuild.Request, environment: dict[str, str], folder: str) -> None:
    """Compile all packages of a build, but link nothing. folder: where progress is seen. Raises GoPluginsError."""
    with temporary_folder(folder, ".seed.") as temporary, gobuild.watched(build, environment, temporary) as watch:
        words = ["list", *gobuild.flags_of_list(build), *progress.words(watch), "-export", "-deps", build.package]
        completed = progress.without_packages(build.go.run(words, cwd=build.folder, env=environment, watch=watch), watch)
    check(f"what plugins for gateway {build.profile.label} need does not compile", completed, build.folder, {})


def _fetch(build: gobuild.Request, environment: dict[str, str], modules: dict[tuple[str, str], bool]) -> None:
    """Fetch what Go asks for when it lays out a plugin: go.mod of all modules, and those that tests of others need.

    What cannot be had, the seed lacks.
    """
    if modules:
        build.go.run(["mod", "graph"], cwd=build.folder, env=environment)
        wanted = sorted(f"{path}@{version}" for (path, version), whole in modules.items() if whole)
        build.go.run(["mod", "download", *wanted], cwd=build.folder, env=environment)


def _of_plugins(wanted: Wanted) -> gobuild.Request:
    """The gateway's packages as plugins have them: it is the main package of none, but its flags decide."""
    return request(wanted)._replace(what=f"packages of gateway {wanted.profile.label}", build_mode="plugin", ldflags="")


def _caches(wanted: Wanted) -> tuple[Caches, dict[str, str]]:
    environment = go_environment(wanted.go.binary, os.environ)
    return Caches(environment["GOCACHE"], environment["GOMODCACHE"]), environment


def _lock(caches: Caches) -> str:
    return os.path.join(caches.build, ".seed.lock")


def _mark(caches: Caches, of: str) -> str:
    return os.path.join(caches.build, f"goplugins-seed-{of}.json")


def _remember(caches: Caches, of: str, entries: t.Iterable[str]) -> None:
    # A few of them show whether somebody emptied the cache.
    with contextlib.suppress(OSError):
        write_json(_mark(caches, of), {"examples": sorted(entries)[:: max(1, len(list(entries)) // 16)]})


def _set_back(folder: str) -> int:
    """Make all entries look as if nobody had used them for a while; the latest time that one has then, in nanoseconds.

    What a build beside it uses meanwhile gets a newer time, and Go leaves that time alone when it uses the entry for the seed.
    """
    then = time.time_ns() - _BACK
    for entry in _entries(folder):
        with contextlib.suppress(OSError):
            if entry.stat().st_mtime_ns > then:
                os.utime(entry.path, ns=(then, then))
    return then


def _entries(folder: str) -> t.Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as folders:
        names = [entry.path for entry in folders if len(entry.name) == 2 and entry.is_dir(follow_symlinks=False)]
    for name in names:
        with os.scandir(name) as entries:
            yield from (entry for entry in entries if entry.is_file(follow_symlinks=False))


def _used(folder: str, then: int) -> list[str]:
    """Which actions builds have asked for since C(_set_back) answered C(then), as paths in the build cache.

    Beside a build that goes on, some of them are not needed.
    """
    found = []
    for entry in _entries(folder):
        with contextlib.suppress(OSError):
            if entry.name.endswith("-a") and entry.stat().st_mtime_ns > then:
                found.append(os.path.relpath(entry.path, folder))
    return found


def _files_of_build(folder: str, entries: t.Iterable[str]) -> dict[str, str]:
    """From names in the archive to files. Outputs come before what names them, as whoever finds the latter looks for the former."""
    actions, outputs = {}, {}
    for entry in entries:
        path = os.path.join(folder, entry)
        with contextlib.suppress(OSError), open(path, "rb") as file:
            found = _ENTRY.fullmatch(file.read(512))
            if found:
                name = found.group(2).decode()
                output = os.path.join(folder, name[:2], f"{name}-d")
                # An executable of C(go run) is a folder.
                if os.path.isfile(output):
                    outputs[f"build/{name[:2]}/{name}-d"] = output
                    actions[f"build/{entry}"] = path
    return {**dict(sorted(outputs.items())), **dict(sorted(actions.items()))}


def _files_of_gateway(wanted: Wanted) -> dict[str, str]:
    """From names in the archive to files. Raises GoPluginsError where the gateway is not built."""
    files = {name: f"{wanted.path}{ending}" for name, ending in _GATEWAY.items()} if wanted.path else {}
    if not all(map(os.path.isfile, files.values())):
        raise GoPluginsError(
            f"{wanted.path}, which is to be in the seed, is not built", "build it before, with goplugins.tyk.tyk_gateway_build"
        )
    return files


def _summed(checkout: str) -> dict[tuple[str, str], bool]:
    """From (module, version) of what go.sum names to whether that may be needed, or its go.mod alone (go.dev/ref/mod#go-sum-files)."""
    found: dict[tuple[str, str], bool] = {}
    with contextlib.suppress(FileNotFoundError), open(os.path.join(checkout, "go.sum"), encoding="utf-8", errors="replace") as file:
        for line in file:
            words = line.split()
            if len(words) == 3:
                version, _slash, part = words[1].partition("/")
                found[(words[0], version)] = found.get((words[0], version), False) or not part
    return found


def _zip(path: str, version: str) -> str:
    """The name in the archive of a whole module."""
    return f"module/{escaped(path)}/@v/{escaped(version)}.zip"


def _files_of_modules(folder: str, modules: dict[tuple[str, str], bool]) -> dict[str, str]:
    """From names in the archive to files. A module may also be vendored, and not be there."""
    files = {}
    for (path, version), whole in sorted(modules.items()):
        for ending in (".info", ".mod", *((".zip", ".ziphash") if whole else ())):
            name = f"{escaped(path)}/@v/{escaped(version)}{ending}"
            file = os.path.join(folder, "cache", "download", name)
            if os.path.isfile(file) and _OF_MODULE.fullmatch(f"module/{name}"):
                files[f"module/{name}"] = file
    return files


def _write(archive: str, about: dict[str, t.Any], files: dict[str, str]) -> int:
    """Write the archive; how many bytes are in it."""
    unpacked = 0
    # Compiled packages halve at the fastest level already, and the others take minutes.
    with open(archive, "wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed, tarfile.open(
        fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT
    ) as tar:
        text = json.dumps(about, sort_keys=True).encode()
        tar.addfile(_member(_ABOUT, len(text)), io.BytesIO(text))
        for name, path in files.items():
            # What goes away now was the oldest.
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                tar.addfile(_member(name, size), file)
                unpacked += size
    return unpacked


def _member(name: str, size: int) -> tarfile.TarInfo:
    """A file without owner and time, which differ from host to host."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member


def _check_about(member: tarfile.TarInfo, content: t.IO[bytes], expected: str) -> None:
    """Raises GoPluginsError where a seed is that of another gateway, Go, target or compiler."""
    try:
        about = json.loads(content.read(_MOST_ABOUT)) if member.name == _ABOUT else None
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or about.get("format") != FORMAT or about.get("digest") != expected:
        raise GoPluginsError("it is the seed of another gateway, Go, target or C compiler")


def _place(name: str, caches: Caches) -> str:
    """Where a file of the archive belongs. Raises GoPluginsError for one that belongs into no cache."""
    build, module = _OF_BUILD.fullmatch(name), _OF_MODULE.fullmatch(name)
    if build:
        return os.path.join(caches.build, build.group(1), f"{build.group(2)}-{build.group(3)}")
    if module:
        return os.path.join(caches.modules, "cache", "download", *module.group(1).split("/"))
    raise GoPluginsError(f"{name!r} in it is nothing that a cache holds")


def _has(path: str, size: int) -> bool:
    """Go compares no more either when it uses an entry."""
    try:
        return os.path.getsize(path) == size
    except OSError:
        return False


def _copy(content: t.IO[bytes], path: str, member: tarfile.TarInfo, temporary: str) -> None:
    """Write a file of the archive, whole or not at all. Raises GoPluginsError where it does not hold what its name says."""
    name = os.path.basename(path)
    new = os.path.join(temporary, name)
    sha256, first = hashlib.sha256(), b""
    with open(new, "wb") as file:
        for chunk in iter(lambda: content.read(1 << 20), b""):
            sha256.update(chunk)
            first = first or chunk
            file.write(chunk)
    if name.endswith("-a"):
        found = _ENTRY.fullmatch(first)
        named = found.group(1).decode() if found else ""
    else:
        # Go itself checks what it unpacks of a module.
        named = sha256.hexdigest() if name.endswith("-d") else name[:-2]
    if named != name[:-2]:
        raise GoPluginsError(f"{member.name} in it is not what its name says")
    os.chmod(new, 0o644)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.replace(new, path)
