# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A seed is what its record says, and the record is signed by somebody who may."""

from __future__ import annotations

import hashlib
import json

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.plugin_utils import dsse, seeds
from ansible_collections.goplugins.tyk.tests import attested

DIGEST = 64 * "a"


@pytest.fixture
def keys(tmp_path):
    """(dsse.Signer, what tyk_signers would be)"""
    private, public = attested.write_keys(tmp_path)
    return dsse.signer(private, private), dsse.verifiers([public])


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "some.seed"
    path.write_bytes(b"seed")
    return path


def written(archive, signer=None, **changes):
    record = {"digest": DIGEST, "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(), "size": 4, **changes}
    seeds.write(str(archive), record, signer)
    return record


def change(archive, **changes):
    path = archive.parent / f"{archive.name}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_was_kept_is_used(archive, keys):
    signer, verifiers = keys
    record = written(archive)
    assert seeds.check(str(archive), DIGEST, None) == record["sha256"]
    written(archive, signer)
    assert seeds.check(str(archive), DIGEST, verifiers) == seeds.check(str(archive), DIGEST, None) == record["sha256"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": 64 * "0"}, "its signature is over another record"),
        ({"size": 5}, "its signature is over another record"),
        ({"digest": 64 * "b"}, "its record is that of another seed"),
        ({"signature": None}, "nobody signed it"),
        ({"signature": "{}\n"}, "its signature is over another record"),
    ],
)
def test_a_record_that_was_changed_is_refused(archive, keys, changes, said):
    signer, verifiers = keys
    written(archive, signer)
    change(archive, **changes)
    with pytest.raises(GoPluginsError, match=said):
        seeds.check(str(archive), DIGEST, verifiers)


def test_a_seed_that_was_changed_is_refused(archive, keys):
    signer, verifiers = keys
    written(archive, signer)
    archive.write_bytes(b"sefd")
    for wanted in (verifiers, None):
        with pytest.raises(GoPluginsError, match="its SHA-256 is another"):
            seeds.check(str(archive), DIGEST, wanted)


def test_the_signature_of_somebody_else_is_refused(archive, keys, tmp_path):
    private, _public = attested.write_keys(tmp_path, "another")
    written(archive, dsse.signer(private, private))
    with pytest.raises(GoPluginsError, match="signed by a key that tyk_signers does not name"):
        seeds.check(str(archive), DIGEST, keys[1])


@pytest.mark.parametrize("text", ["", "[]", "{", "7"])
def test_no_record_is_no_seed(archive, text):
    (archive.parent / f"{archive.name}.json").write_text(text)
    with pytest.raises(GoPluginsError, match="another seed, or none"):
        seeds.check(str(archive), DIGEST, None)
