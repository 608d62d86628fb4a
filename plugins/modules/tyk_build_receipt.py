#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_build_receipt
short_description: Find out whether builds that ended well still hold, without doing them again
version_added: 0.1.0
description:
  - A receipt says what was asked for, what came of it, and what the file system said of all files that it rests on.
  - With O(state=read) it tells for each request whether there is a receipt and whether it still holds. It starts no program and reads no
    file but the receipts.
  - With O(state=written) it keeps receipts. The playbook C(build_plugins) does so when everything for a gateway ended well.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.environment
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: A receipt changes nothing that anybody uses but a later run.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  folder:
    description: Folder of the receipts on the build host.
    type: path
    required: true
  state:
    description:
      - Whether to read the receipts of O(asked), to write O(receipts), or to remove those of O(asked).
      - Receipts are removed before work is done again that they answer. If that does not end well, none of them says that it did.
    type: str
    choices: [read, written, absent]
    default: read
  asked:
    description:
      - The requests, each a SHA-256 of everything that was asked for. P(goplugins.tyk.build_requests#lookup) makes them.
      - An empty one stands for a request that no receipt may answer.
    type: list
    elements: str
    default: []
  artifacts:
    description:
      - Folder with the artifacts of earlier builds, with a folder for each gateway, O(goplugins.tyk.go_plugin_build#module:output).
      - Their records say in RV(built) what this host has built and how long that took, for P(goplugins.tyk.build_shares#filter).
    type: path
  receipts:
    description: With O(state=written), the receipts to keep.
    type: list
    elements: dict
    default: []
    suboptions:
      asked:
        description: The request. A receipt with an empty one is not kept.
        type: str
        required: true
      facts:
        description: What is to be known again when the receipt is read.
        type: dict
        default: {}
      paths:
        description: Files and folders that the result rests on. One that is not there must stay away.
        type: list
        elements: path
        default: []
      commands:
        description: Commands whose programs it rests on, such as those of C compilers.
        type: list
        elements: str
        default: []
      stamps:
        description:
          - From path to stamp, of files and folders that somebody may have changed since the work read them.
          - RV(goplugins.tyk.go_workspace#module:workspaces[].stamps) has them.
        type: dict
        default: {}
      warnings:
        description: Warnings of the work, which are repeated when the receipt answers.
        type: list
        elements: str
        default: []
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Find out whether this was done before
  goplugins.tyk.tyk_build_receipt:
    folder: ~/tyk-plugins/receipts
    artifacts: ~/tyk-plugins/artifacts
    asked: ["{{ my_request | to_json | hash('sha256') }}"]
    environment: {PATH: /opt/cross/bin:/usr/bin:/bin}
  register: before
  vars: &request
    my_request: {gateway: v5.3.6, source: /srv/testplugin}

- name: Keep a receipt of it
  goplugins.tyk.tyk_build_receipt:
    folder: ~/tyk-plugins/receipts
    state: written
    receipts:
      - asked: "{{ my_request | to_json | hash('sha256') }}"
        facts: {artifact: /srv/testplugin/testplugin.so}
        paths: [/srv/testplugin/testplugin.so, /usr/local/go]
        commands: [gcc]
        stamps: "{{ workspaces[0].stamps }}"
        warnings: []
  when: not before.known[0].current
  vars: *request
"""

RETURN = r"""
known:
  description: What is known of each request, in the order of O(asked).
  returned: O(state=read) or O(state=absent)
  type: list
  elements: dict
  sample: [{current: true, facts: {artifact: /srv/testplugin/testplugin.so}, reasons: [], time: '2026-01-31T12:00:00Z'}]
  contains:
    current:
      description: Whether there is a receipt that holds.
      type: bool
      returned: success
    reasons:
      description: Why not.
      type: list
      elements: str
      returned: success
    facts:
      description: Those of the receipt; empty without one that holds.
      type: dict
      returned: success
    time:
      description: When it was written, UTC; empty without one that holds.
      type: str
      returned: success
host:
  description: The host's own platform; empty where Go has no release for it.
  returned: O(state=read) or O(state=absent)
  type: str
  sample: linux/amd64
built:
  description: What the records in O(artifacts) say of earlier builds, whether they are current or not. The records are not verified.
  returned: O(state=read) or O(state=absent)
  type: list
  elements: dict
  sample: [{folder: v5.3.6, plugin: enrich, target: linux/amd64, seconds: 12.5, built: '2026-01-31T12:00:00Z'}]
  contains:
    folder:
      description: The folder of the gateway.
      type: str
      returned: success
    plugin:
      description: Name of the plugin.
      type: str
      returned: success
    target:
      description: What it was built for.
      type: str
      returned: success
    seconds:
      description: How long the build took.
      type: float
      returned: success
    built:
      description: When it began, UTC.
      type: str
      returned: success
elapsed:
  description: How long it took, in seconds.
  returned: always
  type: float
  sample: 0.06
"""

import functools
import re

from ansible_collections.goplugins.tyk.plugins.module_utils import _receipt
from ansible_collections.goplugins.tyk.plugins.module_utils._build import earlier
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, from_exception
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run


def work(module):
    """The result of the module. Raises GoPluginsError."""
    params = module.params
    for asked in [*params["asked"], *(receipt["asked"] for receipt in params["receipts"])]:
        if not re.fullmatch("([0-9a-f]{64})?", asked):
            raise GoPluginsError(f"asked is {asked!r}, which is no SHA-256", "make it with the lookup goplugins.tyk.build_requests")
    if params["state"] == "written":
        return write(params["folder"], params["receipts"], module.check_mode)
    if params["state"] == "absent":
        there = [_receipt.read(params["folder"], asked) is not None for asked in params["asked"] if asked]
        if any(there) and not module.check_mode:
            there = [_receipt.forget(params["folder"], asked) for asked in params["asked"] if asked]
        answers = [unknown("it was not to be asked") for _asked in params["asked"]]
    else:
        there = []
        # Several gateways share a toolchain.
        stamp = functools.lru_cache(maxsize=None)(_receipt.stamp)
        answers = [answer(params["folder"], asked, stamp) for asked in params["asked"]]
    return {
        "changed": any(there),
        "known": [known for known, _warnings in answers],
        "host": platform_or_none(),
        "built": earlier.builds(params["artifacts"]) if params["artifacts"] else [],
        "warnings": list(dict.fromkeys(warning for _known, warnings in answers for warning in warnings)),
    }


def answer(folder, asked, stamp):
    """(what is known of one request, the warnings of its work)"""
    receipt = _receipt.read(folder, asked) if asked else None
    if receipt:
        reasons = _receipt.differences(receipt, stamp)
    else:
        reasons = ["no such build ended well before" if asked else "what it rests on is elsewhere and may have changed"]
    if receipt is None or reasons:
        return unknown(*reasons)
    return {"current": True, "reasons": [], "facts": receipt.facts, "time": receipt.time}, receipt.warnings


def unknown(*reasons):
    """The answer to a request of which nothing is known."""
    return {"current": False, "reasons": list(reasons), "facts": {}, "time": ""}, []


def write(folder, receipts, check_mode):
    """Keep those that answer a request, and are not kept already."""
    now, host = _receipt.now(), _receipt.this_host()
    try:
        wanted = [complete(receipt, now, host) for receipt in receipts if receipt["asked"]]
        changed = not all(_receipt.is_kept(folder, receipt) for receipt in wanted)
        return {"changed": changed and (check_mode or _receipt.write(folder, wanted))}
    except OSError as error:
        # The builds are as good without it.
        return {"warnings": [f"No receipt was kept, and the next run will look at everything: {from_exception(error, folder).message}"]}


def complete(given, now, host):
    """The receipt with the stamps of this moment, and those of the time when the work began."""
    paths = dict.fromkeys([*given["paths"], *_receipt.programs(given["commands"])])
    stamps = {**{path: _receipt.stamp(path) for path in paths}, **given["stamps"]}
    return _receipt.Receipt(given["asked"], now, host, given["facts"], given["warnings"], stamps)


def platform_or_none():
    try:
        return str(host_platform())
    except GoPluginsError:
        return ""


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            "folder": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["read", "written", "absent"], "default": "read"},
            "asked": {"type": "list", "elements": "str", "default": []},
            "artifacts": {"type": "path"},
            "receipts": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "asked": {"type": "str", "required": True},
                    "facts": {"type": "dict", "default": {}},
                    "paths": {"type": "list", "elements": "path", "default": []},
                    "commands": {"type": "list", "elements": "str", "default": []},
                    "stamps": {"type": "dict", "default": {}},
                    "warnings": {"type": "list", "elements": "str", "default": []},
                },
            },
        },
    )


if __name__ == "__main__":
    main()
