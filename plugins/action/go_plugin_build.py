# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries artifacts from a store to a build host that would build the same, and shows how far a build is that takes its time."""

from __future__ import annotations

import os
import tempfile

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import from_exception
from ansible_collections.goplugins.tyk.plugins.plugin_utils import store
from ansible_collections.goplugins.tyk.plugins.plugin_utils.progress import BuildAction


class ActionModule(BuildAction):
    """Runs the module; with a store, a first run asks what is to be built."""

    MODULE = "goplugins.tyk.go_plugin_build"
    TRANSFERS_FILES = True

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        location = arguments.pop("store", "")
        output = str(arguments.get("output", ""))
        if not location or self._task.check_mode:
            return self._build(arguments, output, task_vars)
        result = self._execute({**arguments, "asked_first": True}, task_vars)
        wants = result.get("wants")
        if not wants or result.get("failed"):
            return result
        offers, problem = self._offers(str(location), wants)
        result = self._build({**arguments, "offers": offers}, output, task_vars)
        if problem:
            # The builds are as good without it.
            result["warnings"] = [*result.get("warnings", []), f"What the store of artifacts did not give is built on this host: {problem}"]
        return result

    def _offers(self, location, wants):
        """(from name of a plugin to the file that was brought to the host, why there are no more)"""
        offers = {}
        with tempfile.TemporaryDirectory() as folder:
            try:
                place = store.store_at(location)
                for plugin, one in wants.items():
                    path = place.get(store.entry_name(one["digest"], one["artifact"]), folder)
                    if path:
                        offers[plugin] = self._transfer(path)
            except Exception as error:  # pylint: disable=broad-exception-caught
                return offers, from_exception(error, location).as_result()["msg"]
        return offers, ""

    def _transfer(self, path):
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        remote = self._connection._shell.join_path(folder, os.path.basename(path))
        for ending in ("", ".json"):
            self._transfer_file(f"{path}{ending}", f"{remote}{ending}")
        self._fixup_perms2((folder, remote, f"{remote}.json"))
        return remote
