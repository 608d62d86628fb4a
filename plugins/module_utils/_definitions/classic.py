# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Go plugins of a classic definition, and of the custom_middleware of a bundle's manifest, which is the same.

What counts is read in gateway/api_loader.go (processSpec), server.go (loadCustomMiddleware, createResponseMiddlewareChain),
mw_go_plugin.go (EnabledForSpec) and api_definition.go (compileGopluginPathsSpec) of the gateway.
"""

from __future__ import annotations

import re

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import Node
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.hook import (
    ANALYTICS,
    CLASSIC,
    ENDPOINT,
    GOPLUGIN,
    Auth,
    note_disabled,
    note_second,
    note_symbol,
    note_unknown_keys,
    read_hook,
    read_hooks,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Hook

# Of a definition, and what is taken for them.
_ROOT_MISTAKEN = {
    "custom_middlewares": "custom_middleware",
    "custommiddleware": "custom_middleware",
    "custom_plugins": "custom_middleware",
    "analytics_plugins": "analytics_plugin",
    "analyticsplugin": "analytics_plugin",
    "custom_middleware_bundles": "custom_middleware_bundle",
    "custom_plugin_auth": "custom_plugin_auth_enabled",
}
_SECTION = ("pre", "post", "post_key_auth", "auth_check", "response", "driver", "id_extractor", "traffic_logs")
_SECTION_MISTAKEN = {
    "post_auth": "post_key_auth",
    "postauth": "post_key_auth",
    "post_auth_check": "post_key_auth",
    "postkeyauth": "post_key_auth",
    "post_authentication": "post_key_auth",
    "auth": "auth_check",
    "auth_plugin": "auth_check",
    "authentication": "auth_check",
    "custom_key_check": "auth_check",
    "pre_plugins": "pre",
    "preplugins": "pre",
    "post_plugins": "post",
    "postplugins": "post",
    "response_plugins": "response",
    "responseplugins": "response",
    "middleware_driver": "driver",
    "plugin_driver": "driver",
}
# Fields that have nothing to do with plugins, and that every definition has.
_ROOT_TEXTS = ("api_id", "org_id", "name", "slug", "domain", "custom_middleware_bundle")
_ROOT_FLAGS = (
    "do_not_track",
    "active",
    "internal",
    "is_oas",
    "use_standard_auth",
    "enable_jwt",
    "use_oauth2",
    "use_basic_auth",
    "enable_context_vars",
)
_PROXY_TEXTS = ("listen_path", "target_url")
_PROXY_FLAGS = ("strip_listen_path", "preserve_host_header", "disable_strip_slash")
_METHOD = re.compile(r"[A-Z]+$")
_NO_METHODS = ("ANY", "ALL")


def auth_of(root: Node) -> Auth:
    """How the API of a classic definition authenticates."""
    # The last two are older names of the first (apidef/migration.go, migrateCustomPluginAuth).
    custom = [root.flag(key) for key in ("custom_plugin_auth_enabled", "use_go_plugin_auth", "enable_coprocess_auth")]
    return Auth(root.flag("use_keyless"), any(custom), "use_keyless", "false", "custom_plugin_auth_enabled")


def read_section(section: Node, auth: Auth) -> list[Hook]:
    """The hooks of the API as a whole that the gateway loads from a custom_middleware."""
    note_unknown_keys(section, _SECTION, _SECTION_MISTAKEN)
    _check_section(section)
    driver = section.text("driver")
    is_go = driver == GOPLUGIN
    by_kind = {kind: _enabled(section.objects(kind), is_go) for kind in ("pre", "post_key_auth", "post", "response")}
    check = section.object("auth_check")
    by_kind["auth_check"] = _enabled([check] if check.text("path") or check.text("name") else [], is_go)
    return read_hooks(by_kind, CLASSIC, driver, "custom_middleware.driver", section, auth)


def _check_section(section: Node) -> None:
    """Note what Go cannot unmarshal in a custom_middleware, in hooks that do not count too."""
    entries = [node for kind in ("pre", "post_key_auth", "post", "response") for node in section.objects(kind)]
    for node in (*entries, section.object("auth_check")):
        node.check_types(("path", "name"), ("disabled", "require_session", "raw_body_only"))
    extractor = section.object("id_extractor")
    extractor.check_types(("extract_from", "extract_with"), ("disabled",))
    extractor.object("extractor_config")


def _enabled(entries: list[Node], is_go: bool) -> list[Node]:
    """Those that are not disabled. A note for a Go plugin that is."""
    found = []
    for node in entries:
        if not node.flag("disabled"):
            found.append(node)
        else:
            note_disabled(node, CLASSIC, is_go)
    return found


def read_root(root: Node) -> None:
    """Note the keys of a definition that were meant to be those of plugins, and what Go cannot unmarshal."""
    root.check_types(_ROOT_TEXTS, _ROOT_FLAGS)
    root.object("proxy").check_types(_PROXY_TEXTS, _PROXY_FLAGS)
    root.object("config_data")
    root.texts("tags")
    note_unknown_keys(root, (), _ROOT_MISTAKEN)


def read_endpoints(root: Node) -> list[Hook]:
    """The plugins of single endpoints."""
    hooks = []
    root.object("version_data").check_types(("default_version",), ("not_versioned",))
    for version in root.object("version_data", "versions").items():
        version.check_types(("name", "expires", "override_target"))
        used = version.flag("use_extended_paths")
        first: dict[tuple[str, str], Hook] = {}
        for node in version.object("extended_paths").objects("go_plugin"):
            node.check_types(("path", "method", "plugin_path", "func_name"), ("disabled",))
            if node.flag("disabled"):
                note_disabled(node, ENDPOINT, True)
                continue
            method, path = node.text("method"), node.text("path")
            hook = read_hook(node, ENDPOINT, "post", f"{method} {path}".strip())
            if hook is None:
                continue
            if not used:
                node.notes.add("extended-paths-off", node.where, symbol=hook.symbol, path=hook.path)
                continue
            note_symbol(hook, node)
            if not _METHOD.match(method) or method in _NO_METHODS:
                node.notes.add("endpoint-method-unknown", node.where, method=method)
            note_second(hook, first.setdefault((method, path), hook), node)
            hooks.append(hook)
    return hooks


def read_analytics(root: Node) -> list[Hook]:
    """The analytics plugin."""
    node = root.object("analytics_plugin")
    node.check_types(("plugin_path", "func_name"), ("enable",))
    if not node.flag("enable"):
        meant = note_unknown_keys(node, ANALYTICS.known, ANALYTICS.mistaken)
        path, symbol = node.text("plugin_path"), node.text("func_name")
        if (path or symbol) and "enable" not in meant:
            if node.get("enable").is_there:
                node.notes.add("hook-disabled", node.where, symbol=symbol, path=path)
            else:
                node.notes.add("hook-not-enabled", node.where, symbol=symbol, path=path, key="enable")
        return []
    hook = read_hook(node, ANALYTICS, "analytics")
    if hook is None:
        return []
    note_symbol(hook, node)
    if root.flag("do_not_track"):
        node.notes.add("analytics-off", node.where, key="do_not_track", value="false", symbol=hook.symbol)
    return [hook]
