# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one table of findings in definitions that name Go plugins. Messages and documentation come from it.

In messages and cures, the definition fills in the words in braces. Names of keys are as Tyk spells them.
"""

from __future__ import annotations

import typing as t

# Effects, the worst first; the words are those of findings.
FAILS = "fails"  # the gateway drops the definition, does not run the plugin, or answers its requests with an error
UNKNOWN = "unknown"  # the definition does not show what the gateway will do
INFO = "info"  # everything works as it is written down, if that is what was meant
EFFECTS = (FAILS, UNKNOWN, INFO)


class Kind(t.NamedTuple):
    """One row of the table.

    message: what is wrong, in one or two sentences. meaning: what the gateway does, and why. cure: what to change.
    drops: whether the gateway takes nothing of such a definition, so that none of its plugins runs.
    """

    code: str
    title: str
    effect: str
    message: str
    meaning: str
    cure: str
    drops: bool = False


_TABLE = (
    # --- The file itself ---------------------------------------------------------------------------------------------------------
    Kind(
        code="definition-unreadable",
        title="A definition cannot be read",
        effect=UNKNOWN,
        message="{reason}.",
        meaning="The gateway may run as a user who can read it. Here it was not read, so the plugins that it names are not known.",
        cure="run the check as the gateway's user, or as root",
        drops=True,
    ),
    Kind(
        code="definition-too-large",
        title="A definition is too large to be read",
        effect=UNKNOWN,
        message="It has {what}; {limit} is the most that is read.",
        meaning=(
            "No API definition is that large. The limit protects this check from files that are made to exhaust memory. The plugins that "
            "the file names are not known."
        ),
        cure="see whether the file is what it should be",
        drops=True,
    ),
    Kind(
        code="definition-not-json",
        title="A definition is not JSON",
        effect=FAILS,
        message="{reason}.",
        meaning=(
            "The gateway logs that it could not unmarshal the file, and goes on without the API. JSON has no comments, no comma after the "
            "last item, and no byte order mark."
        ),
        cure="correct the JSON there",
        drops=True,
    ),
    Kind(
        code="definition-not-utf8",
        title="A definition is not UTF-8",
        effect=UNKNOWN,
        message="Byte {place} is not UTF-8.",
        meaning=(
            "The gateway replaces each such byte by a question mark of its own (U+FFFD) and says nothing. A path or symbol with it names "
            "nothing that exists."
        ),
        cure="save the file as UTF-8",
    ),
    Kind(
        code="definition-key-twice",
        title="A key stands twice in one object",
        effect=UNKNOWN,
        message="{key} stands more than once there.",
        meaning=(
            "Of two values the gateway takes the last, and it merges two objects, field by field. Other programs, such as those that "
            "deploy definitions, may take the first."
        ),
        cure="keep one of them",
    ),
    Kind(
        code="definition-wrong-type",
        title="A value has the wrong JSON type",
        effect=FAILS,
        message="It is {found}; the gateway needs {wanted}.",
        meaning=(
            "The gateway cannot unmarshal the definition and drops it, with all that is right in it. In a definition, the hooks pre, post, "
            "post_key_auth and response are lists, auth_check is one object."
        ),
        cure="write {wanted} there",
        drops=True,
    ),
    Kind(
        code="definition-not-recognized",
        title="The file is no API definition",
        effect=INFO,
        message="It has none of the keys of an API definition, an OpenAPI document with Tyk's extension, or a bundle's manifest.",
        meaning="The gateway reads each *.json of its folder of definitions. A file that defines no API has no listen path and is skipped.",
        cure="move it out of the folder of definitions",
    ),
    Kind(
        code="definition-wrapped",
        title="The definition stands inside another object",
        effect=FAILS,
        message="The definition is the value of {key}.",
        meaning=(
            "A dashboard exports and serves definitions in a wrapper. A gateway that reads definitions from files takes the outermost "
            "object for the definition, and sees an API without a listen path, which it skips."
        ),
        cure="write the value of {key} into the file, without the wrapper",
        drops=True,
    ),
    Kind(
        code="oas-document-alone",
        title="An OpenAPI document without the definition beside it",
        effect=FAILS,
        message="There is no {classic} beside it that says is_oas.",
        meaning=(
            "A gateway that reads definitions from files loads NAME.json, a classic definition, and takes NAME-oas.json along where "
            "that says is_oas. It never turns an OpenAPI document into a definition by itself: that is done when it is sent to the "
            "gateway or the dashboard."
        ),
        cure="send it to the gateway (POST /tyk/apis/oas), which writes both files",
        drops=True,
    ),
    Kind(
        code="oas-document-differs",
        title="The OpenAPI document names a plugin that the definition beside it lacks",
        effect=FAILS,
        message="{symbol} of {path} is named here, but not in {classic}.",
        meaning=(
            "A gateway that reads definitions from files takes the plugins of an API from NAME.json alone. What NAME-oas.json says of "
            "them counts only when it is sent to the gateway or the dashboard, which write both files."
        ),
        cure="send it to the gateway (PUT /tyk/apis/oas/API_ID), which writes both files",
    ),
    # --- The driver --------------------------------------------------------------------------------------------------------------
    Kind(
        code="driver-missing",
        title="The driver is not set",
        effect=FAILS,
        message="{key} is not set, so the gateway does not take {path} for a Go plugin.",
        meaning=(
            "The driver says what runs the hooks of an API: without goplugin the gateway hands them to another driver, and each "
            "request fails or passes by. With JavaScript as that driver the log says: Unsupported extension '.so', or: JSVM isn't enabled. "
            "Response hooks and plugins of single endpoints need no driver."
        ),
        cure='set {key} to "goplugin"',
    ),
    Kind(
        code="driver-unknown",
        title="There is no such driver",
        effect=FAILS,
        message="{key} is {driver}, which is no driver of the gateway.",
        meaning="The drivers are goplugin, otto, python, lua, grpc and, since v5.15, javascript. Case counts: goPlugin is none of them.",
        cure='set {key} to "goplugin"',
    ),
    Kind(
        code="driver-of-another-language",
        title="The driver runs another language",
        effect=FAILS,
        message="{key} is {driver}, but {path} is a Go plugin.",
        meaning=(
            "The driver runs all hooks of an API but response hooks whose path ends in .so. Go plugins and those of another driver cannot "
            "be mixed in one API."
        ),
        cure='set {key} to "goplugin", or name no file that ends in .so',
    ),
    # --- One hook ----------------------------------------------------------------------------------------------------------------
    Kind(
        code="plugin-path-empty",
        title="A hook names no file",
        effect=FAILS,
        message="{key} is empty or not there, so the gateway has no file to load {symbol} from.",
        meaning=(
            "The gateway leaves out a hook of an API that has no path or no symbol, without a word in its log. For a single "
            "endpoint and for analytics it looks for a file without a name, and does not find it."
        ),
        cure="write the path of the .so file into {key}",
    ),
    Kind(
        code="plugin-symbol-empty",
        title="A hook names no symbol",
        effect=FAILS,
        message="{key} is empty or not there, so the gateway does not know which function of {path} to call.",
        meaning=(
            "The gateway leaves out a hook of an API that has no path or no symbol, without a word in its log. For a single "
            "endpoint, a response and analytics it looks up a symbol without a name, and does not find it."
        ),
        cure="write the name of the function into {key}",
    ),
    Kind(
        code="plugin-hook-empty",
        title="A hook names neither file nor symbol",
        effect=FAILS,
        message="The hook has neither {path_key} nor {symbol_key}.",
        meaning="Nothing says what the gateway should run there. It leaves the hook out.",
        cure="fill in {path_key} and {symbol_key}, or remove the entry",
    ),
    Kind(
        code="key-unknown",
        title="The gateway does not know a key",
        effect=FAILS,
        message="The gateway ignores {key}; the key there is {meant}.",
        meaning=(
            "The gateway ignores keys that it does not know, without a word in its log. Classic definitions, OpenAPI documents and the "
            "endpoints of both have different names for the same thing: name, functionName and func_name are all symbols."
        ),
        cure="write {meant} instead of {key}",
    ),
    Kind(
        code="symbol-not-exported",
        title="The symbol begins with a small letter",
        effect=FAILS,
        message="{symbol} does not begin with a capital letter, so no plugin can export it.",
        meaning="Go exports only names that begin with a capital letter, and plugin.Lookup finds only exported names. Case counts.",
        cure="let the function's name begin with a capital letter, in the source and here",
    ),
    Kind(
        code="symbol-not-a-name",
        title="The symbol is no name of a function",
        effect=FAILS,
        message="{symbol} is not the name of a Go function.",
        meaning=(
            "plugin.Lookup takes the bare name of a function in the plugin's package main: letters, digits and underscores, without "
            "package, parentheses or spaces."
        ),
        cure="write the name of the function alone",
    ),
    Kind(
        code="response-path-without-so",
        title="The path of a response hook does not end in .so",
        effect=FAILS,
        message="{path} does not end in .so, so the gateway takes the hook for one of another language.",
        meaning=(
            "The gateway tells a Go response hook by the end of its path alone, whatever the driver. It finds nothing that runs this one, "
            "and may leave out all response hooks after it."
        ),
        cure="write the path with its .so; the gateway still looks for the names with version and platform first",
    ),
    Kind(
        code="hook-disabled",
        title="A hook is disabled",
        effect=INFO,
        message="{symbol} of {path} is disabled: the gateway does not load it.",
        meaning="A disabled hook stays in the definition and is never loaded. Its file is not looked for here either.",
        cure="enable it or remove it",
    ),
    Kind(
        code="hook-not-enabled",
        title="A hook does not say that it is enabled",
        effect=FAILS,
        message="{symbol} of {path} has no {key}, which means false: the gateway does not load it.",
        meaning="In an OpenAPI document nothing is enabled unless it says so. In a classic definition it is the other way round: disabled.",
        cure="add {key}: true",
    ),
    Kind(
        code="auth-hook-not-used",
        title="Custom authentication is not enabled",
        effect=FAILS,
        message="{symbol} of {path} is to authenticate requests, but {key} is not true: the gateway never asks it.",
        meaning=(
            "The gateway calls the authentication hook only where custom authentication is enabled. Without it, it asks for a key of its "
            "own, and never loads the plugin."
        ),
        cure="set {key} to true",
    ),
    Kind(
        code="hook-without-authentication",
        title="The API has no authentication, so the hook never runs",
        effect=FAILS,
        message="{symbol} of {path} belongs to authentication, but {key} says that the API has none.",
        meaning=(
            "In an API without authentication the gateway loads neither the authentication hook nor the hooks after it. Anyone may call it."
        ),
        cure="set {key} to {value}",
    ),
    # --- Endpoints ---------------------------------------------------------------------------------------------------------------
    Kind(
        code="extended-paths-off",
        title="The endpoints of the version are not used",
        effect=FAILS,
        message="use_extended_paths is not true, so the gateway ignores {symbol} of {path}.",
        meaning="The gateway reads extended_paths, and the plugins in them, only in a version with use_extended_paths.",
        cure="set use_extended_paths of that version to true",
    ),
    Kind(
        code="endpoint-method-unknown",
        title="No request has this method",
        effect=FAILS,
        message="The method is {method}; methods are compared as they are written in requests, such as GET.",
        meaning="The gateway runs the plugin of an endpoint for requests of exactly its method. Lower case, ANY, * and nothing match none.",
        cure="write the method in capitals; one entry for each method",
    ),
    Kind(
        code="second-plugin-ignored",
        title="Only the first plugin of an endpoint, or of analytics, counts",
        effect=FAILS,
        message="{symbol} of {path} never runs: {first} stands before it for the same requests.",
        meaning=(
            "The gateway runs one plugin for a request to an endpoint, the first. Of the lists postPlugins of an operation and "
            "trafficLogs.plugins of an OpenAPI document it takes the first item alone."
        ),
        cure="remove it, or call its function from the first plugin",
    ),
    Kind(
        code="operation-unknown",
        title="No operation has this operationId",
        effect=FAILS,
        message="No operation in paths has the operationId {operation}, so the gateway ignores its plugins.",
        meaning="Tyk's extension names operations by their operationId, case included. Under any other name nothing is found.",
        cure="write the operationId that stands in paths",
    ),
    Kind(
        code="oas-two-lists",
        title="The old and the new key for the same hooks",
        effect=FAILS,
        message="The gateway reads {new} and ignores {old}.",
        meaning="Before v5.3 the hooks stood one level deeper, in plugins of {old}. Where {new} is there, the gateway looks at that alone.",
        cure="move everything to {new}",
    ),
    # --- Analytics ---------------------------------------------------------------------------------------------------------------
    Kind(
        code="analytics-needs-exact-path",
        title="For analytics this gateway looks for the exact path only",
        effect=FAILS,
        message="There is {found}, but before v5.15 the gateway loads analytics plugins only from the path as it is written, {path}.",
        meaning=(
            "The names with version and platform were not tried for analytics plugins before v5.15. The gateway logs an error and "
            "records without the plugin."
        ),
        cure="write {found} there",
    ),
    Kind(
        code="analytics-off",
        title="The API records nothing that the plugin could see",
        effect=FAILS,
        message="{key} says that requests are not recorded, so {symbol} is never called.",
        meaning="An analytics plugin sees each record before it is written. Where the API is not tracked there are no records.",
        cure="set {key} to {value}",
    ),
    Kind(
        code="newer-gateway-needed",
        title="The gateway is too old for a key",
        effect=FAILS,
        message="{key} came with v{since}; this gateway is {version} and ignores it.",
        meaning="The gateway ignores keys that it does not know, without a word in its log.",
        cure="{instead}",
    ),
    # --- Bundles -----------------------------------------------------------------------------------------------------------------
    Kind(
        code="bundle-replaces-hooks",
        title="The bundle replaces the hooks of the definition",
        effect=FAILS,
        message="{symbol} of {path} never runs: the hooks of the bundle {bundle} take the place of all hooks of the definition.",
        meaning=(
            "With a bundle, the gateway replaces custom_middleware as a whole by that of the bundle's manifest. Plugins of endpoints stay."
        ),
        cure="move the hook into the bundle's manifest, or disable the bundle",
    ),
    Kind(
        code="bundle-not-here",
        title="The bundle has not been downloaded yet",
        effect=UNKNOWN,
        message="There is no {manifest}, so the plugins of the bundle {bundle} are not known.",
        meaning="The gateway downloads a bundle when it loads the API, unpacks it there, and keeps it by its name for ever.",
        cure="let the gateway load the API once, or check the bundle's manifest.json by itself",
    ),
    Kind(
        code="bundle-file-missing",
        title="The manifest lists a file that is not in the bundle",
        effect=FAILS,
        message="file_list names {file}, which is not there.",
        meaning=(
            "`tyk bundle build` refuses such a manifest. The gateway reads each listed file for the checksum, refuses the bundle, and "
            "drops the API."
        ),
        cure="put the file beside the manifest, or take it out of file_list",
    ),
    Kind(
        code="bundle-file-unlisted",
        title="A hook's file is not in the manifest's file_list",
        effect=FAILS,
        message="{path} is the file of a hook, but file_list has none of {candidates}.",
        meaning="`tyk bundle build` packs what file_list names, and nothing else. On the gateway the file will be missing.",
        cure="add the file to file_list",
    ),
    Kind(
        code="bundle-checksum-wrong",
        title="The bundle's files are not those of its manifest",
        effect=FAILS,
        message="The checksum of the files of file_list is {found}; the manifest has {wanted}.",
        meaning=(
            "The checksum is the MD5 of all listed files, one after the other. The gateway refuses a bundle that it downloads with a wrong "
            "one, and drops the API. What it has unpacked it checks again only since v5.11.1 (and v5.8.11), and only a signed bundle; all "
            "others it runs, with files that nobody packed."
        ),
        cure="pack the files again, under another name: the gateway keeps what it has unpacked by its name",
    ),
    Kind(
        code="bundle-path-outside",
        title="A path in a manifest leads out of the bundle",
        effect=FAILS,
        message="{path} is not relative to the bundle, or leads out of it.",
        meaning=(
            "The gateway puts the bundle's folder before each path of a manifest, before an absolute one too. Since v5.11 it refuses "
            "to unpack what leads outside."
        ),
        cure="write the path relative to manifest.json",
    ),
    Kind(
        code="bundle-without-hooks",
        title="The manifest defines no hook",
        effect=FAILS,
        message="custom_middleware of the manifest has no hook.",
        meaning="`tyk bundle build` refuses such a manifest, and a gateway that gets it replaces the hooks of the API by none.",
        cure="add the hooks to custom_middleware of the manifest",
    ),
    Kind(
        code="bundles-conflict",
        title="Two bundles of one API contradict each other",
        effect=FAILS,
        message="{reason}.",
        meaning=(
            "Since v5.15 an API can have several bundles, with commas between their names. They need one driver, and only one may "
            "authenticate. The gateway drops the API otherwise."
        ),
        cure="keep one of the two",
        drops=True,
    ),
    # --- Files and symbols together ----------------------------------------------------------------------------------------------
    Kind(
        code="named-file-missing",
        title="The gateway finds no file for the plugin",
        effect=FAILS,
        message="There is none of {candidates}.",
        meaning=(
            "For named.so the gateway looks for named_v5.3.6_linux_amd64.so, then for the same name without the v, then for the exact "
            "name; version and platform are its own. A relative path starts at the gateway's working directory. Each request that needs "
            "the plugin gets an error."
        ),
        cure="copy the plugin there, or correct the path",
    ),
    Kind(
        code="path-of-another-gateway",
        title="The path names the release or platform of another gateway",
        effect=UNKNOWN,
        message="{path} is named for {named}; this gateway is {gateway}.",
        meaning=(
            "A path with version and platform stays as it is when the gateway is upgraded: it then loads the plugin of the release before."
        ),
        cure="write {plain}; the gateway adds its own version and platform",
    ),
    Kind(
        code="value-from-elsewhere",
        title="The value comes from a store of secrets",
        effect=UNKNOWN,
        message="{value} is replaced when the gateway loads the definition; its value is not known here.",
        meaning="The gateway replaces env://, secrets://, consul:// and vault:// in definitions. What stands there then was not checked.",
        cure="write the path and the symbol themselves: they are no secrets",
    ),
    Kind(
        code="symbol-of-two-kinds",
        title="One function is used as two kinds of hook",
        effect=FAILS,
        message="{symbol} of {path} is {kind} here and {other} in {elsewhere}. No function has both signatures.",
        meaning=(
            "Request, response and analytics hooks are functions with different parameters. One of the two uses fails with `could not "
            "cast function symbol`."
        ),
        cure="write a function for each kind of hook",
    ),
)

KINDS: dict[str, Kind] = {kind.code: kind for kind in _TABLE}
