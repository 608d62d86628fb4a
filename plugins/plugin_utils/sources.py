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


def problems(values, built):
    """One sentence for each problem of what C(values), from variable to value, say of plugins. built: whether they are built."""
    plugins = values.get("tyk_plugins", [])
    given = [plugin["name"] for plugin in plugins]
    checks = [
        *((_refused, known_target, target) for target in values.get("tyk_plugin_targets", [])),
        *((_name, name, given) for name in dict.fromkeys(given)),
        *((_refused, checked_hooks, plugin.get("hooks") or {}, f"Plugin {plugin['name']}: hooks") for plugin in plugins),
        (_refused, checked_hooks, values.get("tyk_plugin_hooks", {}), "tyk_plugin_hooks"),
        (_refused, checks_of, values.get("tyk_deploy_health", []), "tyk_deploy_health"),
        *((_source, plugin) for plugin in plugins if built),
    ]
    return [problem for problem in (_of(*check) for check in checks) if problem]


def problems_of_new(values):
    """One sentence for each problem of what C(values), from variable to value, say of a new plugin."""
    checks = [
        (names.checked_name, values["tyk_new_name"]),
        *((names.checked_module, path) for path in [values.get("tyk_new_module")] if path),
        *((names.checked_kinds, kinds) for kinds in [values.get("tyk_new_hooks")] if kinds is not None),
    ]
    return [problem for problem in (_of(_refused, *check) for check in checks) if problem]


def _refused(check, *arguments):
    check(*arguments)


def _of(check, *arguments):
    try:
        return check(*arguments) or ""
    except GoPluginsError as error:
        return error.as_result()["msg"]


def _name(name, given):
    checked_name(name)
    return f"There are {given.count(name)} plugins of the name {name}. Give each a name of its own." if given.count(name) > 1 else ""


def _source(plugin):
    name, source = plugin["name"], plugin["source"]
    if is_in_git(plugin) or is_on_the_host(plugin):
        return ""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/]+:", source):
        return f"Plugin {name}: its source is a git repository, so it needs a version too: a tag, branch or commit."
    found = main_package_error(read_tree(os.path.abspath(os.path.expanduser(source))), plugin.get("package") or ".")
    return f"Plugin {name}: {found}" if found else ""
