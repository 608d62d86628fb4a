# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifacts that there are, by their records, and which of them is for a gateway. Runs on the controller and on hosts."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

_SHA256 = re.compile(r"[0-9a-f]{64}$")
# More than any folder of artifacts has.
_MAX_FOLDERS = 1000


class Candidate(t.NamedTuple):
    """An artifact as its record has it. file: its path where the record is. profile: of the gateway that it was built for.

    refused: why it must not be used, as signatures say on the controller; empty if it may be.
    """

    name: str
    file: str
    target: str
    sha256: str
    size: int
    profile: t.Mapping[str, t.Any]
    refused: str = ""

    def as_dict(self) -> dict[str, t.Any]:
        """As modules are given it."""
        return self._asdict()


def candidates(folder: str, names: t.Sequence[str]) -> list[Candidate]:
    """The artifacts of plugins in a folder, or one folder below, as C(build_plugins) leaves them. Raises GoPluginsError, OSError."""
    folders = [folder, *sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())][:_MAX_FOLDERS]
    found = []
    for place in folders:
        for record_name in sorted(os.listdir(place)):
            name = next((name for name in names if re.match(rf"{re.escape(name)}_v?\d.*\.so\.json$", record_name)), None)
            if name:
                found.append(_read(name, os.path.join(place, record_name)))
    return found


def _read(name: str, path: str) -> Candidate:
    record = read_json(path)
    artifact = path[: -len(".json")]
    values = record if isinstance(record, dict) else {}
    good = (
        isinstance(values.get("target"), str)
        and isinstance(values.get("size"), int)
        and isinstance(values.get("profile"), dict)
        and isinstance(values.get("sha256"), str)
        and _SHA256.match(values["sha256"])
    )
    if not good:
        raise GoPluginsError(f"{path} is no record of an artifact", command_line("ls -l", path, artifact))
    return Candidate(name, artifact, values["target"], values["sha256"], values["size"], values["profile"])


def from_dict(value: t.Mapping[str, t.Any]) -> Candidate:
    """The candidate that C(as_dict) gave. Raises GoPluginsError."""
    try:
        return Candidate(**value)
    except TypeError as error:
        raise GoPluginsError(f"candidates: {error}", "leave the option candidates out; it is not for playbooks") from error


def choose(name: str, found: t.Sequence[Candidate], target: Platform, profile: Profile) -> Candidate:
    """The artifact of a plugin for a gateway: of those for its platform the one whose gateway was built most like it.

    Whether the gateway loads it, the verdict says. Raises GoPluginsError.
    """
    ours = [one for one in found if one.name == name]
    fitting = [one for one in ours if one.target == str(target)]
    if not fitting:
        there = ", ".join(f"{one.file} for {one.target}" for one in ours) or "nothing of that name"
        raise GoPluginsError(
            f"there is no artifact of {name} for {target}; there is {there}",
            "build it with build_plugins, and name its folder by artifacts (tyk_artifacts)",
        )
    ranked = sorted(fitting, key=lambda one: _distance(one, profile))
    best = [one for one in ranked if _distance(one, profile) == _distance(ranked[0], profile)]
    if len({one.sha256 for one in best}) > 1:
        raise GoPluginsError(
            f"several artifacts of {name} fit this gateway alike: {', '.join(one.file for one in best)}",
            "name the folder of the one that is meant by artifacts (tyk_artifacts)",
        )
    return usable(best[0])


def refuse_signers(signers: t.Sequence[str]) -> None:
    """Raises GoPluginsError where signatures are asked for: the action plugin checks them on the controller, and leaves no keys."""
    if signers:
        raise GoPluginsError("signatures are checked on the controller alone", "run it as a task of Ansible, which has the action plugin")


def usable(one: Candidate) -> Candidate:
    """Raises GoPluginsError for an artifact that was refused."""
    if one.refused:
        raise GoPluginsError(*one.refused.split("\nFix: ", 1))
    return one


def _distance(one: Candidate, profile: Profile) -> tuple[int, bool]:
    differences = profile.differences(one.profile)
    return len(differences), bool(profile.version) and one.profile.get("version") != profile.version
