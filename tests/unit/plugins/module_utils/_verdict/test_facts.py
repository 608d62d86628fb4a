# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of which file."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, BuildInfo, Platform, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import facts
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import COVERAGE, RUNTIME, gather

from .conftest import DEPS, LIBC, SETTINGS


class Binary:
    """A GoBinary that notes what it is asked for."""

    def __init__(self, path, mode, fingerprints):
        self.path = path
        self.build_mode = mode
        self.build_info = BuildInfo("go1.22.7", ("rangefunc",), "testplugin", None, DEPS, SETTINGS)
        self.platform = Platform("linux", "amd64")
        self.plugin_path = "testplugin"
        self.asked = []
        self._fingerprints = fingerprints

    def fingerprints(self):
        assert self.build_mode == "plugin"
        return self._fingerprints

    def fingerprint(self, name):
        self.asked.append(name)
        return self._fingerprints.get(name)

    def exported(self):
        return {"AuthCheck": Symbol("AuthCheck", "func", None)}

    def libraries(self):
        return LIBC


@pytest.fixture
def files(monkeypatch):
    """Name to Binary or BinaryError of everything that there is."""
    known = {}

    @contextlib.contextmanager
    def open_binary(path):
        if isinstance(known[path], BinaryError):
            raise known[path]
        yield known[path]

    monkeypatch.setattr(facts, "open_binary", open_binary)
    return known


def test_the_gateway_is_asked_only_for_the_packages_of_the_plugins(files):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r", "net": b"n", "gateway/only": b"g"})
    files["one.so"] = Binary("one.so", "plugin", {"net": b"1", "one": b"1"})
    files["two.so"] = Binary("two.so", "plugin", {"net": b"2", "two": b"2"})
    gateway, plugins = gather("tyk", ["one.so", "two.so"])
    assert files["tyk"].asked == [RUNTIME, COVERAGE, "net", "one", "two"]
    assert gateway.fingerprints == {RUNTIME: b"r", "net": b"n"}
    assert [plugin.fingerprints for plugin in plugins] == [{"net": b"1", "one": b"1"}, {"net": b"2", "two": b"2"}]
    assert (gateway.platform, gateway.go_version, gateway.experiments) == ("linux/amd64", "go1.22.7", ("rangefunc",))
    assert (gateway.deps, gateway.settings, gateway.build_mode, gateway.libraries) == (DEPS, SETTINGS, "exe", LIBC)
    assert (plugins[0].plugin_path, list(plugins[0].exported)) == ("testplugin", ["AuthCheck"])


def test_a_file_that_is_no_go_binary_is_a_fact(files):
    files["tyk"] = BinaryError("not-a-go-binary", "tyk: it is no ELF file")
    files["one.so"] = BinaryError("truncated", "one.so: it ends too early")
    gateway, (plugin,) = gather("tyk", ["one.so"])
    assert (gateway.unreadable, plugin.unreadable) == ("tyk: it is no ELF file", "one.so: it ends too early")


@pytest.mark.parametrize("code", ["unreadable", "not-a-file"])
@pytest.mark.parametrize("missing", ["tyk", "one.so"])
def test_a_file_that_is_not_there_is_an_error(files, missing, code):
    files.update({name: Binary(name, "exe", {}) for name in ("tyk", "one.so")})
    files[missing] = BinaryError(code, f"{missing}: no such file")
    with pytest.raises(BinaryError, match=missing):
        gather("tyk", ["one.so"])


def test_a_program_in_place_of_a_plugin_is_not_searched(files):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r"})
    files["one.so"] = Binary("one.so", "exe", {})
    assert gather("tyk", ["one.so"])[1][0].exported == {}
