# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guard as a program: verdicts before a gateway starts, or at any time.

It ends with 0, or with 78 (EX_CONFIG) where the gateway is not to start. Whatever else goes wrong is said, and is no reason to keep a
gateway from its start unless that is asked for.
"""

from __future__ import annotations

import argparse
import functools
import os
import signal
import sys
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.configuration import read_configuration, read_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, from_exception, visible
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._guard import policy, report
from ansible_collections.goplugins.tyk.plugins.module_utils._guard.check import Outcome, judge, survey

REFUSED = 78
_ALLOW = "allow"


def main(arguments: t.Sequence[str]) -> int:
    """The exit code."""
    options = _options(arguments)
    try:
        _end_after(options.timeout)
        return _restore(options) if options.command == "restore" else _check(options)
    except Exception as error:  # pylint: disable=broad-exception-caught
        # It may be anything, and nothing of it is worth a gateway that does not start.
        failure = from_exception(error)
        _say(report.ERROR, f"the guard itself failed, the plugins were not checked: {failure.message}", failure.fix)
        said = report.Said(Outcome(options.gateway, "", ""), time.time(), 0, (failure.message,))
        _write(options, said)
        return 0 if options.on_error == _ALLOW else REFUSED


def _options(arguments: t.Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tyk-plugin-guard",
        description="Whether a Tyk Gateway will load the Go plugins of its definitions.",
        # Without a width, argparse takes its time to find that of the terminal, for each option.
        formatter_class=functools.partial(argparse.HelpFormatter, width=100),
    )
    parser.add_argument("command", choices=["check", "restore"], help="give the verdicts, or enable all definitions that were disabled")
    parser.add_argument("--gateway", required=True, help="the gateway's binary")
    parser.add_argument("--conf", required=True, help="its tyk.conf; TYK_GW_* of the environment outranks it")
    parser.add_argument("--environment-file", action="append", default=[], metavar="FILE", help="a file with such variables")
    parser.add_argument("--definitions", action="append", default=[], metavar="FOLDER", help="instead of app_path")
    parser.add_argument("--directory", help="the gateway's working directory; by default the folder of its binary")
    parser.add_argument("--release", default="", help="the gateway's release, if the binary does not have it")
    parser.add_argument("--policy", choices=policy.POLICIES, default=policy.REFUSE, help="what to do about plugins that will not load")
    parser.add_argument("--on-error", choices=[_ALLOW, policy.REFUSE], default=_ALLOW, help="what to do if the guard itself fails")
    parser.add_argument("--fail-on", action="append", choices=["fails", "unknown", "may-crash"], help="effects of findings that count")
    parser.add_argument("--ignore", action="append", default=[], metavar="CODE", help="a finding that does not count")
    parser.add_argument("--timeout", type=float, default=20, help="seconds after which the guard gives up")
    parser.add_argument("--json", metavar="FILE", help="where to write all of it")
    parser.add_argument("--prometheus", metavar="FILE", help="where to write it for node_exporter")
    return parser.parse_args(arguments)


def _end_after(seconds: float) -> None:
    def end(_signal: int, _frame: t.Any) -> None:
        raise GoPluginsError(f"it took longer than {seconds:g} seconds", "see whether a file system hangs: df -h")

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _places(options: argparse.Namespace) -> tuple[list[str], str, str]:
    """(folders of definitions, working directory, middleware path) of the gateway. Raises GoPluginsError, OSError."""
    configuration = read_configuration(options.conf, {**read_environment(options.environment_file), **os.environ})
    middleware = configuration.text("middleware_path")
    directory = os.path.abspath(options.directory or os.path.dirname(os.path.abspath(options.gateway)))
    if options.definitions:
        files = [path for path in options.definitions if os.path.exists(path) and not os.path.isdir(path)]
        if files:
            raise GoPluginsError(f"{files[0]} is no folder", "name the folder of the definitions by --definitions")
        return list(options.definitions), directory, middleware
    if configuration.owner:
        raise GoPluginsError(
            f"{configuration.owner} keeps the definitions, so none of them is on this host",
            "name a folder with copies of them by --definitions",
        )
    return [os.path.join(directory, configuration.text("app_path"))], directory, middleware


def _check(options: argparse.Namespace) -> int:
    definitions, directory, middleware = _places(options)
    measure = policy.Measure(options.fail_on or ["fails"], options.ignore)
    moved = policy.kept(definitions).waiting
    with open_file(options.gateway) as binary:
        read = survey(binary, options.release, definitions, directory, middleware, moved)
        if options.policy == policy.DISABLE:
            without, outcome = policy.to_disable(read, lambda left_out: judge(binary, read, left_out), measure)
            disabled, errors = _apply(without, moved)
            outcome = _with(outcome, without)
        else:
            outcome = judge(binary, read)
            disabled, errors = dict.fromkeys(moved, False), []
    counted = policy.counted(outcome, measure)
    for level, text in report.lines(outcome, measure.counts):
        _say(level, text)
    said = report.Said(outcome, time.time(), len(counted), tuple(errors), disabled)
    _write(options, said)
    for definition in disabled:
        _say(report.WARNING, f"disabled, its requests get a 404: {definition} is now {definition}{policy.SUFFIX}")
    refused = bool(counted) and options.policy == policy.REFUSE
    _say(report.ERROR if counted else report.NOTE, f"{report.summary(outcome)}{'; the start is refused' if refused else ''}")
    return REFUSED if refused or (errors and options.on_error != _ALLOW) else 0


def _with(outcome: Outcome, without: t.Mapping[str, Outcome]) -> Outcome:
    """The outcome with what was found of the definitions that are left out of it."""
    rows = [row for definition, one in without.items() for row in one.rows if row.definition == definition]
    loose = [row for definition, one in without.items() for row in one.loose if row[1] == definition]
    return outcome._replace(rows=(*outcome.rows, *rows), loose=(*outcome.loose, *loose))


def _apply(without: t.Mapping[str, Outcome], moved: t.Mapping[str, str]) -> tuple[dict[str, bool], list[str]]:
    """Disable definitions, and enable those that are well again. (those that are disabled now, and whether just now; errors)"""
    errors: list[str] = []
    disabled: dict[str, bool] = {}
    for definition in without:
        if definition in moved or _try(policy.disable, "disabled", definition, errors):
            disabled[definition] = definition not in moved
    for definition in moved:
        if definition not in without and _try(policy.enable, "enabled", definition, errors):
            _say(report.NOTE, f"enabled again: {definition}")
    return disabled, errors


def _restore(options: argparse.Namespace) -> int:
    definitions, _directory, _middleware = _places(options)
    errors: list[str] = []
    waiting, superseded = policy.kept(definitions)
    for definition in waiting:
        if _try(policy.enable, "enabled", definition, errors):
            _say(report.NOTE, f"enabled again: {definition}")
    for definition, there in superseded.items():
        _say(report.WARNING, f"{there} was disabled, and {definition} is another definition since", command_line("diff", there, definition))
    return 1 if errors else 0


def _try(change: t.Callable[[str], None], done: str, definition: str, errors: list[str]) -> bool:
    try:
        change(definition)
    except Exception as error:  # pylint: disable=broad-exception-caught
        failure = from_exception(error, definition)
        errors.append(f"{definition} could not be {done}: {failure.message}")
        _say(report.ERROR, errors[-1], failure.fix)
        return False
    return True


def _say(level: int, text: str, fix: str | None = None) -> None:
    """One line. In the journal it gets its level, as C(sd-daemon) has it."""
    text = visible(f"{text} Fix: {fix}" if fix else text, kept="")
    prefix = f"<{level}>" if "JOURNAL_STREAM" in os.environ else "tyk-plugin-guard: "
    sys.stderr.write(f"{prefix}{text}\n")


def _write(options: argparse.Namespace, said: report.Said) -> None:
    """The files that were asked for. One that cannot be written changes no verdict."""
    if not options.json and not options.prometheus:
        return
    # Only here: before a start, nothing is written.
    from ansible_collections.goplugins.tyk.plugins.module_utils import _files

    try:
        # systemd runs it once at a time, so what is under a temporary name is of a run that was killed.
        for path in filter(None, (options.json, options.prometheus)):
            _files.remove_leftovers(os.path.dirname(path), f".{os.path.basename(path)}.")
        if options.json:
            _files.write_json(options.json, report.as_dict(said))
        if options.prometheus:
            _files.write_atomically(options.prometheus, report.prometheus(said).encode())
    except Exception as error:  # pylint: disable=broad-exception-caught
        failure = from_exception(error)
        _say(report.ERROR, f"what was found could not be written: {failure.message}", failure.fix)
