# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one C(go build) by which a plugin, or a gateway, repeats how a gateway was built."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import is_release, release_line

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
    from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

PLUGIN = "plugin"
PROGRAM = "exe"


def environment(profile: Profile, target: Platform, cc: str = "") -> dict[str, str]:
    """The variables that steer the build, beside a clean environment. cc: empty for Go's own choice."""
    values = {
        "CGO_ENABLED": "1",
        "GOOS": target.goos,
        "GOARCH": target.goarch,
        "CC": cc,
        "GOEXPERIMENT": profile.goexperiment,
        "GOFIPS140": profile.gofips140,
        **profile.cpu,
    }
    return {name: value for name, value in values.items() if value}


def words(profile: Profile, build_mode: str, *, ldflags: str = "", pgo: str = "") -> list[str]:
    """The words after C(go), without output and package. Flags repeat the gateway's, as the fingerprint of each package depends on them.

    build_mode: PLUGIN or PROGRAM. pgo: path of the profile for optimization that the gateway was compiled with, empty without one.
    """
    # An unknown Go is a development version, and knows what releases know.
    line = release_line(profile.go_version) if is_release(profile.go_version) else (99, 0)
    switches = (
        ("-race", profile.race),
        ("-msan", profile.msan),
        ("-asan", profile.asan),
        ("-cover", profile.cover),
    )
    found = ["build"]
    found += ["-trimpath"] if profile.trimpath else []
    found += [f"-buildmode={build_mode}"]
    found += [f"-tags={','.join(profile.tags)}"] if profile.tags else []
    found += [flag for flag, wanted in switches if wanted]
    found += [f"-gcflags={profile.gcflags}"] if profile.gcflags else []
    found += [f"-asmflags={profile.asmflags}"] if profile.asmflags else []
    if build_mode == PLUGIN:
        # A default.pgo in the plugin's folder would recompile every shared package with another fingerprint.
        found += [f"-pgo={pgo or 'off'}"] if line >= (1, 21) else []
        # A plugin may be built from a copy that is no repository; without this Go asks the one that happens to lie around it.
        found += ["-buildvcs=false"] if line >= (1, 18) else []
    found += [f"-ldflags={ldflags}"] if ldflags else []
    return found
