# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What verdict and loader said of a pair, whether they agree, and the table of all. Pure."""

from __future__ import annotations

import collections
import re
import typing as t

LOADS = "loads"
REFUSED = "refused"
DIED = "died"
SILENT = "no answer"
LOADERS = (LOADS, REFUSED, DIED, SILENT)
VERDICTS = ("loads", "fails", "unknown")

# Commands of a cure that only show something.
_LOOKS = re.compile(r"^(file|ls|ldd|grep) | \| grep | git status ")


class Outcome(t.NamedTuple):
    """One pair.

    causes: the codes that were put in, found: those of the verdict. package: the one that the loader printed.
    loader: one of LOADERS, empty where there is nothing here that runs the gateway.
    """

    gateway: str
    plugin: str
    causes: frozenset[str]
    found: frozenset[str]
    verdict: str
    first_package: str | None
    loader: str
    package: str | None


def disagreements(outcome: Outcome) -> list[str]:
    """What is wrong with the verdict, empty where nothing is."""
    wrong = []
    if not outcome.loader and (outcome.verdict == "loads") != (not outcome.causes):
        wrong.append(f"the verdict is {outcome.verdict!r}, against the cause that was put in")
    if outcome.loader and (outcome.verdict == "loads") != (outcome.loader == LOADS):
        wrong.append(f"the verdict is {outcome.verdict!r}, the loader's answer {outcome.loader!r}")
    if outcome.loader == SILENT:
        wrong.append("the gateway could not be asked")
    if outcome.verdict == "unknown":
        wrong.append("the verdict leaves it open")
    if outcome.loader and outcome.first_package != outcome.package:
        wrong.append(f"the verdict names package {outcome.first_package}, the loader {outcome.package}")
    if outcome.found != outcome.causes:
        missing, more = sorted(outcome.causes - outcome.found), sorted(outcome.found - outcome.causes)
        wrong.append(f"causes not found: {', '.join(missing) or 'none'}; found without cause: {', '.join(more) or 'none'}")
    return wrong


def confusion(outcomes: t.Iterable[Outcome]) -> list[str]:
    """How often each verdict met each answer, as lines of text. What was not loaded has a column of its own."""
    counts = collections.Counter((outcome.verdict, outcome.loader or "not run") for outcome in outcomes)
    columns = [*LOADERS, "not run"]
    lines = [f"{'verdict':10}" + "".join(f"{column:>11}" for column in columns)]
    return lines + [f"{verdict:10}" + "".join(f"{counts[verdict, column]:11}" for column in columns) for verdict in VERDICTS]


def cures_of(findings: t.Iterable[t.Mapping[str, t.Any]]) -> tuple[list[str], set[str]]:
    """The commands that cure what fails, and the codes of what no command cures.

    Of equal commands the last stands: what is built is built when everything is edited.
    """
    commands: list[str] = []
    without = set()
    for finding in findings:
        if finding["effect"] == "fails":
            doing = [command for command in finding["cure"] if not _LOOKS.search(command)]
            commands = [command for command in commands if command not in doing] + doing
            without |= set() if doing else {finding["code"]}
    return commands, without
