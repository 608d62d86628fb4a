# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The releases below a root: one that is there or not, others that are no longer wanted, and the link to one of them."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import install, link
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.origin import Wanted


class Around(t.NamedTuple):
    """What is wanted besides one toolchain. keep: versions that stay, None for all; link: its path or empty; link_to: "goroot" or "go"."""

    keep: frozenset[str] | None
    link: str
    link_to: str


class Outcome(t.NamedTuple):
    """What was done, or would be. reasons: why, empty if nothing; removed: versions; the rest as install.Outcome."""

    reasons: tuple[str, ...]
    removed: tuple[str, ...]
    source: str
    checksum: str
    warning: str = ""


def ensure_present(wanted: Wanted, around: Around, check_mode: bool) -> Outcome:
    """Have the toolchain, the link to it, and then no release that is not to be kept. Raises GoPluginsError."""
    done = install.ensure_present(wanted, check_mode)
    linked: tuple[str, ...] = ()
    if around.link:
        target = wanted.goroot if around.link_to == "goroot" else os.path.join(wanted.goroot, "bin", "go")
        linked = link.ensure(around.link, target, wanted.root, check_mode)
    removed = () if around.keep is None else install.remove_others(wanted.root, around.keep | {wanted.version}, check_mode)
    return Outcome((*done.reasons, *linked, *_unwanted(removed)), removed, done.source, done.checksum, done.warning)


def ensure_absent(wanted: Wanted, around: Around, check_mode: bool) -> Outcome:
    """Have neither the toolchain, if one is named, nor those that are not to be kept, nor a link to them. Raises GoPluginsError."""
    if around.keep and wanted.version in around.keep:
        raise GoPluginsError(f"Go {wanted.version} is to be absent and to be kept", "name it as version or in keep")
    outcome = _absent(wanted, around, True)
    # First the link: nobody meets one that leads to nothing.
    gone = [os.path.join(wanted.root, version) for version in outcome.removed]
    linked = link.remove(around.link, gone, check_mode) if around.link else ()
    if not check_mode:
        outcome = _absent(wanted, around, False)
    return outcome._replace(reasons=(*linked, *outcome.reasons))


def _absent(wanted: Wanted, around: Around, check_mode: bool) -> Outcome:
    done = install.ensure_absent(wanted, check_mode) if wanted.version else install.Outcome((), "", "")
    # In check mode it is still there.
    others = () if around.keep is None else install.remove_others(wanted.root, around.keep | {wanted.version}, check_mode)
    removed = (*([wanted.version] if done.reasons else []), *others)
    return Outcome(_unwanted(removed), removed, done.source, done.checksum)


def _unwanted(versions: t.Iterable[str]) -> tuple[str, ...]:
    return tuple(f"Go {version} is not wanted" for version in versions)
