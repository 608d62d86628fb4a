# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A whole log of the gateway: its lines about plugins, each plugin and symbol answered once, and which cause the files confirm.

Logs have gigabytes and can hold anything, so a log is read once, line by line, and only so much of it is kept.
"""

from __future__ import annotations

import functools
import os
import re
import stat
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.error import About, about, common_words, explained, needles, plain
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.finding import printable
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import INFO, KINDS, LOOKUP, OF_LOGS, PACKAGES

# Bytes of a line that are looked at, and characters of it that are shown.
_LONGEST = 16384
_SHOWN = 500
# Causes that are shown to people; the result has all.
_MOST_ROWS = 5
# Lines of a crash that belong together, and its first line.
_CRASH_LINES = 60
_CRASH = re.compile(rb"panic: |fatal error: |SIG[A-Z]{3,5}: |unexpected fault address")
# A line of a log that is no part of a crash.
_ENTRY = re.compile(rb"\blevel\"?[=:]|^(?:\x1b\[\d+m)?(?:INFO|WARN|ERRO|FATA|DEBU)")
_CRASH_WORDS = (b"panic: ", b"fatal error: ", b"SIG", b"unexpected fault")
# What differs in lines that say the same.
_TIME = re.compile(rb"\d\d:\d\d:\d\d(?:[.,]\d+)?|\[\d{4,}\]|\b(?:ms|ts|time)\"?[=:]\"?[\d.]+")
# More plugins and symbols than any gateway has.
_MOST_GROUPS = 200
# "x_v5.3.6_linux_amd64.so" is one of the names of x.so.
_RELEASE = re.compile(r"_v?\d+(?:\.\d+)*_[a-z0-9]+_[a-z0-9]+(?=\.so$)")

Row = t.Dict[str, t.Any]


class Answer(t.NamedTuple):
    """What all lines about one plugin and symbol come to.

    plugin, symbol, api: as the lines name them, empty where they do not. packages: that the loader named.
    line: the number, from 1, of the first line that matters; text: that line, shortened. times: how many lines there are.
    explained: rows of the table, the most likely first.
    """

    plugin: str
    symbol: str
    api: str
    packages: tuple[str, ...]
    line: int
    times: int
    text: str
    explained: tuple[Row, ...]

    def as_dict(self) -> Row:
        """The answer as it stands in the module's result."""
        names = {"plugin": self.plugin or None, "symbol": self.symbol or None, "api": self.api or None}
        counted = {"line": self.line, "count": self.times, "text": self.text}
        return {**names, "packages": list(self.packages), **counted, "explained": list(self.explained)}


def read(path: str) -> list[Answer]:
    """The answers to a log in a file. Raises GoPluginsError where that is none, and OSError."""
    # A pipe that nobody writes to would be waited for.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise GoPluginsError(f"{path} is no file; a log to be read must be one", command_line("ls -ld", path))
        # The gateway goes on writing.
        return answers(_lines(file, status.st_size))


def answers_to(text: str) -> list[Answer]:
    """The answers to a log, or a part of one, that is given as text."""
    return answers(enumerate((line.encode("utf-8", "replace")[:_LONGEST] for line in text.splitlines()), 1))


def answers(lines: t.Iterable[tuple[int, bytes]]) -> list[Answer]:
    """The answers to numbered lines, in the order of their first lines."""
    explain = functools.lru_cache(maxsize=1024)(_explain)
    groups: dict[tuple[str, ...], Answer] = {}
    for number, text in _entries(lines):
        found = explain(_TIME.sub(b"", text))
        if found is None:
            continue
        subject, rows = found
        answer = Answer(*subject[:3], tuple(filter(None, [subject.package])), number, 1, _shown(text), rows)
        key = _key(answer)
        if key in groups:
            groups[key] = _together(groups[key], answer)
        elif len(groups) < _MOST_GROUPS:
            groups[key] = answer
    return _with_nameless(list(groups.values()))


def _lines(file: t.BinaryIO, size: int) -> t.Iterator[tuple[int, bytes]]:
    """The lines of a file as it was when it was opened; what a line has beyond the longest that is looked at is passed over."""
    number = read_bytes = 0
    while read_bytes < size:
        line = part = file.readline(_LONGEST)
        number += 1
        while part and not part.endswith(b"\n"):
            read_bytes += len(part)
            part = file.readline(_LONGEST) if read_bytes < size else b""
        read_bytes += len(part)
        if not line:
            return
        yield number, line


def _entries(lines: t.Iterable[tuple[int, bytes]]) -> t.Iterator[tuple[int, bytes]]:
    """The lines that may be about plugins. The lines of a crash are one."""
    words = [*(word.encode() for word in needles()), *_CRASH_WORDS]
    likely = [word.encode() for word in common_words()] + list(_CRASH_WORDS)
    crash: list[bytes] = []
    begun = 0
    for number, line in lines:
        if crash:
            if len(crash) < _CRASH_LINES and not _ENTRY.search(line):
                crash.append(line[:_SHOWN])
                continue
            yield begun, b"".join(crash)
            crash = []
        # Most lines of most logs are about something else, and the first few words say so.
        if _has(line, likely) and _has(line, words):
            if _CRASH.search(line) and not _ENTRY.search(line):
                begun, crash = number, [line]
            else:
                yield number, line
    if crash:
        yield begun, b"".join(crash)


def _has(line: bytes, words: t.Sequence[bytes]) -> bool:
    """Whether a line has one of some words. Without a loop in Python, as this is where the time goes in a large log."""
    return any(map(line.__contains__, words))


def _explain(line: bytes) -> tuple[About, tuple[Row, ...]] | None:
    """What a line is about, and its rows of the table; None where no row fits."""
    text = line.decode("utf-8", "replace")
    rows = explained(text)
    return (about(plain(text)), tuple(rows)) if rows else None


def _shown(line: bytes) -> str:
    first = line.decode("utf-8", "replace").partition("\n")[0].rstrip()
    return printable(plain(first)[:_SHOWN])


def name_of(plugin: str) -> str:
    """The name by which lines about one plugin are known to be: without folder, version and platform. plugin: a path, or a part of it."""
    name = os.path.basename(plugin)
    name = name if name.endswith(".so") else f"{name}.so"
    return _RELEASE.sub("", name)


def _key(answer: Answer) -> tuple[str, ...]:
    if answer.plugin:
        return (os.path.dirname(answer.plugin), name_of(answer.plugin), answer.symbol)
    return ("", "", answer.symbol, answer.api, answer.explained[0]["code"])


def _together(one: Answer, other: Answer) -> Answer:
    """Two answers about the same, as one: what does not matter comes last."""
    if one.explained[0]["effect"] == INFO and other.explained[0]["effect"] != INFO:
        one, other = other, one
    known = {row["code"] for row in one.explained}
    return one._replace(
        plugin=one.plugin or other.plugin,
        times=one.times + other.times,
        packages=tuple(dict.fromkeys((*one.packages, *other.packages)))[:_MOST_GROUPS],
        explained=(*one.explained, *(row for row in other.explained if row["code"] not in known)),
    )


def _with_nameless(found: list[Answer]) -> list[Answer]:
    """The lines about a plugin that name no symbol, with the first that name one."""
    merged: dict[tuple[str, ...], Answer] = {}
    for answer in sorted(found, key=lambda one: not one.symbol):
        home = next((key for key in merged if answer.plugin and not answer.symbol and key[:2] == _key(answer)[:2]), None)
        if home is None:
            merged[_key(answer)] = answer
        else:
            names = merged[home]
            both = _together(*sorted([names, answer], key=lambda one: one.line))
            merged[home] = both._replace(plugin=names.plugin, symbol=names.symbol)
    return sorted(merged.values(), key=lambda one: one.line)


# --- With the files ---------------------------------------------------------------------------------------------------------------------


# Rows about files that are decided by reading them, without a look at the machine.
_OF_FILES = frozenset(
    ("not-a-go-binary", "not-a-plugin", "gateway-without-plugins", "cgo-off", "platform-differs", "go-layout-differs", "libc-differs")
)


def is_about(answer: Answer, plugin: str, only: bool) -> bool:
    """Whether an answer is about the plugin in a file. only: whether that is the one plugin that was given, for lines that name none."""
    return name_of(answer.plugin) == name_of(plugin) if answer.plugin else only


def confirmed(answer: Answer, results: t.Sequence[Row]) -> Answer:
    """The answer with what the verdicts say of it: the causes that the files show come first, with their own fixes.

    results: as M(goplugins.tyk.tyk_plugin_verify) returns them. A row is confirmed if the files show it, and refuted if they would and
    do not; others stay as they are.
    """
    meant = [one for one in results if is_about(answer, one["plugin"], len(results) == 1)]
    if not meant:
        return answer
    findings = [finding for one in meant for finding in one["findings"]]
    named = [finding for finding in findings if set(finding["packages"]) & set(answer.packages)]
    codes = {row["code"] for row in answer.explained}
    alike = [finding for finding in findings if finding["code"] in codes and finding["effect"] != INFO and not finding["packages"]]
    shown: dict[str, Row] = {}
    # What made no package differ is no cause of a line that names one.
    for finding in named or ([] if answer.packages else alike):
        row = {key: finding[key] for key in ("code", "effect", "title", "meaning", "cure")}
        shown.setdefault(finding["code"], {**row, "confirmed": True})
    rest = [
        {**row, "confirmed": False if _is_refuted(row["code"], answer) else None} for row in answer.explained if row["code"] not in shown
    ]
    return answer._replace(explained=(*shown.values(), *sorted(rest, key=lambda row: row["confirmed"] is False)))


def _is_refuted(code: str, answer: Answer) -> bool:
    """Whether the files would show it, if it were so."""
    stage = KINDS[code].stage
    return code in _OF_FILES or stage == PACKAGES or (stage == LOOKUP and bool(answer.symbol) and code not in OF_LOGS)


def as_text(answer: Answer) -> str:
    """The answer for people: what was found where, and below it what it may be, or is."""
    what = " ".join(filter(None, [printable(answer.plugin) if answer.plugin else "", printable(answer.symbol) if answer.symbol else ""]))
    where = f"line {answer.line}" + (f" and {answer.times - 1} more" if answer.times > 1 else "")
    lines = [f"{what or (f'API {printable(answer.api)}' if answer.api else 'the gateway')} ({where}): {answer.text}"]
    sure = [row for row in answer.explained if row["confirmed"]]
    possible = [row for row in answer.explained if row["confirmed"] is not False]
    if not possible:
        lines.append("  The files show none of its causes: they are not those of this line, or were replaced since.")
    rows = sure or [row for row in possible if row["effect"] != INFO] or possible
    lines += [f"  {'is' if row['confirmed'] else 'may be'}: {row['title']} [{row['code']}]" for row in rows[:_MOST_ROWS]]
    for number, command in enumerate(command for row in rows[:1] for command in row["cure"]):
        lines.append(f"    {'Fix:' if number == 0 else '    '} {command}")
    return "\n".join(lines)
