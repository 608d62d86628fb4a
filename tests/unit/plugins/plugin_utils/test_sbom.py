# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bills of materials, against the schema of CycloneDX and the package URLs of others."""

from __future__ import annotations

import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build.licenses import IDENTIFIERS
from ansible_collections.goplugins.tyk.plugins.plugin_utils import sbom
from ansible_collections.goplugins.tyk.tests import attested
from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import is_supported_id
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

BILL = sbom.of_record(attested.RECORD)
COMPONENTS = {one["name"]: one for one in BILL["components"]}


@pytest.mark.parametrize("change", [{}, {"modules": []}, {"licenses": {}}, {"profile": {**attested.PROFILE, "version": ""}}])
def test_it_is_valid(change):
    bill = sbom.of_record({**attested.RECORD, **change})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None


def test_the_validator_finds_mistakes():
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps({**BILL, "components": [{"name": 1}]})) is not None


def test_each_module_has_its_version_its_sum_and_its_licenses():
    toml = COMPONENTS["github.com/BurntSushi/toml"]
    assert toml["version"] == "v2.0.0+incompatible" and toml["hashes"] == [{"alg": "SHA-256", "content": attested.HEX}]
    assert toml["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "concluded"}}]
    assert COMPONENTS["std"]["version"] == "1.22.7"


def test_of_a_replaced_module_the_one_in_its_place_counts():
    fork = COMPONENTS["example.com/fork"]
    assert fork["properties"] == [{"name": "goplugins.tyk:go:replaces", "value": "example.com/m@v1.0.0"}]
    # A license that the schema does not know would make all of it invalid.
    assert [one["license"].get("name") for one in fork["licenses"]] == [None, "Of our own"]
    assert "example.com/m" not in COMPONENTS


def test_the_gateway_and_folders_have_no_sum():
    assert COMPONENTS["github.com/TykTechnologies/tyk"]["version"] == "v5.3.6"
    assert COMPONENTS["github.com/TykTechnologies/tyk"]["properties"] == [{"name": "goplugins.tyk:git:commit", "value": "c" * 40}]
    assert COMPONENTS["example.com/local"].get("hashes") is None


def test_the_file_itself_is_what_it_is_about():
    main = BILL["metadata"]["component"]
    assert main["hashes"] == [{"alg": "SHA-256", "content": attested.RECORD["sha256"]}]
    refs = {main["bom-ref"], *(one["bom-ref"] for one in BILL["components"])}
    assert {one["ref"] for one in BILL["dependencies"]} == refs
    assert set(BILL["dependencies"][0]["dependsOn"]) == refs - {main["bom-ref"]}


def test_the_same_record_gives_the_same():
    assert sbom.of_record(json.loads(json.dumps(attested.RECORD))) == BILL


def test_package_urls_are_those_of_others():
    for one in BILL["components"]:
        assert PackageURL.from_string(one["purl"]).to_string() == one["purl"]
        assert PackageURL("golang", *one["name"].lower().rpartition("/")[::2], one["version"]).to_string() == one["purl"]


@pytest.mark.parametrize("told", ["", "h1:", "h1:AAAA", "h2:" + attested.SUM[3:], "h1:%%%", attested.SUM[3:]])
def test_what_is_no_sum_is_none(told):
    assert sbom.dir_hash(told) == ""
    assert sbom.dir_hash(attested.SUM) == attested.HEX


def test_all_licenses_that_are_ever_found_have_identifiers():
    assert [name for name in IDENTIFIERS if not is_supported_id(name)] == []
