# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A symbolic link to one of the releases below a root: the Go that people use who name no version."""

from __future__ import annotations

import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import place_atomically, scratch_folder
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import folders


def ensure(link: str, target: str, root: str, check_mode: bool) -> tuple[str, ...]:
    """Have the link lead to C(target), which is below C(root); why it was made or changed, empty if it did. Raises GoPluginsError."""
    folder = os.path.dirname(link)
    # Whoever can write there decides which Go it is.
    folders.refuse(folder)
    folders.refuse(link)
    led = _leads(link)
    if led == target:
        return ()
    if os.path.lexists(link) and not led.startswith(f"{root}/"):
        raise GoPluginsError(
            f"{link} is no link to a toolchain below {root}, and is left alone: {f'it leads to {led}' if led else 'it is no link'}",
            f"choose another link; see what is there: {command_line('ls -ld', link)}",
        )
    if not check_mode:
        folders.make(folder)
        with scratch_folder(f".{os.path.basename(link)}.", folder) as temporary:
            made = os.path.join(temporary, "link")
            os.symlink(target, made)
            place_atomically(made, link)
    return (f"{link} leads to {led}, not to {target}" if led else f"{link} is not there",)


def remove(link: str, goroots: t.Collection[str], check_mode: bool) -> tuple[str, ...]:
    """Remove the link if it leads to one of these toolchains, which are no more; why, empty if it does not."""
    led = _leads(link)
    if not any(f"{led}/".startswith(f"{goroot}/") for goroot in goroots):
        return ()
    if not check_mode:
        os.unlink(link)
    return (f"{link} leads to {led}, which is not wanted",)


def _leads(link: str) -> str:
    """Where the link leads, itself and no further; empty if it is none."""
    try:
        return os.path.normpath(os.path.join(os.path.dirname(link), os.readlink(link)))
    except OSError:
        return ""
