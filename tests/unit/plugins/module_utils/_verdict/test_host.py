# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this machine gives to a gateway and its plugins."""

from __future__ import annotations

import os
import pathlib
import struct
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary import elf
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Libraries
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import host as room
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.host import Host, cached_paths, read_host
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import judge

from .conftest import LIBC, differ, settings

BUILD = (
    "GOTOOLCHAIN=go1.22.7 CGO_ENABLED=1 GOOS=linux GOARCH=amd64 GOAMD64=v1 "
    "go build -trimpath -buildmode=plugin -tags=goplugin -pgo=off -buildvcs=false -o PLUGIN.so ."
)
OWN = elf.abi(pathlib.Path(sys.executable).read_bytes()[: elf.ABI_BYTES])
HOST = Host("linux/amd64", (2, 36), frozenset(), {"GOAMD64": "v3"})


def found(gateway, plugin, host):
    (verdict,) = judge(gateway, [plugin], host=host)
    return {
        (finding.code, finding.evidence.get("side")): finding.effect for finding in verdict.findings if finding.effect != "info"
    }, verdict


def not_compared(verdict):
    return [need for finding in verdict.findings if finding.code == "host-not-known" for need in finding.evidence["needs"]]


def test_a_machine_that_has_everything(gateway, plugin):
    assert found(gateway, plugin, HOST)[0] == {}


def test_a_machine_of_another_kind_tells_nothing(gateway, plugin):
    findings, verdict = found(gateway, plugin, HOST._replace(platform="freebsd/amd64", glibc=(2, 1), missing=frozenset({"libc.so.6"})))
    assert findings == {}
    assert "host-differs" in [finding.code for finding in verdict.findings]


def test_an_old_c_library(gateway, plugin):
    newer = plugin._replace(libraries=LIBC._replace(versions={"libc.so.6": ("GLIBC_2.38",)}))
    findings, verdict = found(gateway, differ(newer, "net"), HOST)
    assert findings[("libc-newer-than-host", "plugin")] == "fails"
    assert verdict.first_package is None
    assert found(gateway, plugin, HOST._replace(glibc=(2, 31)))[0].keys() == {
        ("libc-newer-than-host", "gateway"),
        ("libc-newer-than-host", "plugin"),
    }
    assert [finding.cure for finding in verdict.findings if finding.code == "libc-newer-than-host"] == [
        (f"cd PLUGIN_FOLDER && CC='zig cc -target x86_64-linux-gnu.2.36' {BUILD}",)
    ]
    findings, verdict = found(gateway, newer, HOST._replace(glibc=()))
    assert findings == {}
    assert not_compared(verdict) == ["glibc 2.34 of the gateway", "glibc 2.38 of the plugin"]


def test_a_c_library_that_is_too_old_for_the_gateway_is_cured_there(gateway, plugin):
    (_findings, verdict) = found(gateway, plugin, HOST._replace(glibc=(2, 31)))
    of_gateway, of_plugin = (finding.cure[0] for finding in verdict.findings if finding.code == "libc-newer-than-host")
    assert of_gateway.startswith("cd GATEWAY_CHECKOUT && CC='zig cc -target x86_64-linux-gnu.2.31' ")
    assert of_plugin.startswith("cd PLUGIN_FOLDER && CC='zig cc -target x86_64-linux-gnu.2.31' ")


def on(system, version, gateway, plugin):
    """The two files, made for another system. version: what the plugin asks of it."""
    library = "macOS" if system == "darwin" else "libc.so.7"
    files = []
    for facts, needed in ((gateway, {"darwin": "11.0", "freebsd": "FBSD_1.0"}[system]), (plugin, version)):
        files.append(facts._replace(platform=f"{system}/amd64", libraries=Libraries((), {library: (needed,)}, system, None)))
    return files


@pytest.mark.parametrize(
    ("system", "version", "release", "expected", "cure"),
    [
        ("freebsd", "FBSD_1.6", (13, 2), {}, None),
        ("freebsd", "FBSD_1.7", (13, 2), {("system-older-than-file", "plugin"): "unknown"}, "CC='zig cc -target x86_64-freebsd.13.2' "),
        ("darwin", "12.0", (12, 0, 1), {}, None),
        ("darwin", "13.0", (12, 7, 1), {("system-older-than-file", "plugin"): "unknown"}, "MACOSX_DEPLOYMENT_TARGET=12.7.1 "),
    ],
)
def test_an_old_system(gateway, plugin, system, version, release, expected, cure):
    files = on(system, version, gateway, plugin)
    findings, verdict = found(*files, Host(f"{system}/amd64", (), frozenset(), {}, release))
    assert findings == expected
    assert not_compared(verdict) == []
    if cure:
        assert verdict.findings[0].cure[0].startswith(f"cd PLUGIN_FOLDER && {cure}")
        assert verdict.verdict == "unknown"


def test_what_the_machine_does_not_say_is_named(gateway, plugin):
    files = on("freebsd", "FBSD_1.7", settings(gateway, GOAMD64="v2"), settings(plugin, GOAMD64="v4"))
    findings, verdict = found(*files, Host("freebsd/amd64", (), frozenset(), {}))
    assert findings == {("cpu-level-differs", None): "may-crash"}
    assert not_compared(verdict) == [
        "FreeBSD 7 of the gateway",
        "GOAMD64=v2 of the gateway",
        "FreeBSD 14 of the plugin",
        "GOAMD64=v4 of the plugin",
    ]


def test_the_lowest_level_of_a_cpu_needs_no_check(gateway, plugin):
    assert not_compared(found(gateway, plugin, HOST._replace(cpu={}))[1]) == []
    arm = [settings(facts, GOAMD64=None, GOARM64="v8.0")._replace(platform="linux/arm64") for facts in (gateway, plugin)]
    assert not_compared(found(*arm, Host("linux/arm64", (2, 36), frozenset(), {}))[1]) == []


def test_an_arm_cpu(gateway, plugin):
    arm = [settings(facts, GOAMD64=None, GOARM64="v9.0")._replace(platform="linux/arm64") for facts in (gateway, plugin)]
    host = Host("linux/arm64", (2, 36), frozenset(), {"GOARM64": "v8.2,lse,crypto"})
    assert found(*arm, host)[0] == {("cpu-level-above-host", side): "may-crash" for side in ("gateway", "plugin")}
    assert found(*arm, host._replace(cpu={"GOARM64": "v9.1,lse"}))[0] == {}


def test_a_missing_library(gateway, plugin):
    wanting = plugin._replace(libraries=LIBC._replace(needed=("libc.so.6", "libpcre.so.3")))
    findings, verdict = found(gateway, wanting, HOST._replace(missing=frozenset({"libpcre.so.3"})))
    assert (verdict.verdict, findings) == ("unknown", {("library-missing", "plugin"): "unknown"})
    assert "libpcre.so.3" in verdict.findings[0].message


@pytest.mark.parametrize(("level", "expected"), [("v3", {}), ("v4", {("cpu-level-above-host", "plugin"): "may-crash"})])
def test_an_old_cpu(gateway, plugin, level, expected):
    findings = found(gateway, settings(plugin, GOAMD64=level), HOST)[0]
    assert {key: value for key, value in findings.items() if key[0] == "cpu-level-above-host"} == expected


def test_a_plugin_for_a_newer_cpu_is_built_for_the_level_of_this_one(gateway, plugin):
    verdict = found(settings(gateway, GOAMD64="v4"), settings(plugin, GOAMD64="v4"), HOST)[1]
    of_gateway, of_plugin = [finding.cure for finding in verdict.findings if finding.code == "cpu-level-above-host"]
    assert [command.split(" && ")[0] for command in of_gateway] == ["cd GATEWAY_CHECKOUT", "cd PLUGIN_FOLDER"]
    assert all(" GOAMD64=v3 go build -trimpath " in command for command in (*of_gateway, *of_plugin))


# --- Reading the machine


def test_this_machine_finds_the_libraries_of_its_own_python():
    host = read_host(OWN, ["libc.so.6", "libno-such-thing.so.9"])
    assert host.missing == {"libno-such-thing.so.9"}
    assert host.glibc >= (2, 17)


@pytest.mark.parametrize(
    ("goos", "release", "macos", "expected"),
    [
        ("freebsd", "13.2-RELEASE-p4", "", (13, 2)),
        ("freebsd", "15.0-CURRENT", "", (15, 0)),
        ("darwin", "21.6.0", "12.7.1", (12, 7, 1)),
        ("darwin", "21.6.0", "10.16", ()),
        ("darwin", "21.6.0", "", ()),
        ("linux", "6.1.0-28-amd64", "", ()),
    ],
)
def test_the_release_of_the_system(monkeypatch, goos, release, macos, expected):
    monkeypatch.setattr(room.os, "uname", lambda: os.uname_result(("system", "node", release, "version", "machine")))
    monkeypatch.setattr(room.python_platform, "mac_ver", lambda: (macos, ("", "", ""), ""))
    assert room._system(goos) == expected


def test_libraries_of_another_cpu_do_not_count(monkeypatch, tmp_path):
    header = bytearray(b"\x7fELF\x02\x01" + bytes(14))
    library, wanted = tmp_path / "libx.so.1", elf.abi(bytes(header))
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert read_host(wanted, ["libx.so.1"]).missing == {"libx.so.1"}
    header[18] = 183
    library.write_bytes(header)
    assert read_host(wanted, ["libx.so.1"]).missing == {"libx.so.1"}
    header[18] = 0
    library.write_bytes(header)
    assert read_host(wanted, ["libx.so.1"]).missing == set()


def cache(*entries, magic=b"glibc-ld.so.cache1.1"):
    """An ld.so.cache as ldconfig writes it."""
    strings = b"".join(name.encode() + b"\0" + path.encode() + b"\0" for name, path in entries)
    start = 48 + 24 * len(entries)
    table = b""
    offset = start
    for name, path in entries:
        table += struct.pack("=iIIIQ", 0x0303, offset, offset + len(name) + 1, 0, 0)
        offset += len(name) + len(path) + 2
    return magic + struct.pack("=II", len(entries), len(strings)) + bytes(20) + table + strings


def test_the_cache_of_the_dynamic_loader():
    data = cache(("libx.so.1", "/opt/lib/libx.so.1"), ("liby.so.1", "/opt/lib/liby.so.1"), ("libx.so.1", "/opt/lib32/libx.so.1"))
    assert cached_paths(data, "libx.so.1") == ["/opt/lib/libx.so.1", "/opt/lib32/libx.so.1"]
    assert cached_paths(b"ld.so-1.7.0\0" + bytes(4) + data, "liby.so.1") == ["/opt/lib/liby.so.1"]
    assert cached_paths(data, "lib") == []


@pytest.mark.parametrize("size", [0, 20, 24, 60, 100])
def test_a_broken_cache_is_an_empty_one(size):
    data = cache(("libx.so.1", "/opt/lib/libx.so.1"), ("liby.so.1", "/opt/lib/liby.so.1"))
    assert cached_paths(data[:size], "liby.so.1") == []
    assert cached_paths(cache(("libx.so.1", "/x"), magic=b"something else......"), "libx.so.1") == []


def test_the_cache_of_this_machine():
    with open("/etc/ld.so.cache", "rb") as file:
        paths = cached_paths(file.read(), "libc.so.6")
    assert paths
    assert all(os.path.isfile(path) for path in paths)


def test_without_the_files_nothing_is_known(monkeypatch):
    monkeypatch.setattr(room, "_CACHE", "/nowhere")
    monkeypatch.setattr(room, "_FOLDERS", ())
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    assert read_host(OWN, ["libc.so.6"]).missing == {"libc.so.6"}
