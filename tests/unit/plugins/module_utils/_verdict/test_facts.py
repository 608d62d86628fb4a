# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of which file."""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, BuildInfo, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import facts
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import COVERAGE, RUNTIME, Facts, Plugin, gather

from .conftest import DEPS, LIBC, SETTINGS


class Binary:
    """A GoBinary that notes what it is asked for."""

    def __init__(self, path, mode, fingerprints, platform="linux/amd64"):
        self.path = path
        self.build_mode = mode
        self.build_info = BuildInfo("go1.22.7", ("rangefunc",), "testplugin", None, DEPS, SETTINGS)
        self.platform = Platform(*platform.split("/"))
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
        return {"AuthCheck": Symbol("AuthCheck", "func", None), "Variable": Symbol("Variable", "var", None)}

    def has_type(self, symbol, name):
        self.asked.append((symbol.name, name))
        return True

    def libraries(self):
        return LIBC


class File:
    """A GoFile. binaries: by platform those of a universal file, or the one of another, which may be a BinaryError."""

    def __init__(self, path, binaries):
        self.path = path
        self.slices = tuple(binaries) if isinstance(binaries, dict) else ()
        self._binaries = binaries

    def binary(self, platform=None):
        if self.slices:
            return self._binaries[platform]
        assert platform is None, "a thin file has no slices to choose from"
        if isinstance(self._binaries, BinaryError):
            raise self._binaries
        return self._binaries


@pytest.fixture
def files(monkeypatch):
    """Name to Binary or BinaryError of everything that there is; of a universal file to Binaries by platform."""
    known = {}

    @contextlib.contextmanager
    def open_file(path):
        opened.append(path)
        if isinstance(known[path], BinaryError):
            raise known[path]
        yield File(path, known[path])

    opened = known[OPENED] = []
    monkeypatch.setattr(facts, "open_file", open_file)
    return known


def gathered_from(files, *plugins, host="", **hooks):
    """What there is to know of the gateway "tyk" and these plugins."""
    return gather(File("tyk", files["tyk"]), [Plugin(path, hooks=hooks) for path in plugins], host)


# Where the fixture notes what was opened.
OPENED = "<opened>"


def test_the_gateway_is_asked_only_for_the_packages_of_the_plugins(files):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r", "net": b"n", "gateway/only": b"g"})
    files["one.so"] = Binary("one.so", "plugin", {"net": b"1", "one": b"1"})
    files["two.so"] = Binary("two.so", "plugin", {"net": b"2", "two": b"2"})
    ((gateway, plugins),) = gathered_from(files, "one.so", "two.so")
    assert files[OPENED] == ["one.so", "two.so"]
    assert files["tyk"].asked == [RUNTIME, COVERAGE, "net", "one", "two"]
    assert gateway.fingerprints == {RUNTIME: b"r", "net": b"n"}
    assert [plugin.fingerprints for plugin in plugins] == [{"net": b"1", "one": b"1"}, {"net": b"2", "two": b"2"}]
    assert (gateway.platform, gateway.go_version, gateway.experiments) == ("linux/amd64", "go1.22.7", ("rangefunc",))
    assert (gateway.deps, gateway.settings, gateway.build_mode, gateway.libraries) == (DEPS, SETTINGS, "exe", LIBC)
    assert (plugins[0].plugin_path, list(plugins[0].exported)) == ("testplugin", ["AuthCheck", "Variable"])


def test_each_plugin_is_asked_for_its_own_hooks(files):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r"})
    files["one.so"], files["two.so"] = Binary("one.so", "plugin", {RUNTIME: b"r"}), Binary("two.so", "plugin", {RUNTIME: b"r"})
    plugins = [Plugin("one.so", "one", hooks={"AuthCheck": "pre"}), Plugin("two.so", "two", ("Variable",))]
    ((_gateway, found),) = gather(File("tyk", files["tyk"]), plugins)
    assert [(facts.wanted, facts.hook_types) for facts in found] == [(plugins[0], {"AuthCheck": True}), (plugins[1], {})]


def test_the_profile_of_a_file_is_as_full_as_its_build_info(files):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r", COVERAGE: b"c"})
    files["one.so"] = BinaryError("truncated", "one.so: it ends too early")
    ((gateway, (plugin,)),) = gathered_from(files, "one.so")
    profile = gateway.profile
    assert (profile.go_version, profile.goexperiment, profile.trimpath, profile.cover) == ("1.22.7", "rangefunc", True, True)
    assert (profile.module, plugin.profile) == ("", Facts("").profile)


def test_a_file_that_is_no_go_binary_is_a_fact(files):
    files["tyk"] = BinaryError("not-a-go-binary", "tyk: it is no ELF file")
    files["one.so"] = BinaryError("truncated", "one.so: it ends too early")
    ((gateway, (plugin,)),) = gathered_from(files, "one.so")
    assert (gateway.unreadable, plugin.unreadable) == ("tyk: it is no ELF file", "one.so: it ends too early")


@pytest.mark.parametrize("code", ["not-found", "unreadable", "not-a-file"])
def test_a_plugin_that_is_not_there_is_a_fact(files, code):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r"})
    files["one.so"] = BinaryError(code, "one.so: no such file")
    files["two.so"] = Binary("two.so", "plugin", {RUNTIME: b"r"})
    ((_gateway, (one, two)),) = gathered_from(files, "one.so", "two.so")
    assert (one.absent, one.unreadable) == (code, "one.so: no such file")
    assert (two.absent, two.unreadable, two.fingerprints) == ("", "", {RUNTIME: b"r"})


def test_a_hook_is_compared_by_its_full_name(files):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r"})
    files["one.so"] = Binary("one.so", "plugin", {RUNTIME: b"r"})
    ((_gateway, (plugin,)),) = gathered_from(files, "one.so", AuthCheck="response", Variable="pre", Missing="pre")
    assert files["one.so"].asked == [("AuthCheck", "func(net/http.ResponseWriter, *net/http.Response, *net/http.Request)")]
    assert plugin.hook_types == {"AuthCheck": True}


# --- Universal files

AMD64, ARM64, LINUX = "darwin/amd64", "darwin/arm64", "linux/amd64"


def universal(path, mode, *platforms):
    return {platform: Binary(path, mode, {RUNTIME: platform.encode()}, platform) for platform in platforms}


def thin(path, mode, platform):
    return Binary(path, mode, {RUNTIME: platform.encode()}, platform)


def gathered(files, gateway, *plugins, host=LINUX):
    """The platform of the gateway and those of the plugins, for each pairing. A platform is a thin file, a tuple a universal one."""
    for path, platforms in {"tyk": gateway, **{f"{number}.so": one for number, one in enumerate(plugins)}}.items():
        mode = "exe" if path == "tyk" else "plugin"
        files[path] = thin(path, mode, platforms) if isinstance(platforms, str) else universal(path, mode, *platforms)
    pairings = gathered_from(files, *(f"{number}.so" for number in range(len(plugins))), host=host)
    for pairing in pairings:
        for one in (pairing.gateway, *pairing.plugins):
            assert one.fingerprints == {RUNTIME: one.platform.encode()}
    return [(gateway.platform, *(plugin.platform for plugin in of_plugins)) for gateway, of_plugins in pairings]


@pytest.mark.parametrize(
    ("gateway", "plugins", "host", "expected"),
    [
        # One side is thin: the other's slice for it.
        (ARM64, [(AMD64, ARM64)], AMD64, [(ARM64, ARM64)]),
        ((AMD64, ARM64), [ARM64], AMD64, [(ARM64, ARM64)]),
        # Both are universal: the slice of this machine, on another machine each.
        ((AMD64, ARM64), [(AMD64, ARM64)], ARM64, [(ARM64, ARM64)]),
        ((AMD64, ARM64), [(AMD64, ARM64)], LINUX, [(AMD64, AMD64), (ARM64, ARM64)]),
        ((AMD64, ARM64), [(ARM64,)], AMD64, [(ARM64, ARM64)]),
        # The slice is missing: the plugin is shown as what it is.
        (ARM64, [(AMD64,)], ARM64, [(ARM64, AMD64)]),
        (LINUX, [(AMD64, ARM64)], LINUX, [(LINUX, AMD64)]),
        ((AMD64, ARM64), [LINUX], LINUX, [(AMD64, LINUX)]),
        # One process has one platform, whichever suits most plugins.
        ((AMD64, ARM64), [(AMD64, ARM64), ARM64], AMD64, [(ARM64, ARM64, ARM64)]),
        ((AMD64, ARM64), [AMD64, ARM64, ARM64], AMD64, [(ARM64, AMD64, ARM64, ARM64)]),
        ((AMD64, ARM64), [AMD64, ARM64], LINUX, [(AMD64, AMD64, ARM64)]),
    ],
)
def test_the_slices_that_meet(files, gateway, plugins, host, expected):
    assert gathered(files, gateway, *plugins, host=host) == expected


def test_a_universal_file_says_what_it_is_for(files):
    gathered(files, ARM64, (AMD64, ARM64), (ARM64,), ARM64)
    ((gateway, plugins),) = gathered_from(files, "0.so", "1.so", "2.so")
    assert (gateway.slices, [plugin.slices for plugin in plugins]) == ((), [(AMD64, ARM64), (ARM64,), ()])


def test_a_plugin_that_is_no_go_binary_leaves_the_slices_alone(files):
    files["tyk"] = universal("tyk", "exe", AMD64, ARM64)
    files["0.so"] = BinaryError("truncated", "0.so: it ends too early")
    files["1.so"] = universal("1.so", "plugin", AMD64, ARM64)
    assert [pairing.gateway.platform for pairing in gathered_from(files, "0.so", "1.so")] == [AMD64, ARM64]


def test_a_program_in_place_of_a_plugin_is_not_searched(files):
    files["tyk"] = Binary("tyk", "exe", {RUNTIME: b"r"})
    files["one.so"] = Binary("one.so", "exe", {})
    ((_gateway, (plugin,)),) = gathered_from(files, "one.so")
    assert plugin.exported == {}
