# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's copy of a source that lives on the controller."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import pack_tree, read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import source_copy


@pytest.fixture
def sent(tmp_path):
    """Pack a source of one file; gives the archive and its digest."""

    def pack(text):
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        (source / "main.go").write_text(text)
        tree = read_tree(str(source))
        pack_tree(tree, str(tmp_path / "source.tar"))
        return str(tmp_path / "source.tar"), tree.digest

    return pack


def test_the_copy_is_replaced_whole(sent, tmp_path):
    workspace = str(tmp_path / "workspaces" / "p")
    for text in ("package main\n", "package main // more\n"):
        archive, digest = sent(text)
        assert source_copy.current(workspace, digest) is None
        tree = source_copy.update(workspace, archive, digest)
        assert source_copy.current(workspace, digest) == tree == read_tree(source_copy.path_of(workspace))
        (tmp_path / "workspaces" / ".p.source" / "source" / "more.go").write_text("package main\n")
    archive, digest = sent(text)
    source_copy.update(workspace, archive, digest)
    assert sorted(os.listdir(tmp_path / "workspaces")) == [".p.lock", ".p.source"]
    assert os.listdir(source_copy.path_of(workspace)) == ["main.go"]


def test_what_is_not_what_was_announced_leaves_the_copy_as_it_was(sent, tmp_path):
    workspace = str(tmp_path / "workspaces" / "p")
    archive, digest = sent("package main\n")
    source_copy.update(workspace, archive, digest)
    other, _digest = sent("package main // changed meanwhile\n")
    with pytest.raises(GoPluginsError, match="not the one on the controller"):
        source_copy.update(workspace, other, digest)
    assert source_copy.current(workspace, digest)
    assert sorted(os.listdir(tmp_path / "workspaces")) == [".p.lock", ".p.source"]
