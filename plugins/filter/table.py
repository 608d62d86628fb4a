# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rows as the lines of a table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: table
short_description: Rows as the lines of a table
version_added: 0.1.0
description:
  - Writes a list of dictionaries as lines with aligned columns, for a play's last word on many hosts.
positional: columns
options:
  _input:
    description: The rows. What a row lacks is left blank.
    type: list
    elements: dict
    required: true
  columns:
    description: Keys of the rows, in the order in which they are shown; the first line names them.
    type: list
    elements: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Tell what each host has
  ansible.builtin.debug:
    msg: "{{ rows | goplugins.tyk.table(['host', 'plugin', 'verdict']) }}"
  vars:
    rows:
      - {host: gw1, plugin: testplugin.so, verdict: loads}
      - {host: gw2, plugin: testplugin.so, verdict: fails}
"""

RETURN = r"""
_value:
  description: One line for the names of the columns, then one for each row.
  type: list
  elements: str
"""


def table(rows, columns):
    """C(rows): list of dict; C(columns): list of str. Gives a list of str."""
    lines = [list(columns), *([" ".join(str(row.get(name, "")).split()) for name in columns] for row in rows)]
    widths = [max(len(line[index]) for line in lines) for index in range(len(columns))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"table": table}
