#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_bundle
short_description: Pack Go plugins into a bundle that gateways download
version_added: 0.1.0
description:
  - Makes a bundle as C(tyk bundle build) does. It is a zip with artifacts and a C(manifest.json) that says which function is which hook,
    with a checksum and, if wanted, a signature.
  - One bundle serves gateways of several versions and platforms. It holds an artifact for each, the manifest has the name without
    version and platform, and each gateway loads its own.
  - The name is made of the content. A gateway keeps by its name what it has unpacked, and never looks again, so another content under an
    old name would never arrive. The digits are the beginning of what C(LC_ALL=C sha256sum * | sha256sum) prints in the folder with the
    unpacked files.
  - The same artifacts, hooks and key give the same name on every host, and the same bytes wherever Python has the same zlib.
  - Refuses, before it writes anything, what no gateway could use. That is a file that is no Go plugin or for another platform than its
    name says, a hook that the plugin does not export or that has another signature, an artifact that is not the one of its record, two
    artifacts that one gateway takes for the same, and a gateway that lacks the artifact of a plugin.
  - A bundle that is there and has the wanted content is left as it is.
  - Whether each gateway loads its artifact is for M(goplugins.tyk.tyk_plugin_verify) to say.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.plugins
attributes:
  check_mode:
    support: full
    details: The bundle is packed in a temporary folder, as nothing else says how large it will be.
  diff_mode:
    support: full
    details: Shows the files of the bundle and of the newest other one of O(prefix), and which bundles go.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  path:
    description:
      - Folder of the bundles, which a web server serves as the C(bundle_base_url) of the gateways. The module makes it if it is missing.
      - A gateway can also read the folder itself, with C(bundle_base_url) V(file:///srv/bundles).
    type: path
    required: true
  prefix:
    description: What the name of the bundle begins with, such as V(shop) for C(shop-4f0c9be1a2b3c4d5.zip).
    type: str
    required: true
  plugins:
    description:
      - The plugins of the bundle, as C(tyk_plugins) of the playbooks has them. The module uses O(plugins[].name) and O(plugins[].hooks).
      - Each of the hooks becomes one of the manifest. Hooks of one kind run in the order in which they stand here.
      - An API has one V(auth_check) hook. V(analytics) hooks are taken from bundles since v5.15.
    required: true
  artifacts:
    description:
      - Artifacts of the plugins, and folders with artifacts. A folder is searched itself and one level below, which is what
        C(tyk_artifacts) of the playbooks looks like.
      - An artifact has the name C({name}_{version}_{goos}_{goarch}.so). Every gateway that one plugin has an artifact for, all must have.
      - In folders, artifacts of other plugins are left out.
    type: list
    elements: path
    required: true
  key:
    description:
      - Path of an RSA private key, a PEM file without a password, to sign the bundle with. The program C(openssl) reads it, and nothing
        else.
      - Gateways with C(public_key_path) refuse a bundle without a signature. Since v5.11.1 a gateway checks a signed bundle again
        whenever it loads it, and one without a signature never.
    type: path
  compress:
    description:
      - Whether the files in the bundle are compressed, which takes some seconds and more than halves it.
      - With V(false) the bundle has the same bytes on every host. With V(true) another zlib may give others, though never another name.
    type: bool
    default: true
  keep:
    description:
      - How many older bundles of O(prefix) stay beside this one, the newest. Only what this module made is removed.
      - Without it all stay. A gateway that has not unpacked an older bundle yet can only load it while it is here.
    type: int
  rate:
    description:
      - How many bytes a second each of the gateways can load. A gateway gives up a download after 5 seconds, whatever has arrived.
      - A bundle that is too large for it is refused.
      - Without it, there is a warning about a bundle that takes longer at 10000000 bytes a second.
    type: int
seealso:
  - module: goplugins.tyk.tyk_bundle_clean
  - module: goplugins.tyk.tyk_definition_lint
  - module: goplugins.tyk.tyk_plugin_verify
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Pack the plugins of the shop, for all gateways that they were built for
  goplugins.tyk.tyk_plugin_bundle:
    path: /srv/bundles
    prefix: shop
    plugins:
      - name: testplugin
        hooks:
          AuthCheck: auth_check
          AddFooBarHeader: pre
      - name: enrich
        hooks:
          AddHeader: post
    artifacts: dist
  register: bundle

- name: Show what the API definition must name
  ansible.builtin.debug:
    msg: "custom_middleware_bundle: {{ bundle.name }}"

- name: Pack a signed bundle with the same bytes on every host, for gateways behind a line of 20 MB a second
  goplugins.tyk.tyk_plugin_bundle:
    path: /srv/bundles
    prefix: shop
    plugins: "{{ tyk_plugins }}"
    artifacts:
      - dist/v5.3.6/testplugin_v5.3.6_linux_amd64.so
      - dist/v5.8.5/testplugin_v5.8.5_linux_amd64.so
    key: /etc/tyk/bundle-key.pem
    compress: false
    keep: 3
    rate: 20000000
"""

RETURN = r"""
msg:
  description: The bundle in a few words.
  returned: success
  type: str
  sample: 'shop-4f0c9be1a2b3c4d5.zip: 2 plugins for 2 gateways, 28679612 bytes, 2.9 seconds at 10000000 bytes a second'
name:
  description: What C(custom_middleware_bundle) of an API definition must name.
  returned: success
  type: str
  sample: shop-4f0c9be1a2b3c4d5.zip
path:
  description: The bundle.
  returned: success
  type: str
  sample: /srv/bundles/shop-4f0c9be1a2b3c4d5.zip
sha256:
  description: SHA-256 of the bundle.
  returned: success
  type: str
  sample: 0b2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
size:
  description: Its size in bytes.
  returned: success
  type: int
  sample: 28679612
seconds:
  description: How long a gateway loads it, at O(rate) or at 10000000 bytes a second. It gives up after 5.
  returned: success
  type: float
  sample: 2.9
reason:
  description: Why the bundle was made, or would be; empty if it was there.
  returned: success
  type: str
  sample: there is no bundle of this content yet
folder:
  description: Folder in C(middleware_path) of a gateway where it unpacks the bundle.
  returned: success
  type: str
  sample: bundles/2f4a3b0c9d8e7f6a5b4c3d2e1f0a9b8c
files:
  description: The artifacts in it.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the file.
      returned: always
      type: str
      sample: testplugin_v5.3.6_linux_amd64.so
    plugin:
      description: Name of the plugin.
      returned: always
      type: str
      sample: testplugin
    version:
      description: Version of the gateways that load it.
      returned: always
      type: str
      sample: v5.3.6
    platform:
      description: Their platform.
      returned: always
      type: str
      sample: linux/amd64
    size:
      description: Size in bytes.
      returned: always
      type: int
      sample: 32453248
    sha256:
      description: SHA-256 of the file.
      returned: always
      type: str
      sample: 9f2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
manifest:
  description: The C(manifest.json) of the bundle.
  returned: success
  type: dict
  sample:
    file_list: [testplugin_v5.3.6_linux_amd64.so]
    custom_middleware:
      driver: goplugin
      pre: [{name: AddFooBarHeader, path: testplugin.so}]
    checksum: 9e107d9d372bb6826bd81d3542a419d6
public_key:
  description: The public key of O(key) as PEM, for the file that C(public_key_path) of the gateways names; empty without a signature.
  returned: success
  type: str
  sample: "-----BEGIN PUBLIC KEY-----\n..."
removed:
  description: Names of the older bundles that were removed, or would be.
  returned: success
  type: list
  elements: str
  sample: [shop-0123456789abcdef.zip]
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 2.7
"""

import json
import os

from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._bundle import bundle
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import BUNDLES, folder_name
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import PLUGINS, plugins_of
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    params = module.params
    for name, least in (("keep", 0), ("rate", 1)):
        if params[name] is not None and params[name] < least:
            raise GoPluginsError(f"{name} is {params[name]}, and must be {least} at least", "give it a number, or leave it out")
    wanted = bundle.Wanted(
        folder=os.path.abspath(params["path"]),
        prefix=params["prefix"],
        plugins=tuple(Plugin(plugin["name"], checked_hooks(plugin["hooks"])) for plugin in plugins_of(module)),
        places=tuple(params["artifacts"]),
        key=params["key"] or "",
        compress=params["compress"],
        keep=params["keep"],
        rate=params["rate"],
    )
    outcome = bundle.make(wanted, module.check_mode)
    return result_of(wanted, outcome)


def result_of(wanted, outcome):
    """The result of the module."""
    name, rate = os.path.basename(outcome.path), wanted.rate or bundle.USUAL_RATE
    seconds = round(outcome.size / rate, 1)
    gateways = {artifact.gateway for artifact in outcome.artifacts}
    slow = outcome.size > rate * bundle.SECONDS
    return {
        "changed": bool(outcome.reason or outcome.removed),
        "msg": f"{name}: {len(wanted.plugins)} plugins for {len(gateways)} gateways, {outcome.size} bytes, {seconds} seconds at {rate} "
        "bytes a second",
        "name": name,
        "path": outcome.path,
        "sha256": outcome.sha256,
        "size": outcome.size,
        "seconds": seconds,
        "reason": outcome.reason,
        "folder": f"{BUNDLES}/{folder_name(name)}",
        "files": [
            {
                "name": file.name,
                "plugin": artifact.plugin,
                "version": artifact.version,
                "platform": artifact.platform,
                "size": file.size,
                "sha256": file.sha256,
            }
            for artifact, file in zip(outcome.artifacts, outcome.content.files)
        ],
        "manifest": json.loads(outcome.content.manifest),
        "public_key": outcome.public_key,
        "removed": list(outcome.removed),
        "warnings": [
            f"a gateway gives up a download after {bundle.SECONDS} seconds; at {rate} bytes a second it needs {seconds} for the bundle "
            f"{name}. If yours are faster, say so with rate; else link the plugins with ldflags: -s -w, or let gateways read the bundle "
            "from a folder, with bundle_base_url: file:///FOLDER"
        ]
        * slow,
        "diff": differences(outcome, name),
    }


def differences(outcome, name):
    """What diff mode shows: the files of the newest other bundle and of this one, and the bundles that go."""
    found = []
    if outcome.reason:
        found.append(
            {
                "before_header": outcome.former,
                "before": listing(outcome.former_sums),
                "after_header": name,
                "after": listing(outcome.content.sums),
            }
        )
    if outcome.removed:
        found.append({"before_header": "older bundles", "before": "".join(f"{old}\n" for old in outcome.removed), "after": ""})
    return found


def listing(sums):
    """Files with their digests, a line each."""
    return "".join(f"{name} {digest}\n" for name, digest in sums.items())


def main():
    run(
        work,
        {
            "path": {"type": "path", "required": True},
            "prefix": {"type": "str", "required": True},
            "plugins": {**PLUGINS, "required": True},
            "artifacts": {"type": "list", "elements": "path", "required": True},
            # The path of the key, which is no secret.
            "key": {"type": "path", "no_log": False},
            "compress": {"type": "bool", "default": True},
            "keep": {"type": "int"},
            "rate": {"type": "int"},
        },
        writes_to="path",
    )


if __name__ == "__main__":
    main()
