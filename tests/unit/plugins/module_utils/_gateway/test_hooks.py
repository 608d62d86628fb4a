# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import FULL_SIGNATURES, PACKAGES, SIGNATURES, checked_hooks


def test_every_package_of_a_signature_can_be_imported():
    assert {name for signature in SIGNATURES.values() for name in re.findall(r"(\w+)\.", signature)} == set(PACKAGES)


def test_full_names_have_import_paths():
    assert FULL_SIGNATURES["pre"] == "func(net/http.ResponseWriter, *net/http.Request)"
    assert FULL_SIGNATURES["analytics"] == "func(*github.com/TykTechnologies/tyk-pump/analytics.AnalyticsRecord)"
    assert FULL_SIGNATURES.keys() == SIGNATURES.keys()


def test_only_kinds_that_exist():
    assert checked_hooks({"A": "pre"}) == {"A": "pre"}
    with pytest.raises(GoPluginsError, match="no kind of hook"):
        checked_hooks({"A": "Pre"})
