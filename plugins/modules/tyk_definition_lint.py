#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_definition_lint
short_description: Find the Go plugins that API definitions name, and what is wrong with them
version_added: 0.1.0
description:
  - Reads API definitions as the gateway does, and returns every Go plugin that the gateway loads for them, with the file, the symbol and
    the kind of hook.
  - It reads classic definitions, OpenAPI documents with C(x-tyk-api-gateway), plugins of single endpoints, analytics plugins, the bundles
    that definitions name, and the manifests of bundles.
  - It names each mistake for which a gateway would run no plugin, or another one, often without a word in its log. The collection's
    docs/definitions has a page for each.
  - Whether the gateway loads these files is for M(goplugins.tyk.tyk_plugin_verify) to say, which takes RV(files) as they are.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.attributes.read_only
options:
  definitions:
    description:
      - Files and folders with definitions.
      - A folder is read as a gateway reads its C(app_path). It takes C(*.json) and no folders below. An OpenAPI document C(NAME-oas.json)
        belongs to the definition C(NAME.json), which decides what is loaded.
      - A file that is named by itself is read as if it was sent to the gateway.
      - The C(manifest.json) of a bundle is read with the files beside it.
    type: list
    elements: path
    required: true
  gateway:
    description:
      - The gateway's binary. It says for which release and platform the gateway looks for files.
      - Without it, name O(version) and O(platform).
    type: path
  version:
    description:
      - Release of the gateway, such as V(v5.3.6).
      - By default it is read from O(gateway).
    type: str
  platform:
    description: Platform of the gateway, such as V(linux/amd64), if O(gateway) is not given. It needs O(version).
    type: str
  directory:
    description:
      - Working directory of the gateway, where relative paths start.
      - By default it is the folder of O(gateway), which is what the packages of Tyk do, else the folder in which the module runs.
    type: path
  middleware:
    description: The gateway's C(middleware_path), where it keeps bundles. A relative path starts at O(directory).
    type: path
    default: middleware
  check_files:
    description: Whether the plugins' files should be on this machine. With V(false) the module does not look for them.
    type: bool
    default: true
  fail_on:
    description:
      - The task fails if a finding has one of these effects.
      - V(fails) means that the gateway drops the definition, does not run the plugin, or answers its requests with an error, V(unknown)
        that the definition does not show it, V(info) everything else.
      - With V(never), or an empty list, no finding fails the task.
    type: list
    elements: str
    choices: [fails, unknown, info, never]
    default: [fails]
seealso:
  - module: goplugins.tyk.tyk_plugin_verify
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Find the plugins that the gateway's definitions name
  goplugins.tyk.tyk_definition_lint:
    definitions: /opt/tyk-gateway/apps
    gateway: /opt/tyk-gateway/tyk
  register: defined

- name: Compare them with the gateway
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    files: "{{ defined.files }}"

- name: Check definitions before they are deployed
  goplugins.tyk.tyk_definition_lint:
    definitions: [apis/shop-oas.json, apis/basket.json, bundles/shop/manifest.json]
    version: v5.8.5
    platform: linux/amd64
    check_files: false
    fail_on: [fails, unknown, info]

- name: Only report, for a gateway that starts elsewhere
  goplugins.tyk.tyk_definition_lint:
    definitions: /etc/tyk/apps
    gateway: /usr/local/bin/tyk
    directory: /srv/tyk
    middleware: /var/lib/tyk/middleware
    fail_on: never
"""

RETURN = r"""
msg:
  description: The findings for people, or how many plugins were found.
  returned: always
  type: str
  sample: |-
    /opt/tyk-gateway/apps/shop.json: custom_middleware: fails: The driver is not set [driver-missing]. custom_middleware.driver is ...
      Fix: set custom_middleware.driver to "goplugin"
version:
  description: The release of the gateway, as it is in the names of files.
  returned: success
  type: str
  sample: v5.3.6
plugins:
  description:
    - The plugins that the gateway loads, in the order of the definitions.
    - Hooks that it never loads, such as disabled ones, are not among them.
  returned: success
  type: list
  elements: dict
  contains:
    definition:
      description: File with the definition, or the manifest of a bundle.
      returned: always
      type: str
      sample: /opt/tyk-gateway/apps/shop.json
    where:
      description: Where in its JSON the plugin is named.
      returned: always
      type: str
      sample: custom_middleware.pre[0]
    kind:
      description:
        - The kind of hook. V(pre), V(auth_check), V(post_key_auth), V(post), V(response) or V(analytics).
        - A plugin of a single endpoint is a V(post) hook.
      returned: always
      type: str
      sample: pre
    path:
      description: The path as it is written there. In a bundle, the bundle's folder stands before it.
      returned: always
      type: str
      sample: middleware/headers.so
    symbol:
      description: The name of the function.
      returned: always
      type: str
      sample: AddHeader
    endpoint:
      description: The endpoint, for a plugin of a single one; else empty.
      returned: always
      type: str
      sample: GET /status
    candidates:
      description: The files that the gateway looks for, in its order.
      returned: always
      type: list
      elements: str
      sample: [/opt/tyk-gateway/middleware/headers_v5.3.6_linux_amd64.so, /opt/tyk-gateway/middleware/headers_5.3.6_linux_amd64.so]
    file:
      description: The first of them that is there; empty if none is.
      returned: always
      type: str
      sample: /opt/tyk-gateway/middleware/headers_v5.3.6_linux_amd64.so
files:
  description: The files of RV(plugins) that are there, each once, as O(goplugins.tyk.tyk_plugin_verify#module:files) takes them.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      returned: always
      type: str
      sample: /opt/tyk-gateway/middleware/headers_v5.3.6_linux_amd64.so
    hooks:
      description: From symbol to kind of hook.
      returned: always
      type: dict
      sample: {AddHeader: pre}
findings:
  description: What is wrong, in the order of the definitions.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: Name of the kind of finding; it stays the same between releases. The collection's docs have a page for each.
      returned: always
      type: str
      sample: driver-missing
    effect:
      description: V(fails), V(unknown) or V(info).
      returned: always
      type: str
      sample: fails
    title:
      description: The kind of finding in a few words.
      returned: always
      type: str
      sample: The driver is not set
    message:
      description: What is wrong here.
      returned: always
      type: str
      sample: custom_middleware.driver is not set, so the gateway does not take /p/a.so for a Go plugin.
    meaning:
      description: What the gateway does, and why.
      returned: always
      type: str
      sample: The driver says what runs the hooks of an API.
    definition:
      description: File with the definition, or the manifest of a bundle.
      returned: always
      type: str
      sample: /opt/tyk-gateway/apps/shop.json
    where:
      description: The place in its JSON; empty for the file as a whole.
      returned: always
      type: str
      sample: custom_middleware
    cure:
      description: What to change.
      returned: always
      type: list
      elements: str
      sample: [set custom_middleware.driver to "goplugin"]
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 0.02
"""

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import as_text, files_of, lint_files
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import MIDDLEWARE, Gateway, gateway_of, release_of
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import known_target
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import platform_of


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    options = module.params
    gateway = reader_of(options)
    report = lint_files(options["definitions"], gateway, options["check_files"])
    texts = [as_text(finding) for finding in report.findings]
    return {
        "msg": "\n".join(texts) or f"{len(report.plugins)} Go plugins are named, with nothing wrong in the definitions",
        "version": gateway.version,
        "plugins": [plugin.as_dict() for plugin in report.plugins],
        "files": files_of(report.plugins),
        "findings": [finding.as_dict() for finding in report.findings],
        "failed": bool({finding.effect for finding in report.findings} & set(options["fail_on"])),
    }


def reader_of(options):
    """The gateway that reads the definitions. Raises GoPluginsError."""
    path, version, directory, middleware = (options[name] for name in ("gateway", "version", "directory", "middleware"))
    if path:
        with open_file(path) as file:
            return gateway_of(file, platform_of(file), version, directory, middleware)
    known_target(options["platform"])
    platform = Platform(*options["platform"].split("/"))
    return Gateway(release_of(version), platform, os.path.abspath(directory or ""), middleware)


def main():
    run(
        work,
        {
            "definitions": {"type": "list", "elements": "path", "required": True},
            "gateway": {"type": "path"},
            "version": {"type": "str"},
            "platform": {"type": "str"},
            "directory": {"type": "path"},
            "middleware": {"type": "path", "default": MIDDLEWARE},
            "check_files": {"type": "bool", "default": True},
            "fail_on": {
                "type": "list",
                "elements": "str",
                "choices": ["fails", "unknown", "info", "never"],
                "default": ["fails"],
            },
        },
        required_one_of=[("gateway", "platform")],
        mutually_exclusive=[("gateway", "platform")],
        required_by={"platform": ("version",)},
    )


if __name__ == "__main__":
    main()
