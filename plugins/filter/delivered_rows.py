# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where delivered artifacts are on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: delivered_rows
short_description: Where delivered artifacts are on the controller
version_added: 0.1.0
description:
  - Names the artifact on the controller in each row that is not bad. A bad one was not delivered, and keeps its path on the build host.
positional: folder
options:
  _input:
    description: The rows of P(goplugins.tyk.build_rows#filter).
    type: list
    elements: dict
    required: true
  folder:
    description: Folder on the controller.
    type: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show where the artifacts are
  ansible.builtin.debug:
    msg: "{{ plugin_build_rows | goplugins.tyk.delivered_rows('dist/v5.3.6') | map(attribute='artifact') }}"
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
        return {"delivered_rows": rows.delivered}
