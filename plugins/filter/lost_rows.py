# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that a play lost on the way."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lost_rows
short_description: Hosts that a play lost on the way
version_added: 0.1.0
description:
  - Makes the rows of hosts that failed or could not be reached, for the table that ends a play.
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show which hosts are gone
  ansible.builtin.debug:
    msg: "{{ ansible_play_hosts_all | difference(ansible_play_hosts) | goplugins.tyk.lost_rows }}"
"""

RETURN = r"""
_value:
  description: The rows, as M(goplugins.tyk.tyk_report) takes them.
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"lost_rows": rows.of_lost}
