# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries seeds between a store and a build host."""

from __future__ import annotations

import os
import tempfile

from ansible.errors import AnsibleConnectionFailure
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, from_exception
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.plugin_utils import dsse, remote, seeds, store
from ansible_collections.goplugins.tyk.plugins.plugin_utils.progress import BuildAction


class ActionModule(BuildAction):
    """A first run of the module says which seed it is, and whether the host has it. A second one plants or packs it."""

    MODULE = "goplugins.tyk.go_build_seed"
    TRANSFERS_FILES = True
    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = {"store": "", **self._task.args}
        asked = {"placed": 0, "refused": "", "record": {}, **self._execute(arguments, task_vars)}
        digest = asked.pop("digest", "")
        kept = arguments.get("state", "planted") == "kept"
        if asked.get("failed") or not digest or (asked["planted"] and not kept):
            return asked
        try:
            with tempfile.TemporaryDirectory() as folder:
                place = store.store_at(str(arguments["store"]))
                act = self._keep if kept else self._plant
                done = act(place, asked["seed"], digest, folder, arguments, task_vars)
                return {**asked, **done, "warnings": [*asked.get("warnings", []), *done.get("warnings", [])]}
        except AnsibleConnectionFailure:
            raise
        except Exception as error:  # pylint: disable=broad-exception-caught
            # The host can compile by itself what no seed gives.
            refused = from_exception(error, str(arguments["store"])).as_result()["msg"]
            warning = f"The seed {asked['seed']} is not {'kept' if kept else 'planted'}: {refused}"
            return {**asked, "refused": refused, "warnings": [*asked.get("warnings", []), warning]}

    def _plant(self, place, name, digest, folder, arguments, task_vars):
        archive = place.get(name, folder)
        if not archive:
            return {}
        signers = [os.path.expanduser(path) for path in arguments.get("signers") or []]
        sha256 = seeds.check(archive, digest, dsse.verifiers(signers) if signers else None)
        if self._task.check_mode:
            return {"changed": True}
        there = self._there(name)
        self._transfer_file(archive, there)
        self._fixup_perms2((os.path.dirname(there), there))
        done = self._act(arguments, there, task_vars, sha256=sha256)
        return {name: done[name] for name in ("changed", "placed", "elapsed", "warnings") if name in done} | {"planted": True}

    def _keep(self, place, name, digest, folder, arguments, task_vars):
        if place.has(name, {"digest": digest}):
            return {}
        if self._task.check_mode:
            return {"changed": True}
        if self._connection.become and self.get_become_option("become_user") not in (None, *self._get_admin_users()):
            raise GoPluginsError(
                "only root, and the user who logs in, can write it where that user can read it",
                "log in as the user who builds, and leave become out",
            )
        there, here = self._there(name), os.path.join(folder, name)
        signer = dsse.signer_of(self._loader, arguments["key"]) if arguments.get("key") else None
        done = self._act(arguments, there, task_vars)
        remote.bring(self, there, here, task_vars, readable=True)
        if sha256_file(here) != done["record"]["sha256"]:
            raise GoPluginsError("it did not arrive as it was packed", "run again")
        seeds.write(here, done["record"], signer)
        place.put(name, here)
        return {name: done[name] for name in ("changed", "record", "elapsed", "warnings") if name in done} | {"planted": True}

    def _act(self, arguments, archive, task_vars, **more):
        # Where it plants, nothing is compiled, and there is no progress.
        done = self._build({**arguments, "archive": archive, **more}, os.path.dirname(archive), task_vars)
        if done.get("failed"):
            raise GoPluginsError(str(done.get("msg", "")))
        return done

    def _execute(self, arguments, task_vars, wrap_async=0):
        # What only the controller needs is not sent.
        return super()._execute({**arguments, "store": "controller", "key": None, "signers": []}, task_vars, wrap_async)

    def _there(self, name):
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        return self._connection._shell.join_path(folder, name)
