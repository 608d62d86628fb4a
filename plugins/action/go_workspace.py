# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries the sources of plugins from the controller to the host, where the host does not have that very source yet."""

from __future__ import annotations

import os
import tempfile

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import from_exception
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import is_in_git, is_on_the_host
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import pack_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.source import read_source

MODULE = "goplugins.tyk.go_workspace"


class ActionModule(ActionBase):
    """Runs the module; where sources are on the controller and the host another one, a first run asks what the host has."""

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        plugins = arguments.get("plugins")
        if not isinstance(plugins, list) or not all(isinstance(plugin, dict) and isinstance(plugin.get("name"), str) for plugin in plugins):
            return self._execute(arguments, task_vars)  # which says what is wrong with them
        plugins = arguments["plugins"] = [dict(plugin) for plugin in plugins]
        ours = [plugin for plugin in plugins if is_on_controller(plugin)]
        for plugin in ours:
            # Relative to where ansible-playbook was started: the playbook may be that of an installed collection.
            plugin["source"] = os.path.abspath(os.path.expanduser(plugin["source"]))
        if self._connection.transport == "local":
            return self._execute(arguments, task_vars)
        trees, failures = read_trees(ours)
        if failures:
            if not boolean(arguments.get("keep_going", False), strict=False):
                return {"failed": True, "msg": "\n".join(as_text(failure) for failure in failures), "workspaces": [], "failures": failures}
            names = [failure["name"] for failure in failures]
            arguments["plugins"] = [plugin for plugin in plugins if plugin["name"] not in names]
        result = self._with_sources({**arguments, "source_digests": {name: tree.digest for name, tree in trees.items()}}, trees, task_vars)
        if failures:
            result["failures"] = [*failures, *result.get("failures", [])]
        return result

    def _with_sources(self, arguments, trees, task_vars):
        result = self._execute(arguments, task_vars)
        wanted = result.get("wants_sources")
        if wanted:
            archives = {name: self._transfer(trees[name], name) for name in wanted}
            result = self._execute({**arguments, "source_archives": archives}, task_vars)
        return result

    def _execute(self, arguments, task_vars):
        return self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)

    def _transfer(self, tree, name):
        remote_folder = self._connection._shell.tmpdir or self._make_tmp_path()
        remote = self._connection._shell.join_path(remote_folder, f"{name}.tar")
        with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
            try:
                pack_tree(tree, archive.name)
            except Exception as error:  # pylint: disable=broad-exception-caught
                raise AnsibleActionFail(from_exception(error, archive.name).as_result()["msg"]) from None
            self._transfer_file(archive.name, remote)
        self._fixup_perms2((remote_folder, remote))
        return remote


def is_on_controller(plugin):
    """Whether the plugin's source is a folder on the controller; a version makes it a git repository."""
    return isinstance(plugin.get("source"), str) and not is_in_git(plugin) and not is_on_the_host(plugin)


def read_trees(plugins):
    """(from name to source, failures as the module returns them)

    Where a module further up owns the source, or others belong to it, a plugin gets the folder of all of them and the package in it.
    """
    trees, failures = {}, []
    for plugin in plugins:
        try:
            package = plugin.get("package") or "."
            source = read_source(plugin["source"], package, carried=True)
            trees[plugin["name"]] = source.tree
            plugin["source"] = source.tree.root
            if source.package != package:
                plugin["package"] = source.package
        except Exception as error:  # pylint: disable=broad-exception-caught
            failures.append({"name": plugin["name"], **from_exception(error, plugin["source"]).as_failure()})
    return trees, failures


def as_text(failure):
    """A failure as a part of a message."""
    return "\n".join([failure["message"], *(f"Fix: {line}" for line in failure["fix"])])
