# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plugins' paths in definitions: found where the gateway reads them, and replaced without another byte."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import paths

# Odd on purpose: order, numbers, keys that nobody knows, escapes, blanks, and paths that are none of plugins.
CLASSIC = r"""{ "zeta": 1e400, "rate": 10000000000000000000000.10,
  "custom_middleware":{"driver":"goplugin", "Pre":[ {"name":"A","PATH":"middleware\/auth.so","unknown":[1,{"path":"auth.so"}]}],
    "auth_check": {"path": "auth_v5.3.6_linux_amd64.so", "name": "B"}, "response":[{"path":""},{"name":"R","path":"other.so"}]},
  "path": "auth.so", "proxy": {"path": "auth.so", "text": "a \"quoted\" {brace} [bracket], and: more é"},
  "version_data":{"versions":{"a.b":{"extended_paths":{"go_plugin":[{"path":"/auth.so","plugin_path":"/opt/auth-0123456789ab.so"}]}}}},
  "analytics_plugin": {"plugin_path": "auth", "enable": true} }
"""


def found(text):
    return [(paths.as_text(spot.place), spot.value, spot.analytics) for spot in paths.spots(text)]


def test_the_paths_of_a_classic_definition():
    assert found(CLASSIC) == [
        ("custom_middleware.Pre[0].PATH", "middleware/auth.so", False),
        ("custom_middleware.auth_check.path", "auth_v5.3.6_linux_amd64.so", False),
        ("custom_middleware.response[1].path", "other.so", False),
        ("version_data.versions.a.b.extended_paths.go_plugin[0].plugin_path", "/opt/auth-0123456789ab.so", False),
        ("analytics_plugin.plugin_path", "auth", True),
    ]


def test_the_paths_of_an_openapi_document():
    document = {
        "paths": {"/auth.so": {"get": {"operationId": "x"}}},
        "x-tyk-api-gateway": {
            "server": {"authentication": {"custom": {"config": {"path": "1.so"}}}},
            "middleware": {
                "global": {
                    "prePlugins": [{"path": "2.so"}],
                    "postAuthenticationPlugin": {"plugins": [{"path": "3.so"}]},
                    "responsePlugins": [{"path": "4.so"}],
                    "trafficLogs": {"plugins": [{"path": "5.so"}]},
                },
                "operations": {"x": {"postPlugins": [{"path": "6.so"}, {"path": "7.so"}]}},
            },
        },
    }
    assert [spot.value for spot in paths.spots(json.dumps(document))] == ["1.so", "2.so", "3.so", "4.so", "5.so", "6.so", "7.so"]


def test_nothing_else_of_the_text_changes():
    values = {spot: f"/new/{spot.start}.so" for spot in paths.spots(CLASSIC)}
    changed = paths.replaced(CLASSIC, values)
    back = paths.replaced(changed, {spot: old.value for spot, old in zip(paths.spots(changed), paths.spots(CLASSIC))})
    # The only byte that differs is an escape that JSON does not ask for.
    assert back == CLASSIC.replace(r"middleware\/auth.so", "middleware/auth.so")
    assert [spot.value for spot in paths.spots(changed)] == list(values.values())
    assert (
        "1e400" in changed
        and "10000000000000000000000.10" in changed
        and '"text": "a \\"quoted\\" {brace} [bracket], and: more é"' in changed
    )


def test_a_text_in_which_nothing_is_replaced_is_the_same():
    assert paths.replaced(CLASSIC, {}) == CLASSIC


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("auth.so", "auth"),
        ("auth", "auth"),
        ("/opt/tyk-gateway/middleware/auth.so", "auth"),
        ("auth_v5.3.6_linux_amd64.so", "auth"),
        ("auth_5.3.6_linux_arm64.so", "auth"),
        ("middleware/auth-0123456789ab.so", "auth"),
        ("middleware/auth-0123456789ab-2_v5.3.6_linux_amd64.so", "auth"),
        ("auth-key.so", "auth-key"),
        ("auth-0123456789AB.so", "auth-0123456789AB"),
        ("auth.py", "auth.py"),
    ],
)
def test_the_plugin_that_a_path_means(path, name):
    assert paths.plugin_of(path) == name
