# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The editions in which Tyk releases its gateway (ci/goreleaser/goreleaser.yml of the gateway). A binary says by itself what it is."""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import release_line

TAGS = {
    "community": ("goplugin",),
    "ee": ("goplugin", "ee"),
    "fips": ("goplugin", "ee", "fips"),
}
# The first Go with a FIPS 140-3 module of its own, which GOFIPS140 selects; before, there was BoringCrypto.
_OWN_FIPS = (1, 24)


class Edition(t.NamedTuple):
    """tags: of C(go build); goexperiment, gofips140: the variables, empty for the default."""

    tags: tuple[str, ...]
    goexperiment: str
    gofips140: str


def edition(name: str, go_version: str) -> Edition:
    """How an edition is built with a Go release. name: one of C(TAGS)."""
    if name != "fips":
        return Edition(TAGS[name], "", "")
    own = release_line(go_version) >= _OWN_FIPS
    return Edition(TAGS[name], "" if own else "boringcrypto", "v1.0.0" if own else "")
