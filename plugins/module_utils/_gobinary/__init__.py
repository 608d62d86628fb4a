# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Facts of a compiled Go file, read from its bytes alone: no Go is needed and nothing of the file is executed.

C(open_binary) gives a C(GoBinary); whatever is wrong with a file leaves as a C(BinaryError).
"""

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary, open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import (
    BinaryError,
    BuildInfo,
    Libraries,
    Module,
    Platform,
    Symbol,
)

__all__ = ["BinaryError", "BuildInfo", "GoBinary", "Libraries", "Module", "Platform", "Symbol", "open_binary"]
