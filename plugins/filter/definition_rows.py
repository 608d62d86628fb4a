# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The mistakes in the API definitions of a gateway host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: definition_rows
short_description: The mistakes in the API definitions of a gateway host
version_added: 0.1.0
description:
  - Turns the findings of M(goplugins.tyk.tyk_definition_lint) on one host into rows, one for each definition that has any.
  - A row that is C(bad) has a C(cause) and a C(fix), as M(goplugins.tyk.tyk_report) takes them.
positional: binary, findings, fail_on
options:
  _input:
    description: Name of the host.
    type: str
    required: true
  binary:
    description: Path of the gateway.
    type: str
    required: true
  findings:
    description: The RV(goplugins.tyk.tyk_definition_lint#module:findings).
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
- name: Show the mistakes in the definitions of a host
  ansible.builtin.debug:
    msg: "{{ inventory_hostname | goplugins.tyk.definition_rows('/opt/tyk-gateway/tyk', defined.findings, ['fails', 'unknown']) }}"
"""

RETURN = r"""
_value:
  description:
    - The rows, each with C(host), C(plugin), C(gateway), C(target), C(verdict), C(loaded), C(artifact), C(findings), C(bad),
      C(cause) and C(fix). The C(plugin) is the file with the definition.
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"definition_rows": rows.of_definitions}
