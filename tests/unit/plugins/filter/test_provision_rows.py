# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.filter.provision_rows import provision_rows


def test_a_row_for_each_host():
    hostvars = {
        "ready": {
            "ansible_facts": {"cc": {"linux/amd64": "gcc", "": "gcc", "linux/arm64": "x"}},
            "tyk_provision_reached": {"changed": False, "ping": "pong"},
            "tyk_provision_ready": ["v5.3.6 with Go 1.22.6", "v5.8.5 with Go 1.24.6"],
        },
        "missing": {"ansible_facts": {"cc": {"linux/amd64": "gcc"}}, "tyk_provision_error": "no Go\nFix: get one"},
        "away": {"tyk_provision_reached": {"unreachable": True, "msg": "no route"}, "tyk_provision_error": "something that follows"},
        "other": {},
    }
    ready, missing, away, other = provision_rows(hostvars, ["ready", "missing", "away", "other"])
    assert ready == {
        "host": "ready",
        "state": "ready",
        "compilers": "linux/amd64 linux/arm64",
        "gateways": "v5.3.6 with Go 1.22.6, v5.8.5 with Go 1.24.6",
        "missing": "",
        "told": "",
    }
    assert (missing["state"], missing["compilers"], missing["missing"]) == ("missing", "linux/amd64", "no Go")
    assert missing["told"] == "missing: no Go\nFix: get one"
    assert (away["state"], away["missing"]) == ("unreachable", "no route")
    assert (other["state"], other["told"]) == ("left out", "")
