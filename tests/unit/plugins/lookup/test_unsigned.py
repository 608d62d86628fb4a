# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which plugins of a host nobody signed."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible_collections.goplugins.tyk.plugins.lookup.unsigned import LookupModule
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse
from ansible_collections.goplugins.tyk.tests import attested


def ask(terms, **options):
    class Bare(LookupModule):
        """Without Ansible's search for collections, which reads the options' documentation."""

        def set_options(self, **_options):
            pass

        def get_option(self, option, hostvars=None):
            return options[option]

    return Bare().run(terms, variables={})


@pytest.fixture
def shop(tmp_path):
    """(folder with a signed artifact, file with the key of its signer)"""
    dist = tmp_path / "dist" / "v5.3.6"
    dist.mkdir(parents=True)
    private, public = attested.write_keys(tmp_path)
    attestations.write(*attested.deliver(dist), signer=dsse.signer(private, private))
    return str(dist.parent), public


def test_only_what_was_signed_is_not_named(shop):
    folder, public = shop
    terms = [
        {"plugin": "/gw/auth-0f343b.so", "sha256": attested.RECORD["sha256"]},
        {"plugin": "/gw/other.so", "sha256": "1" * 64},
        {"plugin": "/gw/gone.so"},
    ]
    found = ask(terms, folder=folder, signers=[public])
    assert [one["plugin"] for one in found] == ["/gw/other.so", "/gw/gone.so"]
    assert "SHA-256 1111" in found[0]["message"] and "cannot be read" in found[1]["message"]


def test_another_key_counts_for_nothing(shop, tmp_path):
    _private, other = attested.write_keys(tmp_path, "another")
    terms = [{"plugin": "/gw/auth.so", "sha256": attested.RECORD["sha256"]}]
    assert len(ask(terms, folder=shop[0], signers=[other])) == 1


def test_an_envelope_that_was_changed_is_named(shop, tmp_path):
    path = tmp_path / "dist" / "v5.3.6" / f"{attested.NAME}.intoto.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"sig":"', b'"sig":"A'))
    (found,) = ask([{"plugin": "/gw/auth.so", "sha256": attested.RECORD["sha256"]}], folder=shop[0], signers=[shop[1]])
    assert f"line 1 of {path} was changed" in found["message"]


@pytest.mark.parametrize("change", [{"signers": []}, {"signers": ["/nowhere/key.pub"]}, {"folder": "/nowhere"}])
def test_what_cannot_be_looked_at_is_an_error(shop, change):
    with pytest.raises(AnsibleError, match=r"/nowhere|no key is named"):
        ask([], **{"folder": shop[0], "signers": [shop[1]], **change})
