# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each of several build hosts builds."""

from __future__ import annotations

DOCUMENTATION = r"""
name: build_shares
short_description: What each of several build hosts builds
version_added: 0.1.0
description:
  - Spreads plugins, gateways and targets over build hosts, so that no two hosts build the same artifact, and all have about as much to do.
  - What only one host is asked for, that host builds. What several are asked for alike, the one builds that did so before, or the one that
    is done with it first, by the seconds that the builds took before. Neither the order of the hosts nor the run makes a difference.
positional: before, lost
options:
  _input:
    description:
      - From each build host to what it is asked for and has.
      - C(gateways), as P(goplugins.tyk.gateways#lookup) returns them, C(plugins), C(targets), and everything else that decides what is
        built.
      - C(known), for each gateway the jobs that a receipt vouches for; C(built), RV(goplugins.tyk.tyk_build_receipt#module:built).
    type: dict
    required: true
  before:
    description: The shares as they were when hosts were lost.
    type: dict
  lost:
    description: Hosts whose shares the others take over. Then only these are returned.
    type: list
    elements: str
    default: []
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show what build1 builds
  ansible.builtin.debug:
    msg: "{{ ({'build1': wanted, 'build2': wanted} | goplugins.tyk.build_shares).build1 }}"
  vars:
    wanted:
      gateways: [{version: v5.3.6}, {version: v5.8.5}]
      targets: [linux/amd64]
      plugins: [{name: enrich}, {name: testplugin}]
"""

RETURN = r"""
_value:
  description:
    - From each host to its share, a list of C(gateway), C(group), a digest of what is asked for it, and C(jobs), from target to names of
      plugins.
  type: dict
"""

from ansible_collections.goplugins.tyk.plugins.plugin_utils import shares


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"build_shares": build_shares}


def build_shares(wanted_by, before=None, lost=()):
    """The shares of all hosts, or what they take over from lost ones."""
    return shares.taken_over(wanted_by, before or {}, lost) if lost else shares.shares(wanted_by)
