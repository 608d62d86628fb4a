# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of hook, and what the gateway turns a symbol into for each (goplugin/goplugin.go and analyticsplugin.go of the gateway)."""

from __future__ import annotations

import collections
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

_HTTP = "func(http.ResponseWriter, *http.Request)"
SIGNATURES = {
    "pre": _HTTP,
    "auth_check": _HTTP,
    "post_key_auth": _HTTP,
    "post": _HTTP,
    "response": "func(http.ResponseWriter, *http.Response, *http.Request)",
    "analytics": "func(*analytics.AnalyticsRecord)",
}
# The packages that these signatures name.
PACKAGES = {"http": "net/http", "analytics": "github.com/TykTechnologies/tyk-pump/analytics"}
# The same types by their full names, with import paths: a package of the same name at another path has other types.
FULL_SIGNATURES = {hook: re.sub(r"\b\w+(?=\.)", lambda match: PACKAGES[match.group()], text) for hook, text in SIGNATURES.items()}


def near_miss(signature: str) -> tuple[str, int]:
    """(the signature of a hook that a function falls just short of, by how many parameters); empty where it is one, or comes near none.

    By none where only their order differs, a pointer, or that the function returns something.
    """
    if signature in SIGNATURES.values():
        return "", 0
    found = _types(signature)
    near = []
    for wanted in dict.fromkeys(SIGNATURES.values()):
        types = _types(wanted)
        apart = sum(((found - types) + (types - found)).values())
        if apart <= 1 and sum((found & types).values()) >= min(2, sum(types.values())):
            near.append((apart, wanted))
    apart, wanted = min(near, default=(0, ""))
    return wanted, apart


def _types(signature: str) -> collections.Counter[str]:
    """How often a function takes each type, pointers to it included."""
    found, depth, start = [], 0, len("func(")
    for position, letter in enumerate(signature[start:], start):
        if depth == 0 and letter in ",)":
            found.append(signature[start:position].strip().lstrip("*"))
            start = position + 1
            if letter == ")":
                break
        depth += (letter in "([{") - (letter in ")]}")
    return collections.Counter(filter(None, found))


def checked_hooks(hooks: t.Mapping[str, str], label: str = "hooks") -> dict[str, str]:
    """From symbol to kind of hook, if there are such kinds. label: what the user calls them. Raises GoPluginsError."""
    for name, hook in hooks.items():
        # Not in the dictionary itself: what users write may have no hash.
        if hook not in tuple(SIGNATURES):
            raise GoPluginsError(f"{label}: {name} is {hook!r}, which is no kind of hook", f"use one of {', '.join(SIGNATURES)}")
    return dict(hooks)
