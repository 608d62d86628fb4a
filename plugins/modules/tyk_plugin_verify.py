#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: tyk_plugin_verify
short_description: Check whether a Tyk Gateway will load Go plugins, and why not
version_added: 0.1.0
description:
  - Compares Go plugins with the gateway that will load them. It predicts what the gateway's loader says, including the package that its
    error names, finds the real cause, and gives the commands that fix it.
  - It only reads the files. It needs no Go and runs on any platform, whatever the gateway's is. It executes nothing of the files unless
    O(load=true).
  - A plugin loads if the fingerprints of all packages that it shares with the gateway are equal. Equal fingerprints do not prove that
    loading is safe, so the module also compares the Go release, the flags, the tags and the CPU level of both builds.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.plugins
attributes:
  check_mode:
    support: full
    details: The module changes nothing. It ignores O(load) in check mode, because loading executes the plugin.
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
      - The gateway's binary. Name it together with O(plugin), O(folders), O(files), O(definitions) or O(plugins).
      - To explain an O(error) or a O(log) you need no gateway.
    type: path
  plugin:
    description:
      - Files of plugins, one path or a list.
      - All plugins are also checked against each other, as if one gateway process loaded those of O(plugin), then those of O(plugins),
        in this order. Those of O(folders), O(files) and O(definitions) stand between the two.
    type: list
    elements: path
  folders:
    description:
      - Folders with plugins. Every file C(*.so) in them and in the folders below is verified, as if O(plugin) named it, in the order of
        the paths. Hidden files and links are left out.
      - A folder that cannot be read is an error.
    type: list
    elements: path
  files:
    description:
      - Files of plugins, each with what it must export, as RV(goplugins.tyk.tyk_definition_lint#module:files) has them.
      - A file that is in O(plugin) too is verified once.
    type: list
    elements: dict
    suboptions:
      path:
        description: The file.
        type: path
        required: true
      hooks:
        description: From symbol to kind of hook, as O(hooks).
        type: dict
        default: {}
  definitions:
    description:
      - Files and folders with API definitions, as O(goplugins.tyk.tyk_definition_lint#module:definitions), of a gateway that starts in the
        folder of O(gateway) and keeps bundles in C(middleware) there.
      - The plugins that they name are verified as if O(files) named them, and RV(findings) has what is wrong in the definitions.
      - For a gateway that starts elsewhere use M(goplugins.tyk.tyk_definition_lint).
    type: list
    elements: path
  plugins:
    description:
      - Plugins whose files are in O(artifacts), under the names by which the gateway looks for them,
        C({name}_{version}_{goos}_{goarch}.so). The version comes from O(profile), the platform from O(gateway).
      - This module uses O(plugins[].name), O(plugins[].symbols) and O(plugins[].hooks).
  artifacts:
    description: Folder with the files of O(plugins).
    type: path
  symbols:
    description: Names that every plugin must export, besides the O(plugins[].symbols) of each.
    type: list
    elements: str
    default: []
  hooks:
    description:
      - Further names that every plugin must export, each with the kind of hook that the gateway uses it as, besides the
        O(plugins[].hooks) of each.
      - The kind is one of V(pre), V(auth_check), V(post_key_auth), V(post), V(response) and V(analytics).
      - A hook must be a function with the signature that the gateway needs. Types are compared by the import paths of their packages, so
        a package named V(http) that is not V(net/http) does not pass.
    type: dict
    default: {}
  host:
    description:
      - Also check whether this machine, on which the module runs, has what gateway and plugins need.
        That is the version of its C library, the release of FreeBSD or macOS, its shared libraries and its CPU.
      - The finding V(host-not-known) names what this machine does not reveal. It is not compared.
    type: bool
    default: false
  checksums:
    description: Whether to return the SHA-256 of each plugin, RV(results[].sha256), so that the controller can look for its signature.
    type: bool
    default: false
  load:
    description:
      - Let the gateway itself load each plugin and look up each of its symbols and hooks, in processes of their own, and compare its
        answer with the verdict. For a plugin without symbols and hooks, the gateway looks up the first function that it exports.
      - The gateway must also say that the plugin lacks a symbol with a random name. Otherwise its answers count for nothing, as the plugin
        may have printed them.
      - This executes the gateway and the plugin's C(init) functions, with the rights of the task.
    type: bool
    default: false
  load_command:
    description:
      - The command that lets the gateway load a plugin, for a gateway that does not run here directly, for example in a container or
        under emulation.
      - C({gateway}), C({plugin}) and C({symbol}) stand for the absolute paths and the symbol. The command must use C({symbol}), and print
        what the gateway prints.
    type: list
    elements: str
    default: ['{gateway}', 'plugin', 'load', '-f', '{plugin}', '-s', '{symbol}']
  load_timeout:
    description: Seconds after which a gateway that does not answer is stopped.
    type: float
    default: 60
  fail_on:
    description:
      - The task fails if a finding has one of these effects, be it about a plugin or in a definition.
      - V(fails) means that the loader refuses the plugin, V(unknown) that the files do not show whether it does, V(may-crash) that
        the plugin loads but may end the process later, V(info) everything else.
      - That O(folders) and O(definitions) come to no plugin at all counts as V(unknown).
      - With V(never), or an empty list, no finding fails the task.
    type: list
    elements: str
    choices: [fails, unknown, may-crash, info, never]
    default: [fails, unknown]
  profile:
    description:
      - The build profile that you expect the gateway to have, as RV(goplugins.tyk.tyk_gateway_info#module:profile) returns it.
      - The finding V(profile-differs) names each value in which the binary differs from it.
      - O(plugins) needs it for the names of the files.
    type: dict
  error:
    description:
      - A line of the gateway's log, several of them, or what C(plugin load) printed. The module explains it, without any file.
      - With O(gateway) and O(plugin) too, it says which of the possible causes the files show.
    type: str
  log:
    description:
      - Path of a log of the gateway on the host. The module finds the lines about plugins and bundles in it, and explains each plugin and
        symbol once. It reads the log line by line, whatever its size, and looks at the first 16384 bytes of each line.
      - It understands logs as text and as JSON, with colours, and with what journald, Docker and Kubernetes put around them.
      - With O(gateway) and O(plugin) too, it says which of the possible causes the files show. What a log says does not change the
        verdict.
    type: path
seealso:
  - module: goplugins.tyk.tyk_definition_lint
  - module: goplugins.tyk.tyk_gateway_info
  - module: goplugins.tyk.go_plugin_build
author:
  - The goplugins.tyk authors (@goplugins)
"""

EXAMPLES = r"""
- name: Compare a plugin with the gateway that will load it
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    plugin: /opt/tyk-plugins/testplugin_v5.3.6_linux_amd64.so

- name: Read how the gateway was built
  goplugins.tyk.tyk_gateway_info:
    binary: /opt/tyk-gateway/tyk
  register: gateway

- name: Compare a set of plugins, check their hooks and let the gateway prove it
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    profile: "{{ gateway.profile }}"
    artifacts: /opt/tyk-plugins
    plugins:
      - name: auth
        hooks:
          AuthCheck: auth_check
      - name: headers
        symbols: [AddFooBarHeader]
    host: true
    load: true
    load_timeout: 20
    fail_on: [fails, unknown, may-crash]

- name: Compare two files that must export the same hook
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    plugin:
      - /opt/tyk-plugins/auth_v5.3.6_linux_amd64.so
      - /opt/tyk-plugins/oauth_v5.3.6_linux_amd64.so
    hooks:
      AuthCheck: auth_check
    checksums: true

- name: Compare files that must export hooks of their own
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    files:
      - path: /opt/tyk-gateway/middleware/auth.so
        hooks:
          AuthCheck: auth_check
      - path: /opt/tyk-gateway/middleware/sign.so
        hooks:
          SignResponse: response

- name: Compare all plugins on a gateway host at once, those that its API definitions name as the hooks that they are
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    folders: /opt/tyk-gateway/middleware
    definitions: /opt/tyk-gateway/apps
    host: true

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

- name: Explain a whole log of the gateway
  goplugins.tyk.tyk_plugin_verify:
    log: /var/log/tyk.log

- name: Say which of the possible causes of the errors in a log it is
  goplugins.tyk.tyk_plugin_verify:
    log: /var/log/tyk.log
    gateway: /opt/tyk-gateway/tyk
    plugin: /opt/tyk-plugins/testplugin_v5.3.6_linux_amd64.so

- name: Only report
  goplugins.tyk.tyk_plugin_verify:
    gateway: /opt/tyk-gateway/tyk
    plugin: /opt/tyk-plugins/testplugin.so
    fail_on: never
  register: report
"""

RETURN = r"""
msg:
  description: The verdicts for people, each with its causes and the commands that fix them.
  returned: always
  type: str
  sample: |-
    testplugin.so: fails (plugin was built with a different version of package runtime/internal/sys)
      fails: -race on one side only [race-differs]. The plugin was built with -race, the gateway without. 476 of 556 shared ...
        Fix: cd PLUGIN_FOLDER && GOTOOLCHAIN=go1.22.7 CGO_ENABLED=1 GOOS=linux GOARCH=amd64 go build -trimpath -buildmode=plugin ...
verdict:
  description:
    - The worst of the verdicts.
    - V(loads) means that the loader accepts the plugin, V(fails) that it refuses the plugin or that the gateway cannot use a symbol of
      it, V(unknown) that the files do not show it, or that the gateway was to prove it by loading and could not.
  returned: when O(gateway) is given and can be read
  type: str
  sample: fails
code:
  description:
    - Why the gateway's file cannot be read, in a word. V(not-found), V(not-a-file) or V(unreadable).
    - A plugin that is missing is a finding instead, so that other plugins still get their verdicts.
  returned: when the gateway's file cannot be read
  type: str
  sample: not-found
findings:
  description:
    - What is wrong in the definitions, as RV(goplugins.tyk.tyk_definition_lint#module:findings).
    - What is wrong with the plugins that they name is in RV(results).
  returned: when O(gateway) and O(definitions) are given and can be read
  type: list
  elements: dict
  sample:
    - code: driver-missing
      effect: fails
      title: The driver is not set
      message: custom_middleware.driver is not set, so the gateway does not take /p/a.so for a Go plugin.
      meaning: The driver says what runs the hooks of an API.
      definition: /opt/tyk-gateway/apps/shop.json
      where: custom_middleware
      cure: [set custom_middleware.driver to "goplugin"]
explained:
  description: The kinds of finding that can cause O(error), the most likely first. As RV(logged[].explained).
  returned: when O(error) is given
  type: list
  elements: dict
  sample: [{"code": "trimpath-differs", "confirmed": null, "cure": ["cd PLUGIN_FOLDER && go build -trimpath ..."], "effect": "fails"}]
logged:
  description:
    - What the lines of O(error) or O(log) come to, one element for each plugin and symbol, in the order of their first lines.
    - There are at most 200 of them.
  returned: when O(error) or O(log) is given
  type: list
  elements: dict
  contains:
    plugin:
      description: Path of the plugin as the lines have it; V(null) if they name none.
      returned: always
      type: str
      sample: middleware/auth.so
    symbol:
      description: The symbol that the gateway looked for; V(null) if the lines name none.
      returned: always
      type: str
      sample: AuthCheck
    api:
      description: The ID of the API; V(null) if the lines name none, or a plugin.
      returned: always
      type: str
      sample: 7d5a2e
    packages:
      description: The packages that the lines name as different.
      returned: always
      type: list
      elements: str
      sample: [internal/goarch]
    line:
      description: Number of the first line, from 1.
      returned: always
      type: int
      sample: 4711
    count:
      description: How many lines there are.
      returned: always
      type: int
      sample: 3
    text:
      description: The first line, of which at most 500 characters.
      returned: always
      type: str
      sample: 'level=error msg="Could not load Go-plugin" mwPath=middleware/auth.so mwSymbolName=AuthCheck'
    explained:
      description:
        - The kinds of finding that can be the cause, the most likely first.
        - With O(gateway) and O(plugin), those that the files show come first.
      returned: always
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
          description: As RV(results[].findings[].cure), with words in capitals for what neither the line nor a file says.
          returned: always
          type: list
          elements: str
          sample: [cd PLUGIN_FOLDER && go build -trimpath -buildmode=plugin -o PLUGIN.so .]
        confirmed:
          description:
            - V(true) if O(gateway) and O(plugin) show it, V(false) if they would show it and do not, V(null) if they say nothing about it
              or are not given.
          returned: always
          type: bool
          sample: true
elapsed:
  description: Seconds that the module took.
  returned: always
  type: float
  sample: 0.08
results:
  description:
    - One element for each plugin, first those of O(plugin), then those of O(folders), O(files), O(definitions) and O(plugins), in the
      order given. There is none if O(folders) and O(definitions) come to no plugin.
    - The file docs/verdict.schema.json of the collection is the JSON schema of this module's result.
    - If one file is a universal file of macOS, its slice for the other file's platform is compared. If both are, it is the slice for this
      machine. On a machine of another kind the module compares each slice that both files have, and returns the worst verdict.
      The finding V(universal-file) names the slice.
  returned: when O(gateway) is given and can be read
  type: list
  elements: dict
  contains:
    plugin:
      description: Path of the plugin's file.
      returned: always
      type: str
      sample: /opt/tyk-plugins/testplugin_v5.3.6_linux_amd64.so
    sha256:
      description: SHA-256 of the plugin's file.
      returned: with O(checksums), where the file can be read
      type: str
      sample: 0f343b09311267c5d6ad0b76ff1d5c3bb1d0b9d2f6d4f0d6e1a1d3b8c4a5b6c7
    name:
      description: The O(plugins[].name); V(null) for every other file.
      returned: always
      type: str
      sample: testplugin
    verdict:
      description: V(loads), V(fails) or V(unknown).
      returned: always
      type: str
      sample: fails
    first_package:
      description: The package that the loader's error names; V(null) if it names none.
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
      description: The number of packages that gateway and plugin both have.
      returned: always
      type: int
      sample: 556
    findings:
      description: All findings, the worst first. Each differing package is in exactly one of them.
      returned: always
      type: list
      elements: dict
      contains:
        code:
          description: Name of the kind of finding; it stays the same between releases. The collection's docs have a page for each.
          returned: always
          type: str
          sample: trimpath-differs
        effect:
          description: V(fails), V(unknown), V(may-crash) or V(info).
          returned: always
          type: str
          sample: fails
        stage:
          description:
            - When the gateway meets it.
            - V(open) when it opens the file, V(packages) when it compares the packages, V(lookup) when it looks the symbol up,
              V(cast) when it turns the symbol into a hook, V(set) when it loads another plugin too, V(never) if its loader does not
              notice.
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
          description: What the files say, under names that depend on the kind of finding.
          returned: always
          type: dict
          sample: {with: gateway, without: plugin}
        packages:
          description: The differing packages that this finding explains.
          returned: always
          type: list
          elements: str
          sample: [internal/goarch, internal/unsafeheader]
        cure:
          description:
            - Commands that fix it, to be run in this order.
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
          description: Whether it loaded the plugin and found all symbols; V(null) if it could not be asked.
          returned: always
          type: bool
          sample: true
        rc:
          description: The first return code other than 0, else 0; V(null) if the gateway could not be asked.
          returned: always
          type: int
          sample: 0
        agrees:
          description: Whether the gateway answered as the files predict; V(null) if it could not be asked.
          returned: always
          type: bool
          sample: true
        output:
          description: What the gateway printed.
          returned: always
          type: str
          sample: '[file=testplugin.so, symbol=AuthCheck] loaded ok, got 0x76e1aeb52140'
        symbols:
          description: For each symbol that the gateway looked up, whether it found it.
          returned: always
          type: dict
          sample: {AuthCheck: true}
"""

import os
import stat

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile as profiles
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import artifact_name
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._module.plugins import PLUGINS, plugins_of
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import run
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import effects, platform_of, verify

# On each host what a module imports is compiled anew. So what not every run needs is imported where it is used.

# More than any gateway loads.
MAX_FOUND = 10_000

ARGUMENTS = {
    "gateway": {"type": "path"},
    "plugin": {"type": "list", "elements": "path"},
    "folders": {"type": "list", "elements": "path"},
    "files": {
        "type": "list",
        "elements": "dict",
        "options": {"path": {"type": "path", "required": True}, "hooks": {"type": "dict", "default": {}}},
    },
    "definitions": {"type": "list", "elements": "path"},
    "plugins": PLUGINS,
    "artifacts": {"type": "path"},
    "symbols": {"type": "list", "elements": "str", "default": []},
    "hooks": {"type": "dict", "default": {}},
    "host": {"type": "bool", "default": False},
    "checksums": {"type": "bool", "default": False},
    "load": {"type": "bool", "default": False},
    "load_command": {"type": "list", "elements": "str", "default": ["{gateway}", "plugin", "load", "-f", "{plugin}", "-s", "{symbol}"]},
    "load_timeout": {"type": "float", "default": 60},
    "fail_on": {
        "type": "list",
        "elements": "str",
        "choices": ["fails", "unknown", "may-crash", "info", "never"],
        "default": ["fails", "unknown"],
    },
    "profile": {"type": "dict"},
    # A line of a log may hold anything; no_log keeps it out of the system's.
    "error": {"type": "str", "no_log": True},
    "log": {"type": "path"},
}


def work(module):
    """The result of the module. Raises GoPluginsError."""
    options = module.params
    named = plugins_of(module)
    answers = answers_of(options)
    if options["gateway"] is None:
        return explanation(options, answers)
    checked_hooks(options["hooks"])
    load = trial_of(options) if options["load"] and not module.check_mode else None
    paths = [*(options["plugin"] or ()), *in_folders(options["folders"] or (), options["plugin"] or ())]
    if paths or named or options["files"] or options["definitions"]:
        result, seen = compare(options, named, paths, load, answers or ())
    elif options["folders"]:
        result = seen = nothing(options)
    else:
        raise GoPluginsError(
            "no plugin is given",
            "name files by the options plugin, folders, files or definitions, or plugins by plugins, artifacts and profile",
        )
    if options["checksums"]:
        result = {**result, "results": [with_checksum(one) for one in result["results"]]}
    found = effects(result) if result["results"] else {result["verdict"]}
    found |= {finding["effect"] for finding in result.get("findings", ())}
    if answers is not None:
        from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import log as logs

        more = explanation(options, [logs.confirmed(answer, seen["results"]) for answer in answers])
        result = {**result, **more, "msg": f"{result['msg']}\n{more['msg']}"}
    return {**result, "failed": bool(found & set(options["fail_on"]))}


def compare(options, named, paths, load, answers):
    """The result, and one in which the symbols that a log names were looked for too. Raises GoPluginsError and OSError."""
    with open_file(options["gateway"]) as gateway:
        named_files, findings, texts = read_definitions(options["definitions"], gateway) if options["definitions"] else ((), (), ())
        files = files_of(options, named_files)
        plugins = [*by_path(paths, files, options), *by_file(files, options), *by_name(named, options, gateway)]
        result = verify(gateway, plugins, load=load, host=options["host"], profile=options["profile"]) if plugins else nothing(options)
        # A log is of the past: symbols that only it names are looked for, and change no verdict.
        asked = [with_symbols(plugin, answers, len(plugins) == 1) for plugin in plugins]
        seen = result if asked == plugins else verify(gateway, asked, host=options["host"])
    if options["definitions"]:
        result = {**result, "findings": findings, "msg": "\n".join([*texts, result["msg"]])}
    return result, seen


def trial_of(options):
    """How the gateway loads plugins."""
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import Trial

    return Trial(options["load_command"], options["load_timeout"])


def in_folders(folders, known):
    """The files of plugins in folders and below, but for those that are known, in the order of their paths.

    Raises OSError for a folder that cannot be read, and GoPluginsError.
    """

    def refuse(error):
        raise error

    found = []
    for folder in folders:
        for parent, _folders, names in os.walk(folder, onerror=refuse):
            paths = [os.path.join(parent, name) for name in names if name.endswith(".so") and not name.startswith(".")]
            found += [path for path in paths if stat.S_ISREG(os.lstat(path).st_mode)]
            if len(found) > MAX_FOUND:
                raise GoPluginsError(f"{folder} has more than {MAX_FOUND} plugins in it", "name a folder with fewer of them")
    return sorted({*found}.difference(known))


def read_definitions(paths, gateway):
    """(files with their hooks, findings, findings for people). Raises GoPluginsError and OSError."""
    from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.files import as_text, files_of, lint_files
    from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import gateway_of

    report = lint_files(paths, gateway_of(gateway, platform_of(gateway)))
    return files_of(report.plugins), [finding.as_dict() for finding in report.findings], [as_text(finding) for finding in report.findings]


def files_of(options, named):
    """From path to hooks: the files that are given, and those that definitions name."""
    found = {file["path"]: checked_hooks(file["hooks"]) for file in options["files"] or ()}
    for file in named:
        found[file["path"]] = {**file["hooks"], **found.get(file["path"], {})}
    return found


def nothing(options):
    """The result where no plugin was found."""
    searched = ", ".join([*(options["folders"] or ()), *(options["definitions"] or ())])
    return {"verdict": "unknown", "results": [], "msg": f"no plugin is in, or named by, {searched}"}


def with_checksum(one):
    """One of the results, with the SHA-256 of its file."""
    try:
        return {**one, "sha256": sha256_file(one["plugin"])} if os.path.isfile(one["plugin"]) else one
    except OSError:
        return one


def answers_of(options):
    """The answers to the error and the log that are given; None where neither is. Raises GoPluginsError and OSError."""
    if options["error"] is None and options["log"] is None:
        return None
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import log as logs

    return [
        *(logs.answers_to(options["error"]) if options["error"] is not None else ()),
        *(logs.read(options["log"]) if options["log"] is not None else ()),
    ]


def explanation(options, answers):
    """The part of the result that is about the error and the log."""
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import log as logs
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import explained

    nothing = "no finding is known for this text" if options["log"] is None else f"no line about a plugin in {options['log']}"
    result = {"msg": "\n".join(map(logs.as_text, answers)) or nothing, "logged": [answer.as_dict() for answer in answers]}
    if options["error"] is not None:
        rows = [row for answer in answers for row in answer.explained]
        # A line that was broken where the user copied it.
        rows = rows or explained(" ".join(options["error"].split()))
        result["explained"] = list({row["code"]: row for row in reversed(rows)}.values())[::-1]
    return result


def with_symbols(plugin, answers, only):
    """The plugin with the symbols that the gateway looked for in it."""
    if not answers:
        return plugin
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict import log as logs

    logged = [answer.symbol for answer in answers if answer.symbol and logs.is_about(answer, plugin.path, only)]
    return plugin._replace(symbols=tuple(dict.fromkeys((*plugin.symbols, *logged))))


def by_path(paths, files, options):
    """The plugins of which only the file is known, but for those of which more is."""
    others = set(map(os.path.realpath, files))
    paths = [path for path in paths if os.path.realpath(path) not in others]
    return [Plugin(path, None, tuple(options["symbols"]), options["hooks"]) for path in paths]


def by_file(files, options):
    """The plugins of which the file and its own hooks are known."""
    return [Plugin(path, None, tuple(options["symbols"]), {**options["hooks"], **hooks}) for path, hooks in files.items()]


def by_name(plugins, options, gateway):
    """The plugins in the folder of artifacts, under the names that the gateway looks for. Raises GoPluginsError."""
    if not plugins:
        return []
    from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import checked_environment, checked_files

    label, target = profiles.from_dict(options["profile"]).label, platform_of(gateway)
    return [
        Plugin(
            path=os.path.join(options["artifacts"], artifact_name(plugin["name"], label, target)),
            name=plugin["name"],
            symbols=(*options["symbols"], *plugin["symbols"]),
            hooks={**options["hooks"], **checked_hooks(plugin["hooks"])},
            load=plugin["load"],
            environment=checked_environment(plugin["load_environment"]),
            files=checked_files(plugin["load_files"]),
        )
        for plugin in plugins
    ]


def main():
    run(
        work,
        ARGUMENTS,
        required_one_of=[("gateway", "error", "log")],
        required_by={
            "plugin": ("gateway",),
            "folders": ("gateway",),
            "files": ("gateway",),
            "definitions": ("gateway",),
            "plugins": ("gateway", "artifacts", "profile"),
            "artifacts": ("plugins",),
        },
    )


if __name__ == "__main__":
    main()
