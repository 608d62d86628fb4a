# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One hook: path, symbol and switches, in the words of where it stands."""

from __future__ import annotations

import difflib
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import Node, comes_from_elsewhere
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.model import Hook

GOPLUGIN = "goplugin"
# Those that the gateway has (apidef/api_definitions.go); javascript since v5.15.
_DRIVERS = (GOPLUGIN, "otto", "python", "lua", "grpc", "javascript")
_IDENTIFIER = re.compile(r"[^\W\d]\w*$")
# More keys than any entry has; each is compared with all that are known.
_MOST_KEYS = 200
# In the order in which they run.
_REQUEST_KINDS = ("pre", "auth_check", "post_key_auth", "post")
_OF_AUTHENTICATION = ("auth_check", "post_key_auth")


class Auth(t.NamedTuple):
    """How an API authenticates. keyless: not at all. custom: by its own hook.

    The rest names, for messages, what says so, and what it should be.
    """

    keyless: bool
    custom: bool
    keyless_key: str
    keyless_value: str
    custom_key: str


# A manifest by itself does not know the API that it is for.
ANY_AUTH = Auth(False, True, "", "", "")


class Words(t.NamedTuple):
    """How a kind of entry spells its keys. others: keys that it has besides.

    mistaken: what others in Tyk call the same, and so is written here by mistake, and the key that it should be.
    """

    path: str
    symbol: str
    others: tuple[str, ...]
    mistaken: t.Mapping[str, str]

    @property
    def known(self) -> tuple[str, ...]:
        return (self.path, self.symbol, *self.others)


_SYMBOLS = ("name", "func_name", "function_name", "functionName", "symbol", "symbol_name", "symbolName", "function")
_PATHS = ("path", "plugin_path", "pluginPath", "file", "file_path")


def _words(path: str, symbol: str, others: tuple[str, ...], enabled: str) -> Words:
    known = {key.lower() for key in (path, symbol, *others)}
    switches = ("enable", "enabled", "disable", "disabled")
    meant = [*((key, symbol) for key in _SYMBOLS), *((key, path) for key in _PATHS), *((key, enabled) for key in switches)]
    return Words(path, symbol, others, {key.lower(): right for key, right in meant if key.lower() not in known})


CLASSIC = _words("path", "name", ("disabled", "require_session", "raw_body_only", "code"), "disabled")
ENDPOINT = _words("plugin_path", "func_name", ("disabled", "path", "method"), "disabled")
ANALYTICS = _words("plugin_path", "func_name", ("enable",), "enable")
OAS = _words("path", "functionName", ("enabled", "rawBodyOnly", "requireSession", "idExtractor", "code"), "enabled")
OAS_ENDPOINT = _words("path", "functionName", ("enabled", "name", "code"), "enabled")


def note_unknown_keys(node: Node, known: t.Iterable[str], mistaken: t.Mapping[str, str]) -> set[str]:
    """Note the keys that were meant to be others. Returns the keys that were meant."""
    names = {key.lower(): key for key in known}
    meant_keys: set[str] = set()
    for key in node.key_names()[:_MOST_KEYS]:
        if key.lower() in names:
            continue
        near = difflib.get_close_matches(key.lower(), names, 1, 0.8)
        meant = mistaken.get(key.lower()) or (names[near[0]] if near else "")
        if meant:
            meant_keys.add(meant)
            node.notes.add("key-unknown", node.where, key=key, meant=meant)
    return meant_keys


def read_hooks(by_kind: t.Mapping[str, t.Sequence[Node]], words: Words, driver: str, key: str, section: Node, auth: Auth) -> list[Hook]:
    """The hooks of an API as a whole that the gateway loads, from the entries of each kind that are enabled.

    key: where the driver stands, for messages. section: what the hooks stand in.
    """
    entries = [node for kind in _REQUEST_KINDS for node in by_kind[kind]]
    run = {node.where for node in _go_entries(entries, words, driver, key, section)}
    hooks = []
    for kind in _REQUEST_KINDS:
        for node in by_kind[kind]:
            hook = read_hook(node, words, kind) if node.where in run else None
            if hook and (kind not in _OF_AUTHENTICATION or _is_reached(hook, node, auth)):
                note_symbol(hook, node)
                hooks.append(hook)
    return hooks + _read_responses(by_kind["response"], words, driver == GOPLUGIN)


def read_hook(node: Node, words: Words, kind: str, endpoint: str = "", symbol: str = "") -> Hook | None:
    """The hook, if it names a file and a function; else a note, and none.

    symbol: where the entry has an older key for it, its value.
    """
    meant = note_unknown_keys(node, words.known, words.mistaken)
    path, symbol = node.text(words.path), node.text(words.symbol) or symbol
    if any(node.get(key).is_there and not isinstance(node.get(key).value, str) for key in (words.path, words.symbol)):
        # Its type was noted; that it is no text does not make it empty.
        return None
    if not path and not symbol:
        if not {words.path, words.symbol} & meant:
            node.notes.add("plugin-hook-empty", node.where, path_key=words.path, symbol_key=words.symbol)
        return None
    if not path:
        if words.path not in meant:
            node.notes.add("plugin-path-empty", node.where, key=words.path, symbol=symbol)
        return None
    if not symbol:
        if words.symbol not in meant:
            node.notes.add("plugin-symbol-empty", node.where, key=words.symbol, path=path)
        return None
    return Hook(node.where, kind, path, symbol, endpoint)


def note_symbol(hook: Hook, node: Node) -> None:
    """Note a symbol that no Go plugin can export."""
    if comes_from_elsewhere(hook.symbol):
        return
    if not _IDENTIFIER.match(hook.symbol):
        node.notes.add("symbol-not-a-name", hook.where, symbol=hook.symbol)
    elif not hook.symbol[0].isupper():
        node.notes.add("symbol-not-exported", hook.where, symbol=hook.symbol)


def _go_entries(entries: t.Sequence[Node], words: Words, driver: str, key: str, section: Node) -> list[Node]:
    """Those of the entries that the driver runs as Go plugins: all, or none. A note if Go plugins are among the others.

    key: where the driver stands, for messages.
    """
    if driver == GOPLUGIN:
        return list(entries)
    paths = [path for path in (entry.text(words.path) for entry in entries) if path.endswith(".so")]
    if entries and driver and driver not in _DRIVERS:
        section.notes.add("driver-unknown", section.where, key=key, driver=driver)
    elif paths:
        code = "driver-of-another-language" if driver else "driver-missing"
        section.notes.add(code, section.where, key=key, driver=driver, path=paths[0])
    return []


def _is_reached(hook: Hook, node: Node, auth: Auth) -> bool:
    """Whether any request reaches a hook of authentication, or one that comes after it; a note if none does."""
    if auth.keyless:
        node.notes.add(
            "hook-without-authentication",
            hook.where,
            symbol=hook.symbol,
            path=hook.path,
            key=auth.keyless_key,
            value=auth.keyless_value,
        )
        return False
    if hook.kind == "auth_check" and not auth.custom:
        node.notes.add("auth-hook-not-used", hook.where, symbol=hook.symbol, path=hook.path, key=auth.custom_key)
        return False
    return True


def _read_responses(entries: t.Sequence[Node], words: Words, is_go: bool) -> list[Hook]:
    """The response hooks that the gateway loads as Go plugins: it decides by the end of the path, not by the driver."""
    hooks = []
    for node in entries:
        if not is_go and not node.text(words.path).endswith(".so"):
            continue
        hook = read_hook(node, words, "response")
        if hook is None:
            continue
        if not hook.path.endswith(".so"):
            node.notes.add("response-path-without-so", node.where, path=hook.path)
            continue
        note_symbol(hook, node)
        hooks.append(hook)
    return hooks


def note_disabled(node: Node, words: Words, is_go: bool) -> None:
    """Note a Go plugin that is disabled. is_go: whether the driver says that it is one; else the end of its path does."""
    path, symbol = node.text(words.path), node.text(words.symbol)
    if (path or symbol) and (is_go or path.endswith(".so")):
        node.notes.add("hook-disabled", node.where, symbol=symbol, path=path)


def note_second(hook: Hook, first: Hook, node: Node) -> None:
    """Note a plugin of an endpoint that comes after another for the same requests."""
    if hook is not first:
        node.notes.add("second-plugin-ignored", hook.where, symbol=hook.symbol, path=hook.path, first=f"{first.symbol} of {first.path}")
