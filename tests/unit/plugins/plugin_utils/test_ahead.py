# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.lookup.play_hosts import LookupModule
from ansible_collections.goplugins.tyk.plugins.plugin_utils import ahead, specification


class AskedForAnOption(Exception):
    """The lookup has read ahead by then."""


def test_the_question_for_the_hosts_of_a_play_reads_ahead(monkeypatch):
    def get_option(_lookup, name):
        raise AskedForAnOption(name)

    # Only Ansible's loader brings the options.
    monkeypatch.setattr(LookupModule, "set_options", lambda _lookup, **_options: None)
    monkeypatch.setattr(LookupModule, "get_option", get_option)
    for known in (ahead.read, specification.of_playbooks, specification.of_roles, specification.digest):
        known.cache_clear()
    with pytest.raises(AskedForAnOption):
        LookupModule().run(["web"], {}, variable="tyk_gateway_hosts")
    assert all(known.cache_info().currsize == 1 for known in (specification.of_playbooks, specification.of_roles, specification.digest))


def test_all_code_of_the_controller_is_imported_then():
    names = [path.stem for path in pathlib.Path(ahead.__file__).parent.glob("*.py")]
    code = f"import sys; from {ahead.__name__.rpartition('.')[0]} import ahead; ahead.read(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    imported = {name.rpartition(".")[2] for name in done.stdout.split() if ".plugin_utils." in name}
    assert imported == set(names) and "rows" in names
