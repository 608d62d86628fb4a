#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_guard
short_description: Install the program that checks a gateway's plugins before it starts
version_added: 0.1.0
description:
  - Writes one file, a program that gives the verdict for every Go plugin that a gateway's API definitions name. It is made from this
    collection's own code, needs Python 3.8 or later with its standard library, and neither Ansible nor the collection.
  - The same collection and the same Python give the same bytes, so the file changes only when the collection or the host's Python does.
  - The role P(goplugins.tyk.plugin_guard#role) makes systemd run it.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: It names the parts of the program that change.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  path:
    description: The file. Its folder is created if it is missing, and removed with it if nothing else is in there.
    type: path
    default: /usr/local/lib/tyk-plugin-guard/guard.pyz
  state:
    description: Whether the file is there. Only a file that this module wrote is replaced or removed.
    type: str
    choices: [present, absent]
    default: present
  interpreter:
    description:
      - The Python that runs the program.
      - By default the one that runs this module. For that one the program is compiled, so that it starts in a third of the time.
    type: path
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Install the guard
  goplugins.tyk.tyk_plugin_guard:
    path: /usr/local/lib/tyk-plugin-guard/guard.pyz
    interpreter: /usr/bin/python3
  register: guard

- name: Ask whether the gateway will load its plugins
  ansible.builtin.command:
    argv:
      - "{{ guard.path }}"
      - check
      - --gateway=/opt/tyk-gateway/tyk
      - --conf=/opt/tyk-gateway/tyk.conf
  changed_when: false

- name: Remove the guard
  goplugins.tyk.tyk_plugin_guard:
    state: absent
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: /usr/local/lib/tyk-plugin-guard/guard.pyz
interpreter:
  description: The Python that runs it.
  returned: O(state=present)
  type: str
  sample: /usr/bin/python3
sha256:
  description: The SHA-256 of the file.
  returned: O(state=present)
  type: str
  sample: 4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 0.35
"""

import contextlib
import hashlib
import os
import re
import sys

from ansible_collections.goplugins.tyk.plugins.module_utils import _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line

# Its code goes to hosts only with a module that imports it.
from ansible_collections.goplugins.tyk.plugins.module_utils._guard import main as guard
from ansible_collections.goplugins.tyk.plugins.module_utils._guard import pack
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    path = module.params["path"]
    there = guard_at(path)
    if module.params["state"] == "absent":
        changed = there is not None and (module.check_mode or remove(path))
        return {"changed": changed, "path": path, "diff": diff(path, there, b"")}
    interpreter = module.params["interpreter"] or sys.executable
    if not os.path.isabs(interpreter) or re.search(r"\s", interpreter):
        raise GoPluginsError(
            f"{interpreter!r} cannot stand in the first line of a program", "name a path without blanks, as /usr/bin/python3"
        )
    wanted = pack.pack(guard.__name__, interpreter)
    changed = not is_right(path, wanted)
    if changed and not module.check_mode:
        changed = write(path, wanted)
    elif not module.check_mode:
        # What a killed run left beside it.
        _files.sweep(os.path.dirname(path), temporary(path), lock(path))
    return {
        "changed": changed,
        "path": path,
        "interpreter": interpreter,
        "sha256": hashlib.sha256(wanted).hexdigest(),
        "diff": diff(path, there, wanted),
    }


def guard_at(path):
    """The bytes of the guard at a path; None where there is nothing. Raises GoPluginsError where something else is."""
    if not os.path.lexists(path):
        return None
    there = pack.read(path)
    if there is None:
        raise GoPluginsError(f"{path} is no guard that this collection wrote, and is left alone", command_line("ls -l", path))
    return there


def is_right(path, wanted):
    """Whether that very program is there, and can be started."""
    return guard_at(path) == wanted and os.stat(path).st_mode & 0o777 == 0o755


def write(path, wanted):
    """Write the program; whether another run has not done so meanwhile."""
    with _files.locked(lock(path)):
        _files.remove_leftovers(os.path.dirname(path), temporary(path))
        if is_right(path, wanted):
            return False
        _files.write_atomically(path, wanted, 0o755)
        return True


def remove(path):
    """Remove the program and its folder, if nothing else is in there; whether another run has not done so meanwhile."""
    with _files.locked(lock(path)):
        _files.remove_leftovers(os.path.dirname(path), temporary(path))
        there = guard_at(path) is not None
        if there:
            os.unlink(path)
        # Else the folder would stay for it.
        os.unlink(lock(path))
        with contextlib.suppress(OSError):
            os.rmdir(os.path.dirname(path))
    return there


def temporary(path):
    """What the names of files begin with that are not whole yet."""
    return f".{os.path.basename(path)}."


def lock(path):
    """The path of the lock."""
    return os.path.join(os.path.dirname(path), f"{temporary(path)}lock")


def diff(path, before, after):
    """What changes: a line for each file in the archive."""
    return {
        "before_header": path,
        "after_header": path,
        "before": "".join(f"{line}\n" for line in pack.listed(before or b"")),
        "after": "".join(f"{line}\n" for line in pack.listed(after)),
    }


def main():
    run(
        work,
        {
            "path": {"type": "path", "default": "/usr/local/lib/tyk-plugin-guard/guard.pyz"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "interpreter": {"type": "path"},
        },
        writes_to="path",
    )


if __name__ == "__main__":
    main()
