# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What go prints when it fails, as the user needs it. Pure.

Go reports its progress among its errors, repeats what is wrong with a module for each file that imports it, and names the folder in
which it ran, which is gone by the time anybody reads that.
"""

from __future__ import annotations

import functools
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import quoted

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


class _Advice(t.NamedTuple):
    """A row of the table from what go says, and what git says to it, to what to do.

    says: in one complaint. do: lines; {modules}: the modules that cannot be had, {module}: the first of them, {private}: what GOPRIVATE
    must name for them, {repository}: where git looks for the first; other words in braces are groups of C(says), ready for a shell.
    """

    says: re.Pattern[str]
    do: tuple[str, ...]


_TO_VARIABLE = "name it in GOPRIVATE if it is private, in the playbook's variable tyk_go_environment: {{GOPRIVATE: {private}}}"
_TO_GIT = "git on the host then fetches it, and needs access: git ls-remote {repository}"
_PRIVATE = (_TO_VARIABLE, _TO_GIT)
_OLDER = "choose a version that is there: go list -m -versions {modules}"

# A version that the proxy does not have, and hosts whose modules proxies have.
_GONE = r"/@v/v[^/\s]+\.(?:info|mod|zip): (?:40\d|410|no such file)"
_PUBLIC = r"(?:github\.com|gitlab\.com|bitbucket\.org|golang\.org|google\.golang\.org|gopkg\.in|go\.uber\.org|k8s\.io)"

# The first row that fits a complaint is its cause. What says more comes before what says less.
_ROWS = (
    ("no space left on device", "df -h; df -i"),
    ("file too large", "ulimit -f"),
    (
        "checksum mismatch",
        "find out who changed that module, before anything is built with it: go env GOPROXY names who serves it; "
        "a copy that was spoiled on this host goes away with: go clean -modcache",
    ),
    # The machine.
    (
        r"neither \$XDG_CACHE_HOME nor \$HOME are defined|neither GOMODCACHE nor GOPATH is set|\$HOME is not defined",
        "set HOME for the user of the task, or both caches in tyk_go_environment: "
        "{{GOCACHE: /var/cache/go/build, GOMODCACHE: /var/cache/go/mod}}",
    ),
    (
        r"creating work dir: (?:stat|mkdir) (?P<folder>/[^\n:]*): no such file or directory",
        "create the folder that TMPDIR or GOTMPDIR names: mkdir -p {folder}",
    ),
    (
        r"creating work dir: (?:stat|mkdir) (?P<folder>/[^\n:]*): ",
        "let the user of the task write to what TMPDIR or GOTMPDIR names: ls -ld {folder}",
    ),
    (
        r"detected dubious ownership in repository at '(?P<folder>[^'\n]+)'",
        "the checkout belongs to another user; if you trust it: git config --global --add safe.directory {folder}",
    ),
    # What the plugin asks for.
    (
        r"go\.mod requires go >= \S+ \(running go (?P<running>[\w.]+)",
        "the gateway's Go is given; lower what the plugin asks for: go mod edit -go={running} -toolchain=none",
    ),
    (
        r"(?<![^\s@:])(?P<path>[^\s@:]+)(?:@[^\s@]+)? requires go >= (?P<needed>[\w.]+) \(running go (?P<running>[\w.]+)",
        "require a release of {path} that needs no Go newer than the gateway's, {running}: go list -m -versions {path}",
        "then, in the folder with the plugin's go.mod: go mod edit -require={path}@VERSION",
    ),
    (
        r"require (?P<path>\S+): version \"(?P<version>[^\"]+)\" invalid: should be v0 or v1, not (?P<major>v\d+)",
        "a module from v2 on has its major version in its path: require, and import, {path}/{major}",
    ),
    (
        r"module (?P<path>[^\s@]+)\S* found(?: \([^)]*\))?,? but does not contain package (?P<package>[^\s;]+)",
        "import a package that {path} has, or require a release of it that has {package}: go list -m -versions {path}",
    ),
    (
        r"found packages (?P<one>\w+) \((?P<first>[^)\n]+)\) and (?P<other>\w+) \((?P<second>[^)\n]+)\) in ",
        "a folder holds one package: move the files of the one that is not main to a folder of its own, or declare package main in them; "
        "go found {first} and {second}",
    ),
    (
        "-buildmode=plugin requires exactly one main package",
        "the files of package main are left out by their build constraints or names: grep -n '^//go:build' *.go",
    ),
    (
        "missing go.sum entry|updates to go.(?:mod|sum) needed",
        "make the workspace again (goplugins.tyk.go_workspace, or the role plugin_workspace): it writes go.sum",
    ),
    (
        r"package (?P<package>\S+) is not in (?:std|GOROOT)",
        "look whether {package} is written correctly: the path of a package of your own begins with that of its module, and what only a "
        "newer Go has, the gateway's Go lacks",
    ),
    # Who may have it.
    (
        "could not read Username|could not read Password|terminal prompts disabled|Permission denied \\(publickey"
        "|Host key verification failed|Authentication failed|Access denied|Repository not found|repository '[^']*' not found"
        "|401 Unauthorized",
        *_PRIVATE,
    ),
    (r"/lookup/\S+: (?:404|410)", "the checksum database does not know it; " + _TO_VARIABLE, _TO_GIT),
    (
        "verifying module",
        "let the host reach the checksum database (go env GOSUMDB), or name the module in the plugin's go.sum, "
        "as write_back (plugin_workspace_write_back) does where it can be reached",
    ),
    (
        "disabled by GOPROXY=off",
        "set GOPROXY in the environment of the task (tyk_go_environment), or bring the modules to the host's module cache: go mod download",
    ),
    (
        r"403 Forbidden(?!.*\bnot available)",
        "the proxy refuses it: ask whoever runs what go env GOPROXY names to allow {modules}, or use a module and version that are allowed",
    ),
    (
        "x509: ",
        "let the host trust who serves modules: SSL_CERT_FILE in tyk_go_environment names a file with the certificates of its issuer",
    ),
    # What is not there.
    ("unknown revision|no matching versions|invalid version: ", _OLDER),
    (r"unrecognized import path \"(?P<path>[^\"\n]+)\"", "look whether {path} is written correctly; else " + _TO_VARIABLE, _TO_GIT),
    (
        r"dial tcp|connection refused|i/o timeout|no such host|proxyconnect|50[234] [A-Z]|TLS handshake|: EOF",
        "let the host reach its module proxy: go env GOPROXY; behind a proxy for the web, set https_proxy in tyk_go_environment",
    ),
    # The proxy knows the host, so it may know the module; of another it says the same where it may not look.
    (rf"(?:^|\s){_PUBLIC}/\S+: reading \S+{_GONE}", _OLDER, _TO_VARIABLE),
    (_GONE, *_PRIVATE, "or " + _OLDER),
    (
        r"(?:/@v/list|/@latest): (?:40\d|410|no such file)|cannot find module providing package|no required module provides package",
        "look whether {module} is written correctly; if it is a folder of yours, name that in the plugin's go.mod: "
        "go mod edit -replace={module}=../FOLDER -require={module}@v0.0.0",
        _TO_VARIABLE,
        _TO_GIT,
    ),
    ("reading (?:http|file)", "have whoever is named in go env GOPROXY serve {modules}"),
)


@functools.lru_cache(maxsize=None)
def _table() -> tuple[_Advice, ...]:
    """The rows, compiled when something first goes wrong."""
    return tuple(_Advice(re.compile(row[0], re.DOTALL), row[1:]) for row in _ROWS)


# Hosts whose first folder is an owner.
_FORGES = ("github.com", "gitlab.com", "bitbucket.org")


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
    """What to do about it, a line each, where that is known. Each cause is named once, with all modules that it keeps away."""
    found: dict[_Advice, tuple[re.Match[str], list[str]]] = {}
    complaints = [(_complaint(entry).name, "\n".join(entry)) for entry in _entries(output)]
    # Where no single complaint says it, all of them together may.
    for name, words in [*complaints, ("", output)]:
        for advice in () if not name and words is output and found else _table():
            said = advice.says.search(words)
            if said:
                names = found.setdefault(advice, (said, []))[1]
                names += [name] if name and name not in names else []
                break
    lines = [line for advice, (said, names) in found.items() for line in _filled(advice, said, names)]
    return "\n".join(dict.fromkeys(lines)) or None


def _filled(advice: _Advice, said: re.Match[str], names: t.Sequence[str]) -> list[str]:
    """The lines of an advice, with the words of one complaint and the names of all."""
    paths = list(dict.fromkeys(name.partition("@")[0] for name in names))
    # A package below one that is named is in the same module.
    modules = [path for path in paths if not any(parent in paths for parent in _parents(path))] or ["MODULE"]
    words = {
        "modules": " ".join(map(quoted, modules)),
        "module": quoted(modules[0]),
        "private": quoted(",".join(dict.fromkeys(map(_private, modules)))),
        "repository": quoted(f"https://{_repository(modules[0])}"),
    }
    return [line.format_map({**words, **{key: quoted(value or "") for key, value in said.groupdict().items()}}) for line in advice.do]


def _repository(module: str) -> str:
    """Where git looks for a module, as far as its path says so."""
    return "/".join(module.split("/")[:3]) if module.split("/")[0] in _FORGES else module


def _private(module: str) -> str:
    """What GOPRIVATE must name for a module: its host, and its owner there."""
    host, *folders = module.split("/")
    return "/".join([host, *folders[:1]]) if host in _FORGES or len(folders) > 1 else host


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
