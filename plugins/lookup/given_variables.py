# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that were given on the command line, which hold for all hosts alike."""

from __future__ import annotations

DOCUMENTATION = r"""
name: given_variables
short_description: The names of the variables that were given with --extra-vars
version_added: 0.1.0
description:
  - Ansible lets such a variable win over what the inventory says of a host. Where a variable describes one host, such as the release of the
    gateway on it, what was given for all of them is no answer.
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show which variables were given on the command line
  ansible.builtin.debug:
    msg: "{{ query('goplugins.tyk.given_variables') }}"
"""

RETURN = r"""
_list:
  description: Their names.
  type: list
  elements: str
"""

from ansible.plugins.lookup import LookupBase
from ansible.utils.vars import load_extra_vars


class LookupModule(LookupBase):
    """Asks the command line."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        return sorted(load_extra_vars(self._loader))
