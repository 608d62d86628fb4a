# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the records on a host say of earlier builds: enough to judge how long the next ones take, and for nothing else."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._build import identity

# Enough for a hundred gateways with twenty plugins each.
MOST = 2000


def builds(folder: str) -> list[dict[str, t.Any]]:
    """For each record in the folders of gateways below C(folder) what was built and how long that took; none is believed or verified."""
    found: list[dict[str, t.Any]] = []
    for gateway in _names(folder):
        for name in _names(os.path.join(folder, gateway)):
            if name.endswith(".so.json") and len(found) < MOST:
                found += _build(os.path.join(folder, gateway, name[: -len(".json")]), gateway)
    return found


def _build(artifact: str, gateway: str) -> list[dict[str, t.Any]]:
    """One or none."""
    record: dict[str, t.Any] = {}
    with contextlib.suppress(OSError):
        record = identity.read_record(artifact)
    label = record.get("profile", {}).get("label")
    name = os.path.basename(artifact)
    ending = f"_{label}_{record.get('target', '').replace('/', '_')}.so"
    if not record or not name.endswith(ending) or not re.fullmatch(r"[0-9T:Z-]{20}", record["built"]) or not 0 <= record["seconds"] < 1e6:
        return []
    rest = {"target": record["target"], "seconds": float(record["seconds"]), "built": record["built"]}
    return [{"folder": gateway, "plugin": name[: -len(ending)], **rest}]


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
