# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of findings is whole, and nothing of a hostile file gets out of its place."""

from __future__ import annotations

import re
import shlex
import string

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import COMMAND_WORDS, make, printable
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import EFFECTS, KINDS, STAGES


def words_of(kind):
    texts = (kind.message, *kind.cure, *kind.cure_gateway)
    return {name for text in texts for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_row_is_whole(kind):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", kind.code)
    assert kind.effect in EFFECTS
    assert kind.quiet in EFFECTS
    assert kind.stage in STAGES
    assert kind.message.endswith(".")
    assert kind.meaning.endswith(".")
    assert "fingerprint" not in kind.title
    assert kind.cure or kind.effect == "info" or kind.code.startswith("loader-")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_each_row_can_be_filled_in(kind):
    finding = make(kind.code, {name: f"<{name}>" for name in words_of(kind)}, packages=["net"])
    assert (finding.code, finding.effect, finding.stage) == (kind.code, kind.effect, kind.stage)
    assert "{" not in finding.message
    of_gateway = make(kind.code, {name: f"<{name}>" for name in words_of(kind)}, of_gateway=True)
    assert not any("{" in command for command in (*finding.cure, *of_gateway.cure))
    assert len(of_gateway.cure) == len(kind.cure_gateway or kind.cure)
    assert finding.packages == ("net",)
    assert not set(finding.evidence) & set(COMMAND_WORDS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.cure], ids=lambda kind: kind.code)
def test_words_of_a_file_stay_words_in_a_command(kind):
    """A module that calls itself "; rm -rf ~" gives no command that does it."""
    hostile = "x'; touch /tmp/owned #$(id)`id`\n&& id"
    filled = {name: "go build ." if name in COMMAND_WORDS else hostile for name in words_of(kind)}
    for command, template in zip(make(kind.code, filled).cure, kind.cure):
        expected = template.format_map({name: value if name in COMMAND_WORDS else "WORD" for name, value in filled.items()})
        words = [word.replace(printable(hostile), "WORD") for word in shlex.split(command)]
        assert words == shlex.split(expected)


def test_printable_lets_no_control_character_through():
    assert printable("a\x1b[2Jb\nc\u202ed\x00\udcff") == r"a\x1b[2Jb\x0ac\u202ed\x00\xff"
    assert printable(["v1.0.0", "\r"]) == r"v1.0.0, \x0d"
    assert printable([]) == printable("") == "none"


def test_a_list_without_end_is_named_by_its_beginning():
    finding = make("symbol-missing", {"symbol": "A", "exported": [f"S{number}" for number in range(5000)], "pattern": "A"})
    assert finding.message.endswith("S18, S19 and 4980 more.") and len(finding.message) < 300
    assert len(finding.evidence["exported"]) == 2001 and finding.evidence["exported"][-1] == "... and 3000 more"
