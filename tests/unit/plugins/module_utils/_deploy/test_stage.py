# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which artifact the next gateway gets, and under which name. The whole runs in the integration tests, with two gateways."""

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Definition
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import stage
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.look import named
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.records import Candidate
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.settings import Settings
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

CONTENT = b"an artifact"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NEXT = Gateway((5, 8, 5), Platform("linux", "amd64"), "/opt/tyk-gateway", "middleware")
CURRENT = Settings("/tyk", "/", "", "/apps", "/m", "", "", "", "", "", None)


def candidate(version="v5.8.5", sha256=SHA256, target="linux/amd64", file="/dist/auth.so"):
    return Candidate("auth", file, target, sha256, len(CONTENT), {"version": version})


def request(*found, **more):
    values = {
        "plugins": (),
        "found": found,
        "carried": {},
        "version": "v5.8.5",
        "binary": "",
        "lacks_binary": False,
        "state": "",
        "load": False,
        "load_timeout": 1.0,
        "fail_on": (),
    }
    return stage.Request(**{**values, **more})


@pytest.mark.parametrize("version", ["v5.8.5", "5.8.5", "release-5.8.5", "v5.8.5-rc2"])
def test_a_version_is_a_release(version):
    assert stage.wanted_release(version) == (5, 8, 5)


@pytest.mark.parametrize("version", ["", "master", "5.8", "0f343b09"])
def test_what_names_no_release_is_refused(version):
    with pytest.raises(GoPluginsError, match="is no release of the gateway"):
        stage.wanted_release(version)


def test_the_artifact_is_that_for_the_next_release_and_platform():
    others = (candidate("v5.3.6", "2" * 64), candidate("", "3" * 64), candidate(target="linux/arm64", sha256="4" * 64))
    assert stage._choose(request(*others, candidate("v5.8.5-rc1")), "auth", NEXT, None).sha256 == SHA256
    with pytest.raises(GoPluginsError, match=r"there is no artifact of auth for a gateway v5\.8\.5 on linux/amd64"):
        stage._choose(request(*others), "auth", NEXT, None)
    with pytest.raises(GoPluginsError, match="several artifacts"):
        stage._choose(request(candidate(), candidate(sha256="5" * 64, file="/dist/ee/auth.so")), "auth", NEXT, None)
    with pytest.raises(GoPluginsError, match="nobody signed it"):
        stage._choose(request(candidate()._replace(refused="nobody signed it")), "auth", NEXT, None)


def path_of(value, following=NEXT):
    spots = named("auth", [Definition("/apps/a.json", json.dumps(value).encode(), True)])
    return stage._one_path("auth", spots, following, CURRENT)


def hooks(*names):
    return {"custom_middleware": {"pre": [{"path": name} for name in names]}}


def test_a_plugin_must_be_named_by_one_path():
    assert path_of(hooks("/m/auth-0123456789ab.so", "/m/auth-0123456789ab.so", "/m/other.so")) == "/m/auth-0123456789ab.so"
    with pytest.raises(GoPluginsError, match="by several paths") as error:
        path_of(hooks("/m/auth.so", "m/auth.so"))
    assert "deploy_plugins" in error.value.fix
    with pytest.raises(GoPluginsError, match="no definition in /apps names the plugin auth"):
        path_of(hooks("/m/other.so"))


def test_an_analytics_plugin_cannot_be_for_two_gateways_before_the_release_that_looks_for_its_version():
    value = {"analytics_plugin": {"enable": True, "plugin_path": "/m/auth.so", "func_name": "A"}}
    with pytest.raises(GoPluginsError, match="cannot be right for both"):
        path_of(value)
    assert path_of(value, NEXT._replace(release=(5, 15, 0))) == "/m/auth.so"


def test_the_name_has_the_next_version_and_replaces_nothing_of_others(tmp_path):
    path = f"{tmp_path}/auth-0123456789ab.so"
    file = tmp_path / "auth-0123456789ab_v5.8.5_linux_amd64.so"

    def place(ours=()):
        return stage._place_of({"name": "auth"}, candidate(), path, NEXT, request(carried={"auth": "/tmp/auth.so"}), frozenset(ours))

    assert (place().file, place().source, place().placed) == (str(file), "/tmp/auth.so", False)
    file.write_bytes(b"another")
    assert place({str(file)}).source == "/tmp/auth.so"
    with pytest.raises(GoPluginsError, match="was not placed by an earlier run"):
        place()
    file.write_bytes(CONTENT)
    assert place().placed and place().source == str(file)
