#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_scaffold
short_description: Create the source of a new plugin
version_added: 0.1.0
description:
  - Creates a folder with a Go module that has a handler for each hook, tests for them that need no gateway, a README, and the variables
    with which the playbook C(goplugins.tyk.build_plugins) builds it.
  - The folder appears whole or not at all, and only where nothing is or an empty folder. In a folder that has the plugin already nothing is
    written, whatever was changed there; RV(different) says what a new one would have otherwise. Any other folder is refused.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: It has every file that is created.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  path:
    description: The folder. Folders above it are created too.
    type: path
    required: true
  name:
    description:
      - The name of the plugin, and of the folder of its Go module in O(path). By default the last part of O(path).
      - At most 100 letters, digits, V(.), V(_) and V(-). One that cannot be in a Go module path or a file name is refused with the nearest
        that can.
    type: str
  module:
    description: The Go module path, which begins with a domain. By default C(example.com/) and O(name).
    type: str
  hooks:
    description:
      - The kinds of hook, V(pre), V(auth_check), V(post_key_auth), V(post), V(response) and V(analytics). One that is misspelt is refused
        with the nearest.
      - In Go they are called C(Pre), C(AuthCheck), C(PostKeyAuth), C(Post), C(Response) and C(Analytics).
    type: list
    elements: str
    default: [pre]
  go_version:
    description:
      - The go line of the plugin's go.mod, which should be that of the gateway's. The plugin can be built with that Go and later ones.
      - The default is that of Tyk v5.3.6.
    type: str
    default: 1.22.6
  gateway:
    description:
      - Variables of the playbooks that name the gateway, for C(plugins.yml), from name to value.
      - A URL with a password is left out, as the file will be in git; RV(left_out) has the names.
    type: dict
    default: {tyk_gateway_version: v5.3.6}
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Create a plugin for Tyk v5.3.6
  goplugins.tyk.tyk_plugin_scaffold:
    path: "{{ playbook_dir }}/enrich"

- name: Create one with an authentication hook of its own, for the gateway that runs here
  goplugins.tyk.tyk_plugin_scaffold:
    path: "{{ playbook_dir }}/tenants"
    name: tenant-auth
    module: git.example.com/shop/tenant-auth
    hooks: [auth_check, response]
    go_version: "{{ gateway.profile.go_version }}"
    gateway:
      tyk_gateway_binary: /opt/tyk-gateway/tyk
"""

RETURN = r"""
path:
  description: The folder.
  returned: success
  type: str
  sample: /home/ann/enrich
files:
  description: The files of a new plugin, by their paths in it.
  returned: success
  type: list
  elements: str
  sample: [.gitignore, README.md, enrich/go.mod, enrich/hooks.go, enrich/hooks_test.go, plugins.yml]
different:
  description: Those of RV(files) that the folder had otherwise, or not at all. They are left alone.
  returned: success
  type: list
  elements: str
  sample: [enrich/hooks.go]
left_out:
  description: The names of those of O(gateway) that are not in C(plugins.yml), as they have a password.
  returned: success
  type: list
  elements: str
  sample: [tyk_gateway_repo]
symbols:
  description: From Go function to kind of hook.
  returned: success
  type: dict
  sample: {Pre: pre}
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 0.01
"""

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import secrets_in
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import first_release, parse_version
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run
from ansible_collections.goplugins.tyk.plugins.module_utils._scaffold import create, names, render


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    params = module.params
    path = os.path.realpath(params["path"])
    name = names.checked_name(params["name"] or os.path.basename(path))
    left_out = [key for key, value in params["gateway"].items() if secrets_in(str(value))]
    plugin = render.Plugin(
        name=name,
        module=names.checked_module(params["module"] or f"example.com/{name}"),
        hooks=names.checked_kinds(params["hooks"]),
        go_version=parse_version(first_release(params["go_version"])),
        gateway={key: value for key, value in params["gateway"].items() if key not in left_out},
    )
    files = render.files(plugin)
    mark = f"{name}/go.mod"
    different = create.other_files(path, files, mark)
    changed = different is None and (module.check_mode or create.create(path, files, mark))
    if not (changed or module.check_mode):
        create.swept(path)
    return {
        "changed": changed,
        "path": path,
        "files": list(files),
        "different": different or [],
        "left_out": left_out,
        "symbols": render.symbols(plugin.hooks),
        "diff": [
            {"before": "", "after": text, "before_header": os.path.join(path, file), "after_header": os.path.join(path, file)}
            for file, text in files.items()
            if changed
        ],
    }


def main():
    run(
        work,
        {
            "path": {"type": "path", "required": True},
            "name": {"type": "str"},
            "module": {"type": "str"},
            "hooks": {"type": "list", "elements": "str", "default": ["pre"]},
            "go_version": {"type": "str", "default": "1.22.6"},
            "gateway": {"type": "dict", "default": {"tyk_gateway_version": "v5.3.6"}},
        },
        writes_to="path",
    )


if __name__ == "__main__":
    main()
