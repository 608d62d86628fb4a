# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in and out of a module: arguments in, one result out, every error a message, never a traceback."""

from __future__ import annotations

import errno
import shlex
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

Result = t.Dict[str, t.Any]

# What shows the user why the system refused, by the system's error number.
_FIXES = {
    errno.ENOSPC: "df -h {path}",
    errno.EDQUOT: "quota",
    errno.EACCES: "ls -ld {path}",
    errno.EPERM: "ls -ld {path}",
    errno.EROFS: "findmnt --target {path}",
    errno.ENOTDIR: "ls -ld {path}",
    errno.EISDIR: "ls -ld {path}",
}


def run(work: t.Callable[[AnsibleModule], Result], argument_spec: t.Mapping[str, t.Any], **more: t.Any) -> None:
    """Run C(work) as the body of a module, and exit.

    work: takes the AnsibleModule, returns the result; C(failed=True) in it makes the module fail. It raises GoPluginsError or OSError.
    more: further arguments of AnsibleModule. Every result gets C(elapsed), in seconds; a C(diff) is returned only where it was asked for.
    """
    module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **more)
    started = time.monotonic()
    try:
        result = work(module)
    except GoPluginsError as error:
        result = {**error.as_result(), "failed": True}
    except OSError as error:
        result = {**from_system(error).as_result(), "failed": True}
    if not module._diff:
        result.pop("diff", None)
    result["elapsed"] = round(time.monotonic() - started, 2)
    if result.pop("failed", False):
        module.fail_json(**{"msg": "failed", **result})
    module.exit_json(**{"changed": False, **result})


def from_system(error: OSError) -> GoPluginsError:
    """What the operating system refused, as an error that a user understands."""
    path = _text(error.filename) if error.filename is not None else ""
    fix = _FIXES.get(error.errno or 0, "").format(path=shlex.quote(path)) if path else ""
    return GoPluginsError(f"{path}: {error.strerror or error}" if path else str(error), fix or None)


def _text(path: t.Any) -> str:
    return path.decode("utf-8", "replace") if isinstance(path, bytes) else str(path)
