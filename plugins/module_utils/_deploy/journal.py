# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a roll-out keeps on the host: what is deployed, and, while it works, the journal by which a later run ends what was cut off.

The folder is the user's alone, as definitions may hold credentials, and the journal keeps them as they were.
"""

from __future__ import annotations

import hashlib
import os
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, remove_leftovers, write_atomically, write_json

# The end of the names of copies.
COPY = ".before"
FORWARD, BACK = "forward", "back"
_FORMAT = 1


class Change(t.NamedTuple):
    """A definition. before, after: SHA-256 of its bytes. copy: the name of the file in the folder that has those of before."""

    path: str
    before: str
    after: str
    copy: str


class Journal(t.NamedTuple):
    """wanted: from plugin to the SHA-256 of its artifact. answers: marks of the answers to the health requests before anything changed.

    direction: whether a later run goes on, if the same is wanted, or goes back.
    """

    wanted: t.Mapping[str, str]
    changes: tuple[Change, ...]
    answers: tuple[str, ...]
    direction: str = FORWARD


class Folder:
    """The folder of one gateway."""

    def __init__(self, root: str, gateway: str) -> None:
        self.path = os.path.join(root, gateway.strip("/").replace("/", "-") or "gateway")
        self.lock = os.path.join(self.path, ".lock")
        self.deployed_file = os.path.join(self.path, "deployed.json")
        self._journal = os.path.join(self.path, "journal.json")

    def make(self) -> None:
        """Make the folder, for this user alone."""
        os.makedirs(self.path, mode=0o700, exist_ok=True)
        if not os.path.isdir(self.path) or os.path.islink(self.path) or os.stat(self.path).st_uid != os.geteuid():
            raise GoPluginsError(
                f"{self.path} is no folder of this user, and the roll-out keeps there what it does", command_line("ls -ld", self.path)
            )

    def sweep(self) -> None:
        """Remove what a killed run left, but the journal and what it names. Only with the lock."""
        for prefix in {name.partition("goplugins-")[0] for name in os.listdir(self.path)}:
            remove_leftovers(self.path, prefix)
        entry = self.journal()
        named = {change.copy for change in entry.changes} if entry else set()
        for name in os.listdir(self.path):
            if name.endswith(COPY) and name not in named:
                os.unlink(os.path.join(self.path, name))

    def deployed(self) -> dict[str, t.Any]:
        """From plugin to what is deployed of it; empty at first."""
        value = read_json(self.deployed_file) if os.path.isdir(self.path) else None
        plugins = value.get("plugins") if isinstance(value, dict) else None
        return {name: one for name, one in plugins.items() if _is_entry(one)} if isinstance(plugins, dict) else {}

    def placed(self) -> frozenset[str]:
        """The files that were placed on this host for its gateway."""
        return frozenset(str(placed.get("file")) for entry in self.deployed().values() for placed in entry["placed"])

    def keep_deployed(self, plugins: t.Mapping[str, t.Any]) -> None:
        """Write what is deployed, if that is not what stands there."""
        value = {"format": _FORMAT, "plugins": plugins}
        if read_json(self.deployed_file) != value:
            write_json(self.deployed_file, value)

    def journal(self) -> Journal | None:
        """What an earlier run had begun; None where none was cut off. Raises GoPluginsError where it cannot be read."""
        if not os.path.isdir(self.path):
            return None
        value = read_json(self._journal)
        if value is None and not os.path.lexists(self._journal):
            return None
        try:
            changes = tuple(Change(*(str(one[key]) for key in Change._fields)) for one in value["changes"])
            answers = tuple(str(answer) for answer in value["answers"])
            return Journal({str(key): str(item) for key, item in value["wanted"].items()}, changes, answers, str(value["direction"]))
        except (TypeError, KeyError, ValueError, AttributeError):
            raise GoPluginsError(
                f"{self._journal} should say what an earlier roll-out had begun, and cannot be read",
                f"compare the definitions with the copies beside it: {command_line('ls -l', self.path)}",
            ) from None

    def begin(self, journal: Journal, copies: t.Mapping[str, bytes]) -> None:
        """Write the journal, after the copies of definitions that it names and that are not there yet."""
        for name, data in copies.items():
            write_atomically(os.path.join(self.path, name), data, mode=0o600)
        write_json(self._journal, {**journal._asdict(), "changes": [change._asdict() for change in journal.changes], "format": _FORMAT})

    def before(self, change: Change) -> bytes:
        """The bytes of a definition as it was. Raises GoPluginsError where they are not those."""
        path = os.path.join(self.path, os.path.basename(change.copy))
        with open(path, "rb") as file:
            data = file.read()
        if sha256(data) != change.before:
            raise GoPluginsError(f"{path} is not what {change.path} was before the roll-out", command_line("ls -l", path, change.path))
        return data

    def end(self, journal: Journal) -> None:
        """Remove the journal, and then what it names."""
        os.unlink(self._journal)
        for change in journal.changes:
            path = os.path.join(self.path, os.path.basename(change.copy))
            if os.path.lexists(path):
                os.unlink(path)


def _is_entry(value: t.Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("sha256"), str) and isinstance(value.get("placed"), list)


def sha256(data: bytes) -> str:
    """The SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def now() -> str:
    """The time, for files."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def replace_content(path: str, data: bytes) -> None:
    """Put other bytes into a file at once: a reader sees the old ones or the new ones. It keeps its owner and its rights.

    No gateway takes what a killed run leaves for a definition, as it does not end in .json.
    """
    real = os.path.realpath(path)
    status = os.stat(real)
    folder, name = os.path.split(real)
    remove_leftovers(folder, f".{name}.")
    write_atomically(real, data, mode=status.st_mode & 0o7777, owner=(status.st_uid, status.st_gid))
