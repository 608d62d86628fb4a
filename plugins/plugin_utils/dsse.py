# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signed statements: DSSE envelopes with one signature each, and the keys that make and verify them. Runs on the controller.

The signatures are those that other readers of DSSE expect (cosign, securesystemslib): Ed25519, ECDSA on P-256 with SHA-256, or RSA with
PKCS #1 v1.5 and SHA-256, over the pre-authentication encoding (secure-systems-lab/dsse, protocol.md). Ansible itself needs the package
cryptography, so it is on every controller; it is imported where it is needed, as most runs sign nothing.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line

# Of in-toto statements (in-toto/attestation, spec/v1/envelope.md).
PAYLOAD_TYPE = "application/vnd.in-toto+json"

_LARGEST_KEY = 1 << 16
_SMALLEST_RSA = 2048
_KINDS = "an Ed25519, ECDSA P-256 or RSA key (2048 bits or more)"
_MAKE_KEY = "make one: ssh-keygen -t ed25519 -N '' -f signing-key\nor: openssl genpkey -algorithm ed25519 -out signing-key.pem"


class Envelope(t.NamedTuple):
    """A payload, and who signed it. keyid: of the key, see Verifier; signature: its bytes."""

    payload: bytes
    keyid: str
    signature: bytes

    def as_line(self) -> bytes:
        """The one way to write it down: a line of JSON without a byte that could be another."""
        value = {
            "payload": base64.b64encode(self.payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": self.keyid, "sig": base64.b64encode(self.signature).decode()}],
        }
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


class Verifier(t.NamedTuple):
    """A public key. keyid: the SHA-256 of its SubjectPublicKeyInfo in DER, 64 hexadecimal digits."""

    keyid: str
    public: t.Any

    def accepts(self, envelope: Envelope) -> bool:
        """Whether the signature is by this key, over this payload."""
        from cryptography.exceptions import InvalidSignature

        try:
            self.public.verify(envelope.signature, pae(envelope.payload), *_scheme(self.public))
        except InvalidSignature:
            return False
        return True


class Signer(t.NamedTuple):
    """A private key. verifier: its public half."""

    private: t.Any
    verifier: Verifier

    def sign(self, payload: bytes) -> Envelope:
        """The payload in an envelope. ECDSA gives another signature each time."""
        return Envelope(payload, self.verifier.keyid, self.private.sign(pae(payload), *_scheme(self.verifier.public)))


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """What is signed: payload and type with their lengths, so that no two of them are the same bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def parse(line: bytes) -> Envelope | None:
    """The envelope that C(Envelope.as_line) wrote down; None where a byte of it is another, in a place that nobody signed too."""
    try:
        value = json.loads(line)
        (signature,) = value["signatures"]
        found = Envelope(base64.b64decode(value["payload"]), signature["keyid"], base64.b64decode(signature["sig"]))
        return found if found.as_line() == line else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def signer(file: str, path: str) -> Signer:
    """The private key in a file, PEM or OpenSSH's own format. path: what the user calls it. Raises GoPluginsError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    data = _read(file, path)
    load = serialization.load_ssh_private_key if b"BEGIN OPENSSH" in data else serialization.load_pem_private_key
    try:
        private = load(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # What cryptography says of a file that is none is long, and may quote it.
        encrypted = isinstance(error, TypeError) or b"ENCRYPTED" in data
        if encrypted:
            raise GoPluginsError(
                f"{path} is a private key with a passphrase, for which nobody could be asked here",
                f"take the passphrase off, and encrypt the file with Ansible Vault: {command_line('ansible-vault encrypt', path)}",
            ) from None
        raise GoPluginsError(f"{path} is no private key in PEM or OpenSSH's format", _MAKE_KEY) from None
    return Signer(private, _verifier(private.public_key() if hasattr(private, "public_key") else None, path))


def signer_of(loader: t.Any, path: str) -> Signer:
    """The private key in a file of the controller, which may be encrypted with Ansible Vault. loader: DataLoader. Raises GoPluginsError."""
    path = os.path.abspath(os.path.expanduser(path))
    real = loader.get_real_file(path)
    try:
        return signer(real, path)
    finally:
        loader.cleanup_tmp_file(real)


def verifiers(paths: t.Sequence[str]) -> dict[str, Verifier]:
    """The public keys in files, each PEM, or lines as OpenSSH writes them; from keyid to key. Raises GoPluginsError."""
    if not paths:
        raise GoPluginsError("no key is named by which a signature would count", "name files with public keys in tyk_signers")
    found = [one for path in paths for one in _verifiers(_read(path, path), path)]
    return {one.keyid: one for one in found}


@functools.lru_cache(maxsize=32)
def _verifiers(data: bytes, path: str) -> list[Verifier]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        if b"-----BEGIN" in data:
            return [_verifier(serialization.load_pem_public_key(data), path)]
        lines = [line for line in data.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
        found = [_verifier(serialization.load_ssh_public_key(line), path) for line in lines]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found = []
    if not found:
        raise GoPluginsError(
            f"{path} is no public key in PEM or OpenSSH's format",
            f"write it from the private key: {command_line('ssh-keygen -y -f', 'signing-key')}\n"
            f"or: {command_line('openssl pkey -pubout -in', 'signing-key.pem')}",
        )
    return found


def _verifier(public: t.Any, path: str) -> Verifier:
    """Raises GoPluginsError for a key of another kind."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    good = (
        isinstance(public, ed25519.Ed25519PublicKey)
        or (isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1))
        or (isinstance(public, rsa.RSAPublicKey) and public.key_size >= _SMALLEST_RSA)
    )
    if not good:
        raise GoPluginsError(f"{path} is not {_KINDS}", _MAKE_KEY)
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Verifier(hashlib.sha256(der).hexdigest(), public)


def _scheme(public: t.Any) -> tuple[t.Any, ...]:
    """What C(sign) and C(verify) of a key are given beside the data."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    if isinstance(public, rsa.RSAPublicKey):
        return padding.PKCS1v15(), hashes.SHA256()
    return (ec.ECDSA(hashes.SHA256()),) if isinstance(public, ec.EllipticCurvePublicKey) else ()


def _read(file: str, path: str) -> bytes:
    """A file with a key. Raises GoPluginsError, OSError."""
    with open(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as opened:
        data = opened.read(_LARGEST_KEY + 1) if stat.S_ISREG(os.fstat(opened.fileno()).st_mode) else b""
    if not data or len(data) > _LARGEST_KEY:
        raise GoPluginsError(f"{path} is no file with a key", command_line("ls -ld", path))
    return data
