# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What speaks against the environment that all Go and git commands get, before one of them starts. Pure: values in, sentences out."""

from __future__ import annotations

import collections.abc

from ansible_collections.goplugins.tyk.plugins.module_utils._command import LIMIT_VARIABLE, limit_of
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import retries
from ansible_collections.goplugins.tyk.plugins.plugin_utils.variables import nearest, refusals

# What this collection reads itself, each with what refuses a wrong value.
_OURS = {LIMIT_VARIABLE: limit_of, retries.VARIABLE: retries.tries_of}
_PREFIX = "GOPLUGINS_"


def problems(name, environment):
    """One sentence for each problem of C(environment), a dictionary from variable to value. name: what the user calls it."""
    return [problem for key, value in environment.items() for problem in _of(name, str(key), value)]


def _of(name, key, value):
    if isinstance(value, (collections.abc.Mapping, list, tuple)):
        return [f"{name}.{key} is a {'dictionary' if isinstance(value, collections.abc.Mapping) else 'list'}; it must be a text."]
    if key in _OURS:
        return refusals(_OURS[key], "" if value is None else str(value), name=name)
    # Other programs have variables of their own, with names that come less near.
    near = nearest(key, _OURS, 0.85)
    if near or key.startswith(_PREFIX):
        return [f"{name} has the unknown key {key}. {f'Did you mean {near}?' if near else f'Those of this collection are: {_listed()}.'}"]
    return []


def _listed():
    return ", ".join(_OURS)
