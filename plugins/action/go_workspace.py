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
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import pack_tree, read_tree

MODULE = "goplugins.tyk.go_workspace"


class ActionModule(ActionBase):
    """Runs the module; where sources are on the controller and the host another one, a first run asks what the host has."""

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        plugins = arguments.get("plugins")
        if not isinstance(plugins, list) or not all(isinstance(item, dict) and isinstance(item.get("source"), str) for item in plugins):
            return self._execute(arguments, task_vars)  # which says what is wrong with them
        plugins = arguments["plugins"] = [dict(plugin) for plugin in plugins]
        ours = [plugin for plugin in plugins if not boolean(plugin.get("remote_src", False), strict=False)]
        for plugin in ours:
            # Relative to where ansible-playbook was started: the playbook may be that of an installed collection.
            plugin["source"] = os.path.abspath(os.path.expanduser(plugin["source"]))
        if self._connection.transport == "local":
            return self._execute(arguments, task_vars)
        try:
            trees = {plugin["name"]: read_tree(plugin["source"]) for plugin in ours}
        except GoPluginsError as error:
            raise AnsibleActionFail(error.as_result()["msg"]) from error
        for plugin in ours:
            plugin["source_digest"] = trees[plugin["name"]].digest
        result = self._execute(arguments, task_vars)
        if result.get("wants_sources"):
            for plugin in ours:
                if plugin["name"] in result["wants_sources"]:
                    plugin["source"] = self._transfer(trees[plugin["name"]], plugin["name"])
            result = self._execute(arguments, task_vars)
        return result

    def _execute(self, arguments, task_vars):
        return self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)

    def _transfer(self, tree, name):
        remote_folder = self._connection._shell.tmpdir or self._make_tmp_path()
        remote = self._connection._shell.join_path(remote_folder, f"{name}.tar")
        with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
            pack_tree(tree, archive.name)
            self._transfer_file(archive.name, remote)
        self._fixup_perms2((remote_folder, remote))
        return remote
