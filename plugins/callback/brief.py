# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's screen output without what went as it should."""

from __future__ import annotations

DOCUMENTATION = r"""
name: brief
type: stdout
short_description: One line for each host and plugin
version_added: 0.1.0
description:
  - Prints one line for each plugin on each host, one for each task that changed a host, and failures as P(ansible.builtin.default#callback)
    does. Tasks that change nothing, and those that are skipped, are left out.
  - The progress of long builds, and the closing table of the playbooks of this collection, are printed as with any other callback.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - It is named in the configuration as C(stdout_callback), or by the environment variable C(ANSIBLE_STDOUT_CALLBACK).
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
# In ansible.cfg:
# [defaults]
# stdout_callback = goplugins.tyk.brief
"""

from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import visible

# The facts by which roles and playbooks hand on what became of plugins.
_ROWS = ("plugin_build_rows", "plugin_deploy_rows", "_tyk_rows")


class CallbackModule(Default):
    """Keeps quiet about what is as it was."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "goplugins.tyk.brief"

    def __init__(self):
        super().__init__()
        self._told = set()

    def v2_playbook_on_play_start(self, play):
        self._play = play

    def v2_playbook_on_no_hosts_matched(self):
        """A play may well be for hosts that this run has none of."""

    def _task_start(self, task, prefix=None):
        """The banner of a task comes with its failure, or not at all."""

    def v2_playbook_on_include(self, included_file):
        pass

    def v2_runner_on_skipped(self, result):
        pass

    def v2_runner_item_on_ok(self, result):
        pass

    def v2_runner_item_on_skipped(self, result):
        pass

    def v2_runner_on_ok(self, result):
        """A line for each plugin of which this is the first word, else one if something changed."""
        host, task, said = parts(result)
        self._handle_warnings(said)
        rows = [row for name in _ROWS for row in said.get("ansible_facts", {}).get(name) or []]
        lines = [of_row(row, host) for row in rows] if rows else of_change(host, task, said)
        for line in lines:
            if line not in self._told:
                self._display.display(line)
        # A task may well change a host twice; what became of a plugin is said once, however often it is handed on.
        self._told.update(lines if rows else ())

    def v2_playbook_on_stats(self, stats):
        for host in sorted(stats.processed):
            self._display.display(of_host(host, stats.summarize(host)))
        if not stats.processed:
            self._display.display("no hosts matched")


def parts(result):
    """(host, name of the task, result), of any supported ansible-core."""
    of = {name: getattr(result, name, None) or getattr(result, f"_{name}") for name in ("host", "task", "result")}
    # Without the role, which the task's name goes with.
    return of["host"].get_name(), of["task"].name or of["task"].get_name().strip(), of["result"]


def of_row(row, host):
    """A row of the closing table, in one line."""
    about = " ".join(filter(None, (row.get("gateway"), row.get("target"))))
    words = [row["verdict"], *(["loaded"] if row.get("loaded") == "yes" else [])]
    cause = f": {row['cause'].splitlines()[0]}" if row.get("bad") and row.get("cause") else ""
    return visible(f"[{row.get('host') or host}] {row['plugin']}{f' for {about}' if about else ''}: {', '.join(words)}{cause}", "")


def of_change(host, task, said):
    """The lines for a task of which no plugin is known: one if it changed the host."""
    return [visible(f"[{host}] {task}: changed", "")] if said.get("changed") else []


def of_host(host, counted):
    """What a host comes to at the end."""
    names = (("changed", "changed"), ("failures", "failed"), ("unreachable", "unreachable"))
    words = [f"{counted[name]} {word}" for name, word in names if counted[name] or name == "changed"]
    return visible(f"[{host}] {', '.join(words)}", "")
