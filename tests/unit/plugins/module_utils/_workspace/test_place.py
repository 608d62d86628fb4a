# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may be replaced, and what may not."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import place

RECORD = ".record.json"


@pytest.mark.parametrize("through", ["itself", "a link"])
def test_a_workspace_and_what_must_stay_are_apart(tmp_path, through):
    root = tmp_path / "root"
    (root / "source" / "deep").mkdir(parents=True)
    (root / "other").mkdir()
    if through == "a link":
        (tmp_path / "link").symlink_to(root)
    shown = tmp_path / "link" if through == "a link" else root
    other = {"module m": str(root / "other")}
    place.refuse_overlap(str(shown / "workspace"), str(root / "source"), other)
    place.refuse_overlap(str(shown / "source2"), str(root / "source"), other)
    for workspace in ("source", "source/deep"):
        with pytest.raises(GoPluginsError, match="lies inside the source"):
            place.refuse_overlap(str(shown / workspace), str(root / "source"), other)
    with pytest.raises(GoPluginsError, match=r"source .* lies inside the workspace"):
        place.refuse_overlap(str(shown / "source"), str(root / "source" / "deep"), other)
    with pytest.raises(GoPluginsError, match=r"module m .* lies inside the workspace"):
        place.refuse_overlap(str(shown / "other"), str(root / "source"), other)


def test_a_place_is_named_without_the_links_that_lead_there(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "root").symlink_to("data")
    (tmp_path / "data" / "link").symlink_to("elsewhere")
    assert place.real_place(str(tmp_path / "root" / "link")) == str(tmp_path / "data" / "link")
    assert place.lock_path(str(tmp_path / "root" / "p")) == str(tmp_path / "data" / ".p.lock")


def test_what_was_there_is_never_half_there(tmp_path):
    temporary, old, new = tmp_path / "temporary", tmp_path / "place", tmp_path / "temporary" / "new"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "f").write_text(folder.name)
    place.replace_folder(str(new), str(old), str(temporary))
    assert (old / "f").read_text() == "new"
    assert os.listdir(temporary) == ["replaced"]
