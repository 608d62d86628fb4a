# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that sign, and what is no such key."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle import sign
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


def openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    openssl("genrsa", "-out", folder / "rsa.pem", "2048")
    openssl("rsa", "-in", folder / "rsa.pem", "-traditional", "-out", folder / "old.pem")
    openssl("rsa", "-in", folder / "rsa.pem", "-aes128", "-passout", "pass:sesame", "-out", folder / "locked.pem")
    openssl("rsa", "-in", folder / "rsa.pem", "-pubout", "-out", folder / "public.pem")
    openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", folder / "ec.pem")
    (folder / "text.pem").write_text("sesame sesame sesame\n")
    return folder


def test_both_forms_of_a_key_sign_alike(keys):
    digest = bytes(range(32))
    new, old = (sign.load(str(keys / name)) for name in ("rsa.pem", "old.pem"))
    assert new.sign(digest) == old.sign(digest) and new.public == old.public == (keys / "public.pem").read_text()


@pytest.mark.parametrize("name", ["locked.pem", "public.pem", "ec.pem", "text.pem"])
def test_another_key_is_refused_by_its_path_and_nothing_of_it_is_shown(keys, name):
    with pytest.raises(GoPluginsError, match=f"{name} is not an RSA private key in PEM, without a password") as error:
        sign.load(str(keys / name))
    assert "sesame" not in str(error.value.as_result()) and not error.value.details


def test_a_missing_key_a_folder_and_a_large_file_are_refused(keys, tmp_path):
    with pytest.raises(FileNotFoundError):
        sign.load(str(keys / "nowhere.pem"))
    with pytest.raises(GoPluginsError, match="is no file, so not an RSA private key"):
        sign.load(str(keys))
    (tmp_path / "large").write_bytes(b"\0" * 100_000)
    with pytest.raises(GoPluginsError, match="is too large for an RSA private key"):
        sign.load(str(tmp_path / "large"))


def test_a_missing_openssl_is_named_with_the_packages_that_have_it(keys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GoPluginsError, match="the program openssl is needed") as error:
        sign.load(str(keys / "rsa.pem"))
    assert "apt-get install openssl" in error.value.fix
