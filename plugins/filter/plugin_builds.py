# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be built of plugins, once their workspaces are laid out."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plugin_builds
short_description: What is to be built of Tyk plugins
version_added: 0.1.0
description:
  - Turns a list of plugins as C(tyk_plugins) has it into what O(goplugins.tyk.go_plugin_build#module:plugins) takes.
positional: workspaces
options:
  _input:
    description: The plugins, with at least C(name).
    type: list
    elements: dict
    required: true
  workspaces:
    description: From the name of a plugin to the folder of its workspace.
    type: dict
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Build the plugins whose workspaces were laid out
  goplugins.tyk.go_plugin_build:
    plugins: "{{ tyk_plugins | goplugins.tyk.plugin_builds({'testplugin': '/srv/tyk-plugins/workspaces/v5.3.6/testplugin'}) }}"
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    output: /srv/tyk-plugins/artifacts/v5.3.6
"""

RETURN = r"""
_value:
  description: The plugins with C(workspace), C(symbols), C(hooks) and C(ldflags), in the same order.
  type: list
  elements: dict
"""


def plugin_builds(plugins, workspaces):
    """C(plugins): list of dict; C(workspaces): name -> folder on the host, str."""
    return [
        {
            "workspace": workspaces[plugin["name"]],
            "symbols": plugin.get("symbols", []),
            "hooks": plugin.get("hooks", {}),
            "ldflags": plugin.get("ldflags", ""),
        }
        for plugin in plugins
    ]


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"plugin_builds": plugin_builds}
