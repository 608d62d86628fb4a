#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: go_plugin_build
short_description: Build a Tyk Go plugin for one target
version_added: 0.1.0
description:
  - Builds the plugin of a workspace for one target, with the gateway's Go release, flags and tags.
  - The artifact is named as the gateway looks for it, C({name}_{version}_{goos}_{goarch}.so), and takes its place whole or not at all.
    A JSON record stands beside it, with all inputs, their digest, the profile, the command and the duration.
  - When no input changed, nothing is built and C(go) is not started. Touching a file is no change.
  - Another run that builds the same plugin is waited for, and what it built is not built again.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.building
  - goplugins.tyk.building.compiling
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
options:
  workspace:
    description: Folder of the workspace, RV(goplugins.tyk.go_workspace#module:workspaces[].path).
    type: path
    required: true
  target:
    description:
      - What the plugin is built for, C(goos/goarch) in Go's names, as V(linux/arm64).
      - Left out, the host's own.
    type: str
  output:
    description: Folder for the artifact and its record. It is made if it is missing.
    type: path
    required: true
  symbols:
    description:
      - Names that the plugin must export. If one is missing the task fails and the artifact that was there stays.
    type: list
    elements: str
    default: []
  hooks:
    description:
      - Further names that the plugin must export, with the kind of hook that the gateway uses each as.
      - The kind is one of V(pre), V(auth_check), V(post_key_auth), V(post), V(response) and V(analytics).
      - The compiler checks their types before it links. A wrong one fails the task, which names file, line and the type that is expected.
        Otherwise it would show at the first request, as C(could not cast function symbol).
    type: dict
    default: {}
  ldflags:
    description:
      - Flags of the linker. They do not change how the plugin loads.
      - V(-s -w) makes it smaller and the build faster; debuggers then know less of it.
    type: str
    default: ''
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Build the plugin for the host's own CPU
  goplugins.tyk.go_plugin_build:
    workspace: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    output: /srv/tyk-plugins/artifacts/v5.3.6
    symbols: [AddFooBarHeader]
    hooks:
      AuthCheck: auth_check
    min_free_mb: 2048
  register: built

- name: Build a stripped plugin for arm64
  goplugins.tyk.go_plugin_build:
    workspace: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    target: linux/arm64
    cc: aarch64-linux-gnu-gcc
    ldflags: -s -w
    output: /srv/tyk-plugins/artifacts/v5.3.6
"""

RETURN = r"""
required:
  description: The names that the plugin must export, those of O(symbols) and O(hooks).
  returned: success
  type: list
  elements: str
  sample: [AddFooBarHeader, AuthCheck]
native:
  description: Whether the plugin is for the host's own platform, so that a gateway here can load it.
  returned: success
  type: bool
  sample: true
artifact:
  description: Path of the plugin.
  returned: success
  type: str
  sample: /srv/tyk-plugins/artifacts/v5.3.6/testplugin_v5.3.6_linux_amd64.so
reasons:
  description: Why it was built, or would be; empty when nothing changed.
  returned: success
  type: list
  elements: str
  sample: ['plugin: 4f0c -> 9be1']
record:
  description: What stands in the JSON file beside the artifact; empty in check mode where there is none yet.
  returned: success
  type: dict
  sample:
    artifact: testplugin_v5.3.6_linux_amd64.so
    digest: 9f2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
    sha256: 0b2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
    size: 32456789
    target: linux/amd64
    symbols: [AuthCheck]
    plugin_path: testplugin
    seconds: 3.1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._build import plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._build.arguments import (
    COMPILING,
    compiler,
    not_there_yet,
    profile_and_toolchain,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._build.target import parse_target
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import host_platform


def wanted_plugin(params):
    """The plugin that the arguments describe. Raises GoPluginsError."""
    profile, go = profile_and_toolchain(params)
    target = parse_target(params["target"] or str(host_platform()), go.version)
    return plugin.Wanted(
        workspace=params["workspace"],
        profile=profile,
        go=go,
        target=target,
        cc=compiler(params["cc"], target),
        ldflags=params["ldflags"],
        symbols=tuple(params["symbols"]),
        hooks=checked_hooks(params["hooks"]),
        output=params["output"],
        min_free=params["min_free_mb"] * 1_000_000,
    )


def required(params):
    """The names that the plugin must export."""
    return [*params["symbols"], *params["hooks"]]


def native(params):
    """Whether the plugin is for this host."""
    return params["target"] in (None, str(host_platform()))


def main():
    module = AnsibleModule(
        argument_spec={
            **COMPILING,
            "workspace": {"type": "path", "required": True},
            "target": {"type": "str"},
            "output": {"type": "path", "required": True},
            "symbols": {"type": "list", "elements": "str", "default": []},
            "hooks": {"type": "dict", "default": {}},
            "ldflags": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    missing = not_there_yet(module.params, module.params["workspace"]) if module.check_mode else ""
    if missing:
        module.exit_json(
            changed=True, artifact=None, native=native(module.params), required=required(module.params), reasons=[missing], record={}
        )
    try:
        outcome = plugin.make(wanted_plugin(module.params), module.check_mode)
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    module.exit_json(
        changed=outcome.changed,
        artifact=outcome.artifact,
        native=native(module.params),
        required=required(module.params),
        reasons=list(outcome.reasons),
        record=outcome.record,
        diff={"before": "", "after": "".join(f"{reason}\n" for reason in outcome.reasons)},
    )


if __name__ == "__main__":
    main()
