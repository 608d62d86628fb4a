# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifacts and records that the controller does not have yet."""

from __future__ import annotations

DOCUMENTATION = r"""
name: undelivered
short_description: The artifacts and records that the controller does not have yet
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
- name: Copy what the controller does not have yet
  ansible.builtin.fetch:
    src: "{{ item }}"
    dest: dist/
    flat: true
  loop: "{{ query('goplugins.tyk.undelivered', *plugin_build_artifacts, folder='dist') }}"
"""

RETURN = r"""
_list:
  description: Their paths on the build host, of each artifact first and then of its record.
  type: list
  elements: str
"""

import os

from ansible.plugins.lookup import LookupBase
from ansible_collections.goplugins.tyk.plugins.plugin_utils.store import has_record


class LookupModule(LookupBase):
    """Looks into a folder of the controller."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        folder = os.path.expanduser(self.get_option("folder"))
        missing = [one["artifact"] for one in terms if not is_delivered(folder, one)]
        return [path for artifact in missing for path in (artifact, f"{artifact}.json")]


def is_delivered(folder, one):
    """Whether the controller has that artifact, with the same record."""
    path = os.path.join(folder, os.path.basename(one["artifact"]))
    return os.path.isfile(path) and has_record(path, one["record_sha256"])
