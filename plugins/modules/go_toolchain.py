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
  - What arrives is proved by a checksum before anything of it is executed, unpacked beside its later place, asked whether it is the release
    that was wanted, and renamed. The tree is left as it was shipped, its C(go.env) included.
  - An inventory of all files, C(.goplugins-toolchain.json), lies in the folder. A toolchain with a changed, missing or additional file is
    replaced by a whole one. While size, times and inode of each file are as they were, no file is read and no C(go) is started; a change
    time cannot be set back by an ordinary user.
  - A folder without that inventory was put there by others; it is never taken over, replaced or removed.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
    details: Asks neither network nor archive, as an earlier task may bring what is still missing.
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  version:
    description:
      - The release, such as V(1.22.7), V(1.21.0), V(1.20) or V(1.27rc1). A leading C(go) is allowed.
      - Since Go 1.21 a name without a patch, as V(1.22), is no release but a language version, and refused.
      - The oldest is V(1.16).
    type: str
    required: true
  root:
    description:
      - Folder of all toolchains. It is made if it is missing; a lock file C(.go<version>.lock) stays in it.
      - It must not lie in C(/usr/local/go), nor where everybody can write.
    type: path
    required: true
  state:
    description: Whether the release shall be there. Only what this module installed is removed.
    type: str
    choices: [present, absent]
    default: present
  source:
    description:
      - Where the release comes from, when it is not there yet.
      - V(module) lets a Go that is on the host, O(go), fetch it as a module, with the module proxy and credentials of that Go; its checksum
        database vouches for it. There are modules of releases since 1.21.0.
      - V(download) gets the archive from O(download_url), proved by O(checksum) or by the index of that site.
      - V(archive) takes O(archive), proved by O(checksum).
      - V(auto) is V(archive) if O(archive) is given, V(download) if only O(checksum) is given, else V(module) if a Go that can is on the
        host, else V(download).
    type: str
    choices: [auto, module, download, archive]
    default: auto
  go:
    description:
      - The Go (1.21 or later) that fetches others.
      - Without it, the one on E(PATH), then C(/usr/local/go/bin/go).
    type: path
  goproxy:
    description: Module proxy for O(source=module). Without it E(GOPROXY) of the task, then what O(go) is configured with.
    type: str
  download_url:
    description:
      - Address under which the archives are, the Go site or a mirror of it. E(https_proxy), E(no_proxy) and E(SSL_CERT_FILE) count.
      - User and password may stand in it, with special characters percent-encoded; they appear in no result or log.
    type: str
    default: https://go.dev/dl
  checksum:
    description:
      - SHA-256 of the archive, 64 hexadecimal digits.
      - A toolchain that is not from that archive is replaced.
    type: str
  archive:
    description: Path on the host of an archive, the C(.tar.gz) of the Go site or the C(.zip) of the module.
    type: path
  platform:
    description:
      - The platform of the toolchain, as V(linux/amd64). It must run on the host.
      - Without it the host's own; needed where a 32-bit userland runs on a 64-bit kernel.
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
    download_url: https://mirror.example.com/golang
    checksum: ff445e48af27f93f66bd949ae060d97991c83e11289009d311f25426258f9c44

- name: Have Go 1.22.7 through a module proxy of one's own
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
    source: module
    go: /opt/bootstrap/bin/go
    goproxy: https://proxy.example.com

- name: Have Go 1.22.7 from a file on the host
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
    platform: linux/arm64
    archive: /srv/files/go1.22.7.linux-arm64.tar.gz
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
  description: V(module), V(download) or V(archive), where it came from or would come from; empty if there is nothing to remove.
  returned: success
  type: str
  sample: module
checksum:
  description:
    - What proved it, C(h1:) and the hash of the module as in go.sum, or C(sha256:) and the SHA-256 of the archive.
    - Empty in check mode where it would be installed.
  returned: success
  type: str
  sample: h1:kqngzYsxKTuUEL94hlWsfCcgirLVA4N+XMuxzddjzuM=
reasons:
  description: Why it was installed or removed, or would be; empty when nothing changed.
  returned: success
  type: list
  elements: str
  sample: [pkg/tool/linux_amd64/compile was changed]
"""

import os
import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import download, install
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.release import parse_version


def wanted_toolchain(params):
    """The toolchain that the arguments describe. Raises GoPluginsError."""
    checksum = (params["checksum"] or "").lower()
    if checksum and not re.fullmatch(r"[0-9a-f]{64}", checksum):
        raise GoPluginsError(f"checksum is {checksum!r}, not the 64 hexadecimal digits of a SHA-256", "sha256sum ARCHIVE")
    platform = params["platform"]
    if platform and not re.fullmatch(r"[a-z0-9]+/[a-z0-9]+", platform):
        raise GoPluginsError(f"platform is {platform!r}, not GOOS/GOARCH", "platform: linux/amd64")
    return install.Wanted(
        root=os.path.abspath(params["root"]),
        version=parse_version(params["version"]),
        platform=Platform(*platform.split("/")) if platform else host_platform(),
        source=params["source"],
        go=params["go"],
        goproxy=params["goproxy"],
        site=download.parse_site(params["download_url"]),
        checksum=checksum,
        archive=params["archive"],
    )


def secrets(url):
    """What stands between "//" and "@", as a whole and in its parts, where a part is long enough not to hide every other word."""
    found = re.findall(r"//([^/\s@,|]+)@", url or "")
    return [word for text in found for word in (text, *text.split(":", 1)[1:]) if len(word) > 3]


def main():
    module = AnsibleModule(
        argument_spec={
            "version": {"type": "str", "required": True},
            "root": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "source": {"type": "str", "choices": ["auto", "module", "download", "archive"], "default": "auto"},
            "go": {"type": "path"},
            # no_log keeps them out of the system's log, which is written before anything here can hide a password in them.
            "goproxy": {"type": "str", "no_log": True},
            "download_url": {"type": "str", "default": "https://go.dev/dl", "no_log": True},
            "checksum": {"type": "str"},
            "archive": {"type": "path"},
            "platform": {"type": "str"},
        },
        supports_check_mode=True,
    )
    state = module.params["state"]
    for option in ("goproxy", "download_url"):
        # The result may show all but the secret.
        module.no_log_values.discard(module.params[option])
        module.no_log_values.update(secrets(module.params[option]))
    try:
        wanted = wanted_toolchain(module.params)
        outcome = (install.ensure_present if state == "present" else install.ensure_absent)(wanted, module.check_mode)
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    except OSError as error:
        module.fail_json(msg=f"{error.filename or module.params['root']}: {error.strerror or error}")
    if outcome.warning:
        module.warn(outcome.warning)
    result = {}
    if module._diff and outcome.reasons:
        after = f"go{wanted.version} from {outcome.source}\n" if state == "present" else ""
        result["diff"] = {
            "before_header": wanted.goroot,
            "before": "".join(f"{reason}\n" for reason in outcome.reasons),
            "after_header": wanted.goroot,
            "after": after,
        }
    module.exit_json(
        changed=bool(outcome.reasons),
        goroot=wanted.goroot,
        go=os.path.join(wanted.goroot, "bin", "go"),
        version=wanted.version,
        source=outcome.source,
        checksum=outcome.checksum,
        reasons=list(outcome.reasons),
        **result,
    )


if __name__ == "__main__":
    main()
