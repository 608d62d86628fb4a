# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key may be encrypted with Ansible Vault; what is written, the tests of attestations say."""

from __future__ import annotations

import os
import types

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.goplugins.tyk.plugins.action.tyk_provenance import ActionModule
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse
from ansible_collections.goplugins.tyk.tests import attested


@pytest.fixture
def run(monkeypatch):
    """run(check_mode, secrets, **arguments): the result."""

    def start(check_mode=False, secrets=(), **arguments):
        class Bare(ActionModule):
            def __init__(self):
                self._task = types.SimpleNamespace(args=arguments, check_mode=check_mode)
                self._loader = DataLoader()
                self._loader.set_vault_secrets(list(secrets))

            def validate_argument_spec(self, argument_spec):
                return None, {name: arguments.get(name, one.get("default")) for name, one in argument_spec.items()}

        monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda *arguments: {})
        return Bare().run(task_vars={})

    return start


def asked(folder, **changes):
    _path, record = attested.deliver(folder, **changes)
    rows = [{"artifact": f"/on/the/host/{attested.NAME}", "verdict": "loads", "loaded": "yes"}]
    return {"artifacts": [{"artifact": f"/on/the/host/{attested.NAME}", "record_sha256": record}], "folder": str(folder), "rows": rows}


def test_the_verdict_of_the_artifact_is_in_what_is_written(run, tmp_path):
    arguments = asked(tmp_path)
    result = run(**arguments)
    written = [f"{tmp_path}/{attested.NAME}{ending}" for ending in (".cdx.json", ".provenance.json")]
    assert result == {"changed": True, "written": written}
    assert '"goplugins_verdict": "loads"' in (tmp_path / f"{attested.NAME}.provenance.json").read_text()
    assert run(**arguments) == {"changed": False, "written": []}


def test_a_key_in_a_vault_signs_and_is_nowhere_in_clear(run, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("ansible.constants.DEFAULT_LOCAL_TMP", str(tmp_path / "tmp"))
    private, public = attested.write_keys(tmp_path)
    secret = ("default", VaultSecret(b"opens"))
    with open(private, "rb") as file:
        encrypted = VaultLib([secret]).encrypt(file.read(), secret[1])
    with open(private, "wb") as file:
        file.write(encrypted)
    assert len(run(secrets=[secret], key=private, **asked(tmp_path))["written"]) == 3
    attestations.check(f"{tmp_path}/{attested.NAME}", attested.RECORD["sha256"], dsse.verifiers([public]))
    assert os.listdir(tmp_path / "tmp") == []


def test_without_the_secret_of_the_vault_nothing_is_written(run, tmp_path):
    private, _public = attested.write_keys(tmp_path)
    secret = VaultSecret(b"opens")
    with open(private, "rb") as file:
        encrypted = VaultLib([("default", secret)]).encrypt(file.read(), secret)
    with open(private, "wb") as file:
        file.write(encrypted)
    result = run(key=private, **asked(tmp_path))
    assert result["failed"] and private in result["msg"]
    assert not (tmp_path / f"{attested.NAME}.provenance.json").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [({"key": "/nowhere/key"}, "/nowhere/key"), ({"builder": "our CI"}, "tyk_builder"), ({"folder": "/nowhere"}, "/nowhere/auth")],
)
def test_what_is_wrong_is_said(run, tmp_path, change, words):
    result = run(**{**asked(tmp_path), **change})
    assert result["failed"] and words in result["msg"]


def test_in_check_mode_what_was_not_copied_is_no_failure(run, tmp_path):
    arguments = asked(tmp_path)
    assert len(run(check_mode=True, **arguments)["written"]) == 2
    os.unlink(tmp_path / attested.NAME)
    assert run(check_mode=True, **arguments) == {"changed": False, "written": []}
    assert os.listdir(tmp_path) == [f"{attested.NAME}.json"]
