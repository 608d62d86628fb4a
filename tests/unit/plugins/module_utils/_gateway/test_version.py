# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The release that a gateway's binary has in it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.version import own_version
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError

TYK = "github.com/TykTechnologies/tyk"
# Where a variable is zero until the program sets it, the file has no bytes.
LATER = BinaryError("bad-address", "/opt/tyk: no segment of it holds the address 0x493a560")


def gateway(module=TYK, **variables):
    def string(name):
        value = variables.get(name.rpartition(".")[2])
        if isinstance(value, Exception):
            raise value
        return value

    return SimpleNamespace(path="/opt/tyk", string=string, build_info=SimpleNamespace(main=module and SimpleNamespace(path=module)))


@pytest.mark.parametrize(
    "variables",
    [{"Version": "v5.3.6", "VERSION": LATER}, {"Version": "v5.3.6"}, {"VERSION": "v5.3.6"}, {"Version": "", "VERSION": "v5.3.6"}],
)
def test_the_linker_wrote_it(variables):
    assert own_version(gateway(**variables)) == "v5.3.6"


@pytest.mark.parametrize("binary", [gateway(), gateway(Version=LATER, VERSION=LATER), gateway(module=None, Version="v5.3.6")])
def test_a_gateway_that_does_not_say_it_is_named(binary):
    with pytest.raises(GoPluginsError, match="/opt/tyk does not say which release") as error:
        own_version(binary)
    assert "v5.3.6" in error.value.fix


def test_a_broken_file_is_not_taken_for_one_that_does_not_say_it():
    with pytest.raises(BinaryError):
        own_version(gateway(Version=BinaryError("bad-string", "/opt/tyk: too long")))
