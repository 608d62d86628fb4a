# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against building a list of plugins, or starting one, found on the controller before any host is touched."""

from __future__ import annotations

import os
import re

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import checked_name
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import known_target
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import is_in_git
from ansible_collections.goplugins.tyk.plugins.module_utils._scaffold import names
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.workspace import main_package_error


def problems(plugins, targets=()):
    """One sentence for each problem of C(plugins) (list of dict) and C(targets) (list of str)."""
    given = [plugin["name"] for plugin in plugins]
    checks = [
        *((_target, target) for target in targets),
        *((_name, name, given) for name in dict.fromkeys(given)),
        *((_hooks, plugin) for plugin in plugins),
        *((_source, plugin) for plugin in plugins),
    ]
    return [problem for problem in (_of(*check) for check in checks) if problem]


def problems_of_new(name, module=""):
    """One sentence for each problem of a new plugin's name (str) and Go module path (str, empty for the usual one)."""
    checks = [(names.checked_name, name), *([(names.checked_module, module)] if module else [])]
    return [problem for problem in (_of(_refused, *check) for check in checks) if problem]


def _refused(check, value):
    check(value)


def _of(check, *arguments):
    try:
        return check(*arguments) or ""
    except GoPluginsError as error:
        return error.as_result()["msg"]


def _target(target):
    known_target(target)


def _name(name, given):
    checked_name(name)
    return f"There are {given.count(name)} plugins of the name {name}. Give each a name of its own." if given.count(name) > 1 else ""


def _hooks(plugin):
    checked_hooks(plugin.get("hooks") or {})


def _source(plugin):
    name, source = plugin["name"], plugin["source"]
    if is_in_git(plugin) or plugin.get("remote_src"):
        return ""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/]+:", source):
        return f"Plugin {name}: its source is a git repository, so it needs a version too: a tag, branch or commit."
    found = main_package_error(read_tree(os.path.abspath(os.path.expanduser(source))), plugin.get("package", "."))
    return f"Plugin {name}: {found}" if found else ""
