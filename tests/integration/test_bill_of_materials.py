# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bill of materials of a plugin, beside that of CycloneDX's own tool for Go."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import types

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import sbom

TOOL = "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.9.0"
GATEWAY = "github.com/TykTechnologies/tyk"


@pytest.fixture(scope="module")
def tool(tmp_path_factory, workshop):
    folder = tmp_path_factory.mktemp("tool")
    # Its go.mod names a later Go than the gateway's, which that Go fetches.
    environment = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "", "GOTOOLCHAIN": "auto"}
    subprocess.run([f"{workshop.goroot()}/bin/go", "install", TOOL], env=environment, cwd=folder, check=True, capture_output=True)
    return folder / "cyclonedx-gomod"


@pytest.fixture(params=["testplugin", "enrich"])
def bills(request, shop, tool, examples):
    """ours, theirs: the components that each bill names, by name. main: what each says of the plugin itself."""
    built = shop.both(examples / "plugins" / request.param, request.param)
    ours = sbom.of_record(json.loads(pathlib.Path(f"{built['artifact']}.json").read_text()))
    # It starts go to find out when a version was released.
    environment = {**os.environ, "PATH": f"{shop.goroot}/bin{os.pathsep}{os.environ['PATH']}"}
    command = [str(tool), "bin", "-json", "-std", "-output-version", "1.6", built["artifact"]]
    theirs = json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)
    return types.SimpleNamespace(
        ours={one["name"]: one for one in ours["components"]},
        theirs={one["name"]: one for one in theirs["components"]},
    )


@pytest.mark.full
def test_it_names_the_same_modules_with_the_same_versions_and_sums(bills):
    assert len(bills.ours) > 2 and set(bills.ours) == set(bills.theirs)
    for name, ours in bills.ours.items():
        theirs = bills.theirs[name]
        # A folder of the workspace, of which the file does not tell the version.
        if name != GATEWAY:
            assert ours["version"] == theirs["version"].removeprefix("go"), name
        assert ours.get("hashes") == theirs.get("hashes"), name
        assert sbom.package_url(name, "") == theirs["purl"].lower().partition("@")[0].partition("?")[0], name
