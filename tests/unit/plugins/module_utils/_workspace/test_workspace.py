# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of a workspace; laying one out for real is an integration test."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import read_tree
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import workspace


def tree(tmp_path, files):
    for name, text in files.items():
        path = tmp_path / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_tree(str(tmp_path / "source"))


@pytest.mark.parametrize(
    "text",
    [
        "package main\n",
        "// Copyright\n\n/* and\nmore */ package main // why\n",
        "//go:build linux\n// +build linux\n\npackage main\n",
        "/* package other */\npackage main\n",
    ],
)
def test_package_main_is_seen_behind_comments(tmp_path, text):
    assert workspace.main_package_error(tree(tmp_path, {"p.go": text, "p_test.go": "package main_test\n"}), ".") == ""


def test_one_file_of_package_main_is_enough(tmp_path):
    assert workspace.main_package_error(tree(tmp_path, {"doc.go": "package documentation\n", "p.go": "package main\n"}), ".") == ""


def test_the_package_may_be_in_a_folder(tmp_path):
    source = tree(tmp_path, {"lib.go": "package lib\n", "cmd/plugin/p.go": "package main\n"})
    assert workspace.main_package_error(source, "cmd/plugin") == ""
    assert workspace.main_package_error(source, "./cmd/plugin/") == ""
    assert "is package lib" in workspace.main_package_error(source, ".")
    assert "there are no Go files in" in workspace.main_package_error(source, "cmd")


def test_tests_alone_are_no_plugin(tmp_path):
    assert "there are no Go files in" in workspace.main_package_error(tree(tmp_path, {"p_test.go": "package main\n"}), ".")


@pytest.mark.parametrize(
    ("beside", "reason"),
    [
        ({}, "there are no Go files in {root}/"),
        ({"l.go": "package lib\n"}, "a plugin must be package main, but {root}/l.go is package lib"),
    ],
    ids=["the folder above", "a library"],
)
def test_whoever_names_another_folder_reads_where_package_main_is(tmp_path, beside, reason):
    root = tmp_path / "source"
    files = {f"{folder}/p.go": "package main\n" for folder in ("enrich", "mask", "testdata/bad", "_old", ".hidden", "vendor/tool")}
    others = {"enrich/q.go": "package main\n", "lib/l.go": "package lib\n", "auth/a_test.go": "package main\n"}
    source = tree(tmp_path, {**beside, **files, **others})
    said = f"{reason.format(root=root)}; package main is in "
    assert workspace.main_package_error(source, ".") == f"{said}{root}/enrich, {root}/mask"
    # Go passes over that folder, but builds it for whoever names it.
    assert workspace.main_package_error(source, "testdata/bad") == ""
    source = tree(tmp_path, {f"cmd/{name}/p.go": "package main\n" for name in "abc"})
    assert workspace.main_package_error(source, ".") == f"{said}{root}/cmd/a, {root}/cmd/b, {root}/cmd/c and 2 more"


def test_a_file_without_a_package_is_told(tmp_path):
    assert "is package ?" in workspace.main_package_error(tree(tmp_path, {"p.go": "func main() {}\n"}), ".")


def test_the_go_work_of_a_plugin():
    gateway = "../../gate way"
    pins = {("example.com/tyk", version): gateway for version in ("v1.9.2", "v0.0.0-20240924125426-1db1935d8992")}
    pins["example.com/lib", "v0.0.0"] = "./plugin/lib"
    replaces = [gomod.Replace("a.b/c", "", "/c d", ""), gomod.Replace("a.b/e", "v1.0.0", "a.b/f", "v1.1.0")]
    assert workspace.work_text("1.22.6", ["./plugin/own", gateway, "./plugin/lib"], pins, replaces).splitlines() == [
        "go 1.22.6",
        "",
        "use (",
        "\t./plugin/own",
        '\t"../../gate way"',
        "\t./plugin/lib",
        ")",
        "",
        "replace example.com/lib v0.0.0 => ./plugin/lib",
        'replace example.com/tyk v0.0.0-20240924125426-1db1935d8992 => "../../gate way"',
        'replace example.com/tyk v1.9.2 => "../../gate way"',
        'replace a.b/c => "/c d"',
        "replace a.b/e v1.0.0 => a.b/f v1.1.0",
    ]


def test_folders_in_the_place_of_modules_are_read(tmp_path):
    source = tree(
        tmp_path,
        {"go.mod": "module m\nrequire a.b/c v1.0.0\nreplace a.b/c => ../lib\nreplace a.b/d => a.b/e v1.0.0\n", "p.go": "package main\n"},
    )
    with pytest.raises(GoPluginsError, match="there is no source folder"):
        workspace.local_modules(source)
    (tmp_path / "lib").mkdir()
    assert list(workspace.local_modules(source)) == ["a.b/c"]


def test_a_folder_that_can_have_no_such_name_is_no_traceback(tmp_path):
    with pytest.raises(GoPluginsError, match=r"a NUL at byte 27: not a go\.mod"):
        workspace.local_modules(tree(tmp_path, {"go.mod": "module m\nreplace a.b/c => .\0/lib\n", "p.go": "package main\n"}))


def test_a_folder_in_the_place_of_a_module_is_found_without_links(tmp_path):
    """As Go finds it from the folder in which it runs."""
    tree(tmp_path, {"go.mod": "module m\nreplace a.b/c => ../lib\n", "p.go": "package main\n"})
    (tmp_path / "lib").mkdir()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "link").symlink_to(tmp_path / "source")
    found = workspace.local_modules(read_tree(str(tmp_path / "deep" / "link")))
    assert [tree.root for tree in found.values()] == [str(tmp_path / "lib")]


@pytest.mark.parametrize("bad", ["a/b", "..", "-x", "a b", "x" * 65, "x\n"])
def test_an_id_is_part_of_a_module_path_or_refused(bad):
    with pytest.raises(GoPluginsError, match="cannot be the id of a plugin"):
        workspace.checked_id(bad)
