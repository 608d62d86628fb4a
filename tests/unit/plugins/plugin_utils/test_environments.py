# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused of the environment of Go and git commands."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils.environments import problems


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"GOPROXY": "off", "GOFLAGS": "-mod=mod", "https_proxy": "http://proxy"},
        {"GOPLUGINS_TIMEOUT": "600", "GOPLUGINS_RETRIES": 0},
        {"GOPLUGINS_TIMEOUT": 600.5, "GOPLUGINS_RETRIES": None},
        {"GOTIMEOUT": "x", "RETRIES": "x", "TIMEOUT": "x"},
    ],
)
def test_what_is_fine(environment):
    assert problems("tyk_go_environment", environment) == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"GOPLUGINS_TIMEOUT": "1h"}, "tyk_go_environment: GOPLUGINS_TIMEOUT is '1h', not a number of seconds"),
        ({"GOPLUGINS_TIMEOUT": -1}, "tyk_go_environment: GOPLUGINS_TIMEOUT is '-1', not a number of seconds"),
        ({"GOPLUGINS_RETRIES": "many"}, "tyk_go_environment: GOPLUGINS_RETRIES is 'many', not a number from 0 to 20"),
        ({"GOPLUGINS_RETRYS": "5"}, "tyk_go_environment has the unknown key GOPLUGINS_RETRYS. Did you mean GOPLUGINS_RETRIES?"),
        ({"GOPLUGIN_TIMEOUT": "5"}, "tyk_go_environment has the unknown key GOPLUGIN_TIMEOUT. Did you mean GOPLUGINS_TIMEOUT?"),
        ({"GOPLUGINS_LIMIT": "5"}, "unknown key GOPLUGINS_LIMIT. Those of this collection are: GOPLUGINS_TIMEOUT, GOPLUGINS_RETRIES."),
        ({"GOPROXY": ["a", "b"]}, "tyk_go_environment.GOPROXY is a list; it must be a text."),
        ({"GOFLAGS": {"a": "b"}}, "tyk_go_environment.GOFLAGS is a dictionary; it must be a text."),
    ],
)
def test_what_is_refused(environment, said):
    (problem,) = problems("tyk_go_environment", environment)
    assert said in problem
