# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make verdict-matrix`: the verdict against the gateway's own loader, pair by pair, and the cures of what does not load.

Each file is also read by go version -m, nm, pyelftools and LIEF, and what they see is compared.

FULL=1 takes all pairs. Ends with 1 where verdict and loader, or verdict and cause, disagree or a cure does not cure, with 2 where the
machine lacks something.
"""

from __future__ import annotations

import fcntl
import os
import pathlib
import shutil
import sys
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.binary import open_file
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import COMMAND, Answer, Trial, ask_all
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verify import verify
from ansible_collections.goplugins.tyk.tests import oracle
from ansible_collections.goplugins.tyk.tests.matrix.compare import DIED, LOADS, REFUSED, SILENT, Outcome, confusion, cures_of, disagreements
from ansible_collections.goplugins.tyk.tests.matrix.machine import compilers, lacking, runner
from ansible_collections.goplugins.tyk.tests.matrix.table import CHEAP, FULL, GATEWAYS, INCURABLE, PLUGINS, Pair, pairs
from ansible_collections.goplugins.tyk.tests.matrix.workshop import Failed, Workshop

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".cache" / "matrix"
SYMBOL = "AuthCheck"
SECONDS = 60
# A difference may hide behind another: how often a plugin is cured.
ROUNDS = 2


def examine(pair: Pair, gateway: str, plugin: str, environment: t.Sequence[str] = ()) -> tuple[Outcome, list[dict[str, t.Any]]]:
    """What verdict and loader say of two files, and the findings of the verdict."""
    with open_file(gateway) as file:
        (result,) = verify(file, [Plugin(plugin, symbols=(SYMBOL,))])["results"]
    found = frozenset(finding["code"] for finding in result["findings"] if finding["effect"] != "info")
    loader, package = "", None
    words = runner(GATEWAYS[pair.gateway].platform)
    if words is not None:
        (answer,) = ask_all(gateway, plugin, [SYMBOL], Trial(["env", *environment, *words, *COMMAND], SECONDS))
        loader, package = _loader(answer), answer.package
    outcome = Outcome(pair.gateway, pair.plugin, pair.causes, found, result["verdict"], result["first_package"], loader, package)
    return outcome, result["findings"]


def _loader(answer: Answer) -> str:
    if answer.ok is None:
        return SILENT
    if answer.ok:
        return LOADS
    return REFUSED if answer.rc == 1 else DIED


def cure(workshop: Workshop, pair: Pair, gateway: str, plugin: str, commands: t.Sequence[str], rounds: int = ROUNDS) -> list[str]:
    """Apply the cures of a pair that fails, and then those of what they brought to light; what is wrong with the pair in the end."""
    try:
        cured = workshop.cured(pair.plugin, PLUGINS[pair.plugin], GATEWAYS[pair.gateway], commands)
    except Failed as failed:
        return [str(failed)]
    again = pair._replace(causes=frozenset())
    outcome, findings = examine(again, cured.gateway or gateway, cured.plugin or plugin, cured.environment)
    if cured.environment:
        # A variable leaves the files, and so the verdict, as they are.
        return [] if outcome.loader == LOADS else ["it still does not load"]
    more, _without = cures_of(findings)
    if more and rounds > 1:
        return cure(workshop, pair, gateway, plugin, [*commands, *more], rounds - 1)
    return disagreements(outcome) or ([] if outcome.verdict == LOADS else ["it still does not load"])


class Total(t.NamedTuple):
    """read: the files that other tools have read too. agree: how many pairs have nothing wrong.

    cures: how many were to be cured, loaded: how many then loaded.
    unrun: how many were to be cured of those that nothing here can load, judged: how many then would load by the verdict.
    """

    outcomes: tuple[Outcome, ...] = ()
    read: frozenset[str] = frozenset()
    agree: int = 0
    cures: int = 0
    loaded: int = 0
    unrun: int = 0
    judged: int = 0


def step(workshop: Workshop, pair: Pair, total: Total) -> tuple[Total, str, list[str]]:
    """One pair: the total with it, a line about it, and what is wrong."""
    line = f"{pair.gateway} + {pair.plugin}: "
    try:
        gateway = workshop.gateway(pair.gateway, GATEWAYS[pair.gateway])
        plugin = workshop.plugin(pair.plugin, PLUGINS[pair.plugin])
    except Failed as failed:
        return total, f"{line}not built", [str(failed)]
    outcome, findings = examine(pair, gateway, plugin)
    problems = disagreements(outcome)
    new = whole_files(pair, gateway, plugin) - total.read
    problems += [problem for path in sorted(new) for problem in oracle.disagreements(path, "go")]
    total = total._replace(read=total.read | new)
    line += f"verdict {outcome.verdict}, loader {outcome.loader or 'not run'}"
    line += f" ({outcome.package})" if outcome.package else ""
    line += f" [{', '.join(sorted(outcome.found))}]" if outcome.found else ""
    commands, without = cures_of(findings)
    if without - INCURABLE:
        problems.append(f"nothing to run cures {', '.join(sorted(without - INCURABLE))}")
    total = total._replace(outcomes=(*total.outcomes, outcome), agree=total.agree + (not problems))
    if commands and not without:
        remaining = cure(workshop, pair, gateway, plugin, commands)
        if outcome.loader:
            total = total._replace(cures=total.cures + 1, loaded=total.loaded + (not remaining))
        else:
            total = total._replace(unrun=total.unrun + 1, judged=total.judged + (not remaining))
        problems += [f"cured: {problem}" for problem in remaining]
        line += "" if remaining else ", cured"
    return total, line, problems


def whole_files(pair: Pair, gateway: str, plugin: str) -> frozenset[str]:
    """The files of a pair that every reader of binaries accepts: not those that are cut off on purpose."""
    made = {gateway: GATEWAYS[pair.gateway], plugin: PLUGINS[pair.plugin]}
    return frozenset(path for path, file in made.items() if not file.after.startswith("truncate"))


def main() -> int:
    wanted = os.environ.get("FULL", "")
    if wanted not in ("", "0", "1"):
        print(f"FULL is {wanted!r}; it is 1 for all pairs, or nothing.", file=sys.stderr)
        return 2
    chosen = pairs(FULL if wanted == "1" else CHEAP)
    files = [*(GATEWAYS[pair.gateway] for pair in chosen), *(PLUGINS[pair.plugin] for pair in chosen)]
    message = lacking(files)
    if message:
        print(message, file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        # A second run would take the files away from under the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return compare(chosen, FOLDER / "files")


def compare(chosen: t.Sequence[Pair], folder: pathlib.Path) -> int:
    """Build, judge, load and cure all pairs. The files stay where something is wrong."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    cache = pathlib.Path(os.environ.get("GOCACHE") or FOLDER / "go-build")
    workshop = Workshop(folder, cache, ROOT / "examples", compilers(folder))
    total = Total()
    for number, pair in enumerate(chosen, 1):
        start = time.monotonic()
        total, line, problems = step(workshop, pair, total)
        print(f"{number:3}/{len(chosen)} {line}, {time.monotonic() - start:.1f} s", *problems, sep="\n      WRONG: ", flush=True)
    print(*confusion(total.outcomes), f"cures={total.cures} loaded={total.loaded}", sep="\n")
    if total.unrun:
        print(f"cures-not-run={total.unrun} judged={total.judged}")
    print(f"files-read-by-other-tools={len(total.read)}")
    print(f"pairs={len(chosen)} agree={total.agree}")
    if (total.agree, total.loaded, total.judged) != (len(chosen), total.cures, total.unrun):
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failed:
        sys.exit(str(failed))
    except KeyboardInterrupt:
        sys.exit("interrupted")
