# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin as users write it down, C(tyk_plugins) of the playbooks: one specification for every module that takes plugins."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import checked_name

# Each module uses its part of it. The documentation is the fragment C(goplugins.tyk.plugins).
PLUGIN: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "source": {"type": "str", "no_log": True},
    "version": {"type": "str", "default": ""},
    "remote_src": {"type": "bool", "default": False},
    "package": {"type": "str", "default": "."},
    "id": {"type": "str", "default": ""},
    "symbols": {"type": "list", "elements": "str", "default": []},
    "hooks": {"type": "dict", "default": {}},
    "ldflags": {"type": "str", "default": ""},
}
PLUGINS: dict[str, t.Any] = {"type": "list", "elements": "dict", "options": PLUGIN}


def is_in_git(plugin: t.Mapping[str, t.Any]) -> bool:
    """Whether the plugin's source is a version of a git repository rather than a folder."""
    return bool(plugin.get("version"))


def refuse_bad_names(plugins: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    """Raises GoPluginsError for a name that cannot be one, or that two plugins have."""
    names = [checked_name(plugin["name"]) for plugin in plugins]
    for name in names:
        if names.count(name) > 1:
            raise GoPluginsError(f"there are {names.count(name)} plugins of the name {name}", "give each a name of its own")
