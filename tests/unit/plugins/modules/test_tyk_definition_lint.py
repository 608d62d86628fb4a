# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's own part: which release a gateway is."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError
from ansible_collections.goplugins.tyk.plugins.modules.tyk_definition_lint import own_version

NEW, OLD = "example.org/tyk/internal/build.Version", "example.org/tyk/gateway.VERSION"


def binary(module="example.org/tyk", **texts):
    """A gateway with these variables; one without a text in the file is an error, as in the file itself."""

    def string(name):
        text = {NEW: texts.get("new"), OLD: texts.get("old")}[name]
        if isinstance(text, Exception):
            raise text
        return text

    main = SimpleNamespace(path=module) if module else None
    return SimpleNamespace(path="tyk", string=string, build_info=SimpleNamespace(main=main))


def test_the_release_is_that_of_the_first_variable_that_has_one():
    assert own_version(binary(new="v5.8.5")) == "v5.8.5" and own_version(binary(old="v5.0.15")) == "v5.0.15"


def test_a_second_variable_that_only_a_running_gateway_fills_is_not_looked_at():
    # As in v5.3.6: var VERSION = build.Version.
    error = BinaryError("bad-address", "no segment of it holds the address 0x493a560")
    assert own_version(binary(new="v5.3.6", old=error)) == "v5.3.6"


@pytest.mark.parametrize("gateway", [binary(), binary(new="", old=""), binary(module=None, new="v5.3.6")])
def test_a_gateway_that_does_not_say_it_is_a_message(gateway):
    with pytest.raises(GoPluginsError, match="tyk does not say which release"):
        own_version(gateway)
