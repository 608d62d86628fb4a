# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of new plugins: what can be one, and what is offered for what cannot."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import artifact
from ansible_collections.goplugins.tyk.plugins.module_utils._scaffold import names, render
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("name", ["enrich", "tenant-auth", "auth_v2", "a", "7", "Enrich2", "a.b", "x" * 100, "internals"])
def test_a_name_that_can_be_one(name):
    assert names.checked_name(name) == name
    assert names.nearest_name(name) == name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("my plugin", "my-plugin"),
        ("en/rich", "en-rich"),
        ("../enrich", "enrich"),
        ("enrich.", "enrich"),
        ("_enrich", "enrich"),
        ("Überprüfung", "Uberprufung"),
        ("a..b", "a.b"),
        ("internal", "plugin-internal"),
        ("vendor", "plugin-vendor"),
        ("dist", "plugin-dist"),
        ("Go.Work", "plugin-Go.Work"),
        ("readme.md", "plugin-readme.md"),
        ("plugins.yml", "plugin-plugins.yml"),
        ("CON", "plugin-CON"),
        ("aux.d", "plugin-aux.d"),
        ("v2", "plugin-v2"),
        ("", "plugin"),
        ("...", "plugin"),
        ("\n", "plugin"),
        ("x" * 101, "x" * 100),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_with_the_nearest(name, nearest):
    with pytest.raises(GoPluginsError) as caught:
        names.checked_name(name)
    assert caught.value.fix == f"the nearest name: {nearest}"
    assert names.checked_name(nearest) == nearest


def test_the_names_of_what_stands_beside_it_are_taken():
    files = render.files(render.Plugin("enrich", "example.com/enrich", ("pre",), "1.22.6", {}))
    ignored = [line.strip("/") for line in files[".gitignore"].splitlines() if not line.startswith("#")]
    beside = {path for path in files if "/" not in path and not path.startswith(".")} | set(ignored)
    assert len(beside) > 4
    for name in beside:
        with pytest.raises(GoPluginsError):
            names.checked_name(name)


@given(st.text(max_size=150))
def test_what_is_offered_can_always_be_one_for_builds_too(text):
    offered = names.checked_name(names.nearest_name(text))
    assert artifact.checked_name(offered) == offered


@pytest.mark.parametrize("path", ["example.com/enrich", "git.example.com/shop/tenant-auth", "gopkg.in/shop/a.b"])
def test_a_module_path_that_can_be_one(path):
    assert names.checked_module(path) == path


@pytest.mark.parametrize(
    "path",
    ["enrich", "log/enrich", "example.com", "example.com//enrich", "example.com/v2", "https://example.com/enrich", "example.com/a b", ""],
)
def test_a_module_path_that_cannot_be_one(path):
    with pytest.raises(GoPluginsError) as caught:
        names.checked_module(path)
    offered = caught.value.fix.rpartition(" ")[2]
    assert names.checked_module(offered) == offered


def test_kinds_of_hook_come_once_and_as_the_gateway_calls_them():
    assert names.checked_kinds(["response", "pre", "response"]) == ("pre", "response")


@pytest.mark.parametrize(("kind", "nearest"), [("auth_chek", "auth_check"), ("Post", "post"), ("postkeyauth", "post_key_auth")])
def test_a_misspelt_kind_is_refused_with_the_nearest(kind, nearest):
    with pytest.raises(GoPluginsError, match=f"Did you mean {nearest}[?]"):
        names.checked_kinds(["pre", kind])


def test_no_kind_and_one_that_is_near_none():
    with pytest.raises(GoPluginsError, match="without a hook"):
        names.checked_kinds([])
    with pytest.raises(GoPluginsError) as caught:
        names.checked_kinds(["zzz"])
    assert "Did you mean" not in caught.value.message and "auth_check" in caught.value.fix
