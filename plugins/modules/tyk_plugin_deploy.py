#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_deploy
short_description: Deploy Go plugins to a Tyk Gateway that runs, and go back if they do not work there
version_added: 0.1.0
description:
  - Runs on a gateway host. It compares each plugin with the gateway that runs there before anything is copied to the gateway, places it
    under a new name, changes its path in the API definitions, reloads that gateway alone, and sends requests whose answers show what the
    plugins do.
  - If they do not show it, the definitions get their earlier paths and the gateway is reloaded again. It is restarted if it hangs or has
    ended, and there is a O(restart_command). The task then fails.
  - The new name holds a part of the artifact's digest, as a gateway remembers what came of a path, and a file that it has open must not
    change. A plugin must have been built with C(id=auto), so that a gateway takes a new build without a restart; otherwise
    O(restart_command) is needed.
  - Definitions are files in the gateway's C(app_path). A definition is replaced as a whole, with its owner and its rights; nothing in it
    changes but the paths of the plugins. The gateway's control API can write definitions too, but removes the file before it writes it.
  - Definitions that a dashboard or a control plane owns can be changed only there. O(mode=place) places the artifacts and says which path
    to name, see RV(to_name). Plugins in bundles are left alone.
  - A reload does it, and costs no request. A restart is needed for a plugin with the module path of one that the gateway has loaded, for
    one of endpoints alone whose definition names its file already, and where an init function hangs. Restarts are taken out of traffic with
    O(drain_command).
  - A run that is killed at any moment leaves whole definitions and the artifacts that they name. The next run goes on, or back.
  - The secret of the control API is read on the host, from the environment of the gateway's process or its C(tyk.conf).
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.plugins
attributes:
  action:
    description: Has an action plugin, which carries the artifacts that the host lacks from the controller.
    support: full
  check_mode:
    support: full
    details: The verdict is given in check mode too, for which the artifact is carried to a temporary folder of the host. No plugin is
      loaded.
  diff_mode:
    support: full
    details: Shows the paths in the definitions, and nothing else of them.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  gateway:
    description: The gateway's binary.
    type: path
    default: /opt/tyk-gateway/tyk
  config:
    description:
      - The gateway's C(tyk.conf).
      - By default it is what the process of the gateway was started with, else C(tyk.conf) in its folder, else C(/etc/tyk/tyk.conf).
      - It is needed where several gateways of one binary run on a host.
    type: path
  directory:
    description: Working directory of the gateway. By default that of its process, else the folder of O(gateway).
    type: path
  version:
    description: Release of the gateway, such as V(v5.3.6). By default it is read from O(gateway).
    type: str
  secret:
    description: Secret of the control API. It is needed only where the gateway takes it from Consul or Vault.
    type: str
  plugins:
    description:
      - The plugins. Each must be named by a definition on the host, as C(NAME.so), C(NAME_v5.3.6_linux_amd64.so) or the name that this
        module gave it.
      - This module uses O(plugins[].name), O(plugins[].symbols), O(plugins[].hooks), O(plugins[].load), O(plugins[].load_environment) and
        O(plugins[].load_files). The hooks that the definitions name are checked anyway.
    required: true
  artifacts:
    description:
      - Folder on the controller with artifacts and their records, or with one folder for each gateway, as the playbook C(build_plugins)
        leaves it.
      - Of the artifacts for the platform of the gateway that one is taken whose gateway was built most like it. Whether it loads, the
        verdict says.
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
  health:
    description:
      - Requests that show that the plugins work. All of them must be answered as expected.
      - Expect something that this version alone does, such as a header with its version. What the earlier version does too shows nothing.
    type: list
    elements: dict
    required: true
    suboptions:
      url:
        description: A path at the gateway on this host, such as V(/shop/status), or a whole URL.
        type: str
        required: true
      method:
        description: The method.
        type: str
        default: GET
      headers:
        description: Headers of the request. Their values are in no output.
        type: dict
        default: {}
      body:
        description: Body of the request. It is in no output.
        type: str
        default: ''
      timeout:
        description: Seconds for one answer.
        type: float
        default: 10
      expect:
        description: What the answer must be. A status alone is refused, as gateways answer 200 for plugins that panic.
        type: dict
        required: true
        suboptions:
          status:
            description: The status. Without it, any.
            type: int
          headers:
            description: From header to a regular expression that its value must hold.
            type: dict
            default: {}
          body:
            description: A regular expression that the body must hold.
            type: str
            default: ''
  folder:
    description: Folder of the gateway for plugins. By default its C(middleware_path).
    type: path
  state:
    description:
      - Folder in which a roll-out keeps a folder for each gateway, with what is deployed, C(deployed.json), and its journal while it works.
      - It belongs to the user of the task alone, as the journal has the definitions as they were.
    type: path
    default: /var/lib/goplugins.tyk
  mode:
    description:
      - V(auto) reloads the gateway, and restarts it where a reload cannot do it and there is an O(restart_command) or O(restart_service).
      - V(restart) restarts it whenever there is something new.
      - V(place) places the artifacts and changes no definition, for those that a dashboard or a control plane owns. It says which path to
        name where, by what the gateway serves now. Once the definitions name it, the next run shows that the plugins work, and reloads the
        gateway if they do not yet. The way back is the earlier path, named there.
    type: str
    choices: [auto, restart, place]
    default: auto
  restart_service:
    description: The service of systemd that restarts the gateway, such as V(tyk-gateway), in place of O(restart_command).
    type: str
  drain_command:
    description:
      - Command that takes the gateway out of traffic before a restart, as a list of words, and returns when it gets no more requests.
      - It is printed with the other options, so keep credentials in a script of the host.
      - It is not used for reloads, which need none.
    type: list
    elements: str
    default: []
  resume_command:
    description:
      - Command that brings the gateway back into traffic, when it is as wanted or as it was before.
      - A gateway that does not answer stays out, and the task fails.
      - It may be run where nothing was drained, after a run that was cut off.
    type: list
    elements: str
    default: []
  restart_command:
    description:
      - Command that restarts the gateway, as a list of words. What it leaves running as a part of itself is ended with it, so the gateway
        must be another's child, as one that a service manager starts.
      - It is used where a reload cannot do it. That is a plugin with the module path of one that the gateway has loaded, and the way back
        from a plugin that hangs, or that ends the gateway.
    type: list
    elements: str
    default: []
  reload_timeout:
    description: Seconds for a reload. One in which an init function hangs never ends.
    type: float
    default: 60
  start_timeout:
    description: Seconds for a restart, and for a gateway that ended to be started again by its service.
    type: float
    default: 60
  health_timeout:
    description: Seconds until all requests of O(health) must be answered as expected. For so long a bad plugin is in use.
    type: float
    default: 5
  load:
    description:
      - Whether the gateway's binary loads each new plugin in a process of its own first, see
        O(goplugins.tyk.tyk_plugin_verify#module:load).
      - It finds init functions that hang, or end the process, before the gateway that serves meets them.
    type: bool
    default: true
  load_timeout:
    description: Seconds for that.
    type: float
    default: 30
  fail_on:
    description: Effects of findings for which a plugin is refused, see O(goplugins.tyk.tyk_plugin_verify#module:fail_on).
    type: list
    elements: str
    choices: [fails, unknown, may-crash, info]
    default: [fails, unknown, may-crash]
  keep:
    description: How many earlier artifacts of each plugin stay on the host. Only those that this module placed are removed.
    type: int
    default: 2
  candidates:
    description: Not for use in playbooks. What the artifacts' records on the controller say.
    type: list
    elements: dict
  carried:
    description: Not for use in playbooks. From plugin to the file that was carried to the host.
    type: dict
seealso:
  - module: goplugins.tyk.tyk_plugin_verify
  - module: goplugins.tyk.tyk_definition_lint
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Deploy a plugin to a gateway that a package installed
  goplugins.tyk.tyk_plugin_deploy:
    plugins:
      - name: enrich
    artifacts: dist
    health:
      - url: /shop/status
        expect:
          headers: {X-Enrich: '^v1\.4\.0$'}
    restart_service: tyk-gateway

- name: Place a plugin for definitions that a dashboard owns
  goplugins.tyk.tyk_plugin_deploy:
    mode: place
    plugins:
      - name: enrich
    artifacts: dist
    health:
      - url: /shop/status
        expect: {headers: {X-Enrich: '^v1\.4\.0$'}}
  register: placed

- name: Say which path the dashboard must name
  ansible.builtin.debug:
    var: placed.to_name

- name: Deploy to the second gateway of a host
  goplugins.tyk.tyk_plugin_deploy:
    gateway: /usr/local/bin/tyk
    config: /srv/tyk2/tyk.conf
    directory: /srv/tyk2
    version: v5.3.6
    secret: "{{ vault_of_tyk.secret }}"
    plugins:
      - name: auth
        hooks: {AuthCheck: auth_check}
    artifacts: dist/v5.3.6
    signers: [keys/tyk-signing.pub]
    folder: /srv/tyk2/plugins
    state: /srv/tyk2/roll-out
    health:
      - url: /shop/basket
        headers: {Authorization: "{{ vault_of_tyk.key }}"}
        expect: {status: 200, headers: {X-Auth-Version: '^7$'}}
      - url: /shop/basket
        expect: {status: 403, body: no key of the shop}
    restart_command: [/srv/tyk2/restart.sh]
    drain_command: [/usr/local/bin/leave-balancer, gw2]
    resume_command: [/usr/local/bin/join-balancer, gw2]
    reload_timeout: 30
    start_timeout: 120
    health_timeout: 20
    load: false
    load_timeout: 10
    fail_on: [fails, unknown]
    keep: 5
"""

RETURN = r"""
msg:
  description: What was done, or why the host is as it was before.
  returned: always
  type: str
  sample: "enrich: placed /opt/tyk-gateway/middleware/enrich-0f343b0931126_v5.3.6_linux_amd64.so, reloaded the gateway"
deployed:
  description: The plugins, each with C(name), C(sha256) of the artifact, the C(file) in the gateway's folder, and the C(definitions) that
    name it.
  returned: success
  type: list
  elements: dict
  sample:
    - name: enrich
      sha256: 0f343b09311267c5
      file: /opt/tyk-gateway/middleware/enrich-0f343b093112_v5.3.6_linux_amd64.so
      definitions: [/opt/tyk-gateway/apps/shop.json]
record:
  description: File on the host that says what is deployed.
  returned: success
  type: str
  sample: /var/lib/goplugins.tyk/opt-tyk-gateway-tyk.conf/deployed.json
gateway:
  description: The gateway, with its C(version), C(config), C(apps) and C(pid), which is null where its process is not seen.
  returned: success
  type: dict
  sample: {version: v5.3.6, config: /opt/tyk-gateway/tyk.conf, apps: /opt/tyk-gateway/apps, pid: 4711}
verdict:
  description: The verdict on the plugins, see RV(goplugins.tyk.tyk_plugin_verify#module:verdict).
  returned: success
  type: str
  sample: loads
findings:
  description: Findings in the definitions of the host as they are now, see RV(goplugins.tyk.tyk_definition_lint#module:findings). On
    failure, codes.
  returned: when there are any
  type: list
  elements: raw
  sample: []
findings_before:
  description: Codes of the findings in the definitions as they were.
  returned: success
  type: list
  elements: str
  sample: [named-file-missing]
to_name:
  description: With O(mode=place), the plugins that definitions do not name yet as they must, each with C(name), the C(path) to name, and
    the C(hooks) that name another, with C(definition), C(place) and C(path).
  returned: success
  type: list
  elements: dict
  sample:
    - name: enrich
      path: /opt/tyk-gateway/middleware/enrich-0f343b093112.so
      hooks:
        - definition: API shop (5f1b)
          place: custom_middleware.pre[0].path
          path: middleware/enrich.so
steps:
  description: What was done, or in check mode would be, in order.
  returned: always
  type: list
  elements: str
  sample: [reloaded the gateway, saw what the plugins do]
rolled_back:
  description: That the plugins did not work, and the definitions are as they were.
  returned: on failure, where it is so
  type: bool
  sample: true
wants:
  description: Not for use in playbooks. From plugin to the artifact that the host lacks.
  returned: where an artifact is to be carried
  type: dict
  sample: {}
"""

from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import control, records, settings
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.deploy import ALWAYS_RESTART, AUTO, PLACE, Request, deploy
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import PLUGINS, plugins_of
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run
from ansible_collections.goplugins.tyk.plugins.module_utils._module.secrets import hide

EXPECT = {
    "status": {"type": "int"},
    "headers": {"type": "dict", "default": {}},
    "body": {"type": "str", "default": ""},
}
HEALTH = {
    "url": {"type": "str", "required": True},
    "method": {"type": "str", "default": "GET"},
    "headers": {"type": "dict", "default": {}, "no_log": True},
    "body": {"type": "str", "default": "", "no_log": True},
    "timeout": {"type": "float", "default": 10},
    "expect": {"type": "dict", "required": True, "options": EXPECT},
}
ARGUMENTS = {
    "gateway": {"type": "path", "default": "/opt/tyk-gateway/tyk"},
    "config": {"type": "path"},
    "directory": {"type": "path"},
    "version": {"type": "str"},
    "secret": {"type": "str", "no_log": True},
    "plugins": {**PLUGINS, "required": True},
    "artifacts": {"type": "path", "required": True},
    "signers": {"type": "list", "elements": "path", "default": []},
    "health": {"type": "list", "elements": "dict", "required": True, "options": HEALTH},
    "folder": {"type": "path"},
    "state": {"type": "path", "default": "/var/lib/goplugins.tyk"},
    "mode": {"type": "str", "choices": [AUTO, ALWAYS_RESTART, PLACE], "default": AUTO},
    "restart_command": {"type": "list", "elements": "str", "default": []},
    "restart_service": {"type": "str"},
    "drain_command": {"type": "list", "elements": "str", "default": []},
    "resume_command": {"type": "list", "elements": "str", "default": []},
    "reload_timeout": {"type": "float", "default": 60},
    "start_timeout": {"type": "float", "default": 60},
    "health_timeout": {"type": "float", "default": 5},
    "load": {"type": "bool", "default": True},
    "load_timeout": {"type": "float", "default": 30},
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": ["fails", "unknown", "may-crash", "info"],
        "default": ["fails", "unknown", "may-crash"],
    },
    "keep": {"type": "int", "default": 2},
    "candidates": {"type": "list", "elements": "dict"},
    "carried": {"type": "dict"},
}


def work(module):
    """The result of the module. Raises GoPluginsError, OSError."""
    options = module.params
    plugins = plugins_of(module)
    if not plugins or not options["health"]:
        raise GoPluginsError("there is nothing to deploy, or no request that shows that it works", "give plugins and health")
    names = [plugin["name"] for plugin in plugins]
    found, carried = artifacts_of(options, names)
    current = settings.read(options["gateway"], options["config"] or "", options["directory"] or "", options["secret"] or "")
    hide(module, current.secret)
    request = Request(
        plugins=plugins,
        found=found,
        carried=carried,
        checks=control.checks_of(options["health"]),
        version=options["version"] or "",
        folder=options["folder"] or "",
        state=options["state"],
        restart=restart_of(options),
        reload_timeout=options["reload_timeout"],
        start_timeout=options["start_timeout"],
        health_timeout=options["health_timeout"],
        load=options["load"],
        load_timeout=options["load_timeout"],
        fail_on=options["fail_on"],
        keep=max(0, options["keep"]),
        mode=options["mode"],
        drain=options["drain_command"],
        resume=options["resume_command"],
    )
    return deploy(request, current, module.check_mode)


def restart_of(options):
    """The command that restarts the gateway; empty without one. Raises GoPluginsError."""
    service = options["restart_service"]
    if not service:
        return options["restart_command"]
    if options["restart_command"]:
        raise GoPluginsError("restart_command and restart_service say both how to restart the gateway", "leave one of them out")
    return ["systemctl", "restart", "--", service]


def artifacts_of(options, names):
    """(the artifacts that there are, from plugin to its file on this host). Raises GoPluginsError, OSError."""
    given = options.pop("candidates"), options.pop("carried")
    records.refuse_signers(options["signers"])
    if given[0] is not None:
        return [records.from_dict(one) for one in given[0]], given[1] or {}
    # Without the action plugin the folder is on this host. The verdict and the copy take the one that is chosen.
    found = records.candidates(options["artifacts"], names)
    return found, None


def main():
    run(work, ARGUMENTS, writes_to="state")


if __name__ == "__main__":
    main()
