# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries the artifacts of plugins from the controller to a gateway host, where the host does not have that very artifact yet."""

from __future__ import annotations

import os

from ansible.plugins.action import ActionBase
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.records import candidates
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, from_exception
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse

_MOST_ROUNDS = 3


def _as_signed(found, signers):
    """The candidates, each that nobody signed with the reason why it is refused. Raises GoPluginsError for keys that are none."""
    keys = dsse.verifiers([os.path.abspath(os.path.expanduser(path)) for path in signers])
    return [one._replace(refused=_refusal(one, keys)) for one in found]


def _refusal(one, keys):
    try:
        attestations.check(one.file, one.sha256, keys)
    except (GoPluginsError, OSError) as error:
        return from_exception(error, one.file).as_result()["msg"]
    return ""


class ActionModule(ActionBase):
    """Runs the module with the records of the controller; where it wants artifacts, it carries them and runs it again."""

    MODULE = "goplugins.tyk.tyk_plugin_deploy"
    # It does, and then makes the folder for them. Ansible would make one on each host in each run, and remove it.
    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        # Keys are the controller's, as are the signatures.
        signers = arguments.pop("signers", None) or []
        plugins = arguments.get("plugins")
        good = isinstance(plugins, list) and all(isinstance(one, dict) and isinstance(one.get("name"), str) for one in plugins)
        if not good or not isinstance(arguments.get("artifacts"), str):
            return self._execute(arguments, task_vars)  # which says what is wrong with them
        # Relative to where ansible-playbook was started: the playbook may be that of an installed collection.
        folder = arguments["artifacts"] = os.path.abspath(os.path.expanduser(arguments["artifacts"]))
        if self._connection.transport == "local" and not signers:
            return self._execute(arguments, task_vars)
        try:
            found = candidates(folder, [plugin["name"] for plugin in plugins])
            if signers:
                found = _as_signed(found, [signers] if isinstance(signers, str) else signers)
        except Exception as error:  # pylint: disable=broad-exception-caught
            return {"failed": True, **from_exception(error, folder).as_result()}
        arguments["candidates"] = [one.as_dict() for one in found]
        return self._with_artifacts(arguments, task_vars)

    def _with_artifacts(self, arguments, task_vars):
        result = self._execute(arguments, task_vars)
        # What it wants may depend on what it was given first.
        for _round in range(_MOST_ROUNDS):
            carried = {} if result.get("failed") else self._carry(arguments, result)
            if not carried:
                break
            arguments = {**arguments, **carried}
            before, result = result, self._execute(arguments, task_vars)
            if before.get("steps") and "steps" in result:
                result = {**result, "steps": [*before["steps"], *result["steps"]], "changed": True}
        return result

    def _carry(self, arguments, result):
        """Carry what the host wants. The arguments that say where it is there; none where it wants nothing."""
        wanted = result.get("wants")
        if not wanted:
            return {}
        # A path that the host names is read only if a record of ours has it.
        ours = {one["file"] for one in arguments["candidates"]}
        return {"carried": {name: self._transfer(f"{name}.so", path) for name, path in wanted.items() if path in ours}}

    def _execute(self, arguments, task_vars):
        return self._execute_module(module_name=self.MODULE, module_args=arguments, task_vars=task_vars)

    def _transfer(self, name, path):
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        remote = self._connection._shell.join_path(folder, name)
        self._transfer_file(path, remote)
        self._fixup_perms2((folder, remote))
        return remote
