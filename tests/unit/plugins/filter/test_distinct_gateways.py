# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.goplugins.tyk.plugins.filter.distinct_gateways import distinct_gateways


def told(go="1.22.7", commit="c" * 40, modules=None):
    profile = {"label": "v5.3.6", "version": "v5.3.6", "commit": commit, "go_version": go}
    answer = {"profile": profile, "target": "linux/amd64", "modules": modules or {}, "binary": "/opt/tyk"}
    return {"tyk_gateway_that_runs": answer}


def test_one_build_for_all_hosts_that_run_the_same():
    hostvars = {"a": told(), "b": told(go="1.22.6"), "c": told(), "d": told(modules={"x": "v1"}), "e": told(commit="")}
    found = distinct_gateways(hostvars, list("abcde"))
    assert [(one["name"], one["version"], one["binary_on"], one["hosts"]) for one in found] == [
        ("v5.3.6", "", "a", ["a", "c"]),
        ("v5.3.6-2", "", "b", ["b"]),
        ("v5.3.6-3", "", "d", ["d"]),
        ("v5.3.6-4", "v5.3.6", "e", ["e"]),
    ]


@pytest.mark.parametrize("variables", [{}, {"tyk_gateway_that_runs": {"unreachable": True, "msg": "no route"}}])
def test_a_host_that_did_not_answer_is_named(variables):
    with pytest.raises(AnsibleFilterError, match="a did not tell"):
        distinct_gateways({"a": variables}, ["a"])
