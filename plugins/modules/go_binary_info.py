#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: go_binary_info
short_description: Read how a compiled Go file was built
version_added: 0.1.0
description:
  - Reads a compiled Go program or plugin, and returns how it was built and from which modules. For plugins, and for programs that load
    plugins, it also returns the fingerprint of each package.
  - It executes nothing of the file and needs no Go.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.attributes.read_only
options:
  path:
    description: The file.
    type: path
    required: true
  platform:
    description:
      - The platform that you expect, such as V(linux/amd64). A file for another one is an error.
      - For a universal file of macOS it names the slice to read, such as V(darwin/arm64).
    type: str
  fingerprints:
    description: Also return RV(fingerprints), with an entry for each of the file's packages.
    type: bool
    default: false
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Read how the gateway was built
  goplugins.tyk.go_binary_info:
    path: /opt/tyk-gateway/tyk
  register: gateway

- name: Read how a plugin was built, and the fingerprints of its packages
  goplugins.tyk.go_binary_info:
    path: /opt/tyk-plugins/testplugin_v5.3.6_linux_amd64.so
    platform: linux/amd64
    fingerprints: true
  register: plugin

- name: Stop if the plugin was built with another Go
  ansible.builtin.assert:
    that: plugin.go_version == gateway.go_version
"""

RETURN = r"""
go_version:
  description: The Go release that compiled it; empty if the file has no build information.
  returned: success
  type: str
  sample: 1.22.6
experiments:
  description: Values of E(GOEXPERIMENT) that differ from the release's defaults.
  returned: success
  type: list
  elements: str
  sample: []
settings:
  description: Flags and variables of the build, as C(go version -m) shows them. Empty before Go 1.18.
  returned: success
  type: dict
  sample: {-buildmode: exe, -tags: goplugin, -trimpath: 'true', CGO_ENABLED: '1', GOARCH: amd64, GOOS: linux, GOAMD64: v1}
main_package:
  description: Import path of the main package.
  returned: success
  type: str
  sample: github.com/TykTechnologies/tyk
main_module:
  description: The main package's module; V(null) if it was built without modules.
  returned: success
  type: dict
  sample: {path: github.com/TykTechnologies/tyk, version: (devel), sum: '', replace: null}
modules:
  description: The modules that were compiled in. C(replace) is the module that took the place of a replaced one.
  returned: success
  type: list
  elements: dict
  sample:
    - path: github.com/sirupsen/logrus
      version: v1.9.3
      sum: h1:dueUQJ1C2q9oE3F7wvmSGAaVtTmUizReu6fjN8uqzbQ=
      replace: null
platform:
  description: The platform that it runs on.
  returned: success
  type: str
  sample: linux/amd64
format:
  description: V(elf) or V(macho).
  returned: success
  type: str
  sample: elf
build_mode:
  description: As C(go build -buildmode) names it, V(exe), V(pie), V(plugin) or V(c-shared).
  returned: success
  type: str
  sample: exe
loads_plugins:
  description: Whether it is a program that can load plugins.
  returned: success
  type: bool
  sample: true
plugin_path:
  description: The path by which the Go runtime knows a plugin; no process loads two plugins of one path. V(null) for a program.
  returned: success
  type: str
  sample: testplugin
symbols:
  description: The exported functions and variables of a plugin's main package. The signature is V(null) if the file does not have it.
  returned: success
  type: dict
  sample: {AuthCheck: {kind: func, signature: 'func(http.ResponseWriter, *http.Request)'}}
libraries:
  description: The shared libraries that it needs, and the versions of their symbols.
  returned: success
  type: dict
  sample:
    needed: [libc.so.6]
    versions: {libc.so.6: [GLIBC_2.2.5, GLIBC_2.34]}
    libc: glibc
    interpreter: /lib64/ld-linux-x86-64.so.2
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 0.04
fingerprints:
  description: The fingerprint of each package by its import path, 16 hexadecimal digits, in the order in which the loader compares them.
  returned: when O(fingerprints=true)
  type: dict
  sample: {internal/goarch: 8a4f2c1b9d3e5f60}
"""

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_binary
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import BinaryError, BuildInfo
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run


def module_facts(module):
    """A Go module as a dict, None for none."""
    return module and {**module._asdict(), "replace": module_facts(module.replace)}


def build_info(binary):
    """The build information; an empty one where the file, such as a plugin of Go before 1.21, has none. Raises BinaryError."""
    try:
        return binary.build_info
    except BinaryError as error:
        if error.code != "no-build-info":
            raise
        return BuildInfo("", (), "", None, (), {})


def facts(binary, fingerprints):
    """The result for a binary. Raises BinaryError."""
    info = build_info(binary)
    result = {
        "go_version": info.go_version[2:],
        "experiments": list(info.experiments),
        "settings": info.settings,
        "main_package": info.path,
        "main_module": module_facts(info.main),
        "modules": [module_facts(module) for module in info.deps],
        "platform": str(binary.platform),
        "format": binary.format,
        "build_mode": binary.build_mode,
        "loads_plugins": binary.plugin_path is None and binary.has_fingerprints,
        "plugin_path": binary.plugin_path,
        "symbols": {name: {"kind": symbol.kind, "signature": symbol.signature} for name, symbol in binary.exported().items()},
        "libraries": binary.libraries()._asdict(),
    }
    if fingerprints:
        result["fingerprints"] = {path: value.hex() for path, value in binary.fingerprints().items()}
    return result


def work(module):
    """The result of the module. Raises BinaryError."""
    with open_binary(module.params["path"], module.params["platform"]) as binary:
        return facts(binary, module.params["fingerprints"])


def main():
    run(
        work,
        {
            "path": {"type": "path", "required": True},
            "platform": {"type": "str"},
            "fingerprints": {"type": "bool", "default": False},
        },
    )


if __name__ == "__main__":
    main()
