#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_report
short_description: End a play with a table, the causes of what went wrong, and how to fix them
version_added: 0.1.0
description:
  - Prints lines as they are, on every version of Ansible and with every callback for people. Callbacks for programs get RV(report) instead.
  - With O(folder) it also writes them as files on the controller, with what findings and records say besides.
  - It runs on the controller and asks no host.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    description: Writes no file, and says which ones it would write.
    support: full
  diff_mode:
    description: Does not show how the files differ.
    support: none
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
options:
  rows:
    description:
      - What the table shows, a dictionary for each row.
      - A row with C(bad) set has C(cause), a text, and C(fix), a list of lines. Each cause is printed once, below the table.
    type: list
    elements: dict
    default: []
  columns:
    description:
      - Keys of O(rows), in the order in which the table shows them.
      - Without any there is no table, and O(rows) are only counted.
    type: list
    elements: str
    default: []
  about:
    description: Keys of O(rows) that name a bad row in front of its cause.
    type: list
    elements: str
    default: []
  lines:
    description: Further lines.
    type: list
    elements: str
    default: []
  remarks:
    description: Lines for the files in O(folder), such as which hosts were left out.
    type: list
    elements: str
    default: []
  msg:
    description:
      - One sentence on the whole; the error message if O(failed=true).
      - Left out, it counts the verdicts of O(rows), which then need C(host), C(plugin) and C(verdict).
    type: str
  failed:
    description: Whether the task fails.
    type: bool
    default: false
  folder:
    description:
      - Folder on the controller for a report on O(rows) in three files. It is made if it is not there.
      - Without it, and without rows, no file is written.
      - C(.html) is a page that needs nothing else, C(.xml) the same as results of tests (JUnit), C(.md) as Markdown for a comment.
      - The files say what is so and since when. Where that is as it was they stay as they are.
      - A folder that cannot be written is a warning. It does not fail the task.
    type: path
  name:
    description: Name of these files without the ending, and of what ran. It must be letters, digits, C(_) and C(-).
    type: str
    default: report
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Show what came out
  goplugins.tyk.tyk_report:
    columns: [plugin, verdict]
    about: [plugin]
    rows:
      - {plugin: good, verdict: loads, bad: false}
      - {plugin: broken, verdict: not built, bad: true, cause: 'main.go:3: syntax error', fix: [mend main.go]}
    lines: ['See https://example.com/plugins']
    msg: 1 of 2 plugins failed
    failed: true

- name: Write the verdicts of all hosts as a page, for CI and for a pull request
  goplugins.tyk.tyk_report:
    columns: [host, plugin, verdict]
    rows:
      - {host: gw1, plugin: good, gateway: v5.3.6, verdict: loads, bad: false, cause: ''}
    remarks: ['left out by --limit: gw2']
    folder: report
    name: nightly
  run_once: true
"""

RETURN = r"""
msg:
  description: O(msg), or the count of the verdicts.
  returned: always
  type: str
  sample: 1 of 2 plugins failed
written:
  description: The files of the report that were written, or would be in check mode; empty where they are as they were.
  returned: with O(folder)
  type: list
  elements: str
  sample: [/home/ann/report/nightly.html, /home/ann/report/nightly.xml, /home/ann/report/nightly.md]
report:
  description: The lines.
  returned: with a callback for programs, such as V(json)
  type: list
  elements: str
  sample: [plugin  verdict, good    loads]
"""
