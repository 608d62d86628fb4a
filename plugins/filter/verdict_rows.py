# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verify-plugins.yml found out on many hosts, a row for each plugin."""

from __future__ import annotations

DOCUMENTATION = r"""
name: verdict_rows
short_description: The verdicts of many hosts, a row for each plugin
version_added: 0.1.0
description:
  - Gathers the results of M(goplugins.tyk.tyk_plugin_verify) that hosts registered as C(tyk_verify_verified).
  - A host that could not be asked has a row too, with the verdict V(unknown) and what went wrong.
positional: hosts, fail_on
options:
  _input:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  hosts:
    description: The hosts that were asked.
    type: list
    elements: str
    required: true
  fail_on:
    description: The effects of findings that make a row a bad one, as O(goplugins.tyk.tyk_plugin_verify#module:fail_on) has them.
    type: list
    elements: str
    default: [fails, unknown]
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Tell what will load
  ansible.builtin.debug:
    msg: "{{ hostvars | goplugins.tyk.verdict_rows(groups['gateways']) | goplugins.tyk.table(['host', 'plugin', 'verdict']) }}"
"""

RETURN = r"""
_value:
  description:
    - For each plugin of each host C(host), C(plugin), C(verdict), C(loaded) (V(yes), V(no) or V(not tried)), C(findings) (their codes),
      C(bad) (bool) and C(told), a text with what differs and the commands that cure it.
  type: list
  elements: dict
"""


def verdict_rows(hostvars, hosts, fail_on=("fails", "unknown")):
    """C(hostvars): from host to its variables; C(hosts): list of str; C(fail_on): list of str. Gives a list of dict."""
    return [row for host in hosts for row in _of_host(host, hostvars[host], set(fail_on))]


def _of_host(host, variables, fail_on):
    verified = variables.get("tyk_verify_verified") or {}
    found = variables.get("tyk_verify_found") or {}
    failed = next((answer for answer in (found, verified) if answer.get("unreachable")), None)
    error = variables.get("tyk_verify_error") or (failed and str(failed.get("msg", "unreachable")))
    if error:
        return [_row(host, "", "unknown", "not tried", error, "unknown" in fail_on, f"{host}: {error}")]
    if not verified.get("results"):
        return [_row(host, "", "no plugins", "not tried", "", False, "")]
    return [_of_plugin(host, result, fail_on) for result in verified["results"]]


def _of_plugin(host, result, fail_on):
    loaded = result["loaded"] or {}
    said = {True: "yes", False: "no"}.get(loaded.get("ok"), "not tried")
    findings = [finding for finding in result["findings"] if finding["effect"] != "told"]
    bad = [finding for finding in result["findings"] if finding["effect"] in fail_on]
    codes = " ".join(finding["code"] for finding in findings)
    lines = [f"{host}: {result['plugin']}"]
    for finding in bad:
        lines.append(f"  {finding['title']} [{finding['code']}]. {finding['message']}")
        lines.extend(f"    $ {command}" for command in finding["cure"])
    return _row(host, result["plugin"], result["verdict"], said, codes, bool(bad), "\n".join(lines))


def _row(host, plugin, verdict, loaded, findings, bad, told):
    return {"host": host, "plugin": plugin, "verdict": verdict, "loaded": loaded, "findings": findings, "bad": bad, "told": told}


class FilterModule:
    """Names the filter."""

    def filters(self):
        return {"verdict_rows": verdict_rows}
