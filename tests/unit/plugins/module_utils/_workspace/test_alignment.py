# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.linked import Linked, Module
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.gomod import Require
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace import alignment
from ansible_collections.goplugins.tyk.plugins.module_utils._workspace.alignment import Raised

LISTED = (
    "fmt\t\nexample.com/a\texample.com/a\tv1.0.0\t\nexample.com/b/c\texample.com/b\tv0.2.0\texample.com/fork\tv0.3.0\nplugin\tplugin\t\t\n"
)


def test_what_go_list_says():
    assert alignment.parse_packages(LISTED) == {
        "fmt": None,
        "example.com/a": Module("example.com/a", "v1.0.0"),
        "example.com/b/c": Module("example.com/b", "v0.2.0", ("example.com/fork", "v0.3.0")),
        "plugin": Module("plugin", ""),
    }


def test_only_a_shared_package_makes_a_module_shared():
    gateway = Linked(
        frozenset({"example.com/a", "example.com/b/other"}), {name: Module(name, "v1.0.0") for name in ("example.com/a", "example.com/b")}
    )
    plugin = {"example.com/a": Module("example.com/a", "v1.1.0"), "example.com/b/c": Module("example.com/b", "v9.0.0"), "fmt": None}
    (one,) = alignment.compare(gateway, plugin)
    assert (one.module, one.gateway, one.plugin, one.case, one.packages) == ("example.com/a", "v1.0.0", "v1.1.0", 3, ("example.com/a",))


def test_a_replacement_counts_as_another_version():
    same = Module("example.com/a", "v1.0.0")
    replaced = same._replace(replacement=("example.com/fork", "v1.0.1"))
    (one,) = alignment.compare(Linked(frozenset({"example.com/a"}), {"example.com/a": replaced}), {"example.com/a": same})
    assert (one.gateway, one.plugin) == ("v1.0.0 => example.com/fork@v1.0.1", "v1.0.0 => itself")
    assert alignment.compare(Linked(frozenset({"example.com/a"}), {"example.com/a": replaced}), {"example.com/a": replaced}) == ()


def test_a_folder_in_a_modules_place_is_the_same_from_wherever_it_is_named():
    of_gateway, of_plugin = (Module("example.com/a", "v1.0.0", (folder, "")) for folder in ("./third", "../../gateway/third"))
    linked = Linked(frozenset({"example.com/a"}), {"example.com/a": of_gateway})
    assert alignment.compare(linked, {"example.com/a": of_plugin}) == ()
    assert len(alignment.compare(linked, {"example.com/a": Module("example.com/a", "v1.0.0")})) == 1


GRAPH = alignment.parse_graph("p x@v2\np l@v3\nx@v2 y@v1\ny@v1 l@v3\ng l@v1\n")


def test_what_is_lifted_is_said_with_its_reason():
    gateway = Linked(frozenset(), {"example.com/a": Module("example.com/a", "v1.1.0")})
    plugin = {path: Module(path, version) for path, version in (("example.com/a", "v1.1.0"), ("example.com/b", "v1.1.0"), ("m", ""))}
    asked = {"example.com/a": "v1.0.0", "example.com/b": "v1.0.0", "example.com/unused": "v1.0.0"}
    assert alignment.lifted(gateway, {**plugin, "fmt": None}, asked) == [
        "go.mod: example.com/a v1.0.0 -> v1.1.0, as the gateway has it",
        "go.mod: example.com/b v1.0.0 -> v1.1.0, as another requirement in the workspace asks for it",
    ]
    assert alignment.lifted(gateway, plugin, {"example.com/a": "v1.1.0", "example.com/b": "v1.2.0"}) == []


def test_a_line_that_tidy_wrote_is_no_reason():
    one = Raised("l", "v1", "v3", 3, ("l",))
    assert alignment.explain(one, GRAPH, "p", {"x": "v2"}).path == ("p", "x@v2", "y@v1", "l@v3")
    assert alignment.explain(one, GRAPH, "p", {"x": "v2", "l": "v3"}).path == ("p", "l@v3")
    assert alignment.forcing(one, GRAPH, "p") == {"x": "v2"}


def test_releases_that_raise_nothing():
    assert alignment.older(["v1.0.0", "v1.10.0", "v1.9.0", "v1.11.0-rc.1", "v1.12.0"], "v1.12.0") == ["v1.10.0", "v1.9.0", "v1.0.0"]
    assert alignment.older(["v1.0.0", "v1.1.0-rc.1"], "v1.1.0-rc.2") == ["v1.1.0-rc.1", "v1.0.0"]
    assert alignment.fits([Require("l", "v1.9.3"), Require("other", "v9.0.0")], {"l": "v1.9.3"})
    assert not alignment.fits([Require("l", "v1.10.0")], {"l": "v1.9.3"})


def test_what_has_no_version_is_said_to_be_a_folder():
    assert str(Raised("l", "v1", "v3", 3, ())) == "l: the gateway has v1, the plugin gets v3"
    assert str(Raised("l", "v1", "", 3, ())) == "l: the gateway has v1, the plugin gets it from a folder of its workspace"


def test_a_record_gives_what_was_recorded():
    one = Raised("l", "v1", "v3", 1, ("l", "l/m"), ("p", "l@v3"), ("-require=l@v1",))
    assert Raised.from_dict(one.as_dict()) == one
    assert one.as_dict()["fix"] == ["go mod edit -require=l@v1"]
