# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against building a list of plugins, told before any host is touched."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plugin_problems
short_description: What speaks against building a list of Tyk plugins
version_added: 0.1.0
description:
  - Looks at a list of plugins as C(tyk_plugins) has it, and at the targets, and tells everything that would make the build fail later.
  - Folders on the controller are looked into. Sources in git and folders on the build hosts are not.
positional: targets
options:
  _input:
    description: The plugins, with at least C(name) and C(source).
    type: list
    elements: dict
    required: true
  targets:
    description: The targets, as V(linux/amd64).
    type: list
    elements: str
    default: []
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Refuse what cannot be built
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems }}"
  vars:
    problems: "{{ tyk_plugins | goplugins.tyk.plugin_problems(['linux/amd64']) }}"
"""

RETURN = r"""
_value:
  description: One line for each problem; none if all is well.
  type: list
  elements: str
"""

import os
import re

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import checked_name
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import known_target
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.workspace import main_package_error


def plugin_problems(plugins, targets=()):
    """One line for each problem of C(plugins) (list of dict) and C(targets) (list of str)."""
    problems = []

    def note(check, *arguments):
        try:
            problem = check(*arguments)
        except GoPluginsError as error:
            problem = error.as_result()["msg"]
        if problem:
            problems.append(problem)

    for target in targets:
        note(_target_problem, target)
    names = [str(plugin.get("name", "")) for plugin in plugins]
    for plugin, name in zip(plugins, names):
        note(_name_problem, name, names)
        note(_source_problem, name, plugin)
    return problems


def _target_problem(target):
    known_target(target)


def _name_problem(name, names):
    checked_name(name)
    return f"there are {names.count(name)} plugins of the name {name}" if names.count(name) > 1 else ""


def _source_problem(name, plugin):
    source = plugin.get("source")
    if not source:
        return f"plugin {name} has no source"
    if "version" in plugin or plugin.get("remote_src"):
        return ""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/]+:", source):
        return f"plugin {name}: the source is in git, so name its version too: a tag, branch or commit"
    return main_package_error(read_tree(os.path.abspath(os.path.expanduser(source))), plugin.get("package", "."))


class FilterModule:
    """The filters of this file."""

    def filters(self):
        return {"plugin_problems": plugin_problems}
