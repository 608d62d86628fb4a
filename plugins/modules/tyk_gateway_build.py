#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_gateway_build
short_description: Build a gateway that loads plugins, as its release is built
version_added: 0.1.0
description:
  - Builds the gateway from its checkout with the flags and tags of its profile, outside of any workspace, as its release is built.
    In a workspace the requirements of a plugin would raise those of the gateway, and it would load plugins that the release refuses.
  - Only needed to try plugins where the released binary is not at hand.
  - A JSON record stands beside the binary.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.environment
  - goplugins.tyk.building
  - goplugins.tyk.building.compiling
  - goplugins.tyk.building.seen
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows which inputs of the build changed.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
    details: Shows how far a long build is.
options:
  checkout:
    description: Folder with the gateway's source, RV(goplugins.tyk.git_checkout#module:dest).
    type: path
    required: true
  path:
    description:
      - Where the binary goes. The module makes its folder if it is missing.
      - A file that this module did not build there is left alone, and the module fails.
    type: path
    required: true
  target:
    description: The platform that it is for, such as V(linux/arm64); without it, the host's own.
    type: str
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Build the gateway to try plugins with
  goplugins.tyk.tyk_gateway_build:
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/gateways/v5.3.6/tyk
    cc: gcc
    min_free_mb: 2048
    progress_interval: 20
    environment:
      GOCACHE: /srv/cache/go-build

- name: Build it for another CPU, to compare plugins for that CPU with it
  goplugins.tyk.tyk_gateway_build:
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/gateways/v5.3.6/tyk_linux_arm64
    target: linux/arm64
    cc: aarch64-linux-gnu-gcc
    progress: false
"""

RETURN = r"""
elapsed:
  description: How long the module took, in seconds.
  returned: always
  type: float
  sample: 127.9
binary:
  description: Path of the gateway's binary; V(null) in check mode where it is not built yet.
  returned: success
  type: str
  sample: /srv/tyk-plugins/gateways/v5.3.6/tyk
target:
  description: The platform that it is for.
  returned: success
  type: str
  sample: linux/amd64
reasons:
  description:
    - Why it was built, or would be; empty when nothing changed.
    - In check mode also what is missing that an earlier task would have made.
  returned: success
  type: list
  elements: str
  sample: ['go_version: 1.22.6 -> 1.22.7']
record:
  description: What stands in the JSON file beside the binary; empty in check mode where there is none yet.
  returned: success
  type: dict
  sample:
    artifact: tyk
    digest: 9f2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
    sha256: 0b2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
    size: 102456789
    target: linux/amd64
    seconds: 127.4
"""

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._build import gateway
from ansible_collections.goplugins.tyk.plugins.module_utils._module.gateways import COMPILED, asked
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run


def work(module):
    """The result of the module. Raises GoPluginsError."""
    params, check_mode = module.params, module.check_mode
    wanted, missing, target = asked(params, check_mode, params["path"])
    if wanted is None:
        return {"changed": True, "binary": None, "target": target, "reasons": [missing], "record": {}}
    made = gateway.make(wanted, check_mode)
    return {
        "changed": made.changed,
        "binary": made.artifact if os.path.exists(made.artifact) else None,
        "target": target,
        "reasons": list(made.reasons),
        "record": made.record,
        "diff": {"before": "", "after": "".join(f"{reason}\n" for reason in made.reasons)},
    }


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            **COMPILED,
            "path": {"type": "path", "required": True},
        },
        writes_to="path",
    )


if __name__ == "__main__":
    main()
