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
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

INPUTS = {"plugin": "aa", "command": ["build", "-trimpath", "-tags=goplugin", "."], "environment": {"GOOS": "linux", "CC": "gcc"}}

FACTS = {"symbols": ["AuthCheck"]}
RECORD = {
    **FACTS,
    "artifact": "p.so",
    "digest": identity.digest(INPUTS),
    "sha256": hashlib.sha256(b"plugin").hexdigest(),
    "size": 6,
    "target": "linux/amd64",
    "inputs": INPUTS,
    "profile": {},
    "command": ["go", "build"],
    "built": "2026-01-02T03:04:05Z",
    "seconds": 1.5,
}


@pytest.fixture
def artifact(tmp_path):
    """An artifact with the record of INPUTS."""
    path = tmp_path / "p.so"
    path.write_bytes(b"plugin")
    (tmp_path / "p.so.json").write_text(json.dumps(RECORD))
    return str(path)


def state(artifact, inputs):
    return identity.state(artifact, {"inputs": inputs}, lambda _path: FACTS)


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
    assert state(artifact, INPUTS).current


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
    assert state(artifact, {**INPUTS, **change}).reasons == (told,)


def test_a_format_of_its_own_is_a_reason(artifact, monkeypatch):
    monkeypatch.setattr(identity, "FORMAT", identity.FORMAT + 1)
    assert state(artifact, INPUTS).reasons == ("the way of building changed",)


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
    assert state(artifact, INPUTS).reasons == (told,)


FORGED = [
    ({"symbols": ["AuthCheck", "Other"]}, "symbols"),
    ({"size": 7}, "size"),
    ({"inputs": {**INPUTS, "plugin": "bb"}}, "inputs"),
    ({"verdict": "loads"}, "verdict"),
    ({"symbols": [], "size": 7}, "size, symbols"),
    ({"peak_memory": "much"}, "peak_memory"),
    ({"licenses": ["MIT"]}, "licenses"),
]


@pytest.mark.parametrize(("change", "names"), FORGED)
def test_nothing_is_believed_of_a_record_that_the_artifact_contradicts(artifact, tmp_path, change, names):
    """The digest of the inputs and the checksum of the file are right, which anybody can see to."""
    (tmp_path / "p.so.json").write_text(json.dumps({**RECORD, **change}))
    assert state(artifact, INPUTS) == ((f"the record does not say what the artifact is: {names}",), {})


def test_what_a_record_of_before_lacks_is_said(artifact, tmp_path):
    (tmp_path / "p.so.json").write_text(json.dumps({name: value for name, value in RECORD.items() if name != "symbols"}))
    assert state(artifact, INPUTS) == (("the record lacks symbols",), {})


def test_what_a_build_took_and_the_licenses_are_no_part_of_the_identity(artifact, tmp_path):
    (tmp_path / "p.so.json").write_text(json.dumps({**RECORD, "seconds": 7, "peak_memory": 1 << 30, "licenses": {"m@v1.0.0": ["MIT"]}}))
    assert state(artifact, INPUTS).current


@pytest.mark.parametrize("value", [None, 1, [1], {"a": [1]}])
@pytest.mark.parametrize("name", sorted(set(RECORD) - set(FACTS)))
def test_a_record_of_other_types_is_no_record(artifact, tmp_path, name, value):
    """With each further input, so that what changed is to be told too."""
    kinds = {"size": int, "seconds": (int, float), "inputs": dict, "profile": dict, "command": list}
    (tmp_path / "p.so.json").write_text(json.dumps({**RECORD, name: value}))
    told = state(artifact, {**INPUTS, "plugin": "bb"}).reasons
    assert ("the artifact has no record" in told) == (not isinstance(value, kinds.get(name, str))) and told


@pytest.mark.parametrize("inputs", [{}, {"plugin": [1]}, {"command": {"a": {}}, "environment": [[]]}, {"plugin": None, "command": 3}])
def test_what_changed_is_told_whatever_the_inputs_in_the_record_are(artifact, tmp_path, inputs):
    (tmp_path / "p.so.json").write_text(json.dumps({**RECORD, "inputs": inputs, "digest": "other"}))
    assert state(artifact, INPUTS).reasons


def test_a_file_that_cannot_be_read_as_an_artifact_is_built_again(artifact):
    def refuse(_path):
        raise GoPluginsError("no Go binary")

    told = identity.state(artifact, {"inputs": INPUTS}, refuse)
    assert told == (("the artifact is not what was built: no Go binary",), {})
