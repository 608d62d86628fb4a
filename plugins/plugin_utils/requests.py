# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What builds are asked for, as digests: variables, gateway, the sources on the controller. Pure but for the sources."""

from __future__ import annotations

import collections.abc
import hashlib
import json
import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import is_in_git, is_on_the_host
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.source import read_source

# What counts of what was read of a gateway that runs; the rest of the result, such as how long that took, is another each time.
_OF_BINARY = ("binary", "profile", "target", "linked", "stamp")
# Variables that do not say how a gateway is made ready. All others do, for what this code knows.
_OF_PLUGINS = ("tyk_plugins", "tyk_align", "tyk_artifacts", "plugin_")
# What earlier tasks of the run set; what it says is in the entry, or comes of the other variables. And whether receipts count.
_NOT_ASKED = ("tyk_gateway_facts", "tyk_gateway_entry", "tyk_recheck")


def of_gateways(entries, variables, host, collection):
    """For each entry of C(gateways.wanted) the digests C(gateway) and C(plugins); empty where no receipt may answer.

    variables: from name to value, as the build host C(host) has them. collection: a digest of the code that will do it.
    """
    values = {name: value for name, value in variables.items() if name not in _NOT_ASKED}
    common = {name: value for name, value in values.items() if not name.startswith(_OF_PLUGINS)}
    sources = digests_of_sources(values.get("tyk_plugins") or []) if entries else []
    found = []
    for entry in entries:
        if entry["problem"] or is_out_of_sight(entry, host):
            found.append({"gateway": "", "plugins": ""})
            continue
        entry = {**entry, "facts": {key: entry["facts"].get(key) for key in _OF_BINARY}}
        plugins = "" if sources is None else digest([collection, host, entry, values, sources])
        found.append({"gateway": digest([collection, host, entry, common]), "plugins": plugins})
    return found


def is_out_of_sight(entry, host):
    """Whether the gateway's binary is on another machine, and was not looked at there in this run."""
    return bool(entry["binary"] and entry["binary_on"] not in ("", host) and not entry["facts"])


def digests_of_sources(plugins):
    """A digest of each source folder on the controller; None if one cannot be read, which is for a later task to say."""
    found = []
    for plugin in plugins:
        if is_in_git(plugin) or is_on_the_host(plugin):
            continue
        try:
            folder = os.path.abspath(os.path.expanduser(plugin["source"]))
            source = read_source(folder, plugin.get("package") or ".", carried=True)
            found.append([source.tree.digest, source.package, list(source.layout)])
        except GoPluginsError:
            return None
    return found


def digest(value):
    """The SHA-256 of a value of dictionaries, lists and texts, 64 hexadecimal digits."""
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()


def _plain(value):
    """The value in Python's own types. Ansible's lists and dictionaries give the values of templates only to those who ask one by one."""
    if isinstance(value, collections.abc.Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, collections.abc.Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (bool, int)) else str(value)
