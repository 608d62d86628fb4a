# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check of definitions gives: the plugins that they name, and what is wrong with them. Plain values."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.kinds import KINDS


class Hook(t.NamedTuple):
    """A Go plugin as a definition names it.

    where: its place in the JSON. kind: the kind of hook, as C(_gateway/hooks.py) has it; a plugin of an endpoint is used as C(post).
    path, symbol: as they are written there, in a bundle with its folder before.
    endpoint: C(GET /status) for a plugin of a single endpoint, else empty.
    """

    where: str
    kind: str
    path: str
    symbol: str
    endpoint: str = ""


class NamedPlugin(t.NamedTuple):
    """A hook and its file. definition: the file with the definition. candidates: where the gateway looks, in its order.

    file: the first of them that is there; empty if none is.
    """

    definition: str
    hook: Hook
    candidates: tuple[str, ...]
    file: str

    def as_dict(self) -> dict[str, t.Any]:
        """The plugin as it stands in the module's result."""
        return {"definition": self.definition, **self.hook._asdict(), "candidates": list(self.candidates), "file": self.file}


class Finding(t.NamedTuple):
    """One row of the table of kinds, met in a definition. where: the place in its JSON, empty for the file as a whole."""

    code: str
    effect: str
    title: str
    message: str
    meaning: str
    definition: str
    where: str
    cure: tuple[str, ...]

    def as_dict(self) -> dict[str, t.Any]:
        """The finding as it stands in the module's result."""
        return {**self._asdict(), "cure": list(self.cure)}


# A definition with more of them is no work of people.
MAX_FINDINGS = 200


class Notes:
    """Collects the findings of one definition while it is read."""

    def __init__(self, definition: str) -> None:
        self.definition = definition
        self.findings: list[Finding] = []
        # Places of hooks of which a note already says why there is no file.
        self.explained: set[str] = set()

    def add(self, code: str, where: str = "", **words: t.Any) -> None:
        """Note the finding C(code). words: values for the braces of its row; they come from files that nobody vouches for."""
        kind = KINDS[code]
        plain = {key: printable(value) for key, value in words.items()}
        finding = Finding(
            code=code,
            effect=kind.effect,
            title=kind.title,
            message=kind.message.format_map(plain),
            meaning=kind.meaning.format_map(plain),
            definition=printable(self.definition),
            where=printable(where) if where else "",
            cure=(kind.cure.format_map(plain),),
        )
        if finding in self.findings or len(self.findings) > MAX_FINDINGS:
            return
        if len(self.findings) == MAX_FINDINGS:
            self.findings.append(_too_many(finding))
            return
        self.findings.append(finding)

    @property
    def dropped(self) -> bool:
        """Whether the gateway takes nothing of the definition."""
        return any(KINDS[finding.code].drops for finding in self.findings)


def _too_many(finding: Finding) -> Finding:
    """What stands for all findings above the limit."""
    kind = KINDS["definition-too-large"]
    words = {"what": f"more than {MAX_FINDINGS} findings", "limit": MAX_FINDINGS}
    message = kind.message.format_map(words)
    return Finding(kind.code, kind.effect, kind.title, message, kind.meaning, finding.definition, "", (kind.cure,))


_LONGEST = 300


def printable(value: t.Any) -> str:
    """A word from a file as text for a terminal: on one line, of bounded length, and nothing in it moves the cursor."""
    if isinstance(value, (list, tuple)):
        return ", ".join(printable(item) for item in value) or "nothing"
    text = "".join(character if character.isprintable() else "\ufffd" for character in str(value)[: _LONGEST + 1])
    return (text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...") or '""'
