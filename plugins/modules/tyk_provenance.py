#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_provenance
short_description: Write provenance and bills of materials beside artifacts, and sign them
version_added: 0.1.0
description:
  - Writes for each artifact that the controller has in a folder how it was built, C(NAME.so.provenance.json), an in-toto statement with
    SLSA provenance, and what is in it, C(NAME.so.cdx.json), a CycloneDX bill of materials with the licenses of the modules.
  - With O(key) it also writes C(NAME.so.intoto.jsonl), the statement in a signed DSSE envelope. The statement has the SHA-256 of artifact,
    record and bill of materials, so one signature is for all of them. Envelopes of the four builds before stay in the file.
  - All of it comes from the record beside the artifact. The same record and verdict give the same files, and what is so is left alone.
  - It runs on the controller and asks no host. It needs the Python package C(cryptography), which Ansible itself needs.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: RV(written) names all that changes.
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
      - Each has a C(record_sha256), and a path C(artifact), of which the name counts.
    type: list
    elements: dict
    required: true
  folder:
    description: Folder on the controller with the artifacts and their records.
    type: str
    required: true
  rows:
    description: What became of the plugins, as P(goplugins.tyk.build_rows#filter) returns it. The provenance names the verdict.
    type: list
    elements: dict
    default: []
  builder:
    description: URI that names your build platform to those who trust it. By default that of this collection.
    type: str
    default: ''
  key:
    description:
      - File on the controller with a private key, in PEM or OpenSSH's format, without a passphrase. It is an Ed25519, ECDSA P-256 or RSA
        key.
      - It may be encrypted with Ansible Vault. Without it, nothing is signed.
    type: str
    default: ''
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Write how the plugins were built and what is in them, and sign it
  goplugins.tyk.tyk_provenance:
    artifacts: "{{ plugin_build_artifacts }}"
    folder: dist/v5.3.6
    rows: "{{ plugin_build_rows }}"
    builder: https://ci.example.com/tyk-plugins
    key: ~/.ssh/tyk-signing
"""

RETURN = r"""
written:
  description: The files that were written, or would be.
  returned: success
  type: list
  elements: str
  sample: [/home/ann/dist/v5.3.6/enrich_v5.3.6_linux_amd64.so.provenance.json]
"""
