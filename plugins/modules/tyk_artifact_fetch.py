#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_artifact_fetch
short_description: Copy artifacts from a build host to the controller
version_added: 0.1.0
description:
  - Copies artifacts and their records, which M(goplugins.tyk.go_plugin_build) made on the host, to a folder on the controller.
  - The record identifies its artifact. While the controller has both and the record is the same file, nothing is copied.
  - What arrives is compared with the SHA-256 that the build had, before it takes the place of what is there.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: RV(fetched) names all that changes.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
options:
  artifacts:
    description:
      - The artifacts, RV(goplugins.tyk.go_plugin_build#module:plugins).
      - Of each, C(artifact), its path on the host, and C(record_sha256) count.
    type: list
    elements: dict
    required: true
  folder:
    description: Folder on the controller, made if it is missing.
    type: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Copy what was built to the controller
  goplugins.tyk.tyk_artifact_fetch:
    artifacts: "{{ plugin_build_artifacts }}"
    folder: dist/v5.3.6
"""

RETURN = r"""
fetched:
  description: The paths on the controller of the artifacts that were copied, or would be.
  returned: success
  type: list
  elements: str
  sample: [/home/me/dist/v5.3.6/enrich_v5.3.6_linux_amd64.so]
"""
