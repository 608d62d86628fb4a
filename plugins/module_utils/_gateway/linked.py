# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gateway is linked from: the packages that a plugin may share with it, and the version of each of their modules."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import model

_COLUMNS = ("path", "version", "replace_path", "replace_version")


class Module(t.NamedTuple):
    """A module as a build selects it. replacement: (path, version) of what stands in its place, empty strings without one."""

    path: str
    version: str
    replacement: tuple[str, str] = ("", "")

    @property
    def selected(self) -> tuple[str, str, str]:
        """What makes it another module. Folders are named from where the build runs, so one is as good as another: in a workspace the
        gateway's own replaces decide, and in fingerprints the module's version stands for the folder."""
        folder = self.replacement[0] and not self.replacement[1]
        return self.version, "./" if folder else self.replacement[0], self.replacement[1]

    def __str__(self) -> str:
        name = gomod.at(self.path, self.version)
        return f"{name} => {gomod.at(*self.replacement)}" if self.replacement[0] else name


class Linked(t.NamedTuple):
    """What a gateway is linked from. packages: import paths; modules: from path to module, without the gateway's own."""

    packages: frozenset[str]
    modules: dict[str, Module]

    def as_dict(self) -> dict[str, t.Any]:
        """As modules return and take it, in an order that depends on nothing else."""
        rows = [(module.path, module.version, *module.replacement) for _path, module in sorted(self.modules.items())]
        return {"packages": sorted(self.packages), "modules": [dict(zip(_COLUMNS, row)) for row in rows]}


def from_dict(value: t.Mapping[str, t.Any]) -> Linked:
    """What C(Linked.as_dict) gave. Raises GoPluginsError where it is something else."""
    try:
        packages = _texts(value["packages"])
        rows = [_texts([module[name] for name in _COLUMNS]) for module in value["modules"]]
    except (KeyError, TypeError) as error:
        raise GoPluginsError(
            f"linked: not the packages and modules of a gateway: {str(value)[:200]}",
            "pass RV(linked) of goplugins.tyk.tyk_gateway_info as it is",
        ) from error
    return Linked(frozenset(packages), {row[0]: Module(row[0], row[1], (row[2], row[3])) for row in rows})


def of_binary(deps: t.Iterable[model.Module], packages: t.Iterable[str]) -> Linked:
    """What a binary was linked from, by the modules in its build info and the packages of which it has fingerprints."""
    modules = {
        module.path: Module(module.path, module.version, (module.replace.path, module.replace.version) if module.replace else ("", ""))
        for module in deps
    }
    return Linked(frozenset(packages), modules)


def _texts(values: t.Any) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise TypeError
    return values
