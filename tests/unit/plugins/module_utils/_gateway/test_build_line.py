# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one line of go build."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import build_line
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import from_build_info
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BuildInfo, Module
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

LINUX = Platform("linux", "amd64")


def profile(go_version="go1.22.7", **settings):
    names = {name.replace("_", "-", 1) if name.startswith("_") else name: value for name, value in settings.items()}
    return from_build_info(BuildInfo(go_version, (), "m", Module("m", "(devel)", ""), (), names))


def test_flags_are_the_gateways():
    made = profile(_trimpath="true", _tags="goplugin,ee", _race="true", _cover="true", **{"-gcflags": "all=-l", "-asmflags": "all=-S"})
    assert build_line.words(made, build_line.PLUGIN, ldflags="-s -w") == [
        "build",
        "-trimpath",
        "-buildmode=plugin",
        "-tags=goplugin,ee",
        "-race",
        "-cover",
        "-gcflags=all=-l",
        "-asmflags=all=-S",
        "-pgo=off",
        "-buildvcs=false",
        "-ldflags=-s -w",
    ]


def test_a_gateway_is_stamped_with_its_commit_and_optimized_by_its_own_profile():
    assert build_line.words(profile(_trimpath="true", _pgo="/src/default.pgo"), build_line.PROGRAM) == [
        "build",
        "-trimpath",
        "-buildmode=exe",
    ]


def test_a_plugin_is_optimized_by_the_gateways_profile():
    made = profile(_pgo="/home/build/tyk/default.pgo")
    assert made.pgo == "default.pgo"
    assert "-pgo=/src/default.pgo" in build_line.words(made, build_line.PLUGIN, pgo="/src/default.pgo")


@pytest.mark.parametrize(
    ("go_version", "flags"),
    [
        ("go1.17.13", []),
        ("go1.18.10", ["-buildvcs=false"]),
        ("go1.21.0", ["-pgo=off", "-buildvcs=false"]),
        ("devel go1.23-f01dc0d", ["-pgo=off", "-buildvcs=false"]),
    ],
)
def test_an_old_go_is_not_given_flags_that_it_does_not_know(go_version, flags):
    assert build_line.words(profile(go_version), build_line.PLUGIN) == ["build", "-buildmode=plugin", *flags]


def test_the_variables_name_target_compiler_cryptography_and_cpu():
    made = profile(GOAMD64="v2", GOFIPS140="v1.0.0", GOEXPERIMENT="boringcrypto", GOOS="darwin")
    assert build_line.environment(made, LINUX, "gcc -m64") == {
        "CGO_ENABLED": "1",
        "GOOS": "linux",
        "GOARCH": "amd64",
        "CC": "gcc -m64",
        "GOEXPERIMENT": "boringcrypto",
        "GOFIPS140": "v1.0.0",
        "GOAMD64": "v2",
    }
    assert "CC" not in build_line.environment(made, LINUX)
