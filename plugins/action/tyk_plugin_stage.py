# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries the artifacts for the next gateway to a gateway host, and for the verdict that gateway's binary."""

from __future__ import annotations

import os

from ansible_collections.goplugins.tyk.plugins.action.tyk_plugin_deploy import ActionModule as Deploy


class ActionModule(Deploy):
    """As that of C(tyk_plugin_deploy), with the binary."""

    MODULE = "goplugins.tyk.tyk_plugin_stage"

    def _carry(self, arguments, result):
        carried = super()._carry(arguments, result)
        if result.get("wants_binary") and isinstance(arguments.get("binary"), str):
            path = os.path.abspath(os.path.expanduser(arguments["binary"]))
            carried["binary_here"] = self._transfer("gateway", path)
        return carried
