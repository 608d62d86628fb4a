# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of statements, bills of materials and signatures share: a record, and keys of each kind that counts."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

NAME = "auth_v5.3.6_linux_amd64.so"
SUM = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
# The same, as other formats write it.
HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
BYTES = b"the plugin"
PROFILE = {"module": "github.com/TykTechnologies/tyk", "version": "v5.3.6", "commit": "c" * 40, "modified": "", "tags": ["goplugin"]}
RECORD = {
    "artifact": NAME,
    "digest": "d" * 64,
    "sha256": hashlib.sha256(BYTES).hexdigest(),
    "size": len(BYTES),
    "target": "linux/amd64",
    "inputs": {
        "gateway": "c" * 40,
        "plugin": "aa",
        "go.work": "bb",
        "local module example.com/local": "cc",
        "go_version": "1.22.7",
        "command": ["build", "."],
        "environment": {"GOOS": "linux"},
        "cc_version": "gcc 12",
    },
    "profile": PROFILE,
    "command": ["go", "build", "."],
    "built": "2026-01-02T03:04:05Z",
    "seconds": 61.5,
    "peak_memory": 411041792,
    "plugin_path": "auth",
    "symbols": ["AuthCheck"],
    "modules": [
        {"path": "github.com/TykTechnologies/tyk", "version": "v0.0.0-20240924125426-cccccccccccc"},
        {"path": "github.com/BurntSushi/toml", "version": "v2.0.0+incompatible", "sum": SUM},
        {"path": "example.com/m", "version": "v1.0.0", "replace": {"path": "example.com/fork", "version": "v1.1.0", "sum": SUM}},
        {"path": "example.com/local", "version": "v1.0.0", "replace": {"path": "../local", "version": ""}},
    ],
    "licenses": {"github.com/BurntSushi/toml@v2.0.0+incompatible": ["MIT"], "example.com/fork@v1.1.0": ["BSD-3-Clause", "Of our own"]},
}

KEYS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "another": ed25519.Ed25519PrivateKey.generate(),
    "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
}


def write_keys(folder, name="ed25519", openssh=False):
    """Write a key as people have it; the paths of its private and its public half."""
    kinds = (serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if openssh:
        kinds = (serialization.PrivateFormat.OpenSSH, serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    private.write_bytes(KEYS[name].private_bytes(serialization.Encoding.PEM, kinds[0], serialization.NoEncryption()))
    public.write_bytes(KEYS[name].public_key().public_bytes(*kinds[1:]))
    return str(private), str(public)


def deliver(folder, data=BYTES, name=NAME, **changes):
    """An artifact with its record, as build_plugins copies them; its path, and the SHA-256 of the record."""
    record = {**RECORD, "artifact": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), **changes}
    text = json.dumps({name: value for name, value in record.items() if value is not None})
    (folder / name).write_bytes(data)
    (folder / f"{name}.json").write_text(text)
    return str(folder / name), hashlib.sha256(text.encode()).hexdigest()
