# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import (
    FULL_SIGNATURES,
    PACKAGES,
    SIGNATURES,
    checked_hooks,
    near_miss,
)


def test_every_package_of_a_signature_can_be_imported():
    assert {name for signature in SIGNATURES.values() for name in re.findall(r"(\w+)\.", signature)} == set(PACKAGES)


def test_full_names_have_import_paths():
    assert FULL_SIGNATURES["pre"] == "func(net/http.ResponseWriter, *net/http.Request)"
    assert FULL_SIGNATURES["analytics"] == "func(*github.com/TykTechnologies/tyk-pump/analytics.AnalyticsRecord)"
    assert FULL_SIGNATURES.keys() == SIGNATURES.keys()


def test_only_kinds_that_exist():
    assert checked_hooks({"A": "pre"}) == {"A": "pre"}
    with pytest.raises(GoPluginsError, match="no kind of hook"):
        checked_hooks({"A": "Pre"})


@pytest.mark.parametrize(
    ("signature", "hook", "apart"),
    [
        ("func(http.ResponseWriter, http.Request)", "pre", 0),
        ("func(*http.Request, http.ResponseWriter)", "post", 0),
        ("func(http.ResponseWriter, *http.Request) error", "auth_check", 0),
        ("func(http.ResponseWriter, *http.Request, *http.Response)", "response", 0),
        ("func(http.ResponseWriter, *http.Request, string)", "pre", 1),
        ("func(http.ResponseWriter, *http.Response)", "response", 1),
        ("func(analytics.AnalyticsRecord)", "analytics", 0),
        ("func(*analytics.AnalyticsRecord, map[string]interface {}) (int, error)", "analytics", 1),
    ],
)
def test_what_falls_just_short_of_a_hook(signature, hook, apart):
    assert near_miss(signature) == (SIGNATURES[hook], apart)


@pytest.mark.parametrize(
    "signature",
    [
        *SIGNATURES.values(),
        "func()",
        "func() string",
        "func(string) error",
        "func(*http.Request) string",
        "func(http.ResponseWriter)",
        "func(func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request)",
        "func(http.ResponseWriter, int, string, *http.Request)",
        "func(map[string]func(http.ResponseWriter, *http.Request), http.Handler)",
        "",
        "func(",
    ],
)
def test_what_is_a_hook_or_something_else(signature):
    assert near_miss(signature)[0] == ""
