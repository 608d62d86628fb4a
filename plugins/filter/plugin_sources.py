# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the sources of plugins are, once those in git are checked out."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plugin_sources
short_description: Where the sources of Tyk plugins are
version_added: 0.1.0
description:
  - Turns a list of plugins as C(tyk_plugins) has it into what O(goplugins.tyk.go_workspace#module:plugins) takes.
  - A plugin with a C(version) is in git, and was checked out on the host below O(checkouts) under its name.
positional: checkouts
options:
  _input:
    description: The plugins, with at least C(name) and C(source).
    type: list
    elements: dict
    required: true
  checkouts:
    description: Folder on the host with the checkouts of plugins that are in git.
    type: str
    required: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Lay out a workspace for each plugin
  goplugins.tyk.go_workspace:
    plugins: "{{ tyk_plugins | goplugins.tyk.plugin_sources('/srv/tyk-plugins/sources') }}"
    gateway: /srv/tyk-plugins/gateways/v5.3.6/src
    profile: "{{ gateway.profile }}"
    goroot: /srv/tyk-plugins/go/1.22.6
    path: /srv/tyk-plugins/workspaces/v5.3.6
"""

RETURN = r"""
_value:
  description: The plugins with C(name), C(source), C(remote_src), C(package) and C(id), in the same order.
  type: list
  elements: dict
"""


def plugin_sources(plugins, checkouts):
    """C(plugins): list of dict; C(checkouts): folder on the host, str."""
    return [_source(plugin, checkouts) for plugin in plugins]


def _source(plugin, checkouts):
    in_git = bool(plugin.get("version"))
    return {
        "name": plugin["name"],
        "source": f"{checkouts}/{plugin['name']}" if in_git else plugin["source"],
        "remote_src": in_git or plugin.get("remote_src", False),
        "package": plugin.get("package", "."),
        "id": plugin.get("id", ""),
    }


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"plugin_sources": plugin_sources}
