# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signatures of bundles: RSA, PKCS #1 v1.5, SHA-256, as the gateway verifies them (github.com/TykTechnologies/goverify)."""

from __future__ import annotations

import base64
import os
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import scratch_folder

_SECONDS = 60
# The longest RSA keys take some 13 kB. With a large file that is none, openssl is busy for minutes.
_LARGEST = 1 << 16


class Key(t.NamedTuple):
    """A private key. path: the PEM file, which only openssl reads. public: the public key as PEM, which gateways need."""

    path: str
    public: str

    def sign(self, digest: bytes) -> str:
        """The signature of a SHA-256 digest, as manifests have it. The same digest always gives the same. Raises GoPluginsError."""
        with scratch_folder("signature-") as folder:
            source, result = os.path.join(folder, "digest"), os.path.join(folder, "signature")
            with open(source, "wb") as file:
                file.write(digest)
            options = ["-pkeyopt", "rsa_padding_mode:pkcs1", "-pkeyopt", "digest:sha256"]
            completed = _openssl(["pkeyutl", "-sign", "-inkey", self.path, *_NO_PROMPT, *options, "-in", source, "-out", result])
            _command.check(f"openssl cannot sign with {self.path}", completed)
            with open(result, "rb") as file:
                return base64.b64encode(file.read()).decode()


# An encrypted key is refused; nobody could type its password here.
_NO_PROMPT = ("-passin", "pass:")


def load(path: str) -> Key:
    """Raises GoPluginsError where there is no RSA key without a password, or no openssl."""
    # openssl takes a name such as pkcs11:... for something else.
    path = os.path.abspath(path)
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
        kind = "too large for" if stat.S_ISREG(status.st_mode) else "no file, so not"
        raise GoPluginsError(f"{path} is {kind} an RSA private key in PEM", command_line("ls -ld", path))
    completed = _openssl(["rsa", "-in", path, *_NO_PROMPT, "-pubout"])
    if completed.rc:
        # What openssl itself says of it is of no help, such as "unsupported".
        raise GoPluginsError(
            f"{path} is not an RSA private key in PEM, without a password, that this user can read",
            f"make one: {command_line('openssl genrsa -out', 'bundle-key.pem')} 3072\nor see what is wrong: "
            f"{command_line('openssl rsa -noout -check -in', path)}",
        )
    return Key(path, completed.stdout)


def _openssl(words: t.Sequence[str]) -> _command.Completed:
    try:
        return _command.run(["openssl", *words], timeout=_SECONDS)
    except _command.Unstarted as error:
        packages = "apt-get install openssl (Debian), dnf install openssl (Red Hat), apk add openssl (Alpine)"
        raise GoPluginsError("the program openssl is needed to sign a bundle, and cannot be started", packages) from error
