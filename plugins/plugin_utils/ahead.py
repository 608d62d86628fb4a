# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Ansible's main process reads ahead.

Each task of each host has a process of its own, a fork of the main one. What that has imported and read, they
need not import and read again.
"""

from __future__ import annotations

import functools
import importlib
import pathlib

from ansible_collections.goplugins.tyk.plugins.plugin_utils import payloads, specification


@functools.lru_cache(maxsize=None)
def read():
    """Import the code of lookups and filters, and read what they always read. Bring the payloads of modules."""
    for path in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        importlib.import_module(f"{__name__.rpartition('.')[0]}.{path.stem}")
    specification.of_playbooks()
    specification.of_roles()
    specification.digest()
    payloads.bring()
