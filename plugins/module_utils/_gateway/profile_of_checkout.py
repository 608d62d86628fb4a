# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles that a checkout shows: of a release that is built from it, or of a binary that was."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, quoted
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import editions
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.checkout import Checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile, refuse_too_old, release_version
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod, semver
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import first_release, parse_version, release_line, release_order


def from_checkout(
    checkout: Checkout,
    requested: str = "",
    go_version: str = "",
    tags: t.Sequence[str] = (),
    edition: str = "community",
    debug: bool = False,
) -> Profile:
    """The profile that a release built from this checkout has, as far as a checkout shows it. Raises GoPluginsError.

    requested: the tag, branch or commit that was asked for. go_version: overrides go.mod, whose go line is a lower bound.
    tags: override those of the edition. debug: nothing is optimized or inlined, so that a debugger sees all of it.
    """
    mod = checkout.mod
    version = release_version(requested, checkout.tags)
    refuse_too_old(mod.module, version)
    least = mod.toolchain or mod.go
    if not least:
        raise GoPluginsError(f"{checkout.folder}/go.mod has no go directive, so the Go version is unknown", "set tyk_gateway_go_version")
    release = parse_version(go_version) if go_version else first_release(least)
    if release_order(release) < release_order(first_release(mod.go or release)):
        raise GoPluginsError(
            f"Go {release} is asked for, but the gateway's go.mod requires at least {mod.go}",
            f"tyk_gateway_go_version: {first_release(mod.go)}, or later",
        )
    built = editions.edition(edition, release)
    return Profile(
        module=mod.module,
        version=version,
        commit=checkout.commit,
        commit_time=checkout.commit_time,
        modified=checkout.modified,
        go_directive=mod.go,
        go_version=release,
        tags=tuple(tags) or built.tags,
        trimpath=True,
        race=False,
        msan=False,
        asan=False,
        cover=False,
        # delve, Documentation/cli/building.md
        gcflags="all=-N -l" if debug else "",
        asmflags="",
        pgo="",
        goexperiment=built.goexperiment,
        gofips140=built.gofips140,
        cpu={},
        source="checkout",
        assumed=tuple(name for name in ("go_version", "tags", "trimpath") if not (name == "go_version" and go_version)),
    )


def with_checkout(profile: Profile, checkout: Checkout, linked: t.Iterable[Module] = (), requested: str = "") -> Profile:
    """The profile of a binary, completed by the checkout that it was built from. Raises GoPluginsError where they contradict.

    linked: the modules that the binary was linked from.
    """
    if profile.commit and profile.commit != checkout.commit:
        raise GoPluginsError(
            f"the gateway binary was built from commit {profile.commit}, the checkout {checkout.folder} stands at {checkout.commit}",
            f"set tyk_gateway_version to {quoted(profile.commit)}",
        )
    if profile.module != checkout.mod.module:
        raise GoPluginsError(f"the gateway binary is {profile.module}, the checkout {checkout.folder} is {checkout.mod.module}")
    refuse_too_old(profile.module, profile.version or release_version(requested, checkout.tags))
    other = contradiction(linked, checkout.mod)
    if other:
        raise GoPluginsError(
            f"the gateway binary is linked from {other[0]}, but the go.mod of {checkout.folder} wants {other[1]}",
            "name the source that it was built from by tyk_gateway_repo and tyk_gateway_version",
        )
    return profile._replace(
        version=profile.version or release_version(requested, checkout.tags),
        commit=checkout.commit,
        commit_time=checkout.commit_time,
        modified=checkout.modified,
        go_directive=checkout.mod.go,
    )


def contradiction(linked: t.Iterable[Module], mod: gomod.GoMod) -> tuple[str, str] | None:
    """(module of the binary, what go.mod wants instead), the first of them; None if the two fit.

    Since Go 1.17 go.mod names every module that is linked, at the version that is selected; before, only a lower bound
    (https://go.dev/ref/mod#graph-pruning).
    """
    exact = bool(mod.go) and release_line(mod.go) >= (1, 17)
    wanted = {require.path: require.version for require in mod.requires}
    replaced = {replace.old: replace for replace in mod.replaces}
    for module in linked:
        version, replace = wanted.get(module.path), replaced.get(module.path)
        if version and (module.version != version if exact else semver.order(module.version) < semver.order(version)):
            return f"{module.path}@{module.version}", version
        stands_in, its_version = module.replacement
        if bool(stands_in) == (replace is None or replace.old_version not in ("", module.version)):
            return f"{module.path}@{module.version}", "a replacement" if replace else "no replacement"
        if stands_in and replace and replace.new_version and its_version != replace.new_version:
            return f"{stands_in}@{its_version}", f"{replace.new}@{replace.new_version}"
    return None
