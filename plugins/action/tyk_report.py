# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a play with lines for a person, whatever the callback makes of results, and with files where they are asked for."""

from __future__ import annotations

import os
import time

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import from_exception, shown
from ansible_collections.goplugins.tyk.plugins.plugin_utils import output, overview, payloads, report, report_files

_COLORS = {"good": constants.COLOR_OK, "open": constants.COLOR_WARN, "bad": constants.COLOR_ERROR}


class ActionModule(ActionBase):
    """Runs on the controller alone."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validated, options = self.validate_argument_spec(
            argument_spec={
                "rows": {"type": "list", "elements": "dict", "default": []},
                "columns": {"type": "list", "elements": "str", "default": []},
                "about": {"type": "list", "elements": "str", "default": []},
                "lines": {"type": "list", "elements": "str", "default": []},
                "remarks": {"type": "list", "elements": "str", "default": []},
                "msg": {"type": "str"},
                "failed": {"type": "bool", "default": False},
                "folder": {"type": "path"},
                "name": {"type": "str", "default": "report"},
            }
        )
        # This task ends each playbook.
        payloads.keep()
        # They may come from anywhere, and go to a terminal.
        options = shown(options)
        msg = options["msg"] or report.summary(options["rows"])
        closing = report.closing(options["rows"], options["columns"], options["about"]) if options["columns"] else []
        further = [*options["lines"]]
        result.update(changed=False, failed=options["failed"], msg=msg)
        if options["folder"] and options["rows"]:
            further += self._write(options, result)
        lines = [*closing, *([report.Line("")] if closing and further else []), *map(report.Line, further)]
        if output.is_for_programs():
            result["report"] = [line.text for line in lines]
        elif lines:
            for line in [report.Line(""), *lines, report.Line("")]:
                # A color is for a terminal alone: Ansible knows whether this is one, and what NO_COLOR says.
                Display().display(line.text, color=_COLORS.get(line.tone))
        return result

    def _write(self, options, result):
        """Write the files, and return the line that says where they are. What becomes of them hides nothing of the results."""
        folder = os.path.abspath(os.path.expanduser(options["folder"]))
        check_mode = self._task.check_mode
        try:
            found = overview.of_rows(options["name"], options["rows"], "target" in options["columns"], options["remarks"])
            written = report_files.write(folder, options["name"], found, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), check_mode)
        except Exception as error:  # pylint: disable=broad-exception-caught
            words = from_exception(error, folder).as_result()["msg"]
            result.setdefault("warnings", []).append(f"There is no report of this run: {words}")
            return []
        result.update(changed=bool(written), written=written)
        page = os.path.join(folder, f"{options['name']}.html")
        return [f"Report: would write {page}, without --check" if check_mode and written else f"Report: {page}"]
