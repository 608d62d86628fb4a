# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the gateway names the files of plugins (tyk goplugin/storage.go, GetPluginFileNameToLoad)."""

from __future__ import annotations

import re

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def checked_name(name: str) -> str:
    """The name of a plugin, if it can be part of a file name and a module path. Raises GoPluginsError."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise GoPluginsError(
            f"{name!r} cannot be the name of a plugin: letters, digits, '.', '_' and '-', beginning with a letter or digit, without '..'",
            "give it another one: name: my-plugin in tyk_plugins (with make: NAME=my-plugin)",
        )
    return name


def artifact_name(name: str, label: str, target: Platform) -> str:
    """The file name that the gateway looks for: C({name}_{version}_{goos}_{goarch}.so)."""
    return f"{checked_name(name)}_{label}_{target.goos}_{target.goarch}.so"
