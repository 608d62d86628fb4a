#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: go_build_seed
short_description: Give new build hosts what another has compiled and fetched
version_added: 0.1.0
description:
  - A seed has what plugins for one gateway need of Go's build cache and module cache, nothing else of them, and the gateway itself.
    With it a host builds its first plugin as fast as its hundredth.
  - There is one for each commit of the gateway, Go, target, C compiler, tags and flags.
  - Whoever makes a seed decides what is compiled into all plugins of hosts that plant it. It is compared with the SHA-256 of its record,
    and with O(signers) refused if none of them signed that.
  - A seed that is refused is no failure, as the host can compile by itself. RV(refused) and a warning say why.
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
    support: none
    details: RV(seed) names all that changes.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
    details: Carries seeds between the store and the host, and shows how far the making of one is.
options:
  state:
    description:
      - With V(planted), the caches of the host have what the seed of the store has, if there is one.
      - With V(kept), the store has a seed. If it lacks one, the host compiles what it has not compiled yet, and packs it.
    type: str
    choices: [planted, kept]
    default: planted
  store:
    description:
      - A folder on the controller, or a URL that answers GET and PUT of the files below it.
      - It may have a user and a password in it.
    type: str
    required: true
  key:
    description: File on the controller with a private key that signs the record of a seed. It may be encrypted with Ansible Vault.
    type: path
  signers:
    description: Files on the controller with public keys. A seed is refused unless one of them signed its record.
    type: list
    elements: path
    default: []
  checkout:
    description: Folder with the gateway's source, RV(goplugins.tyk.git_checkout#module:dest).
    type: path
    required: true
  gateway:
    description:
      - Where the gateway is on the host, or belongs, that loads plugins there, as O(goplugins.tyk.tyk_gateway_build#module:path).
        A seed of such hosts also has that binary, with its record.
      - Leave it out where hosts have the binary of a release.
    type: path
  target:
    description: The platform that is built for, such as V(linux/arm64); without it, the host's own.
    type: str
  archive:
    description: Where the seed is on the host, or belongs. The action plugin sets it. Not for use in playbooks.
    type: path
    default: ''
  sha256:
    description: The checksum of O(archive). The action plugin sets it. Not for use in playbooks.
    type: str
    default: ''
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Take what another build host has compiled
  goplugins.tyk.go_build_seed:
    store: ~/tyk-seeds
    signers: [keys/build.pub]
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    cc: gcc
    min_free_mb: 2048
    environment:
      GOCACHE: /srv/cache/go-build

- name: Keep what this one has compiled for others
  goplugins.tyk.go_build_seed:
    state: kept
    store: ~/tyk-seeds
    key: keys/build
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    gateway: /srv/tyk-plugins/gateways/v5.3.6/tyk_linux_arm64
    target: linux/arm64
    cc: aarch64-linux-gnu-gcc
    progress: true
    progress_interval: 30
"""

RETURN = r"""
elapsed:
  description: How long the module took on the host, in seconds.
  returned: always
  type: float
  sample: 6.2
seed:
  description: The name of the seed in the store; empty in check mode where the gateway's checkout is not there yet.
  returned: success
  type: str
  sample: 9f2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00_gateway_v5.3.6_linux_amd64.seed
planted:
  description: Whether the host has what the seed has.
  returned: success
  type: bool
  sample: true
placed:
  description: How many files were put into the caches of the host.
  returned: success
  type: int
  sample: 3806
refused:
  description: Why a seed that is in the store was not planted, or the store not used; empty otherwise.
  returned: success
  type: str
  sample: ''
record:
  description: What the record of the seed says, where this run made it. Sizes are in bytes.
  returned: success
  type: dict
  sample:
    format: 1
    digest: 9f2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
    sha256: 0b2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
    size: 151959928
    unpacked: 680123456
    entries: 2476
    modules: 141
"""

from ansible_collections.goplugins.tyk.plugins.module_utils._build import seed
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import artifact_name
from ansible_collections.goplugins.tyk.plugins.module_utils._module.gateways import COMPILED, asked
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run


def work(module):
    """The result of the module. Raises GoPluginsError."""
    params = module.params
    wanted, _missing, _target = asked(params, module.check_mode, params["gateway"] or "")
    if wanted is None:
        return {"seed": "", "digest": "", "planted": False}
    if not params["archive"]:
        label = artifact_name("gateway" if wanted.path else "plugins", wanted.profile.label, wanted.target)
        digest, refused = seed.digest(wanted), seed.unusable(wanted)
        name = f"{digest}_{label[: -len('.so')]}.seed"
        if refused:
            return {"seed": name, "digest": "", "planted": False, "refused": refused, "warnings": [f"No seed is used: {refused}"]}
        return {"seed": name, "digest": digest, "planted": seed.is_planted(wanted)}
    if params["state"] == "kept":
        record, lacking = seed.pack(wanted, params["archive"])
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        told = (
            [f"The seed lacks modules of the gateway's go.sum that could not be fetched: {', '.join(lacking[:5])}{more}"] if lacking else []
        )
        return {"changed": True, "record": record, "warnings": told}
    placed = seed.plant(wanted, params["archive"], params["sha256"])
    return {"changed": placed > 0, "placed": placed}


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            **COMPILED,
            "state": {"type": "str", "choices": ["planted", "kept"], "default": "planted"},
            "store": {"type": "str", "required": True, "no_log": True},
            "key": {"type": "path", "no_log": False},
            "signers": {"type": "list", "elements": "path", "default": []},
            "gateway": {"type": "path"},
            # Of the action plugin.
            "archive": {"type": "path", "default": ""},
            "sha256": {"type": "str", "default": ""},
        },
        writes_to="archive",
    )


if __name__ == "__main__":
    main()
