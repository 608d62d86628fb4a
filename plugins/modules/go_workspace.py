#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: go_workspace
short_description: Lay out the Go workspace of a Tyk plugin
version_added: 0.1.0
description:
  - Makes the workspace that Tyk documents for building plugins, a C(go.work) that uses the gateway's checkout and the plugin,
    with a C(go.work.sum).
  - The plugin's source is copied into the workspace and only the copy is changed. It gets a C(go.mod) if it has none, the go directive
    of the gateway's C(go.mod), and a requirement on the gateway at its exact commit, served by the checkout. Then C(go mod tidy) runs,
    with the gateway's C(go.sum) vouching for the gateway's modules.
  - Neither the module proxy nor the history of the repository need have the gateway; a shallow clone will do.
  - Each plugin has a workspace of its own, so that the requirements of one never raise those of another.
  - The workspace is replaced whole or not at all.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.building
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows C(go.mod) of the source and of the workspace, and C(go.work).
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
    details: Carries O(source) from the controller to the host, unless O(remote_src) is set.
options:
  path:
    description: Folder of the workspace. It belongs to this module; what is not the workspace is removed.
    type: path
    required: true
  name:
    description:
      - Name of the plugin. It begins the artifact's file name, and becomes the module path where the source has no C(go.mod).
    type: str
    required: true
  source:
    description:
      - Folder with the plugin's Go source.
      - It is looked for on the controller, relative to where C(ansible-playbook) was started, unless O(remote_src) is set.
        The host gets it only when it differs from what the host has.
    type: path
    required: true
  remote_src:
    description: Whether O(source) is a folder on the host, as a git checkout is.
    type: bool
    default: false
  package:
    description: Folder of the plugin's main package inside O(source).
    type: str
    default: .
  gateway:
    description: Folder with the gateway's source, a git checkout.
    type: path
    required: true
  write_back:
    description:
      - Whether the C(go.mod) and C(go.sum) that came out are carried back to O(source), the only way in which the user's files are changed.
      - Needs O(source) to be on the host, by O(remote_src=true) or a local connection.
    type: bool
    default: false
  source_digest:
    description: Set by the action plugin, what O(source) says on the controller. Not for use in playbooks.
    type: str
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Lay out the workspace of a plugin whose source is on the controller
  goplugins.tyk.go_workspace:
    name: testplugin
    source: plugins/testplugin
    package: .
    gateway: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
    min_free_mb: 1024
  register: workspace

- name: The same for a source on the host, with go.mod and go.sum carried back to it
  goplugins.tyk.go_workspace:
    name: testplugin
    source: /home/dev/testplugin
    remote_src: true
    write_back: true
    gateway: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
"""

RETURN = r"""
path:
  description: Folder of the workspace.
  returned: success
  type: str
  sample: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
notes:
  description: What was done to the staged C(go.mod) that its author should know, a line each.
  returned: success
  type: list
  elements: str
  sample: ['go.mod: go 1.25.0 -> 1.22.6, as the gateway has it']
written_back:
  description: Whether C(go.mod) or C(go.sum) of the source were changed.
  returned: success
  type: bool
  sample: false
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._build import mirror, workspace
from ansible_collections.goplugins.tyk.plugins.module_utils._build.arguments import BUILDING, not_there_yet, profile_and_toolchain
from ansible_collections.goplugins.tyk.plugins.module_utils._build.plugin import checked_name
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree


def wanted_workspace(params):
    """The workspace that the arguments describe. Raises GoPluginsError."""
    source = read_tree(params["source"])
    path = os.path.abspath(params["path"])
    if path == os.path.abspath(source.root) or path.startswith(os.path.join(os.path.abspath(source.root), "")):
        raise GoPluginsError(f"the workspace {path} lies inside the source {source.root}", "choose a path outside of it")
    reason = workspace.main_package_error(source, params["package"])
    if reason:
        raise GoPluginsError(reason, "name the folder of package main by the option package")
    profile, go = profile_and_toolchain(params)
    return workspace.Wanted(
        path=path,
        name=params["name"],
        package=params["package"],
        gateway=params["gateway"],
        profile=profile,
        source=source,
        local_modules=workspace.local_modules(source),
        go=go,
        min_free=params["min_free_mb"] * 1_000_000,
    )


def source_arrived(params):
    """Whether the host has the controller's source; the action plugin sends it as an archive when asked to. Raises GoPluginsError."""
    if not mirror.is_current(params["path"], params["source_digest"]):
        if not params["source"].endswith(".tar"):
            return False
        mirror.update(params["path"], params["source"], params["source_digest"])
    params["source"] = mirror.mirror_path(params["path"])
    return True


def main():
    module = AnsibleModule(
        argument_spec={
            **BUILDING,
            "path": {"type": "path", "required": True},
            "name": {"type": "str", "required": True},
            "source": {"type": "path", "required": True},
            "remote_src": {"type": "bool", "default": False},
            "package": {"type": "str", "default": "."},
            "gateway": {"type": "path", "required": True},
            "write_back": {"type": "bool", "default": False},
            "source_digest": {"type": "str"},
        },
        supports_check_mode=True,
    )
    params = module.params
    try:
        checked_name(params["name"])
        missing = not_there_yet(params, params["gateway"], params["source"] if params["remote_src"] else None) if module.check_mode else ""
        if not missing and params["source_digest"] and not source_arrived(params):
            missing = "the source on the controller is not the one on the host"
            if not module.check_mode:
                module.exit_json(changed=False, wants_source=True)
        if missing:
            module.exit_json(changed=True, path=params["path"], notes=[missing], written_back=False)
        wanted = wanted_workspace(params)
        if module.check_mode:
            result = workspace.preview(wanted)
            written_back = params["write_back"] and result.mod_before != result.mod_after
        else:
            result = workspace.prepare(wanted)
            written_back = params["write_back"] and workspace.write_back(wanted)
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    module.exit_json(
        changed=result.changed or written_back,
        path=params["path"],
        notes=list(result.notes),
        written_back=written_back,
        diff=[
            {
                "before_header": "go.mod of the source",
                "before": result.mod_before,
                "after_header": "go.mod staged",
                "after": result.mod_after,
            },
            {"before": "", "after_header": "go.work", "after": result.work},
        ]
        if result.changed
        else [],
    )


if __name__ == "__main__":
    main()
