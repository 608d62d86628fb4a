# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a build host has and what it lacks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: provision_rows
short_description: What a build host has and what it lacks
version_added: 0.1.0
description:
  - Reads what the playbook C(provision_build_hosts) noted of a host.
  - A row that is C(bad) has a C(cause) and a C(fix), as M(goplugins.tyk.tyk_report) takes them.
positional: variables
options:
  _input:
    description: Name of the host.
    type: str
    required: true
  variables:
    description: The variables of the host.
    type: dict
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show what this host has
  ansible.builtin.debug:
    msg: "{{ inventory_hostname | goplugins.tyk.provision_rows(hostvars[inventory_hostname]) }}"
"""

RETURN = r"""
_value:
  description:
    - The rows, each with C(host), C(state) (V(ready), V(not ready), V(unreachable) or V(left out)), C(compilers), C(gateways),
      C(missing), C(bad), C(cause) and C(fix).
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"provision_rows": rows.of_provisioning}
