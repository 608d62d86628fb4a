#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_stage
short_description: Place Go plugins for the Tyk Gateway that follows the one that runs
version_added: 0.1.0
description:
  - Runs on a gateway host before its gateway is upgraded. It places for each plugin the artifact for the next gateway, under the name by
    which the definitions, as they are, lead that gateway to it.
  - For a path V(auth.so) a gateway takes V(auth_v5.3.6_linux_amd64.so), with its own version, if there is such a file. So the same
    definition means one file to the gateway of before and another to the next, at every moment of the upgrade, and if it is taken back.
  - Nothing that the gateway of before uses is changed, and it is not reloaded.
  - A plugin is not ready where there is no artifact for the next gateway, where the verdict on it is bad, or where no file can be right for
    both gateways. Then nothing is placed on the host. RV(plugins) says which and why; the task does not fail for it.
  - After the upgrade M(goplugins.tyk.tyk_plugin_deploy) finds the plugin deployed, shows that it works, and removes what is left over.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.plugins
attributes:
  action:
    description: Has an action plugin, which carries what the host lacks from the controller.
    support: full
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  gateway:
    description: The gateway's binary, as it is installed now and is going to be.
    type: path
    default: /opt/tyk-gateway/tyk
  config:
    description: The gateway's C(tyk.conf), see O(goplugins.tyk.tyk_plugin_deploy#module:config).
    type: path
  directory:
    description: Working directory of the gateway, see O(goplugins.tyk.tyk_plugin_deploy#module:directory).
    type: path
  version:
    description: Release of the next gateway, such as V(v5.8.5), or the branch of it, V(release-5.8.5). It may be an earlier one.
    type: str
    required: true
  binary:
    description:
      - The next gateway's binary, on the controller. It is carried to the host, gives the verdict there and loads the plugins.
      - Without it, the plugins are those that were built for a gateway of O(version), and are compared with the host's C library and CPU.
    type: path
  plugins:
    description: The plugins, as M(goplugins.tyk.tyk_plugin_deploy) takes them. All that the definitions name should be among them.
    required: true
  artifacts:
    description: Folder on the controller with artifacts and their records, or with one folder for each gateway.
    type: path
    required: true
  signers:
    description:
      - Files on the controller with public keys. An artifact is then refused unless one of them signed it, with its record, as
        M(goplugins.tyk.tyk_provenance) does. What is refused never leaves the controller.
      - Each is PEM, or lines as OpenSSH writes them.
    type: list
    elements: path
    default: []
  wait:
    description:
      - V(0) places the plugins.
      - More is how many seconds to wait until the next gateway is installed, runs and answers. Then nothing is placed. If it does not in
        that time, the task fails.
    type: float
    default: 0
  state:
    description: The folder of the roll-out, see O(goplugins.tyk.tyk_plugin_deploy#module:state).
    type: path
    default: /var/lib/goplugins.tyk
  load:
    description: Whether O(binary) loads each new plugin in a process of its own.
    type: bool
    default: true
  load_timeout:
    description: Seconds for that.
    type: float
    default: 30
  fail_on:
    description: Effects of findings for which a plugin is not ready, see O(goplugins.tyk.tyk_plugin_verify#module:fail_on).
    type: list
    elements: str
    choices: [fails, unknown, may-crash, info]
    default: [fails, unknown, may-crash]
  candidates:
    description: Not for use in playbooks. What the artifacts' records on the controller say.
    type: list
    elements: dict
  carried:
    description: Not for use in playbooks. From plugin to the file that was carried to the host.
    type: dict
  binary_here:
    description: Not for use in playbooks. Where O(binary) was carried to.
    type: path
seealso:
  - module: goplugins.tyk.tyk_plugin_deploy
  - module: goplugins.tyk.tyk_plugin_verify
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Place the plugins for the next gateway
  goplugins.tyk.tyk_plugin_stage:
    version: v5.8.5
    plugins:
      - name: enrich
    artifacts: dist
  register: staged

- name: Upgrade the gateway if all plugins are ready
  ansible.builtin.package:
    name: tyk-gateway=5.8.5
  when: staged.ready

- name: Place them by the verdict of the binary from the next package, for the second gateway of a host
  goplugins.tyk.tyk_plugin_stage:
    gateway: /usr/local/bin/tyk
    config: /srv/tyk2/tyk.conf
    directory: /srv/tyk2
    version: v5.8.5
    binary: unpacked/opt/tyk-gateway/tyk
    plugins:
      - name: auth
        hooks: {AuthCheck: auth_check}
    artifacts: dist/v5.8.5
    signers: [keys/tyk-signing.pub]
    state: /srv/tyk2/roll-out
    load: true
    load_timeout: 10
    fail_on: [fails, unknown]

- name: Wait until the next gateway serves
  goplugins.tyk.tyk_plugin_stage:
    version: v5.8.5
    wait: 120
    plugins:
      - name: enrich
    artifacts: dist
"""

RETURN = r"""
msg:
  description: What was placed, and what is not ready.
  returned: always
  type: str
  sample: placed /opt/tyk-gateway/middleware/enrich-0f343b093112_v5.8.5_linux_amd64.so
gateway:
  description: Release of the gateway that is installed.
  returned: success
  type: str
  sample: v5.3.6
next:
  description: Release of the next one, as it is in file names.
  returned: success
  type: str
  sample: v5.8.5
upgraded:
  description: Whether the gateway that runs is the next one already. It is not where that is installed and was not started yet.
  returned: success
  type: bool
  sample: false
ready:
  description: Whether all plugins are ready for the next gateway.
  returned: success
  type: bool
  sample: true
plugins:
  description: For each plugin C(name), C(ready), the C(file) for the next gateway and its C(sha256); if it is not ready, why, as C(message)
    and C(fix). What definitions name and O(plugins) does not have is there by its path.
  returned: success
  type: list
  elements: dict
  sample:
    - name: enrich
      ready: true
      file: /opt/tyk-gateway/middleware/enrich-0f343b093112_v5.8.5_linux_amd64.so
      sha256: 5d41402abc4b2a76
      message: ''
      fix: []
wants:
  description: Not for use in playbooks. From plugin to the artifact that the host lacks.
  returned: where something is to be carried
  type: dict
  sample: {}
wants_binary:
  description: Not for use in playbooks. Whether the host lacks O(binary).
  returned: where something is to be carried
  type: bool
  sample: false
"""

from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import records, settings
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.stage import Request, stage, wait_until_upgraded
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import PLUGINS, plugins_of
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run

ARGUMENTS = {
    "gateway": {"type": "path", "default": "/opt/tyk-gateway/tyk"},
    "config": {"type": "path"},
    "directory": {"type": "path"},
    "version": {"type": "str", "required": True},
    "binary": {"type": "path"},
    "plugins": {**PLUGINS, "required": True},
    "artifacts": {"type": "path", "required": True},
    "signers": {"type": "list", "elements": "path", "default": []},
    "wait": {"type": "float", "default": 0},
    "state": {"type": "path", "default": "/var/lib/goplugins.tyk"},
    "load": {"type": "bool", "default": True},
    "load_timeout": {"type": "float", "default": 30},
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": ["fails", "unknown", "may-crash", "info"],
        "default": ["fails", "unknown", "may-crash"],
    },
    "candidates": {"type": "list", "elements": "dict"},
    "carried": {"type": "dict"},
    "binary_here": {"type": "path"},
}


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    options = module.params
    plugins = plugins_of(module)
    if not plugins:
        raise GoPluginsError("there is no plugin to make ready", "give plugins")

    def read(replaced=False):
        # The control API is not asked for anything, so nobody need say its secret.
        place = (options["gateway"], options["config"] or "", options["directory"] or "")
        return settings.read(*place, secret="not used", replaced=replaced)

    # They say much, and nothing that the user gave.
    given, carried = options.pop("candidates"), options.pop("carried")
    records.refuse_signers(options["signers"])
    here = options.pop("binary_here") or ""
    if options["wait"] > 0:
        return wait_until_upgraded(read, options["version"], options["wait"])
    # Without the action plugin all files are on this host.
    far = given is not None
    found = [records.from_dict(one) for one in given or ()]
    if not far:
        found = records.candidates(options["artifacts"], [one["name"] for one in plugins])
    request = Request(
        plugins=plugins,
        found=found,
        carried=(carried or {}) if far else None,
        version=options["version"],
        binary=here if far else options["binary"] or "",
        lacks_binary=bool(far and options["binary"] and not here),
        state=options["state"],
        load=options["load"],
        load_timeout=options["load_timeout"],
        fail_on=options["fail_on"],
    )
    return stage(request, read(replaced=True), module.check_mode)


def main():
    run(work, ARGUMENTS, writes_to="state")


if __name__ == "__main__":
    main()
