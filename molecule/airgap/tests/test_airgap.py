# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host without a network became a build host, from one folder that was carried in, and its plugins load."""

from __future__ import annotations

import hashlib
import os
import pathlib
import re

import pytest

testinfra_hosts = ["ansible://build_hosts"]

ROOT = "/home/builder/tyk-plugins"
GO = f"{ROOT}/go/1.22.7/bin/go"
CHECKOUT = f"{ROOT}/gateways/release-5.99.0"
GATEWAY = f"{CHECKOUT}/tyk"
THIRD_PARTY = "github.com/mozillazg/go-unidecode"
EPHEMERAL = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"])
CARRIED = EPHEMERAL / "carried"
FETCHED = EPHEMERAL / "dist" / "v5.99.0"
PLUGINS = {
    "testplugin": ["AuthCheck", "AddFooBarHeader", "InjectMetadata", "InjectConfigData", "MakeOutboundCall"],
    "enrich": ["AddEnrichment", "SignResponse"],
    "nomod": ["Stamp"],
}

# What a connection to somebody is tried with.
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
except OSError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture(params=sorted(PLUGINS))
def name(request):
    return request.param


def artifact(host, name):
    goarch = {"x86_64": "amd64", "aarch64": "arm64"}[host.check_output("uname -m")]
    return f"{ROOT}/artifacts/v5.99.0/{name}_v5.99.0_linux_{goarch}.so"


def connect(host, address, port):
    return host.run("python3 -c %s %s %s", CONNECT, address, str(port))


def addresses_of_the_controller(host):
    """As the host sees it: where its connections of SSH come from."""
    return set(re.findall(r"^(\S+)", host.check_output("echo $SSH_CONNECTION")))


def test_the_host_was_cut_off(host):
    """Before the cut this very command brought something."""
    told = host.run("cd /tmp && rm -f git_*.deb && apt-get -o Acquire::Retries=0 download git")
    assert told.rc != 0, told
    assert [name for name in host.file("/tmp").listdir() if name.endswith(".deb")] == []


@pytest.mark.parametrize("port", [22, 53, 80, 443])
def test_not_even_the_controller_is_reached(host, port):
    controllers = addresses_of_the_controller(host)
    assert controllers
    for address in (*controllers, "192.0.2.1"):
        told = connect(host, address, port)
        assert told.rc == 1 and "Error" in told.stderr, (address, told)


def test_the_host_itself_is_reached(host):
    """What tells that nobody else is reached can tell that somebody is."""
    assert connect(host, "127.0.0.1", 22).rc == 0


def test_the_host_cannot_undo_it(host):
    """Not even root there has CAP_NET_ADMIN."""
    (rights,) = re.findall(r"(?m)^CapBnd:\s*([0-9a-f]+)$", host.file("/proc/1/status").content_string)
    assert int(rights, 16) >> 12 & 1 == 0


def test_the_user_cannot_become_root(host):
    assert host.check_output("id -un") == "builder"
    assert host.run("sudo -n true").rc != 0


def test_the_gateway_loads_every_symbol(host, name):
    for symbol in PLUGINS[name]:
        loaded = host.run("%s plugin load -f %s -s %s", GATEWAY, artifact(host, name), symbol)
        assert loaded.rc == 0, loaded
        assert "loaded ok" in loaded.stdout + loaded.stderr


def test_the_gateway_refuses_a_symbol_that_is_not_there(host):
    refused = host.run("%s plugin load -f %s -s NoSuchSymbol", GATEWAY, artifact(host, "enrich"))
    assert refused.rc != 0
    assert "loaded ok" not in refused.stdout + refused.stderr


def test_a_dependency_of_the_plugin_alone_is_in_it(host):
    listed = host.check_output("%s version -m %s", GO, artifact(host, "enrich"))
    assert re.search(rf"\tdep\t{THIRD_PARTY}\tv0\.2\.0\th1:", listed)
    assert THIRD_PARTY not in host.file(f"{CHECKOUT}/src/go.sum").content_string


def test_what_was_vouched_for_where_there_was_a_network_vouches_here(host, name):
    """The checksum database is not switched off: without these lines nothing would be built, as nobody can be asked."""
    carried = (CARRIED / "plugins" / name / "go.sum").read_text()
    assert host.file(f"{ROOT}/workspaces/v5.99.0/{name}/plugin/go.sum").content_string == carried
    settings = host.check_output("env GOTOOLCHAIN=local %s env GOSUMDB GONOSUMDB GOPRIVATE GOINSECURE", GO).split("\n")
    assert settings[0] not in ("", "off") and set(settings[1:]) <= {""}


def test_the_toolchain_is_the_one_that_was_carried(host):
    assert "go1.22.7" in host.check_output("env GOTOOLCHAIN=local %s version", GO)
    assert not host.file("/usr/local/go").exists
    assert not host.exists("go")


def test_the_source_is_the_controllers_and_nothing_is_left_of_its_way(host):
    commit = (CARRIED / "gateway" / "refs" / "heads" / "release-5.99.0").read_text().strip()
    assert host.check_output("git -C %s/src rev-parse HEAD", CHECKOUT) == commit
    assert host.check_output("git -C %s/src status --porcelain", CHECKOUT) == ""
    assert sorted(name for name in host.file(CHECKOUT).listdir() if not name.startswith(".")) == ["src", "tyk", "tyk.json"]


def test_the_controller_has_the_same_bytes(host, name):
    path = artifact(host, name)
    assert hashlib.sha256((FETCHED / pathlib.Path(path).name).read_bytes()).hexdigest() == host.file(path).sha256sum


def test_the_host_is_in_order(host):
    assert host.check_output("systemctl is-system-running") == "running"
