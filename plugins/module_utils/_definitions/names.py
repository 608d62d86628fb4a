# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a gateway looks for the file of a plugin (goplugin/plugin_name_builder.go, GetPluginFileNameToLoad)."""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.version import own_version
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoFile

MIDDLEWARE = "middleware"

Release = t.Tuple[int, int, int]

# The first release that looks for the names with version and platform for analytics plugins too (gateway/analytics_go_plugin.go).
_ANALYTICS_BY_RELEASE = (5, 15, 0)
_RELEASE = re.compile(r"v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+].*)?$")
_NAMED = re.compile(r"(?P<plain>.+)_(?P<release>v?\d+\.\d+\.\d+)_(?P<goos>linux|freebsd|darwin)_(?P<goarch>[a-z0-9]+)(?:\.so)?$")


class Gateway(t.NamedTuple):
    """The gateway that reads the definitions. release: without C(-rcN), which it leaves out of names.

    directory: its working directory, where relative paths start. middleware: its C(middleware_path), where it keeps bundles.
    """

    release: Release
    platform: Platform
    directory: str
    middleware: str

    @property
    def version(self) -> str:
        return "v{}.{}.{}".format(*self.release)


def gateway_of(binary: GoFile, platform: Platform, version: str = "", directory: str = "", middleware: str = MIDDLEWARE) -> Gateway:
    """The gateway of this binary. version, directory: empty for its own, and for the folder that it is in. Raises GoPluginsError."""
    version = version or own_version(binary.binary(str(platform) if binary.slices else None))
    return Gateway(release_of(version), platform, os.path.abspath(directory or os.path.dirname(binary.path)), middleware)


def release_of(version: str) -> Release:
    """The release in a version as the gateway has it: C(v5.3.6), C(5.3.6), C(v5.15.0-rc7). Raises GoPluginsError."""
    found = _RELEASE.match(version)
    if not found:
        raise GoPluginsError(f"{version!r} is no release of the gateway", "name it as v5.3.6")
    return int(found.group(1)), int(found.group(2)), int(found.group(3))


def candidates(path: str, kind: str, gateway: Gateway) -> tuple[str, ...]:
    """The files that the gateway looks for, in its order, for a path that is not empty. Absolute, if the gateway's directory is."""
    exact = os.path.join(gateway.directory, path)
    if kind == "analytics" and gateway.release < _ANALYTICS_BY_RELEASE:
        return (exact,)
    return (*by_release(path, gateway), exact)


def by_release(path: str, gateway: Gateway) -> tuple[str, str]:
    """The two names with version and platform."""
    whole = path.rstrip("/") or "/"
    name = os.path.basename(whole)
    base = name[: -len(".so")] if name.endswith(".so") else name
    folder = os.path.normpath(os.path.join(gateway.directory, os.path.dirname(whole)))
    first, second = (
        os.path.join(folder, f"{base}_{version}_{gateway.platform.goos}_{gateway.platform.goarch}.so")
        for version in (gateway.version, gateway.version[1:])
    )
    return first, second


def named_for(path: str) -> tuple[str, str, str] | None:
    """(version, platform, the path without them), where a path has both in its name."""
    found = _NAMED.match(path)
    if not found:
        return None
    version = found.group("release")
    plain = f"{found.group('plain')}.so"
    return version if version.startswith("v") else f"v{version}", f"{found.group('goos')}/{found.group('goarch')}", plain
