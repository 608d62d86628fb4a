# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""README's commands end with a plugin of one's own that loads, and a report to look at, within five minutes."""

from __future__ import annotations

import json
import re

import pytest
from runs import EPHEMERAL, machine

CLONE = "/home/builder/clone"
COMMANDS = [
    "make build",
    "make new NAME=enrich HOOKS=pre,response GATEWAY=v5.3.6",
    "make build PLUGIN=my-plugins/enrich/enrich GATEWAY=v5.3.6",
]


@pytest.fixture(scope="module")
def followed():
    """From command to what Ansible tells of it."""
    return {told["item"]: told for told in json.loads((EPHEMERAL / "followed.json").read_text())}


def test_these_are_the_commands_and_each_ends_well(followed):
    assert list(followed) == COMMANDS
    for command, told in followed.items():
        assert told["rc"] == 0, f"{command}\n{told['stdout']}\n{told['stderr']}"


def test_the_plugin_of_ones_own_is_verified(followed):
    output = followed[COMMANDS[-1]]["stdout"]
    found = re.search(r"^enrich +v5\.3\.6 +linux/\w+ +loads +yes +(/\S+)$", output, re.MULTILINE)
    assert found, output
    assert machine("desks").file(found[1]).is_file


def test_the_report_shows_it(followed):
    page = machine("desks").file(f"{CLONE}/dist/build_plugins.html").content_string
    assert page.startswith("<!DOCTYPE html>") and "enrich" in page and "v5.3.6" in page
    assert "dist/build_plugins.html" in followed[COMMANDS[-1]]["stdout"]


def test_it_takes_five_minutes_at_most(followed):
    times = [re.fullmatch(r"(\d+):(\d+):(\d+)\.\d+", told["delta"]).groups() for told in followed.values()]
    assert sum(int(hours) * 3600 + int(minutes) * 60 + int(seconds) + 1 for hours, minutes, seconds in times) <= 300, times


def test_nothing_was_installed_for_it():
    assert not machine("desks").exists("go")
