# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of module versions (https://go.dev/ref/mod#versions, golang.org/x/mod/semver)."""

from __future__ import annotations

import re
import typing as t

_VERSION = re.compile(r"v(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$")
# https://go.dev/ref/mod#pseudo-versions and #incompatible-versions: what a module gets that has no tag, or no go.mod.
_UNRELEASED = re.compile(r"[-.]\d{14}-[0-9a-f]{12}\b|\+incompatible$")

Order = t.Tuple[int, int, int, int, t.Tuple[t.Tuple[int, int, str], ...]]


def order(version: str) -> Order:
    """A key to sort versions by. What is no version is older than every version."""
    match = _VERSION.match(version)
    if not match:
        return (-1, 0, 0, 0, ())
    major, minor, patch, prerelease = match.groups()
    # A number is older than a word, a prerelease older than its release (https://semver.org, 11).
    words = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in (prerelease or "").split("."))
    return (int(major), int(minor), int(patch), 0 if prerelease else 1, words if prerelease else ())


def is_prerelease(version: str) -> bool:
    """Whether it is one, as pseudo-versions are."""
    match = _VERSION.match(version)
    return bool(match and match.group(4))


def is_unreleased(version: str) -> bool:
    """Whether Go made the version up: a pseudo-version, or one of a module without go.mod."""
    return bool(_UNRELEASED.search(version))
