#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_gateway_info
short_description: Find out how a Tyk Gateway was built
version_added: 0.1.0
description:
  - A Go plugin loads only into a gateway that was built with the same Go release, flags, tags and dependency versions.
    This module reads all of that from the gateway's binary, from its checkout, or from both, and returns it as one value.
  - The other modules of this collection take that value as O(goplugins.tyk.go_plugin_build#module:profile).
  - The binary is the truth. A checkout gives only a lower bound of the Go release, and neither tags nor flags;
    RV(profile.assumed) names what had to be assumed, and a warning says so of the Go release.
  - There is a warning, too, for a binary that was built from a changed checkout.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.attributes.read_only
options:
  checkout:
    description:
      - Folder with the gateway's source, a git checkout.
      - In check mode it may be missing, as an earlier task would have made it; RV(profile) is then V(null), and RV(msg) says why.
    type: path
  binary:
    description:
      - The gateway's binary. It is read, not executed.
      - In check mode it may be missing, as O(checkout) may.
      - With O(checkout) given too, both must be of the same commit and module.
    type: path
  of_binary:
    description:
      - What this module returned earlier for O(binary) alone. The binary is not read again.
      - So a first task finds out from the binary which source it was built from, a second gets that source, and a third completes the
        profile with O(checkout). The result is what O(binary) and O(checkout) together give.
    type: dict
  version:
    description:
      - The tag, branch or commit that was asked for, such as V(v5.3.6) or V(release-5.3.6).
      - It decides the release that artifacts are named after where several tags point at the commit.
    type: str
    default: ''
  go_version:
    description:
      - The Go release to build with, such as V(1.22.7), where O(checkout) would only give the lower bound of its go.mod.
      - It cannot be given together with O(binary) or O(of_binary), which know it.
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
  debug:
    description:
      - Whether the gateway is to be compiled for a debugger, without optimization and inlining, where there is only a checkout. Its plugins
        are compiled in the same way then, as they must be.
      - No release is built so. A gateway that is says so in its binary.
    type: bool
    default: false
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Read the build profile of a released gateway
  goplugins.tyk.tyk_gateway_info:
    binary: /opt/tyk-gateway/tyk
  register: gateway

- name: Complete it with the source that the gateway was built from
  goplugins.tyk.tyk_gateway_info:
    of_binary: "{{ gateway }}"
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
  register: gateway

- name: Read the build profile from a checkout, with the exact Go release that the release notes name
  goplugins.tyk.tyk_gateway_info:
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    version: v5.3.6
    go_version: 1.22.6
    edition: ee
  register: gateway

- name: Read it from a checkout of which gateway and plugins are built for a debugger
  goplugins.tyk.tyk_gateway_info:
    checkout: /srv/tyk-plugins/gateways/v5.3.6/src
    version: v5.3.6
    debug: true
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
  description: Path of the gateway's binary; V(null) without one, and in check mode where it is not there yet.
  returned: success
  type: str
  sample: /opt/tyk-gateway/tyk
stamp:
  description: A digest of what the file system says of the binary, such as size and change time; V(null) without one.
  returned: success
  type: str
  sample: 0d1c6e2f3d0a5c2f1a4f6b7d8e9c0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b
linked:
  description: What the binary is linked from, for O(goplugins.tyk.go_workspace#module:linked); V(null) without a binary.
  returned: success
  type: dict
  contains:
    packages:
      description: Import paths of the packages that plugins may share with the gateway.
      type: list
      elements: str
      returned: success
      sample: [github.com/TykTechnologies/tyk/ctx, github.com/sirupsen/logrus, net/http]
    modules:
      description: The modules of these packages without the gateway's own. A module that nothing replaces has an empty replace_path.
      type: list
      elements: dict
      returned: success
      sample: [{path: github.com/sirupsen/logrus, version: v1.9.3, replace_path: '', replace_version: ''}]
target:
  description: The platform of the binary; V(null) without one.
  returned: success
  type: str
  sample: linux/amd64
elapsed:
  description: How long the module took, in seconds.
  returned: always
  type: float
  sample: 0.06
msg:
  description: In check mode, what is missing that an earlier task would have made.
  returned: when O(binary) or O(checkout) is not there yet
  type: str
  sample: /srv/tyk-plugins/gateways/v5.3.6/src is not there yet
profile:
  description: How the gateway was built, and so how its plugins must be built; V(null) in check mode where something is not there yet.
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
    cover: false
    gcflags: ''
    asmflags: ''
    pgo: ''
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
      description: The commit, 40 hexadecimal digits; empty where the binary does not say.
      type: str
      returned: success
    commit_time:
      description: When it was committed, UTC, as V(yyyymmddhhmmss).
      type: str
      returned: success
    modified:
      description:
        - Empty for a clean checkout, else a digest of what was changed in it; V(binary) for a binary of a changed checkout.
        - A file that the commit does not have counts where Go reads it, also one that git ignores.
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
    cover:
      description: Whether it was built with C(-cover).
      type: bool
      returned: success
    gcflags:
      description: Flags of the compiler.
      type: str
      returned: success
    asmflags:
      description: Flags of the assembler.
      type: str
      returned: success
    pgo:
      description: Name of the profile that the compiler optimized by; empty without one.
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
      description: Which of these values are not known for sure from the source.
      type: list
      elements: str
      returned: success
"""

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import linked as links
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.checkout import read_checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile_of_checkout import from_checkout, with_checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run
from ansible_collections.goplugins.tyk.plugins.module_utils._receipt import stamp

NAME_IT = "name the binary of the gateway that runs (tyk_gateway_binary)"


def work(module):
    """The result of the module. Raises GoPluginsError."""
    params = module.params
    binary, of_binary, checkout, version = (params[name] for name in ("binary", "of_binary", "checkout", "version"))
    if params["go_version"] and (binary or of_binary is not None):
        raise GoPluginsError(
            f"go_version {params['go_version']} is given together with the gateway's binary, which knows its own", "leave go_version out"
        )
    if params["debug"] and (binary or of_binary is not None):
        raise GoPluginsError(
            "debug is given together with the gateway's binary, which is compiled already and knows how",
            "leave debug (tyk_gateway_debug) out, and name a gateway by its version or by a binary that was built for a debugger",
        )
    missing = no_binary_yet(binary, of_binary) if module.check_mode else ""
    if missing:
        return {"profile": None, "target": None, "binary": None, "stamp": None, "linked": None, "msg": missing}
    profile, target, linked = read_binary(binary, of_binary, version)
    result = {
        "target": target,
        "binary": binary if of_binary is None else of_binary.get("binary"),
        "stamp": stamp(binary) if binary else (of_binary or {}).get("stamp"),
        "linked": linked and linked.as_dict(),
    }
    if module.check_mode and checkout and not os.path.exists(checkout):
        return {**result, "profile": None, "msg": f"{checkout} is not there yet"}
    # With of_binary the warning came when the binary was read.
    if binary and profile.modified:
        module.warn(
            f"{binary} was built from a checkout of {profile.commit} in which something was changed (vcs.modified): "
            "plugins that use a package changed there will not load. Build the gateway from a clean checkout."
        )
    if profile is None:
        given = (params[name] for name in ("go_version", "tags", "edition", "debug"))
        profile = from_checkout(read_checkout(checkout), version, *given)
        if "go_version" in profile.assumed:
            module.warn(
                f"Go {profile.go_version} is the least that the gateway's go.mod asks for; its release may be built with a later patch. "
                "The binary of the gateway that runs (tyk_gateway_binary) knows for sure; tyk_gateway_go_version sets it."
            )
    elif checkout:
        profile = with_checkout(profile, read_checkout(checkout), linked.modules.values(), version)
    elif not (profile.commit or version):
        raise GoPluginsError(
            f"{result['binary']} does not say from which commit it was built (with -buildvcs=false, or outside of a repository)",
            "name its version by the option version (tyk_gateway_version)",
        )
    return {**result, "profile": profile.as_dict()}


def no_binary_yet(binary, of_binary):
    """Why the binary cannot be read in check mode, where an earlier task would have brought it; empty if it can."""
    if of_binary is not None and not of_binary.get("profile"):
        return str(of_binary.get("msg") or "the gateway's binary is not there yet")
    return f"{binary} is not there yet" if binary and not os.path.exists(binary) else ""


def read_binary(binary, of_binary, version):
    """(profile, platform, what it is linked from) of the binary, or of what was read from it earlier; all None without either.

    Raises GoPluginsError.
    """
    if of_binary is not None:
        profile = profiles.from_dict(of_binary.get("profile") or {})
        profile = profile._replace(version=profiles.release_version(version, ()) or profile.version)
        return profile, of_binary.get("target"), links.from_dict(of_binary.get("linked") or {})
    if not binary:
        return None, None, None
    try:
        with open_binary(binary) as opened:
            profile, target, linked = (
                profiles.from_binary(binary, opened.build_info, version),
                str(opened.platform),
                links.of_binary(opened.build_info.deps, opened.fingerprints()),
            )
    except BinaryError as error:
        error.fix = error.fix or NAME_IT
        raise
    if not linked.packages:
        raise GoPluginsError(
            f"{binary} is built from {profile.module} and can load no plugins: a Tyk Gateway can when it is built with the tag goplugin",
            NAME_IT,
        )
    return profile, target, linked


def main():
    run(
        work,
        {
            "checkout": {"type": "path"},
            "binary": {"type": "path"},
            "of_binary": {"type": "dict"},
            "version": {"type": "str", "default": ""},
            "go_version": {"type": "str", "default": ""},
            "edition": {"type": "str", "choices": ["community", "ee", "fips"], "default": "community"},
            "tags": {"type": "list", "elements": "str", "default": []},
            "debug": {"type": "bool", "default": False},
        },
        required_one_of=[("checkout", "binary", "of_binary")],
        mutually_exclusive=[("binary", "of_binary")],
    )


if __name__ == "__main__":
    main()
