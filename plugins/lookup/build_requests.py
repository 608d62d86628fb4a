# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What builds are asked for, as digests: equal when a run asks for the same as an earlier one."""

from __future__ import annotations

DOCUMENTATION = r"""
name: build_requests
short_description: What builds are asked for, as digests
version_added: 0.1.0
description:
  - Two digests for each gateway. One covers all that decides how the gateway, its Go and the C compilers are set up. The other also
    covers the plugins, with what is in those of their source folders that are on the controller.
  - They cover all variables that the playbooks and roles of this collection know, as the host has them, and the collection itself.
  - M(goplugins.tyk.tyk_build_receipt) finds receipts by them.
author:
  - The goplugins.tyk authors (@goplugins)
options:
  _terms:
    description: The gateways, as P(goplugins.tyk.gateways#lookup) returns them.
    type: list
    elements: dict
"""

EXAMPLES = r"""
- name: Find out for which gateways the builds still hold
  goplugins.tyk.tyk_build_receipt:
    folder: ~/tyk-plugins/receipts
    asked: "{{ query('goplugins.tyk.build_requests', *query('goplugins.tyk.gateways')) | map(attribute='plugins') }}"
"""

RETURN = r"""
_list:
  description:
    - For each gateway C(gateway) and C(plugins), a SHA-256 each. Empty where something counts that this lookup cannot see, such as a
      gateway's binary on another machine, or a variable that has no value yet.
  type: list
  elements: dict
"""

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.goplugins.tyk.plugins.plugin_utils import requests, specification


class LookupModule(LookupBase):
    """Reads the variables of the host that a task runs for."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        values = {}
        for name in {**specification.of_roles(), **specification.of_playbooks()["options"]}:
            if name in variables:
                try:
                    values[name] = self._templar.template(variables[name])
                except AnsibleError:
                    # It leans on what a later task finds out, and may be another each time: no receipt can answer.
                    return [{"gateway": "", "plugins": ""} for _gateway in terms]
        return requests.of_gateways(terms, values, variables["inventory_hostname"], specification.digest())
