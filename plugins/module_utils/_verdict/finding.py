# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One finding: a row of the table of kinds, filled in with what was read from two files."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import quoted, visible
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import KINDS

# Words that are whole commands; whoever makes them quotes their parts.
COMMAND_WORDS = ("build", "build_gateway", "build_trimmed", "replace", "toolchain")
# How many of a list a message names, and how many the evidence has. The lists of a hostile file have no end.
_NAMED = 20
_KEPT = 2000


class Finding(t.NamedTuple):
    """One row of the table, met in a pair of files.

    message, cure: those of the row, filled in. evidence: what was read from the files. packages: the differing packages that it explains.
    """

    code: str
    effect: str
    stage: str
    title: str
    message: str
    meaning: str
    evidence: dict[str, t.Any]
    packages: tuple[str, ...]
    cure: tuple[str, ...]

    def as_dict(self) -> dict[str, t.Any]:
        """The finding as it stands in the module's result."""
        return {**self._asdict(), "packages": list(self.packages), "cure": list(self.cure)}


def make(
    code: str,
    words: t.Mapping[str, t.Any],
    *,
    packages: t.Sequence[str] = (),
    effect: str | None = None,
    stage: str | None = None,
    of_gateway: bool = False,
    evidence: t.Mapping[str, t.Any] | None = None,
) -> Finding:
    """The finding C(code), filled in with C(words).

    words: values for the braces of the row; they come from files that nobody vouches for, so they are made printable,
    and quoted for the shell in commands. build, build_gateway, ... are commands themselves and taken as they are.
    of_gateway: whether the gateway is the side with the unusual build.
    evidence: by default the words that are not commands.
    """
    kind = KINDS[code]
    plain = {key: printable(value) for key, value in words.items()}
    shell = {key: value if key in COMMAND_WORDS else quoted(value) for key, value in plain.items()}
    return Finding(
        code=code,
        effect=kind.effect if effect is None else effect,
        stage=kind.stage if stage is None else stage,
        title=kind.title,
        message=kind.message.format_map(plain),
        meaning=kind.meaning,
        evidence={key: _bounded(value) for key, value in (words if evidence is None else evidence).items() if key not in COMMAND_WORDS},
        packages=tuple(packages),
        cure=tuple(command.format_map(shell) for command in (of_gateway and kind.cure_gateway) or kind.cure),
    )


def _bounded(value: t.Any) -> t.Any:
    if isinstance(value, (list, tuple)) and len(value) > _KEPT:
        return [*value[:_KEPT], f"... and {len(value) - _KEPT} more"]
    return value


def printable(value: t.Any) -> str:
    """A word from a file as text for a terminal: nothing in it can move the cursor or begin a new line."""
    if isinstance(value, (list, tuple)):
        named = ", ".join(printable(item) for item in value[:_NAMED]) or "none"
        return f"{named} and {len(value) - _NAMED} more" if len(value) > _NAMED else named
    return visible(str(value), kept="") or "none"
