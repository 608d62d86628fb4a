#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: go_plugin_build
short_description: Build Tyk Go plugins for one target
version_added: 0.1.0
description:
  - Builds the plugins of workspaces for one target, with the gateway's Go release, flags and tags.
  - Each artifact is named as the gateway looks for it, C({name}_{version}_{goos}_{goarch}.so), and takes its place whole or not at all.
    A JSON record stands beside it, with all inputs, their digest, the profile, the command and the duration.
  - When no input of a plugin changed, it is not built and C(go) is not started. Touching a file is no change.
  - A plugin that does not build keeps no other from being built. The task then fails, and says of each what is wrong with it.
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
    details: Shows which inputs of the builds changed.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  plugins:
    description: The plugins. For all of them Python is started, and the C compiler asked for its version, once.
    type: list
    elements: dict
    required: true
    suboptions:
      workspace:
        description: Folder of the workspace, RV(goplugins.tyk.go_workspace#module:workspaces[].path).
        type: path
        required: true
      symbols:
        description: Names that the plugin must export. If one is missing the task fails and the artifact that was there stays.
        type: list
        elements: str
        default: []
      hooks:
        description:
          - Further names that the plugin must export, with the kind of hook that the gateway uses each as.
          - The kind is one of V(pre), V(auth_check), V(post_key_auth), V(post), V(response) and V(analytics).
          - The compiler checks their types before it links. A wrong one fails the task, which names file, line and the expected type.
            Otherwise it would show at the first request, as C(could not cast function symbol).
        type: dict
        default: {}
      ldflags:
        description:
          - Flags of the linker. They do not change how the plugin loads.
          - V(-s -w) makes it smaller and the build faster; debuggers then know less of it.
        type: str
        default: ''
  target:
    description:
      - What the plugins are built for, C(goos/goarch) in Go's names, as V(linux/arm64).
      - Left out, the host's own.
    type: str
  output:
    description: Folder for the artifacts and their records. It is made if it is missing.
    type: path
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Build two plugins for the host's own CPU
  goplugins.tyk.go_plugin_build:
    plugins:
      - workspace: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
        symbols: [AddFooBarHeader]
        hooks:
          AuthCheck: auth_check
      - workspace: /srv/tyk-plugins/workspaces/v5.3.6/enrich
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    output: /srv/tyk-plugins/artifacts/v5.3.6
    min_free_mb: 2048
  register: built

- name: Build a stripped plugin for arm64
  goplugins.tyk.go_plugin_build:
    plugins:
      - workspace: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
        ldflags: -s -w
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    target: linux/arm64
    cc: aarch64-linux-gnu-gcc
    output: /srv/tyk-plugins/artifacts/v5.3.6
"""

RETURN = r"""
plugins:
  description: What came of each plugin, in the order of O(plugins). When the task failed, of those that are built.
  returned: success or failure
  type: list
  elements: dict
  contains:
    workspace:
      description: Folder of its workspace.
      returned: always
      type: str
      sample: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
    changed:
      description: Whether it was built, or would be.
      returned: always
      type: bool
      sample: true
    artifact:
      description: Path of the plugin; in check mode none where the workspace is not there yet.
      returned: always
      type: str
      sample: /srv/tyk-plugins/artifacts/v5.3.6/testplugin_v5.3.6_linux_amd64.so
    required:
      description: The names that it must export, those of O(plugins[].symbols) and O(plugins[].hooks).
      returned: always
      type: list
      elements: str
      sample: [AddFooBarHeader, AuthCheck]
    native:
      description: Whether it is for the host's own platform, so that a gateway here can load it.
      returned: always
      type: bool
      sample: true
    reasons:
      description: Why it was built, or would be; empty when nothing changed.
      returned: always
      type: list
      elements: str
      sample: ['plugin: 4f0c -> 9be1']
    record:
      description: What stands in the JSON file beside the artifact; empty in check mode where there is none yet.
      returned: always
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

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._build import plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import parse_target
from ansible_collections.goplugins.tyk.plugins.module_utils._module.arguments import (
    COMPILING,
    compiler,
    not_there_yet,
    profile_and_toolchain,
)

PLUGIN = {
    "workspace": {"type": "path", "required": True},
    "symbols": {"type": "list", "elements": "str", "default": []},
    "hooks": {"type": "dict", "default": {}},
    "ldflags": {"type": "str", "default": ""},
}


def main():
    module = AnsibleModule(
        argument_spec={
            **COMPILING,
            "plugins": {"type": "list", "elements": "dict", "required": True, "options": PLUGIN},
            "target": {"type": "str"},
            "output": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    params, check_mode = module.params, module.check_mode
    built, errors = [], []
    try:
        refuse_twins(params["plugins"])
        for one in params["plugins"]:
            checked_hooks(one["hooks"])
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    for one in params["plugins"]:
        missing = not_there_yet(params, one["workspace"]) if check_mode else ""
        try:
            built.append(unseen(params, one, missing) if missing else up_to_date(params, one, check_mode))
        except GoPluginsError as error:
            errors.append(error.as_result())
    if errors:
        messages = dict.fromkeys(error["msg"] for error in errors)
        module.fail_json(**{**errors[0], "msg": "\n".join(messages)}, plugins=built)
    module.exit_json(
        changed=any(one["changed"] for one in built),
        plugins=built,
        diff=[
            {"before": "", "after_header": os.path.basename(one["workspace"]), "after": "".join(f"{reason}\n" for reason in one["reasons"])}
            for one in built
            if one["reasons"]
        ],
    )


def refuse_twins(plugins):
    """Raises GoPluginsError where two plugins would make the same artifact, which has the name of the workspace."""
    names = [os.path.basename(os.path.normpath(one["workspace"])) for one in plugins]
    for name in names:
        if names.count(name) > 1:
            raise GoPluginsError(f"there are {names.count(name)} plugins of the name {name}", "give each a name of its own")


def unseen(params, one, reason):
    """The result for a plugin that an earlier task, not run in check mode, has to come before."""
    return result(params, one, changed=True, artifact=None, reasons=[reason], record={})


def up_to_date(params, one, check_mode):
    """The result of one plugin, once it is built. Raises GoPluginsError."""
    outcome = plugin.make(wanted_plugin(params, one), check_mode)
    return result(params, one, outcome.changed, outcome.artifact, list(outcome.reasons), outcome.record)


def result(params, one, changed, artifact, reasons, record):
    """What is told of one plugin."""
    return {
        "workspace": one["workspace"],
        "changed": changed,
        "artifact": artifact,
        "required": [*one["symbols"], *one["hooks"]],
        "native": params["target"] in (None, str(host_platform())),
        "reasons": reasons,
        "record": record,
    }


def wanted_plugin(params, one):
    """The plugin that the arguments describe. Raises GoPluginsError."""
    profile, go = profile_and_toolchain(params)
    target = parse_target(params["target"] or str(host_platform()), go.version)
    return plugin.Wanted(
        workspace=one["workspace"],
        profile=profile,
        go=go,
        target=target,
        cc=compiler(params["cc"], target),
        ldflags=one["ldflags"],
        symbols=tuple(one["symbols"]),
        hooks=checked_hooks(one["hooks"]),
        output=params["output"],
        min_free=params["min_free_mb"] * 1_000_000,
    )


if __name__ == "__main__":
    main()
