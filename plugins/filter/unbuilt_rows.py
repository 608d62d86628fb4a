# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plugins of a gateway that could not be made ready."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unbuilt_rows
short_description: Plugins of a gateway that could not be made ready
version_added: 0.1.0
description:
  - Makes the row that says why nothing was built for a gateway.
  - A row that is C(bad) has a C(cause) and a C(fix), as M(goplugins.tyk.tyk_report) takes them.
positional: host, gateway, message
options:
  _input:
    description: The plugins, as C(tyk_plugins) has them.
    type: list
    elements: dict
    required: true
  host:
    description: Name of the build host.
    type: str
    required: true
  gateway:
    description: Name of the gateway.
    type: str
    required: true
  message:
    description: The error message that says why.
    type: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show why nothing was built
  ansible.builtin.debug:
    msg: "{{ tyk_plugins | goplugins.tyk.unbuilt_rows(inventory_hostname, 'v5.3.6', 'the repository cannot be reached') }}"
"""

RETURN = r"""
_value:
  description:
    - The rows, each with C(plugin), C(gateway), C(target), C(verdict), C(loaded), C(artifact), C(findings), C(bad), C(cause) and
      C(fix).
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"unbuilt_rows": rows.not_begun}
