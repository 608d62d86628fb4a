# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One roll-out on one gateway host: look, verdict, artifact, definitions, reload, health, and back again where it does not work.

A gateway that starts at any moment finds whole definitions, and in its folder the artifacts that they name: those of before or the new
ones. What this run has begun stands in a journal, so that a later one ends it, whenever this one is killed.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import control, journal, settings
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.journal import BACK, COPY, Change, Folder, Journal, sha256
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.look import Look, Wanted, check_source, diff, look, opened, to_name
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.place import place
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.records import Candidate
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.settings import Settings
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked, remove_leftovers
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import checked_hooks
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import Trial, checked_environment, checked_files
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import overall
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import effects, verify

RELOAD, RESTART = "reload", "restart"
# How the gateway takes new artifacts: by a restart where a reload cannot do it; always by one; not by this run.
AUTO, ALWAYS_RESTART, PLACE = "auto", "restart", "place"
_NOT_READ_AGAIN = (
    "a reload reads a definition with plugins of endpoints alone again only if it has changed, and it names that file already: "
    "restart the gateway, or give restart_command (tyk_deploy_restart_command)"
)
# A process that was reloaded a hundred times has opened as many files; more are not compared with.
_MOST_OPENED = 200
_LOOK_AT_LOG = "read what the gateway says of it in its log, as with: journalctl -u tyk-gateway"


class Request(t.NamedTuple):
    """What is wanted, as the module's options have it. found: the artifacts that there are. carried: from plugin to its file here."""

    plugins: t.Sequence[t.Mapping[str, t.Any]]
    found: t.Sequence[Candidate]
    carried: t.Mapping[str, str] | None
    checks: t.Sequence[control.Check]
    version: str
    folder: str
    state: str
    restart: t.Sequence[str]
    reload_timeout: float
    start_timeout: float
    health_timeout: float
    load: bool
    load_timeout: float
    fail_on: t.Sequence[str]
    keep: int
    mode: str = AUTO
    drain: t.Sequence[str] = ()
    resume: t.Sequence[str] = ()


class _Broken(t.NamedTuple):
    """Why the gateway does not serve what it should. stuck: whether it does not come back by a reload. down: whether it has ended."""

    words: str
    stuck: bool = False
    down: bool = False


def deploy(request: Request, current: Settings, check_mode: bool) -> dict[str, t.Any]:
    """The result of the module. Raises GoPluginsError, OSError."""
    if request.mode == ALWAYS_RESTART and not request.restart:
        raise GoPluginsError("mode: restart needs to know how", "give restart_command or restart_service (tyk_deploy_restart_command)")
    folder = Folder(request.state, current.config or current.apps)
    if check_mode:
        return _foreseen(request, current, folder)
    folder.make()
    with locked(folder.lock):
        folder.sweep()
        return _Run(request, current, folder).run()


def _look(request: Request, current: Settings, folder: Folder) -> Look:
    served = None
    if request.mode == PLACE:
        served = control.served(current.control, current.secret, current.control_host, request.reload_timeout)
    place_of = {"version": request.version, "folder": request.folder}
    return look(current, request.plugins, request.found, request.carried, **place_of, served=served, ours=folder.placed())


def _foreseen(request: Request, current: Settings, folder: Folder) -> dict[str, t.Any]:
    """What a run would do."""
    cut_off = folder.journal()
    found = _look(request, current, folder)
    if found.missing:
        return _wants(found)
    way, verified = _judge(request, found, load=False)
    steps = ["end what an earlier roll-out had begun"] if cut_off else []
    steps += [f"place {one.file}" for one in found.wanted if not one.placed]
    waiting = request.mode == PLACE and to_name(found)
    if not waiting:
        steps += [f"change {document.path}" for document in found.changes]
        problems = [] if steps else [problem for _mark, problem in control.trial(request.checks, current.listen) if problem]
        if steps or problems:
            steps.append(way)
        steps += [f"remove {placed['file']}" for _entry, placed in _surplus(found, folder.deployed(), request.keep)]
    done = f"{_names(found)} is placed" if waiting else f"{_names(found)} is deployed and works"
    return {
        **_result(request, found, verified, folder),
        "changed": bool(steps),
        "steps": steps,
        "diff": [] if waiting else diff(found),
        "msg": (f"would {', then '.join(steps)}" if steps else done) + (f"\n{_words_to_name(found, current)}" if waiting else ""),
    }


def _words_to_name(found: Look, current: Settings) -> str:
    """What is to be changed elsewhere, and what happens then, for people."""
    owner = current.owner or "whoever owns the definitions"
    lines = [f"It is served when the definitions name it. They come from {owner}, where these must be changed:"]
    for one in to_name(found):
        hooks = ", ".join(f"{hook['definition']} {hook['place']}" for hook in one["hooks"]) or "no API names it yet"
        lines.append(f"  {one['name']}: let the path be {one['path']} ({hooks})")
    lines.append("The next run shows that it works. It goes back there too: this run changes no definition.")
    return "\n".join(lines)


def _wants(found: Look) -> dict[str, t.Any]:
    """What the host lacks."""
    return {
        "changed": False,
        "wants": {one.name: one.candidate.file for one in found.missing},
        "msg": f"this host lacks the artifact of {', '.join(one.name for one in found.missing)}",
    }


def _names(found: Look) -> str:
    return ", ".join(one.name for one in found.wanted)


def _result(request: Request, found: Look, verified: t.Mapping[str, t.Any], folder: Folder) -> dict[str, t.Any]:
    return {
        "deployed": [
            {
                "name": one.name,
                "sha256": one.candidate.sha256,
                "file": one.file,
                "definitions": [document.path for document in found.documents if one.is_named(document)],
            }
            for one in found.wanted
        ],
        "gateway": {
            "version": found.gateway.version,
            "config": found.settings.config,
            "apps": found.settings.apps,
            "pid": found.settings.pid,
        },
        "verdict": verified["verdict"],
        "findings": [finding.as_dict() for finding in found.findings],
        "findings_before": list(dict.fromkeys(finding.code for finding in found.earlier)),
        "to_name": to_name(found) if request.mode == PLACE else [],
        "record": folder.deployed_file,
    }


# --- Verdict --------------------------------------------------------------------------------------------------------------------------


def _judge(request: Request, found: Look, load: bool) -> tuple[str, dict[str, t.Any]]:
    """(how the gateway can take the artifacts, the verdict on them). Raises GoPluginsError where it cannot."""
    for one in found.missing:
        raise GoPluginsError(f"there is no file with the artifact of {one.name} on this host", "leave the option candidates out")
    for one in found.wanted:
        if not one.placed:
            check_source(one)
    new = [plugin_of(one, found.hooks) for one in found.wanted]
    beside = [Plugin(path) for path in _opened_before(found)]
    with open_file(found.settings.binary) as gateway:
        together = verify(gateway, [*beside, *new], host=True)
        results = together["results"][len(beside) :]
        mine = {"results": results, "verdict": overall(one["verdict"] for one in results)}
        alone = verify(gateway, new, host=True) if beside and _is_bad(mine, request) else mine
        _refuse(request, alone)
        tried = [one for one in new if one.load] if load else []
        if tried:
            _refuse(request, verify(gateway, tried, load=Trial(timeout=request.load_timeout)))
    if not _is_bad(mine, request):
        return (RESTART if request.mode == ALWAYS_RESTART else RELOAD), mine
    if not request.restart and (request.mode != PLACE or not to_name(found)):
        raise GoPluginsError(
            f"the gateway would load it, but not by a reload: a process keeps each plugin that it has opened\n{_words(mine, request)}",
            "build the plugin with id: auto, which makes each build another plugin to a gateway, or give restart_command "
            "(tyk_deploy_restart_command)",
            findings=_codes(mine),
        )
    return RESTART, alone


def _is_bad(verified: t.Mapping[str, t.Any], request: Request) -> bool:
    return bool(effects(verified) & set(request.fail_on))


def plugin_of(one: Wanted, hooks: t.Mapping[str, t.Mapping[str, str]]) -> Plugin:
    """The plugin for the verdict. hooks: from file to the hooks that definitions have of it."""
    # Nobody has opened the file under the name that it is going to have.
    return Plugin(
        one.source,
        one.name,
        tuple(one.plugin["symbols"]),
        {**hooks.get(one.file, {}), **checked_hooks(one.plugin["hooks"])},
        load=one.plugin["load"] and not one.placed,
        environment=checked_environment(one.plugin["load_environment"]),
        files=checked_files(one.plugin["load_files"]),
    )


def _opened_before(found: Look) -> list[str]:
    """The plugins that the process has open; where that cannot be seen, those that the definitions have named up to now."""
    ours = {os.path.realpath(one.file) for one in found.wanted}
    files = settings.mapped(found.settings.pid)
    if files is None:
        named = {path for document in found.documents for _place, path, _after in document.named}
        files = frozenset(os.path.join(found.gateway.directory, path) for path in named)
    return [path for path in sorted(files) if os.path.realpath(path) not in ours and _is_plugin(path)][:_MOST_OPENED]


def _is_plugin(path: str) -> bool:
    with contextlib.suppress(GoPluginsError, OSError), open_file(path) as file:
        return file.binary().plugin_path is not None
    return False


def _refuse(request: Request, verified: t.Mapping[str, t.Any]) -> None:
    if _is_bad(verified, request):
        raise GoPluginsError(
            f"this host's gateway is not given what it may not load; nothing was changed\n{_words(verified, request)}",
            findings=_codes(verified),
        )


def _words(verified: t.Mapping[str, t.Any], request: Request) -> str:
    bad = [finding for one in verified["results"] for finding in one["findings"] if finding["effect"] in request.fail_on]
    return "\n".join(f"{finding['title']} [{finding['code']}]. {finding['message']}" for finding in bad)


def _codes(verified: t.Mapping[str, t.Any]) -> list[str]:
    return list(dict.fromkeys(finding["code"] for one in verified["results"] for finding in one["findings"]))


def _is_not_read_again(found: Look) -> bool:
    """Whether a reload leaves the API of a definition as it was, as its text is the same and it has plugins of endpoints alone.

    The gateway opens their files all the same, so that what it has opened does not show it.
    """
    same = [document for document in found.documents if document not in found.changes]
    return any(all(".go_plugin[" in place or ".operations." in place for place, _path, _after in document.named) for document in same)


def _sweep(found: Look) -> None:
    """Remove the temporary files that killed runs left beside definitions and artifacts. Only with the lock."""
    places = [os.path.split(os.path.realpath(document.path)) for document in found.documents]
    beside = [(folder, f".{name}.") for folder, name in places]
    beside += [(os.path.dirname(one.file), f".{one.name}-") for one in found.wanted]
    for folder, start in beside:
        for prefix in {name.partition("goplugins-")[0] for name in os.listdir(folder) if name.startswith(start)}:
            remove_leftovers(folder, prefix)


def noted(entry: t.Mapping[str, t.Any] | None, one: Wanted) -> dict[str, t.Any]:
    """What is kept of a plugin, with the file that is placed of it now. What is not deployed yet has no C(file)."""
    before = entry or {"sha256": "", "file": "", "since": "", "placed": []}
    if any(placed.get("file") == one.file for placed in before["placed"]):
        return dict(before)
    return {**before, "placed": [*before["placed"], {"file": one.file, "sha256": one.candidate.sha256, "at": journal.now()}]}


def _surplus(found: Look, kept: t.Mapping[str, t.Any], keep: int) -> list[tuple[dict[str, t.Any], dict[str, t.Any]]]:
    """(what is kept of a plugin, one of its artifacts) for those that no definition leads this gateway to, beyond the newest C(keep)."""
    surplus = []
    for one in found.wanted:
        entry = kept.get(one.name) or {"placed": []}
        others = [placed for placed in entry["placed"] if placed.get("file") not in (one.file, *found.names)]
        surplus += [(entry, placed) for placed in others[: max(0, len(others) - keep)]]
    return surplus


# --- The work -------------------------------------------------------------------------------------------------------------------------


class _Run:
    """One run, which holds the lock. steps: what it did."""

    def __init__(self, request: Request, current: Settings, folder: Folder) -> None:
        self._request, self._current, self._folder = request, current, folder
        self._steps: list[str] = []
        self._notes: list[str] = []
        self._drained, self._tried_to_drain, self._still_out = False, False, ""

    def run(self) -> dict[str, t.Any]:
        """Bring the host to what is wanted, and back into traffic. Raises GoPluginsError."""
        begun = self._folder.journal()
        # One that was cut off may have been drained.
        self._drained = begun is not None
        result = self._place_only(begun) if self._request.mode == PLACE else self._run(begun)
        if self._still_out:
            raise GoPluginsError(f"{result['msg']}\n{self._still_out}", steps=self._steps)
        return result

    def _end(self, entry: Journal) -> str:
        """End the journal, and before that bring the gateway back into traffic, if this run or one before took it out.

        What there is to say of it, which is nothing where all is well.
        """
        if self._drained and self._request.resume:
            try:
                if not control.wait_for(self._current.control, 0):
                    raise GoPluginsError("it does not answer")
                _command.check("the resume command failed", _command.run(list(self._request.resume), timeout=self._request.start_timeout))
                self._steps.append("resumed traffic")
            except GoPluginsError as error:
                self._still_out = f"the gateway stays out of traffic: {error.message}"
        self._drained = False
        self._folder.end(entry)
        return self._still_out

    def _place_only(self, begun: Journal | None) -> dict[str, t.Any]:
        """Place the artifacts, and show that they work once the definitions, which others change, name them. Raises GoPluginsError."""
        if begun:
            self._back(begun, _Broken("it was cut off"))
        found = _look(self._request, self._current, self._folder)
        if found.missing:
            return {**_wants(found), "changed": bool(self._steps), "steps": self._steps}
        way, verified = _judge(self._request, found, self._request.load)
        kept = self._folder.deployed()
        self._folder.keep_deployed({**kept, **{one.name: noted(kept.get(one.name), one) for one in found.wanted}})
        for one in found.wanted:
            if not one.placed:
                self._place(one)
        if to_name(found):
            words = f"{_names(found)}: {', '.join(self._steps)}" if self._steps else f"{_names(found)} is placed"
            more = "\nIt then needs a restart: the gateway has opened a plugin with its module path" if way == RESTART else ""
            return {
                **_result(self._request, found, verified, self._folder),
                "changed": bool(self._steps),
                "steps": self._steps,
                "msg": f"{words}\n{_words_to_name(found, self._current)}{more}",
            }
        if self._problems(found, min(2.0, self._request.health_timeout)):
            entry = Journal({one.name: one.candidate.sha256 for one in found.wanted}, (), ())
            self._folder.begin(entry, {})
            try:
                broken = self._take(way) or self._see(found)
            finally:
                self._end(entry)
            if broken:
                raise GoPluginsError(
                    f"{_names(found)} does not work in this gateway: {broken.words}\nIts definitions come from "
                    f"{self._current.owner or 'elsewhere'}: name the earlier path there, to go back",
                    _LOOK_AT_LOG,
                    steps=self._steps,
                )
        return self._good(found, verified)

    def _run(self, begun: Journal | None) -> dict[str, t.Any]:
        """Bring the host to what is wanted. Raises GoPluginsError."""
        try:
            found = _look(self._request, self._current, self._folder)
            _sweep(found)
            wanted = {one.name: one.candidate.sha256 for one in found.wanted}
            if begun and (begun.direction == BACK or begun.wanted != wanted):
                self._back(begun, _Broken("it was cut off"))
                begun, found = None, _look(self._request, self._current, self._folder)
            if found.missing:
                return {**_wants(found), "changed": bool(self._steps), "steps": self._steps}
            way, verified = _judge(self._request, found, self._request.load)
            as_wanted = not begun and not found.changes and all(one.placed for one in found.wanted)
            # Where it should work already, little patience is enough: if it does not, there is something to do.
            if as_wanted and not self._problems(found, min(2.0, self._request.health_timeout)):
                return self._good(found, verified)
            self._refuse_silent()
        except GoPluginsError:
            # What was begun and cannot go on goes back.
            if begun:
                self._back(begun, _Broken("it was cut off", down=not control.wait_for(self._current.control, 0)))
            raise
        self._forward(found, way, begun)
        return self._good(found, verified)

    def _good(self, found: Look, verified: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        kept = self._folder.deployed()
        for one in found.wanted:
            entry = noted(kept.get(one.name), one)
            if entry["file"] != one.file:
                entry = {**entry, "sha256": one.candidate.sha256, "file": one.file, "since": journal.now()}
            kept[one.name] = entry
        self._folder.keep_deployed(kept)
        # Not only after a change of ours: what an upgrade of the gateway left over is nobody else's to remove.
        self._prune(found)
        return {
            **_result(self._request, found, verified, self._folder),
            "changed": bool(self._steps),
            "steps": self._steps,
            "diff": diff(found),
            "warnings": self._notes,
            "msg": f"{_names(found)}: {', '.join(self._steps)}" if self._steps else f"{_names(found)} is deployed and works",
        }

    def _problems(self, found: Look, seconds: float) -> list[str]:
        """What the gateway does not show after so many seconds."""
        return control.wait(self._request.checks, self._current.listen, seconds, lambda: opened(found))

    def _refuse_silent(self) -> None:
        """Raises GoPluginsError where the control API does not answer, or does not take the secret, which it checks before all else."""
        answer = control.ask(f"{self._current.control}/tyk/goplugins", headers={"X-Tyk-Authorization": self._current.secret})
        if answer.status == 403:
            raise GoPluginsError(
                f"the control API at {self._current.control} does not take the secret of {self._current.config or 'the environment'}",
                "give the right one by the option secret (tyk_gateway_secret)",
            )
        if not answer.status:
            raise GoPluginsError(
                f"no gateway answers at {self._current.control}: {answer.error}", "start it first, as with: systemctl start tyk-gateway"
            )

    def _forward(self, found: Look, way: str, begun: Journal | None) -> None:
        """Place, change, reload, and see. Raises GoPluginsError when it is back where it was."""
        trial = control.trial(self._request.checks, self._current.listen)
        if not begun and not any(problem for _mark, problem in trial) and settings.mapped(self._current.pid) is None:
            self._notes.append(
                "the health requests were answered as expected before anything changed: they do not tell one version from another"
            )
        changes = {change.path: change for change in (begun.changes if begun else ())}
        copies = {}
        for document in found.changes:
            before, after = document.before.encode(), document.after.encode()
            earlier = changes.get(document.path)
            if earlier and earlier.before == sha256(before):
                changes[document.path] = earlier._replace(after=sha256(after))
            else:
                name = f"{sha256(document.path.encode())[:16]}{COPY}"
                copies[name] = before
                changes[document.path] = Change(document.path, sha256(before), sha256(after), name)
        wanted = {one.name: one.candidate.sha256 for one in found.wanted}
        entry = Journal(wanted, tuple(changes.values()), begun.answers if begun else tuple(mark for mark, _problem in trial))
        self._folder.begin(entry, copies)
        kept = self._folder.deployed()
        # Even if this run is killed, a later one knows whose they are.
        self._folder.keep_deployed({**kept, **{one.name: noted(kept.get(one.name), one) for one in found.wanted}})
        try:
            for one in found.wanted:
                if not one.placed:
                    self._place(one)
            for document in found.changes:
                with open(document.path, "rb") as file:
                    if file.read() != document.before.encode():
                        raise GoPluginsError(f"somebody else changed {document.path} at the same time", "run it again")
                journal.replace_content(document.path, document.after.encode())
                self._steps.append(f"changed {document.path}")
            # What the gateway is going to read, as it is there.
            self._check_again()
            broken = self._take(way) or self._see(found)
            if broken and way == RELOAD and not (broken.stuck or broken.down) and _is_not_read_again(found):
                broken = broken._replace(words=f"{broken.words}; {_NOT_READ_AGAIN}")
                if self._request.restart:
                    way, broken = RESTART, self._restart() or self._see(found)
        except BaseException:
            self._back(entry, _Broken("it was broken off"))
            raise
        if broken:
            # What was loaded after a restart keeps the plugin of before from being loaded by a reload.
            broken = broken._replace(stuck=broken.stuck or way == RESTART)
            words = self._back(entry, broken)
            raise GoPluginsError(
                f"{_names(found)} does not work in this gateway: {broken.words}\n{words}", _LOOK_AT_LOG, steps=self._steps, rolled_back=True
            )
        self._end(entry)

    def _check_again(self) -> None:
        """Raises GoPluginsError where the host does not have what was foreseen: the files, the definitions, and what the linter says."""
        now = _look(self._request, self._current, self._folder)
        late = [one.file for one in now.wanted if not one.placed] + [document.path for document in now.changes]
        if late:
            raise GoPluginsError(f"somebody else changed {', '.join(late)} at the same time", "run it again")

    def _place(self, one: Wanted) -> None:
        place(one)
        self._steps.append(f"placed {one.file}")

    def _take(self, way: str) -> _Broken | None:
        """Let the gateway read its definitions. What came of it, if that is nothing good."""
        if way == RESTART:
            return self._restart()
        answer = control.reload(self._current.control, self._current.secret, self._current.control_host, self._request.reload_timeout)
        if answer.status == 200:
            self._steps.append("reloaded the gateway")
            return None
        if answer.timed_out:
            return _Broken(
                f"the reload did not end within {self._request.reload_timeout:g} seconds: an init function blocks it", stuck=True
            )
        if not answer.status:
            return _Broken(f"the gateway went away while it reloaded: {answer.error}", down=True)
        return _Broken(f"the control API answered the reload with status {answer.status}")

    def _drain(self, back: bool) -> None:
        """Take the gateway out of traffic, once. Raises GoPluginsError where that fails, except on the way back."""
        if not self._request.drain or self._tried_to_drain:
            return
        self._drained = self._tried_to_drain = True
        try:
            _command.check("the drain command failed", _command.run(list(self._request.drain), timeout=self._request.start_timeout))
        except GoPluginsError as error:
            if back:
                return
            raise GoPluginsError(f"the gateway was not restarted: {error.message}", error.fix, rolled_back=True) from error
        self._steps.append("drained the gateway")

    def _restart(self, back: bool = False) -> _Broken | None:
        """Take the gateway out of traffic, and restart it, by the user's commands. Raises GoPluginsError where it cannot be taken out."""
        self._drain(back)
        try:
            done = _command.run(list(self._request.restart), timeout=self._request.start_timeout)
            _command.check("the restart command failed", done)
        except GoPluginsError as error:
            return _Broken(error.message, stuck=True, down=True)
        self._steps.append("restarted the gateway")
        if not control.wait_for(self._current.control, self._request.start_timeout):
            return _Broken(
                f"the gateway does not answer {self._request.start_timeout:g} seconds after it was restarted", stuck=True, down=True
            )
        # If it serves nothing even then, the health requests say so.
        control.serves(self._current.control, self._current.secret, self._current.control_host, self._request.start_timeout)
        return None

    def _restart_at_last(self) -> _Broken | None:
        """Restart the gateway, and try again while it fails: a service manager refuses for a while what has ended too often."""
        broken: list[_Broken | None] = []

        def good() -> bool:
            broken[:] = [self._restart(back=True)]
            return not broken[0]

        control.until(good, self._request.start_timeout)
        return broken[0]

    def _see(self, found: Look) -> _Broken | None:
        """Whether the gateway shows what the plugins do."""
        problems = self._problems(found, self._request.health_timeout)
        if not problems:
            self._steps.append("saw what the plugins do")
            return None
        gone = not control.wait_for(self._current.control, 0)
        return _Broken("; ".join(problems), down=gone, stuck=gone)

    # --- Back -------------------------------------------------------------------------------------------------------------------------

    def _back(self, entry: Journal, broken: _Broken) -> str:
        """Put the definitions back, and the gateway to serving them. What came of it, in words."""
        self._folder.begin(entry._replace(direction=BACK), {})
        words = [self._restored(change) for change in entry.changes]
        words.append(self._serve_again(broken, entry.answers))
        words.append(self._end(entry))
        self._steps.append("went back")
        return "\n".join(filter(None, words))

    def _restored(self, change: Change) -> str:
        """Put one definition back, if it is as this or the earlier run left it. What there is to say of it."""
        try:
            with open(change.path, "rb") as file:
                now = sha256(file.read())
        except FileNotFoundError:
            return f"{change.path} is gone since, and is left alone"
        if now == change.before:
            return f"{change.path} is as before"
        if now != change.after:
            return f"{change.path} was changed by somebody else since, and is left alone"
        journal.replace_content(change.path, self._folder.before(change))
        return f"{change.path} is as before"

    def _serve_again(self, broken: _Broken, answers: t.Sequence[str]) -> str:
        """Let the gateway read the definitions of before. What came of it, in words."""
        good = "the gateway answers as it did before"
        again: _Broken | None = broken
        if not broken.stuck and not broken.down:
            again = self._take(RELOAD)
            if not again and self._answers_as(answers):
                return good
        if self._request.restart:
            again = self._restart_at_last()
        elif again and again.down:
            if not control.wait_for(self._current.control, self._request.start_timeout):
                return "the gateway is down: start it, as with: systemctl start tyk-gateway"
            # Its service started it, maybe before a definition was put back.
            again = self._take(RELOAD)
        elif again and again.stuck:
            return (
                "the gateway goes on serving what it served before, but takes nothing new until it is restarted, as with: "
                "systemctl restart tyk-gateway"
            )
        if again:
            return again.words
        return good if self._answers_as(answers) else "the gateway does not answer the health requests as it did before"

    def _answers_as(self, answers: t.Sequence[str]) -> bool:
        """Whether the health requests are answered as then. They may be others than those of a run that was cut off."""

        def marks() -> list[str]:
            return [mark for mark, _problem in control.trial(self._request.checks, self._current.listen)]

        return len(answers) != len(self._request.checks) or control.until(lambda: marks() == list(answers), self._request.health_timeout)

    def _prune(self, found: Look) -> None:
        """Remove the oldest artifacts that earlier roll-outs placed and no definition names."""
        kept = self._folder.deployed()
        for entry, placed in _surplus(found, kept, self._request.keep):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(str(placed["file"]))
                self._steps.append(f"removed {placed['file']}")
            entry["placed"].remove(placed)
        self._folder.keep_deployed(kept)
