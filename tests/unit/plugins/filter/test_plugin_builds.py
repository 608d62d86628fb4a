# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.filter.plugin_builds import plugin_builds


def test_only_what_the_build_needs_is_handed_on():
    plugins = [
        {"name": "plain", "source": "plugins/plain"},
        {
            "name": "all",
            "source": "https://user:secret@git.example/all.git",
            "symbols": ["A"],
            "hooks": {"B": "pre"},
            "ldflags": "-s -w",
            "id": "a",
        },
    ]
    assert plugin_builds(plugins, {"plain": "/srv/plain", "all": "/srv/all", "other": "/srv/other"}) == [
        {"workspace": "/srv/plain", "symbols": [], "hooks": {}, "ldflags": ""},
        {"workspace": "/srv/all", "symbols": ["A"], "hooks": {"B": "pre"}, "ldflags": "-s -w"},
    ]
