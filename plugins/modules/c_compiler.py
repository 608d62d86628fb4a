#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: c_compiler
short_description: Find a C compiler for each target, and prove it
version_added: 0.1.0
description:
  - Go plugins are built with cgo, and so need a C compiler for their target. The module finds one for each target, and proves it by making
    a shared library with it and looking at the platform of that. Nothing that was compiled is executed.
  - The ways to a compiler are V(given), the user's own; V(native), the compiler of the host for itself; V(cross), the cross compiler of
    the distribution; V(zig), which compiles for all targets. The module takes the first that works.
  - It installs nothing but zig, and that only from O(zig_archive). RV(lacking) lists what else is missing, with the packages that
    bring it.
  - A proof is kept in C(proofs.json) in O(root). While program, target and Go stay the same, no compiler is started.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.environment
attributes:
  check_mode:
    support: full
    details: Tries the compilers that are there, in a temporary folder.
  diff_mode:
    support: none
    details: There is no text that changes.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  targets:
    description: Platforms to compile for, such as V(linux/arm64). Without any, the host itself.
    type: list
    elements: str
    default: []
  root:
    description: Folder for zig, its commands and the proofs. The module makes it when it needs it.
    type: path
    required: true
  way:
    description:
      - The way to take.
      - V(auto) is the first that works, in the order V(native), V(cross), V(zig). A target in O(given) always gets that command.
    type: str
    choices: [auto, native, cross, zig]
    default: auto
  given:
    description: Commands of the user's own, by target. They may have arguments, such as C(--sysroot).
    type: dict
    default: {}
  glibc:
    description:
      - The oldest glibc on which the artifacts must run, such as V(2.28). The module prefers zig to a compiler against a newer one.
      - Without it the module takes the compilers of the host as they are, and zig compiles against 2.17, as Tyk's own releases do.
        Some CPUs have no glibc that old; for them it is the oldest that zig has.
    type: str
    default: ''
  goroot:
    description:
      - A Go toolchain, RV(goplugins.tyk.go_toolchain#module:goroot). With it the proof is a plugin made by cgo, without it a library in
        C alone.
    type: path
  tools:
    description: Further programs that are needed, such as V(git). The module only looks for them.
    type: list
    elements: str
    default: []
  zig_version:
    description: The version of zig.
    type: str
    default: 0.17.1
  zig_archive:
    description:
      - A file on the host, the wheel of the package C(ziglang) of O(zig_version) for the host's platform. The module unpacks it below
        O(root) if a target can use zig.
    type: path
  zig_checksum:
    description: SHA-256 of O(zig_archive).
    type: str
  required:
    description: Whether the task fails if something is missing.
    type: bool
    default: true
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Prove the host's own compiler
  goplugins.tyk.c_compiler:
    root: /srv/tyk-plugins/cc

- name: Find compilers for three CPUs, one of them the user's own, and prove that cgo can use them
  goplugins.tyk.c_compiler:
    root: /srv/tyk-plugins/cc
    targets: [linux/amd64, linux/arm64, linux/s390x]
    given:
      linux/s390x: /opt/cross/bin/s390x-linux-gnu-gcc --sysroot=/opt/sysroots/s390x
    goroot: /srv/tyk-plugins/go/1.22.7
    tools: [git]
    environment:
      GOCACHE: /srv/cache/go-build
  register: compilers

- name: See what is missing for that
  goplugins.tyk.c_compiler:
    root: /srv/tyk-plugins/cc
    targets: [linux/arm64]
    way: cross
    required: false

- name: Compile everything with zig, for hosts as old as glibc 2.28
  goplugins.tyk.c_compiler:
    root: /srv/tyk-plugins/cc
    targets: [linux/amd64, linux/arm64]
    way: zig
    glibc: "2.28"
    zig_version: 0.17.1
    zig_archive: /srv/files/ziglang-0.17.1-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64.musllinux_1_1_x86_64.whl
    zig_checksum: ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54
"""

RETURN = r"""
commands:
  description:
    - From target to the command of its compiler, for O(goplugins.tyk.go_plugin_build#module:cc).
    - The same compiler always gives the same text.
    - An empty target stands for the host itself.
  returned: success
  type: dict
  sample:
    '': gcc
    linux/amd64: gcc
    linux/arm64: aarch64-linux-gnu-gcc
    linux/s390x: /srv/tyk-plugins/cc/bin/zig-0.17.1-linux-s390x-glibc2.17
elapsed:
  description: How long the module took, in seconds.
  returned: always
  type: float
  sample: 0.31
compilers:
  description: What is known of each compiler.
  returned: success
  type: list
  elements: dict
  contains:
    target:
      description: The platform that it compiles for.
      type: str
      sample: linux/arm64
    way:
      description: V(given), V(native), V(cross) or V(zig).
      type: str
      sample: cross
    cc:
      description: Its command.
      type: str
      sample: aarch64-linux-gnu-gcc
    version:
      description: The first line that it prints about itself. Like what follows, empty in check mode where the compiler is not there yet.
      type: str
      sample: aarch64-linux-gnu-gcc (Debian 12.2.0-14) 12.2.0
    libc:
      description: The C library that it compiles against, V(musl), V(freebsd), V(darwin), or glibc with its version.
      type: str
      sample: glibc 2.36
    newest:
      description: The newest version of glibc's symbols that the proof needs. Empty where there is no glibc.
      type: str
      sample: '2.34'
    proved_by:
      description: What was compiled, V(cgo) or V(C).
      type: str
      sample: cgo
lacking:
  description: What is missing; empty if nothing is.
  returned: always
  type: list
  elements: dict
  contains:
    what:
      description: The target without a compiler, or the tool that is not there.
      type: str
      sample: linux/arm64
    why:
      description: What is wrong.
      type: str
      sample: there is no aarch64-linux-gnu-gcc
    packages:
      description: The packages of the host's distribution that bring it.
      type: list
      elements: str
      sample: [gcc-aarch64-linux-gnu, libc6-dev-arm64-cross]
    zig:
      description: Whether zig would do.
      type: bool
      sample: false
host:
  description: The host's own platform.
  returned: always
  type: str
  sample: linux/amd64
is_root:
  description: Whether the task runs as root, and so could install packages.
  returned: always
  type: bool
  sample: false
"""

import os
import re

from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import choose, table, zig
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import known_target
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run


def wanted_compilers(params):
    """What the arguments ask for. Raises GoPluginsError for what can never be."""
    host = host_platform()
    names = list(dict.fromkeys(params["targets"])) or [str(host)]
    for name in (*names, *params["given"]):
        known_target(name)
    if params["glibc"] and not re.fullmatch(r"2\.[0-9]+(\.[0-9]+)?", params["glibc"]):
        raise GoPluginsError(f"glibc is {params['glibc']!r}, not the version of one", 'glibc: "2.28"')
    if not re.fullmatch(r"[0-9][A-Za-z0-9.]*", params["zig_version"]):
        raise GoPluginsError(f"zig_version is {params['zig_version']!r}, not a version", "zig_version: 0.17.1")
    if params["zig_archive"] and not params["zig_checksum"]:
        raise GoPluginsError("an archive must be proved: zig_archive and zig_checksum go together", "sha256sum WHEEL")
    release = ""
    if os.path.isfile("/etc/os-release"):
        with open("/etc/os-release", encoding="utf-8", errors="replace") as file:
            release = file.read(65536)
    return choose.Wanted(
        host=host,
        family=table.family(release, host.goos),
        targets=tuple(Platform(*name.split("/")) for name in names),
        root=params["root"],
        way=params["way"],
        given={name: str(command) for name, command in params["given"].items()},
        glibc=params["glibc"],
        goroot=params["goroot"] or "",
        tools=tuple(params["tools"]),
        zig=zig.Source(params["zig_version"], params["zig_archive"] or "", (params["zig_checksum"] or "").lower()),
    )


def shown(compiler):
    """A compiler as the result has it."""
    proof = compiler.proof
    return {
        "target": str(compiler.target),
        "way": compiler.way,
        "cc": compiler.cc,
        "version": proof.version if proof else "",
        "libc": proof.libc if proof else "",
        "newest": proof.newest if proof else "",
        "proved_by": proof.by if proof else "",
    }


def fix(lacking):
    """What to do about everything that is missing."""
    packages = sorted({name for lack in lacking for name in lack.packages})
    words = [f"install {' '.join(packages)}"] if packages else []
    if any(lack.zig for lack in lacking):
        words.append("give the wheel of ziglang (zig_archive, zig_checksum)")
    return "; ".join([*words, "or run the role goplugins.tyk.cross_cc, or name a compiler of your own (given, cross_cc_given)"])


def work(module):
    """The result of the module. Raises GoPluginsError."""
    wanted = wanted_compilers(module.params)
    outcome = choose.ensure(wanted, module.check_mode)
    commands = {str(compiler.target): compiler.cc for compiler in outcome.compilers}
    if str(wanted.host) in commands:
        # No target means the host itself.
        commands[""] = commands[str(wanted.host)]
    result = {
        "changed": bool(outcome.changed),
        "commands": commands,
        "compilers": [shown(compiler) for compiler in outcome.compilers],
        "lacking": [{**lack._asdict(), "packages": list(lack.packages)} for lack in outcome.lacking],
        "host": str(wanted.host),
        "is_root": os.geteuid() == 0,
    }
    if outcome.lacking and module.params["required"] and not module.check_mode:
        lines = "\n".join(f"{lack.what}: {lack.why}" for lack in outcome.lacking)
        error = GoPluginsError(f"this host lacks what is needed to build:\n{lines}", fix(outcome.lacking))
        return {**result, **error.as_result(), "failed": True}
    return result


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            "targets": {"type": "list", "elements": "str", "default": []},
            "root": {"type": "path", "required": True},
            "way": {"type": "str", "choices": ["auto", *choose.WAYS], "default": "auto"},
            "given": {"type": "dict", "default": {}},
            "glibc": {"type": "str", "default": ""},
            "goroot": {"type": "path"},
            "tools": {"type": "list", "elements": "str", "default": []},
            "zig_version": {"type": "str", "default": "0.17.1"},
            "zig_archive": {"type": "path"},
            "zig_checksum": {"type": "str"},
            "required": {"type": "bool", "default": True},
        },
        writes_to="root",
    )


if __name__ == "__main__":
    main()
