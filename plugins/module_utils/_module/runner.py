# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one way in and out of a module: arguments in, one result out, every error a message, never a traceback."""

from __future__ import annotations

import json
import os
import sys
import time
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils import _command, _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, from_exception, shown
from ansible_collections.goplugins.tyk.plugins.module_utils._module.secrets import show_all_but_secrets

Result = t.Dict[str, t.Any]

# The option of modules that start programs. Ansible prints the keyword "environment" of a task, but no option with no_log.
ENVIRONMENT: dict[str, dict[str, t.Any]] = {"environment": {"type": "dict", "default": {}, "no_log": True}}


def run(work: t.Callable[[AnsibleModule], Result], argument_spec: t.Mapping[str, t.Any], writes_to: str = "", **more: t.Any) -> None:
    """Run C(work) as the body of a module, and exit.

    work: takes the AnsibleModule, returns the result; C(failed=True) in it makes the module fail, C(warnings) are given to Ansible.
    Whatever it raises becomes a message.
    writes_to: the option that names where the module writes. A write to a full disk fails without a path, and is reported with that one.
    A module that is asked to end (SIGTERM, SIGHUP, SIGINT) ends what it started, removes what is temporary, and fails.
    more: further arguments of AnsibleModule. Every result gets C(elapsed), in seconds; a C(diff) is returned only where it was asked for.

    The option C(environment), in modules that have it, counts before the environment of the task. Results are as C(shown) makes them.
    """
    # Nobody else writes to what we make, whatever the caller allows.
    os.umask(os.umask(0o022) | 0o022)
    try:
        module = AnsibleModule(argument_spec=dict(argument_spec), supports_check_mode=True, **more)
    except UnicodeError as error:
        # Ansible writes arguments to the system's log, and cannot do so with one that is not UTF-8.
        sys.stdout.write(json.dumps({**from_exception(error).as_result(), "failed": True}))
        raise SystemExit(1) from error
    started = time.monotonic()
    show_all_but_secrets(module)
    try:
        os.environ.update({name: str(value) for name, value in (module.params.pop("environment", None) or {}).items()})
        with _command.stoppable():
            result = work(module)
    except _command.Stopped as stop:
        result = {**GoPluginsError(str(stop), "run the task again; what it had begun is undone").as_result(), "failed": True}
    except Exception as error:  # pylint: disable=broad-exception-caught
        result = {**from_exception(error, module.params.get(writes_to) or "").as_result(), "failed": True}
    for warning in (*_files.waits(), *result.pop("warnings", ())):
        module.warn(shown(warning))
    if not module._diff:
        result.pop("diff", None)
    result["elapsed"] = round(time.monotonic() - started, 2)
    # The result repeats the arguments, but for the environment.
    module.params = shown(module.params)
    result = shown(result)
    if result.pop("failed", False):
        module.fail_json(**{"msg": "failed", **result})
    module.exit_json(**{"changed": False, **result})
