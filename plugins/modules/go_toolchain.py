#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: go_toolchain
short_description: Install an exact Go release beside others
version_added: 0.1.0
description:
  - Installs one Go release under C(<root>/<version>), side by side with others. C(/usr/local/go) and E(PATH) are never touched.
  - What arrives is proved by a checksum before anything of it is executed, unpacked beside its later place, checked to be the release that
    was asked for, and renamed.
  - An inventory of all files is kept beside the toolchain. A tree in which a file was changed, is missing or was added is installed anew.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Shows the release, and why it would be installed.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  version:
    description:
      - The release, such as V(1.22.7), V(1.21.0), V(1.20) or V(1.27rc1). A leading C(go) is allowed.
      - V(1.22) is no release since Go 1.21, but a language version.
    type: str
    required: true
  root:
    description: Folder of all toolchains. It is made if it is missing.
    type: path
    required: true
  state:
    description: Whether the release shall be there. Only what this module installed is ever removed.
    type: str
    choices: [present, absent]
    default: present
  source:
    description:
      - V(module) lets a Go that is on the host (1.21 or later) fetch the release through its own module proxy; its checksum database
        proves it. For releases since Go 1.21.
      - V(download) gets the archive from O(download_url), proved by O(checksum) or by the index of that site.
      - V(archive) takes O(archive), proved by O(checksum).
      - V(auto) is V(archive) if O(archive) is given, V(module) if a Go that can is on the host, else V(download).
    type: str
    choices: [auto, module, download, archive]
    default: auto
  go:
    description: The Go that fetches others, for O(source=module). By default the one on E(PATH), then C(/usr/local/go/bin/go).
    type: path
  goproxy:
    description: Module proxy for O(source=module), instead of E(GOPROXY) of the task or the host's own setting.
    type: str
  download_url:
    description: Where the archives are, the Go site or a mirror of it. It may hold credentials; they are never shown.
    type: str
    default: https://go.dev/dl
  checksum:
    description: SHA-256 of the archive, 64 hexadecimal digits.
    type: str
  archive:
    description: An archive on the host, as the Go site has it.
    type: path
  platform:
    description: The platform that the toolchain runs on, as V(linux/amd64). By default the host's own.
    type: str
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Have Go 1.22.7
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
  register: toolchain

- name: Have Go 1.20.14, which is no module, from a mirror
  goplugins.tyk.go_toolchain:
    version: 1.20.14
    root: /srv/tyk-plugins/go
    source: download
    download_url: https://mirror.example.com/golang
    checksum: ff445e48af27f93f66bd949ae060d97991c83e11289009d311f25426258f9c44

- name: Have Go 1.22.7 through a module proxy of one's own
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
    source: module
    go: /opt/bootstrap/bin/go
    goproxy: https://proxy.example.com

- name: Have Go 1.22.7 for arm64 from a file on the host
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/arm64/go
    platform: linux/arm64
    archive: /tmp/go1.22.7.linux-arm64.tar.gz
    checksum: ed695684438facbd7e0f286c30b7bc2411cfc605516d8127dc25c62fe5b03885

- name: Remove a release that is no longer wanted
  goplugins.tyk.go_toolchain:
    version: 1.21.13
    root: /srv/tyk-plugins/go
    state: absent
"""

RETURN = r"""
goroot:
  description: Folder of the toolchain.
  returned: success
  type: str
  sample: /srv/tyk-plugins/go/1.22.7
go:
  description: Path of its C(go).
  returned: success
  type: str
  sample: /srv/tyk-plugins/go/1.22.7/bin/go
version:
  description: The release, without C(go).
  returned: success
  type: str
  sample: 1.22.7
source:
  description: Where it came from; empty in check mode when it is not there.
  returned: success
  type: str
  sample: module
checksum:
  description: What proved it, the hash of the module or the SHA-256 of the archive; empty in check mode when it is not there.
  returned: success
  type: str
  sample: h1:kqngzYsxKTuUEL94hlWsfCcgirLVA4N+XMuxzddjzuM=
reason:
  description: Why it was installed, or would be; empty when nothing changed.
  returned: success
  type: str
  sample: pkg/tool/linux_amd64/compile was changed
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import install, inventory
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.release import parse_version


def wanted_toolchain(params):
    """The toolchain that the arguments describe. Raises GoPluginsError."""
    checksum = params["checksum"]
    if checksum and not re.fullmatch(r"[0-9a-fA-F]{64}", checksum):
        raise GoPluginsError(f"checksum is {checksum!r}, not the 64 hexadecimal digits of a SHA-256", "sha256sum ARCHIVE")
    platform = params["platform"]
    if platform and not re.fullmatch(r"[a-z0-9]+/[a-z0-9]+", platform):
        raise GoPluginsError(f"platform is {platform!r}", "GOOS/GOARCH, such as linux/amd64")
    return install.Wanted(
        root=os.path.abspath(params["root"]),
        version=parse_version(params["version"]),
        platform=Platform(*platform.split("/")) if platform else host_platform(),
        way=params["source"],
        bootstrap=params["go"],
        goproxy=params["goproxy"],
        download_url=params["download_url"],
        checksum=checksum,
        archive=params["archive"],
    )


def ensure(wanted, state, check_mode):
    """Bring the toolchain to its state. Gives (changed, reason). Raises GoPluginsError."""
    install.refuse_root(wanted.root)
    if state == "absent":
        changed = install.remove(wanted, check_mode)
        return changed, "it is not wanted" if changed else ""
    reason = install.problem(wanted) if check_mode else install.install(wanted)
    return bool(reason), reason


def main():
    module = AnsibleModule(
        argument_spec={
            "version": {"type": "str", "required": True},
            "root": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "source": {"type": "str", "choices": ["auto", "module", "download", "archive"], "default": "auto"},
            "go": {"type": "path"},
            "goproxy": {"type": "str"},
            "download_url": {"type": "str", "default": "https://go.dev/dl"},
            "checksum": {"type": "str"},
            "archive": {"type": "path"},
            "platform": {"type": "str"},
        },
        required_if=[("source", "archive", ("archive", "checksum"))],
        required_by={"archive": ("checksum",)},
        supports_check_mode=True,
    )
    for option in ("goproxy", "download_url"):
        module.no_log_values.update(re.findall(r"://[^/\s@:]*:?([^/\s@]{4,})@", module.params[option] or ""))
    try:
        wanted = wanted_toolchain(module.params)
        changed, reason = ensure(wanted, module.params["state"], module.check_mode)
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    known = inventory.read(wanted.root, wanted.version)
    module.exit_json(
        changed=changed,
        goroot=wanted.goroot,
        go=os.path.join(wanted.goroot, "bin", "go"),
        version=wanted.version,
        source=known.source if known else "",
        checksum=known.checksum if known else "",
        reason=reason,
        diff={"before": f"{reason}\n" if changed else "", "after": f"go{wanted.version} {module.params['state']}\n" if changed else ""},
    )


if __name__ == "__main__":
    main()
