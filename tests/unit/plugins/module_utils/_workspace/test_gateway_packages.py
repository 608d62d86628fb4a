# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports of packages that only other releases of the gateway have."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import gateway_packages

MODULE = "example.com/gateway"


@pytest.fixture
def checkout(tmp_path):
    for path in ("main.go", "header/header.go", "ctx/ctx.go", "internal/headerz/x.go", "apart/go.mod", "apart/deep/x.go", "docs/readme.md"):
        (tmp_path / "src" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "src" / path).write_text("package x\n")
    return str(tmp_path / "src")


@pytest.fixture
def require(checkout, tmp_path):
    """require(file name -> imports of it): the check of a plugin with these files."""

    def run(**files):
        for name, paths in files.items():
            path = tmp_path / "plugin" / name.replace("__", os.sep)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".go").write_text("package main\n\nimport (\n" + "".join(f'\t"{one}"\n' for one in paths) + ")\n")
        gateway_packages.require("auth", str(tmp_path / "plugin"), "plugins/auth", MODULE, checkout)

    return run


def test_packages_that_are_there_pass(require):
    require(a=["net/http", MODULE, f"{MODULE}/header", f"{MODULE}/ctx", "example.com/gatewayer/x", f"{MODULE}/internal/headerz"])


def test_what_this_gateway_lacks_is_named_with_its_place_and_the_nearest(require):
    with pytest.raises(GoPluginsError) as error:
        require(a=["net/http", f"{MODULE}/headers"], sub__b=[f"{MODULE}/ctx", f"{MODULE}/completely/else"])
    assert error.value.message.splitlines() == [
        "plugin auth imports what this gateway does not have:",
        f"plugins/auth/a.go:5: {MODULE}/headers",
        f"plugins/auth/sub/b.go:5: {MODULE}/completely/else",
    ]
    first, second, last = error.value.fix.splitlines()
    assert first == f"for {MODULE}/headers: the nearest that this gateway has is {MODULE}/header"
    assert second.startswith(f"for {MODULE}/completely/else: ")
    assert last == "do without the package, or build for a gateway that has it"


def test_packages_of_its_own_that_are_missing_are_named_with_the_nearest(tmp_path):
    for path, text in {"a.go": 'import "goplugins/x/Util"', "util/u.go": "", "ignored/b.go": 'import "goplugins/x/util"'}.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(f"package main\n\n{text}\n")
    with pytest.raises(GoPluginsError) as error:
        gateway_packages.require_own("auth", str(tmp_path), "plugins/auth", "goplugins/x", "example.com/auth", {"rc": 1})
    assert error.value.message.splitlines() == [
        "plugin auth imports packages of its own module that are not there:",
        "plugins/auth/a.go:3: example.com/auth/Util",
    ]
    assert error.value.fix.splitlines() == [
        "for example.com/auth/Util: the nearest that the plugin has is example.com/auth/util",
        "create the folder in plugins/auth, or correct the import",
    ]
    assert error.value.details == {"rc": 1}
    (tmp_path / "a.go").unlink()
    gateway_packages.require_own("auth", str(tmp_path), "plugins/auth", "goplugins/x", "example.com/auth", {})


def test_a_folder_without_go_files_is_no_package(require):
    with pytest.raises(GoPluginsError):
        require(a=[f"{MODULE}/docs"])


def test_a_module_of_its_own_in_the_checkout_is_left_to_go(require):
    require(a=[f"{MODULE}/apart/nope"])


@pytest.mark.parametrize("name", ["_b", "testdata__b", "vendor__b", "a__.hidden__b"])
def test_what_go_does_not_compile_is_not_looked_at(require, name):
    require(**{name: [f"{MODULE}/headers"]})
