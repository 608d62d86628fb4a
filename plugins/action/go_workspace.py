# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries a plugin's source from the controller to the host, when the host does not have that very source yet."""

from __future__ import annotations

import os
import tempfile

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import pack_tree, read_tree

MODULE = "goplugins.tyk.go_workspace"


class ActionModule(ActionBase):
    """Runs the module; where the source is on the controller and the host another one, a first run asks what the host has."""

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        remote_src = self._templar.template(arguments.get("remote_src", False))
        if str(remote_src).lower() in ("true", "yes", "1", "on") or not isinstance(arguments.get("source"), str):
            return self._execute(arguments, task_vars)
        # Relative to where ansible-playbook was started: the playbook may be that of an installed collection.
        source = arguments["source"] = os.path.abspath(os.path.expanduser(arguments["source"]))
        if self._connection.transport == "local":
            return self._execute(arguments, task_vars)
        try:
            tree = read_tree(source)
        except GoPluginsError as error:
            raise AnsibleActionFail(error.as_result()["msg"]) from error
        arguments["source_digest"] = tree.digest
        result = self._execute(arguments, task_vars)
        if result.get("wants_source"):
            arguments["source"] = self._transfer(tree)
            result = self._execute(arguments, task_vars)
        return result

    def _execute(self, arguments, task_vars):
        return self._execute_module(module_name=MODULE, module_args=arguments, task_vars=task_vars)

    def _transfer(self, tree):
        remote_folder = self._connection._shell.tmpdir or self._make_tmp_path()
        remote = self._connection._shell.join_path(remote_folder, "source.tar")
        with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
            pack_tree(tree, archive.name)
            self._transfer_file(archive.name, remote)
        self._fixup_perms2((remote_folder, remote))
        return remote
