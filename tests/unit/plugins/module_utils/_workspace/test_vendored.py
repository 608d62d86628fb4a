# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""vendor/: what its list says, whether go.mod says the same, and whether its packages are those of the modules."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import gomod
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import vendored

# As C(go mod vendor) of Go 1.22 writes it.
LIST = """# a.b/own v1.0.0 => ../own
## explicit; go 1.20
a.b/own
# a.b/quiet v1.2.0
## explicit
a.b/quiet
a.b/quiet/sub
# a.b/forked v1.0.0 => c.d/fork v1.0.1
## explicit; go 1.20
# a.b/indirect v0.3.0
## go 1.17
a.b/indirect
# a.b/own => ../own
# a.b/forked => c.d/fork v1.0.1
"""
MOD = """module m
go 1.21
require (
\ta.b/own v1.0.0
\ta.b/quiet v1.2.0
\ta.b/forked v1.0.0
)
replace a.b/own => ../own
replace a.b/forked => c.d/fork v1.0.1
"""


def test_its_list_is_read():
    found = {(module.path, module.version): module for module in vendored.parse(LIST)}
    assert found["a.b/quiet", "v1.2.0"].packages == ("a.b/quiet", "a.b/quiet/sub")
    assert [found[path, version].explicit for path, version in (("a.b/quiet", "v1.2.0"), ("a.b/indirect", "v0.3.0"))] == [True, False]
    assert found["a.b/forked", "v1.0.0"].origin == ("c.d/fork", "v1.0.1")
    assert found["a.b/own", "v1.0.0"].origin == ("../own", "")
    assert found["a.b/indirect", "v0.3.0"].origin == ("a.b/indirect", "v0.3.0")


def lines(text, listed=LIST):
    return vendored.inconsistencies([gomod.parse(text)], vendored.parse(listed))


def test_what_go_wrote_is_consistent():
    assert lines(MOD) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("quiet v1.2.0", "quiet v1.3.0", ["a.b/quiet@v1.3.0: is explicitly required", "a.b/quiet@v1.2.0: is marked as explicit"]),
        ("\ta.b/quiet v1.2.0\n", "", ["a.b/quiet@v1.2.0: is marked as explicit"]),
        ("v1.0.1", "v1.0.2", ["a.b/forked: is replaced by c.d/fork@v1.0.2 in go.mod, but marked as replaced by c.d/fork@v1.0.1"]),
        ("replace a.b/own => ../own\n", "", ["a.b/own@v1.0.0: is marked as replaced", "a.b/own: is marked as replaced"]),
        ("replace a.b/own", "replace a.b/new => ../new\nreplace a.b/own", ["a.b/new: is replaced in go.mod, but not marked"]),
    ],
)
def test_what_differs_is_named(old, new, expected):
    found = lines(MOD.replace(old, new))
    assert len(found) == len(expected) and all(line.startswith(words) for line, words in zip(found, expected)), found


def test_without_a_list_all_is_inconsistent():
    assert len(lines(MOD, "")) == 5


@pytest.mark.parametrize(("go", "used"), [("go 1.13\n", False), ("go 1.14\n", True), ("go 1.21.3\n", True), ("", True)])
def test_go_takes_it_by_itself_since_1_14(go, used):
    assert vendored.is_used(gomod.parse(f"module m\n{go}")) == used


def test_a_new_go_mod_gets_its_versions():
    flags = vendored.pins(vendored.parse(LIST), {"a.b/indirect"})
    assert flags == [
        "-require=a.b/own@v1.0.0",
        "-require=a.b/quiet@v1.2.0",
        "-require=a.b/forked@v1.0.0",
        "-replace=a.b/forked@v1.0.0=c.d/fork@v1.0.1",
    ]


@pytest.fixture
def folders(tmp_path):
    """A vendored package as C(go mod vendor) copies it, and its module."""
    vendor, origin = tmp_path / "vendor", tmp_path / "origin"
    (vendor / "a.b" / "quiet").mkdir(parents=True)
    origin.mkdir()
    for folder in (vendor / "a.b" / "quiet", origin):
        (folder / "quiet.go").write_bytes(b"package quiet\n")
        (folder / "LICENSE").write_text(folder.name)
    (origin / "quiet_test.go").write_text("package quiet\n")
    (origin / "make.go").write_text("// Makes it.\n\n//go:build ignore\n\npackage main\n")
    (origin / "go.mod").write_text("module a.b/quiet\n")
    return vendor, origin


def differences(folders):
    return vendored.differences(str(folders[0]), "a.b/quiet", str(folders[1]))


def test_a_copy_does_not_differ(folders):
    assert differences(folders) == []
    (folders[0] / "a.b" / "quiet" / "quiet.go").write_bytes(b"package quiet\r\n")
    assert differences(folders) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "quiet.go").write_text("package quiet // patched\n"),
        lambda folder: (folder / "quiet.go").unlink(),
        lambda folder: (folder / "quiet.go").rename(folder / "more.s"),
    ],
)
def test_a_file_that_is_changed_gone_or_new_is_named(folders, change):
    change(folders[0] / "a.b" / "quiet")
    assert "vendor/a.b/quiet/quiet.go" in differences(folders)


def test_the_error_names_the_files_and_a_way_to_keep_the_change():
    error = vendored.patched({"a.b/quiet@v1.2.0": ["vendor/a.b/quiet/quiet.go"]}, listed=True)
    assert "a.b/quiet@v1.2.0: vendor/a.b/quiet/quiet.go" in error.message and "go mod edit -replace=a.b/quiet=../FOLDER" in error.fix


def test_without_a_list_what_go_selects_is_compared():
    packages = {
        "fmt": None,
        "m": Module("m", ""),
        "a.b/quiet": Module("a.b/quiet", "v1.2.0"),
        "a.b/quiet/sub": Module("a.b/quiet", "v1.2.0"),
    }
    (found,) = vendored.without_list(packages)
    assert (found.origin, found.packages) == (("a.b/quiet", "v1.2.0"), ("a.b/quiet", "a.b/quiet/sub"))
    error = vendored.patched({"a.b/quiet@v1.2.0": ["vendor/a.b/quiet/quiet.go"]}, listed=False)
    assert "has no modules.txt" in error.message and "go get a.b/quiet@VERSION" in error.fix
