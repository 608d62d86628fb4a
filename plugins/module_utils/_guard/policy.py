# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the guard counts against a gateway, and which APIs it takes from one that shall start without them.

A gateway reads all C(*.json) of its folder. It does not heed C(active) there: only a dashboard leaves such APIs out (gateway/api_loader.go;
tyk#1151, which Tyk does not mean to change). So a definition is disabled by a name that ends in something else, and is otherwise as it was.
"""

from __future__ import annotations

import os
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._guard.check import Outcome, Reason

if t.TYPE_CHECKING:
    from ansible_collections.goplugins.tyk.plugins.module_utils._guard.check import Survey

REFUSE = "refuse"
WARN = "warn"
DISABLE = "disable"
POLICIES = (REFUSE, WARN, DISABLE)

# The name says who disabled a definition, so nothing else is ever enabled again.
SUFFIX = ".goplugins-disabled"


class Measure(t.NamedTuple):
    """What counts: effects of findings, without those of some codes."""

    effects: t.Collection[str]
    ignored: t.Collection[str] = ()

    def counts(self, reason: Reason) -> bool:
        return reason.effect in self.effects and reason.code not in self.ignored


def counted(outcome: Outcome, measure: Measure) -> list[tuple[str, Reason]]:
    """(definition, reason) of all that counts."""
    of_rows = [(row.definition, reason) for row in outcome.rows for reason in row.reasons]
    return [
        (definition, reason) for definition, reason in (*of_rows, *((one[1], one[2]) for one in outcome.loose)) if measure.counts(reason)
    ]


def to_disable(read: Survey, judge: t.Callable[[t.Container[str]], Outcome], measure: Measure) -> tuple[dict[str, Outcome], Outcome]:
    """(from each definition without which the rest is fine to the outcome in which it was not, the outcome of the rest)

    A plugin that is refused only because of another is no reason while that other is one itself: so the verdict is given again without
    those that fail on their own, and of those that fail together the first stays.
    """
    known = {api.definition for api in read.report.apis}
    found: dict[str, Outcome] = {}
    while True:
        outcome = judge(found)
        # What the gateway drops by itself need not be taken from it.
        bad = [(definition, reason) for definition, reason in counted(outcome, measure) if definition in known and not reason.drops]
        alone = [definition for definition, reason in bad if not reason.in_set] or [definition for definition, _reason in bad[:1]]
        if not alone:
            return found, outcome
        found.update(dict.fromkeys(alone, outcome))


class Kept(t.NamedTuple):
    """Definitions that were disabled, from the name that each had to the name that it has.

    superseded: those of which another definition has the old name since; the gateway reads that one.
    """

    waiting: dict[str, str]
    superseded: dict[str, str]


def kept(folders: t.Iterable[str]) -> Kept:
    """What is disabled in the folders. A link is none of ours."""
    found = Kept({}, {})
    for folder in folders:
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            if name.endswith(f".json{SUFFIX}") and stat.S_ISREG(os.lstat(path).st_mode):
                definition = path[: -len(SUFFIX)]
                (found.superseded if os.path.lexists(definition) else found.waiting)[definition] = path
    return found


def disable(definition: str) -> None:
    """Take a definition from the gateway. Raises OSError."""
    os.replace(definition, f"{definition}{SUFFIX}")


def enable(definition: str) -> None:
    """Give a definition that was disabled back to the gateway. Raises OSError."""
    os.rename(f"{definition}{SUFFIX}", definition)
