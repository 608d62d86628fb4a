# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hosts of a play, where a pattern that matches nothing is an error."""

from __future__ import annotations

DOCUMENTATION = r"""
name: play_hosts
short_description: The hosts of a play, which must not be none
version_added: 0.1.0
description:
  - For C(hosts) of a play. Ansible skips a play whose pattern matches no host and ends well; this lookup fails then,
    and names the nearest group or host.
author:
  - The goplugins.tyk authors (@goplugins)
options:
  _terms:
    description: The host, group or pattern, or a list of them.
    required: true
  variable:
    description: The variable that the pattern comes from, for the message.
    type: str
    required: true
  limited:
    description: Whether C(--limit) must leave one of the hosts.
    type: bool
    default: true
  allow_empty:
    description: Whether no host is fine.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Ask the gateways
  hosts: "{{ lookup('goplugins.tyk.play_hosts', tyk_gateway_hosts | default('all'), variable='tyk_gateway_hosts') }}"
  gather_facts: false
  tasks:
    - name: Reach them
      ansible.builtin.ping:
"""

RETURN = r"""
_raw:
  description: The pattern, as it was given.
"""

import difflib

from ansible import context
from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.lookup import LookupBase
from ansible_collections.goplugins.tyk.plugins.plugin_utils import ahead


class LookupModule(LookupBase):
    """Asks an inventory of the same groups and hosts."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        # The hosts of a play are asked for in the main process, before the tasks.
        ahead.read()
        name = self.get_option("variable")
        groups = (variables or {}).get("groups") or {}
        patterns = [pattern for term in terms for pattern in (term if isinstance(term, list) else [term])]
        if not all(isinstance(pattern, str) for pattern in patterns):
            raise AnsibleLookupError(f"{name} must be a text or a list of texts: a host, a group or a pattern of them.")
        # An empty text is no value that a play may have.
        patterns = [pattern for pattern in patterns if pattern.strip()]
        asked = terms[0] if patterns else []
        # A check of the syntax, as linters do it, has no inventory.
        if self.get_option("allow_empty") or context.CLIARGS.get("syntax"):
            return [asked]
        inventory = self._inventory(groups)
        found = matching(inventory, patterns)
        limit = (variables or {}).get("ansible_limit") if self.get_option("limited") else None
        if not found:
            known = {*groups, *groups.get("all", [])} - set(patterns)
            near = difflib.get_close_matches(str(patterns[0] if patterns else ""), sorted(known), 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise AnsibleLookupError(
                f"{name}: {', '.join(patterns) or 'an empty pattern'} matches no host of the inventory.{hint} "
                "If no host is fine, set tyk_allow_empty to true."
            )
        if limit and not set(found) & set(matching(inventory, [limit])):
            raise AnsibleLookupError(f"{name}: --limit {limit} leaves none of {', '.join(found)}.")
        return [asked]

    def _inventory(self, groups):
        inventory = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        return inventory


def matching(inventory, patterns):
    """The names of the hosts that patterns match; none for a group that is not there. Ansible knows localhost without an inventory."""
    if not patterns:
        # Ansible takes none for all hosts.
        return []
    try:
        return [host.name for host in inventory.get_hosts(pattern=",".join(patterns))]
    except AnsibleError:
        return []
