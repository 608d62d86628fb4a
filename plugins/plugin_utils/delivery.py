# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts on their way from a build host to a folder of the controller."""

from __future__ import annotations

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import place_atomically, read_json, sha256_file
from ansible_collections.goplugins.tyk.plugins.plugin_utils.shared_folder import filling
from ansible_collections.goplugins.tyk.plugins.plugin_utils.store import has_record


def is_delivered(folder, one):
    """Whether the controller has that artifact, with the same record. one: as C(go_plugin_build) returns it."""
    path = os.path.join(folder, os.path.basename(one["artifact"]))
    return os.path.isfile(path) and has_record(path, one["record_sha256"])


def deliver(one, folder, bring):
    """Put an artifact and its record into a folder of the controller; the path there. Raises GoPluginsError, and then nothing has changed.

    one: as C(go_plugin_build) returns it, with C(artifact), its path on the host, and C(record_sha256). bring(source, path): copies a file
    of the host to a path of the controller.
    """
    source = one["artifact"]
    name = os.path.basename(source)
    with filling(folder) as temporary:
        copy = os.path.join(temporary, name)
        for ending in (".json", ""):
            bring(f"{source}{ending}", f"{copy}{ending}")
            os.chmod(f"{copy}{ending}", 0o644)
        record = read_json(f"{copy}.json")
        expected = record.get("sha256") if isinstance(record, dict) else None
        if not has_record(copy, one["record_sha256"]) or sha256_file(copy) != expected:
            raise GoPluginsError(f"{source} is not what was built there: it or its record has changed since", "run again: it is built anew")
        # The record last: whoever finds it knows that the artifact is there.
        for ending in ("", ".json"):
            place_atomically(f"{copy}{ending}", os.path.join(folder, f"{name}{ending}"))
    return os.path.join(folder, name)
