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
  - Makes the workspace of each plugin as Tyk documents it, a C(go.work) that uses the gateway's checkout and the plugin,
    with a C(go.work.sum).
  - The plugin's source is copied into the workspace, and only the copy changes. It gets a C(go.mod) if it has none, the go directive
    of the gateway's C(go.mod), and a requirement on the gateway at its exact commit, which the checkout serves. Then C(go mod tidy) runs,
    with the gateway's C(go.sum) vouching for the gateway's modules. Folders that a C(replace) puts in the place of modules are copied too,
    as Go writes their paths into what it builds.
  - The module that owns O(plugins[].source) is found as Go finds it, in the folder of the package or further up, and so is a C(go.work)
    that uses this module. The other modules of that C(go.work) become members of the workspace, and its C(replace) lines hold. So the
    plugin gets the versions of dependencies that it gets by C(go build) in the user's folder, as far as the gateway leaves the choice.
    What is otherwise is in RV(workspaces[].notes). Of a module outside of O(plugins[].source) only the packages are read that the plugin
    imports.
  - Go takes no package from C(vendor/) in a workspace. A C(vendor/) that does not fit C(go.mod) is refused, and so is a vendored package
    that differs from its module. Without C(go.mod) the versions of C(vendor/modules.txt) are taken.
  - A C(replace) of the gateway's module, or of one that the gateway replaces, is left out and not looked at. Links that Go ignores are
    ignored; one that leads a source file out of the source is refused.
  - Neither the module proxy nor the history of the repository needs to have the gateway; a shallow clone is enough.
  - Each plugin has a workspace of its own, so that the requirements of one never raise those of another.
  - A workspace is replaced whole or not at all. Where the workspace of one plugin fails, those of the others are made all the same.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.environment
  - goplugins.tyk.building
  - goplugins.tyk.plugins
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
    details: Carries O(plugins[].source) from the controller to the host where it is a folder there and the host has another one.
options:
  path:
    description:
      - Folder for the workspaces, each in a folder of its plugin's name.
      - Such a folder is replaced whole, with everything in it, if this module made it, which its record C(.goplugins-workspace.json) shows.
        Another folder or a link in its place is left alone, and that plugin fails.
      - It may be a link, and what is up to date there may be read-only or another user's.
    type: path
    required: true
  plugins:
    required: true
  checkouts:
    description:
      - Folder on the host with the checkouts of the plugins that are in git, each in a folder of its plugin's name, as
        M(goplugins.tyk.git_checkout) made it.
      - Needed where a plugin has a O(plugins[].version).
    type: path
  gateway:
    description: Folder with the gateway's source, a git checkout.
    type: path
    required: true
  align:
    description:
      - What to do where the plugin raises a module that it shares with the gateway. Such a plugin compiles, but the gateway refuses it.
      - V(fail) fails that plugin, naming each such module, the requirement that raises it, and the commands that lower it.
      - V(apply) lowers the requirements in the workspace's C(go.mod). Where another dependency of the plugin raises the module, it takes
        the newest release of that dependency that does not, and fails where there is none.
      - V(report) only lists them, in RV(workspaces[].raised).
    type: str
    choices: [report, apply, fail]
    default: fail
  linked:
    description:
      - What the gateway's binary is linked from, RV(goplugins.tyk.tyk_gateway_info#module:linked) as it is. The workspace is then compared
        with that rather than with what O(gateway) says.
    type: dict
  write_back:
    description:
      - Whether to carry the C(go.mod) and C(go.sum) that came out back to O(plugins[].source). Nothing else changes the user's files.
      - Needs O(plugins[].source) to be on the host, by O(plugins[].remote_src=true) or a local connection.
      - Where the C(go.mod) is further up and serves other packages too, it is refused. Name the folder of the module as
        O(plugins[].source) then, and that of the plugin as O(plugins[].package).
    type: bool
    default: false
  keep_going:
    description:
      - Whether the task succeeds although a plugin failed. Such a plugin is in RV(failures) and not in RV(workspaces).
    type: bool
    default: false
  source_digests:
    description: The action plugin sets it, to the digests of the sources on the controller. Not for use in playbooks.
    type: dict
    default: {}
  source_archives:
    description: The action plugin sets it, to the archives that it brought to the host. Not for use in playbooks.
    type: dict
    default: {}
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Lay out the workspaces of three plugins, from the controller, from git and from a folder on the host
  goplugins.tyk.go_workspace:
    plugins:
      - name: testplugin
        source: plugins/testplugin
      - name: enrich
        source: https://git.example.com/enrich.git
        version: v1.2.0
        package: ./cmd/plugin
        id: auto
      - name: stamp
        source: /srv/sources/mono/plugins/stamp     # of the module in /srv/sources/mono
        remote_src: true
    checkouts: /srv/tyk-plugins/sources
    gateway: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/workspaces/v5.3.6
    min_free_mb: 1024
    keep_going: true
    environment:
      GOPROXY: https://builder:{{ vault_proxy_password }}@proxy.example.com
  register: workspaces

- name: Lower what the plugin raises above the gateway that runs, and say what was done
  goplugins.tyk.go_workspace:
    plugins:
      - name: testplugin
        source: plugins/testplugin
    align: apply
    linked: "{{ gateway.linked }}"
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
elapsed:
  description: How long the module took, in seconds.
  returned: always
  type: float
  sample: 1.48
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
      sample: 'there are no Go files in /srv/sources/enrich/'
    fix:
      description: What puts it right, a command or a setting a line; empty where the message says it.
      returned: always
      type: list
      elements: str
      sample: [name the folder of package main by the option package]
    raised:
      description: The modules that the plugin gets at another version than the gateway has, as RV(workspaces[].raised).
      returned: with O(align=fail), if the plugin failed for that
      type: list
      elements: dict
      sample: []
workspaces:
  description: The workspaces, in the order of O(plugins), without those of RV(failures).
  returned: success or failure
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
      description:
        - The plugin's module path in the workspace, by which a gateway process knows it.
        - V(null) in check mode where it is not known yet.
      type: str
      sample: testplugin_9f2c6f0ffd6a
    notes:
      description: What was done to the staged C(go.mod) and is otherwise than in the user's folder, for its author to know, a line each.
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
        fix:
          description: Commands that lower it, for the folder with the plugin's go.mod.
          type: list
          elements: str
          sample: [go mod edit -require=github.com/sirupsen/logrus@v1.9.3, go mod edit -require=example.com/audit@v1.2.0]
        flags:
          description: The flags of C(go mod edit) in these commands.
          type: list
          elements: str
          sample: [-require=github.com/sirupsen/logrus@v1.9.3, -require=example.com/audit@v1.2.0]
        hindrance:
          description: Why nothing lowers it; empty where something does.
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
    stamps:
      description:
        - What the file system says of each folder on the host that the workspace is made from, for a receipt of
          M(goplugins.tyk.tyk_build_receipt). The stamp of a folder that changed while it was read never fits.
        - Without sources that are on the controller, which the request of a receipt covers.
      type: dict
      sample: {/srv/testplugin: 0d1c6e2f3d0a5c2f1a4f6b7d8e9c0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b}
"""

import os
import time

from ansible_collections.goplugins.tyk.plugins.module_utils import _receipt
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import linked as links
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod
from ansible_collections.goplugins.tyk.plugins.module_utils._module.arguments import BUILDING, not_there_yet, profile_and_toolchain
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import (
    KEEP_GOING,
    PLUGINS,
    each,
    is_in_git,
    plugins_of,
    with_failures,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import source_copy, workspace
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.source import read_source


def work(module):
    """The result of the module. Raises GoPluginsError."""
    params, check_mode = module.params, module.check_mode
    plugins = plugins_of(module)
    copies = {name: source_copy.current(os.path.join(params["path"], name), digest) for name, digest in params["source_digests"].items()}
    unsent = [name for name, copy in copies.items() if copy is None and name not in params["source_archives"]]
    if unsent and not check_mode:
        return {"wants_sources": unsent}
    missing = not_there_yet(params, params["gateway"]) if check_mode else ""
    common = {} if missing else what_all_share(params)

    def lay_out(plugin):
        path = os.path.abspath(os.path.join(params["path"], plugin["name"]))
        reason = missing or (source_missing(params, plugin, unsent) if check_mode else "")
        if reason:
            return unseen(plugin, path, reason), []
        started = time.time_ns()
        if plugin["name"] not in copies:
            found = read_source(folder_on_host(params, plugin), plugin["package"], whole=is_in_git(plugin))
            wanted = wanted_workspace(plugin, path, found, found.tree.root, common)
            own = [wanted.source] if is_in_git(plugin) or plugin["remote_src"] else []
            stamps = stamps_of([*own, *wanted.local_modules.values()], started)
            return laid_out(wanted, stamps, params["write_back"], check_mode)
        try:
            copy = copies[plugin["name"]] or unpacked(params, plugin, path)
            found = read_source(copy.root, plugin["package"], whole=True)
            wanted = wanted_workspace(plugin, path, found, plugin["source"], common)
            # An absolute path in a go.mod is one of this host, wherever the source comes from.
            return laid_out(wanted, stamps_of(wanted.local_modules.values(), started), params["write_back"], check_mode)
        except GoPluginsError as error:
            raise of_source(error, source_copy.path_of(path), plugin["source"]) from error

    made, errors = each(plugins, lay_out, params["path"])
    result = {
        "changed": any(one["changed"] or one["written_back"] for one, _differences in made),
        "workspaces": [one for one, _differences in made],
        "diff": [difference for _one, differences in made for difference in differences],
    }
    return with_failures(result, errors, params["keep_going"])


def what_all_share(params):
    """The fields of C(workspace.Wanted) that are the same for all plugins. Raises GoPluginsError."""
    profile, go = profile_and_toolchain(params)
    return {
        "gateway": params["gateway"],
        "profile": profile,
        "go": go,
        "min_free": params["min_free_mb"] * 1_000_000,
        "align": params["align"],
        "linked": links.from_dict(params["linked"]) if params["linked"] else None,
    }


def source_missing(params, plugin, unsent):
    """In check mode: why the plugin's source cannot be read yet; empty if it can."""
    if plugin["name"] in unsent:
        return "the source on the controller is not the one on the host"
    if not (is_in_git(plugin) or plugin["remote_src"]):
        return ""
    folder = folder_on_host(params, plugin)
    return "" if os.path.exists(folder) else f"{folder} is not there yet"


def folder_on_host(params, plugin):
    """The folder of the source of a plugin on the host. Raises GoPluginsError where nothing names it."""
    if is_in_git(plugin):
        if not params["checkouts"]:
            raise GoPluginsError(
                f"plugin {plugin['name']} is in git, and nothing says where it is checked out",
                "set checkouts to the folder in which goplugins.tyk.git_checkout put it",
            )
        return os.path.join(params["checkouts"], plugin["name"])
    if not plugin["source"]:
        raise GoPluginsError(f"plugin {plugin['name']} has no source", "set source to the folder with its Go files")
    return plugin["source"]


def unpacked(params, plugin, path):
    """The source that the action plugin sent. Raises GoPluginsError."""
    return source_copy.update(path, params["source_archives"][plugin["name"]], params["source_digests"][plugin["name"]])


def of_source(error, copy, source):
    """An error about the host's copy of a source as one about the source, which is what the user knows."""
    fix = error.fix
    if fix and copy in fix:
        # In a command that is quoted, only a path that needs no quotes can take the place of another.
        fix = fix.replace(copy, source) if quoted(source) == source else command_line("ls -la", source)
    return GoPluginsError(error.message.replace(copy, source), fix, **error.details)


def wanted_workspace(plugin, path, found, shown, common):
    """The workspace that a plugin needs; the user has its source at C(shown). Raises GoPluginsError."""
    reason = workspace.main_package_error(found.tree, found.package)
    if reason:
        raise GoPluginsError(reason, "name the folder of package main by the option package")
    of_gateway = gomod.read(os.path.join(common["gateway"], "go.mod"))
    return workspace.Wanted(
        path=path,
        name=plugin["name"],
        package=found.package,
        source=found.tree,
        layout=found.layout,
        local_modules=workspace.local_modules(found.tree, found.layout, workspace.decided_by_gateway(of_gateway)),
        id=workspace.checked_id(plugin["id"]),
        shown=shown,
        **common,
    )


def stamps_of(trees, started):
    """The stamps of folders that were read since C(started), nanoseconds since 1970; of one that changed meanwhile one that never fits."""
    return {tree.root: _receipt.stamp_since(tree.root, started) for tree in trees}


def unseen(plugin, path, reason):
    """The result for a workspace in check mode, where an earlier task has to run before anything is known of it."""
    return {
        "name": plugin["name"],
        "path": path,
        "changed": True,
        "module": None,
        "notes": [reason],
        "raised": [],
        "in_step": {},
        "written_back": False,
        "stamps": {},
    }


def laid_out(wanted, stamps, write_back, check_mode):
    """(result, diffs) of a workspace, once it is there. Raises GoPluginsError."""
    if check_mode:
        made = workspace.preview(wanted)
        written_back = write_back and made.mod_before != made.mod_after
    else:
        made = workspace.prepare(wanted)
        written_back = write_back and workspace.write_back(wanted, made.facts.given_module)
    result = {
        "name": wanted.name,
        "path": wanted.path,
        "changed": made.changed,
        "module": made.facts.module,
        "notes": list(made.facts.notes),
        "raised": [one.as_dict() for one in made.facts.raised],
        "in_step": made.facts.in_step,
        "written_back": written_back,
        "stamps": stamps,
    }
    mod = {
        "before_header": f"go.mod of {wanted.name}",
        "before": made.mod_before,
        "after_header": f"go.mod of {wanted.name}, staged",
        "after": made.mod_after,
    }
    go_work = {"before": "", "after_header": f"go.work of {wanted.name}", "after": made.work}
    return result, [mod, go_work] if made.changed else []


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            **BUILDING,
            "plugins": {**PLUGINS, "required": True},
            "checkouts": {"type": "path"},
            "gateway": {"type": "path", "required": True},
            "linked": {"type": "dict"},
            "path": {"type": "path", "required": True},
            "align": {"type": "str", "choices": ["report", "apply", "fail"], "default": "fail"},
            "write_back": {"type": "bool", "default": False},
            "keep_going": KEEP_GOING,
            "source_digests": {"type": "dict", "default": {}},
            "source_archives": {"type": "dict", "default": {}},
        },
        writes_to="path",
    )


if __name__ == "__main__":
    main()
