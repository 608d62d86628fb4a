# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin as users write it down, for every module that takes plugins."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  plugins:
    description:
      - The plugins, as C(tyk_plugins) of the playbooks has them.
      - All modules of this collection that take plugins take the same keys, so one list serves them all; each uses its part.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the plugin. It begins the artifact's file name, and becomes the module path where the source has no C(go.mod).
        type: str
        required: true
      source:
        description:
          - Where the plugin's Go source is. A folder, or with O(plugins[].version) a git repository.
          - A folder is on the controller, relative to where C(ansible-playbook) was started, unless O(plugins[].remote_src) is set.
          - Its module may be further up, and may belong to a C(go.work), as with C(go build).
        type: path
      version:
        description: A tag, branch or commit. It says that O(plugins[].source) is a git repository.
        type: str
        default: ''
      remote_src:
        description: Whether O(plugins[].source) is a folder on the host.
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
          - V(auto) takes it from everything that is compiled. Then each new build is another plugin to a running gateway, which picks it
            up at its next reload, without a restart.
        type: str
        default: ''
      symbols:
        description: Names that the plugin must export.
        type: list
        elements: str
        default: []
      hooks:
        description:
          - Further names that the plugin must export, each with the kind of hook that the gateway uses it as.
          - The kind is one of V(pre), V(auth_check), V(post_key_auth), V(post), V(response) and V(analytics).
          - A hook must be a function with the signature that the gateway needs.
        type: dict
        default: {}
      ldflags:
        description:
          - Flags of the linker. They do not change how the plugin loads.
          - V(-s -w) makes it smaller and the build faster; debuggers then know less of it.
        type: str
        default: ''
      load:
        description:
          - Whether the gateway may load this plugin to prove the verdict, where that is asked for. It runs the plugin's C(init) functions.
          - With V(false) the verdict rests on the two files alone, and the finding C(load-not-wanted) says so.
        type: bool
        default: true
      load_environment:
        description:
          - Environment variables for the process in which the gateway loads this plugin. It has no others that could matter.
          - For a plugin whose C(init) reads a setting and fails without it.
        type: dict
        default: {}
      load_files:
        description:
          - Files for the folder in which the gateway loads this plugin, from their path in it to the path of the file on the host.
          - For a plugin whose C(init) reads a file by a relative path. The folder is empty otherwise, and goes away.
        type: dict
        default: {}
"""
