# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What provision-build-hosts.yml did on many hosts, a row for each."""

from __future__ import annotations

DOCUMENTATION = r"""
name: provision_rows
short_description: What many build hosts have, a row for each
version_added: 0.1.0
description:
  - Gathers what C(provision-build-hosts.yml) noted of each host.
  - A host that could not be reached, or on which something failed, has a row too, with what is missing.
positional: hosts
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The hosts that were to be made ready.
    type: list
    elements: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Tell what is ready
  ansible.builtin.debug:
    msg: "{{ hostvars | goplugins.tyk.provision_rows(groups['build_hosts']) | goplugins.tyk.table(['host', 'state', 'missing']) }}"
"""

RETURN = r"""
_value:
  description:
    - For each host C(host), C(state) (V(ready), V(missing), V(unreachable), or V(left out) where the play did not run on it),
      C(compilers) (the targets with a proved compiler), C(gateways) (those that can be built for, with their Go), C(missing) (the first
      line of what went wrong) and C(told), all of it.
  type: list
  elements: dict
"""


def provision_rows(hostvars, hosts):
    """C(hostvars): from host to its variables; C(hosts): list of str. Gives a list of dict."""
    return [_of_host(host, hostvars[host]) for host in hosts]


def _of_host(host, variables):
    reached = variables.get("tyk_provision_reached") or {}
    error = variables.get("tyk_provision_error") or ""
    state = "missing" if error else "ready" if reached else "left out"
    if reached.get("unreachable"):
        state, error = "unreachable", str(reached.get("msg", "unreachable"))
    compilers = (variables.get("ansible_facts") or {}).get("cc") or {}
    return {
        "host": host,
        "state": state,
        "compilers": " ".join(sorted(target for target in compilers if target)),
        "gateways": ", ".join(variables.get("tyk_provision_ready") or []),
        "missing": error.partition("\n")[0],
        "told": f"{host}: {error}" if error else "",
    }


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"provision_rows": provision_rows}
