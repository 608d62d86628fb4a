# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows how far a gateway is that takes minutes to build."""

from __future__ import annotations

import os

from ansible_collections.goplugins.tyk.plugins.plugin_utils.progress import BuildAction


class ActionModule(BuildAction):
    """Runs the module."""

    MODULE = "goplugins.tyk.tyk_gateway_build"

    def run(self, tmp=None, task_vars=None):
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        return self._build(arguments, os.path.dirname(str(arguments.get("path", ""))) or ".", task_vars)
