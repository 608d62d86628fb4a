# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a plugin, as a CycloneDX 1.6 bill of materials, from its record alone: the same record gives the same bytes.

It is a document of a few fields, written here, so a controller needs no library for it; the tests hold it against the schema.
"""

from __future__ import annotations

import base64
import binascii
import typing as t
import urllib.parse
import uuid

from ansible_collections.goplugins.tyk.plugins.module_utils._build.licenses import IDENTIFIERS

_SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
_NAMESPACE = uuid.UUID("6b8f1f3c-0d0f-5f0e-9a53-5d1a3c1f7e10")


def of_record(record: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The bill of materials of the artifact of a record."""
    main = f"file:{record['artifact']}#{record['sha256']}"
    components = {one["bom-ref"]: one for one in _components(record)}
    return {
        "$schema": _SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_NAMESPACE, record['sha256'] + record['built'])}",
        "version": 1,
        "metadata": {
            "timestamp": record["built"],
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "goplugins.tyk"}]},
            "component": {
                "type": "library",
                "bom-ref": main,
                "name": record["artifact"],
                "version": record["digest"][:12],
                "hashes": [_sha256(record["sha256"])],
                "properties": _properties({"go:module": record.get("plugin_path", ""), "target": record["target"]}),
            },
        },
        "components": list(components.values()),
        # Which module needs which, the file does not say.
        "dependencies": [{"ref": main, "dependsOn": sorted(components)}, *({"ref": ref} for ref in sorted(components))],
    }


def dir_hash(told: str) -> str:
    """The sum of a module in go.sum, C(h1:...), as 64 hexadecimal digits; empty where it is none."""
    try:
        digest = base64.b64decode(told[3:], validate=True) if told.startswith("h1:") else b""
    except (binascii.Error, ValueError):
        return ""
    return digest.hex() if len(digest) == 32 else ""


def package_url(path: str, version: str) -> str:
    """The package URL of a Go module: in lower case, as its specification demands, whatever Go thinks of that."""
    quoted = "/".join(urllib.parse.quote(part, safe="~") for part in path.lower().split("/"))
    return f"pkg:golang/{quoted}@{urllib.parse.quote(version, safe='~')}" if version else f"pkg:golang/{quoted}"


def _components(record: t.Mapping[str, t.Any]) -> t.Iterator[dict[str, t.Any]]:
    go_version = str(record["inputs"].get("go_version", ""))
    yield _component("std", go_version, "", ["BSD-3-Clause"], {})
    profile = record["profile"]
    for module in record["modules"]:
        # Of a folder that stands for a module nothing is known but what it stands for.
        used = module["replace"] if "sum" in module.get("replace", {}) else module
        more = {"go:replaces": f"{module['path']}@{module['version']}" if used is not module else ""}
        version = used["version"]
        if module["path"] == profile.get("module") and not used.get("sum"):
            # In the workspace it is a folder, the checkout.
            used, version = module, profile.get("version") or profile.get("label") or version
            more = {"git:commit": profile.get("commit", "")}
        yield _component(used["path"], version, used.get("sum", ""), record.get("licenses", {}).get(f"{used['path']}@{version}", []), more)


def _component(path: str, version: str, told: str, licenses: t.Sequence[str], more: t.Mapping[str, str]) -> dict[str, t.Any]:
    hashed = dir_hash(told)
    return {
        "type": "library",
        "bom-ref": f"{path}@{version}",
        "name": path,
        "version": version,
        "purl": package_url(path, version),
        **({"hashes": [_sha256(hashed)]} if hashed else {}),
        **({"licenses": [{"license": _license(one)} for one in licenses]} if licenses else {}),
        **({"properties": _properties(more)} if any(more.values()) else {}),
    }


def _license(name: str) -> dict[str, str]:
    """It is concluded from a text. An identifier that is none would make the whole document invalid."""
    return {"id" if name in IDENTIFIERS else "name": name, "acknowledgement": "concluded"}


def _sha256(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}


def _properties(values: t.Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": f"goplugins.tyk:{name}", "value": value} for name, value in values.items() if value]
