# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a seed: what the seed is, and who says so."""

from __future__ import annotations

import json

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import read_json, sha256_file, write_json
from ansible_collections.goplugins.tyk.plugins.plugin_utils import dsse


def write(archive, record, signer):
    """Write the record beside an archive. signer: dsse.Signer, or None to sign nothing."""
    signature = {"signature": signer.sign(_payload(record)).as_line().decode()} if signer else {}
    write_json(f"{archive}.json", {**record, **signature})


def check(archive, digest, verifiers):
    """The SHA-256 of an archive, if it is what its record says. Raises GoPluginsError.

    digest: which seed it must be. verifiers: from keyid to dsse.Verifier, one of which must have signed the record; None if none is wanted.
    """
    record = read_json(f"{archive}.json")
    if not isinstance(record, dict) or record.get("digest") != digest:
        raise GoPluginsError("its record is that of another seed, or none")
    if verifiers is not None:
        _check_signature(record, verifiers)
    if sha256_file(archive) != record.get("sha256"):
        raise GoPluginsError("it is not what its record says: its SHA-256 is another")
    return record["sha256"]


def _check_signature(record, verifiers):
    signature = record.get("signature")
    if not isinstance(signature, str):
        raise GoPluginsError("nobody signed it")
    envelope = dsse.parse(signature.encode("utf-8", "surrogatepass"))
    if envelope is None or envelope.payload != _payload(record):
        raise GoPluginsError("its signature is over another record")
    verifier = verifiers.get(envelope.keyid)
    if verifier is None:
        raise GoPluginsError(f"it is signed by a key that tyk_signers does not name, {str(envelope.keyid)[:16]}")
    if not verifier.accepts(envelope):
        raise GoPluginsError("its signature is not by the key that it names")


def _payload(record):
    """What is signed: the record without the signature, in one form alone."""
    told = {name: value for name, value in record.items() if name != "signature"}
    return json.dumps({"seed": told}, sort_keys=True, separators=(",", ":")).encode()
