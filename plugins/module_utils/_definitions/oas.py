# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go plugins of an OpenAPI document with Tyk's extension.

The gateway turns it into a classic definition (apidef/oas/middleware.go, operation.go, authentication.go: ExtractTo); what it then does
with that is in C(classic.py).
"""

from __future__ import annotations

import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import Node, by_name
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.hook import (
    GOPLUGIN,
    OAS,
    OAS_ENDPOINT,
    Auth,
    Words,
    note_disabled,
    note_second,
    note_symbol,
    note_unknown_keys,
    read_hook,
    read_hooks,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Hook
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway

EXTENSION = "x-tyk-api-gateway"

# From kind of hook to the keys of its list, since v5.3 and before.
_LISTS = {
    "pre": ("prePlugins", "prePlugin"),
    "post_key_auth": ("postAuthenticationPlugins", "postAuthenticationPlugin"),
    "post": ("postPlugins", "postPlugin"),
    "response": ("responsePlugins", "responsePlugin"),
}
_LISTS_SINCE = (5, 3, 0)
_TRAFFIC_LOGS_SINCE = (5, 4, 0)
_GLOBAL_MISTAKEN = {
    "pre": "prePlugins",
    "post": "postPlugins",
    "postauthplugins": "postAuthenticationPlugins",
    "postkeyauthplugins": "postAuthenticationPlugins",
    "post_key_auth": "postAuthenticationPlugins",
    "postkeyauth": "postAuthenticationPlugins",
    "response": "responsePlugins",
    "goplugin": "postPlugins",
    "goplugins": "postPlugins",
    "authplugin": "server.authentication.custom.config",
    "authenticationplugin": "server.authentication.custom.config",
    "plugin_config": "pluginConfig",
    "pluginsconfig": "pluginConfig",
    "driver": "pluginConfig.driver",
    "analyticsplugin": "trafficLogs.plugins",
    "analyticsplugins": "trafficLogs.plugins",
}
_OPERATION_MISTAKEN = dict.fromkeys(("goplugin", "goplugins", "go_plugin", "postplugin", "plugins", "endpointpostplugins"), "postPlugins")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "connect")


def extension_of(root: Node) -> Node:
    """Tyk's extension of a document. The gateway reads it into a map and that into its fields (apidef/oas/oas.go, GetTykExtension)."""
    node = root.exact(EXTENSION).as_object()
    return Node(by_name(node.value), node.where, node.notes)


def auth_of(extension: Node) -> Auth:
    """How the API authenticates."""
    authentication = extension.object("server", "authentication")
    return Auth(
        not authentication.flag("enabled"),
        authentication.object("custom").flag("enabled"),
        "server.authentication.enabled",
        "true",
        "server.authentication.custom.enabled",
    )


def bundle_of(extension: Node) -> str:
    """The name of the bundle, or bundles; empty without one."""
    bundle = extension.object("middleware", "global", "pluginConfig", "bundle")
    return bundle.text("path") if bundle.flag("enabled") else ""


def read_api(extension: Node, gateway: Gateway) -> list[Hook]:
    """The hooks of the API as a whole."""
    section, auth = extension.object("middleware", "global"), auth_of(extension)
    note_unknown_keys(section, (), _GLOBAL_MISTAKEN)
    driver = section.object("pluginConfig").text("driver")
    is_go = driver == GOPLUGIN
    by_kind = {kind: _enabled(_list(section, new, old, gateway), OAS, is_go) for kind, (new, old) in _LISTS.items()}
    check = extension.object("server", "authentication", "custom", "config")
    by_kind["auth_check"] = _enabled([check] if check.text(OAS.path) or check.text(OAS.symbol) else [], OAS, is_go)
    return read_hooks(by_kind, OAS, driver, "middleware.global.pluginConfig.driver", section, auth)


def _list(section: Node, new: str, old: str, gateway: Gateway) -> list[Node]:
    """The entries of a kind of hook, from its new key, or its old one."""
    entries, older = section.objects(new), section.object(old).objects("plugins")
    if not section.get(new).is_there:
        return older
    if gateway.release < _LISTS_SINCE:
        section.notes.add(
            "newer-gateway-needed", section.get(new).where, key=new, since="5.3", version=gateway.version, instead=f"use {old}.plugins"
        )
        return older
    if older:
        section.notes.add("oas-two-lists", section.get(old).where, new=new, old=old)
    return entries


def _enabled(entries: t.Sequence[Node], words: Words, is_go: bool) -> list[Node]:
    """Those that say that they are enabled. A note for a Go plugin that does not."""
    found = []
    for node in entries:
        if node.flag("enabled"):
            found.append(node)
        elif node.get("enabled").is_there:
            note_disabled(node, words, is_go)
        elif is_go or node.text(words.path).endswith(".so"):
            node.notes.add("hook-not-enabled", node.where, symbol=node.text(words.symbol), path=node.text(words.path), key="enabled")
    return found


def read_endpoints(root: Node, extension: Node, gateway: Gateway) -> list[Hook]:
    """The plugins of single operations."""
    endpoints = _endpoints(root)
    hooks = []
    operations = extension.object("middleware", "operations")
    for identifier, operation in zip(operations.key_names(), operations.items()):
        note_unknown_keys(operation, (), _OPERATION_MISTAKEN)
        entries = _enabled(operation.objects("postPlugins"), OAS_ENDPOINT, True)
        if entries and identifier not in endpoints:
            operation.notes.add("operation-unknown", operation.where, operation=identifier)
            continue
        # The gateway looks at the first item alone, enabled or not.
        all_entries = operation.objects("postPlugins")
        read = [(node, _read_endpoint(node, endpoints[identifier], gateway)) for node in entries]
        for node, hook in read:
            if hook is None:
                continue
            if node.where == all_entries[0].where:
                note_symbol(hook, node)
                hooks.append(hook)
            else:
                first = all_entries[0]
                note_second(hook, Hook(first.where, "post", first.text(OAS.path), first.text(OAS.symbol)), node)
    return hooks


def _read_endpoint(node: Node, endpoint: str, gateway: Gateway) -> Hook | None:
    if gateway.release < _LISTS_SINCE and node.text("functionName") and not node.text("name"):
        node.notes.add("newer-gateway-needed", node.where, key="functionName", since="5.3", version=gateway.version, instead="write name")
        return None
    return read_hook(node, OAS_ENDPOINT, "post", endpoint, node.text("name"))


def _endpoints(root: Node) -> dict[str, str]:
    """From operationId to C(GET /status)."""
    found = {}
    root.check_types(("openapi",))
    root.object("info").check_types(("title", "version", "description"))
    paths = root.object("paths")
    for path, item in zip(paths.key_names(), paths.items()):
        for method in _METHODS:
            identifier = item.object(method).text("operationId")
            if identifier:
                found[identifier] = f"{method.upper()} {path}"
    return found


def read_analytics(extension: Node, gateway: Gateway) -> list[Hook]:
    """The analytics plugin: the first of a list."""
    section = extension.object("middleware", "global", "trafficLogs")
    entries = section.objects("plugins")
    if not entries:
        return []
    if gateway.release < _TRAFFIC_LOGS_SINCE:
        section.notes.add(
            "newer-gateway-needed",
            section.where,
            key="trafficLogs",
            since="5.4",
            version=gateway.version,
            instead="use analytics_plugin of a classic definition",
        )
        return []
    enabled = _enabled(entries, OAS, True)
    hooks = []
    for node in enabled:
        hook = read_hook(node, OAS, "analytics")
        if hook is None:
            continue
        if node.where != entries[0].where:
            first = entries[0]
            note_second(hook, Hook(first.where, "analytics", first.text(OAS.path), first.text(OAS.symbol)), node)
            continue
        note_symbol(hook, node)
        if not section.flag("enabled"):
            node.notes.add("analytics-off", node.where, key="middleware.global.trafficLogs.enabled", value="true", symbol=hook.symbol)
        hooks.append(hook)
    return hooks
