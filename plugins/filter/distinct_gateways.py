# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The builds of the gateway that run on many hosts, each once."""

from __future__ import annotations

DOCUMENTATION = r"""
name: distinct_gateways
short_description: The builds of the gateway that run on many hosts
version_added: 0.1.0
description:
  - Groups hosts by the build profile that M(goplugins.tyk.tyk_gateway_info) read there, registered as C(tyk_gateway_that_runs).
  - A plugin that is built for one host of a group is right for all of it.
positional: hosts
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The hosts with gateways.
    type: list
    elements: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Tell which builds there are
  ansible.builtin.debug:
    msg: "{{ hostvars | goplugins.tyk.distinct_gateways(groups['gateways']) }}"
"""

RETURN = r"""
_value:
  description:
    - For each build C(name) (the release, with a number where another build has it too), C(version), C(binary) (its path), C(binary_on)
      (a host that has it) and C(hosts) (all that run it).
  type: list
  elements: dict
"""

import json

from ansible.errors import AnsibleFilterError


def distinct_gateways(hostvars, hosts):
    """C(hostvars): from host to its variables; C(hosts): list of str. Gives a list of dict, in the order of the hosts."""
    builds = {}
    for host in hosts:
        told = hostvars[host].get("tyk_gateway_that_runs") or {}
        if not told.get("profile"):
            raise AnsibleFilterError(f"{host} did not tell how its gateway was built: {told.get('msg', 'it was not asked')}")
        key = json.dumps([told["profile"], told["target"], told["modules"]], sort_keys=True)
        builds.setdefault(key, (host, told, []))[2].append(host)
    found = []
    for host, told, group in builds.values():
        label = told["profile"]["label"]
        taken = sum(one["label"] == label for one in found)
        name = f"{label}-{taken + 1}" if taken else label
        version = "" if told["profile"]["commit"] else told["profile"]["version"]
        found.append({"label": label, "name": name, "version": version, "binary": told["binary"], "binary_on": host, "hosts": group})
    return found


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"distinct_gateways": distinct_gateways}
