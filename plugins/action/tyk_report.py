# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a play with lines for a person, whatever the callback makes of results."""

from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import shown
from ansible_collections.goplugins.tyk.plugins.plugin_utils import output, report


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "rows": {"type": "list", "elements": "dict", "default": []},
                "columns": {"type": "list", "elements": "str", "default": []},
                "about": {"type": "list", "elements": "str", "default": []},
                "lines": {"type": "list", "elements": "str", "default": []},
                "msg": {"type": "str"},
                "failed": {"type": "bool", "default": False},
            }
        )
        # They may come from anywhere, and go to a terminal.
        options = shown(options)
        msg = options["msg"] or report.summary(options["rows"])
        closing = report.closing(options["rows"], options["columns"], options["about"]) if options["columns"] else []
        lines = [*closing, *([""] if closing and options["lines"] else []), *options["lines"]]
        result.update(changed=False, failed=options["failed"], msg=msg)
        if output.is_for_programs():
            result["report"] = lines
        elif lines:
            Display().display("\n".join(["", *lines, ""]))
        return result
