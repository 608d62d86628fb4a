# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of each plugin on a gateway host that is upgraded."""

from __future__ import annotations

DOCUMENTATION = r"""
name: upgrade_rows
short_description: What became of each plugin on a gateway host that is upgraded
version_added: 0.1.0
description:
  - Turns what was found on one host before the upgrade of its gateway, and what became of it, into rows.
  - A row that is C(bad) has a C(cause) and a C(fix), as M(goplugins.tyk.tyk_report) takes them.
positional: binary, plugins, staged, deployed, problem, stopped
options:
  _input:
    description: Name of the host.
    type: str
    required: true
  binary:
    description: Path of the gateway.
    type: str
    required: true
  plugins:
    description: The plugins.
    type: list
    elements: dict
    required: true
  staged:
    description: The result of M(goplugins.tyk.tyk_plugin_stage) before the upgrade.
    type: dict
    required: true
  deployed:
    description: The rows of P(goplugins.tyk.deploy_rows#filter) after the upgrade; empty where there was none.
    type: list
    elements: dict
    default: []
  problem:
    description: Why the upgrade went wrong; empty if it did not.
    type: str
    default: ''
  stopped:
    description: Whether the host was left alone because hosts before it failed.
    type: bool
    default: false
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show which plugins of a host are ready
  ansible.builtin.debug:
    msg: "{{ inventory_hostname | goplugins.tyk.upgrade_rows('/opt/tyk-gateway/tyk', tyk_plugins, staged) }}"
"""

RETURN = r"""
_value:
  description:
    - The rows, each with C(host), C(plugin), C(gateway), C(next), C(state), C(artifact), C(bad), C(cause) and C(fix).
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


def upgrade_rows(host, binary, plugins, staged, deployed=(), problem="", stopped=False):
    """The rows; Jinja gives what it has, which may be nothing."""
    return rows.of_upgrade(host, binary, plugins, staged or {}, deployed or (), problem or "", stopped)


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"upgrade_rows": upgrade_rows}
