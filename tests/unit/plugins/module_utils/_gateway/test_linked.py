# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gateway is linked from, on its way through a play."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import linked as links
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Linked, Module
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import model

LINKED = Linked(
    frozenset({"net/http", "example.com/b/c"}), {"example.com/b": Module("example.com/b", "v1.0.0", ("example.com/fork", "v1.0.1"))}
)
SHOWN = {
    "packages": ["example.com/b/c", "net/http"],
    "modules": [{"path": "example.com/b", "version": "v1.0.0", "replace_path": "example.com/fork", "replace_version": "v1.0.1"}],
}


def test_it_comes_back_as_it_went():
    assert LINKED.as_dict() == SHOWN
    assert links.from_dict(json.loads(json.dumps(SHOWN))) == LINKED


def test_what_a_binary_is_linked_from():
    fork = model.Module("example.com/fork", "v1.0.1", "h1:x", None)
    deps = (model.Module("example.com/b", "v1.0.0", "", fork), model.Module("example.com/a", "v2.0.0", "h1:y", None))
    expected = {**LINKED.modules, "example.com/a": Module("example.com/a", "v2.0.0")}
    assert links.of_binary(deps, {"net/http": b"12345678", "example.com/b/c": b"x"}) == LINKED._replace(modules=expected)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"packages": "net/http", "modules": []},
        {"packages": [], "modules": {"example.com/b": "v1.0.0"}},
        {"packages": [], "modules": [{"path": "example.com/b", "version": "v1.0.0"}]},
        {"packages": [1], "modules": []},
        {"packages": None, "modules": None},
    ],
)
def test_what_is_something_else_is_refused(value):
    with pytest.raises(GoPluginsError, match="linked: not the packages and modules of a gateway"):
        links.from_dict(value)
