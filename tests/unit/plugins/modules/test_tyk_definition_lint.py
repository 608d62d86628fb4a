# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's own part: the gateway that reads the definitions, by the options."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.modules.tyk_definition_lint import reader_of

OPTIONS = {"gateway": None, "version": "v5.8.5-rc2", "platform": "linux/arm64", "directory": None, "middleware": "middleware"}


def test_a_gateway_that_is_not_here_starts_in_this_folder():
    assert reader_of(OPTIONS) == Gateway((5, 8, 5), Platform("linux", "arm64"), os.getcwd(), "middleware")


def test_a_gateway_starts_where_it_is_said_to():
    assert reader_of({**OPTIONS, "directory": "/srv/tyk"}).directory == "/srv/tyk"


@pytest.mark.parametrize("wrong", [{"version": "5.8"}, {"platform": "linux/none"}])
def test_a_gateway_that_cannot_be(wrong):
    with pytest.raises(GoPluginsError, match=next(iter(wrong.values()))):
        reader_of({**OPTIONS, **wrong})
