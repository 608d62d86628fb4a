# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifacts that the controller does not have yet."""

from __future__ import annotations

DOCUMENTATION = r"""
name: undelivered
short_description: The artifacts that the controller does not have yet
version_added: 0.1.0
description:
  - The record identifies its artifact. While the controller has both and the record is the same file, there is nothing to copy.
author:
  - The goplugins.tyk authors (@goplugins)
options:
  _terms:
    description:
      - Artifacts as M(goplugins.tyk.go_plugin_build) returns them, each with C(artifact), its path on the build host, and
        C(record_sha256).
    type: list
    elements: dict
  folder:
    description: Folder on the controller.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show how many artifacts are to be copied
  ansible.builtin.debug:
    msg: "{{ query('goplugins.tyk.undelivered', *plugin_build_artifacts, folder='dist') | length }} artifacts are to be copied"
"""

RETURN = r"""
_list:
  description: Their paths on the build host.
  type: list
  elements: str
"""

import os

from ansible.plugins.lookup import LookupBase
from ansible_collections.goplugins.tyk.plugins.plugin_utils.delivery import is_delivered


class LookupModule(LookupBase):
    """Looks into a folder of the controller."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        folder = os.path.expanduser(self.get_option("folder"))
        return [one["artifact"] for one in terms if not is_delivered(folder, one)]
