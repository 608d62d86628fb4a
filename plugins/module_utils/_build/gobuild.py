# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of C(go build): its command, its environment, its inputs, and an artifact that is placed whole or not at all."""

from __future__ import annotations

import datetime
import functools
import os
import shlex
import tempfile
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._build import hookcheck, identity
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, shown
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    remove_leftovers,
    require_free_space,
    sha256_file,
    temporary_folder,
    write_json,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import build_line
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go, check, go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform


class Request(t.NamedTuple):
    """A build that is wanted.

    folder: where C(go build) runs. package: a path in it, "." for its root. work: the go.work file, or "off".
    build_mode: "plugin" or "exe". cc: the C compiler with its arguments, as one string. sources: name -> digest of what is compiled.
    hooks: from symbol to the kind of hook that it must be; they do not change what is built.
    artifact: where the result goes. min_free: bytes that must be free there. what: the build's name in messages.
    shown: from names of the build to those that the user knows, for messages.
    """

    what: str
    go: Go
    profile: Profile
    target: Platform
    cc: str
    folder: str
    package: str
    work: str
    build_mode: str
    ldflags: str
    sources: dict[str, str]
    artifact: str
    min_free: int
    hooks: dict[str, str]
    shown: dict[str, str]


class Outcome(t.NamedTuple):
    """What came of a request. artifact: its path; reasons: why it was (or would be) built; record: of the artifact, as it now stands."""

    changed: bool
    artifact: str
    reasons: tuple[str, ...]
    record: dict[str, t.Any]


def command(request: Request) -> list[str]:
    """The words after C(go), without the output."""
    return build_line.words(request.profile, request.build_mode, ldflags=request.ldflags)


def settings(request: Request) -> dict[str, str]:
    """The variables that steer the build, beside the clean environment."""
    return build_line.environment(request.profile, request.target, request.cc)


def inputs(request: Request) -> dict[str, t.Any]:
    """Everything that the artifact depends on, in a form that is equal on every host. Starts the C compiler once, never C(go)."""
    return {
        **request.sources,
        "go_version": request.go.version,
        "command": [*command(request), request.package],
        "environment": settings(request),
        "cc_version": compiler_version(request.cc),
        **({"hooks": request.hooks} if request.hooks else {}),
    }


@functools.lru_cache(maxsize=None)
def compiler_version(cc: str) -> str:
    """The first line of C(CC --version). Raises GoPluginsError where the compiler is missing."""
    fix = "run the role goplugins.tyk.cross_cc, or set cc to a compiler for the target"
    words = shlex.split(cc)
    if not words:
        raise GoPluginsError("no C compiler is given: plugins need cgo", fix)
    try:
        completed = _command.run([*words, "--version"], timeout=60)
    except GoPluginsError as error:
        raise GoPluginsError(f"the C compiler {cc!r} cannot be used: {error.message}", fix, **error.details) from error
    return (_command.check(f"the C compiler {cc!r} cannot be used", completed, fix).stdout.splitlines() or [""])[0]


def make(request: Request, accept: t.Callable[[str], dict[str, t.Any]], check_mode: bool) -> Outcome:
    """Bring the artifact up to date.

    accept is given the new file before it takes the place of the old one; it raises GoPluginsError where it must not, and returns
    what the record shall say of the file beside the common things.
    Another run for the same artifact is waited for; what it built is not built again. In check mode nothing is written or locked.
    """
    if os.path.isdir(request.artifact):
        raise GoPluginsError(f"{request.artifact} is a folder, where a file belongs", command_line("ls -ld", request.artifact))
    wanted = inputs(request)
    state = identity.state(request.artifact, wanted)
    if state.current or check_mode:
        return Outcome(not state.current, request.artifact, state.reasons, state.record)
    folder = os.path.dirname(request.artifact)
    require_free_space(folder, request.min_free, f"building {request.what}")
    os.makedirs(folder, exist_ok=True)
    with locked(os.path.join(folder, f".{os.path.basename(request.artifact)}.lock")):
        state = identity.state(request.artifact, wanted)
        if state.current:
            return Outcome(False, request.artifact, (), state.record)
        return Outcome(True, request.artifact, state.reasons, _build(request, wanted, accept))


def _build(request: Request, wanted: dict[str, t.Any], accept: t.Callable[[str], dict[str, t.Any]]) -> dict[str, t.Any]:
    folder, name = os.path.split(request.artifact)
    environment = {**go_environment(request.go.binary, os.environ), **settings(request), "GOWORK": request.work}
    # Where go puts what it downloads, what it compiles, and what it links.
    caches = [environment.get(name, "") for name in ("GOMODCACHE", "GOCACHE", "GOTMPDIR")]
    require_free_space([*caches, tempfile.gettempdir()], request.min_free, f"building {request.what}")
    started = time.time()
    remove_leftovers(folder, f".{name}.")
    with temporary_folder(folder, f".{name}.") as temporary:
        if request.hooks:
            _check_hooks(request, environment, temporary)
        output = os.path.join(temporary, name)
        words = command(request)
        completed = request.go.run([*words, "-o", output, request.package], cwd=request.folder, env=environment)
        check(f"{request.what} does not build for {request.target}", completed, request.folder, {temporary: folder, **request.shown})
        facts = accept(output)
        os.chmod(output, 0o755 if request.build_mode == "exe" else 0o644)
        record = {
            **facts,
            "artifact": name,
            "digest": identity.digest(wanted),
            "sha256": sha256_file(output),
            "size": os.path.getsize(output),
            "target": str(request.target),
            "inputs": wanted,
            "profile": request.profile.as_dict(),
            "command": ["go", *words, request.package],
            "built": datetime.datetime.fromtimestamp(started, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": round(time.time() - started, 1),
        }
        # Artifact first: a power cut between the two leaves a record that does not fit, and so one more build.
        place_atomically(output, request.artifact)
        # Secrets in flags count in the digest and stand nowhere.
        kept: dict[str, t.Any] = shown(record)
        write_json(identity.record_path(request.artifact), kept)
    return kept


def _check_hooks(request: Request, environment: dict[str, str], temporary: str) -> None:
    """Raises GoPluginsError for a hook of another type. What else keeps the plugin from being compiled, the build itself will say."""
    package = os.path.join(request.folder, request.package)
    overlay = hookcheck.overlay(request.hooks, package, temporary)
    flags = [word for word in command(request)[1:] if not word.startswith("-ldflags=")]
    words = ["list", *flags, "-e", "-export", "-overlay", overlay, "-f", "{{with .Error}}{{.}}{{end}}", request.package]
    completed = request.go.run(words, cwd=request.folder, env=environment)
    found = hookcheck.problems(completed.stdout + completed.stderr, request.hooks, package)
    if found:
        raise GoPluginsError("\n".join([f"{request.what} has a symbol that the gateway cannot use as the hook that it shall be:", *found]))
