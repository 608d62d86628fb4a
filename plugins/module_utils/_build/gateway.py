# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A gateway to load plugins with, built from its checkout as its release is built."""

from __future__ import annotations

import datetime
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build import gobuild, module_cache
from ansible_collections.goplugins.tyk.plugins.module_utils._build.progress import Seen
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import GoBinary, open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform


class Wanted(t.NamedTuple):
    """A gateway binary that is wanted. checkout: its source; path: of the binary, empty where none is; min_free: bytes.

    seen: how somebody learns how far the build is; None if nobody asks.
    """

    checkout: str
    profile: Profile
    go: Go
    target: Platform
    cc: str
    path: str
    min_free: int
    seen: Seen | None = None


def make(wanted: Wanted, check_mode: bool) -> gobuild.Outcome:
    """Bring a gateway binary up to date."""
    return gobuild.make(request(wanted), gobuild.Product(_inspect, _accept), check_mode)


def take(wanted: Wanted, offer: str) -> gobuild.Outcome:
    """Put a binary that another host built, with its record beside it, in its place, if it is what would be built here."""
    return gobuild.build(request(wanted)._replace(offer=offer), gobuild.Product(_inspect, _accept), taken_only=True)


def request(wanted: Wanted) -> gobuild.Request:
    """The build of the gateway, outside of any workspace: there a plugin's requirements would raise the gateway's."""
    return gobuild.Request(
        what=f"gateway {wanted.profile.label}",
        go=wanted.go,
        profile=wanted.profile,
        target=wanted.target,
        cc=wanted.cc,
        folder=wanted.checkout,
        package=".",
        work="off",
        build_mode="exe",
        ldflags=version_flags(wanted.profile),
        sources={"gateway": wanted.profile.source_state},
        artifact=os.path.abspath(wanted.path),
        min_free=wanted.min_free,
        hooks={},
        shown={},
        seen=wanted.seen,
    )


def version_flags(profile: Profile) -> str:
    """What a release passes to the linker (tyk ci/goreleaser, internal/build/version.go). It does not enter any fingerprint."""
    built = datetime.datetime.strptime(profile.commit_time, "%Y%m%d%H%M%S").strftime("%Y-%m-%dT%H:%M:%SZ")
    values = {"Version": profile.label, "Commit": profile.commit, "BuildDate": built, "BuiltBy": "goplugins.tyk"}
    return " ".join(f"-X={profile.module}/internal/build.{name}={value}" for name, value in values.items())


def _inspect(path: str) -> dict[str, t.Any]:
    with open_binary(path) as binary:
        _refuse_without_loader(binary)
    return {}


def _accept(path: str, modules: str) -> None:
    with open_binary(path) as binary:
        _refuse_without_loader(binary)
        module_cache.verify(binary.build_info.deps, modules)


def _refuse_without_loader(binary: GoBinary) -> None:
    if not binary.has_fingerprints:
        raise GoPluginsError("the gateway was built without plugin loading", "add the build tag goplugin")
