# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envelopes and keys. securesystemslib, which others verify with, must say the same of them."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.plugin_utils import dsse
from ansible_collections.goplugins.tyk.tests import attested
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as Other
from securesystemslib.signer import SSlibKey

SCHEMES = {"ed25519": "ed25519", "ecdsa": "ecdsa-sha2-nistp256", "rsa": "rsa-pkcs1v15-sha256"}


@pytest.mark.parametrize("openssh", [False, True])
@pytest.mark.parametrize("name", SCHEMES)
def test_what_is_signed_others_verify(tmp_path, name, openssh):
    private, public = attested.write_keys(tmp_path, name, openssh)
    signer, verifiers = dsse.signer(private, private), dsse.verifiers([public])
    line = signer.sign(b'{"a": 1}').as_line()
    envelope = dsse.parse(line)
    assert envelope.payload == b'{"a": 1}' and verifiers[envelope.keyid].accepts(envelope)
    other = SSlibKey.from_crypto(attested.KEYS[name].public_key(), envelope.keyid, SCHEMES[name])
    assert list(Other.from_dict(json.loads(line)).verify([other], 1)) == [envelope.keyid]


def test_the_encoding_is_that_of_the_specification():
    """The example of protocol.md."""
    assert dsse.pae(b"hello world", "http://example.com/HelloWorld") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def sample():
    key = attested.KEYS["ed25519"]
    verifier = dsse._verifier(key.public_key(), "key")
    return dsse.Signer(key, verifier).sign(b'{"subject": "auth", "n": 12345}').as_line(), {verifier.keyid: verifier}


def holds(line, verifiers):
    envelope = dsse.parse(line)
    return bool(envelope and envelope.keyid in verifiers and verifiers[envelope.keyid].accepts(envelope))


def test_no_byte_of_an_envelope_can_be_another():
    """Each byte, in each of its bits: base64, for one, has bits that decode to nothing."""
    line, verifiers = sample()
    assert holds(line, verifiers)
    for place in range(len(line)):
        for bit in range(8):
            changed = bytearray(line)
            changed[place] ^= 1 << bit
            assert not holds(bytes(changed), verifiers), (place, bit)
        assert not holds(line[:place] + line[place + 1 :], verifiers), place


@given(st.data())
def test_whatever_is_changed_holds_no_more(data):
    line, verifiers = sample()
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    changed = line[:start] + data.draw(st.binary(max_size=8)) + line[end:]
    assert holds(changed, verifiers) == (changed == line)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures", "keyid", "sig"]), inner),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode())
)
def test_what_is_no_envelope_is_none(line):
    assert dsse.parse(line) is None


def test_several_signatures_are_none_of_ours():
    line, _verifiers = sample()
    value = json.loads(line)
    value["signatures"] *= 2
    assert dsse.parse(json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n") is None


def test_a_key_of_ssh_keygen_signs(tmp_path):
    """As people make one."""
    assert shutil.which("ssh-keygen")
    path = str(tmp_path / "key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann@example.com", "-f", path], check=True)
    envelope = dsse.signer(path, path).sign(b"x")
    assert dsse.verifiers([f"{path}.pub"])[envelope.keyid].accepts(envelope)


def test_a_file_has_the_keys_of_several_people(tmp_path):
    lines = ["# ann and bob", ""]
    for name in ("ed25519", "rsa"):
        _private, public = attested.write_keys(tmp_path, name, openssh=True)
        lines.append((tmp_path / f"{name}.pub").read_text())
    (tmp_path / "signers").write_text("\n".join(lines))
    _private, other = attested.write_keys(tmp_path, "ecdsa")
    assert len(dsse.verifiers([str(tmp_path / "signers"), other, public])) == 3


@pytest.mark.parametrize("openssh", [False, True])
def test_a_key_with_a_passphrase_is_refused_with_another_way(tmp_path, openssh):
    kind = serialization.PrivateFormat.OpenSSH if openssh else serialization.PrivateFormat.PKCS8
    # The first encryption of OpenSSH's format needs a further package; what is written is the same to who has no passphrase.
    path = tmp_path / "key"
    if openssh:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "secret", "-f", str(path)], check=True)
    else:
        data = attested.KEYS["ed25519"].private_bytes(serialization.Encoding.PEM, kind, serialization.BestAvailableEncryption(b"secret"))
        path.write_bytes(data)
    with pytest.raises(GoPluginsError, match="with a passphrase") as caught:
        dsse.signer(str(path), "the key")
    assert "the key" in caught.value.message and "ansible-vault encrypt" in caught.value.fix


def pem(private):
    return private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is no file with a key"),
        (b"x" * (1 << 17), "is no file with a key"),
        (b"nothing", "is no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "is no private key"),
        (b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "is no private key"),
        (pem(ec.generate_private_key(ec.SECP521R1())), "is not an Ed25519, ECDSA P-256 or RSA key"),
        (pem(rsa.generate_private_key(65537, 1024)), "is not an Ed25519, ECDSA P-256 or RSA key"),
    ],
)
def test_what_is_no_key_is_said(tmp_path, data, words):
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(GoPluginsError, match=words):
        dsse.signer(str(tmp_path / "key"), "key")


@pytest.mark.parametrize(
    "data", [b"", b"# nobody\n", b"ssh-ed25519 AAAA\n", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
)
def test_what_is_no_public_key_is_said(tmp_path, data):
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(GoPluginsError, match=r"is no (public key|file with a key)"):
        dsse.verifiers([str(tmp_path / "key")])


def test_no_signers_are_no_permission():
    with pytest.raises(GoPluginsError, match="no key is named"):
        dsse.verifiers([])


def test_a_private_key_among_the_public_ones_is_refused(tmp_path):
    private, _public = attested.write_keys(tmp_path)
    with pytest.raises(GoPluginsError, match="is no public key"):
        dsse.verifiers([private])
    assert base64.b64encode(b"x")
