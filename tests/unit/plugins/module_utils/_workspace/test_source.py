# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which module owns the folder of a plugin, and what of it is read."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _tree
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.source import Layout, read_source

GATEWAY = "module github.com/TykTechnologies/tyk\n"
MAIN = "package main\n"


def uses(path):
    return f'package main\n\nimport _ "{path}"\n'


@pytest.fixture
def write(tmp_path):
    def made(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return str(tmp_path)

    return made


MONO = {
    "go.mod": "module a.b/mono\n",
    "go.sum": "",
    "plugins/auth/auth.go": uses("a.b/mono/lib"),
    "plugins/auth/auth_test.go": uses("a.b/mono/other"),
    "lib/lib.go": 'package lib\n\nimport _ "a.b/mono/deep/er"\n',
    "lib/below/more.go": "package below\n",
    "deep/er/deep.go": "package er\n\n//go:embed words\n",
    "deep/er/words/one.txt": "one",
    "other/other.go": "package other\n",
    "vendor/modules.txt": "",
}


def test_of_a_module_further_up_only_what_the_plugin_needs_is_read(write):
    root = write(MONO)
    source = read_source(os.path.join(root, "plugins", "auth"), ".")
    assert (source.tree.root, source.package) == (root, "plugins/auth")
    assert source.layout.is_part and source.layout.read == () and source.layout.module == "." and source.layout.vendor == "vendor"
    left_out = {"plugins/auth/auth_test.go", "lib/below/more.go", "other/other.go"}
    assert set(source.tree.paths()) == set(MONO) - left_out
    assert source.layout.notes == (f"the module of {root}/go.mod owns it",)


def test_what_a_plugin_does_not_need_is_no_change(write):
    root = write(MONO)
    before = read_source(os.path.join(root, "plugins", "auth"), ".").tree.digest
    write({"other/other.go": "package other // changed\n"})
    assert read_source(os.path.join(root, "plugins", "auth"), ".").tree.digest == before
    write({"lib/lib.go": "package lib // changed\n"})
    assert read_source(os.path.join(root, "plugins", "auth"), ".").tree.digest != before


def test_c_code_may_include_from_anywhere_in_the_module(write):
    root = write({"go.mod": "module m\n", "p/p.go": 'package main\n\nimport "C"\n', "include/x.h": ""})
    assert "include/x.h" in read_source(os.path.join(root, "p"), ".").tree.paths()


def test_a_folder_with_its_own_module_is_read_whole_and_nothing_else(write):
    root = write({"go.mod": "module outer\n", "p/go.mod": "module inner\n", "p/p.go": MAIN, "p/data/x": ""})
    source = read_source(os.path.join(root, "p"), ".")
    assert (source.layout, set(source.tree.paths())) == (Layout(), {"go.mod", "p.go", "data/x"})


def test_the_module_may_be_that_of_the_package(write):
    root = write({"README": "", "cmd/p/go.mod": "module m\n", "cmd/p/p.go": MAIN})
    for whole in (False, True):
        source = read_source(root, "cmd/p", whole=whole)
        assert (source.layout.module, source.package, source.tree.root) == ("cmd/p", "cmd/p", root)


def test_nothing_outside_of_a_checkout_belongs_to_it(write):
    root = write({"go.mod": "module outer\n", "go.work": "use ./repo\n", "repo/p.go": MAIN})
    source = read_source(os.path.join(root, "repo"), ".", whole=True)
    assert (source.layout, source.tree.paths()) == (Layout(), ("p.go",))


def test_a_plugin_in_the_gateways_own_module_is_taken_without_it(write):
    root = write({"go.mod": GATEWAY, "test/p/p.go": MAIN})
    for source in (read_source(os.path.join(root, "test", "p"), "."), read_source(root, "test/p", whole=True)):
        assert (source.tree.paths(), source.package) == (("p.go",), ".")
        assert "the checkout of the gateway decides" in source.layout.notes[0]


WORK = {
    "go.work": "use (\n\t./auth\n\t./lib\n\t./tyk\n\t../gone\n\t./old // once\n)\n",
    "go.work.sum": "",
    "auth/go.mod": "module a.b/auth\n",
    "auth/auth.go": uses("a.b/lib/sub"),
    "lib/go.mod": "module a.b/lib\n",
    "lib/lib.go": "package lib\n",
    "lib/sub/sub.go": "package sub\n",
    "tyk/go.mod": GATEWAY,
    "tyk/main.go": MAIN,
    "unused/go.mod": "module a.b/unused\n",
}


def test_the_modules_of_go_work_belong_to_it(write):
    root = write(WORK)
    source = read_source(os.path.join(root, "auth"), ".")
    assert (source.tree.root, source.package) == (root, "auth")
    assert source.layout[:5] == ("auth", ".", ("lib",), False, ("auth",))
    assert set(source.tree.paths()) == {path for path in WORK if not path.startswith(("unused", "lib/lib.go", "tyk/main.go"))}
    assert [note.partition(":")[2].split("'")[1] for note in source.layout.notes] == ["use ./tyk", "use ../gone", "use ./old"]


def test_a_copy_of_it_is_read_alike(write, tmp_path):
    """As it comes to another host."""
    source = read_source(os.path.join(write(WORK), "auth"), ".", carried=True)
    _tree.copy_tree(source.tree, str(tmp_path / "copy"))
    copy = read_source(str(tmp_path / "copy"), source.package, whole=True)
    assert (copy.tree.digest, copy.package, copy.layout) == (source.tree.digest, source.package, source.layout._replace(read=(".",)))


def test_a_go_work_that_uses_other_modules_is_left_out(write):
    root = write({**WORK, "go.work": "use ./lib\n"})
    source = read_source(os.path.join(root, "auth"), ".")
    assert (source.layout.work, source.layout.members, source.tree.root) == ("", (), os.path.join(root, "auth"))
    assert "does not use the plugin's module" in source.layout.notes[0]


@pytest.mark.parametrize("carried", [False, True])
def test_folders_in_the_place_of_modules_go_along_to_another_host(write, carried):
    root = write(
        {
            "p/go.mod": "module p\n\nreplace a.b/lib => ../lib\n\nreplace github.com/TykTechnologies/tyk => ../tyk\n",
            "p/p.go": uses("a.b/lib"),
            "lib/go.mod": "module a.b/lib\n",
            "lib/lib.go": "package lib\n",
            "tyk/go.mod": GATEWAY,
        }
    )
    source = read_source(os.path.join(root, "p"), ".", carried=carried)
    wanted = {"p/go.mod", "p/p.go", "lib/go.mod", "lib/lib.go"} if carried else {"go.mod", "p.go"}
    assert set(source.tree.paths()) == wanted and source.layout.module == ("p" if carried else ".")


def test_a_go_work_that_cannot_be_read_is_named(write):
    root = write({**WORK, "go.work": "use (\n"})
    with pytest.raises(GoPluginsError, match=r"go\.work: the block 'use \(' is not closed"):
        read_source(os.path.join(root, "auth"), ".")


def test_a_package_outside_of_the_folder_is_not_looked_for(write):
    root = write({"go.mod": "module m\n", "p/p.go": MAIN})
    assert read_source(os.path.join(root, "p"), "..").tree.paths() == ("p.go",)


def test_behind_a_link_its_target_has_the_module(write, tmp_path):
    root = write({"mono/go.mod": "module m\n", "mono/p/7/p.go": MAIN})
    (tmp_path / "current").symlink_to("mono/p/7")
    source = read_source(os.path.join(root, "current"), ".")
    assert (source.tree.root, source.package) == (os.path.join(root, "mono"), "p/7")
