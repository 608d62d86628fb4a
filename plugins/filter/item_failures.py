# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The items of a loop that failed, as modules return failures."""

from __future__ import annotations

DOCUMENTATION = r"""
name: item_failures
short_description: The items of a loop that failed
version_added: 0.1.0
description:
  - Turns results of a loop over names into what RV(goplugins.tyk.go_workspace#module:failures) has.
options:
  _input:
    description: The results that failed.
    type: list
    elements: dict
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show which checkouts failed
  ansible.builtin.debug:
    msg: "{{ checkouts.results | selectattr('failed') | goplugins.tyk.item_failures }}"
"""

RETURN = r"""
_value:
  description: For each C(name), C(message) and C(fix), a list of lines.
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"item_failures": rows.item_failures}
