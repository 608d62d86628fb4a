# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gateway goes by at its start: its C(tyk.conf), and the variables C(TYK_GW_*), which outrank it.

The rules are those of config/config.go, Load and FillEnv.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import read
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line

_PREFIX = "TYK_GW_"
# What strconv.ParseBool of Go takes for true.
_TRUE = ("1", "t", "T", "TRUE", "true", "True")
# No number that Go takes has more digits.
_LONGEST = 20
_ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_]\w*)\s*=(.*)$")


class Configuration(t.NamedTuple):
    """path: the file, for messages. values: what it says. environment: variables, among them those of the gateway."""

    path: str
    values: t.Mapping[str, t.Any]
    environment: t.Mapping[str, str]

    def text(self, *keys: str) -> str:
        """The text at a path of keys; empty where there is none. Raises GoPluginsError for a value that is no text."""
        return str(self._value(keys, str, "a text") or "")

    def flag(self, *keys: str) -> bool:
        """Whether the value at a path of keys is true. Raises GoPluginsError where it is neither true nor false."""
        value = self._value(keys, bool, "true or false")
        return value in _TRUE if isinstance(value, str) else bool(value)

    def number(self, *keys: str) -> int:
        """The number at a path of keys; 0 where there is none. Raises GoPluginsError for what is none."""
        value = self._value(keys, int, "a number")
        try:
            return int(value or 0)
        except ValueError:
            raise self._wrong(keys, "a number") from None

    @property
    def owner(self) -> str:
        """Who keeps the definitions, if no folder does."""
        if self.flag("use_db_app_configs"):
            return "a dashboard (use_db_app_configs)"
        return "a control plane (slave_options.use_rpc)" if self.flag("slave_options", "use_rpc") else ""

    def _value(self, keys: t.Sequence[str], kind: type, words: str) -> t.Any:
        variable = _PREFIX + "_".join(key.replace("_", "") for key in keys).upper()
        # Set to nothing is set.
        if variable in self.environment:
            return self.environment[variable]
        value: t.Any = self.values
        for key in keys:
            value = _field(value, key) if isinstance(value, dict) else None
        if value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            raise self._wrong(keys, words)
        return value

    def _wrong(self, keys: t.Sequence[str], words: str) -> GoPluginsError:
        return _no_configuration(self.path, f"{'.'.join(keys)} is not {words}")


def read_configuration(path: str, environment: t.Mapping[str, str]) -> Configuration:
    """The configuration of a gateway that starts with this file, or without one, and these variables. Raises GoPluginsError, OSError."""
    if not path or environment.get(f"{_PREFIX}OMITCONFIGFILE", "").lower() == "true":
        return Configuration(path, {}, environment)
    try:
        values = json.loads(read(path), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise _no_configuration(path, str(error)) from error
    if not isinstance(values, dict):
        raise _no_configuration(path, "it is not a JSON object")
    return Configuration(path, values, environment)


def read_environment(paths: t.Iterable[str]) -> dict[str, str]:
    """The variables in the files that a unit names by C(EnvironmentFile); of those in several, the last. One that is not there is empty."""
    found: dict[str, str] = {}
    for path in filter(os.path.exists, paths):
        found.update(_assignments(read(path).decode("utf-8", "replace")))
    return found


def _assignments(text: str) -> dict[str, str]:
    """What an environment file of systemd, or one of shell assignments, sets."""
    found = {}
    for line in text.splitlines():
        match = _ASSIGNMENT.match(line.strip())
        if match:
            try:
                words = shlex.split(match[2])
            except ValueError:
                words = [match[2].strip()]
            found[match[1]] = " ".join(words)
    return found


def _integer(digits: str) -> int:
    # Python takes minutes for one of a million digits.
    if len(digits) > _LONGEST:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _field(value: t.Mapping[str, t.Any], key: str) -> t.Any:
    """What Go unmarshals into a field: the last of the keys that equal it but for case. null leaves the one before."""
    return next((value[name] for name in reversed(list(value)) if name.lower() == key and value[name] is not None), None)


def _no_configuration(path: str, reason: str) -> GoPluginsError:
    return GoPluginsError(
        f"{path or 'the environment'} is no configuration of a gateway: {reason}", command_line("python3 -m json.tool", path)
    )
