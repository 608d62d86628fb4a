#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_verify
short_description: Tell whether a Tyk Gateway will load Go plugins, and why not
version_added: 0.1.0
description:
  - Compares Go plugins with the gateway that shall load them and tells what the gateway's loader will say, the very package that
    its error will name, what really causes it, and the commands that cure it.
  - Both files are only read. Neither Go nor the gateway's platform is needed on the host, and nothing of the files is executed
    unless O(load=true).
  - Equal fingerprints of all packages make a plugin load. They do not prove that it is safe to load, so the module also compares
    the Go release, the flags, the tags and the CPU level that both files were built with.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
    details: The module changes nothing. In check mode O(load) is not carried out, for loading executes the plugin.
  diff_mode:
    support: none
    details: The module changes nothing, so there is no difference to show.
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  gateway:
    description:
      - The gateway's binary.
      - Required, with O(plugins), unless there is only an O(error) to explain.
    type: path
  plugins:
    description:
      - The plugins. They are also checked against each other, as if one gateway process loaded all of them in this order.
    type: list
    elements: path
    aliases: [plugin]
  symbols:
    description:
      - Names that each of the plugins must export.
    type: list
    elements: str
    default: []
  plugin_symbols:
    description:
      - From a path of O(plugins) to a list of names that this plugin alone must export.
    type: dict
    default: {}
  hooks:
    description:
      - Further names that each of the plugins must export, with the kind of hook that the gateway uses each as.
      - The kind is one of V(pre), V(auth_check), V(post_key_auth), V(post), V(response) and V(analytics).
      - Such a name must be a function, and of the signature that the gateway needs, where the file tells it.
        Types are compared by the import paths of their packages, so a package named V(http) that is not V(net/http) is found out.
    type: dict
    default: {}
  host:
    description:
      - Also check what gateway and plugins need against this machine, the one that the module runs on.
        That is the version of its C library, the release of FreeBSD or macOS, its shared libraries and its CPU.
      - What this machine does not tell is not compared, and the finding V(host-not-known) names it.
    type: bool
    default: false
  load:
    description:
      - Let the gateway itself load each plugin and look up each of O(symbols) and O(hooks), in processes of their own, and compare
        its answer with the verdict. Without any symbol, the first function that the plugin exports is looked up.
      - This executes the gateway and the plugin's C(init) functions, with the rights of the task.
    type: bool
    default: false
  load_command:
    description:
      - The command that lets the gateway load a plugin, where it does not run here as it is, for example in a container or under emulation.
      - The words C({gateway}), C({plugin}) and C({symbol}) stand for the absolute paths and the symbol.
    type: list
    elements: str
    default: ['{gateway}', 'plugin', 'load', '-f', '{plugin}', '-s', '{symbol}']
  load_timeout:
    description:
      - Seconds after which a gateway that does not answer is stopped.
    type: float
    default: 60
  fail_on:
    description:
      - The task fails if there is a finding of one of these effects.
      - V(fails) is a reason for the loader to refuse the plugin, V(unknown) a reason why that cannot be told, V(may-crash) a difference
        that the loader does not notice and that may end the process later, V(told) everything else.
      - With V(never), or an empty list, the task does not fail because of a finding.
    type: list
    elements: str
    choices: [fails, unknown, may-crash, told, never]
    default: [fails, unknown]
  profile:
    description:
      - The build profile that the gateway is expected to have, as RV(goplugins.tyk.tyk_gateway_info#module:profile).
      - Where the binary has another one, that is told.
    type: dict
  error:
    description:
      - A line of the gateway's log, or what C(plugin load) printed, to be explained. It needs none of the files.
    type: str
seealso:
  - module: goplugins.tyk.tyk_gateway_info
  - module: goplugins.tyk.go_plugin_build
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Compare a plugin with the gateway that shall load it
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    plugin: /opt/tyk-plugins/testplugin_v5.3.6_linux_amd64.so

- name: Compare a set of plugins, check the hooks and let the gateway prove it
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    plugins:
      - /opt/tyk-plugins/auth_v5.3.6_linux_amd64.so
      - /opt/tyk-plugins/headers_v5.3.6_linux_amd64.so
    plugin_symbols:
      /opt/tyk-plugins/headers_v5.3.6_linux_amd64.so: [AddFooBarHeader]
    hooks:
      AuthCheck: auth_check
    host: true
    load: true
    load_timeout: 20
    fail_on: [fails, unknown, may-crash]

- name: Read what the gateway is
  goplugins.tyk.tyk_gateway_info:
    binary: /opt/tyk-gateway/tyk
  register: gateway

- name: Compare a plugin with it, and tell where the gateway is not the one that the plugins were built for
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    plugin: /opt/tyk-plugins/auth_v5.3.6_linux_amd64.so
    profile: "{{ gateway.profile }}"

- name: Let a gateway for another CPU load the plugin under emulation
  goplugins.tyk.tyk_plugin_verify:
    gateway: ./tyk-arm64
    plugin: ./testplugin_v5.3.6_linux_arm64.so
    symbols: [AuthCheck]
    load: true
    load_command: [qemu-aarch64-static, -L, /usr/aarch64-linux-gnu, '{gateway}', plugin, load, -f, '{plugin}', -s, '{symbol}']

- name: Explain an error of the gateway
  goplugins.tyk.tyk_plugin_verify:
    error: 'plugin.Open("testplugin"): plugin was built with a different version of package internal/goarch'

- name: Only report
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    plugin: /opt/tyk-plugins/testplugin.so
    fail_on: never
  register: report
"""

RETURN = r"""
msg:
  description: The verdicts, their causes and cures for people.
  returned: always
  type: str
  sample: |-
    testplugin.so: fails (plugin was built with a different version of package runtime/internal/sys)
      fails: -race on one side only [race-differs]. The plugin was built with -race, the gateway without. 476 of 556 shared ...
        $ cd PLUGIN_FOLDER && GOTOOLCHAIN=go1.22.7 CGO_ENABLED=1 GOOS=linux GOARCH=amd64 go build -buildmode=plugin -trimpath ...
verdict:
  description:
    - The worst of the verdicts.
    - V(loads) means that the loader accepts the plugin, V(fails) that it refuses it or that the gateway cannot use a symbol of it,
      V(unknown) that the files do not tell, or that a proof by loading was asked for and could not be had.
  returned: when O(gateway) is given and could be read
  type: str
  sample: fails
code:
  description:
    - Why the gateway's file could not be read, as a word. V(not-found), V(not-a-file) or V(unreadable).
    - Of a plugin that is not there, it is a finding of its own, as other plugins have their verdicts all the same.
  returned: when the gateway's file could not be read
  type: str
  sample: not-found
explained:
  description: The kinds of finding that O(error) may stem from, the most likely first.
  returned: when O(error) is given
  type: list
  elements: dict
  contains:
    code:
      description: As RV(results[].findings[].code).
      returned: always
      type: str
      sample: trimpath-differs
    effect:
      description: As RV(results[].findings[].effect).
      returned: always
      type: str
      sample: fails
    title:
      description: As RV(results[].findings[].title).
      returned: always
      type: str
      sample: -trimpath on one side only
    meaning:
      description: As RV(results[].findings[].meaning).
      returned: always
      type: str
      sample: Without -trimpath the compiler writes the folders of the source files into the code.
    cure:
      description: As RV(results[].findings[].cure), with capitals in place of what only the files tell.
      returned: always
      type: list
      elements: str
      sample: [cd PLUGIN_FOLDER && go build -trimpath -buildmode=plugin -o PLUGIN.so .]
results:
  description:
    - One element for each of the plugins, in the same order.
    - The file docs/verdict.schema.json of the collection is the JSON schema of this module's result.
    - Of a universal file of macOS, the slice for the other file's platform is compared, and where both files are universal, that for
      this machine. On a machine of another kind each slice that both have is compared, and the worst verdict stands here.
      The finding V(universal-file) tells which slice it is about.
  returned: when O(gateway) is given and could be read
  type: list
  elements: dict
  contains:
    plugin:
      description: The plugin, as it was given.
      returned: always
      type: str
      sample: /opt/tyk-plugins/testplugin.so
    verdict:
      description: V(loads), V(fails) or V(unknown).
      returned: always
      type: str
      sample: fails
    first_package:
      description: The package that the loader's error names; V(null) where it names none.
      returned: always
      type: str
      sample: internal/goarch
    differing:
      description: All packages whose fingerprints differ from the gateway's, in the order in which the loader compares them.
      returned: always
      type: list
      elements: str
      sample: [internal/goarch, internal/unsafeheader]
    shared:
      description: How many packages gateway and plugin both have.
      returned: always
      type: int
      sample: 556
    findings:
      description: Everything that was found, the worst first. Each differing package stands in one finding.
      returned: always
      type: list
      elements: dict
      contains:
        code:
          description: Name of the kind of finding; it does not change between releases. The collection's docs have a page for each.
          returned: always
          type: str
          sample: trimpath-differs
        effect:
          description: V(fails), V(unknown), V(may-crash) or V(told).
          returned: always
          type: str
          sample: fails
        stage:
          description:
            - Where the gateway meets it.
            - V(open) when the file is opened, V(packages) when the packages are compared, V(lookup) when the symbol is looked up,
              V(cast) when the symbol is made a hook, V(set) together with another plugin, V(never) if the loader does not notice.
          returned: always
          type: str
          sample: packages
        title:
          description: The kind of finding in a few words.
          returned: always
          type: str
          sample: -trimpath on one side only
        message:
          description: What differs here.
          returned: always
          type: str
          sample: The gateway was built with -trimpath, the plugin without.
        meaning:
          description: Why it matters.
          returned: always
          type: str
          sample: Without -trimpath the compiler writes the folders of the source files into the code.
        evidence:
          description: What was read from the files, by names that depend on the kind of finding.
          returned: always
          type: dict
          sample: {with: gateway, without: plugin}
        packages:
          description: The differing packages that this explains.
          returned: always
          type: list
          elements: str
          sample: [internal/goarch, internal/unsafeheader]
        cure:
          description:
            - Commands that cure it, to be run in order.
            - C(PLUGIN_FOLDER) stands for the folder with the plugin's go.mod, C(GATEWAY_CHECKOUT) for the folder with the gateway's source.
          returned: always
          type: list
          elements: str
          sample: [cd PLUGIN_FOLDER && go build -trimpath -buildmode=plugin -o PLUGIN.so .]
    loaded:
      description: What the gateway itself said. V(null) without O(load), and in check mode.
      returned: always
      type: dict
      contains:
        ok:
          description: Whether it loaded the plugin and found all symbols; V(null) where it could not be asked.
          returned: always
          type: bool
          sample: true
        rc:
          description: The first return code that is not 0, else 0; V(null) where it could not be asked.
          returned: always
          type: int
          sample: 0
        agrees:
          description: Whether its answers are those that the files foretell, V(null) where it could not be asked.
          returned: always
          type: bool
          sample: true
        output:
          description: What it printed.
          returned: always
          type: str
          sample: '[file=testplugin.so, symbol=AuthCheck] loaded ok, got 0x76e1aeb52140'
        symbols:
          description: Each symbol that was looked up, and whether it was found.
          returned: always
          type: dict
          sample: {AuthCheck: true}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import explained
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import COMMAND
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import Load, effects, verify


def main():
    module = AnsibleModule(
        argument_spec={
            "gateway": {"type": "path"},
            "plugins": {"type": "list", "elements": "path", "aliases": ["plugin"]},
            "symbols": {"type": "list", "elements": "str", "default": []},
            "plugin_symbols": {"type": "dict", "default": {}},
            "hooks": {"type": "dict", "default": {}},
            "host": {"type": "bool", "default": False},
            "load": {"type": "bool", "default": False},
            "load_command": {"type": "list", "elements": "str", "default": list(COMMAND)},
            "load_timeout": {"type": "float", "default": 60},
            "fail_on": {
                "type": "list",
                "elements": "str",
                "choices": ["fails", "unknown", "may-crash", "told", "never"],
                "default": ["fails", "unknown"],
            },
            "profile": {"type": "dict"},
            "error": {"type": "str"},
        },
        required_one_of=[("gateway", "error")],
        required_together=[("gateway", "plugins")],
        supports_check_mode=True,
    )
    options = module.params
    explanation = {} if options["error"] is None else {"explained": explained(options["error"])}
    if not options["gateway"]:
        titles = "\n".join(f"{kind['title']} [{kind['code']}]" for kind in explanation["explained"])
        module.exit_json(changed=False, msg=titles or "no finding is known for this text", **explanation)
    try:
        result = verify(
            options["gateway"],
            options["plugins"],
            symbols=options["symbols"],
            hooks=options["hooks"],
            load=Load(options["load_command"], options["load_timeout"]) if options["load"] and not module.check_mode else None,
            host=options["host"],
            profile=options["profile"],
            plugin_symbols=options["plugin_symbols"],
        )
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    if effects(result) & set(options["fail_on"]):
        module.fail_json(changed=False, **result, **explanation)
    module.exit_json(changed=False, **result, **explanation)


if __name__ == "__main__":
    main()
