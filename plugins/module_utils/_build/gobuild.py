# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of C(go build): its command, its environment, its inputs, and an artifact that is placed whole or not at all."""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import shlex
import shutil
import time
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._build import hookcheck, identity, licenses, progress
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, shown
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    refuse_foreign,
    remove_leftovers,
    require_free_space,
    sha256_file,
    sweep,
    temporary_folder,
    write_json,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import build_line
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import Profile
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import build_cache
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go, check, go_environment
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform


class Request(t.NamedTuple):
    """A build that is wanted.

    folder: where C(go build) runs. package: a path in it, "." for its root. work: the go.work file, or "off".
    build_mode: "plugin" or "exe". cc: the C compiler with its arguments, as one string. sources: name -> digest of what is compiled.
    hooks: from symbol to the kind of hook that it must be; they do not change what is built.
    artifact: where the result goes. min_free: bytes that must be free there. what: the build's name in messages.
    shown: from names of the build to those that the user knows, for messages.
    offer: a file that another host is said to have built of the same inputs, with its record beside it; empty without one.
    seen: how somebody learns how far the build is; None if nobody asks.
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
    offer: str = ""
    seen: progress.Seen | None = None


class Product(t.NamedTuple):
    """What must come out of a build.

    inspect: reads from the file what the record says of it, beside what it says of every file. accept: given a new file and the module
    cache that it was built from, a folder, empty if another host built it; raises GoPluginsError where the file must not take the place of
    the old one.
    """

    inspect: t.Callable[[str], dict[str, t.Any]]
    accept: t.Callable[[str, str], None]


class Outcome(t.NamedTuple):
    """What came of a request. artifact: its path; reasons: why it was (or would be) built; record: of the artifact, as it now stands.

    digest: of all inputs. taken: whether it is what another host built. refused: why it is not, although that was offered.
    """

    changed: bool
    artifact: str
    reasons: tuple[str, ...]
    record: dict[str, t.Any]
    digest: str = ""
    taken: bool = False
    refused: tuple[str, ...] = ()


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


def make(request: Request, product: Product, check_mode: bool) -> Outcome:
    """Bring the artifact up to date.

    Nothing is written or locked unless it is to be built, and in check mode not even then. Another run for the same artifact is waited
    for; what it built is not built again. Raises GoPluginsError; the artifact that was there then stays.
    """
    outcome = look(request, product)
    if check_mode:
        return outcome
    return build(request, product) if outcome.changed else swept(outcome)


def look(request: Request, product: Product) -> Outcome:
    """What C(build) would do. Raises GoPluginsError where something that is not ours stands in the artifact's place."""
    _refuse(request)
    told = _told(request, inputs(request))
    reasons, record = _compare(request, product, told, request.artifact)
    return Outcome(bool(reasons), request.artifact, reasons, record, told["digest"])


def _compare(request: Request, product: Product, told: dict[str, t.Any], artifact: str) -> identity.State:
    """Whether a file, with its record beside it, is what the request asks for."""
    state = identity.state(artifact, told, product.inspect)
    if state.current and request.profile.differences(state.record["profile"]):
        return identity.State(("the record does not say what the artifact is: profile",), state.record)
    return state


def build(request: Request, product: Product, taken_only: bool = False) -> Outcome:
    """Build what is not up to date, alone. taken_only: only put what is offered in its place, and compile nothing."""
    _refuse(request)
    folder, name = os.path.split(request.artifact)
    require_free_space(folder, request.min_free, f"building {request.what}")
    os.makedirs(folder, exist_ok=True)
    with locked(_lock(request.artifact)):
        remove_leftovers(folder, f".{name}.")
        outcome = look(request, product)
        if not outcome.changed:
            return outcome
        with temporary_folder(folder, f".{name}.") as temporary:
            refused, record = _take(request, product, temporary)
            if record:
                return outcome._replace(record=record, taken=True)
            if taken_only:
                return outcome._replace(refused=refused)
            return outcome._replace(record=_build(request, product, temporary), refused=refused)


def _take(request: Request, product: Product, temporary: str) -> identity.State:
    """Put what is offered in the artifact's place, if it is what would be built. Gives its record, or why it was not taken."""
    if not request.offer:
        return identity.State((), {})
    output = os.path.join(temporary, os.path.basename(request.artifact))
    try:
        # Of the copy it is known that nobody changes it.
        for ending in ("", ".json"):
            shutil.copyfile(f"{request.offer}{ending}", f"{output}{ending}")
        state = _compare(request, product, _told(request, inputs(request)), output)
    except OSError as error:
        state = identity.State((f"{request.offer}: {error.strerror or error}",), {})
    if not state.current:
        # Where go finds a file with the build ID that it would write, it links nothing and leaves that file as it is.
        for ending in ("", ".json"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{output}{ending}")
        return identity.State(state.reasons, {})
    product.accept(output, "")
    _place(request, output)
    return state


def swept(outcome: Outcome) -> Outcome:
    """An outcome for which there was nothing to do, once what a killed run left is gone."""
    folder, name = os.path.split(outcome.artifact)
    sweep(folder, f".{name}.", _lock(outcome.artifact))
    return outcome


def _lock(artifact: str) -> str:
    folder, name = os.path.split(artifact)
    return os.path.join(folder, f".{name}.lock")


def _refuse(request: Request) -> None:
    """Raises GoPluginsError where what stands in the artifact's place was not built there by this collection: it has neither record nor
    lock."""
    if os.path.isdir(request.artifact):
        raise GoPluginsError(f"{request.artifact} is a folder, where a file belongs", command_line("ls -ld", request.artifact))
    refuse_foreign(request.artifact, identity.record_path(request.artifact), _lock(request.artifact))


def _told(request: Request, wanted: dict[str, t.Any]) -> dict[str, t.Any]:
    """What the record says of the build."""
    return {
        "artifact": os.path.basename(request.artifact),
        "digest": identity.digest(wanted),
        "target": str(request.target),
        "inputs": wanted,
        "command": ["go", *command(request), request.package],
    }


class Compiled(t.NamedTuple):
    """What C(go build) made. output: the file; modules: the module cache, a folder; started: seconds since 1970; peak_memory: bytes."""

    output: str
    modules: str
    started: float
    seconds: float
    peak_memory: int


def compiled(request: Request, temporary: str, **variables: str) -> Compiled:
    """Run C(go build) in a folder of its own. variables: of the environment, beside those that every build has. Raises GoPluginsError."""
    folder, name = os.path.split(request.artifact)
    output, scratch = (os.path.join(temporary, f"{name}{ending}") for ending in ("", ".tmp"))
    os.mkdir(scratch)
    environment = {
        **go_environment(request.go.binary, os.environ),
        **settings(request),
        "GOWORK": request.work,
        # Of Go, and of the C compiler. What a killed build leaves there goes away with the folder.
        "GOTMPDIR": scratch,
        "TMPDIR": scratch,
        **variables,
    }
    # Where go puts what it downloads and compiles; what it links goes into the folder of the run.
    require_free_space([environment.get(name, "") for name in ("GOMODCACHE", "GOCACHE")], request.min_free, f"building {request.what}")
    # The clock may be set while it builds.
    started, begun = time.time(), time.monotonic()
    with watched(request, environment, temporary) as watch:
        if request.hooks:
            _check_hooks(request, environment, temporary, watch)
        words = [*command(request), *progress.words(watch), "-o", output, request.package]
        completed = progress.without_packages(request.go.run(words, cwd=request.folder, env=environment, watch=watch), watch)
    build_cache.refuse_spoiled(completed, environment.get("GOCACHE", ""))
    check(
        f"{request.what} does not build for {request.target}",
        completed,
        request.folder,
        {temporary: folder, "$WORK": folder, **request.shown},
    )
    seconds = round(time.monotonic() - begun, 1)
    return Compiled(output, environment.get("GOMODCACHE", ""), started, seconds, completed.peak_memory)


def _build(request: Request, product: Product, temporary: str) -> dict[str, t.Any]:
    wanted = inputs(request)
    made = compiled(request, temporary)
    product.accept(made.output, made.modules)
    facts = product.inspect(made.output)
    record = {
        **facts,
        **_told(request, wanted),
        "sha256": sha256_file(made.output),
        "size": os.path.getsize(made.output),
        "profile": request.profile.as_dict(),
        "built": at(made.started),
        "seconds": made.seconds,
        "peak_memory": made.peak_memory,
        "licenses": licenses.of_modules(facts.get("modules", ()), made.modules),
    }
    # Secrets in flags count in the digest and stand nowhere.
    kept: dict[str, t.Any] = shown(record)
    write_json(identity.record_path(made.output), kept)
    _place(request, made.output)
    return kept


def at(moment: float) -> str:
    """A time, seconds since 1970, as records have it."""
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def keep_reproduced(request: Request, record: dict[str, t.Any]) -> dict[str, t.Any]:
    """Write into the record of an artifact that a second build gave the same bytes, now; the record. Not where another run replaced it."""
    with locked(_lock(request.artifact)):
        known = identity.read_record(request.artifact)
        if known.get("sha256") == record["sha256"]:
            known["reproduced"] = at(time.time())
            write_json(identity.record_path(request.artifact), known)
        return known


def _place(request: Request, output: str) -> None:
    """Put a file, with its record beside it, in the artifact's place."""
    os.chmod(output, 0o755 if request.build_mode == "exe" else 0o644)
    # Record first: without one, the artifact would be somebody else's. A power cut between the two leaves a record that does not fit its
    # artifact, and so one more build.
    _set_aside(identity.record_path(request.artifact))
    place_atomically(identity.record_path(output), identity.record_path(request.artifact))
    place_atomically(output, request.artifact)


def _set_aside(path: str) -> None:
    """Make room where a folder stands and a file belongs; what is in it is not ours, and stays under another name."""
    if os.path.isdir(path) and not os.path.islink(path):
        if os.listdir(path):
            os.rename(path, f"{path}.{time.time_ns()}")
        else:
            os.rmdir(path)


def watched(request: Request, environment: dict[str, str], temporary: str) -> t.ContextManager[progress.Watch | None]:
    """What watches the runs of C(go) in this build, if somebody asks how far it is."""
    if request.seen is None:
        return contextlib.nullcontext()

    def remaining(watch: _command.Watch) -> str:
        words = ["list", *flags_of_list(request), *progress.REMAINING, request.package]
        return request.go.run(words, cwd=request.folder, env=environment, watch=watch).stdout

    what = f"plugin {request.what}" if request.build_mode == "plugin" else request.what
    return progress.watched(request.seen, temporary, {"what": what, "target": str(request.target)}, request.shown, remaining)


def flags_of_list(request: Request) -> list[str]:
    """With these C(go list) looks at what C(go build) compiles."""
    return [word for word in command(request)[1:] if not word.startswith("-ldflags=")]


def _check_hooks(request: Request, environment: dict[str, str], temporary: str, watch: progress.Watch | None) -> None:
    """Raises GoPluginsError for a hook of another type. What else keeps the plugin from being compiled, the build itself will say."""
    package = os.path.join(request.folder, request.package)
    overlay = hookcheck.overlay(request.hooks, package, temporary)
    words = ["list", *flags_of_list(request), *progress.words(watch), "-e", "-export"]
    words += ["-overlay", overlay, "-f", "{{with .Error}}{{.}}{{end}}", request.package]
    completed = progress.without_packages(request.go.run(words, cwd=request.folder, env=environment, watch=watch), watch)
    output = completed.stdout + completed.stderr
    found = hookcheck.problems(output, request.hooks, package)
    if found:
        message = f"{request.what} has a symbol that the gateway cannot use as the hook that it shall be:"
        raise GoPluginsError("\n".join([message, *found]), hookcheck.fix(output, request.hooks, package))
