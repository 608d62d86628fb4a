# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One release, others that are no longer wanted, and the link."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import link, toolchains


def around(host, keep=None, link_to="goroot"):
    return toolchains.Around(None if keep is None else frozenset(keep), str(host.root / "current"), link_to)


def visible(host):
    return [name for name in host.listing() if not name.startswith(".")]


def test_an_upgrade(host):
    old, new = host.wanted("1.21.12"), host.wanted("1.21.13")
    toolchains.ensure_present(old, around(host), False)
    outcome = toolchains.ensure_present(new, around(host, keep=[]), True)
    current = f"{host.root}/current"
    assert outcome.reasons == (
        "it is not there",
        f"{current} leads to {host.root}/1.21.12, not to {host.root}/1.21.13",
        "Go 1.21.12 is not wanted",
    )
    assert outcome.removed == ("1.21.12",) and visible(host) == ["1.21.12", "current"]
    done = toolchains.ensure_present(new, around(host, keep=[]), False)
    assert done == outcome._replace(checksum=new.checksum)
    assert visible(host) == ["1.21.13", "current"] and os.readlink(current) == f"{host.root}/1.21.13"
    assert toolchains.ensure_present(new, around(host, keep=[]), False).reasons == ()


def test_nothing_is_removed_unasked_nor_before_the_new_one_is_there(host):
    toolchains.ensure_present(host.wanted("1.21.12"), around(host), False)
    toolchains.ensure_present(host.wanted("1.21.13"), around(host), False)
    assert visible(host) == ["1.21.12", "1.21.13", "current"]
    with pytest.raises(GoPluginsError):
        toolchains.ensure_present(host.wanted("1.22.7", archive=("/nowhere", f"sha256:{'0' * 64}")), around(host, keep=[]), False)
    assert visible(host) == ["1.21.12", "1.21.13", "current"]


def test_the_link_may_lead_to_the_program(host):
    toolchains.ensure_present(host.wanted(), around(host, link_to="go"), False)
    assert os.readlink(host.root / "current") == f"{host.root}/1.22.7/bin/go"


def test_absent(host):
    for version in ("1.21.12", "1.21.13", "1.22.7"):
        toolchains.ensure_present(host.wanted(version), around(host), False)
    told = toolchains.ensure_absent(host.bare("1.22.7"), around(host, keep=["1.21.13"]), True)
    assert told.removed == ("1.22.7", "1.21.12")
    assert told.reasons == (
        f"{host.root}/current leads to {host.root}/1.22.7, which is not wanted",
        "Go 1.22.7 is not wanted",
        "Go 1.21.12 is not wanted",
    )
    assert visible(host) == ["1.21.12", "1.21.13", "1.22.7", "current"]
    assert toolchains.ensure_absent(host.bare("1.22.7"), around(host, keep=["1.21.13"]), False) == told
    assert visible(host) == ["1.21.13"]
    assert toolchains.ensure_absent(host.bare("1.22.7"), around(host, keep=["1.21.13"]), False).reasons == ()


def test_all_but_those_to_keep(host):
    for version in ("1.21.12", "1.21.13"):
        toolchains.ensure_present(host.wanted(version), around(host), False)
    outcome = toolchains.ensure_absent(host.bare(""), around(host, keep=["1.21.13"]), False)
    assert outcome == (("Go 1.21.12 is not wanted",), ("1.21.12",), "", "", "")
    assert visible(host) == ["1.21.13", "current"]


def test_a_link_leads_to_nothing_at_no_moment(host, monkeypatch):
    toolchains.ensure_present(host.wanted(), around(host), False)
    real = link.remove

    def remove(*arguments):
        assert (host.root / "current" / "VERSION").exists()
        return real(*arguments)

    monkeypatch.setattr(link, "remove", remove)
    assert toolchains.ensure_absent(host.bare(), around(host), False).removed == ("1.22.7",)
    assert visible(host) == []


def test_what_is_to_be_kept_cannot_be_absent(host):
    with pytest.raises(GoPluginsError, match=r"Go 1.22.7 is to be absent and to be kept"):
        toolchains.ensure_absent(host.bare(), around(host, keep=["1.22.7"]), False)
