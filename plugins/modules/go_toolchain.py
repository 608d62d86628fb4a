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
  - What arrives is proved by a checksum before any of it is executed, unpacked beside its later place, asked whether it is the wanted
    release, and renamed. The tree stays as it was shipped, its C(go.env) included.
  - An inventory of all files, C(.goplugins-toolchain.json), lies in the folder. A toolchain with a changed, missing or additional file is
    replaced by a whole one. While size, times and inode of each file are as they were, no file is read and no C(go) is started; an
    ordinary user cannot set a change time back.
  - A folder without that inventory is somebody else's; the module never takes it over, replaces or removes it.
  - Since Go 1.21 the toolchains for Linux are linked statically. They need no C library of the host and run on Alpine (musl) as they are;
    older ones need glibc there.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.environment
attributes:
  check_mode:
    support: full
    details: Reads neither network nor archive, as an earlier task may bring what is still missing.
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
      - Since Go 1.21 a name without a patch, such as V(1.22), is a language version and not a release, and so refused.
      - The oldest is V(1.16).
      - Needed unless O(state=absent) with O(keep).
    type: str
  root:
    description:
      - Folder of all toolchains. The module makes it if it is missing; a lock file C(.go<version>.lock) stays in it.
      - It must not lie in C(/usr/local/go), nor where everybody can write.
      - With O(state=cached) the folder of archives.
    type: path
    required: true
  state:
    description:
      - V(present) installs the release, V(absent) removes it, if this module installed it.
      - V(cached) installs nothing, but puts the archive of the release in the folder O(root), proved. Other hosts install from it, with
        RV(archive) and RV(checksum). Runs for many hosts at once fetch it once.
    type: str
    choices: [present, absent, cached]
    default: present
  keep:
    description:
      - Releases that stay, besides O(version) with O(state=present). The module removes all others that it put below O(root).
      - Without it, all stay.
    type: list
    elements: str
  link:
    description:
      - A symbolic link to the release, replaced in one step. If something else is there than a link to below O(root), the task fails and
        leaves it alone.
      - With O(state=absent) the module removes the link if it leads to a release that it removes.
    type: path
  link_to:
    description: Where O(link) leads, to the folder of the toolchain or to its program C(go).
    type: str
    choices: [goroot, go]
    default: goroot
  source:
    description:
      - Where the release comes from, when it is not there yet.
      - V(module) lets a Go that is on the host, O(go), fetch it as a module, with the module proxy and credentials of that Go; its checksum
        database vouches for it. Releases are modules since 1.21.0.
      - V(download) gets the archive from O(download_url), proved by O(checksum) or by the index of that site.
      - V(archive) takes O(archive), proved by O(checksum).
      - V(auto) is V(archive) if O(archive) is given, V(download) if only O(checksum) is given, else V(module) if a Go that can fetch it
        is on the host, else V(download).
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
      - Where the archives are, the Go site or a mirror of it. E(https_proxy), E(no_proxy) and E(SSL_CERT_FILE) count.
      - A download that breaks off is resumed where it ended, up to three times with growing pauses, and by a later run.
      - It may hold user and password, with special characters percent-encoded; they appear in no result or log.
    type: str
    default: https://go.dev/dl
  ca_path:
    description:
      - A file with the certificates (PEM) to trust in place of the host's own, for a mirror or a module proxy with a private CA.
      - On macOS Go trusts what the system trusts; for O(source=module) the CA must be known there.
    type: path
  checksum:
    description:
      - SHA-256 of the archive, 64 hexadecimal digits, with or without C(sha256:) before them.
      - For the C(.zip) of a module also its hash C(h1:...), as go.sum and RV(checksum) have it. The module compares it once the files are
        unpacked, before it executes any of them.
      - A toolchain from another archive is replaced.
    type: str
  archive:
    description: Path on the host of an archive, the C(.tar.gz) of the Go site or the C(.zip) of the module.
    type: path
  platform:
    description:
      - The platform of the toolchain, such as V(linux/amd64). It must run on the host.
      - Without it the host's own; needed where a 32-bit userland runs on a 64-bit kernel.
    type: str
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Install Go 1.22.7
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
  register: toolchain

- name: Install Go 1.20.14, which is not a module, from a mirror
  goplugins.tyk.go_toolchain:
    version: 1.20.14
    root: /srv/tyk-plugins/go
    download_url: https://mirror.example.com/golang
    checksum: ff445e48af27f93f66bd949ae060d97991c83e11289009d311f25426258f9c44

- name: Install Go 1.22.7 through a module proxy of one's own, with a private CA
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
    source: module
    go: /opt/bootstrap/bin/go
    goproxy: https://proxy.example.com
    ca_path: /etc/ssl/certs/example-ca.pem
    environment:
      no_proxy: proxy.example.com

- name: Install Go 1.22.7 from a file on the host
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
    platform: linux/arm64
    archive: /srv/files/go1.22.7.linux-arm64.tar.gz
    checksum: ed695684438facbd7e0f286c30b7bc2411cfc605516d8127dc25c62fe5b03885

- name: Install Go 1.22.7, remove all others, and link to it
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
    keep: []
    link: ~/bin/go
    link_to: go

- name: Get the archive of Go 1.22.7 for arm64 to the controller
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: ~/.cache/tyk-plugins/go
    state: cached
    platform: linux/arm64
  delegate_to: localhost
  register: cached

- name: Bring it to the host
  ansible.builtin.copy:
    src: "{{ cached.archive }}"
    dest: /srv/files/
    mode: "0644"

- name: Install Go 1.22.7 from it
  goplugins.tyk.go_toolchain:
    version: 1.22.7
    root: /srv/tyk-plugins/go
    archive: /srv/files/{{ cached.archive | basename }}
    checksum: "{{ cached.checksum }}"

- name: Remove a release that is no longer wanted
  goplugins.tyk.go_toolchain:
    version: 1.21.13
    root: /srv/tyk-plugins/go
    state: absent

- name: Remove all releases but two
  goplugins.tyk.go_toolchain:
    root: /srv/tyk-plugins/go
    state: absent
    keep: [1.22.7, 1.23.10]
"""

RETURN = r"""
goroot:
  description: Folder of the toolchain.
  returned: when O(version) is given and O(state) is not V(cached)
  type: str
  sample: /srv/tyk-plugins/go/1.22.7
go:
  description: Path of its C(go).
  returned: when O(version) is given and O(state) is not V(cached)
  type: str
  sample: /srv/tyk-plugins/go/1.22.7/bin/go
version:
  description: The release, without C(go).
  returned: when O(version) is given
  type: str
  sample: 1.22.7
platform:
  description: The platform of the toolchain.
  returned: success
  type: str
  sample: linux/amd64
source:
  description: Where it came from or would come from, V(module), V(download) or V(archive); empty if there is nothing to remove.
  returned: when O(version) is given
  type: str
  sample: module
checksum:
  description:
    - What proved it, C(h1:) and the hash of the module as in go.sum, or C(sha256:) and the SHA-256 of the archive.
    - Empty in check mode where the module would install it.
  returned: when O(version) is given
  type: str
  sample: h1:kqngzYsxKTuUEL94hlWsfCcgirLVA4N+XMuxzddjzuM=
elapsed:
  description: How long the module took, in seconds.
  returned: always
  type: float
  sample: 41.7
archive:
  description: Path of the archive.
  returned: when O(state=cached)
  type: str
  sample: /home/me/.cache/tyk-plugins/go/go1.22.7.linux-amd64.zip
removed:
  description: The releases that were removed, or would be.
  returned: when O(state) is not V(cached)
  type: list
  elements: str
  sample: [1.21.13]
reasons:
  description: Why something was installed, linked, fetched or removed, or would be; empty when nothing changed.
  returned: success
  type: list
  elements: str
  sample: [pkg/tool/linux_amd64/compile was changed]
"""

import os
import re

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import parse_version
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import cache, download, toolchains
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.origin import Wanted


def parse_checksum(text):
    """The checksum as inventories write it, "sha256:..." or "h1:..."; empty if there is none. Raises GoPluginsError."""
    if not text or re.fullmatch(r"h1:[0-9A-Za-z+/]{43}=", text):
        return text or ""
    digits = re.fullmatch(r"(?:sha256:)?([0-9a-f]{64})", text.lower())
    if not digits:
        raise GoPluginsError(
            f"checksum is {text!r}, not the 64 hexadecimal digits of a SHA-256 nor the h1: of a module", "sha256sum ARCHIVE"
        )
    return f"sha256:{digits.group(1)}"


def wanted_toolchain(params):
    """The toolchain that the arguments describe; its version is empty where they name none. Raises GoPluginsError."""
    platform = params["platform"]
    if platform and not re.fullmatch(r"[a-z0-9]+/[a-z0-9]+", platform):
        raise GoPluginsError(f"platform is {platform!r}, not GOOS/GOARCH", "platform: linux/amd64")
    return Wanted(
        root=os.path.abspath(params["root"]),
        version=parse_version(params["version"]) if params["version"] else "",
        platform=Platform(*platform.split("/")) if platform else host_platform(),
        source=params["source"],
        go=params["go"],
        goproxy=params["goproxy"],
        site=download.parse_site(params["download_url"], os.path.abspath(params["ca_path"]) if params["ca_path"] else ""),
        checksum=parse_checksum(params["checksum"]),
        archive=params["archive"],
    )


def around(params):
    """What the arguments say about other releases and the link. Raises GoPluginsError."""
    keep = None if params["keep"] is None else frozenset(map(parse_version, params["keep"]))
    return toolchains.Around(keep, os.path.abspath(params["link"]) if params["link"] else "", params["link_to"])


def outcome_of(params, check_mode):
    """(what is wanted, what the module did or would do). Raises GoPluginsError."""
    wanted = wanted_toolchain(params)
    if params["state"] == "cached":
        return wanted, cache.ensure_cached(wanted, check_mode)
    ensure = toolchains.ensure_present if params["state"] == "present" else toolchains.ensure_absent
    return wanted, ensure(wanted, around(params), check_mode)


def result_of(state, wanted, outcome):
    """The result of the module, without the difference."""
    result = {"changed": bool(outcome.reasons), "reasons": list(outcome.reasons), "platform": str(wanted.platform)}
    if wanted.version:
        result.update(version=wanted.version, source=outcome.source, checksum=outcome.checksum)
    if state == "cached":
        return {**result, "archive": outcome.archive}
    if wanted.version:
        result.update(goroot=wanted.goroot, go=os.path.join(wanted.goroot, "bin", "go"))
    return {**result, "removed": list(outcome.removed)}


def difference(state, wanted, outcome):
    """What differed from what is wanted, and what is there now."""
    before = "".join(f"{reason}\n" for reason in outcome.reasons)
    after = "" if state == "absent" else f"go{wanted.version} from {outcome.source}\n"
    place = wanted.root if state == "cached" or not wanted.version else wanted.goroot
    return {"before_header": place, "before": before, "after_header": place, "after": after}


def work(module):
    """The result of the module. Raises GoPluginsError."""
    state = module.params["state"]
    wanted, outcome = outcome_of(module.params, module.check_mode)
    result = {**result_of(state, wanted, outcome), "warnings": [outcome.warning] if outcome.warning else []}
    return {**result, "diff": difference(state, wanted, outcome)} if outcome.reasons else result


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            "version": {"type": "str"},
            "root": {"type": "path", "required": True},
            "state": {"type": "str", "choices": ["present", "absent", "cached"], "default": "present"},
            "keep": {"type": "list", "elements": "str"},
            "link": {"type": "path"},
            "link_to": {"type": "str", "choices": ["goroot", "go"], "default": "goroot"},
            "source": {"type": "str", "choices": ["auto", "module", "download", "archive"], "default": "auto"},
            "go": {"type": "path"},
            # no_log keeps them out of the system's log, which is written before the module can hide a password in them.
            "goproxy": {"type": "str", "no_log": True},
            "download_url": {"type": "str", "default": "https://go.dev/dl", "no_log": True},
            "ca_path": {"type": "path"},
            "checksum": {"type": "str"},
            "archive": {"type": "path"},
            "platform": {"type": "str"},
        },
        writes_to="root",
        required_if=[
            ("state", "present", ("version",)),
            ("state", "cached", ("version",)),
            ("state", "absent", ("version", "keep"), True),
        ],
    )


if __name__ == "__main__":
    main()
