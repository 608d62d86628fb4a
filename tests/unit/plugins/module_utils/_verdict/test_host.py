# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What this machine gives to a gateway and its plugins."""

from __future__ import annotations

import os
import struct
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import host as room
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.host import Host, cached_paths, read_host
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import judge

from .conftest import LIBC, differ, settings

HOST = Host("linux/amd64", (2, 36), frozenset(), {"GOAMD64": "v3"})


def found(gateway, plugin, host):
    (verdict,) = judge(gateway, [plugin], host=host)
    return {
        (finding.code, finding.evidence.get("side")): finding.effect for finding in verdict.findings if finding.effect != "told"
    }, verdict


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
    assert found(gateway, newer, HOST._replace(glibc=()))[0] == {}


def test_a_missing_library(gateway, plugin):
    wanting = plugin._replace(libraries=LIBC._replace(needed=("libc.so.6", "libpcre.so.3")))
    findings, verdict = found(gateway, wanting, HOST._replace(missing=frozenset({"libpcre.so.3"})))
    assert (verdict.verdict, findings) == ("unknown", {("library-missing", "plugin"): "unknown"})
    assert "libpcre.so.3" in verdict.findings[0].message


@pytest.mark.parametrize(("level", "expected"), [("v3", {}), ("v4", {("cpu-level-above-host", "plugin"): "may-crash"})])
def test_an_old_cpu(gateway, plugin, level, expected):
    findings = found(gateway, settings(plugin, GOAMD64=level), HOST)[0]
    assert {key: value for key, value in findings.items() if key[0] == "cpu-level-above-host"} == expected


# --- Reading the machine


def test_this_machine_finds_the_libraries_of_its_own_python():
    host = read_host(os.path.realpath(sys.executable), ["libc.so.6", "libno-such-thing.so.9"])
    assert host.missing == {"libno-such-thing.so.9"}
    assert host.glibc >= (2, 17)


def test_libraries_of_another_cpu_do_not_count(monkeypatch, tmp_path):
    header = bytearray(b"\x7fELF\x02\x01" + bytes(14))
    gateway, library = tmp_path / "tyk", tmp_path / "libx.so.1"
    gateway.write_bytes(header)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert read_host(str(gateway), ["libx.so.1"]).missing == {"libx.so.1"}
    header[18] = 183
    library.write_bytes(header)
    assert read_host(str(gateway), ["libx.so.1"]).missing == {"libx.so.1"}
    header[18] = 0
    library.write_bytes(header)
    assert read_host(str(gateway), ["libx.so.1"]).missing == set()


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
    assert read_host(sys.executable, ["libc.so.6"]).missing == {"libc.so.6"}
