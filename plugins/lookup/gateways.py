# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateways that a run is about, from the variables that name them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gateways
short_description: The gateways that a run is about
version_added: 0.1.0
description:
  - Reads the variables C(tyk_gateways), C(tyk_gateway_version), C(tyk_gateway_binary) and so on.
  - Each gateway comes as a whole entry. The role P(goplugins.tyk.tyk_gateway#role) takes it as C(tyk_gateway_entry), and no variable on the
    command line can change a part of it.
author:
  - The goplugins.tyk authors (@goplugins)
options:
  _terms:
    description: Hosts with gateways that run and were read there, the result registered as C(_tyk_gateway_that_runs).
    type: list
    elements: str
  versions:
    description: Versions that count before the one gateway of the other variables.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Show which gateways the variables name
  ansible.builtin.debug:
    msg: "{{ query('goplugins.tyk.gateways') | map(attribute='version') }}"
"""

RETURN = r"""
_list:
  description:
    - For each gateway C(name), C(version), C(repo), C(repo_on), C(binary), C(binary_on), C(go_version), C(edition), C(tags),
      C(debug), C(facts) (what M(goplugins.tyk.tyk_gateway_info) returned of its binary), C(hosts) (those that run it) and
      C(problem) (why it could not be read).
  type: list
  elements: dict
"""

from ansible.plugins.lookup import LookupBase
from ansible_collections.goplugins.tyk.plugins.plugin_utils import gateways

NEXT = "_tyk_next_gateways"
REGISTERED = "_tyk_gateway_that_runs"


class LookupModule(LookupBase):
    """Reads the variables of the host that a task runs for."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        set_by_user = {
            name: self._templar.template(variables[name])
            for name in variables
            if name == "tyk_gateways" or (name.startswith("tyk_gateway_") and name != "tyk_gateway_facts")
        }
        # The next gateway of an upgrade is for no user to change.
        if NEXT in variables:
            set_by_user["tyk_gateways"] = self._templar.template(variables[NEXT])
        # What is to be provisioned is not what is to be built, and one inventory may hold both.
        set_by_user["tyk_gateway_versions"] = self.get_option("versions")
        if not terms or set_by_user.get("tyk_gateways"):
            return gateways.wanted(set_by_user)
        (usual,) = gateways.wanted({**set_by_user, "tyk_gateways": [{}], "tyk_gateway_versions": []})
        return gateways.distinct(answers_of(terms, variables), usual)


def answers_of(hosts, variables):
    """From host to what was read of its gateway; C(--limit) may have left hosts out."""
    delegated = (variables.get("_tyk_gateways_read") or {}).get("results") or []
    answers = {result["item"]: result for result in delegated}
    for host in hosts:
        registered = variables["hostvars"][host].get(REGISTERED)
        if registered:
            answers[host] = registered
    return answers
