# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plugin must export, and what to do where it does not."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

EXPORTED = ["AddFooBarHeader", "AuthCheck", "Hello"]


@pytest.mark.parametrize(
    ("wanted", "exported", "fix"),
    [
        ("hello", EXPORTED, "name Hello, which the plugin exports, instead of hello"),
        ("authcheck", EXPORTED, "name AuthCheck, which the plugin exports, instead of authcheck"),
        ("AuthChekc", EXPORTED, "name AuthCheck, which the plugin exports, instead of AuthChekc"),
        ("Limit", EXPORTED, "declare it in package main: func Limit(rw http.ResponseWriter, r *http.Request)"),
        (
            "limit",
            [],
            "name Limit instead of limit, as Go exports only names that begin with a capital letter, and declare it in package main: ",
        ),
    ],
)
def test_the_fix_for_a_symbol_leads_out_of_the_error(wanted, exported, fix):
    with pytest.raises(GoPluginsError) as error:
        plugin._require_symbols("auth", exported, ["Hello", wanted] if exported else [wanted])
    assert error.value.fix.startswith(fix)
    assert f"does not export {wanted}; " in error.value.message
