#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_gateway_info
short_description: Tell the build profile of a Tyk Gateway
version_added: 0.1.0
description:
  - A Go plugin loads only into a gateway that was built with the same Go release, flags, tags and dependency versions.
    This module reads all of that from the gateway's binary, from its checkout, or from both, and returns it as one value.
  - The other modules of this collection take that value as O(goplugins.tyk.go_plugin_build#module:profile).
  - The binary is the truth. A checkout tells only a lower bound of the Go release and nothing of tags and flags;
    RV(profile.assumed) names what it does not tell, and a warning says it of the Go release.
  - A binary that was built from a changed checkout is warned of too.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.attributes.read_only
options:
  checkout:
    description:
      - Folder with the gateway's source, a git checkout.
      - In check mode it may be absent, as an earlier task would have made it; RV(profile) is then V(null).
    type: path
  binary:
    description:
      - The gateway's binary. It is read, not executed.
      - In check mode it may be absent, as O(checkout).
      - With O(checkout) given too, both must be of the same commit and module.
    type: path
  version:
    description:
      - The tag, branch or commit that was asked for, as V(v5.3.6) or V(release-5.3.6).
      - It decides the release that artifacts are named after where several tags point at the commit.
    type: str
    default: ''
  go_version:
    description:
      - The Go release to build with, as V(1.22.7), where O(checkout) would only give the lower bound of its go.mod.
      - It cannot be given together with O(binary), which knows.
    type: str
    default: ''
  edition:
    description:
      - The edition of the gateway, where there is only a checkout. It decides the build tags, E(GOFIPS140) and E(GOEXPERIMENT).
      - V(ee) is the enterprise edition, V(fips) the one with validated cryptography.
    type: str
    choices: [community, ee, fips]
    default: community
  tags:
    description:
      - Build tags of the gateway, where there is only a checkout and they are not those of its O(edition).
    type: list
    elements: str
    default: []
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Read the build profile of a released gateway
  goplugins.tyk.tyk_gateway_info:
    binary: /opt/tyk-gateway/tyk
  register: gateway

- name: Read the build profile from a checkout, with the exact Go release that the release notes name
  goplugins.tyk.tyk_gateway_info:
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    version: v5.3.6
    go_version: 1.22.6
    edition: ee
  register: gateway

- name: Read it from a checkout that is built with tags of its own
  goplugins.tyk.tyk_gateway_info:
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    version: v5.3.6
    tags: [goplugin, mine]
  register: gateway
"""

RETURN = r"""
binary:
  description: Path of O(binary); V(null) without one.
  returned: success
  type: str
  sample: /opt/tyk-gateway/tyk
modules:
  description: From path to version, the modules that O(binary) is linked from, with what replaces them; empty without one.
  returned: success
  type: dict
  sample: {github.com/sirupsen/logrus: v1.9.3}
target:
  description: The platform of O(binary); V(null) without one.
  returned: success
  type: str
  sample: linux/amd64
profile:
  description: How the gateway was built, and so how its plugins must be built.
  returned: success
  type: dict
  sample:
    module: github.com/TykTechnologies/tyk
    version: v5.3.6
    label: v5.3.6
    commit: 1db1935d899296c91a55ba528e7b653aec02883b
    commit_time: '20240924125426'
    modified: ''
    go_directive: 1.22.6
    go_version: 1.22.6
    tags: [goplugin]
    trimpath: true
    race: false
    msan: false
    asan: false
    gcflags: ''
    goexperiment: ''
    gofips140: ''
    cpu: {}
    source: checkout
    assumed: [go_version, tags, trimpath]
  contains:
    module:
      description: Module path of the gateway.
      type: str
      returned: success
    version:
      description: The release, as Tyk's file names use it; empty where neither a tag nor a branch names one.
      type: str
      returned: success
    label:
      description: What artifacts are named after, the release or else V(v0.0.0-) with 12 digits of the commit.
      type: str
      returned: success
    commit:
      description: The commit, 40 hexadecimal digits; empty where the binary does not tell.
      type: str
      returned: success
    commit_time:
      description: When it was committed, UTC, as V(yyyymmddhhmmss).
      type: str
      returned: success
    modified:
      description: Empty for a clean checkout, else a digest of what was changed in it; V(binary) for a binary of a changed checkout.
      type: str
      returned: success
    go_directive:
      description: The go line of the gateway's go.mod; empty where there is only a binary.
      type: str
      returned: success
    go_version:
      description: The Go release to build with.
      type: str
      returned: success
    tags:
      description: Build tags.
      type: list
      elements: str
      returned: success
    trimpath:
      description: Whether it was built with C(-trimpath).
      type: bool
      returned: success
    race:
      description: Whether it was built with C(-race).
      type: bool
      returned: success
    msan:
      description: Whether it was built with C(-msan).
      type: bool
      returned: success
    asan:
      description: Whether it was built with C(-asan).
      type: bool
      returned: success
    gcflags:
      description: Flags of the compiler.
      type: str
      returned: success
    goexperiment:
      description: E(GOEXPERIMENT), empty for the default.
      type: str
      returned: success
    gofips140:
      description: E(GOFIPS140), empty for the default.
      type: str
      returned: success
    cpu:
      description: E(GOAMD64), E(GOARM64) and the like, as far as they are known.
      type: dict
      returned: success
    source:
      description: V(binary) or V(checkout).
      type: str
      returned: success
    assumed:
      description: Which of these values the source does not tell for sure.
      type: list
      elements: str
      returned: success
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.checkout import read_checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.alignment import linked_in_binary


def gateway_profile(checkout, binary, version, go_version, tags, edition):
    """(profile, platform and modules of the binary if one is given, what is to be doubted) from what is given. Raises GoPluginsError."""
    if not binary:
        profile = profiles.from_checkout(read_checkout(checkout), version, go_version, tags, edition)
        return profile, None, {}, list(doubts(profile, binary))
    if go_version:
        raise GoPluginsError(f"go_version {go_version} is given together with binary {binary}, which knows its own", "leave go_version out")
    with open_binary(binary) as opened:
        profile, target, linked = profiles.from_binary(opened, version), str(opened.platform), opened.build_info.deps
    told = linked_in_binary(binary)
    if not told.packages:
        raise GoPluginsError(
            f"{binary} is built from {profile.module} and can load no plugins: Tyk Gateway is, when it is built with the tag goplugin",
            "name the binary of the gateway that runs (tyk_gateway_binary)",
        )
    modules = {name: str(module).partition("@")[2] for name, module in told.modules.items()}
    doubted = list(doubts(profile, binary))
    if checkout:
        return profiles.with_checkout(profile, read_checkout(checkout), linked, version), target, modules, doubted
    if not (profile.commit or version):
        raise GoPluginsError(
            f"{binary} does not say from which commit it was built (it was built with -buildvcs=false or outside of a repository)",
            "name its version by the option version (tyk_gateway_version)",
        )
    return profile, target, modules, doubted


def doubts(profile, binary):
    """What whoever relies on the profile should know, one text each."""
    if "go_version" in profile.assumed:
        yield (
            f"Go {profile.go_version} is the least that the gateway's go.mod asks for; its release may be built with a later patch. "
            "The gateway that runs (tyk_gateway_binary) tells for sure, and tyk_go_version decides."
        )
    if profile.modified == "binary":
        yield (
            f"{binary} was built from a checkout of {profile.commit} in which something was changed (vcs.modified): "
            "plugins will not load that use a package changed there. Build the gateway from a clean checkout."
        )


def main():
    module = AnsibleModule(
        argument_spec={
            "checkout": {"type": "path"},
            "binary": {"type": "path"},
            "version": {"type": "str", "default": ""},
            "go_version": {"type": "str", "default": ""},
            "edition": {"type": "str", "choices": ["community", "ee", "fips"], "default": "community"},
            "tags": {"type": "list", "elements": "str", "default": []},
        },
        required_one_of=[("checkout", "binary")],
        supports_check_mode=True,
    )
    for place in (module.params["checkout"], module.params["binary"]):
        if module.check_mode and place and not os.path.exists(place):
            module.exit_json(changed=False, profile=None, target=None, binary=place, modules={}, msg=f"{place} is not there yet")
    try:
        profile, target, modules, doubted = gateway_profile(**module.params)
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    for doubt in doubted:
        module.warn(doubt)
    module.exit_json(changed=False, profile=profile.as_dict(), target=target, binary=module.params["binary"], modules=modules)


if __name__ == "__main__":
    main()
