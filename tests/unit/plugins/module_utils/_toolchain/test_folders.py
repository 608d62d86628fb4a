# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Folders that are not for us, or in which others could put a toolchain of theirs."""

from __future__ import annotations

import stat

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import folders


@pytest.mark.parametrize("root", ["/usr/local/go", "/usr/local/go/", "/usr/local/go/sdk", "/usr/local/../local/go"])
def test_the_systems_own_go_is_never_touched(root):
    with pytest.raises(GoPluginsError, match="which this collection never touches"):
        folders.refuse(root)
    folders.refuse("/usr/local/golang")


def test_not_through_a_link_either(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(folders, "_SYSTEM", str(tmp_path / "link"))
    for root in (tmp_path / "link", tmp_path / "elsewhere" / "sdk"):
        with pytest.raises(GoPluginsError, match="never touches"):
            folders.refuse(str(root))


def test_no_folder_that_everybody_can_write_to(tmp_path):
    root = tmp_path / "a" / "root"
    root.mkdir(parents=True)
    for path, mode, refused in [
        (root, 0o777, True),
        (root, 0o1777, True),
        (root, 0o775, False),
        (root.parent, 0o777, True),
        (root.parent, 0o1777, False),
    ]:
        before = path.stat().st_mode
        path.chmod(mode)
        if refused:
            with pytest.raises(GoPluginsError, match="can be written to by everybody") as caught:
                folders.refuse(str(root / "go") if path != root else str(root))
            assert caught.value.fix == f"choose a place that only its owner can write to; see who can: ls -ld {path}"
        else:
            folders.refuse(str(root))
        path.chmod(stat.S_IMODE(before))
