# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of Go releases, and of what carries them."""

from __future__ import annotations

import re

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

# Releases are modules since this line (https://go.dev/doc/toolchain), and a Go fetches others since it.
FIRST_MODULE = (1, 21)

_NUMBER = "(0|[1-9][0-9]*)"
_RELEASE = re.compile(rf"1\.{_NUMBER}(?:\.{_NUMBER}|((?:rc|beta)[1-9][0-9]*))?")


def parse_version(text: str) -> str:
    """The name of one Go release without "go": 1.22.7, 1.21.0, 1.20 (there was no 1.20.0), 1.27rc1. Raises GoPluginsError."""
    version = text[2:] if text.startswith("go") else text
    match = _RELEASE.fullmatch(version)
    if not match:
        raise GoPluginsError(f"{text!r} is no Go release", "name one exactly, such as 1.22.7 or 1.27rc1")
    minor, patch, candidate = int(match.group(1)), match.group(2), match.group(3)
    if minor >= 21 and patch is None and not candidate:
        raise GoPluginsError(
            f"Go {version} is a language version and no release: since Go 1.21 the first release of a line ends in .0",
            f"version: {version}.0, or the patch release that is wanted",
        )
    if minor < 21 and patch == "0":
        raise GoPluginsError(
            f"there is no Go {version}: before Go 1.21 the first release of a line has no .0",
            f'version: "{version[:-2]}", in quotes, or YAML takes it for a number',
        )
    return version


def is_release(text: str) -> bool:
    """Whether this is how a Go release or a line of them is named."""
    return bool(_RELEASE.fullmatch(text))


def release_line(version: str) -> tuple[int, int]:
    """(1, 22) of 1.22.7, 1.22 and 1.22rc1. Raises GoPluginsError."""
    match = _RELEASE.fullmatch(version)
    if not match:
        raise GoPluginsError(f"{version!r} is no Go release", "name one exactly, such as 1.22.7")
    return 1, int(match.group(1))


def first_release(go_directive: str) -> str:
    """The first release that a go directive allows: 1.22.0 of 1.22, 1.22.7 of itself, 1.19 of itself."""
    match = _RELEASE.fullmatch(go_directive)
    bare = match and match.group(2) is None and not match.group(3)
    return f"{go_directive}.0" if bare and release_line(go_directive) >= FIRST_MODULE else go_directive


def release_order(version: str) -> tuple[int, int, str]:
    """Releases in the order in which they came: 1.22rc1 before 1.22.0 before 1.22.7. Raises GoPluginsError."""
    match = _RELEASE.fullmatch(version)
    if not match:
        raise GoPluginsError(f"{version!r} is no Go release", "name one exactly, such as 1.22.7")
    return int(match.group(1)), int(match.group(2) or 0) if not match.group(3) else -1, match.group(3) or ""


def archive_name(version: str, platform: Platform) -> str:
    """The file on the Go site. 32-bit ARM is built for ARMv6, and named after it."""
    goarch = "armv6l" if platform.goarch == "arm" else platform.goarch
    return f"go{version}.{platform.goos}-{goarch}.tar.gz"


def module_name(version: str, platform: Platform) -> str:
    """The module, as C(go mod download) takes it."""
    return f"golang.org/toolchain@v0.0.1-go{version}.{platform.goos}-{platform.goarch}"
