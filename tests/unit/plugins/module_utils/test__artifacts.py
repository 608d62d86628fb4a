# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files are handed on, and what no gateway could use. Real plugins are those of the integration tests."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import types

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _artifacts
from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, Symbol

HOOKS, ENRICH = Plugin("hooks", {"Check": "auth_check"}), Plugin("enrich", {"Add": "post"})


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def put(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(path)
        return tmp_path

    return put


def found(plugins, *places, platforms=()):
    return [(one.plugin, one.version, one.platform, os.path.relpath(one.path)) for one in _artifacts.find(plugins, places, platforms)]


def test_a_folder_is_searched_and_those_of_gateways_in_it(shelf):
    shelf(
        "dist/v5.8.5/hooks_v5.8.5_linux_amd64.so",
        "dist/v5.8.5/hooks_v5.8.5_linux_amd64.so.json",
        "dist/v5.8.5/other_v5.8.5_linux_amd64.so",
        "dist/v5.8.5/hooks.so",
        "dist/v5.8.5/.hooks_v5.8.4_linux_amd64.so",
        "dist/hooks_5.3.6_linux_arm64.so",
        "dist/deep/er/hooks_v5.1.0_linux_amd64.so",
        "dist/more_hooks_v5.3.6_linux_amd64.so",
    )
    assert found([HOOKS], "dist") == [
        ("hooks", "v5.3.6", "linux/arm64", "dist/hooks_5.3.6_linux_arm64.so"),
        ("hooks", "v5.8.5", "linux/amd64", "dist/v5.8.5/hooks_v5.8.5_linux_amd64.so"),
    ]


def test_files_are_taken_as_they_are_named(shelf):
    shelf("a/hooks_v5.3.6_linux_amd64.so", "b/hooks_v5.8.5_linux_amd64.so", "b/hooks_v5.9.0_linux_amd64.so")
    names = ["b/hooks_v5.8.5_linux_amd64.so", "a/hooks_v5.3.6_linux_amd64.so"]
    assert [path for *_rest, path in found([HOOKS], *names)] == sorted(names)
    assert [path for *_rest, path in found([HOOKS], *names, "a", "./a/")] == sorted(names)


@pytest.mark.parametrize("name", ["hooks.so", "hooks_v5.3.6_linux_amd64", "enrich_v5.3.6_linux_amd64.so", "hooks_main_linux_amd64.so"])
def test_a_file_that_no_gateway_looks_for_is_refused(shelf, name):
    shelf(name)
    with pytest.raises(GoPluginsError, match=f"{name} is no artifact of hooks: each gateway looks for"):
        found([HOOKS], name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/hooks_v5.3.6_linux_amd64.so", "b/hooks_v5.3.6_linux_amd64.so"),
        ("a/hooks_v5.3.6_linux_amd64.so", "a/hooks_5.3.6_linux_amd64.so"),
    ],
)
def test_two_files_for_one_gateway_are_refused(shelf, one, other):
    shelf(one, other)
    with pytest.raises(GoPluginsError, match=r"are both plugin hooks for a gateway v5\.3\.6 on linux/amd64") as error:
        found([HOOKS], os.path.dirname(one), other)
    assert one in error.value.message and other in error.value.message


def test_each_gateway_must_have_all_plugins(shelf):
    shelf("d/hooks_v5.3.6_linux_amd64.so", "d/hooks_v5.8.5_linux_amd64.so", "d/enrich_v5.3.6_linux_amd64.so")
    with pytest.raises(GoPluginsError, match=r"plugin enrich has no artifact for a gateway v5\.8\.5 on linux/amd64"):
        found([HOOKS, ENRICH], "d")
    with pytest.raises(GoPluginsError, match="there is no artifact of plugin other in d"):
        found([HOOKS, Plugin("other", {"A": "pre"})], "d")


def test_without_plugins_all_artifacts_are_found_whatever_a_gateway_lacks(shelf):
    shelf("d/hooks_v5.3.6_linux_amd64.so", "d/hooks_v5.8.5_linux_amd64.so", "d/enrich_v5.3.6_linux_amd64.so", "d/other.so", "e/x")
    assert [plugin for plugin, *_rest in found([], "d")] == ["enrich", "hooks", "hooks"]
    with pytest.raises(GoPluginsError, match=r"^there is no artifact in e$"):
        found([], "e")
    with pytest.raises(GoPluginsError, match=r"d/other\.so is no artifact: each gateway looks for"):
        found([], "d/other.so")


def test_only_the_platforms_that_are_named_count(shelf):
    shelf("d/hooks_v5.3.6_linux_amd64.so", "d/hooks_v5.3.6_linux_arm64.so", "d/enrich_v5.3.6_linux_arm64.so")
    assert {platform for *_rest, platform, _path in found([HOOKS, ENRICH], "d", platforms=["linux/arm64"])} == {"linux/arm64"}
    with pytest.raises(GoPluginsError, match=r"^there is no artifact for linux/s390x in d$"):
        found([], "d", platforms=["linux/s390x"])
    with pytest.raises(GoPluginsError, match=r"amd64\.so is no artifact of hooks for linux/arm64: each gateway looks for"):
        found([HOOKS], "d/hooks_v5.3.6_linux_amd64.so", platforms=["linux/arm64"])


# --- What is in the files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def checked(shelf, monkeypatch):
    """checked(*files): the complaints about files that are as described, from the name of one to what differs from a right one."""
    right = {"build_mode": "plugin", "platform": "linux/amd64", "plugin_path": "hooks", "kind": "func", "fits": True}

    def check(hooks=None, **files):
        @contextlib.contextmanager
        def open_file(path):
            described = {**right, **files[os.path.basename(path).partition("_")[0]]}
            if "broken" in described:
                raise BinaryError("not-a-go-binary", f"{path}: {described['broken']}")
            symbol = Symbol("Check", described.pop("kind"), "func(int)", 1)
            fits = described.pop("fits")
            binary = types.SimpleNamespace(exported=lambda: {"Check": symbol}, has_type=lambda *_arguments: fits, **described)
            yield types.SimpleNamespace(slices=(), binary=lambda _platform: binary)

        monkeypatch.setattr(_artifacts, "open_file", open_file)
        for name in files:
            shelf(f"d/{name}_v5.3.6_linux_amd64.so")
        plugins = [Plugin(name, hooks or {"Check": "pre"}) for name in files]
        try:
            _artifacts.check(_artifacts.find(plugins, ["d"]), plugins)
        except GoPluginsError as error:
            return error.message.replace(f"{os.getcwd()}/", "")
        return ""

    return check


def test_what_is_right_is_taken(checked):
    assert checked(plugin={}) == "" and checked(plugin={}, enrich={"plugin_path": "enrich"}) == ""


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        ({"broken": "it is neither an ELF nor a Mach-O file"}, "so: it is neither an ELF nor a Mach-O file"),
        ({"build_mode": "exe"}, "so is no Go plugin: it was built with -buildmode=exe"),
        ({"platform": "linux/arm64"}, "so is for linux/arm64, not for linux/amd64 as its name says"),
        ({"kind": "var"}, "so exports Check as a variable"),
        ({"fits": False}, "so has Check as func(int); the gateway uses pre hooks as func(http.ResponseWriter, *http.Request)"),
    ],
)
def test_what_a_gateway_cannot_use_is_refused(checked, differs, words):
    message = checked(plugin=differs)
    assert message.startswith("no gateway could use these plugins:\nd/plugin_v5.3.6_linux_amd64.so") and words in message


def test_a_type_that_the_file_does_not_say_is_no_reason(checked):
    assert checked(plugin={"fits": None}) == ""


def test_a_symbol_that_is_not_there_is_refused_with_those_that_are(checked):
    assert "so does not export Chekc; it exports Check" in checked(hooks={"Chekc": "pre"}, plugin={})


def test_all_that_is_wrong_is_named(checked):
    assert len(checked(a={"platform": "linux/arm64", "kind": "var"}, b={"build_mode": "exe", "plugin_path": "b"}).splitlines()) == 4


def test_two_plugins_of_one_name_to_a_gateway_are_refused(checked):
    assert "are both hooks to a gateway, which loads only one of that name" in checked(a={}, b={})


def test_a_record_of_another_file_is_refused_and_one_that_says_nothing_is_not(checked, shelf):
    folder = shelf("d/plugin_v5.3.6_linux_amd64.so") / "d"
    record = folder / "plugin_v5.3.6_linux_amd64.so.json"
    right = hashlib.sha256(b"d/plugin_v5.3.6_linux_amd64.so").hexdigest()
    for text in (json.dumps({"sha256": right}), "[]", "no json", json.dumps({"sha256": 5})):
        record.write_text(text)
        assert checked(plugin={}) == ""
    record.write_text(json.dumps({"sha256": "0" * 64}))
    assert "so is not the file that was built: its record beside it has another SHA-256" in checked(plugin={})
