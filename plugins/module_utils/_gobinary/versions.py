# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions that the shared libraries of a file must have: of glibc, and of the system."""

from __future__ import annotations

import re
import typing as t

# From library to the symbol versions that a file needs of it: Libraries.versions.
Needs = t.Mapping[str, t.Sequence[str]]


def newest_glibc(needs: Needs) -> tuple[int, ...]:
    """The newest GLIBC_x that a file asks for; empty where it asks for none."""
    names = (name for needed in needs.values() for name in needed)
    found = (re.match(r"GLIBC_(\d+(?:\.\d+)*)$", name) for name in names)
    return max((numbers(match.group(1)) for match in found if match), default=())


def oldest_system(needs: Needs) -> tuple[str, tuple[int, ...]] | None:
    """The system and the oldest release of it that a file was linked for; None where the file does not say.

    FBSD_1.0 came with FreeBSD 7, and one more with each release since (FreeBSD, lib/libc/Versions.def).
    """
    names = [name for needed in needs.values() for name in needed]
    minors = [int(match.group(1)) for match in (re.match(r"FBSD_1\.(\d+)$", name) for name in names) if match]
    if minors:
        return "FreeBSD", (7 + max(minors),)
    oldest = [numbers(name) for name in needs.get("macOS", ())]
    return ("macOS", max(oldest)) if oldest else None


def numbers(version: str) -> tuple[int, ...]:
    """C(2.17) as (2, 17), so that versions can be compared."""
    return tuple(map(int, re.findall(r"\d+", version)))


def dotted(version: tuple[int, ...]) -> str:
    """(2, 17) as C(2.17)."""
    return ".".join(map(str, version))
