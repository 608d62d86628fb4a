# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in and out of a module: arguments in, one result out, every error a message, never a traceback."""

from __future__ import annotations

import errno
import os
import shlex
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils import _command, _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

Result = t.Dict[str, t.Any]

# Where the system's own words do not say what was expected there. {at}: the nearest part of the path that exists.
_MEANINGS = {
    errno.EEXIST: "{path} is not a folder",
    errno.ENOTDIR: "{path} cannot exist, as {at} is not a folder",
    errno.EISDIR: "{path} is a folder, where a file belongs",
}
# What shows the user why the system refused; a look at what is there where no line says more.
_FIXES = {
    errno.ENOSPC: "df -h {at}",
    errno.EDQUOT: "quota",
    errno.EFBIG: "ulimit -f",
    errno.EROFS: "findmnt --target {at}",
}


def run(work: t.Callable[[AnsibleModule], Result], argument_spec: t.Mapping[str, t.Any], writes_to: str = "", **more: t.Any) -> None:
    """Run C(work) as the body of a module, and exit.

    work: takes the AnsibleModule, returns the result; C(failed=True) in it makes the module fail. It raises GoPluginsError or OSError.
    writes_to: the option that names where the module writes. A write to a full disk fails without a path, and is reported with that one.
    A module that is asked to end (SIGTERM, SIGHUP, SIGINT) ends what it started, removes what is temporary, and fails.
    more: further arguments of AnsibleModule. Every result gets C(elapsed), in seconds; a C(diff) is returned only where it was asked for.
    """
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **more)
    started = time.monotonic()
    try:
        with _command.stoppable():
            result = work(module)
    except GoPluginsError as error:
        result = {**error.as_result(), "failed": True}
    except OSError as error:
        result = {**from_system(error, module.params.get(writes_to) or "").as_result(), "failed": True}
    except _command.Stopped as stop:
        result = {**GoPluginsError(str(stop), "run the task again; what it had begun is undone").as_result(), "failed": True}
    for line in _files.waits():
        module.warn(line)
    if not module._diff:
        result.pop("diff", None)
    result["elapsed"] = round(time.monotonic() - started, 2)
    if result.pop("failed", False):
        module.fail_json(**{"msg": "failed", **result})
    module.exit_json(**{"changed": False, **result})


def from_system(error: OSError, place: str = "") -> GoPluginsError:
    """What the operating system refused, as an error that a user understands. place: the path, where the system names none."""
    # A copy that fails names its source first; that is not what is full.
    path = (error.filename2 if error.errno == errno.ENOSPC else None) or error.filename or place
    if not isinstance(path, (str, bytes)) or not path:
        return GoPluginsError(error.strerror or str(error))
    path = os.fsdecode(path)
    at = _nearest(path)
    message = _MEANINGS.get(error.errno or 0, "{path}: {words}").format(path=path, at=at, words=error.strerror or error)
    return GoPluginsError(message, _FIXES.get(error.errno or 0, "ls -ld {at}").format(at=shlex.quote(at)))


def _nearest(path: str) -> str:
    """The longest part of a path, from its beginning, that exists."""
    path = os.path.abspath(path)
    while not os.path.lexists(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return path
