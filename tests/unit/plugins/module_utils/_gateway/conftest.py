# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkout and the build info of a gateway, as the tests of profiles need them."""

from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.checkout import Checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod

COMMIT = "1db1935d899296c91a55ba528e7b653aec02883b"


def checkout(go="1.22.6", toolchain="", tags=("v5.3.6",), commit=COMMIT, module="github.com/TykTechnologies/tyk"):
    return Checkout("/src", gomod.GoMod(module, go, toolchain, (), (), ()), commit, "20240924125426", tags, "")


def binary(settings=None, go_version="go1.22.7", main=("github.com/TykTechnologies/tyk", "(devel)")):
    return SimpleNamespace(
        go_version=go_version,
        experiments=(),
        main=SimpleNamespace(path=main[0], version=main[1]) if main else None,
        settings={"-trimpath": "true"} if settings is None else settings,
    )
