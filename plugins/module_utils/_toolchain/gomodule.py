# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A toolchain through the module proxy: a Go that is on the host fetches it, and its checksum database vouches for it."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import FIRST_MODULE
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import retries

# Many Go installations are not on the PATH of a task, which reads no profile of a shell.
_USUAL_PLACE = "/usr/local/go/bin"

# What network and proxy may refuse now and grant a moment later, in the words of the go command.
_PASSING = re.compile(
    r"timeout|timed out|connection reset|unexpected EOF|\bEOF$|stream error|zip: not a valid zip|: (?:408|425|429|50[0234]) [A-Z]",
    re.IGNORECASE,
)

_PROBE_SECONDS = 60


class Fetched(t.NamedTuple):
    """zip: path of the module's zip; folder: of its files, as the go command unpacked them, read-only.

    hash: what the checksum database says of them, "h1:..."; warning: empty, or why it does not.
    """

    zip: str
    folder: str
    hash: str
    warning: str


class Bootstrap(t.NamedTuple):
    """A Go that fetches others. binary: empty where there is none; problem: why it cannot, empty if it can."""

    binary: str
    problem: str


def find_bootstrap(given: str | None) -> Bootstrap:
    """The given Go, or the one on the PATH, or the one at the usual place."""
    binary = given or shutil.which("go") or shutil.which("go", path=_USUAL_PLACE) or ""
    if not binary:
        return Bootstrap("", "there is no Go on this host")
    try:
        answer = _command.run([binary, "env", "GOVERSION"], cwd="/", env=_callers_environment(), timeout=_PROBE_SECONDS)
    except GoPluginsError as error:
        return Bootstrap(binary, error.message)
    # As in "go1.26.8", "go1.22.7 X:boringcrypto" and "devel go1.27-4c9f9c5".
    version = re.search(r"\bgo1\.([0-9]+)", answer.stdout)
    if not version:
        return Bootstrap(binary, f"{binary} does not print its version: {answer.stdout.strip() or answer.stderr.strip() or 'no output'}")
    if (1, int(version.group(1))) < FIRST_MODULE:
        return Bootstrap(binary, f"{binary} is {answer.stdout.strip()}, and only Go 1.21 and later fetch other releases")
    return Bootstrap(binary, "")


def fetch(binary: str, name: str, goproxy: str | None, folder: str, ca_path: str = "") -> Fetched:
    """Let the Go at C(binary) fetch the toolchain's module into C(folder), a private one. Raises GoPluginsError.

    ca_path: a file with the certificates that are trusted, empty for those that this Go trusts anyway.

    Caches of its own, because the user's may be read-only or have no room, and a toolchain in them would stay there for good.
    """
    caches = {name: os.path.join(folder, name) for name in ("GOMODCACHE", "GOCACHE", "GOPATH", "GOTMPDIR")}
    os.mkdir(caches["GOTMPDIR"])
    # A module of its own: no go.mod or go.work that happens to stand above is read.
    with open(os.path.join(folder, "go.mod"), "w", encoding="ascii") as file:
        file.write("module fetch\n")
    environment = {**go_environment(binary, {**_callers_environment(), **caches}), **caches, "GOWORK": "off"}
    if goproxy:
        environment["GOPROXY"] = goproxy
    if ca_path:
        environment["SSL_CERT_FILE"] = ca_path
    pauses = retries.pauses()
    while True:
        done = _command.run([binary, "mod", "download", "-json", name], cwd=folder, env=environment)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            answer = {}
        if done.rc == 0 and {"Zip", "Sum", "Dir"} <= set(answer):
            break
        why = answer.get("Error") or done.stderr.strip() or f"return code {done.rc}"
        # The go command itself asks once.
        if not pauses or not _PASSING.search(why):
            raise GoPluginsError(f"{binary} cannot fetch {name}: {why}", _cure(why), **done.details())
        time.sleep(pauses.pop(0))
    return Fetched(answer["Zip"], answer["Dir"], answer["Sum"], unverified(environment))


def _callers_environment() -> dict[str, str]:
    """Without GOROOT, which may be that of another Go, and without which each finds its own."""
    return {**{name: value for name, value in os.environ.items() if name != "GOROOT"}, "GOTOOLCHAIN": "local"}


def unverified(environment: t.Mapping[str, str]) -> str:
    """Why the go command asks no checksum database for a toolchain; empty if it does.

    For toolchains GOSUMDB=off and GONOSUMDB count only where files are the one proxy; elsewhere "off" is an error
    (src/cmd/go/internal/modfetch/sumdb.go, useSumDB).
    """
    proxy = environment.get("GOPROXY", "")
    if not proxy.startswith("file://") or "," in proxy or "|" in proxy:
        return ""
    if environment.get("GOSUMDB") == "off":
        return f"no checksum database vouches for this toolchain: GOSUMDB is off, and GOPROXY is {proxy}"
    excepted = environment.get("GONOSUMDB", "")
    if any(_matches_prefix(pattern) for pattern in excepted.split(",")):
        return f"no checksum database vouches for this toolchain: GONOSUMDB is {excepted}, and GOPROXY is {proxy}"
    return ""


def _matches_prefix(pattern: str) -> bool:
    """Whether a pattern is for golang.org/toolchain: it is compared element by element with the beginning of the path
    (golang.org/x/mod/module, MatchPrefixPatterns)."""
    words, parts = ["golang.org", "toolchain"], pattern.split("/")
    return len(parts) <= len(words) and all(fnmatch.fnmatchcase(word, part) for word, part in zip(words, parts))


def _cure(why: str) -> str:
    if "GOSUMDB=off" in why:
        return "leave GOSUMDB on, as the go command takes no toolchain unproved; or take an archive with its checksum (source: archive)"
    return (
        "check version and network: a Go module proxy that has golang.org/toolchain (goproxy, go_toolchain_goproxy), "
        "or an archive with its checksum (source: download or archive)"
    )
