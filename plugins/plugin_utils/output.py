# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who reads what Ansible prints."""

from __future__ import annotations

from ansible import constants

_FOR_PROGRAMS = ("null", "oneline", "minimal")


def is_for_programs():
    """Whether the output of this run is for programs; a line between would spoil it."""
    name = constants.DEFAULT_STDOUT_CALLBACK.rpartition(".")[2]
    return name in _FOR_PROGRAMS or "json" in name
