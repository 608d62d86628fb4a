# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bare host became a build host, and its plugins load."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib

import pytest

testinfra_hosts = ["ansible://build_hosts"]

ROOT = os.environ.get("TEST_HOST_WORKSPACE", "/home/builder/tyk-plugins")
GATEWAY = f"{ROOT}/gateways/release-5.99.0/tyk"
ARTIFACTS = f"{ROOT}/artifacts/v5.99.0"
FETCHED = pathlib.Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "dist" / "v5.99.0"
PLUGINS = {
    "testplugin": ["AuthCheck", "AddFooBarHeader", "InjectMetadata", "InjectConfigData"],
    "enrich": ["AddEnrichment", "SignResponse"],
    "nomod": ["Stamp"],
}


@pytest.fixture(scope="module", params=sorted(PLUGINS))
def name(request):
    return request.param


@pytest.fixture
def file_name(host, name):
    machine = host.check_output("uname -m")
    goos, goarch = host.check_output("uname -s").lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    return f"{name}_v5.99.0_{goos}_{goarch}.so"


@pytest.fixture
def artifact(host, file_name):
    return host.file(f"{ARTIFACTS}/{file_name}")


@pytest.fixture
def record(artifact, host):
    return json.loads(host.file(f"{artifact.path}.json").content_string)


def test_the_gateway_loads_every_symbol(host, name, artifact):
    for symbol in PLUGINS[name]:
        loaded = host.run("%s plugin load -f %s -s %s", GATEWAY, artifact.path, symbol)
        assert loaded.rc == 0, loaded
        assert "loaded ok" in loaded.stdout + loaded.stderr


def test_the_gateway_refuses_a_symbol_that_is_not_there(host, artifact):
    refused = host.run("%s plugin load -f %s -s NoSuchSymbol", GATEWAY, artifact.path)
    assert refused.rc != 0
    assert "loaded ok" not in refused.stdout + refused.stderr


def test_the_record_tells_of_this_artifact(name, file_name, artifact, record):
    assert record["artifact"] == file_name
    assert record["sha256"] == artifact.sha256sum
    assert record["size"] == artifact.size
    assert record["profile"]["go_version"] == record["inputs"]["go_version"] == "1.22.7"
    assert set(PLUGINS[name]) <= set(record["symbols"])


def test_nobody_else_can_replace_it(host, artifact):
    for path in (ARTIFACTS, artifact.path, f"{artifact.path}.json", GATEWAY):
        file = host.file(path)
        assert file.uid == int(host.check_output("id -u"))
        assert file.mode & 0o022 == 0, path


def test_the_controller_has_the_same_bytes(file_name, artifact, record):
    assert hashlib.sha256((FETCHED / file_name).read_bytes()).hexdigest() == artifact.sha256sum
    assert json.loads((FETCHED / f"{file_name}.json").read_text()) == record


def test_it_was_built_with_the_go_that_the_gateway_names(host, artifact):
    go = f"{ROOT}/go/1.22.7/bin/go"
    assert "go1.22.7" in host.check_output("%s version", go)
    for path in (GATEWAY, artifact.path):
        assert ": go1.22.7\n" in host.check_output("%s version -m %s", go, path) + "\n"


def test_compiler_and_git_are_there(host):
    assert host.exists("cc")
    assert host.exists("git")


def test_made_bare_it_got_compiler_and_git_from_packages(host):
    assert host.package("gcc").is_installed
    assert host.package("git").is_installed


def test_nothing_half_made_is_left(host):
    # The others stand beside the artifacts on the controller alone.
    fetched = [path.name for path in FETCHED.iterdir() if not path.name.endswith((".cdx.json", ".provenance.json"))]
    assert sorted(host.file(ARTIFACTS).listdir()) == sorted(fetched)


def test_made_bare_it_is_in_order(host):
    assert host.check_output("systemctl is-system-running") == "running"
