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
  - Builds the plugins in their workspaces for one target, with the gateway's Go release, flags and tags.
  - Each artifact has the name that the gateway looks for, C({name}_{version}_{goos}_{goarch}.so), and is replaced whole or not at all.
    A JSON record stands beside it, with all inputs, their digest, the profile, the command, the modules that were compiled in with their
    sums and licenses, the duration and the largest memory of a process.
  - While no input of a plugin changes, it is not built, C(go) is not started, and nothing is written or locked. Touching a file is no
    change.
  - A record is not believed. What it says of the artifact is read from the artifact, and where the two differ the plugin is built again.
  - After a build, the modules that were compiled in are compared with their sums. Where somebody changed one in E(GOMODCACHE), the plugin
    fails, and the artifact that was there stays.
  - For all plugins Python is started once. They are built side by side, as many as the host has processors,
    and memory for, once the first has compiled what all share.
  - A plugin that does not build keeps no other from being built. The task then fails, and says what is wrong with each of them.
  - A plugin that lacks one of its O(plugins[].symbols) fails, and the artifact that was there stays.
  - The compiler checks the types of the O(plugins[].hooks) before it links. For a wrong one the module names file, line and the expected
    type. Otherwise it would show at the first request, as C(could not cast function symbol).
  - Another run that builds the same plugin is waited for, and what it built is not built again.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.environment
  - goplugins.tyk.building
  - goplugins.tyk.building.compiling
  - goplugins.tyk.building.seen
  - goplugins.tyk.plugins
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
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
    details: Asks O(store) for what is to be built, and carries to the host what is there. Shows how far a long build is.
options:
  plugins:
    required: true
  workspaces:
    description: Folder of the workspaces, O(goplugins.tyk.go_workspace#module:path). That of a plugin is in the folder of its name.
    type: path
    required: true
  target:
    description:
      - The platform to build the plugins for, C(goos/goarch) in Go's names, such as V(linux/arm64).
      - Without it, the host's own.
    type: str
  output:
    description:
      - Folder for the artifacts and their records. The module makes it if it is missing.
      - A file with the name of an artifact that this module did not build there is left alone, and that plugin fails.
    type: path
    required: true
  store:
    description:
      - Artifacts by the digests of their inputs, from which a plugin is taken that another host has built. Without it, all are built here.
      - A folder on the controller, or the URL of one that answers GET. Only the controller speaks to it.
      - What is taken is compared with its record, and the record with the inputs on this host. What does not fit is named in a warning,
        and built. Who can write to the store is trusted as much as the build hosts.
      - M(goplugins.tyk.tyk_artifact_store) fills it.
    type: str
    default: ''
  reproduce:
    description:
      - Whether each plugin is built a second time, from a copy of its workspace in another folder and with an empty build cache, and
        compared with the artifact byte for byte. A plugin that is another file then fails; its artifact stays.
      - The record of the artifact says when it was reproduced, and it is not done again while that artifact stands.
      - The second build compiles everything that the plugin is linked from, once for all plugins of the task. That takes as long as a first
        build on a new host.
    type: bool
    default: false
  keep_going:
    description:
      - Whether the task succeeds although a plugin failed. Such a plugin is in RV(failures) and not in RV(plugins).
    type: bool
    default: false
  asked_first:
    description: The action plugin sets it, to learn what it may look for in O(store). Not for use in playbooks.
    type: bool
    default: false
  offers:
    description: The action plugin sets it, to the files that it brought to the host. Not for use in playbooks.
    type: dict
    default: {}
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Build two plugins for the host's own CPU
  goplugins.tyk.go_plugin_build:
    plugins:
      - name: testplugin
        symbols: [AddFooBarHeader]
        hooks:
          AuthCheck: auth_check
      - name: enrich
    workspaces: /srv/tyk-plugins/workspaces/v5.3.6
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    output: /srv/tyk-plugins/artifacts/v5.3.6
    store: ~/tyk-artifacts
    min_free_mb: 2048
    reproduce: true
    keep_going: true
    progress_interval: 20
    environment:
      GOCACHE: /srv/cache/go-build
  register: built

- name: Build a stripped plugin for arm64
  goplugins.tyk.go_plugin_build:
    plugins:
      - name: testplugin
        ldflags: -s -w
    workspaces: /srv/tyk-plugins/workspaces/v5.3.6
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    target: linux/arm64
    cc: aarch64-linux-gnu-gcc
    progress: false
    output: /srv/tyk-plugins/artifacts/v5.3.6
"""

RETURN = r"""
elapsed:
  description: How long the module took, in seconds.
  returned: always
  type: float
  sample: 3.62
failures:
  description: The plugins that failed; empty where none did.
  returned: success or failure
  type: list
  elements: dict
  contains:
    name:
      description: Name of the plugin.
      returned: always
      type: str
      sample: enrich
    message:
      description: What is wrong.
      returned: always
      type: str
      sample: 'plugin enrich does not export Stamp; it exports AddEnrichment'
    fix:
      description: What puts it right, a command or a setting a line; empty where the message says it.
      returned: always
      type: list
      elements: str
      sample: ['declare it in package main: func Stamp(rw http.ResponseWriter, r *http.Request)']
target:
  description: What the plugins were built for.
  returned: success or failure
  type: str
  sample: linux/amd64
plugins:
  description: The plugins, in the order of O(plugins), without those of RV(failures).
  returned: success or failure
  type: list
  elements: dict
  contains:
    name:
      description: Name of the plugin.
      returned: always
      type: str
      sample: testplugin
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
    taken:
      description: Whether it comes from O(store), and was not built here.
      returned: always
      type: bool
      sample: false
    artifact:
      description: Path of the plugin; V(null) in check mode where it is not built yet.
      returned: always
      type: str
      sample: /srv/tyk-plugins/artifacts/v5.3.6/testplugin_v5.3.6_linux_amd64.so
    target:
      description: The platform that it is for.
      returned: always
      type: str
      sample: linux/amd64
    native:
      description: Whether it is for the host's own platform, so that a gateway here can load it.
      returned: always
      type: bool
      sample: true
    reasons:
      description:
        - Why it was built, or would be; empty when nothing changed.
        - In check mode also what is missing that an earlier task would have made.
      returned: always
      type: list
      elements: str
      sample: ['plugin: 4f0c -> 9be1']
    raised:
      description:
        - The modules that the plugin gets at another version than the gateway has, and which module asks for it, as
          RV(goplugins.tyk.go_workspace#module:workspaces[].raised). The gateway does not load such a plugin.
      returned: always
      type: list
      elements: dict
      sample: []
    record_sha256:
      description: SHA-256 of the JSON file beside the artifact; empty in check mode where there is none yet.
      returned: always
      type: str
      sample: 5d41402abc4b2a76b9719d911017c592ae2e6d4f0d6e1a1d3b8c4a5b6c7d8e9f
    record:
      description:
        - What stands in the JSON file beside the artifact, without the lists of modules and licenses.
        - It is empty in check mode where there is none yet.
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
        peak_memory: 411041792
"""

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._build import identity
from ansible_collections.goplugins.tyk.plugins.module_utils._build import plugin as builds
from ansible_collections.goplugins.tyk.plugins.module_utils._build.room import Room
from ansible_collections.goplugins.tyk.plugins.module_utils._files import scratch_folder, sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import known_target, parse_target
from ansible_collections.goplugins.tyk.plugins.module_utils._module.arguments import (
    COMPILING,
    SEEN,
    compiler,
    compiler_missing,
    not_there_yet,
    profile_and_toolchain,
    seen,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import KEEP_GOING, PLUGINS, each, plugins_of, with_failures
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run


def work(module):
    """The result of the module. Raises GoPluginsError."""
    if module.check_mode or not module.params["reproduce"]:
        return made(module, "")
    with scratch_folder("goplugins-reproduce.") as scratch:
        return made(module, scratch)


def made(module, scratch):
    """The result. scratch: a folder for second builds. Raises GoPluginsError."""
    params, check_mode = module.params, module.check_mode
    plugins = plugins_of(module)
    target = params["target"] or str(host_platform())
    known_target(target)
    missing = not_there_yet(params) if check_mode else ""
    common = {} if missing else what_all_share(params, target)
    if check_mode and not missing:
        missing = compiler_missing(common["cc"])
    room = Room(1 if params["reproduce"] else None)

    def wanted(plugin):
        return builds.Wanted(
            workspace=os.path.join(params["workspaces"], plugin["name"]),
            ldflags=plugin["ldflags"],
            symbols=tuple(plugin["symbols"]),
            hooks=checked_hooks(plugin["hooks"]),
            offer=params["offers"].get(plugin["name"], ""),
            reproduce=scratch if params["reproduce"] else None,
            **common,
        )

    def look(plugin):
        """(plugin, what check mode cannot see yet, what is to be done otherwise)"""
        workspace = os.path.join(params["workspaces"], plugin["name"])
        checked_hooks(plugin["hooks"])
        unseen = missing or (f"{workspace} is not there yet" if check_mode and not os.path.exists(workspace) else "")
        return plugin, unseen, None if unseen else builds.look(wanted(plugin), check_mode)

    # In turn: the C compiler is asked once, and where nothing changed there is nothing to do side by side.
    looked, refused = each(plugins, look, params["output"])
    found = {plugin["name"]: (unseen, outcome) for plugin, unseen, outcome in looked}

    def build(plugin):
        workspace = os.path.join(params["workspaces"], plugin["name"])
        unseen, outcome = found[plugin["name"]]
        if unseen:
            return result_of(plugin, workspace, target, True, None, [unseen], {}), []
        outcome = builds.make(wanted(plugin), outcome, check_mode, room.taken)
        if outcome.changed and not outcome.taken:
            room.learn(outcome.record.get("peak_memory", 0))
        warnings = [f"{plugin['name']} for {target} is not taken from the store but built: {reason}" for reason in outcome.refused]
        artifact = outcome.artifact if os.path.exists(outcome.artifact) else None
        reasons = list(outcome.reasons)
        return result_of(plugin, workspace, target, outcome.changed, artifact, reasons, outcome.record, outcome.taken), warnings

    if params["asked_first"] and not check_mode:
        wants = {
            plugin["name"]: {"digest": outcome.digest, "artifact": os.path.basename(outcome.artifact)}
            for plugin, _unseen, outcome in looked
            if outcome and outcome.changed
        }
        # What was refused is refused again, and is then reported.
        if wants:
            return {"wants": wants}
    begun = [plugin for plugin in plugins if plugin["name"] in found]
    idle = check_mode or all(outcome and not outcome.changed for _unseen, outcome in found.values())
    made, failed = each(begun, build, params["output"], 1 if idle else room.most)
    wrong = {**refused, **failed}
    errors = {plugin["name"]: wrong[plugin["name"]] for plugin in plugins if plugin["name"] in wrong}
    built = [one for one, _warnings in made]
    result = {
        "changed": any(one["changed"] for one in built),
        "target": target,
        "plugins": built,
        "warnings": [warning for _one, warnings in made for warning in warnings],
        "diff": [
            {"before": "", "after_header": one["name"], "after": "".join(f"{reason}\n" for reason in one["reasons"])}
            for one in built
            if one["reasons"]
        ],
    }
    return with_failures(result, errors, params["keep_going"])


def what_all_share(params, target):
    """The fields of C(plugin.Wanted) that are the same for all plugins. Raises GoPluginsError."""
    profile, go = profile_and_toolchain(params)
    platform = parse_target(target, go.version)
    return {
        "profile": profile,
        "go": go,
        "target": platform,
        "cc": compiler(params["cc"], platform),
        "output": params["output"],
        "min_free": params["min_free_mb"] * 1_000_000,
        "seen": seen(params),
    }


def result_of(plugin, workspace, target, changed, artifact, reasons, record, taken=False):
    """The result for one plugin."""
    return {
        "name": plugin["name"],
        "workspace": workspace,
        "changed": changed,
        "taken": taken,
        "artifact": artifact,
        "target": target,
        "native": target == str(host_platform()),
        "reasons": reasons,
        "raised": builds.raised(workspace),
        "record_sha256": sha256_file(identity.record_path(artifact)) if artifact and record else "",
        # The lists of modules would travel with each later task.
        "record": {name: value for name, value in record.items() if name not in identity.LONG},
    }


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            **COMPILING,
            **SEEN,
            "plugins": {**PLUGINS, "required": True},
            "workspaces": {"type": "path", "required": True},
            "target": {"type": "str"},
            "output": {"type": "path", "required": True},
            "store": {"type": "str", "default": "", "no_log": True},
            "reproduce": {"type": "bool", "default": False},
            "keep_going": KEEP_GOING,
            "asked_first": {"type": "bool", "default": False},
            "offers": {"type": "dict", "default": {}},
        },
        writes_to="output",
    )


if __name__ == "__main__":
    main()
