# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files of a host on their way to the controller."""

from __future__ import annotations

import base64

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line


def bring(action, source, path, task_vars, readable=False):
    """Copy a file of the host of an action to a path of the controller. Raises GoPluginsError.

    readable: whether the user who logs in may read it too. If not, and another user has written it, it is held in memory on its way.
    """
    connection = action._connection
    if readable or not connection.become:
        try:
            connection.fetch_file(source, path)
            return
        except AnsibleConnectionFailure:
            raise
        except AnsibleError as error:
            raise GoPluginsError(f"{source} cannot be copied to the controller: {error}", command_line("ls -l", source)) from error
    # A connection copies as the user who logs in.
    read = action._execute_module(module_name="ansible.legacy.slurp", module_args={"src": source}, task_vars=task_vars)
    if read.get("failed"):
        raise GoPluginsError(f"{source} cannot be copied to the controller: {read.get('msg', '')}", command_line("ls -l", source))
    with open(path, "wb") as file:
        file.write(base64.b64decode(read["content"]))
