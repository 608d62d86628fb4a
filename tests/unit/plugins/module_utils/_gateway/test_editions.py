# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each edition is built."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.editions import Edition, edition


@pytest.mark.parametrize(
    ("name", "go_version", "expected"),
    [
        ("community", "1.22.6", Edition(("goplugin",), "", "")),
        ("ee", "1.23.4", Edition(("goplugin", "ee"), "", "")),
        # The crypto of FIPS became a part of Go with 1.24.
        ("fips", "1.23.12", Edition(("goplugin", "ee", "fips"), "boringcrypto", "")),
        ("fips", "1.24.0", Edition(("goplugin", "ee", "fips"), "", "v1.0.0")),
        ("fips", "1.25.0", Edition(("goplugin", "ee", "fips"), "", "v1.0.0")),
    ],
)
def test_tags_and_crypto(name, go_version, expected):
    assert edition(name, go_version) == expected
