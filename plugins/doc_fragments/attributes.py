# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes that the modules share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode, and reports what would change without changing it.
  diff_mode:
    description: Returns what changed, or would change, in diff mode.
  idempotent:
    description: A second run with the same input on the same host changes nothing.
  platform:
    description: Target systems the module runs on.
"""

    READ_ONLY = r"""
attributes:
  check_mode:
    support: full
    details: The module changes nothing, so check mode makes no difference.
  diff_mode:
    support: none
    details: The module changes nothing, so there is no difference to show.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
"""
