# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What makes two builds the same, and what is told of those that are not."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import identity

INPUTS = {"plugin": "aa", "command": ["build", "-trimpath", "-tags=goplugin", "."], "environment": {"GOOS": "linux", "CC": "gcc"}}


@pytest.fixture
def artifact(tmp_path):
    """An artifact with the record of INPUTS."""
    path = tmp_path / "p.so"
    path.write_bytes(b"plugin")
    record = {"digest": identity.digest(INPUTS), "sha256": hashlib.sha256(b"plugin").hexdigest(), "inputs": INPUTS}
    (tmp_path / "p.so.json").write_text(json.dumps(record))
    return str(path)


def test_the_digest_is_that_of_every_process_and_order():
    turned = {name: INPUTS[name] for name in reversed(INPUTS)}
    code = f"from {identity.__name__} import digest; print(digest({turned!r}))"
    assert (
        identity.digest(INPUTS) == subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()
    )


def test_the_digest_is_another_for_each_other_input():
    others = [{**INPUTS, name: other} for name, other in (("plugin", "ab"), ("command", ["build"]), ("environment", {}), ("more", ""))]
    assert len({identity.digest(inputs) for inputs in (INPUTS, *others)}) == 5


def test_the_artifact_of_these_inputs_is_current(artifact):
    assert identity.state(artifact, INPUTS).current


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"plugin": "bb"}, "plugin: aa -> bb"),
        ({"gateway": "cc"}, "gateway: nothing -> cc"),
        ({"command": ["build", "-trimpath", "-tags=goplugin,ee", "-race", "."]}, "command: -tags=goplugin -> -tags=goplugin,ee -race"),
        ({"command": ["build", "-tags=goplugin", "."]}, "command: -trimpath -> nothing"),
        (
            {"command": ["build", "-tags=goplugin", "-trimpath", "."]},
            "command: build -trimpath -tags=goplugin . -> build -tags=goplugin -trimpath .",
        ),
        ({"environment": {"GOOS": "linux", "CC": "clang", "GOAMD64": "v3"}}, "environment: CC=gcc -> CC=clang GOAMD64=v3"),
    ],
)
def test_only_what_differs_is_told(artifact, change, told):
    assert identity.state(artifact, {**INPUTS, **change}).reasons == (told,)


def test_a_format_of_its_own_is_a_reason(artifact, monkeypatch):
    monkeypatch.setattr(identity, "FORMAT", identity.FORMAT + 1)
    assert identity.state(artifact, INPUTS).reasons == ("the way of building changed",)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (lambda folder: (folder / "p.so").unlink(), "there is no artifact yet"),
        (lambda folder: (folder / "p.so").write_bytes(b"other"), "the artifact is not the file that was built"),
        (lambda folder: (folder / "p.so.json").unlink(), "the artifact has no record"),
        (lambda folder: (folder / "p.so.json").write_text('{"digest"'), "the artifact has no record"),
        (lambda folder: (folder / "p.so.json").write_text("[]"), "the artifact has no record"),
    ],
)
def test_what_somebody_harmed_is_not_current(artifact, tmp_path, harm, told):
    harm(tmp_path)
    assert identity.state(artifact, INPUTS).reasons == (told,)
