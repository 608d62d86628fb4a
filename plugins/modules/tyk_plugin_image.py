#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_image
short_description: Put Go plugins into a container image, without a container engine
version_added: 0.1.0
description:
  - Writes an image as the OCI image specification has it. It is a folder with the image layout, or one tar archive of it. Tools like
    C(skopeo), C(podman), C(ctr) and C(crane) take it from there to a registry or to a node.
  - Without O(base) the image has the artifacts and nothing to run. Kubernetes mounts it as a volume of the type C(image) into the pod of
    the gateway. With O(base) the artifacts are one more layer on an image that you have, such as the gateway's own.
  - Nothing in the image depends on the host or the time, so the same artifacts and options give the same digest everywhere. The layer is
    not compressed, as two versions of zlib make different bytes of the same files. A tool that compresses while it copies changes the
    digest.
  - If the artifacts are for several platforms, the name of the image stands for all of them, and each node takes its own.
  - Refuses, before it writes anything, what no gateway could use. That is a file that is no Go plugin or for another platform than its
    name says, one that is not the file of its record, two artifacts that one gateway takes for the same, and a hook of O(plugins) that is
    not exported or has another signature.
  - An image that is there and is the wanted one is left as it is.
  - Whether each gateway loads its artifact is for M(goplugins.tyk.tyk_plugin_verify) to say.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.plugins
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows the digest of the image, and the files in it with their digests.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  path:
    description:
      - Where the image is to be, a folder with the layout, or with O(tar=true) a file. The module makes it if it is missing.
      - It is this image's alone. What is no image of this module is refused.
    type: path
    required: true
  tar:
    description: Whether the image is one tar archive, for C(podman load), C(ctr image import) or C(skopeo copy oci-archive:FILE).
    type: bool
    default: false
  name:
    description:
      - Name of the image, with a tag, such as V(registry.example.com/shop/plugins:v5.3.6).
      - Nothing is sent there. The image carries the name, so that tools know it.
    type: str
    required: true
  artifacts:
    description:
      - Artifacts of plugins, and folders with artifacts. A folder is searched itself and one level below, which is what C(tyk_artifacts)
        of the playbooks looks like. Name the folder of one gateway for an image of that gateway alone.
      - An artifact has the name C({name}_{version}_{goos}_{goarch}.so), which it keeps in the image. Gateways find it there if a definition
        names it without version and platform.
    type: list
    elements: path
    required: true
  plugins:
    description:
      - The plugins of the image, as C(tyk_plugins) of the playbooks has them. The module uses O(plugins[].name) and O(plugins[].hooks).
      - If some are named, each must have an artifact for every gateway and platform that another has one for.
      - Without it, the image has all artifacts that are there.
  platforms:
    description:
      - Platforms that the image is for, such as V(linux/amd64). Artifacts for others are left out.
      - Without it, those that there are artifacts for. Only Linux runs in containers.
    type: list
    elements: str
    default: []
  folder:
    description:
      - Folder of the artifacts in the image.
      - A volume shows the image from its root, so without O(base) V(/) is best. The volume is then mounted where definitions say.
      - With O(base), take a folder that the base does not have, such as V(/plugins), as folders on the way belong to root with mode 0755.
    type: str
    default: /
  user:
    description:
      - Number of the user that owns the artifacts. V(65532) is that of Tyk's images.
      - Without O(base) it is the user of the image too.
    type: int
    default: 65532
  group:
    description: Number of the group of the artifacts.
    type: int
    default: 65532
  mode:
    description: Mode of the artifacts, four octal digits in quotes. The gateway needs to read them, and nothing else.
    type: str
    default: '0644'
  annotations:
    description: Annotations of the image, such as C(org.opencontainers.image.version), from name to text.
    type: dict
    default: {}
  base:
    description:
      - Folder with the image layout of an image that gets the artifacts, such as the gateway's own.
      - It must have an image for each of the platforms.
      - C(skopeo copy --all docker://IMAGE oci:FOLDER) makes one. The new image runs what the base runs, as its user.
    type: path
seealso:
  - module: goplugins.tyk.tyk_plugin_bundle
  - module: goplugins.tyk.tyk_plugin_verify
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Put all artifacts for v5.3.6 into an image, to mount into the pods of gateways
  goplugins.tyk.tyk_plugin_image:
    path: /srv/images/plugins
    name: registry.example.com/shop/plugins:v5.3.6
    artifacts: dist/v5.3.6
  register: image

- name: Show what the values of the Helm chart must name
  ansible.builtin.debug:
    msg: "reference: {{ image.reference }}"

- name: Add two plugins to the gateway's image, for nodes of two platforms, as one file
  goplugins.tyk.tyk_plugin_image:
    path: /srv/images/gateway.tar
    tar: true
    name: registry.example.com/shop/tyk-gateway:v5.3.6-plugins
    base: /srv/images/tyk-gateway
    artifacts: dist/v5.3.6
    plugins:
      - name: testplugin
        hooks:
          AuthCheck: auth_check
      - name: enrich
    platforms: [linux/amd64, linux/arm64]
    folder: /plugins
    user: 0
    group: 0
    mode: '0444'
    annotations:
      org.opencontainers.image.version: v5.3.6
"""

RETURN = r"""
msg:
  description: The image in a few words.
  returned: success
  type: str
  sample: 'registry.example.com/shop/plugins:v5.3.6: 2 artifacts for linux/amd64, 64906752 bytes'
name:
  description: Name of the image.
  returned: success
  type: str
  sample: registry.example.com/shop/plugins:v5.3.6
reference:
  description: What names exactly this image in a registry, wherever it was copied without a change.
  returned: success
  type: str
  sample: registry.example.com/shop/plugins@sha256:0b2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
digest:
  description: Digest of the image, that of its index if it is for several platforms.
  returned: success
  type: str
  sample: sha256:0b2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00
manifests:
  description: From each platform to the digest of its manifest.
  returned: success
  type: dict
  sample: {linux/amd64: "sha256:0b2c6f0ffd6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7d8e9f00"}
path:
  description: The folder or file with the image.
  returned: success
  type: str
  sample: /srv/images/plugins
bytes:
  description: Size of the image, for all platforms.
  returned: success
  type: int
  sample: 64906752
reason:
  description: Why the image was made, or would be; empty if it was there.
  returned: success
  type: str
  sample: there is no image yet
files:
  description: The artifacts in it.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Path in the image.
      returned: always
      type: str
      sample: /testplugin_v5.3.6_linux_amd64.so
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
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 0.9
"""

import os
import re

from ansible_collections.goplugins.tyk.plugins.module_utils._artifacts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._image import place
from ansible_collections.goplugins.tyk.plugins.module_utils._image.image import Settings, repository_of
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import PLUGINS, plugins_of
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    params = module.params
    # YAML takes 0644 without quotes for 420.
    if not re.fullmatch("0[0-7]{3}", params["mode"]):
        raise GoPluginsError(f"the mode {params['mode']} is not four octal digits, the first a 0", "mode: '0644'")
    settings = Settings(params["name"], params["folder"], params["user"], params["group"], int(params["mode"], 8), params["annotations"])
    wanted = place.Wanted(
        path=os.path.abspath(params["path"]),
        archive=params["tar"],
        plugins=tuple(Plugin(plugin["name"], checked_hooks(plugin["hooks"])) for plugin in plugins_of(module)),
        places=tuple(params["artifacts"]),
        platforms=tuple(dict.fromkeys(params["platforms"])),
        base=params["base"] or "",
        settings=settings,
    )
    return result_of(wanted, place.make(wanted, module.check_mode))


def result_of(wanted, outcome):
    """The result of the module."""
    image, settings = outcome.image, wanted.settings
    return {
        "changed": bool(outcome.reason),
        "msg": f"{settings.name}: {len(outcome.files)} artifacts for {', '.join(image.manifests)}, {image.size} bytes",
        "name": settings.name,
        "reference": f"{repository_of(settings.name)}@{image.digest}",
        "digest": image.digest,
        "manifests": image.manifests,
        "path": wanted.path,
        # Ansible puts the size of the folder under C(size).
        "bytes": image.size,
        "reason": outcome.reason,
        "files": [
            {
                "path": settings.path(file),
                "plugin": artifact.plugin,
                "version": artifact.version,
                "platform": artifact.platform,
                "size": file.size,
                "sha256": file.sha256,
            }
            for artifact, file in outcome.files
        ],
        "diff": {"before": outcome.before, "after": outcome.after},
    }


def main():
    run(
        work,
        {
            "path": {"type": "path", "required": True},
            "tar": {"type": "bool", "default": False},
            "name": {"type": "str", "required": True},
            "artifacts": {"type": "list", "elements": "path", "required": True},
            "plugins": PLUGINS,
            "platforms": {"type": "list", "elements": "str", "default": []},
            "folder": {"type": "str", "default": "/"},
            "user": {"type": "int", "default": 65532},
            "group": {"type": "int", "default": 65532},
            "mode": {"type": "str", "default": "0644"},
            "annotations": {"type": "dict", "default": {}},
            "base": {"type": "path"},
        },
        writes_to="path",
    )


if __name__ == "__main__":
    main()
