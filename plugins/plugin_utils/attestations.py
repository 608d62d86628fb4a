# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands beside an artifact on the controller, for those who were not there when it was built, and whether it holds.

X.so.json              the record, from the build host
X.so.cdx.json          what is in it: a bill of materials, made of the record
X.so.provenance.json   how it was built: a statement, which names the digests of all of these
X.so.intoto.jsonl      the statement, signed. An envelope a line, the newest last, as earlier builds are still on gateway hosts
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build import identity
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.plugin_utils import dsse, provenance, sbom, shared_folder
from ansible_collections.goplugins.tyk.plugins.plugin_utils.store import has_record

RECORD, SBOM, STATEMENT, ENVELOPES = ".json", ".cdx.json", ".provenance.json", ".intoto.jsonl"

# A statement on a plugin for the largest gateway known takes 100 KB; a file as many as gateway hosts keep artifacts of a plugin, and more.
_MOST_BYTES = 16 << 20
_MOST_ENVELOPES = 5
_MOST_FILES = 10_000

_AGAIN = "build it again: build_plugins with tyk_recheck=true writes what is beside an artifact anew"


def write(
    artifact: str,
    record_sha256: str,
    verdict: provenance.Verdict | None = None,
    builder: str = "",
    signer: dsse.Signer | None = None,
    check_mode: bool = False,
) -> list[str]:
    """Write what stands beside an artifact on the controller; the files that changed. Raises GoPluginsError, OSError.

    record_sha256: of the record as the build host has it. signer: a key to sign with; without one nothing is signed.
    """
    if not has_record(artifact, record_sha256):
        raise GoPluginsError(f"{artifact}{RECORD} is not the record that the build host has", "run again: it is copied anew")
    record = identity.read_record(artifact)
    if not isinstance(record.get("modules"), list):
        raise GoPluginsError(
            f"{artifact}{RECORD} does not say which modules were compiled in: it was written by an earlier release", _AGAIN
        )
    if sha256_file(artifact) != record["sha256"]:
        raise GoPluginsError(
            f"{artifact} is not the file of its record: its SHA-256 is another", "remove it and run again: it is copied anew"
        )
    try:
        bill = _as_json(sbom.of_record(record))
        name = os.path.basename(artifact)
        byproducts = {f"{name}{RECORD}": record_sha256, f"{name}{SBOM}": _sha256(bill)}
        verdicts = [verdict, *(verdict._replace(loaded=loaded) for loaded in ("yes", "no") if verdict and verdict.loaded == "not tried")]
        statements = [_as_json(provenance.statement(record, byproducts, builder, one)) for one in verdicts]
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise GoPluginsError(f"{artifact}{RECORD} is no record that this collection wrote: {error!r}", _AGAIN) from error
    # Whether the gateway loaded it stays true where that is not tried again, as in check mode.
    statement = next((one for one in statements if one == _read(f"{artifact}{STATEMENT}")), statements[0])
    wanted = {f"{artifact}{SBOM}": bill, f"{artifact}{STATEMENT}": statement}
    if signer:
        wanted[f"{artifact}{ENVELOPES}"] = _with_envelope(f"{artifact}{ENVELOPES}", statement, signer)
    changed = {path: data for path, data in wanted.items() if _read(path) != data}
    if not check_mode:
        shared_folder.write(os.path.dirname(artifact), {os.path.basename(path): data for path, data in changed.items()})
    return list(changed)


def is_to_come(artifact: str, record_sha256: str) -> bool:
    """Whether the controller does not have that artifact yet."""
    return not (os.path.isfile(artifact) and has_record(artifact, record_sha256))


def _with_envelope(path: str, statement: bytes, signer: dsse.Signer) -> bytes:
    """The file of envelopes, with that statement as the last one; as it is, if it is that already."""
    kept = [envelope for envelope in map(dsse.parse, (_read(path) or b"").splitlines(keepends=True)) if envelope]
    last = kept[-1] if kept else None
    own = last and last.payload == statement and last.keyid == signer.verifier.keyid and signer.verifier.accepts(last)
    envelopes = [*(one for one in kept if one.payload != statement), last if own and last else signer.sign(statement)]
    return b"".join(envelope.as_line() for envelope in envelopes[-_MOST_ENVELOPES:])


def check(artifact: str, sha256: str, signers: t.Mapping[str, dsse.Verifier]) -> None:
    """Raises GoPluginsError if the artifact of that SHA-256, or what stands beside it, is not what one of the signers signed.

    sha256: as the record says; whether the artifact has it, is for those to see who copy it.
    """
    name = os.path.basename(artifact)
    envelopes = f"{artifact}{ENVELOPES}"
    signed = signed_in(envelopes, signers)
    if sha256 not in signed:
        raise GoPluginsError(
            f"{envelopes} has no statement on the file with SHA-256 {sha256} that its record names"
            + _whose(envelopes, signers, f": it is on {', '.join(sorted(signed))}" if signed else ""),
            _AGAIN,
        )
    payload = signed[sha256]
    statement = json.loads(payload)
    subject = statement["subject"][0]["name"]
    if subject != name:
        raise GoPluginsError(f"{artifact} was signed as {subject}, which is another artifact", command_line("ls -l", artifact))
    told = {one["name"]: one["digest"]["sha256"] for one in statement["predicate"]["runDetails"]["byproducts"]}
    for ending, digest in ((RECORD, told.get(f"{name}{RECORD}")), (SBOM, told.get(f"{name}{SBOM}")), (STATEMENT, _sha256(payload))):
        data = _read(f"{artifact}{ending}")
        # A record is what a roll-out goes by; the others are for people, who may leave them out.
        if (data is None and ending == RECORD) or (data is not None and _sha256(data) != digest):
            raise GoPluginsError(f"{artifact}{ending} is not what was signed: its SHA-256 is another", _AGAIN)


def signed_in(path: str, signers: t.Mapping[str, dsse.Verifier]) -> dict[str, bytes]:
    """From SHA-256 to the newest statement on the file that has it, of those that one of the signers signed.

    Envelopes of other keys count for nothing. Raises GoPluginsError for one that was changed.
    """
    found: dict[str, bytes] = {}
    for number, envelope in _envelopes(path):
        verifier = signers.get(envelope.keyid)
        if verifier is None:
            continue
        if not verifier.accepts(envelope):
            raise _changed(path, number, f"its signature is not that of the key {envelope.keyid[:16]}")
        digest = _subject(envelope.payload)
        if digest is None:
            raise _changed(path, number, "what is signed is no statement on a build of this collection")
        found[digest] = envelope.payload
    return found


def signed_below(folder: str, signers: t.Mapping[str, dsse.Verifier]) -> tuple[dict[str, bytes], list[str]]:
    """C(signed_in) of all artifacts in a folder, or one folder below, as C(build_plugins) leaves them; and what is wrong with the rest."""
    found: dict[str, bytes] = {}
    problems = []
    for path in _files_in(folder):
        try:
            found.update(signed_in(path, signers))
        except (GoPluginsError, OSError) as error:
            problems.append(str(error))
    return found, problems


def _files_in(folder: str) -> list[str]:
    """Raises OSError."""
    folders = [folder, *sorted(entry.path for entry in os.scandir(folder) if entry.is_dir())]
    names = (os.path.join(place, name) for place in folders for name in sorted(os.listdir(place)))
    return [path for path in names if path.endswith(f".so{ENVELOPES}")][:_MOST_FILES]


def _envelopes(path: str) -> t.Iterator[tuple[int, dsse.Envelope]]:
    """The envelopes with the numbers of their lines. Raises GoPluginsError."""
    data = _read(path)
    if not data:
        raise GoPluginsError(f"{path} is missing or empty: nobody signed the artifact", "build it with build_plugins and tyk_signing_key")
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        envelope = dsse.parse(line)
        if envelope is None:
            raise _changed(path, number, "it is no envelope that this collection wrote")
        yield number, envelope


def _whose(path: str, signers: t.Mapping[str, dsse.Verifier], otherwise: str) -> str:
    """Why a statement does not count: who signed it instead."""
    others = sorted({envelope.keyid[:16] for _number, envelope in _envelopes(path) if envelope.keyid not in signers})
    return f": it is signed by another key ({', '.join(others)}) than those of tyk_signers" if others else otherwise


def _changed(path: str, number: int, why: str) -> GoPluginsError:
    return GoPluginsError(f"line {number} of {path} was changed after it was signed: {why}", _AGAIN)


def _subject(payload: bytes) -> str | None:
    """The SHA-256 of the one file that a statement is on; None for what is no statement of ours."""
    try:
        value = json.loads(payload)
        (subject,) = value["subject"]
        definition = value["predicate"]["buildDefinition"]
        kinds = (value["_type"], value["predicateType"], definition["buildType"])
        good = kinds == (provenance.STATEMENT, provenance.PREDICATE, provenance.BUILD_TYPE)
        return str(subject["digest"]["sha256"]) if good else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _as_json(value: t.Any) -> bytes:
    return (json.dumps(value, indent=2, sort_keys=True) + "\n").encode()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read(path: str) -> bytes | None:
    """A file of ours; None where there is none."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            good = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
            data = file.read(_MOST_BYTES + 1) if good else b""
    except FileNotFoundError:
        return None
    return data if good and len(data) <= _MOST_BYTES else b""
