# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateways that one of several build hosts builds for."""

from __future__ import annotations

DOCUMENTATION = r"""
name: build_share
short_description: The gateways that one of several build hosts builds for
version_added: 0.1.0
description:
  - Divides gateways among build hosts, so that no two hosts build the same artifacts.
  - What several hosts want alike, one of them builds; they take turns. What only one host wants, that host builds.
positional: wanted
options:
  _input:
    description: Name of the build host.
    type: str
    required: true
  wanted:
    description:
      - From each build host to what it wants, a dictionary with C(gateways), as P(goplugins.tyk.gateways#lookup) returns them, and
        everything else that decides what is built.
    type: dict
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show what build1 builds
  ansible.builtin.debug:
    msg: "{{ 'build1' | goplugins.tyk.build_share({'build1': wanted, 'build2': wanted}) }}"
  vars:
    wanted:
      gateways: [{version: v5.3.6}, {version: v5.8.5}]
      targets: [linux/amd64]
"""

RETURN = r"""
_value:
  description: The gateways that this host builds for.
  type: list
  elements: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import gateways


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"build_share": gateways.share}
