# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gateways that a run is about, each a whole entry: no variable that somebody left over can change one."""

from __future__ import annotations

import json
import re

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import parse_version
from ansible_collections.goplugins.tyk.plugins.plugin_utils.variables import refusals

TYK = "https://github.com/TykTechnologies/tyk.git"
_TEXTS = ("name", "version", "binary", "binary_on", "go_version")
_EMPTY = {**dict.fromkeys(_TEXTS, ""), "tags": [], "debug": False, "facts": {}, "hosts": [], "problem": ""}


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
        entries = [{key: variables.get(f"tyk_gateway_{key}") for key in (*_TEXTS, "tags", "debug")}]
    return [_named({**_EMPTY, **usual, **{key: value for key, value in entry.items() if value}}) for entry in entries]


def _named(entry):
    """The entry; one for a debugger has a name, so that its files do not take the place of the release's."""
    debug = boolean(entry["debug"], strict=False)
    name = re.sub("[^A-Za-z0-9._-]", "_", f"{entry['version']}-debug") if debug else ""
    return {**entry, "debug": debug, "name": entry["name"] or name}


def nameless(variables):
    """One sentence for each entry of C(tyk_gateways) that names no gateway."""
    listed = variables.get("tyk_gateways") or []
    found = [number for number, one in enumerate(listed) if not (one if isinstance(one, str) else one.get("version") or one.get("binary"))]
    return [f"tyk_gateways[{number}] names no gateway: it has neither a version nor a binary." for number in found]


def unreleased(variables):
    """One sentence for each text in C(variables) that is to be a Go release, and is the name of none."""
    listed = variables.get("tyk_gateways") or []
    named = {
        "tyk_gateway_go_version": variables.get("tyk_gateway_go_version"),
        **{f"tyk_gateways[{number}].go_version": one.get("go_version") for number, one in enumerate(listed) if not isinstance(one, str)},
        **{f"tyk_go_versions[{number}]": one for number, one in enumerate(variables.get("tyk_go_versions") or [])},
    }
    return [problem for name, text in named.items() if text for problem in refusals(parse_version, text, name=name)]


def ignored(variables):
    """One sentence for each variable that names a gateway and does not count, as another one does."""
    for strong in ("tyk_gateways", "tyk_gateway_versions", "tyk_gateway_hosts"):
        if variables.get(strong):
            weak = ["version", "binary_on", "go_version", "tags", "name", "debug", *([] if strong == "tyk_gateway_hosts" else ["binary"])]
            names = [f"tyk_gateway_{name}" for name in weak]
            return [f"{name} is not used: {strong} names the gateways." for name in names if variables.get(name)]
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
