# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program of this collection as one file that a Python runs by itself, without Ansible and without the collection.

It is a zip archive with the sources of those modules that the program imports, under their own names, so that they are the same code as
everywhere else. Beside each source stands its code as the Python at hand compiles it: that Python starts in a third of the time, and any
other takes the source. The same sources and the same Python give the same bytes.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import marshal
import os
import stat
import typing as t
import zipfile

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

PACKAGE = "ansible_collections.goplugins.tyk.plugins.module_utils"
GUARD = f"{PACKAGE}._guard.main"
# Of archives there is none older.
_EPOCH = (1980, 1, 1, 0, 0, 0)
# The last version that writes the same for the same code, whatever else the process has in memory.
_PLAIN = 2
# Stands in what is ours, before the archive.
_MARK = b"# A program of the Ansible collection goplugins.tyk. It is replaced when the collection is, so change nothing in it."
_BEGINNING = 8192
_MAX_BYTES = 64 << 20


class Module(t.NamedTuple):
    """One module: its path in the archive, and its source."""

    path: str
    source: str


def pack(program: str, interpreter: str) -> bytes:
    """The archive. program: a module with a function C(main) that takes arguments and returns an exit code. Raises GoPluginsError."""
    start = f"import sys\n\nfrom {program} import main\n\nsys.exit(main(sys.argv[1:]))\n"
    modules = [Module("__main__.py", start), *sorted(modules_of(program).values())]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for module in modules:
            _add(archive, module.path, module.source.encode())
            _add(archive, f"{module.path}c", _compiled(module))
    return f"#!{interpreter} -IS\n{_MARK.decode()}\n".encode() + data.getvalue()


def read(path: str) -> bytes | None:
    """The bytes of a file that C(pack) made, whatever is wrong with them now; None if it is something else. Raises OSError."""
    if not stat.S_ISREG(os.lstat(path).st_mode):
        return None
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        data = file.read(_MAX_BYTES)
    return data if _MARK in data[:_BEGINNING] else None


def listed(data: bytes) -> list[str]:
    """What is in an archive, for people: the first line, and each file with its checksum. Nothing, if it is no archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [f"{entry.filename} {entry.CRC:08x}" for entry in archive.infolist()]
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        return []
    return [data.split(b"\n", 1)[0].decode("utf-8", "replace"), *files]


def modules_of(program: str) -> dict[str, Module]:
    """The module, all that it imports of this collection, wherever in the code, and the packages that these stand in."""
    found: dict[str, Module] = {}
    waiting = [program]
    while waiting:
        name = waiting.pop()
        package = name.rpartition(".")[0]
        if name in found:
            continue
        module = _read(name)
        if module is None:
            continue
        found[name] = module
        waiting += [package] * bool(package) + _imports(module)
    return found


def _imports(module: Module) -> list[str]:
    """The names that a module imports from this collection; whether a name is a module of its own, only a look for it shows."""
    names = []
    for node in ast.walk(ast.parse(module.source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return [name for name in names if name.startswith(f"{PACKAGE}.")]


def _read(name: str) -> Module | None:
    """A module; None if there is none of that name. The packages above ours are written anew: those that are installed are not ours."""
    path = name.replace(".", "/")
    if not name.startswith(f"{PACKAGE}."):
        return Module(f"{path}/__init__.py", "")
    spec = importlib.util.find_spec(name) if _is_package(name.rpartition(".")[0]) else None
    if spec is None or spec.loader is None:
        return None
    source = spec.loader.get_source(name)  # type: ignore[attr-defined]
    if source is None:
        raise GoPluginsError(f"the source of {name} is not there", "install the collection again")
    return Module(f"{path}/__init__.py" if spec.submodule_search_locations is not None else f"{path}.py", source)


def _is_package(name: str) -> bool:
    if not name.startswith(f"{PACKAGE}."):
        return True
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def _compiled(module: Module) -> bytes:
    """The code as Python keeps it in files, to be taken without a look at the source (PEP 552)."""
    code = compile(module.source, module.path, "exec", dont_inherit=True)
    try:
        data = marshal.dumps(code, _PLAIN)
    except ValueError:
        # Code of Python 3.14 and later needs a newer one.
        data = marshal.dumps(code)
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + importlib.util.source_hash(module.source.encode()) + data


def _add(archive: zipfile.ZipFile, path: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(path, _EPOCH)
    entry.external_attr = 0o644 << 16
    # Else it is that of the system that packs.
    entry.create_system = 3
    archive.writestr(entry, data)
