# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.filter.plugin_sources import plugin_sources


def test_a_folder_stays_where_it_is_and_a_checkout_is_on_the_host():
    plugins = [
        {"name": "here", "source": "plugins/here", "symbols": ["AuthCheck"]},
        {"name": "there", "source": "/srv/there", "remote_src": True, "package": "./cmd", "id": "a"},
        {"name": "git", "source": "https://git.example/git.git", "version": "v1.2.3"},
    ]
    assert plugin_sources(plugins, "/srv/sources") == [
        {"name": "here", "source": "plugins/here", "remote_src": False, "package": ".", "id": ""},
        {"name": "there", "source": "/srv/there", "remote_src": True, "package": "./cmd", "id": "a"},
        {"name": "git", "source": "/srv/sources/git", "remote_src": True, "package": ".", "id": ""},
    ]
