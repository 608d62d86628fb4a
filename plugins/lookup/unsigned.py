# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plugins of a host that nobody signed."""

from __future__ import annotations

DOCUMENTATION = r"""
name: unsigned
short_description: The plugins of a host that nobody signed
version_added: 0.1.0
description:
  - Looks for signed statements on plugins, by their SHA-256, in the folder on the controller in which C(build_plugins) leaves them.
author:
  - The goplugins.tyk authors (@goplugins)
options:
  _terms:
    description:
      - Plugins as M(goplugins.tyk.tyk_plugin_verify) returns them with C(checksums), each with C(plugin), its path on the host, and
        C(sha256).
    type: list
    elements: dict
  folder:
    description: Folder on the controller with artifacts and what stands beside them, or with one folder for each gateway.
    type: str
    required: true
  signers:
    description: Files on the controller with public keys whose signatures count.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse plugins that nobody signed
  ansible.builtin.assert:
    that: query('goplugins.tyk.unsigned', *verified.results, folder='dist', signers=['tyk-signing.pub']) | length == 0
"""

RETURN = r"""
_list:
  description: Those that nobody signed, each with C(plugin) and C(message), why not.
  type: list
  elements: dict
"""

import os

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import from_exception
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse


class LookupModule(LookupBase):
    """Looks into a folder of the controller."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        folder, *signers = (os.path.abspath(os.path.expanduser(path)) for path in [self.get_option("folder"), *self.get_option("signers")])
        try:
            found, problems = attestations.signed_below(folder, dsse.verifiers(signers))
        except Exception as error:  # pylint: disable=broad-exception-caught
            raise AnsibleError(from_exception(error, folder).as_result()["msg"]) from error
        more = "".join(f"\n{problem}" for problem in problems)
        return [
            {
                "plugin": one["plugin"],
                "message": f"no key of tyk_signers signed {_file(one)}, by what is in {folder}{more}",
            }
            for one in terms
            if one.get("sha256") not in found
        ]


def _file(one):
    return f"the file with SHA-256 {one['sha256']}" if one.get("sha256") else "it: its file cannot be read"
