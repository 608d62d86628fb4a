#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_artifact_store
short_description: Keep artifacts where other build hosts find them
version_added: 0.1.0
description:
  - Puts artifacts and their records, which the controller has in a folder, into a store. M(goplugins.tyk.go_plugin_build) takes them
    from there on every host where all inputs are the same.
  - An entry has the digest of the inputs in its name, and its record is written last. What is there with an equal record is left alone.
  - It runs on the controller and asks no host.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: RV(kept) names all that changes.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
options:
  store:
    description:
      - A folder on the controller, or a URL that answers GET and PUT of the files below it, C(URL/DIGEST_ARTIFACT) and
        C(URL/DIGEST_ARTIFACT.json).
      - It may have a user and a password in it.
    type: str
    required: true
  artifacts:
    description:
      - The artifacts, RV(goplugins.tyk.go_plugin_build#module:plugins).
      - Each has a C(record), its C(record_sha256), and a path C(artifact), of which the name counts.
    type: list
    elements: dict
    required: true
  folder:
    description: Folder on the controller with the artifacts and their records.
    type: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Keep what was built and copied to the controller
  goplugins.tyk.tyk_artifact_store:
    store: https://artifacts.example.com/tyk-plugins
    artifacts: "{{ plugin_build_artifacts }}"
    folder: dist/v5.3.6
"""

RETURN = r"""
kept:
  description: The names of the entries that were put there, or would be.
  returned: success
  type: list
  elements: str
  sample: [9f2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00_enrich_v5.3.6_linux_amd64.so]
"""
