# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plugin as users write it down, C(tyk_plugins) of the playbooks: one specification for every module that takes plugins."""

from __future__ import annotations

import contextlib
import functools
import typing as t

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, from_exception, shown
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.artifact import checked_name

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

Plugin = t.Mapping[str, t.Any]
Made = t.TypeVar("Made")

# Each module uses its part of it. The documentation is the fragment C(goplugins.tyk.plugins).
PLUGIN: dict[str, dict[str, t.Any]] = {
    "name": {"type": "str", "required": True},
    "source": {"type": "path", "no_log": True},
    "version": {"type": "str", "default": ""},
    "remote_src": {"type": "bool", "default": False},
    "package": {"type": "str", "default": "."},
    "id": {"type": "str", "default": ""},
    "symbols": {"type": "list", "elements": "str", "default": []},
    "hooks": {"type": "dict", "default": {}},
    "ldflags": {"type": "str", "default": ""},
    "load": {"type": "bool", "default": True},
    "load_environment": {"type": "dict", "default": {}, "no_log": True},
    "load_files": {"type": "dict", "default": {}},
}
PLUGINS: dict[str, t.Any] = {"type": "list", "elements": "dict", "options": PLUGIN}
KEEP_GOING: dict[str, t.Any] = {"type": "bool", "default": False}


def plugins_of(module: AnsibleModule) -> list[dict[str, t.Any]]:
    """The plugins that a module was given. Raises GoPluginsError for a bad name."""
    plugins: list[dict[str, t.Any]] = module.params["plugins"] or []
    refuse_bad_names(plugins)
    return plugins


def is_in_git(plugin: Plugin) -> bool:
    """Whether the plugin's source is a version of a git repository rather than a folder."""
    return bool(plugin.get("version"))


def is_on_the_host(plugin: Plugin) -> bool:
    """Whether the plugin's source is on the host that builds it, as the user wrote that: C("no") is a text that is false."""
    return bool(boolean(plugin.get("remote_src") or False, strict=False))


def refuse_bad_names(plugins: t.Sequence[Plugin]) -> None:
    """Raises GoPluginsError for a name that cannot be one, or that two plugins have."""
    names = [checked_name(plugin["name"]) for plugin in plugins]
    for name in names:
        if names.count(name) > 1:
            raise GoPluginsError(f"there are {names.count(name)} plugins of the name {name}", "give each a name of its own")


def each(
    plugins: t.Sequence[Plugin], make: t.Callable[[Plugin], Made], writes_to: str, at_once: int = 1
) -> tuple[list[Made], dict[str, GoPluginsError]]:
    """(what C(make) returned for each plugin, from name to the error of those for which it failed): none keeps another from its turn.

    writes_to: the folder to name where the system refuses a write and names no path. at_once: so many in threads; one in this.
    """
    made: list[Made] = []
    errors: dict[str, GoPluginsError] = {}
    with _begun(plugins, make, at_once) as results:
        for plugin, result in zip(plugins, results):
            try:
                made.append(result())
            except Exception as error:  # pylint: disable=broad-exception-caught
                errors[plugin["name"]] = from_exception(error, writes_to)
    return made, errors


@contextlib.contextmanager
def _begun(plugins: t.Sequence[Plugin], make: t.Callable[[Plugin], Made], at_once: int) -> t.Iterator[list[t.Callable[[], Made]]]:
    """For each plugin what gives its result."""
    if min(at_once, len(plugins)) < 2:
        yield [functools.partial(make, plugin) for plugin in plugins]
        return
    # Only here: it takes as long as a look at several plugins.
    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(min(at_once, len(plugins))) as workers:
        begun = [workers.submit(make, plugin) for plugin in plugins]
        try:
            yield [one.result for one in begun]
        finally:
            # A signal ends those that run; the others are not to begin.
            for one in begun:
                one.cancel()


def with_failures(result: dict[str, t.Any], errors: t.Mapping[str, GoPluginsError], keep_going: bool) -> dict[str, t.Any]:
    """The result with its C(failures). With one the module fails, unless it shall keep going."""
    result = {**result, "failures": [{"name": name, **error.as_failure(), **_raised(error)} for name, error in errors.items()]}
    if not errors or keep_going:
        return result
    # What all plugins suffer from, as a missing compiler, is said once.
    messages = dict.fromkeys(error.as_result()["msg"] for error in errors.values())
    return {**next(iter(errors.values())).as_result(), **result, "msg": "\n".join(messages), "failed": True}


def _raised(error: GoPluginsError) -> dict[str, t.Any]:
    """The modules that a plugin raises, if that is why it failed."""
    return {"raised": shown(error.details["raised"])} if "raised" in error.details else {}
