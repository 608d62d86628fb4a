# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the variables of all hosts, each problem once."""

from __future__ import annotations

DOCUMENTATION = r"""
name: problem_lines
short_description: What is wrong with the variables of all hosts
version_added: 0.1.0
description:
  - Makes lines of what P(goplugins.tyk.variable_problems#lookup) found for each host.
  - What holds for some hosts alone begins with their names.
options:
  _input:
    description: From host to its problems.
    type: dict
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show what is wrong
  ansible.builtin.debug:
    msg: "{{ {'build1': ['tyk_align is empty'], 'build2': []} | goplugins.tyk.problem_lines }}"
"""

RETURN = r"""
_value:
  description: The lines, each as the lookup has it, or after the names of hosts and a colon.
  type: list
  elements: str
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import variables


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"problem_lines": variables.of_hosts}
