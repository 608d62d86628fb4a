# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a plugin was built, as an in-toto statement with SLSA provenance: of a record and a verdict alone, the same bytes each time.

The specifications: in-toto/attestation, spec/v1/statement.md; slsa.dev/spec/v1.0/provenance. docs/provenance.md describes the build type.
"""

from __future__ import annotations

import datetime
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.plugin_utils.sbom import dir_hash, package_url

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://github.com/goplugins/ansible-collection-tyk/blob/main/docs/provenance.md#v1"
# Of those who do not name theirs: whoever runs this collection.
BUILDER = "https://github.com/goplugins/ansible-collection-tyk"

# The inputs of a build that are no sources.
_SETTINGS = ("go_version", "command", "environment", "cc_version", "hooks")


class Verdict(t.NamedTuple):
    """What C(tyk_plugin_verify) said of the artifact. loaded: "yes", "no", "not tried"."""

    verdict: str
    loaded: str


def checked_builder(builder: str) -> str:
    """Raises GoPluginsError for what is no URI."""
    if builder and not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", builder):
        raise GoPluginsError(
            f"tyk_builder is {builder!r}, and no URI", "name your build platform by a URI, such as https://ci.example.com/tyk-plugins"
        )
    return builder


def statement(
    record: t.Mapping[str, t.Any], byproducts: t.Mapping[str, str], builder: str = "", verdict: Verdict | None = None
) -> dict[str, t.Any]:
    """The statement on the artifact of a record.

    byproducts: from the names of files beside it to their SHA-256. builder: a URI that names whoever is trusted for the build.
    """
    inputs, profile = record["inputs"], record["profile"]
    return {
        "_type": STATEMENT,
        "subject": [{"name": record["artifact"], "digest": {"sha256": record["sha256"]}}],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "gateway": {name: profile[name] for name in ("module", "version", "commit")},
                    "target": record["target"],
                    "command": record["command"],
                    "hooks": inputs.get("hooks", {}),
                },
                "internalParameters": {
                    "identity": record["digest"],
                    "goVersion": inputs["go_version"],
                    "environment": inputs["environment"],
                    "compiler": inputs["cc_version"],
                    "profile": profile,
                },
                "resolvedDependencies": [
                    _gateway(profile),
                    *(_source(name, inputs[name]) for name in sorted(inputs) if name not in (*_SETTINGS, "gateway")),
                    *filter(None, map(_module, record["modules"])),
                ],
            },
            "runDetails": {
                "builder": {"id": builder or BUILDER},
                "metadata": {
                    "startedOn": record["built"],
                    "finishedOn": _later(record["built"], record["seconds"]),
                    # Fields of our own, as the specification has them named.
                    "goplugins_seconds": record["seconds"],
                    "goplugins_peakMemory": record.get("peak_memory", 0),
                    **({"goplugins_verdict": verdict.verdict, "goplugins_loaded": verdict.loaded} if verdict else {}),
                },
                "byproducts": [{"name": name, "digest": {"sha256": byproducts[name]}} for name in sorted(byproducts)],
            },
        },
    }


def _gateway(profile: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    changed = {"annotations": {"goplugins_modified": profile["modified"]}} if profile.get("modified") else {}
    uri = package_url(profile["module"], profile["version"])
    return {"uri": uri, "name": "gateway", "digest": {"gitCommit": profile["commit"]}, **changed}


def _source(name: str, digest: str) -> dict[str, t.Any]:
    """A source of which the record has a digest of this collection's own."""
    return {"name": name, "digest": {"goplugins_sha256": digest}}


def _module(module: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    """A module with its sum; a folder has none, and is among the sources."""
    used = module.get("replace", module)
    digest = dir_hash(used.get("sum", ""))
    return {"uri": package_url(used["path"], used["version"]), "digest": {"dirHash": digest}} if digest else None


def _later(moment: str, seconds: float) -> str:
    style = "%Y-%m-%dT%H:%M:%SZ"
    return (datetime.datetime.strptime(moment, style) + datetime.timedelta(seconds=round(seconds))).strftime(style)
