# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the variables of a playbook, before any host is touched."""

from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
short_description: What is wrong with the variables of a playbook of this collection
version_added: 0.1.0
description:
  - Compares the variables of a host with those that the playbooks and roles of this collection know, by name, type and choices,
    and looks into the plugins' source folders on the controller.
  - An unknown name that begins with C(tyk_) is a problem if it was given with C(--extra-vars), or if it is close to a known name.
author:
  - The goplugins.tyk authors (@goplugins)
options:
  _terms:
    description: The name of the playbook, as V(build_plugins).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Refuse variables that the playbook cannot use
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems }}"
  vars:
    problems: "{{ query('goplugins.tyk.variable_problems', 'build_plugins') }}"
"""

RETURN = r"""
_list:
  description: One sentence for each problem.
  type: list
  elements: str
"""

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import shown
from ansible_collections.goplugins.tyk.plugins.plugin_utils import gateways, report_files, sources, specification
from ansible_collections.goplugins.tyk.plugins.plugin_utils import variables as checks

# What other prefixes the options of our roles have; their names are checked where they are given on the command line.
ROLES = ("cross_cc_", "go_toolchain_", "plugin_workspace_", "plugin_build_", "plugin_deploy_")
# What roles hand on to each other.
HANDED_ON = {"tyk_gateway_facts", "tyk_gateway_entry"}


class LookupModule(LookupBase):
    """Reads the variables of the host that a task runs for."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        (playbook,) = terms
        options, renamed = specification.of_playbooks()["options"], specification.of_playbooks()["renamed"]
        given = load_extra_vars(self._loader)
        ours = {name: spec for name, spec in options.items() if playbook in spec["playbooks"]}
        known = {**specification.of_roles(), **options}
        values = {name: self._templar.template(variables[name]) for name in ours if name in variables}
        found = list(unknown_names(variables, given, known, renamed))
        for name, value in values.items():
            found += checks.problems(name, value, ours[name])
        allow_empty = boolean(values.get("tyk_allow_empty", False), strict=False)
        if not found:
            found += needed(ours, values, allow_empty)
        if not found and values.get("tyk_report_folder"):
            found += filter(None, [report_files.problem(values["tyk_report_folder"])])
        for sentence in [*gateways.ignored(values), *unused(given, ours, options, playbook)]:
            Display().warning(sentence)
        if not found and (playbook == "build_plugins" or (playbook == "upgrade_gateways" and values.get("tyk_upgrade_build", True))):
            found += sources.problems(values.get("tyk_plugins", []), values.get("tyk_plugin_targets", []))
        if not found and playbook == "new_plugin":
            found += sources.problems_of_new(values["tyk_new_name"], values.get("tyk_new_module"))
        # They quote values.
        return shown(found)


def unknown_names(variables, given, known, renamed):
    """Sentences for the names that nobody knows."""
    names = [name for name in variables if name.startswith("tyk_") and name not in HANDED_ON]
    suspects = [name for name in names if name in given or name in renamed or checks.nearest(name, known)]
    suspects += [name for name in given if name.startswith(ROLES) or name in renamed]
    return checks.unknown(suspects, known, renamed)


def unused(given, ours, others, playbook):
    """Sentences for variables on the command line that only other playbooks use."""
    return [f"{playbook} does not use {name}." for name in given if name in others and name not in ours]


def needed(ours, values, allow_empty):
    """Sentences for what must be there and is not."""
    for name, spec in ours.items():
        if spec.get("required") and not values.get(name) and not allow_empty:
            yield f"{name} is {'empty' if name in values else 'missing'}. It is needed: {spec['description']} See README."
    if "tyk_gateways" in ours and not allow_empty:
        names = (
            "tyk_gateways",
            "tyk_gateway_version",
            "tyk_gateway_binary",
            "tyk_gateway_versions",
            "tyk_gateway_hosts",
            "tyk_go_versions",
        )
        if not any(values.get(name) for name in names):
            yield "Which gateway? Set tyk_gateway_version to a tag, branch or commit, or tyk_gateway_binary to the gateway that runs."
