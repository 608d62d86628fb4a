# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a gateway's configuration says where its definitions are (config/config.go of the gateway)."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import Node, parse
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import read
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Notes
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line

# Outranks the file, whatever it says.
_PREFIX = "TYK_GW_"
# What strconv.ParseBool of Go takes for true.
_TRUE = ("1", "t", "T", "TRUE", "true", "True")


class Settings(t.NamedTuple):
    """apps, middleware: C(app_path) and C(middleware_path), as they are written. owner: who keeps the definitions, if no folder does."""

    apps: str
    middleware: str
    owner: str


def read_settings(conf: str, environment: t.Mapping[str, str]) -> Settings:
    """The settings of a gateway that starts with this configuration file and environment. Raises GoPluginsError, OSError."""
    notes = Notes(conf)
    omitted = environment.get(f"{_PREFIX}OMITCONFIGFILE", "").lower() == "true"
    root = Node({} if omitted else parse(read(conf), notes), "", notes).as_object()
    apps, middleware = root.text("app_path"), root.text("middleware_path")
    dashboard, control_plane = root.flag("use_db_app_configs"), root.object("slave_options").flag("use_rpc")
    if notes.dropped or not root.is_there:
        reason = notes.findings[0].message if notes.findings else "it is empty"
        raise GoPluginsError(f"{conf} is no configuration of a gateway: {reason}", command_line("python3 -m json.tool", conf))
    owner = ""
    if _flag(environment, "USEDBAPPCONFIGS", dashboard):
        owner = "a dashboard"
    elif _flag(environment, "SLAVEOPTIONS_USERPC", control_plane):
        owner = "a control plane (use_rpc)"
    return Settings(environment.get(f"{_PREFIX}APPPATH", apps), environment.get(f"{_PREFIX}MIDDLEWAREPATH", middleware), owner)


def _flag(environment: t.Mapping[str, str], name: str, in_file: bool) -> bool:
    value = environment.get(f"{_PREFIX}{name}")
    return in_file if value is None else value in _TRUE


def read_environment(paths: t.Iterable[str]) -> dict[str, str]:
    """The variables in the files that a unit names by EnvironmentFile, as far as the gateway's settings need it. One that is not there is
    as good as empty."""
    found: dict[str, str] = {}
    for path in paths:
        if not os.path.exists(path):
            continue
        for line in read(path).decode("utf-8", "replace").splitlines():
            name, equals, value = line.strip().partition("=")
            value = value.strip()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
                value = value[1:-1]
            if equals and not name.startswith(("#", ";")):
                found[name.strip()] = value
    return found
