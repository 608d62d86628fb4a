# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What laying out a workspace again costs after an edit: no Go, where the edit cannot change which modules are needed."""

from __future__ import annotations

import json
import shutil

import pytest

LOGRUS = "github.com/sirupsen/logrus"


def edited(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def appended(path, text):
    path.write_text(path.read_text() + text)


def as_files(folder):
    """What stands in a workspace."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def laid_out(shop, source, recording):
    """A workspace; gives what laying it out again returns, which starts Go made meanwhile, and what stands there then."""
    first = shop.workspace(source)
    assert not first.get("failed"), first

    def again(**options):
        before = len(recording())
        result = shop.workspace(source, **options)
        return result, [line for line in recording()[before:] if not line.startswith("version")], as_files(shop.workspaces / "testplugin")

    return again


def test_an_edited_function_starts_no_go_and_the_workspace_is_as_if_made_anew(shop, source, laid_out):
    (source / "helper_test.go").write_text("package main\n")
    laid_out()
    edited(source / "helper_test.go", "package main\n", "package main\n\nvar unused = 1\n")
    edited(source / "testplugin.go", "func AuthCheck", "// It has a comment now.\nfunc AuthCheck")
    known = json.loads((shop.workspaces / "testplugin" / ".goplugins-workspace.json").read_text())
    result, started, files = laid_out()
    assert result["changed"] and not started, started
    assert "It has a comment now." in files["plugin/testplugin.go"].decode()
    assert "unused" in files["plugin/helper_test.go"].decode()
    assert result["raised"] == known["raised"] and result["in_step"] == known["in_step"] and result["notes"] == known["notes"]
    again, _started, _files = laid_out()
    assert not again["changed"]
    shutil.rmtree(shop.workspaces / "testplugin")
    _result, started, anew = laid_out()
    assert started
    assert files == anew
    built = shop.build()
    assert built["changed"] and not built.get("failed"), built


def test_what_it_foresees_in_check_mode_starts_no_go_either(source, laid_out):
    edited(source / "testplugin.go", "func AuthCheck", "// It has a comment now.\nfunc AuthCheck")
    result, started, files = laid_out(check=True, diff=True)
    assert result["changed"] and not started
    assert "It has a comment now." not in files["plugin/testplugin.go"].decode()


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda folder: (folder / "more.go").write_text(f'package main\n\nimport _ "{LOGRUS}"\n'), id="another file"),
        pytest.param(lambda folder: (folder / "testplugin.go").rename(folder / "testplugin_linux.go"), id="another name"),
        pytest.param(lambda folder: edited(folder / "testplugin.go", "import (", 'import (\n\t_ "net/netip"'), id="another import"),
        pytest.param(lambda folder: edited(folder / "testplugin.go", "package main", "//go:build !x\n\npackage main"), id="a constraint"),
        pytest.param(lambda folder: appended(folder / "go.mod", "\n// changed\n"), id="go.mod"),
    ],
)
def test_what_may_change_modules_lays_out_anew(source, laid_out, edit):
    edit(source)
    result, started, _files = laid_out()
    assert result["changed"] and started, result


def test_a_workspace_that_somebody_touched_is_laid_out_anew(shop, source, laid_out):
    appended(shop.workspaces / "testplugin" / "plugin" / "go.mod", "\n// touched\n")
    edited(source / "testplugin.go", "func AuthCheck", "// It has a comment now.\nfunc AuthCheck")
    result, started, files = laid_out()
    assert result["changed"] and started
    assert "touched" not in files["plugin/go.mod"].decode()


def test_with_an_id_the_module_path_follows_the_edit(shop, source, laid_out):
    with_id = {"plugins": [{"name": "testplugin", "source": str(source), "remote_src": True, "package": ".", "id": "auto"}]}
    first, _started, _files = laid_out(**with_id)
    edited(source / "testplugin.go", "func AuthCheck", "// It has a comment now.\nfunc AuthCheck")
    second, _started, files = laid_out(**with_id)
    assert first["module"] != second["module"]
    assert second["module"] in files["plugin/go.mod"].decode()


def test_a_folder_in_the_place_of_a_module_is_edited_too(source, laid_out):
    local = source.parent / "local"
    local.mkdir()
    (local / "go.mod").write_text("module example.com/local\n\ngo 1.21\n")
    (local / "local.go").write_text('package local\n\nfunc Name() string { return "one" }\n')
    (source / "more.go").write_text('package main\n\nimport "example.com/local"\n\nvar name = local.Name()\n')
    appended(source / "go.mod", "\nrequire example.com/local v0.0.0\n\nreplace example.com/local => ../local\n")
    result, started, _files = laid_out()
    assert result["changed"] and started
    edited(local / "local.go", "one", "two")
    result, started, files = laid_out()
    assert result["changed"] and not started
    assert '"two"' in files["modules/example.com+local/local.go"].decode()
