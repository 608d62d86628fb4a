# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements on builds."""

from __future__ import annotations

import datetime
import re

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.plugin_utils import provenance
from ansible_collections.goplugins.tyk.tests import attested

MADE = provenance.statement(attested.RECORD, {"b": "2" * 64, "a": "1" * 64}, "", provenance.Verdict("loads", "yes"))
PREDICATE = MADE["predicate"]


def test_the_frame_is_that_of_the_specifications():
    assert (MADE["_type"], MADE["predicateType"]) == ("https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1")
    assert MADE["subject"] == [{"name": attested.NAME, "digest": {"sha256": attested.RECORD["sha256"]}}]
    assert set(PREDICATE) == {"buildDefinition", "runDetails"}
    assert set(PREDICATE["buildDefinition"]) == {"buildType", "externalParameters", "internalParameters", "resolvedDependencies"}
    assert set(PREDICATE["runDetails"]) == {"builder", "metadata", "byproducts"}


def test_the_build_type_is_described(repository):
    page, anchor = provenance.BUILD_TYPE.rpartition("/docs/")[2].split("#")
    text = (repository / "docs" / page).read_text()
    assert f'<a id="{anchor}"></a>' in text
    definition = PREDICATE["buildDefinition"]
    fields = [*definition["externalParameters"], *definition["internalParameters"], *PREDICATE["runDetails"]["metadata"]]
    assert [field for field in fields if f"`{field}`" not in text] == []


def test_all_that_went_into_it_is_named_with_its_digest():
    found = PREDICATE["buildDefinition"]["resolvedDependencies"]
    # ResourceDescriptor: one of uri, digest and content.
    assert all(one["digest"] for one in found)
    assert found[0] == {"name": "gateway", "uri": "pkg:golang/github.com/tyktechnologies/tyk@v5.3.6", "digest": {"gitCommit": "c" * 40}}
    assert [one["name"] for one in found[1:4]] == ["go.work", "local module example.com/local", "plugin"]
    assert found[4:] == [
        {"uri": "pkg:golang/github.com/burntsushi/toml@v2.0.0%2Bincompatible", "digest": {"dirHash": attested.HEX}},
        {"uri": "pkg:golang/example.com/fork@v1.1.0", "digest": {"dirHash": attested.HEX}},
    ]


def test_a_changed_checkout_is_said():
    record = {**attested.RECORD, "profile": {**attested.PROFILE, "modified": "ff"}}
    gateway = provenance.statement(record, {})["predicate"]["buildDefinition"]["resolvedDependencies"][0]
    assert gateway["annotations"] == {"goplugins_modified": "ff"}


def test_when_and_with_what_result():
    metadata = PREDICATE["runDetails"]["metadata"]
    times = [datetime.datetime.strptime(metadata[name], "%Y-%m-%dT%H:%M:%SZ") for name in ("startedOn", "finishedOn")]
    assert (times[1] - times[0]).total_seconds() == 62
    assert (metadata["goplugins_seconds"], metadata["goplugins_peakMemory"]) == (61.5, 411041792)
    assert (metadata["goplugins_verdict"], metadata["goplugins_loaded"]) == ("loads", "yes")
    assert "goplugins_verdict" not in provenance.statement(attested.RECORD, {})["predicate"]["runDetails"]["metadata"]
    assert all(re.fullmatch("(startedOn|finishedOn|goplugins_[A-Za-z]+)", name) for name in metadata)


def test_byproducts_have_digests_in_order():
    assert PREDICATE["runDetails"]["byproducts"] == [
        {"name": "a", "digest": {"sha256": "1" * 64}},
        {"name": "b", "digest": {"sha256": "2" * 64}},
    ]


def test_the_builder_is_who_the_user_says():
    assert provenance.statement(attested.RECORD, {}, "https://ci.example.com/x")["predicate"]["runDetails"]["builder"] == {
        "id": "https://ci.example.com/x"
    }
    assert provenance.checked_builder("urn:example:ci") == "urn:example:ci"
    assert provenance.checked_builder("") == ""
    with pytest.raises(GoPluginsError, match="no URI"):
        provenance.checked_builder("our CI")
