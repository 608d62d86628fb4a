# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What go prints when it fails, as the user needs it. Pure.

Go reports its progress among its errors, repeats what is wrong with a module for each file that imports it, and names the folder in
which it ran, which is gone by the time anybody reads that.
"""

from __future__ import annotations

import os
import re
import typing as t

_PROGRESS = re.compile(r"go: (?:downloading|extracting|finding module for package|found) ")
# "./a.go:3:5", "sub/a.go:3:5", "go.mod:4"; not "example.com/m/a.go:3", which is a file of a module, under -trimpath.
_RELATIVE = re.compile(r"^(\t?)(?![^\s/:]+\.[a-z]+/)([^\s/:][^\n:]*\.(?:go|mod|work))(?=:\d+)", re.MULTILINE)
# The folders in which go compiles and links; go itself calls them $WORK.
_WORK = re.compile(r"(?<![^\s:'\"])[^\s:'\"]*/go-(?:build|link)-?\d+")

# "go: A imports", and below it "B imports" and so on; the last line has what is wrong.
_CHAIN = re.compile(r"(?:go: |\t)(\S+)(?: \S+)? (imports|requires|tested by)$")
_POSITION = re.compile(r"(\S[^\n:]*\.go:\d+(?::\d+)?): ")
_PREAMBLE = re.compile(r"cannot find module providing package (\S+): ")
_MODULE = re.compile(r"(?:module (\S+)|([^\s@]+@\S+)): ")
# Complaints of a package that go makes for each file that imports it.
_PACKAGE = re.compile(
    r"(?:missing go\.sum entry for module providing|no required module provides|cannot find module providing) package (\S+?)\b[ ;:]"
)

# What go says, and what to do then.
_FIXES = (
    ("no space left on device", "df -h $(go env GOCACHE GOMODCACHE) /tmp"),
    ("file too large", "ulimit -f"),
    (
        "checksum mismatch",
        "find out who changed that module, before anything is built with it: go env GOPROXY names who serves it; "
        "a copy that was spoiled on this host goes away with: go clean -modcache",
    ),
    (
        "verifying module",
        "let the host reach the checksum database (go env GOSUMDB), or name the module in the plugin's go.sum, "
        "as write_back (plugin_workspace_write_back) does where it can be reached",
    ),
    (
        "disabled by GOPROXY=off",
        "set GOPROXY in the environment of the task, or bring the modules to the host's module cache: go mod download",
    ),
    (
        "dial tcp",
        "let the host reach its module proxy: go env GOPROXY",
    ),
    (
        "reading ",
        "choose a version that is there (go list -m -versions MODULE), or have whoever is named in go env GOPROXY serve it",
    ),
)


class _Complaint(t.NamedTuple):
    """name: of the module or package that cannot be had, empty where something else is wrong; reason: without the name; text: to show."""

    name: str
    reason: str
    text: str


def clean(output: str, folder: str, shown: t.Mapping[str, str]) -> str:
    """What is wrong, each module with its reason once.

    folder: where go ran, for the paths that it names relative to that. shown: from words, such as that folder, to what the user knows
    instead; the first of two that begin alike wins.
    """
    text = _RELATIVE.sub(lambda found: found[1] + os.path.normpath(os.path.join(folder, found[2])), output.replace("\r", ""))
    text = _WORK.sub("$WORK", text)
    for ours, theirs in shown.items():
        text = theirs.join(re.split(rf"(?<![\w.-]){re.escape(ours)}(?![\w-]|\.\w)", text))
    complaints = [_complaint(entry) for entry in _entries(text)]
    every = {complaint[:2] for complaint in complaints}
    said: set[tuple[str, str]] = set()
    lines: list[str] = []
    for name, reason, words in complaints:
        # A package below one that is named is in the same module.
        if not name or ((name, reason) not in said and not any((parent, reason) in every for parent in _parents(name))):
            lines.append(words)
        said.add((name, reason))
    return "\n".join(lines).strip("\n")


def fix(output: str) -> str | None:
    """What to do about it, where that is known."""
    return next((advice for words, advice in _FIXES if words in output), None)


def _entries(text: str) -> list[list[str]]:
    """The lines, each with the indented ones that belong to it."""
    entries: list[list[str]] = []
    for line in text.splitlines():
        if _PROGRESS.match(line):
            continue
        if line.startswith(("\t", " ")) and entries:
            entries[-1].append(line)
        else:
            entries.append([line])
    return entries


def _complaint(entry: list[str]) -> _Complaint:
    *chain, head = entry[: next((number for number, line in enumerate(entry) if not _CHAIN.match(line)), 0) + 1]
    more = entry[len(chain) + 1 :]
    name, by, reason = _importer(chain, head)
    preamble = _PREAMBLE.match(reason)
    if preamble:
        name, reason = name or preamble[1], reason[preamble.end() :]
    module = _MODULE.match(reason)
    if module:
        name, reason = module[1] or module[2], reason[module.end() :]
    package = _PACKAGE.match(reason)
    if package and not name:
        return _Complaint(package[1], reason.replace(package[1], ""), "\n".join(entry))
    if not name:
        return _Complaint("", "", "\n".join(entry))
    reason = "\n".join([reason, *more])
    return _Complaint(name, reason.replace(name, ""), f"{name}{by}: {reason}")


def _importer(chain: list[str], head: str) -> tuple[str, str, str]:
    """(package, what names it, what is wrong), the first two as far as go says so."""
    if chain:
        last = _CHAIN.match(chain[-1])
        name, _colon, reason = head.strip().partition(": ")
        return name, f" ({'required' if last and last[2] == 'requires' else 'imported'} by {last[1] if last else ''})", reason
    position = _POSITION.match(head)
    if position:
        return "", f" (imported by {position[1]})", head[position.end() :]
    return "", "", head[len("go: ") :] if head.startswith("go: ") else head


def _parents(name: str) -> t.Iterator[str]:
    """The paths that a package path begins with."""
    while "/" in name and "@" not in name:
        name = name.rpartition("/")[0]
        yield name
