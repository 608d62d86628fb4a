# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes provenance and bills of materials beside artifacts that the controller has, and signs them."""

from __future__ import annotations

import os

from ansible.plugins.action import ActionBase
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import from_exception
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse, provenance


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "artifacts": {"type": "list", "elements": "dict", "required": True},
                "folder": {"type": "str", "required": True},
                "rows": {"type": "list", "elements": "dict", "default": []},
                "builder": {"type": "str", "default": ""},
                "key": {"type": "str", "default": "", "no_log": False},
            }
        )
        folder = os.path.abspath(os.path.expanduser(options["folder"]))
        verdicts = {row.get("artifact"): provenance.Verdict(row["verdict"], row["loaded"]) for row in options["rows"]}
        try:
            builder = provenance.checked_builder(options["builder"])
            signer = dsse.signer_of(self._loader, options["key"]) if options["key"] else None
            written = []
            for one in options["artifacts"]:
                path = os.path.join(folder, os.path.basename(one["artifact"]))
                # In check mode it was not copied, if it is not there.
                if not (self._task.check_mode and attestations.is_to_come(path, one["record_sha256"])):
                    verdict = verdicts.get(one["artifact"])
                    written += attestations.write(path, one["record_sha256"], verdict, builder, signer, self._task.check_mode)
        except Exception as error:  # pylint: disable=broad-exception-caught
            return {**result, "failed": True, **from_exception(error, folder).as_result()}
        return {**result, "changed": bool(written), "written": written}
