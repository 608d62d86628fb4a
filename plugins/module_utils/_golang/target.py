# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which targets Go can build plugins for."""

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import release_line

# Where -buildmode=plugin exists, and since which Go (src/internal/platform/supported.go, BuildModeSupported, case "plugin";
# before Go 1.21 src/cmd/internal/sys/supported.go).
PLUGIN_TARGETS = {
    "linux/amd64": (1, 8),
    "linux/386": (1, 8),
    "linux/arm": (1, 8),
    "linux/arm64": (1, 8),
    "linux/ppc64le": (1, 8),
    "linux/s390x": (1, 9),
    "linux/riscv64": (1, 18),
    "linux/loong64": (1, 22),
    "darwin/amd64": (1, 10),
    "darwin/arm64": (1, 16),
    "freebsd/amd64": (1, 17),
}


def known_target(text: str) -> tuple[int, int]:
    """The Go line that first had plugins for the target C(goos/goarch). Raises GoPluginsError."""
    try:
        return PLUGIN_TARGETS[text]
    except KeyError:
        raise GoPluginsError(f"Go has no plugin mode for the target {text!r}", f"one of {_listed()}") from None


def parse_target(text: str, go_version: str) -> Platform:
    """The target named by C(goos/goarch). Raises GoPluginsError where that Go has no plugin mode for it."""
    since = known_target(text)
    if release_line(go_version) < since:
        raise GoPluginsError(
            f"Go {go_version} has no plugin mode for {text}; it came with Go {since[0]}.{since[1]}", f"one of {_listed(go_version)}"
        )
    goos, goarch = text.split("/")
    return Platform(goos, goarch)


def _listed(go_version: str = "") -> str:
    line = release_line(go_version) if go_version else (99, 0)
    return ", ".join(name for name, since in PLUGIN_TARGETS.items() if since <= line)
