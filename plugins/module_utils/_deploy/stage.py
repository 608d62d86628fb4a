# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Artifacts for the gateway that follows the one that runs, placed where the definitions, as they are, lead that one to them.

For a path C(auth.so) a gateway takes C(auth_v5.3.6_linux_amd64.so), with its own version, if there is such a file. So one definition means
one file to the gateway of before and another to the next, and no moment of an upgrade is one in which it is wrong: whether the
process of before reads its definitions again, ends, or is started again by an upgrade that went wrong.
"""

from __future__ import annotations

import os
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions import files
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.bundle import Disk
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.kinds import FAILS
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.lint import Report, lint
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import (
    Gateway,
    Release,
    by_release,
    candidates,
    release_of,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import control, paths, records, settings
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.deploy import noted, plugin_of
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.journal import Folder
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.look import Wanted, check_source, gateway_of, named
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.place import place
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.records import Candidate
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.settings import Settings
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked, sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile, from_build_info, release_version
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.version import own_version
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import Trial
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import verify

# What can be said of a plugin without the gateway that it is for: of the file itself, and of this machine.
_WITHOUT_GATEWAY = (
    *("not-a-go-binary", "plugin-file-missing", "plugin-file-unreadable", "not-a-plugin", "platform-differs"),
    *("nothing-exported", "variables-only", "symbol-missing", "symbol-not-a-function", "signature-differs"),
    *("host-differs", "libc-newer-than-host", "system-older-than-file", "host-not-known", "library-missing", "cpu-level-above-host"),
)
_BUILD = "build it for that gateway with build_plugins, and name its folder by artifacts (tyk_artifacts)"
_PAUSE = 0.25


class Request(t.NamedTuple):
    """What is wanted, as the module's options have it. version: the next gateway's. binary: that gateway on this host, empty without it.

    lacks_binary: whether that is because it is still on the controller.
    found: the artifacts that there are. carried: from plugin to its file here; None where the files of the records are on this host.
    """

    plugins: t.Sequence[t.Mapping[str, t.Any]]
    found: t.Sequence[Candidate]
    carried: t.Mapping[str, str] | None
    version: str
    binary: str
    lacks_binary: bool
    state: str
    load: bool
    load_timeout: float
    fail_on: t.Sequence[str]


class _Found(t.NamedTuple):
    """What there is to place, and why not. problems: from the name of a plugin, or the path of one that nobody named, to the reason."""

    now: Gateway
    next: Gateway
    wanted: tuple[Wanted, ...]
    others: tuple[str, ...]
    hooks: t.Mapping[str, t.Mapping[str, str]]
    problems: dict[str, GoPluginsError]


def wanted_release(version: str) -> Release:
    """The release of the next gateway, from the tag or the release branch that it is built from. Raises GoPluginsError."""
    return release_of(release_version(version, ()) or version)


def stage(request: Request, current: Settings, check_mode: bool) -> dict[str, t.Any]:
    """The result of the module. Raises GoPluginsError, OSError."""
    now, _profile = gateway_of(current)
    following = now._replace(release=wanted_release(request.version))
    if following.release == now.release:
        # An upgrade that went wrong half way has installed it, and left the one of before running.
        process = settings.find(current.binary, current.config)
        waits = process is not None and process.replaced
        return {
            **_versions(now, following),
            "changed": False,
            "upgraded": not waits,
            "ready": True,
            "plugins": [],
            "msg": f"{current.binary} is gateway {now.version} already{', and waits to be started' if waits else ''}",
        }
    if request.lacks_binary:
        return {**_versions(now, following), "changed": False, "wants_binary": True, "msg": "this host lacks the next gateway's binary"}
    folder = Folder(request.state, current.config or current.apps)
    if check_mode:
        return _staged(request, current, folder, now, following, check_mode)
    folder.make()
    with locked(folder.lock):
        folder.sweep()
        if folder.journal():
            raise GoPluginsError(
                "a roll-out to this gateway was cut off: its definitions may name what was never shown to work",
                "run deploy_plugins, which goes on or back, and then the upgrade",
            )
        return _staged(request, current, folder, now, following, check_mode)


def wait_until_upgraded(read: t.Callable[[], Settings], version: str, seconds: float) -> dict[str, t.Any]:
    """Wait until a gateway of that version is installed, runs and answers. Raises GoPluginsError if it does not within so many seconds."""
    release, until = wanted_release(version), time.monotonic() + seconds
    while True:
        try:
            current = read()
            now, _profile = gateway_of(current)
            following = now._replace(release=release)
            if now.release != release:
                problem = GoPluginsError(
                    f"{current.binary} is gateway {now.version}, not {following.version}: the tasks of the upgrade left it so",
                    "let them install that version, and restart the gateway",
                )
            elif control.wait_for(current.control, 0):
                return {
                    **_versions(now, following),
                    "changed": False,
                    "upgraded": True,
                    "ready": True,
                    "plugins": [],
                    "msg": f"gateway {now.version} runs",
                }
            else:
                problem = GoPluginsError(
                    f"gateway {now.version} is installed, and does not answer at {current.control}",
                    "read what it says in its log, as with: journalctl -u tyk-gateway",
                )
        except FileNotFoundError as error:
            problem = GoPluginsError(f"there is no gateway at {error.filename}", "let the tasks of the upgrade install it")
        except GoPluginsError as error:
            # As while a package is being unpacked: a file that is no gateway yet, or a process of the file of before.
            problem = error
        if time.monotonic() >= until:
            raise problem
        time.sleep(_PAUSE)


def _versions(now: Gateway, following: Gateway) -> dict[str, str]:
    return {"gateway": now.version, "next": following.version}


def _staged(request: Request, current: Settings, folder: Folder, now: Gateway, following: Gateway, check_mode: bool) -> dict[str, t.Any]:
    found = _look(request, current, now, following, folder.placed())
    missing = {one.name: one.candidate.file for one in found.wanted if not one.source}
    if missing:
        return {**_versions(now, following), "changed": False, "wants": missing, "msg": f"this host lacks {', '.join(missing)}"}
    _judge(request, current, found)
    ready = [one for one in found.wanted if one.name not in found.problems]
    # A part of them would serve nobody: the gateway is upgraded when all of them are ready.
    new = [] if found.problems else [one for one in ready if not one.placed]
    if not check_mode:
        kept = folder.deployed()
        for one in new:
            # Even if this run is killed, a later one knows whose it is.
            folder.keep_deployed({**kept, one.name: noted(kept.get(one.name), one)})
            kept = folder.deployed()
            place(one)
    return _result(found, new, check_mode)


def _result(found: _Found, new: t.Sequence[Wanted], check_mode: bool) -> dict[str, t.Any]:
    files_of = {one.name: one for one in found.wanted}
    rows = []
    for name in dict.fromkeys([*files_of, *found.problems]):
        error, one = found.problems.get(name), files_of.get(name)
        rows.append(
            {
                "name": name,
                "ready": error is None,
                "file": one.file if one else "",
                "sha256": one.candidate.sha256 if one else "",
                **(error.as_failure() if error else {"message": "", "fix": []}),
            }
        )
    would = "would place" if check_mode else "placed"
    words = [f"{would} {', '.join(one.file for one in new)}"] if new else []
    words += [f"{name} is not ready for {found.next.version}: {error.message}" for name, error in found.problems.items()]
    return {
        **_versions(found.now, found.next),
        "changed": bool(new),
        "upgraded": False,
        "ready": not found.problems,
        "plugins": rows,
        "msg": "\n".join(words) or f"all plugins are ready for gateway {found.next.version}",
    }


# --- Which file, and where ------------------------------------------------------------------------------------------------------------


def _look(request: Request, current: Settings, now: Gateway, following: Gateway, ours: frozenset[str]) -> _Found:
    if current.owner:
        raise GoPluginsError(
            f"the definitions of this gateway come from {current.owner}: this host does not have the paths of its plugins",
            "upgrade the gateway by hand, and then let deploy_plugins place the plugins, with tyk_deploy_mode: place",
        )
    definitions, _unread = files.read_all([current.apps])
    profile = _profile_of_next(request, following)
    wanted, problems = [], {}
    meant: set[str] = set()
    for plugin in request.plugins:
        spots = named(plugin["name"], definitions)
        meant.update(spot.value for spot in spots)
        try:
            path = _one_path(plugin["name"], spots, following, current)
            candidate = _choose(request, plugin["name"], following, profile)
            wanted.append(_place_of(plugin, candidate, path, following, request, ours))
        except GoPluginsError as error:
            problems[plugin["name"]] = error
    new = {one.file for one in wanted}
    before = lint(definitions, now, Disk(files.exists, files.read, files.checksum))
    after = lint(definitions, following, Disk(lambda path: path in new or files.exists(path), files.read, files.checksum))
    others = _others(before, after, meant, following, request, problems)
    hooks = {one["path"]: one["hooks"] for one in files.files_of(after.plugins)}
    return _Found(now, following, tuple(wanted), tuple(others), hooks, problems)


def _one_path(name: str, spots: t.Sequence[paths.Spot], following: Gateway, current: Settings) -> str:
    """The path by which definitions name a plugin. Raises GoPluginsError where it leads the next gateway to no file of its own."""
    if not spots:
        raise GoPluginsError(f"no definition in {current.apps} names the plugin {name}", "deploy it first with deploy_plugins")
    for spot in spots:
        if spot.analytics and len(candidates(spot.value, "analytics", following)) == 1:
            raise GoPluginsError(
                f"gateway {following.version} takes the path of an analytics plugin as it is ({spot.value}), and would load the file of "
                "the gateway of before: its definition cannot be right for both",
                "disable the analytics plugin in its definition for the time of the upgrade, and deploy it afterwards with deploy_plugins",
            )
    names = sorted({spot.value for spot in spots})
    if len(names) > 1:
        raise GoPluginsError(
            f"definitions name {name} by several paths ({', '.join(names)}): a gateway loads a plugin from one file alone",
            "deploy it first with deploy_plugins, which gives it one path",
        )
    return spots[0].value


def _profile_of_next(request: Request, following: Gateway) -> Profile | None:
    """How the next gateway was built; None without its binary. Raises GoPluginsError where that is another gateway, OSError."""
    if not request.binary:
        return None
    with open_file(request.binary) as file:
        binary = file.binary(str(following.platform) if file.slices else None)
        version = own_version(binary)
        profile = from_build_info(binary.build_info, version)
    if release_of(version) != following.release:
        raise GoPluginsError(
            f"{request.binary} is gateway {version}, and the next one is to be {following.version}", "name the binary of that version"
        )
    return profile


def _choose(request: Request, name: str, following: Gateway, profile: Profile | None) -> Candidate:
    """The artifact of a plugin for the next gateway. Raises GoPluginsError."""

    def fits(one: Candidate) -> bool:
        try:
            return release_of(str(one.profile.get("version"))) == following.release
        except GoPluginsError:
            return False

    fitting = [one for one in request.found if one.name == name and one.target == str(following.platform) and fits(one)]
    if not fitting:
        raise GoPluginsError(f"there is no artifact of {name} for a gateway {following.version} on {following.platform}", _BUILD)
    if profile:
        return records.choose(name, fitting, following.platform, profile)
    if len({one.sha256 for one in fitting}) > 1:
        raise GoPluginsError(
            f"there are several artifacts of {name} for a gateway {following.version}: {', '.join(one.file for one in fitting)}",
            "name the folder of the one that is meant by artifacts (tyk_artifacts), or the next gateway's binary",
        )
    return records.usable(fitting[0])


def _place_of(
    plugin: t.Mapping[str, t.Any], candidate: Candidate, path: str, following: Gateway, request: Request, ours: frozenset[str]
) -> Wanted:
    """The artifact at the place where the next gateway looks for it. Raises GoPluginsError where somebody else has put a file there."""
    file = by_release(path, following)[0]
    there = os.path.lexists(file)
    placed = there and os.path.isfile(file) and sha256_file(file) == candidate.sha256
    # No gateway of that version runs here, so nobody has it open; that another gateway shares the folder is why only ours is replaced.
    if there and not placed and file not in ours:
        raise GoPluginsError(
            f"{file} is there already, is not the artifact of {plugin['name']}, and was not placed by an earlier run",
            f"move it away if no gateway needs it; see {command_line('ls -l', file)}",
        )
    source = candidate.file if request.carried is None else request.carried.get(plugin["name"], "")
    return Wanted(plugin, candidate, path, file, file if placed else source, placed)


def _others(
    before: Report,
    after: Report,
    meant: set[str],
    following: Gateway,
    request: Request,
    problems: dict[str, GoPluginsError],
) -> list[str]:
    """The files of plugins that definitions name and the request does not, as the next gateway finds them. Adds what it would not find."""
    served = {(one.definition, one.hook.where) for one in before.plugins if one.file}
    found: list[str] = []
    for one in after.plugins:
        if one.hook.path in meant:
            continue
        add = "add it to plugins (tyk_plugins), or take it out of the definition"
        if one.file and (request.binary or one.file in by_release(one.hook.path, following)):
            found.append(one.file)
        elif one.file:
            problems[one.hook.path] = GoPluginsError(
                f"{one.definition} names {one.hook.path}, which is not among the plugins: nothing says whether gateway "
                f"{following.version} loads {one.file}",
                add,
            )
        elif (one.definition, one.hook.where) in served:
            problems[one.hook.path] = GoPluginsError(
                f"{one.definition} names {one.hook.path}, of which gateway {following.version} would find no file", add
            )
    known = {(finding.code, finding.definition, finding.where) for finding in before.findings}
    for finding in after.findings:
        new = (finding.code, finding.definition, finding.where) not in known
        if finding.effect == FAILS and finding.code != "named-file-missing" and new:
            problems.setdefault(finding.definition, GoPluginsError(files.as_text(finding).partition("\n")[0], finding.cure[0]))
    return list(dict.fromkeys(found))


# --- Verdict --------------------------------------------------------------------------------------------------------------------------


def _judge(request: Request, current: Settings, found: _Found) -> None:
    """Add to the problems what the next gateway, or without it this machine, has against a plugin."""
    plugins = {}
    for one in found.wanted:
        if not one.placed:
            try:
                check_source(one)
            except GoPluginsError as error:
                found.problems[one.name] = error
                continue
        plugins[one.name] = plugin_of(one, found.hooks)
    if request.binary:
        plugins.update({path: Plugin(path, hooks=found.hooks.get(path, {}), load=False) for path in found.others})
    if not plugins:
        return
    with open_file(request.binary or current.binary) as gateway:
        results = verify(gateway, list(plugins.values()), host=True)["results"]
        _keep_bad(request, found, zip(plugins, results))
        tried = {name: one for name, one in plugins.items() if one.load and name not in found.problems}
        if request.binary and request.load and tried:
            loaded = verify(gateway, list(tried.values()), load=Trial(timeout=request.load_timeout))["results"]
            _keep_bad(request, found, zip(tried, loaded))


def _keep_bad(request: Request, found: _Found, results: t.Iterable[tuple[str, t.Mapping[str, t.Any]]]) -> None:
    for name, result in results:
        bad = [
            finding
            for finding in result["findings"]
            if finding["effect"] in request.fail_on and (request.binary or finding["code"] in _WITHOUT_GATEWAY)
        ]
        if bad:
            found.problems[name] = GoPluginsError(
                "\n".join(f"{finding['title']} [{finding['code']}]. {finding['message']}" for finding in bad), _BUILD
            )
