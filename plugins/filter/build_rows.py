# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of each plugin and target."""

from __future__ import annotations

DOCUMENTATION = r"""
name: build_rows
short_description: What became of each plugin and target
version_added: 0.1.0
description:
  - Joins what M(goplugins.tyk.go_workspace), M(goplugins.tyk.go_plugin_build) and M(goplugins.tyk.tyk_plugin_verify) returned.
  - A row that is C(bad) has a C(cause) and a C(fix), as M(goplugins.tyk.tyk_report) takes them.
positional: host, gateway, failures, built, verified, fail_on
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
  failures:
    description: Plugins that have no workspace, RV(goplugins.tyk.go_workspace#module:failures).
    type: list
    elements: dict
    required: true
  built:
    description: Results of M(goplugins.tyk.go_plugin_build), one for each target.
    type: list
    elements: dict
    required: true
  verified:
    description: Results of M(goplugins.tyk.tyk_plugin_verify), one for each target.
    type: list
    elements: dict
    required: true
  fail_on:
    description: Effects of findings that make a row a bad one.
    type: list
    elements: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show what became of the plugins
  ansible.builtin.debug:
    msg: "{{ tyk_plugins | goplugins.tyk.build_rows(inventory_hostname, 'v5.3.6', [], built.results, verified.results, ['fails']) }}"
"""

RETURN = r"""
_value:
  description:
    - The rows, each with C(plugin), C(gateway), C(target), C(verdict), C(loaded), C(artifact), C(findings), C(bad), C(cause) and
      C(fix), C(size) in bytes, C(seconds) and C(digest).
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"build_rows": rows.of_build}
