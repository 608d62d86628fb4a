# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies artifacts and their records from a build host to the controller."""

from __future__ import annotations

import os

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import from_exception
from ansible_collections.goplugins.tyk.plugins.plugin_utils import delivery, remote


class ActionModule(ActionBase):
    """Copies over the connection of the host. No module runs there, unless a file is read as another user."""

    TRANSFERS_FILES = True
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "artifacts": {"type": "list", "elements": "dict", "required": True},
                "folder": {"type": "str", "required": True},
            }
        )
        folder = os.path.abspath(os.path.expanduser(options["folder"]))
        missing = [one for one in options["artifacts"] if not delivery.is_delivered(folder, one)]
        if self._task.check_mode:
            fetched = [os.path.join(folder, os.path.basename(one["artifact"])) for one in missing]
            return {**result, "changed": bool(missing), "fetched": fetched}

        def bring(source, path):
            remote.bring(self, source, path, task_vars)

        try:
            fetched = [delivery.deliver(one, folder, bring) for one in missing]
        except AnsibleConnectionFailure:
            raise
        except Exception as error:  # pylint: disable=broad-exception-caught
            return {**result, "failed": True, **from_exception(error, folder).as_result()}
        return {**result, "changed": bool(fetched), "fetched": fetched}
