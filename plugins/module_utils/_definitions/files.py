# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions and plugins on this machine: what the pure part needs of the file system."""

from __future__ import annotations

import errno
import os
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import Disk, new_md5
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import MAX_BYTES
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Definition, Report, lint
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Finding, NamedPlugin, Notes
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

MAX_FILES = 10_000
# More than any gateway could download, as it has the whole bundle in memory.
MAX_BUNDLE = 2 << 30
_CHUNK = 1 << 20


def lint_files(paths: t.Sequence[str], gateway: Gateway, check_files: bool = True, moved: t.Mapping[str, str] | None = None) -> Report:
    """The plugins that a gateway loads for the definitions in files and folders. Raises GoPluginsError, OSError.

    check_files: whether the plugins are to be looked for on this machine.
    moved: further definitions of such a folder, from their names there to where they are now.
    """
    definitions, findings = read_all(paths, moved)
    report = lint(definitions, gateway, Disk(exists, read, checksum, check_files))
    return report._replace(findings=(*findings, *report.findings))


def read_all(paths: t.Sequence[str], moved: t.Mapping[str, str] | None = None) -> tuple[list[Definition], list[Finding]]:
    """The definitions in files and folders, and the findings of those that cannot be read. Raises GoPluginsError, OSError.

    moved: as C(lint_files) takes it.
    """
    definitions: list[Definition] = []
    findings: list[Finding] = []
    moved = moved or {}
    for path, in_folder in [*listed(paths), *((path, True) for path in moved)]:
        try:
            definitions.append(Definition(path, read(moved.get(path, path)), in_folder))
        except OSError as error:
            notes = Notes(path)
            notes.add("definition-unreadable", reason=error.strerror or error)
            findings += notes.findings
    return definitions, findings


def listed(paths: t.Sequence[str]) -> list[tuple[str, bool]]:
    """(file, whether it was found in a folder), in the gateway's order: of a folder it reads *.json, and no folders below."""
    found: list[tuple[str, bool]] = []
    for path in paths:
        if not os.path.isdir(path):
            os.stat(path)
            found.append((path, False))
            continue
        names = sorted(name for name in os.listdir(path) if name.endswith(".json"))
        found += [(os.path.join(path, name), True) for name in names]
        if len(found) > MAX_FILES:
            raise GoPluginsError(f"{path} has more than {MAX_FILES} definitions", "name a folder with fewer of them")
    return list(dict.fromkeys(found))


def read(path: str) -> bytes:
    """The bytes of a regular file, and one more than the limit at the most. Raises OSError."""
    with open_regular(path) as file:
        return file.read(MAX_BYTES + 1)


def checksum(paths: t.Sequence[str]) -> str:
    """The MD5 of files, one after the other, as manifests have it. Raises OSError, for more than the limit too."""
    digest, size = new_md5(), 0
    for path in paths:
        for chunk in chunks(path):
            digest.update(chunk)
            size += len(chunk)
            if size > MAX_BUNDLE:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
    return digest.hexdigest()


def chunks(path: str) -> t.Iterator[bytes]:
    """The bytes of a regular file, piece by piece. Raises OSError."""
    with open_regular(path) as file:
        yield from iter(lambda: file.read(_CHUNK), b"")


def open_regular(path: str) -> t.BinaryIO:
    """Open a regular file; a pipe is not waited for. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return open(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "It is no regular file", path)


def exists(path: str) -> bool:
    """Whether the gateway takes a file to be there (goplugin/file_loader.go): only if the system says that it is not, it goes on."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno != errno.ENOENT
    except ValueError:
        # A path with a zero byte, which Go's os.Stat calls an invalid argument. Nothing of that name can be loaded.
        return False
    return True


def files_of(plugins: t.Sequence[NamedPlugin]) -> list[dict[str, t.Any]]:
    """From plugins to files: each that is there, once, with the kinds of hook that its symbols are used as."""
    found: dict[str, dict[str, str]] = {}
    for plugin in plugins:
        if plugin.file:
            found.setdefault(plugin.file, {}).setdefault(plugin.hook.symbol, plugin.hook.kind)
    return [{"path": path, "hooks": hooks} for path, hooks in found.items()]


def as_text(finding: Finding) -> str:
    """A finding for people."""
    place = f"{finding.definition}: {finding.where}" if finding.where else finding.definition
    return f"{place}: {finding.effect}: {finding.title} [{finding.code}]. {finding.message}\n  Fix: {finding.cure[0]}"
