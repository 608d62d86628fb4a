#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_bundle_clean
short_description: Remove unpacked bundles that no API definition names any more
version_added: 0.1.0
description:
  - A gateway unpacks each bundle below C(middleware_path) into a folder of its own, and never removes one.
  - The module removes the folders of bundles with Go plugins that no definition names. A folder is in use if its name is the MD5 of any
    text in any definition, so a bundle that is disabled, or named in a definition that the gateway ignores, stays too.
  - A folder stays, and RV(kept) says why, if it is not certainly an unpacked bundle with Go plugins. That is so if it is a link, has no
    C(manifest.json) with the driver C(goplugin), or has a file that the manifest does not list. The folder of several bundles of
    one API (v5.15) has no manifest of its own and stays.
  - Nothing is removed if a definition cannot be read, takes the name of its bundle from a store of secrets, or if there is none at all.
  - A folder is renamed before its files go, so that no gateway finds half a bundle.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows the folders that go.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  middleware:
    description: The gateway's C(middleware_path), an absolute path. Bundles are in the folder C(bundles) there.
    type: path
    required: true
  definitions:
    description:
      - Files and folders with all definitions of the gateway, such as its C(app_path). Of a folder C(*.json) is read, and no folders below.
      - If several gateways share C(middleware), name the definitions of all of them.
    type: list
    elements: path
    required: true
seealso:
  - module: goplugins.tyk.tyk_plugin_bundle
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Remove the bundles that the gateway needs no more
  goplugins.tyk.tyk_bundle_clean:
    middleware: /opt/tyk-gateway/middleware
    definitions: /opt/tyk-gateway/apps
"""

RETURN = r"""
msg:
  description: How many folders went and stayed.
  returned: success
  type: str
  sample: 2 unpacked bundles removed, 1 kept
removed:
  description: The folders that were removed, or would be.
  returned: success
  type: list
  elements: str
  sample: [/opt/tyk-gateway/middleware/bundles/2f4a3b0c9d8e7f6a5b4c3d2e1f0a9b8c]
kept:
  description: The others.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The folder.
      returned: always
      type: str
      sample: /opt/tyk-gateway/middleware/bundles/9e107d9d372bb6826bd81d3542a419d6
    reason:
      description: Why it stays.
      returned: always
      type: str
      sample: a definition names its bundle
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 0.02
"""

from ansible_collections.goplugins.tyk.plugins.module_utils._bundle.clean import clean
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    outcome = clean(module.params["middleware"], module.params["definitions"], module.check_mode)
    verb = "to be removed" if module.check_mode else "removed"
    return {
        "changed": outcome.changed,
        "msg": f"{len(outcome.removed)} unpacked bundles {verb}, {len(outcome.kept)} kept",
        "removed": list(outcome.removed),
        "kept": [folder._asdict() for folder in outcome.kept],
        "diff": {"before": "".join(f"{path}\n" for path in outcome.removed), "after": ""},
    }


def main():
    run(
        work,
        {
            "middleware": {"type": "path", "required": True},
            "definitions": {"type": "list", "elements": "path", "required": True},
        },
        writes_to="middleware",
    )


if __name__ == "__main__":
    main()
