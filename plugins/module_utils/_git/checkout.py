# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One version of a repository as a checkout: look, plan, carry out, so that check mode and a real run share the plan."""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, command_line, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import (
    locked,
    place_atomically,
    remove_leftovers,
    sweep,
    temporary_folder,
)
from ansible_collections.goplugins.tyk.plugins.module_utils._git import command, git

# A server that serves no commit by its name, or no part of a history. (That it has no such commit reads "not our ref".)
_NEEDS_HISTORY = re.compile(r"unadvertised object|want \S+ not valid|not support shallow", re.IGNORECASE)


class Wanted(t.NamedTuple):
    """The options, and whether this is check mode. url: for the user's eyes."""

    repository: git.Repository
    url: str
    version: str
    dest: str
    depth: int
    update: bool
    force: bool
    timeout: int
    check: bool


class Standing(t.NamedTuple):
    """What stands at dest, and the files modified there. readable: whether git can read all of it."""

    current: git.Checkout | None
    modified: t.Sequence[str] = ()
    readable: bool = True


class Plan(t.NamedTuple):
    """What stands at dest, what shall stand there, and whether it already does."""

    standing: Standing
    target: git.Target
    settled: bool


def look(wanted: Wanted) -> Standing:
    """What stands at dest. Raises GoPluginsError where that must not be touched."""
    if wanted.check and not command.find_git():
        return Standing(None)
    try:
        current = git.read_checkout(wanted.dest)
        if current is None:
            return Standing(None)
        refuse_another(wanted, current)
        modified = git.modifications(wanted.dest)
    except GoPluginsError:
        # A power cut leaves empty and truncated files. Whatever they were, the repository has them.
        ours = git.expendable(wanted.dest)
        if ours is None or git.is_sound(wanted.dest):
            raise
        refuse_another(wanted, ours)
        return Standing(ours, (), readable=False)
    # After an update that was cut off, they are its own.
    if modified and current.whole and not wanted.force:
        names = ", ".join(modified[:10]) + (f" and {len(modified) - 10} more" if len(modified) > 10 else "")
        fix = (
            f"keep them with: {command_line('git -C', wanted.dest)} stash --include-untracked; "
            "or discard them with force: true (tyk_gateway_force in the playbooks)"
        )
        raise GoPluginsError(f"{wanted.dest} has local modifications: {names}", fix)
    return Standing(current, modified)


def refuse_another(wanted: Wanted, current: git.Checkout) -> None:
    """Raises GoPluginsError for a checkout of another repository, unless it may be taken."""
    if not wanted.force and not git.same_repository(current.repo, wanted.repository.url):
        origin = mask_credentials(current.repo) or "no repository"
        fix = "choose another dest, or set force: true (tyk_gateway_force in the playbooks) to make this one a checkout of repo"
        raise GoPluginsError(f"{wanted.dest} is a checkout of {origin}, not of {wanted.url}", fix)


def make_plan(wanted: Wanted, standing: Standing, target: git.Target | None = None) -> Plan:
    """Ask the repository where that is needed, change nothing. target: what it said before."""
    if wanted.check and not command.find_git():
        return Plan(standing, undecided(wanted, "git is not installed yet"), False)
    current = standing.current
    if current is None:
        return Plan(standing, target or ask(wanted), False)
    ours = git.same_repository(current.repo, wanted.repository.url)
    target = target or (git.known(wanted.version, current, wanted.update) if ours else None) or ask(wanted)
    if not target.commit and ours and current.commit.startswith(wanted.version):
        target = target._replace(commit=current.commit)
    whole = standing.readable and current.whole and (wanted.depth > 0 or not git.is_shallow(wanted.dest))
    return Plan(standing, target, ours and whole and not standing.modified and target.commit == current.commit)


def undecided(wanted: Wanted, why: str) -> git.Target:
    """In check mode an earlier task may still bring what is missing."""
    return git.Target("", wanted.version if git.is_full(wanted.version) else "", f"{why}: {wanted.version} was not looked up")


def ask(wanted: Wanted) -> git.Target:
    """What the repository says that the version is; a full commit needs no asking."""
    path = wanted.repository.path
    if wanted.check and path and not os.path.exists(path):
        return undecided(wanted, f"{path} does not exist yet")
    names = [form.format(wanted.version) for form in ("refs/tags/{0}", "refs/tags/{0}^{{}}", "refs/heads/{0}")]
    refs = {} if git.is_full(wanted.version) else git.ls_remote(wanted.repository, names, wanted.timeout)
    target = git.resolve(wanted.version, refs) or unknown(wanted)
    if target.commit:
        return target
    return target._replace(commit=git.tip(wanted.version, git.ls_remote(wanted.repository, (), wanted.timeout)))


def unknown(wanted: Wanted) -> t.NoReturn:
    """Name the versions that were perhaps meant."""
    near = git.near_names(wanted.version, git.ls_remote(wanted.repository, (), wanted.timeout))
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    fix = f"choose one of: {command_line('git ls-remote --heads --tags', wanted.url)}"
    raise GoPluginsError(f"{wanted.url} has no tag, branch or commit {wanted.version}{hint}", fix)


def carry_out(wanted: Wanted, plan: Plan) -> tuple[git.Checkout, str]:
    """Make dest what the plan says. The text says what a user would not expect."""
    current = plan.standing.current
    if current is None or not plan.standing.readable:
        return make_anew(wanted, plan.target)
    # From here on, what a git leaves behind that is killed in this checkout is ours to remove.
    git.write_record(wanted.dest, current)
    git.remove_leftovers(wanted.dest)
    try:
        return check_out(wanted, plan.target, current)
    except GoPluginsError:
        git.remove_leftovers(wanted.dest)
        if not git.expendable(wanted.dest) or git.is_sound(wanted.dest):
            raise
        return make_anew(wanted, plan.target)


def make_anew(wanted: Wanted, target: git.Target) -> tuple[git.Checkout, str]:
    """Make the checkout beside dest, and put it there when it is whole and on disk."""
    parent, name = os.path.split(wanted.dest)
    with temporary_folder(parent, f".{name}.") as private:
        # One level below the private folder, so that the umask decides who may read it.
        folder = os.path.join(private, "checkout")
        os.mkdir(folder)
        command.do(["init", "--quiet", "--template="], folder)
        done = check_out(wanted._replace(dest=folder), target, None)
        note = ""
        if os.path.isdir(wanted.dest) and os.listdir(wanted.dest):
            os.rename(wanted.dest, os.path.join(private, "broken"))
            note = f"{wanted.dest} was made anew: git could not read all of it"
        place_atomically(folder, wanted.dest)
        return done[0], "; ".join(filter(None, (note, done[1])))


def check_out(wanted: Wanted, target: git.Target, current: git.Checkout | None) -> tuple[git.Checkout, str]:
    """Fetch the target into the repository at dest, and only then touch its files. current: None for a repository that is new."""
    name, note = fetch(wanted, target, fresh=current is None)
    discard = wanted.force
    if current is not None:
        # Until it is whole again, what differs from its commit is no modification of the user's.
        discard = discard or not current.whole
        git.write_record(wanted.dest, current._replace(whole=False))
    command.do(["config", "remote.origin.url", wanted.repository.url], wanted.dest)
    if discard:
        command.do(["clean", "-ffdq"], wanted.dest)
    command.do(["checkout", "--quiet", "--detach", *(["--force"] if discard else []), name, "--"], wanted.dest)
    # git leaves the files to the system, which may write the record before them.
    os.sync()
    checkout = git.describe(wanted.dest, wanted.repository.url, wanted.version, target.kind)
    checkout = checkout._replace(made=current is None or current.made)
    git.write_record(wanted.dest, checkout)
    return checkout, note


def fetch(wanted: Wanted, target: git.Target, fresh: bool) -> tuple[str, str]:
    """Bring the target; returns what to check out, and what a user would not expect."""
    shallow = git.is_shallow(wanted.dest)
    whole = ["--unshallow"] if shallow else []
    part = [f"--depth={wanted.depth}"] if fresh or shallow else []
    commit = target.commit or wanted.version
    source = {"tag": f"refs/tags/{wanted.version}", "branch": f"refs/heads/{wanted.version}", "commit": commit}[target.kind]
    name = source if target.kind == "tag" else "refs/goplugins/wanted"
    place = (wanted.dest, wanted.timeout)
    if target.commit:
        completed = git.fetch(wanted.repository, part if wanted.depth else whole, [f"+{source}:{name}"], *place)
        if "not our ref" in completed.stderr:
            unknown(wanted)
        if completed.rc == 0 or not _NEEDS_HISTORY.search(completed.stderr):
            git.check(wanted.repository, completed)
            return name, ""
    everything = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    if target.kind == "branch":
        everything.append(f"+{source}:{name}")
    git.check(wanted.repository, git.fetch(wanted.repository, whole, everything, *place))
    if target.kind == "commit":
        found = command.run(["rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"], cwd=wanted.dest)
        name = found.stdout.strip() or unknown(wanted)
    reason = "its server gives no less" if target.commit else "an abbreviated commit takes it"
    return name, f"the whole history of {wanted.url} was fetched: {reason}"


def predict(wanted: Wanted, plan: Plan) -> git.Checkout:
    """What will be checked out, as far as it is known without a fetch."""
    kind, commit, _note = plan.target
    current = plan.standing.current
    if current and current.commit == commit:
        return current._replace(repo=wanted.repository.url, version=wanted.version, kind=kind)
    return git.Checkout(wanted.repository.url, wanted.version, kind, commit, 0, [wanted.version] if kind == "tag" else [])


def lock_path(dest: str) -> str:
    """The lock of a checkout, beside it."""
    parent, name = os.path.split(dest)
    return os.path.join(parent, f".{name}.lock")


@contextlib.contextmanager
def locked_against_others(dest: str, refused: Exception | None) -> t.Iterator[None]:
    """Hold the lock of dest, and remove what killed runs left beside it. refused: what to raise where it cannot be locked at all."""
    parent, name = os.path.split(dest)
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(lock_path(dest)))
        except OSError:
            if refused is None:
                raise
            raise refused from None
        remove_leftovers(parent, f".{name}.")
        yield


def bring_up_to_date(wanted: Wanted) -> tuple[Plan, git.Checkout, str]:
    """(the plan, what is checked out now, what a user would not expect). Where nothing is to be done, nothing is written or locked."""
    plan, refused = None, None
    try:
        standing = look(wanted)
    except (GoPluginsError, OSError) as error:
        if wanted.check:
            raise
        # Another run may be at work there.
        refused = error
    else:
        plan = make_plan(wanted, standing)
        if plan.settled and not wanted.check:
            parent, name = os.path.split(wanted.dest)
            sweep(parent, f".{name}.", lock_path(wanted.dest))
        if wanted.check or plan.settled:
            return plan, predict(wanted, plan), ""
    with locked_against_others(wanted.dest, refused):
        plan = make_plan(wanted, look(wanted), plan.target if plan else None)
        if plan.settled:
            return plan, predict(wanted, plan), ""
        return (plan, *carry_out(wanted, plan))


@contextlib.contextmanager
def closed_to_the_world() -> t.Iterator[None]:
    """What is written meanwhile, not every user of the host may change, whatever the umask."""
    before = os.umask(0o022)
    os.umask(before | 0o002)
    try:
        yield
    finally:
        os.umask(before)


def checkout(wanted: Wanted) -> tuple[dict[str, t.Any], list[str]]:
    """The module without Ansible: its result and its warnings."""
    with closed_to_the_world():
        plan, done, note = bring_up_to_date(wanted)
        if not wanted.check and plan.settled and done != plan.standing.current:
            with contextlib.suppress(OSError):  # it only saves the next run some work
                git.write_record(wanted.dest, done)
    current, modified = plan.standing.current, plan.standing.modified
    before = current.commit if current else None
    after = done.commit or None
    old = "".join(f"{line}\n" for line in ([f"commit {before}"] if before else []) + [f"modified {name}" for name in modified])
    result = {
        "changed": not plan.settled,
        "version": wanted.version,
        "kind": done.kind or None,
        "commit": after,
        "tags": list(done.tags),
        "commit_time": git.utc(done.time, "%Y-%m-%dT%H:%M:%SZ") if done.time else None,
        "pseudo_time": git.utc(done.time, "%Y%m%d%H%M%S") if done.time else None,
        "before": before,
        "after": after,
        "diff": {"before_header": wanted.dest, "after_header": wanted.dest, "before": old, "after": f"commit {after or wanted.version}\n"},
    }
    return result, [text for text in (plan.target.note, note) if text]
