# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with the variables of a playbook, before any host is touched."""

from __future__ import annotations

DOCUMENTATION = r"""
name: variable_problems
short_description: What is wrong with the variables of a playbook, before any host is touched
version_added: 0.1.0
description:
  - Compares the variables of a host with those that the playbooks and roles of this collection know, by name, type and choices,
    and looks into the plugins' source folders on the controller.
  - An unknown name is a problem if it begins as ours do and was given with C(--extra-vars), or if it is a slip of the pen for a known name.
author:
  - The goplugins.tyk authors (@goplugins)
options:
  _terms:
    description: The name of the playbook, as V(build_plugins).
    type: list
    elements: str
    required: true
  builds:
    description: Whether the host is one that V(upgrade_gateways) builds on, which needs no variable of a gateway that runs.
    type: bool
    default: false
  gateways:
    description: Instead of the host, look at these hosts, whose gateways are read, and at what says of each which gateway it has.
    type: list
    elements: str
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

import collections.abc

from ansible.errors import AnsibleError, AnsibleUndefinedVariable
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.parsing import vault
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible.utils.vars import load_extra_vars
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import shown
from ansible_collections.goplugins.tyk.plugins.plugin_utils import environments, gateways, report_files, sources, specification
from ansible_collections.goplugins.tyk.plugins.plugin_utils import variables as checks

# What other prefixes the options of our roles have.
ROLES = ("cross_cc_", "go_toolchain_", "plugin_workspace_", "plugin_build_", "plugin_deploy_")
# What roles hand on to each other.
HANDED_ON = {"tyk_gateway_facts", "tyk_gateway_entry"}
# What says of a host with a gateway that runs which gateway that is.
OF_GATEWAYS = ("tyk_gateway_binary", "tyk_gateway_version")


class LookupModule(LookupBase):
    """Reads the variables of the host that a task runs for."""

    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        (playbook,) = terms
        options, renamed = specification.of_playbooks()["options"], specification.of_playbooks()["renamed"]
        given = load_extra_vars(self._loader)
        known = {**specification.of_roles(), **options}
        hosts = self.get_option("gateways")
        if hosts is not None:
            found = {host: list(of_gateway(variables["hostvars"][host], given, known, renamed)) for host in hosts}
            return shown(checks.of_hosts(found))
        ours = {name: spec for name, spec in options.items() if playbook in spec["playbooks"]}
        of_roles = roles_only(playbook, ours)

        def template(name):
            return self._templar.template(variables[name])

        values, unreadable = read(template, ours.keys() & variables.keys())
        # What leans on a fact of a later task is for the role to read.
        values_of_roles, unreadable_of_roles = read(template, of_roles.keys() & variables.keys(), later=AnsibleUndefinedVariable)
        found = [*unknown_names(variables, given, known, renamed), *unreadable, *unreadable_of_roles]
        for name, value in {**values, **values_of_roles}.items():
            found += checks.problems(name, value, {**of_roles, **ours}[name])
        allow_empty = boolean(values.get("tyk_allow_empty", False), strict=False)
        if not found:
            found += needed(ours, values, allow_empty, self.get_option("builds"))
            found += environments.problems("tyk_go_environment", values.get("tyk_go_environment", {}))
        if not found and values.get("tyk_report_folder"):
            found += filter(None, [report_files.problem(values["tyk_report_folder"])])
        for sentence in [*gateways.ignored(values), *unused(given, ours, options, playbook)]:
            Display().warning(sentence)
        if not found:
            built = playbook == "build_plugins" or (
                playbook == "upgrade_gateways" and boolean(values.get("tyk_upgrade_build", True), strict=False)
            )
            found += [*gateways.nameless(values), *gateways.unreleased(values), *sources.problems(values, built)]
        if not found and playbook == "new_plugin":
            found += sources.problems_of_new(values)
        # They quote values.
        return shown(found)


def roles_only(playbook, ours):
    """The options of the roles that a playbook uses, but those that are variables of the playbook, C(ours)."""
    prefixes = tuple(f"{role}_" for role in specification.of_playbooks()["used_roles"][playbook])
    options = specification.of_roles()
    return {name: spec for name, spec in options.items() if name.startswith(prefixes) and name not in HANDED_ON and name not in ours}


def of_gateway(host, given, known, renamed):
    """Sentences for the variables of a host with a gateway that runs, C(host), that were not given for all hosts."""
    own = {name for name in host if name not in given}
    yield from unknown_names(own, {}, known, renamed)
    values, found = read(lambda name: host[name], own.intersection(OF_GATEWAYS))
    yield from found
    for name, value in values.items():
        yield from checks.problems(name, value, known[name])


def read(template, names, later=()):
    """(from name to value, one sentence for each variable that has none). C(template) is called with each of C(names).

    later: errors of variables that will have a value later.
    """
    values, found = {}, []
    for name in sorted(names):
        try:
            values[name] = plain(template(name))
        except later:
            pass
        except AnsibleError as error:
            found.append(f"{name} cannot be read: {error}")
    return values, found


def plain(value):
    """A value in Python's own types, with all templates in it filled in. What was encrypted is a Secret."""
    if is_encrypted(value):
        return checks.Secret(value)
    if isinstance(value, collections.abc.Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, collections.abc.Sequence) and not isinstance(value, (str, bytes)):
        return [plain(item) for item in value]
    return value


def is_encrypted(value):
    """Whether a value is from a vault, as the releases of Ansible say so."""
    if hasattr(vault, "VaultHelper"):
        return isinstance(value, str) and vault.VaultHelper.get_ciphertext(value, with_tags=False) is not None
    return getattr(value, "__ENCRYPTED__", False)


def unknown_names(names, given, known, renamed):
    """Sentences for the names that nobody knows. Others have names of their own, too, which only begin as ours do."""
    suspects = [name for name in given if name in renamed or name.startswith(("tyk_", *ROLES)) or checks.misspelt(name, known)]
    ours = [name for name in names if checks.canonical(name).startswith(("tyk_", *ROLES))]
    suspects += [name for name in ours if name in renamed or (name not in known and checks.misspelt(name, known))]
    yield from (f"{name} is what the roles hand on to each other. Leave it out." for name in given if name in HANDED_ON)
    yield from checks.unknown([name for name in suspects if name not in HANDED_ON], known, renamed)


def unused(given, ours, others, playbook):
    """Sentences for variables on the command line that only other playbooks use, or that are ours without the prefix, or the user's own."""
    found = {name: f"{playbook} does not use {name}." for name in given if name not in ours}
    return [
        *(sentence for name, sentence in found.items() if name in others),
        *(f"{sentence} Did you mean tyk_{name}?" for name, sentence in found.items() if f"tyk_{name}" in ours),
    ]


def needed(ours, values, allow_empty, builds):
    """Sentences for what must be there and is not. builds: whether the host builds for gateways on other hosts."""
    for name, spec in ours.items():
        elsewhere = builds and spec.get("required_on") == "gateways"
        if spec.get("required") and not values.get(name) and not allow_empty and not elsewhere:
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
