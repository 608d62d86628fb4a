# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The release that a gateway's binary has in it."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary

# Where the gateway has its own release (internal/build/version.go; gateway/version.go before v5.2). The linker writes it.
VERSIONS = ("internal/build.Version", "gateway.VERSION")


def own_version(binary: GoBinary) -> str:
    """The release that a gateway has in it. Raises GoPluginsError."""
    module = binary.build_info.main
    version = next(filter(None, (_text(binary, f"{module.path}/{name}") for name in VERSIONS)), "") if module else ""
    if not version:
        raise GoPluginsError(
            f"{binary.path} does not say which release of the gateway it is",
            "name the gateway's release by the option version, such as v5.3.6",
        )
    return version


def _text(binary: GoBinary, variable: str) -> str:
    """The text of a variable; none where it gets one only when the gateway starts, as gateway.VERSION since v5.2."""
    try:
        return binary.string(variable) or ""
    except BinaryError as error:
        if error.code != "bad-address":
            raise
        return ""
