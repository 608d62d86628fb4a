# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against a list of plugins and what is asked of them, found on the controller before any host is touched."""

from __future__ import annotations

import os
import re

from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.control import checks_of
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import checked_name
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import known_target
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import is_in_git, is_on_the_host
from ansible_collections.goplugins.tyk.plugins.module_utils._scaffold import names
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.workspace import main_package_error
from ansible_collections.goplugins.tyk.plugins.plugin_utils.variables import refusals


def problems(values, built):
    """One sentence for each problem of what C(values), from variable to value, say of plugins. built: whether they are built."""
    plugins = values.get("tyk_plugins", [])
    given = [plugin["name"] for plugin in plugins]
    found = [
        *(refusals(known_target, target, name="tyk_plugin_targets") for target in values.get("tyk_plugin_targets", [])),
        *(_of_name(name, given.count(name)) for name in dict.fromkeys(given)),
        *(refusals(checked_hooks, plugin.get("hooks") or {}, f"Plugin {plugin['name']}: hooks") for plugin in plugins),
        refusals(checked_hooks, values.get("tyk_plugin_hooks", {}), "tyk_plugin_hooks"),
        refusals(checks_of, values.get("tyk_deploy_health", []), "tyk_deploy_health"),
        *(refusals(_checked_source, plugin, name=f"Plugin {plugin['name']}") for plugin in plugins if built),
    ]
    return [problem for problems_of_one in found for problem in problems_of_one]


def problems_of_new(values):
    """One sentence for each problem of what C(values), from variable to value, say of a new plugin."""
    module = values.get("tyk_new_module")
    return [
        *refusals(names.checked_name, values["tyk_new_name"], name="tyk_new_name"),
        *(refusals(names.checked_module, module, name="tyk_new_module") if module else []),
        *(refusals(names.checked_kinds, values["tyk_new_hooks"], "tyk_new_hooks") if "tyk_new_hooks" in values else []),
    ]


def _of_name(name, count):
    several = f"There are {count} plugins of the name {name}. Give each a name of its own."
    return [*refusals(checked_name, name), *([several] if count > 1 else [])]


def _checked_source(plugin):
    source = plugin["source"]
    if is_in_git(plugin) or is_on_the_host(plugin):
        return
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/]+:", source):
        raise GoPluginsError("its source is a git repository, so it needs a version too: a tag, branch or commit.")
    found = main_package_error(read_tree(os.path.abspath(os.path.expanduser(source))), plugin.get("package") or ".")
    if found:
        raise GoPluginsError(found)
