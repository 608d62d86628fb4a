# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands beside an artifact, and that no byte of it can be another."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse
from ansible_collections.goplugins.tyk.plugins.plugin_utils.provenance import Verdict
from ansible_collections.goplugins.tyk.tests import attested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

LOADS = Verdict("loads", "yes")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def add(path, data):
    with open(path, "ab") as file:
        file.write(data)


class Keys:
    def __init__(self, folder):
        self._folder = folder

    def signer(self, name="ed25519"):
        private, _public = attested.write_keys(self._folder, name)
        return dsse.signer(private, private)

    def verifiers(self, *names):
        return dsse.verifiers([attested.write_keys(self._folder, name)[1] for name in names or ("ed25519",)])


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def verifiers(keys):
    return keys.verifiers()


@pytest.fixture
def signed(tmp_path, keys):
    """(path of an artifact that is signed, SHA-256 of its record)"""
    path, record = attested.deliver(tmp_path)
    attestations.write(path, record, LOADS, "", keys.signer())
    return path, record


def check(path, verifiers):
    attestations.check(path, json.loads(read(f"{path}.json"))["sha256"], verifiers)


def test_everything_is_written_once(tmp_path, keys):
    path, record = attested.deliver(tmp_path)
    names = [f"{path}{ending}" for ending in (".cdx.json", ".provenance.json")]
    assert attestations.write(path, record, LOADS, check_mode=True) == names and not os.path.exists(names[0])
    assert attestations.write(path, record, LOADS) == names
    before = {name: read(name) for name in names}
    assert attestations.write(path, record, LOADS) == []
    # Where loading is not tried, as in check mode, what is known of it stays; another verdict counts.
    assert attestations.write(path, record, Verdict("loads", "not tried")) == []
    assert attestations.write(path, record, Verdict("unknown", "not tried"), check_mode=True) == names[1:]
    for name in names:
        os.unlink(name)
    attestations.write(path, record, LOADS)
    assert {name: read(name) for name in names} == before


@pytest.mark.parametrize("name", ["ed25519", "ecdsa", "rsa"])
def test_it_is_signed_once_and_then_holds(tmp_path, keys, name):
    path, record = attested.deliver(tmp_path)
    assert attestations.write(path, record, LOADS, "", keys.signer(name))[-1] == f"{path}.intoto.jsonl"
    assert attestations.write(path, record, LOADS, "", keys.signer(name)) == []
    check(path, keys.verifiers(name))
    check(path, keys.verifiers("another", name))


def test_another_key_is_refused_and_said(signed, keys):
    with pytest.raises(GoPluginsError, match="is signed by another key"):
        check(signed[0], keys.verifiers("another"))


def test_after_a_change_of_keys_it_is_signed_anew(signed, keys):
    path, record = signed
    assert attestations.write(path, record, LOADS, "", keys.signer("ecdsa")) == [f"{path}.intoto.jsonl"]
    check(path, keys.verifiers("ecdsa"))


def test_what_nobody_signed_is_refused(tmp_path, keys):
    path, record = attested.deliver(tmp_path)
    attestations.write(path, record, LOADS)
    with pytest.raises(GoPluginsError, match="nobody signed the artifact"):
        check(path, keys.verifiers())


@pytest.mark.parametrize("ending", [".json", ".cdx.json", ".provenance.json", ".intoto.jsonl"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(data=st.data())
def test_no_byte_beside_an_artifact_can_be_another(signed, verifiers, ending, data):
    path, _record = signed
    file = f"{path}{ending}"
    good = read(file)
    place = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[place] ^= data.draw(st.integers(1, 255))
    try:
        with open(file, "wb") as opened:
            opened.write(bad)
        # The SHA-256 in the record is what the artifact is compared with.
        with pytest.raises(GoPluginsError) as caught:
            attestations.check(path, attested.RECORD["sha256"], verifiers)
        assert f"{path}{ending}" in caught.value.message
    finally:
        with open(file, "wb") as opened:
            opened.write(good)
    attestations.check(path, attested.RECORD["sha256"], verifiers)


def test_another_artifact_is_refused(signed, keys):
    with pytest.raises(GoPluginsError, match="has no statement on the file with SHA-256 1111"):
        attestations.check(signed[0], "1" * 64, keys.verifiers())


def test_what_was_signed_under_another_name_is_refused(signed, keys):
    path, _record = signed
    other = path.replace("auth_", "open_")
    for ending in ("", ".json", ".cdx.json", ".provenance.json", ".intoto.jsonl"):
        shutil.copy(f"{path}{ending}", f"{other}{ending}")
    with pytest.raises(GoPluginsError, match=rf"was signed as {attested.NAME}, which is another artifact"):
        check(other, keys.verifiers())


def test_the_record_of_another_identity_is_refused(signed, keys, tmp_path):
    attested.deliver(tmp_path, digest="e" * 64)
    with pytest.raises(GoPluginsError, match=r"\.so\.json is not what was signed"):
        check(signed[0], keys.verifiers())


def test_a_bill_of_materials_may_be_left_out_and_a_record_may_not(signed, keys):
    path, _record = signed
    for ending in (".cdx.json", ".provenance.json"):
        os.unlink(f"{path}{ending}")
    attestations.check(path, attested.RECORD["sha256"], keys.verifiers())
    os.unlink(f"{path}.json")
    with pytest.raises(GoPluginsError, match=r"\.so\.json is not what was signed"):
        attestations.check(path, attested.RECORD["sha256"], keys.verifiers())


def test_a_statement_of_another_kind_does_not_count(signed, keys):
    path, _record = signed
    statement = json.loads(read(f"{path}.provenance.json"))
    statement["predicate"]["buildDefinition"]["buildType"] = "https://example.com/other"
    with open(f"{path}.intoto.jsonl", "wb") as file:
        file.write(keys.signer().sign(json.dumps(statement).encode()).as_line())
    with pytest.raises(GoPluginsError, match="is no statement on a build"):
        check(path, keys.verifiers())


def test_earlier_builds_stay_signed_a_few_of_them(tmp_path, keys):
    digests = []
    (tmp_path / "gw").mkdir()
    for number in range(8):
        path, record = attested.deliver(tmp_path / "gw", data=b"%d" % number)
        attestations.write(path, record, LOADS, "", keys.signer())
        digests.append(sha256_file(path))
    signed, problems = attestations.signed_below(str(tmp_path), keys.verifiers())
    assert (list(signed), problems) == (digests[3:], [])
    check(path, keys.verifiers())


def test_one_file_that_was_changed_hides_no_other(tmp_path, signed, keys):
    (tmp_path / "gw").mkdir()
    (tmp_path / "gw" / "bad.so.intoto.jsonl").write_text("nothing\n")
    found, problems = attestations.signed_below(str(tmp_path), keys.verifiers())
    assert list(found) == [attested.RECORD["sha256"]]
    assert len(problems) == 1 and "line 1 of" in problems[0]


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda path: add(path, b"x"), "is not the file of its record"),
        (lambda path: add(f"{path}.json", b" "), "is not the record that the build host has"),
        (lambda path: os.unlink(f"{path}.json"), "is not the record that the build host has"),
    ],
)
def test_what_is_not_what_was_built_is_not_signed(tmp_path, keys, harm, words):
    path, record = attested.deliver(tmp_path)
    harm(path)
    with pytest.raises(GoPluginsError, match=words):
        attestations.write(path, record, LOADS, "", keys.signer())
    assert not os.path.exists(f"{path}.intoto.jsonl")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"modules": None}, "does not say which modules were compiled in"),
        ({"modules": [1]}, "is no record that this collection wrote"),
        ({"inputs": {}}, "is no record that this collection wrote"),
        ({"built": "yesterday"}, "is no record that this collection wrote"),
        ({"profile": {}}, "is no record that this collection wrote"),
        ({"licenses": {"github.com/BurntSushi/toml@v2.0.0+incompatible": 1}}, "is no record that this collection wrote"),
    ],
)
def test_what_a_record_lacks_is_said(tmp_path, change, words):
    path, record = attested.deliver(tmp_path, **change)
    with pytest.raises(GoPluginsError, match=words):
        attestations.write(path, record)
