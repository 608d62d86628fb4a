# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second proof: the gateway itself loads the plugin, in a throw-away process of its own.

Loading runs the init functions of the plugin's packages, so this is the one place where something of the two files is executed.
"""

from __future__ import annotations

import os
import re
import tempfile
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._command import Completed, run
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import make, printable
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import FAILS, LOOKUP, OPEN, PACKAGES, UNKNOWN
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import LOADS, Verdict

# The gateway's own command, and the words that load_command may use.
COMMAND = ("{gateway}", "plugin", "load", "-f", "{plugin}", "-s", "{symbol}")

# What a program needs of the environment to be found and run, here or in a container. Everything else could change what the gateway does:
# GODEBUG, GOTRACEBACK and their like, the sanitizers' options, and TYK_*, which the gateway reads as its configuration.
_ENVIRONMENT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH", "DOCKER_HOST", "CONTAINER_HOST")

_OTHER_PACKAGE = re.compile(r"plugin was built with a different version of package (\S+?)(?:,|\s|$)")
_LOADED = re.compile(r"symbol=(?P<symbol>[^\]]*)\] loaded ok")
# Enough to read what happened, without the thousands of lines of a crash.
_KEPT_CHARACTERS = 4000


class Answer(t.NamedTuple):
    """What the gateway said to one symbol.

    ok: whether it loaded the plugin and found the symbol; None where it could not be asked. package: the one that its error names.
    """

    symbol: str
    ok: bool | None
    rc: int | None
    package: str | None
    output: str


def ask(gateway: str, plugin: str, symbol: str, command: t.Sequence[str], timeout: float) -> Answer:
    """Let the gateway load the plugin and look one symbol up, in an empty folder and a clean environment."""
    words = {"gateway": os.path.abspath(gateway), "plugin": os.path.abspath(plugin), "symbol": symbol}
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment["LC_ALL"] = "C"
    with tempfile.TemporaryDirectory(prefix="goplugins-load-") as folder:
        try:
            completed = run([_filled(word, words) for word in command], cwd=folder, env=environment, timeout=timeout)
        except GoPluginsError as error:
            return Answer(symbol, None, None, None, error.message)
    return understand(symbol, completed)


def understand(symbol: str, completed: Completed) -> Answer:
    """The gateway's answer from what it printed."""
    text = completed.stdout + completed.stderr
    other = _OTHER_PACKAGE.search(text)
    found = any(match.group("symbol") == symbol for match in _LOADED.finditer(completed.stdout))
    output = text if len(text) <= _KEPT_CHARACTERS else f"{text[:_KEPT_CHARACTERS]}\n[…]"
    return Answer(symbol, completed.rc == 0 and found, completed.rc, other.group(1) if other else None, output.strip())


def prove(verdict: Verdict, answers: t.Sequence[Answer], alone: Verdict) -> tuple[Verdict, dict[str, t.Any]]:
    """The verdict with what the gateway's answers add, and the C(loaded) of the result.

    alone: the verdict on this plugin without the others, for each is loaded into a process of its own.
    """
    findings = []
    agrees = []
    for answer in answers:
        expected = _expected(alone, answer.symbol)
        if answer.ok is None:
            findings.append(make("loader-not-run", {"symbol": answer.symbol, "reason": answer.output}))
            continue
        wrong_package = answer.package and alone.first_package and answer.package != alone.first_package
        same = expected == UNKNOWN or (answer.ok == (expected == LOADS) and not wrong_package)
        agrees.append(same)
        if not same:
            words = {"symbol": answer.symbol, "static": _said(expected, alone.first_package), "loader": _said_by(answer)}
            # Against the gateway's own yes there is no certain no.
            findings.append(make("loader-disagrees", words, effect=UNKNOWN if answer.ok else FAILS))
    asked = [answer for answer in answers if answer.ok is not None]
    loaded = {
        "ok": all(answer.ok for answer in asked) if asked else None,
        "rc": next((answer.rc for answer in asked if not answer.ok), 0) if asked else None,
        "agrees": all(agrees) if agrees else None,
        "output": "\n".join(answer.output for answer in answers),
        "symbols": {answer.symbol: answer.ok for answer in answers},
    }
    return verdict.with_findings(*findings), loaded


def not_asked(verdict: Verdict, reason: str) -> tuple[Verdict, dict[str, t.Any]]:
    """As C(prove), where there was nothing to ask."""
    loaded: dict[str, t.Any] = {"ok": None, "rc": None, "agrees": None, "output": "", "symbols": {}}
    return verdict.with_findings(make("loader-not-run", {"symbol": "", "reason": reason})), loaded


def _expected(alone: Verdict, symbol: str) -> str:
    """What "plugin load" will say by the static findings: it neither turns symbols into hooks nor looks for other symbols."""
    seen = [
        finding
        for finding in alone.findings
        if finding.stage in (OPEN, PACKAGES) or (finding.stage == LOOKUP and finding.evidence.get("symbol") == symbol)
    ]
    return next((effect for effect in (FAILS, UNKNOWN) if any(finding.effect == effect for finding in seen)), LOADS)


def _said(expected: str, package: str | None) -> str:
    return f"{FAILS}, different version of package {package}" if expected == FAILS and package else expected


def _said_by(answer: Answer) -> str:
    if answer.ok:
        return LOADS
    lines = answer.output.splitlines() or [f"return code {answer.rc}"]
    return next((printable(line) for line in lines if "rror" in line or "panic" in line), printable(lines[0]))


def _filled(word: str, words: t.Mapping[str, str]) -> str:
    """Only the three words are known: other braces of a command stay as they are."""
    return re.sub(r"\{(gateway|plugin|symbol)\}", lambda match: words[match.group(1)], word)
