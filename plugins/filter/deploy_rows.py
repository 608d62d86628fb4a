# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of each plugin on a gateway host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: deploy_rows
short_description: What became of each plugin on a gateway host
version_added: 0.1.0
description:
  - Turns the result of M(goplugins.tyk.tyk_plugin_deploy) on one host into rows.
  - A row that is C(bad) has a C(cause) and a C(fix), as M(goplugins.tyk.tyk_report) takes them.
positional: binary, plugins, result, check_mode, stopped
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
    description: The plugins that were to be deployed.
    type: list
    elements: dict
    required: true
  result:
    description: The result of M(goplugins.tyk.tyk_plugin_deploy); empty where it was not run.
    type: dict
    default: {}
  check_mode:
    description: Whether nothing was to be changed.
    type: bool
    default: false
  stopped:
    description: Whether the host was left alone because hosts before it failed.
    type: bool
    default: false
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show what became of the plugins of a host
  ansible.builtin.debug:
    msg: "{{ inventory_hostname | goplugins.tyk.deploy_rows('/opt/tyk-gateway/tyk', tyk_plugins, deployed) }}"
"""

RETURN = r"""
_value:
  description:
    - The rows, each with C(host), C(plugin), C(gateway), C(state), C(artifact), C(bad), C(cause) and C(fix).
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


def deploy_rows(host, binary, plugins, result=None, check_mode=False, stopped=False):
    """The rows; Jinja gives what it has, which may be nothing."""
    return rows.of_deployment(host, binary, plugins, result or {}, check_mode, stopped)


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"deploy_rows": deploy_rows}
