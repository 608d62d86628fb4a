# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateways that a run is about, each a whole entry: no variable that somebody left over can change one."""

from __future__ import annotations

import json

TYK = "https://github.com/TykTechnologies/tyk.git"
_EMPTY = {"name": "", "version": "", "binary": "", "binary_on": "", "go_version": "", "tags": [], "facts": {}, "hosts": [], "problem": ""}


def wanted(variables):
    """The entries that C(variables) (from name to value) describe.

    C(tyk_gateways) counts before C(tyk_gateway_versions), and these before C(tyk_gateway_version) or C(tyk_gateway_binary).
    """
    usual = {
        "repo": variables.get("tyk_gateway_repo") or TYK,
        "repo_on": variables.get("tyk_gateway_repo_on") or "",
        "edition": variables.get("tyk_gateway_edition") or "community",
    }
    listed = variables.get("tyk_gateways") or variables.get("tyk_gateway_versions") or []
    entries = [{"version": one} if isinstance(one, str) else one for one in listed]
    if not entries and (variables.get("tyk_gateway_version") or variables.get("tyk_gateway_binary")):
        keys = ("name", "version", "binary", "binary_on", "go_version", "tags")
        entries = [{key: variables.get(f"tyk_gateway_{key}") for key in keys}]
    return [{**_EMPTY, **usual, **{key: value for key, value in entry.items() if value}} for entry in entries]


def ignored(variables):
    """One sentence for each variable that names a gateway and does not count, as another one does."""
    for strong in ("tyk_gateways", "tyk_gateway_versions", "tyk_gateway_hosts"):
        if variables.get(strong):
            weak = ["tyk_gateway_version", "tyk_gateway_binary_on", "tyk_gateway_go_version", "tyk_gateway_tags", "tyk_gateway_name"]
            weak += [] if strong == "tyk_gateway_hosts" else ["tyk_gateway_binary"]
            return [f"{name} is not used: {strong} names the gateways." for name in weak if variables.get(name)]
    return []


def distinct(answers, usual):
    """The builds of the gateway that run on many hosts, each once.

    C(answers): from host to the result of C(tyk_gateway_info) there. C(usual): an entry with C(repo), C(repo_on) and C(edition).
    A host whose gateway could not be read has an entry of its own, with the C(problem).
    """
    builds = {}
    problems = {host: str(answer.get("msg") or "it did not answer") for host, answer in answers.items() if not answer.get("profile")}
    for host, answer in answers.items():
        if host in problems:
            continue
        key = json.dumps([answer["profile"], answer["target"], answer["linked"]], sort_keys=True)
        builds.setdefault(key, []).append(host)
    found = []
    for hosts in builds.values():
        facts = answers[hosts[0]]
        label = facts["profile"]["label"]
        taken = sum(one["facts"]["profile"]["label"] == label for one in found)
        found.append(
            {
                **_EMPTY,
                **usual,
                # A release names its folders by itself; a commit may yet turn out to be one that is taken.
                "name": f"{label}-{taken + 1}" if taken else "" if facts["profile"]["version"] or len(builds) == 1 else label,
                # A binary that does not say its commit is named by its release.
                "version": "" if facts["profile"]["commit"] else facts["profile"]["version"],
                "binary": facts["binary"],
                "binary_on": hosts[0],
                "facts": facts,
                "hosts": hosts,
            }
        )
    return found + [{**_EMPTY, **usual, "name": host, "hosts": [host], "problem": problem} for host, problem in problems.items()]
