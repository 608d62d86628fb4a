# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts the results of tasks, by host: those for which Ansible talked to the host, and those of the controller alone."""

from __future__ import annotations

import json
import os

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import action_loader

DOCUMENTATION = r"""
name: count_results
type: aggregate
short_description: Count the results of tasks by host
description:
  - Writes JSON at the end, from each host to C(remote), the names of the tasks that talked to the host, one for each item of a loop,
    and C(local), the number of all other results, those of tasks that were skipped among them.
requirements: [the environment variable COUNT_RESULTS_FILE, the file to write]
"""

INCLUDES = ("ansible.builtin.include_tasks", "ansible.builtin.include_role")


class CallbackModule(CallbackBase):
    """Enabled by C(ANSIBLE_CALLBACKS_ENABLED)."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "count_results"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self._hosts = {}

    def _count(self, result, remote):
        host = self._hosts.setdefault(result.host.get_name(), {"remote": [], "local": 0})
        name = result.task.resolved_action or result.task.action
        # A module without an action plugin runs on the host.
        action = action_loader.get(name, class_only=True)
        if remote and name not in INCLUDES and getattr(action, "_requires_connection", True):
            host["remote"].append(result.task.get_name())
        else:
            host["local"] += 1

    def _whole(self, result):
        # A loop has an end of its own, beside its items.
        if not result.task.loop or "results" not in result.result:
            self._count(result, True)

    v2_runner_on_ok = v2_runner_on_unreachable = v2_runner_item_on_ok = v2_runner_item_on_failed = _whole

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._whole(result)

    def v2_runner_on_skipped(self, result):
        self._count(result, False)

    v2_runner_item_on_skipped = v2_runner_on_skipped

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["COUNT_RESULTS_FILE"], "w", encoding="utf-8") as file:
            json.dump(self._hosts, file)
