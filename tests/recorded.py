# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real systems as tests/unit/hosts has them: what each says of itself, and what this collection then does there.

In such a file, for the system: os_release, the text of os-release(5); package_manager, Ansible's fact; system, uname -s; commands, the
compilers and tools of a system that nothing was added to. For each machine (uname -m): platform and archive, in Go's names; git, the
packages that bring it; and for each target of Go's plugins one of: there, the command that is there; packages, the command and the
packages that bring it; zig; or none.
"""

from __future__ import annotations

import pathlib
import typing as t

import yaml


class Recorded(t.NamedTuple):
    """One machine of one system."""

    name: str
    system: str
    machine: str
    os_release: str
    package_manager: str
    commands: list[str]
    platform: str
    archive: str
    git: list[str]
    there: dict[str, str]
    packages: dict[str, dict[str, t.Any]]
    zig: list[str]
    none: list[str]

    @property
    def possible(self) -> list[str]:
        """The targets to which a way leads."""
        return sorted([*self.there, *self.packages, *self.zig])


def _read(path: pathlib.Path) -> t.Iterator[Recorded]:
    told = yaml.safe_load(path.read_text())
    machines = told.pop("machines")
    for machine, own in machines.items():
        nothing = {"git": [], "there": {}, "packages": {}, "zig": [], "none": []}
        yield Recorded(name=path.stem, machine=machine, **{**nothing, **told, **own})


HOSTS = [host for path in sorted((pathlib.Path(__file__).parent / "unit" / "hosts").glob("*.yml")) for host in _read(path)]
