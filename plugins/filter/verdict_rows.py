# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict on each plugin of a gateway host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: verdict_rows
short_description: The verdict on each plugin of a gateway host
version_added: 0.1.0
description:
  - Turns the result of M(goplugins.tyk.tyk_plugin_verify) on one host into rows.
  - A row that is C(bad) has a C(cause) and a C(fix), as M(goplugins.tyk.tyk_report) takes them.
positional: binary, verified, fail_on, problem, allow_empty, folders, unsigned
options:
  _input:
    description: Name of the host.
    type: str
    required: true
  binary:
    description: Path of the gateway.
    type: str
    required: true
  verified:
    description: The result of M(goplugins.tyk.tyk_plugin_verify).
    type: dict
    required: true
  fail_on:
    description: Effects of findings that make a row a bad one.
    type: list
    elements: str
    required: true
  problem:
    description: Why the host could not be asked; empty if it was.
    type: str
    default: ''
  allow_empty:
    description: Whether a host without plugins is fine.
    type: bool
    default: false
  folders:
    description: Where plugins were looked for.
    type: list
    elements: str
    default: []
  unsigned:
    description: Plugins that are refused, as P(goplugins.tyk.unsigned#lookup) returns them.
    type: list
    elements: dict
    default: []
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show the verdicts of a host
  ansible.builtin.debug:
    msg: "{{ inventory_hostname | goplugins.tyk.verdict_rows('/opt/tyk-gateway/tyk', verified, ['fails', 'unknown']) }}"
"""

RETURN = r"""
_value:
  description:
    - The rows, each with C(host), C(plugin), C(gateway), C(target), C(verdict), C(loaded), C(artifact), C(findings), C(bad),
      C(cause) and C(fix).
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import rows


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"verdict_rows": rows.of_verification}
