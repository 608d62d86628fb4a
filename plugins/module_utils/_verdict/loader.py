# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The second proof: the gateway itself loads the plugin, in a throw-away process of its own.

Loading runs the init functions of the plugin's packages, so this is the one place where something of the two files is executed.

They run inside of the gateway, before it looks a symbol up, and can print and end the process as it does. So "loaded ok" alone is no
evidence: the gateway is also asked, in the same way, for a symbol that nobody exports, with a random name, and must fail in Go's own words
with that name. A plugin that prints what it likes, or ends the process, gives the same answer to both questions. So a yes proves that the
gateway opened the file, ran its init functions and found the symbol, unless the plugin reads the command line of its process and
answers in the gateway's place. No output of a process in which a plugin runs can prove more than that.

An init function that panics, ends the process or blocks says nothing about the loader: it may lack a setting or a service that the
gateway's host has. Go's loader speaks in words of its own when it refuses a file. So where it did not speak, but does about a file that is
not there, the end was the plugin's own.
"""

from __future__ import annotations

import concurrent.futures
import os
import re
import secrets
import shutil
import tempfile
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._command import Completed, Unstarted, adopting, run
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._files import scratch_folder
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import make, printable
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import FAILS, LOOKUP, OPEN, PACKAGES, UNKNOWN
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import LOADS, Verdict

# The gateway's own command, and the words that load_command may use.
COMMAND = ("{gateway}", "plugin", "load", "-f", "{plugin}", "-s", "{symbol}")

# What a program needs of the environment to be found and run, here or in a container. Everything else could change what the gateway does:
# GODEBUG, GOTRACEBACK and their like, the sanitizers' options, and TYK_*, which the gateway reads as its configuration.
_ENVIRONMENT = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "XDG_RUNTIME_DIR", "LD_LIBRARY_PATH", "DOCKER_HOST", "CONTAINER_HOST")

_OTHER_PACKAGE = re.compile(r"plugin was built with a different version of package (\S+?)(?:,|\s|$)")
# Of the gateway, as in "[file=/p.so, symbol=AuthCheck] loaded ok, got 0x76e1aeb52140", and of Go (src/plugin/plugin_dlopen.go).
_LOADED = ", symbol={symbol}] loaded ok"
_NOT_FOUND = "plugin: symbol {symbol} not found in plugin "
# What Go's loader and the gateway around it say of a file that they refuse; what the runtime and the system say of one that breaks them.
_REFUSED = re.compile(r"plugin\.Open\(|\bplugin: |realpath failed")
_BROKEN = re.compile(
    r"^(?:fatal error: |SIG[A-Z]+: |unexpected fault address|runtime: )|\[signal SIG|error while loading shared libraries", re.MULTILINE
)
# A panic of an init function: Go shows no frames of the runtime between that function and the one that opens plugins.
_PANIC = re.compile(r"^panic: (.*)", re.MULTILINE)
_IN_OPEN = re.compile(r"^plugin\.open\(", re.MULTILINE)
# One that the gateway caught (goplugin/goplugin.go), as its command prints it.
_CAUGHT = re.compile(r"\bunexpected panic: (.*?)(?:, try --help)?$", re.MULTILINE)
# A file that is not there, to hear whether the gateway says so.
_NOWHERE = "there-is-no-such-plugin.so"
# Enough to read what happened, without the thousands of lines of a crash.
_KEPT_CHARACTERS = 4000


class Answer(t.NamedTuple):
    """What the gateway said to one symbol.

    ok: whether it loaded the plugin and found the symbol; None where it could not be asked. package: the one that its error names.
    missing: whether it loaded the plugin and did not find the symbol. timed_out: whether it was stopped.
    own_end: what the plugin did while it was loaded, so that the gateway could not answer: "panicked: ...", "ended the process ...".
    """

    symbol: str
    ok: bool | None
    rc: int | None
    package: str | None
    output: str
    missing: bool = False
    timed_out: bool = False
    own_end: str = ""


class Trial(t.NamedTuple):
    """How a plugin is loaded. command: its words; timeout: seconds for each symbol; environment, files: as C(facts.Plugin) has them."""

    command: t.Sequence[str] = COMMAND
    timeout: float = 60
    environment: t.Mapping[str, str] = {}
    files: t.Mapping[str, str] = {}


def checked_environment(environment: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The variables of C(load_environment). Raises GoPluginsError for a name that none can have."""
    for name in environment:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", str(name)):
            raise GoPluginsError(f"load_environment: {name!r} is no name of an environment variable", "write it as in MY_SETTING: value")
    return {str(name): str(value) for name, value in environment.items()}


def checked_files(files: t.Mapping[str, t.Any]) -> dict[str, str]:
    """The files of C(load_files). Raises GoPluginsError for a path that leaves the folder, or a file that is not there."""
    for name, source in files.items():
        if os.path.isabs(name) or os.path.normpath(name).split(os.sep)[0] in ("..", "."):
            raise GoPluginsError(f"load_files: {name} leads out of the folder in which the gateway runs", "give a relative path of a file")
        if not os.path.isfile(str(source)):
            raise GoPluginsError(f"load_files: {source} is no file on this host", command_line("ls -ld", str(source)))
    return {str(name): str(source) for name, source in files.items()}


def ask_all(gateway: str, plugin: str, symbols: t.Sequence[str], trial: Trial) -> list[Answer]:
    """Let the gateway load the plugin and look the symbols up, each in a process of its own, as one that loads a bad plugin may die of it.

    Its yes counts only beside its no to a symbol that does not exist.
    """
    control = f"Goplugins{secrets.token_hex(12)}"
    with adopting(), scratch_folder("goplugins-load-") as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        *answers, no = pool.map(lambda symbol: ask(gateway, plugin, symbol, trial, folder), [*symbols, control])
        if not no.missing:
            answers = [_doubted(answer, no) if answer.ok else answer for answer in answers]
        if any(_is_silent(answer) for answer in answers):
            nowhere = ask(gateway, os.path.join(folder, _NOWHERE), control, trial, folder)
            if nowhere.rc is not None and _REFUSED.search(nowhere.output):
                answers = [answer._replace(own_end=_own_end(answer)) if _is_silent(answer) else answer for answer in answers]
    return answers


def _is_silent(answer: Answer) -> bool:
    """Whether no loader, runtime or system said what was wrong."""
    if answer.ok or answer.missing or (answer.rc is None and not answer.timed_out) or (answer.rc or 0) < 0:
        return False
    if _CAUGHT.search(answer.output) or (_PANIC.search(answer.output) and _IN_OPEN.search(answer.output)):
        return True
    return not (_REFUSED.search(answer.output) or _BROKEN.search(answer.output) or _PANIC.search(answer.output))


def _own_end(answer: Answer) -> str:
    """What became of the process, for a sentence."""
    panic = _CAUGHT.search(answer.output) or _PANIC.search(answer.output)
    if panic:
        return f"panicked: {printable(panic.group(1))}"
    if answer.timed_out:
        return "did not come to an end in the time that it had (load_timeout)"
    last = answer.output.strip().splitlines()[-1:]
    return f"ended the process with return code {answer.rc}" + (f", after it printed: {printable(last[0])}" if last else "")


def _doubted(answer: Answer, no: Answer) -> Answer:
    """A yes that proves nothing: the same process does not say no where it must."""
    said = no.output if no.ok is None else _said_by(no)
    why = f"its yes to {answer.symbol} proves nothing, as it does not say no to a symbol that does not exist, but: {printable(said)}"
    return answer._replace(
        ok=None,
        rc=no.rc,
        timed_out=no.timed_out,
        output=f"{why} (what the plugin itself prints or does when it is loaded may look like an answer)",
    )


def ask(gateway: str, plugin: str, symbol: str, trial: Trial, folder: str) -> Answer:
    """Let the gateway load the plugin and look one symbol up, in a clean environment and a new folder in C(folder), a private one."""
    place = tempfile.mkdtemp(dir=folder)
    for name, source in trial.files.items():
        os.makedirs(os.path.dirname(os.path.join(place, name)), exist_ok=True)
        shutil.copyfile(source, os.path.join(place, name))
    words = {"gateway": os.path.abspath(gateway), "plugin": _without_comma(os.path.abspath(plugin), folder), "symbol": symbol}
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment = {**environment, "LC_ALL": "C", **trial.environment}
    try:
        completed = run([_filled(word, words) for word in trial.command], cwd=place, env=environment, timeout=trial.timeout)
    except Unstarted as error:
        return Answer(symbol, None, None, None, error.message)
    except GoPluginsError as error:
        return Answer(symbol, None, None, None, error.message, timed_out=True)
    return understand(symbol, completed)


def _without_comma(plugin: str, folder: str) -> str:
    """The path for the gateway, which takes a comma in it for one between two files; Go itself follows the link."""
    if "," not in plugin:
        return plugin
    link = os.path.join(tempfile.mkdtemp(dir=folder), "plugin.so")
    os.symlink(plugin, link)
    return link


def understand(symbol: str, completed: Completed) -> Answer:
    """The gateway's answer from what it printed."""
    text = completed.stdout + completed.stderr
    other = _OTHER_PACKAGE.search(text)
    ok = completed.rc == 0 and _LOADED.format(symbol=symbol) in completed.stdout
    missing = completed.rc != 0 and _NOT_FOUND.format(symbol=symbol) in text
    # A plugin may print at length before the gateway speaks; a crash begins with its cause.
    half = _KEPT_CHARACTERS // 2
    output = text if len(text) <= _KEPT_CHARACTERS else f"{text[:half]}\n[…]\n{text[-half:]}"
    return Answer(symbol, ok, completed.rc, other.group(1) if other else None, output.strip(), missing)


def prove(verdict: Verdict, answers: t.Sequence[Answer], alone: Verdict) -> tuple[Verdict, dict[str, t.Any]]:
    """The verdict with what the gateway's answers add, and the C(loaded) of the result.

    alone: the verdict on this plugin without the others, for each is loaded into a process of its own.
    """
    findings = []
    agrees = []
    for answer in answers:
        expected = _expected(alone, answer.symbol)
        if answer.own_end and expected == LOADS:
            findings.append(make("plugin-init-fails", {"reason": answer.own_end}))
            continue
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
        "ok": all(answer.ok and not answer.own_end for answer in asked) if asked else None,
        "rc": next((answer.rc for answer in asked if not answer.ok), 0) if asked else None,
        "agrees": all(agrees) if agrees else None,
        "output": "\n".join(answer.output for answer in answers),
        "symbols": {answer.symbol: answer.ok for answer in answers},
    }
    # What several symbols met in the same way is said once.
    return verdict.with_findings(*(finding for number, finding in enumerate(findings) if finding not in findings[:number])), loaded


def not_loaded() -> dict[str, t.Any]:
    """The C(loaded) of a result whose plugin the gateway was not asked about."""
    return {"ok": None, "rc": None, "agrees": None, "output": "", "symbols": {}}


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
