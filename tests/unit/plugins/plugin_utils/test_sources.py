# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is refused of plugins, and of what is asked of them, before any host is touched."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils.sources import problems


@pytest.fixture
def plugin(repository):
    return {"name": "nomod", "source": str(repository / "examples" / "plugins" / "nomod")}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"package": None, "hooks": None, "version": None},
        {"source": "/nowhere", "remote_src": "yes"},
        {"source": "/nowhere", "remote_src": True},
        {"source": "/nowhere", "version": "v1"},
    ],
)
def test_a_plugin_that_can_be_built(plugin, change):
    assert problems({"tyk_plugins": [{**plugin, **change}], "tyk_plugin_targets": ["linux/amd64"]}, built=True) == []


@pytest.mark.parametrize("remote", [False, "no", "off", None])
def test_a_source_on_the_controller_is_looked_at(plugin, remote):
    (problem,) = problems({"tyk_plugins": [{**plugin, "source": "/nowhere", "remote_src": remote}]}, built=True)
    assert "/nowhere" in problem


HEALTHY = {"url": "/x", "expect": {"body": "x"}}


A = {"name": "a", "source": "/nowhere"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"tyk_plugins": [A] * 2}, "There are 2 plugins of the name a"),
        (
            {"tyk_plugins": [{**A, "hooks": {"F": "pst"}}]},
            "Plugin a: hooks: F is 'pst', which is no kind of hook",
        ),
        ({"tyk_plugins": [{**A, "hooks": {"F": ["pre"]}}]}, "Plugin a: hooks: F is ['pre']"),
        ({"tyk_plugin_hooks": {"F": "pst"}}, "tyk_plugin_hooks: F is 'pst', which is no kind of hook"),
        ({"tyk_plugin_targets": ["linux/amd46"]}, "tyk_plugin_targets: Go has no plugin mode for the target 'linux/amd46'"),
        (
            {"tyk_deploy_health": [HEALTHY, {"expect": {"status": 200}}]},
            "tyk_deploy_health[1] expects neither a header nor a body",
        ),
        ({"tyk_deploy_health": [{**HEALTHY, "expect": {"body": "("}}]}, "tyk_deploy_health[0].expect: body is no regular expression"),
    ],
)
def test_what_is_refused_where_nothing_is_built(values, said):
    (problem,) = problems(values, built=False)
    assert said in problem


def test_sources_are_not_looked_at_where_nothing_is_built():
    assert problems({"tyk_plugins": [A], "tyk_deploy_health": [HEALTHY]}, built=False) == []
