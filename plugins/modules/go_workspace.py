#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: go_workspace
short_description: Lay out the Go workspaces of Tyk plugins
version_added: 0.1.0
description:
  - Makes for each plugin the workspace that Tyk documents, a C(go.work) that uses the gateway's checkout and the plugin,
    with a C(go.work.sum).
  - The plugin's source is copied into the workspace and only the copy is changed. It gets a C(go.mod) if it has none, the go directive
    of the gateway's C(go.mod), and a requirement on the gateway at its exact commit, served by the checkout. Then C(go mod tidy) runs,
    with the gateway's C(go.sum) vouching for the gateway's modules.
  - Neither the module proxy nor the history of the repository need have the gateway; a shallow clone will do.
  - Each plugin has a workspace of its own, so that the requirements of one never raise those of another.
  - A workspace is replaced whole or not at all. Where one plugin's fails, those of the others are made all the same.
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
    details: Carries O(plugins[].source) from the controller to the host, unless O(plugins[].remote_src) is set.
options:
  path:
    description:
      - Folder for the workspaces, each in a folder of its plugin's name.
      - Those folders belong to this module; what is not the workspace is removed from them.
    type: path
    required: true
  plugins:
    description: The plugins.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the plugin. It begins the artifact's file name, and becomes the module path where the source has no C(go.mod).
        type: str
        required: true
      source:
        description:
          - Folder with the plugin's Go source.
          - It is looked for on the controller, relative to where C(ansible-playbook) was started, unless O(plugins[].remote_src) is set.
            The host gets it only when it differs from what the host has.
        type: path
        required: true
      remote_src:
        description: Whether O(plugins[].source) is a folder on the host, as a git checkout is.
        type: bool
        default: false
      package:
        description: Folder of the plugin's main package inside O(plugins[].source).
        type: str
        default: .
      id:
        description:
          - Makes the plugin's module path one of its own, in the staged C(go.mod) and in the imports of its own packages.
          - A gateway process knows a plugin by that path, so two builds of one plugin load side by side only with different ids.
          - V(auto) takes it from all that is compiled. Then each new build is another plugin to a running gateway, which picks it up at its
            next reload, without a restart.
        type: str
        default: ''
      source_digest:
        description: Set by the action plugin, what O(plugins[].source) says on the controller. Not for use in playbooks.
        type: str
  gateway:
    description: Folder with the gateway's source, a git checkout.
    type: path
    required: true
  align:
    description:
      - What to do where the plugin raises a module that it shares with the gateway. Such a plugin compiles, but the gateway refuses it.
      - V(fail) fails the task, naming each such module, the requirement that raises it, and the cure.
      - V(apply) lowers the requirements in the workspace's C(go.mod). Where another dependency of the plugin raises the module, it takes
        the newest release of that dependency that does not, and fails where there is none.
      - V(report) only tells, in RV(workspaces[].raised).
    type: str
    choices: [report, apply, fail]
    default: fail
  binary:
    description:
      - The gateway's binary on the host. What it is linked from is what the workspace is compared with, rather than what O(gateway) says.
    type: path
  write_back:
    description:
      - Whether the C(go.mod) and C(go.sum) that came out are carried back to O(plugins[].source), the only way in which the user's files
        are changed.
      - Needs O(plugins[].source) to be on the host, by O(plugins[].remote_src=true) or a local connection.
    type: bool
    default: false
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Lay out the workspaces of two plugins, one on the controller and one on the host
  goplugins.tyk.go_workspace:
    plugins:
      - name: testplugin
        source: plugins/testplugin
      - name: enrich
        source: /srv/checkouts/enrich
        remote_src: true
        package: ./cmd/plugin
        id: auto
    gateway: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/workspaces/v5.3.6
    min_free_mb: 1024
  register: workspaces

- name: Lower what the plugin raises above the gateway that runs, and say what was done
  goplugins.tyk.go_workspace:
    plugins:
      - name: testplugin
        source: plugins/testplugin
    align: apply
    binary: /opt/tyk-gateway/tyk
    gateway: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/workspaces/v5.3.6

- name: Carry go.mod and go.sum back to a source on the host
  goplugins.tyk.go_workspace:
    plugins:
      - name: testplugin
        source: /home/dev/testplugin
        remote_src: true
    write_back: true
    gateway: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/workspaces/v5.3.6
"""

RETURN = r"""
workspaces:
  description: The workspaces, in the order of O(plugins).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the plugin.
      type: str
      sample: testplugin
    path:
      description: Folder of its workspace.
      type: str
      sample: /srv/tyk-plugins/workspaces/v5.3.6/testplugin
    changed:
      description: Whether the workspace was made anew.
      type: bool
      sample: true
    module:
      description: The plugin's module path in the workspace, by which a gateway process knows it. V(null) where check mode cannot tell yet.
      type: str
      sample: testplugin_9f2c6f0ffd6a
    notes:
      description: What was done to the staged C(go.mod) that its author should know, a line each.
      type: list
      elements: str
      sample: ['testplugin: go.mod: go 1.25.0 -> 1.22.6, as the gateway has it']
    raised:
      description: The modules that the workspace selects otherwise than the gateway, and of which both use packages.
      type: list
      elements: dict
      contains:
        module:
          description: Path of the module.
          type: str
          sample: github.com/sirupsen/logrus
        gateway:
          description: The version that the gateway is linked from, with its replacement where that differs.
          type: str
          sample: v1.9.3
        plugin:
          description: The version that the workspace selects.
          type: str
          sample: v1.9.4
        case:
          description:
            - Which of the cases of Tyk's documentation it is.
            - V(1), a dependency without go.mod or release, the version of which Go makes up; V(3), another minor or patch version.
          type: int
          sample: 3
        packages:
          description: The packages of it that both use.
          type: list
          elements: str
          sample: [github.com/sirupsen/logrus]
        path:
          description: From the plugin's module to the requirement that decides.
          type: list
          elements: str
          sample: [testplugin, example.com/audit@v1.3.0, github.com/sirupsen/logrus@v1.9.4]
        cure:
          description: Commands that lower it, to be run in the folder with the plugin's go.mod.
          type: list
          elements: str
          sample: [go mod edit -require=github.com/sirupsen/logrus@v1.9.3, go mod edit -require=example.com/audit@v1.2.0]
        flags:
          description: The flags of C(go mod edit) in these commands.
          type: list
          elements: str
          sample: [-require=github.com/sirupsen/logrus@v1.9.3, -require=example.com/audit@v1.2.0]
        hindrance:
          description: Why there is no cure; empty if there is one.
          type: str
          sample: ''
    in_step:
      description:
        - From module to version, the shared modules that the plugin's own C(go.mod) names and the gateway has at that very version.
          This is case 2 of the documentation. They must be raised when the gateway raises them, and not before.
      type: dict
      sample: {github.com/sirupsen/logrus: v1.9.3}
    written_back:
      description: Whether C(go.mod) or C(go.sum) of the source were changed.
      type: bool
      sample: false
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import checked_name
from ansible_collections.goplugins.tyk.plugins.module_utils._module.arguments import BUILDING, not_there_yet, profile_and_toolchain
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import source_copy, workspace
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.alignment import linked_in_binary

PLUGIN = {
    "name": {"type": "str", "required": True},
    "source": {"type": "path", "required": True},
    "remote_src": {"type": "bool", "default": False},
    "package": {"type": "str", "default": "."},
    "id": {"type": "str", "default": ""},
    "source_digest": {"type": "str"},
}


def main():
    module = AnsibleModule(
        argument_spec={
            **BUILDING,
            "path": {"type": "path", "required": True},
            "plugins": {"type": "list", "elements": "dict", "required": True, "options": PLUGIN},
            "gateway": {"type": "path", "required": True},
            "align": {"type": "str", "choices": ["report", "apply", "fail"], "default": "fail"},
            "binary": {"type": "path"},
            "write_back": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    params, check_mode = module.params, module.check_mode
    try:
        refuse_bad_names(params["plugins"])
        lacking = [plugin["name"] for plugin in params["plugins"] if not source_arrived(params["path"], plugin)]
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    if lacking and not check_mode:
        module.exit_json(changed=False, wants_sources=lacking)
    workspaces, diff, errors = [], [], []
    for plugin in params["plugins"]:
        try:
            reason = check_mode and nothing_to_preview(params, plugin, lacking)
            workspace, difference = (unseen(params, plugin, reason), []) if reason else laid_out(params, plugin, check_mode)
            workspaces.append(workspace)
            diff += difference
        except GoPluginsError as error:
            errors.append(error.as_result())
    if errors:
        module.fail_json(**{**errors[0], "msg": "\n".join(error["msg"] for error in errors)}, workspaces=workspaces)
    module.exit_json(changed=any(item["changed"] or item["written_back"] for item in workspaces), workspaces=workspaces, diff=diff)


def refuse_bad_names(plugins):
    """Raises GoPluginsError for a name that is none, or that two plugins have."""
    names = [checked_name(plugin["name"]) for plugin in plugins]
    for name in names:
        if names.count(name) > 1:
            raise GoPluginsError(f"there are {names.count(name)} plugins of the name {name}", "give each a name of its own")


def source_arrived(root, plugin):
    """Whether the host has the source; the action plugin sends it as an archive when asked to. Raises GoPluginsError."""
    if not plugin["source_digest"]:
        return True
    path = os.path.join(root, plugin["name"])
    if not source_copy.is_current(path, plugin["source_digest"]):
        if not plugin["source"].endswith(".tar"):
            return False
        source_copy.update(path, plugin["source"], plugin["source_digest"])
    plugin["source"] = source_copy.path_of(path)
    return True


def nothing_to_preview(params, plugin, lacking):
    """In check mode: what keeps the workspace from being looked at; empty if nothing does."""
    if plugin["name"] in lacking:
        return "the source on the controller is not the one on the host"
    return not_there_yet(params, params["gateway"], plugin["source"] if plugin["remote_src"] else None)


def unseen(params, plugin, reason):
    """The result for a workspace that an earlier task, not run in check mode, has to come before."""
    path = os.path.join(params["path"], plugin["name"])
    return {
        "name": plugin["name"],
        "path": path,
        "changed": True,
        "module": None,
        "notes": [reason],
        "raised": [],
        "in_step": {},
        "written_back": False,
    }


def laid_out(params, plugin, check_mode):
    """(result, diff) of one workspace. Raises GoPluginsError."""
    wanted = wanted_workspace(params, plugin)
    if check_mode:
        made = workspace.preview(wanted)
        written_back = params["write_back"] and made.mod_before != made.mod_after
    else:
        made = workspace.prepare(wanted)
        written_back = params["write_back"] and workspace.write_back(wanted)
    result = {
        "name": wanted.name,
        "path": wanted.path,
        "changed": made.changed,
        "module": made.told.module,
        "notes": list(made.told.notes),
        "raised": [one.as_dict() for one in made.told.raised],
        "in_step": made.told.in_step,
        "written_back": written_back,
    }
    mod = {
        "before_header": f"go.mod of {wanted.name}",
        "before": made.mod_before,
        "after_header": f"go.mod of {wanted.name}, staged",
        "after": made.mod_after,
    }
    work = {"before": "", "after_header": f"go.work of {wanted.name}", "after": made.work}
    return result, [mod, work] if made.changed else []


def wanted_workspace(params, plugin):
    """The workspace that the arguments describe. Raises GoPluginsError."""
    source = read_tree(plugin["source"])
    path = os.path.abspath(os.path.join(params["path"], plugin["name"]))
    if path == os.path.abspath(source.root) or path.startswith(os.path.join(os.path.abspath(source.root), "")):
        raise GoPluginsError(f"the workspace {path} lies inside the source {source.root}", "choose a path outside of it")
    reason = workspace.main_package_error(source, plugin["package"])
    if reason:
        raise GoPluginsError(reason, "name the folder of package main by the option package")
    profile, go = profile_and_toolchain(params)
    return workspace.Wanted(
        path=path,
        name=plugin["name"],
        package=plugin["package"],
        gateway=params["gateway"],
        profile=profile,
        source=source,
        local_modules=workspace.local_modules(source),
        go=go,
        min_free=params["min_free_mb"] * 1_000_000,
        align=params["align"],
        id=workspace.checked_id(plugin["id"]),
        linked=linked_in_binary(params["binary"]) if params["binary"] else None,
    )


if __name__ == "__main__":
    main()
