# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vendor/: the versions that it names hold, and what differs from them is refused by name.

Go takes no vendored package in a workspace, and the gateway must be a member of one. So modules come from where they always come, which
is the same as long as vendor/ has them as they are.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod

LIST = "modules.txt"
# The first Go that takes vendor/ by itself (go help modules); a go.mod without a go directive means a newer one.
_SINCE = (1, 14)
# Of each vendored package, what is compiled or laid beside it. C(go mod vendor) leaves tests out, and what no build can take.
_SOURCE = (".go", ".c", ".h", ".s", ".S", ".cc", ".cpp", ".cxx", ".m", ".hh", ".hpp", ".hxx", ".syso")
_NEVER_BUILT = re.compile(r"^//(?:go:build| \+build)\b.*\bignore\b", re.MULTILINE)
# A longer file is no source that anybody wrote.
_MAX_FILE = 64 << 20


class Module(t.NamedTuple):
    """A module of vendor/modules.txt. explicit: go.mod requires it. new, new_version: what replaces it, a folder without a version."""

    path: str
    version: str
    explicit: bool
    new: str
    new_version: str
    packages: tuple[str, ...]

    @property
    def origin(self) -> tuple[str, str]:
        """Path and version of what the packages are copies of; the path is a folder where there is no version."""
        return (self.new, self.new_version) if self.new else (self.path, self.version)


def parse(text: str) -> list[Module]:
    """The modules of a modules.txt (cmd/go/internal/modload/vendor.go), also those that are only replaced."""
    found: list[Module] = []
    for line in text.splitlines():
        words = line.split()
        if line.startswith("# ") and len(words) > 1:
            old, _arrow, new = line[2:].partition(" => ")
            path, version, *_rest = [*old.split(), ""]
            target = [*new.split(), "", ""]
            found.append(Module(path, version, False, target[0], target[1], ()))
        elif line.startswith("## ") and found:
            marks = line[3:].replace(" ", "").split(";")
            found[-1] = found[-1]._replace(explicit=found[-1].explicit or "explicit" in marks)
        elif words and not line.startswith("#") and found:
            found[-1] = found[-1]._replace(packages=(*found[-1].packages, words[0]))
    return found


def is_used(mod: gomod.GoMod) -> bool:
    """Whether go takes vendor/ without being asked to, as the go directive says."""
    found = re.match(r"(\d+)\.(\d+)", mod.go)
    return not found or (int(found[1]), int(found[2])) >= _SINCE


def inconsistencies(mods: t.Sequence[gomod.GoMod], modules: t.Sequence[Module], work_replaces: t.Sequence[gomod.Replace] = ()) -> list[str]:
    """What go calls inconsistent vendoring, in its words, a line each. mods: of all modules that share the vendor/."""
    vendored = {(module.path, module.version): module for module in modules}
    required = {(require.path, require.version) for mod in mods for require in mod.requires}
    replaces = [replace for mod in mods for replace in mod.replaces] + list(work_replaces)
    own = {mod.module for mod in mods}
    lines = []
    for path, version in sorted(required):
        module = vendored.get((path, version))
        if not (module and module.explicit) and path not in own:
            lines.append(f"{path}@{version}: is explicitly required in go.mod, but not marked as explicit in vendor/{LIST}")
    for replace in replaces:
        marked = [module for module in modules if module.path == replace.old and replace.old_version in ("", module.version) and module.new]
        name, new = gomod.at(replace.old, replace.old_version), gomod.at(replace.new, replace.new_version)
        if not marked:
            lines.append(f"{name}: is replaced in go.mod, but not marked as replaced in vendor/{LIST}")
        elif (marked[0].new, marked[0].new_version) != (replace.new, replace.new_version):
            other = gomod.at(marked[0].new, marked[0].new_version)
            lines.append(f"{name}: is replaced by {new} in go.mod, but marked as replaced by {other} in vendor/{LIST}")
    replaced = {replace.old for replace in replaces}
    for module in modules:
        name = gomod.at(module.path, module.version)
        if module.explicit and (module.path, module.version) not in required:
            lines.append(f"{name}: is marked as explicit in vendor/{LIST}, but not explicitly required in go.mod")
        if module.new and module.path not in replaced:
            lines.append(f"{name}: is marked as replaced in vendor/{LIST}, but not replaced in go.mod")
    return list(dict.fromkeys(lines))


def inconsistent(folder: str, lines: t.Sequence[str], work: bool) -> GoPluginsError:
    """The error for them. folder: that of vendor/, as the user knows it; work: whether it belongs to a go.work."""
    command = f"cd {quoted(folder)} && go {'work' if work else 'mod'} vendor"
    return GoPluginsError("\n".join([f"inconsistent vendoring in {folder}:", *lines]), f"{command}\nor remove vendor/, if go.mod is right")


def pins(modules: t.Iterable[Module], without: t.Container[str]) -> list[str]:
    """The flags of C(go mod edit) that give a new go.mod the versions of vendor/."""
    flags = []
    for module in modules:
        if module.version and module.path not in without:
            flags.append(f"-require={module.path}@{module.version}")
            flags += [f"-replace={module.path}@{module.version}={gomod.at(module.new, module.new_version)}"] if module.new_version else []
    return flags


def without_list(packages: t.Mapping[str, t.Any]) -> list[Module]:
    """The modules as C(go list) selected them, for a vendor/ that an older tool made: nothing says of which versions its packages are."""
    found: dict[str, Module] = {}
    for package, module in packages.items():
        if module and module.version:
            new, new_version = module.replacement
            one = found.get(module.path) or Module(module.path, module.version, False, new, new_version, ())
            found[module.path] = one._replace(packages=(*one.packages, package))
    return list(found.values())


def differences(vendor: str, package: str, origin: str) -> list[str]:
    """The files of a vendored package that are not those of its module. origin: the folder of the package in the module."""
    here, there = _sources(os.path.join(vendor, package)), _sources(origin)
    changed = [name for name, data in here.items() if there.get(name) != data]
    gone = [name for name, data in there.items() if name not in here and not _NEVER_BUILT.search(data.decode("utf-8", "replace"))]
    return sorted(f"vendor/{package}/{name}" for name in (*changed, *gone))


def patched(changed: t.Mapping[str, t.Sequence[str]], listed: bool) -> GoPluginsError:
    """The error for vendored packages that are not as their modules have them.

    changed: from module@version to files. listed: whether vendor/ says of which versions they are.
    """
    lines = [f"{name}: {', '.join(files)}" for name, files in changed.items()]
    module = next(iter(changed)).partition("@")[0]
    if not listed:
        return GoPluginsError(
            "\n".join([f"vendor/ has no {LIST}, and what it has is not what go selects:", *lines]),
            f"write a go.mod with the versions that vendor/ has: go mod init NAME && go get {quoted(module)}@VERSION",
        )
    return GoPluginsError(
        "\n".join(["vendor/ differs from its modules, and Go takes no vendored package in a workspace:", *lines]),
        f"keep the change as a folder with a go.mod of its own, next to the plugin: go mod edit -replace={quoted(module)}=../FOLDER\n"
        "or, if nobody meant to change it: go mod vendor",
    )


def _sources(folder: str) -> dict[str, bytes]:
    """From name to bytes of the sources in a folder, line ends as everywhere."""
    found = {}
    try:
        names = sorted(os.listdir(folder))
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(_SOURCE) and not name.endswith("_test.go") and not name.startswith((".", "_")) and os.path.isfile(path):
                with open(path, "rb") as file:
                    found[name] = file.read(_MAX_FILE).replace(b"\r\n", b"\n")
    except OSError as error:
        path = os.fsdecode(error.filename or folder)
        raise GoPluginsError(f"cannot read {path}: {error.strerror}", command_line("ls -ld", path)) from error
    return found
