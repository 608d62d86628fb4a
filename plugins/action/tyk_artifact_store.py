# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps artifacts that the controller has in a store."""

from __future__ import annotations

import os

from ansible.plugins.action import ActionBase
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import from_exception
from ansible_collections.goplugins.tyk.plugins.plugin_utils import store


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "store": {"type": "str", "required": True, "no_log": True},
                "artifacts": {"type": "list", "elements": "dict", "required": True},
                "folder": {"type": "str", "required": True},
            }
        )
        folder = os.path.abspath(os.path.expanduser(options["folder"]))
        try:
            kept = store.keep(store.store_at(options["store"]), options["artifacts"], folder, self._task.check_mode)
        except Exception as error:  # pylint: disable=broad-exception-caught
            return {**result, "failed": True, **from_exception(error, folder).as_result()}
        return {**result, "changed": bool(kept), "kept": kept}
