# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes when the first play began and when each module ended last, as JSON: seconds of the clock."""

from __future__ import annotations

import json
import os
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = (
    "name: stamp_tasks\ntype: aggregate\nshort_description: When the play began and modules ended\ndescription: [For tests/bench.]\n"
)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "stamp_tasks"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self):
        super().__init__()
        self._stamps = {}

    def v2_playbook_on_play_start(self, play):
        self._stamps.setdefault("start", time.time())

    def v2_runner_on_ok(self, result):
        self._stamps[result.task.action] = time.time()

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["STAMP_TASKS_FILE"], "w", encoding="utf-8") as file:
            json.dump(self._stamps, file)
