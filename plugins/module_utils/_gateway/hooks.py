# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of hook, and what the gateway turns a symbol into for each (goplugin/goplugin.go and analyticsplugin.go of the gateway)."""

from __future__ import annotations

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


def checked_hooks(hooks: t.Mapping[str, str]) -> dict[str, str]:
    """From symbol to kind of hook, if there are such kinds. Raises GoPluginsError."""
    for name, hook in hooks.items():
        if hook not in SIGNATURES:
            raise GoPluginsError(f"hooks: {name} is {hook!r}, which is no kind of hook", f"use one of {', '.join(SIGNATURES)}")
    return dict(hooks)
