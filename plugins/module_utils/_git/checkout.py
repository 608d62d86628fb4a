# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One version of a repository as a checkout: look, plan, carry out, so that check mode and a real run share the plan."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked, place_atomically, temporary_folder
from ansible_collections.goplugins.tyk.plugins.module_utils._git import git

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


class Plan(t.NamedTuple):
    """What stands at dest, the files modified there, what shall stand there, and whether it already does."""

    current: git.Checkout | None
    modified: t.Sequence[str]
    target: git.Target
    settled: bool


def make_plan(wanted: Wanted) -> Plan:
    """Look, ask the repository where that is needed, change nothing."""
    if wanted.check and not git.find_git():
        return Plan(None, (), undecided(wanted, "git is not installed yet"), False)
    current = git.read_checkout(wanted.dest)
    if current is None:
        return Plan(None, (), ask(wanted), False)
    ours = git.same_repository(current.repo, wanted.repository.url)
    if not ours and not wanted.force:
        origin = mask_credentials(current.repo) or "no repository"
        fix = "choose another dest, or set force: true to make this one a checkout of repo"
        raise GoPluginsError(f"{wanted.dest} is a checkout of {origin}, not of {wanted.url}", fix)
    modified = git.modifications(wanted.dest)
    if modified and not wanted.force:
        names = ", ".join(modified[:10]) + (f" and {len(modified) - 10} more" if len(modified) > 10 else "")
        fix = f"keep them with: git -C {shlex.quote(wanted.dest)} stash --include-untracked; or discard them with force: true"
        raise GoPluginsError(f"{wanted.dest} has local modifications: {names}", fix)
    target = (git.known(wanted.version, current, wanted.update) if ours else None) or ask(wanted)
    if not target.commit and ours and current.commit.startswith(wanted.version):
        target = target._replace(commit=current.commit)
    whole = wanted.depth > 0 or not git.is_shallow(wanted.dest)
    return Plan(current, modified, target, ours and whole and not modified and target.commit == current.commit)


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
    fix = f"choose one of: git ls-remote --heads --tags {shlex.quote(wanted.url)}"
    raise GoPluginsError(f"{wanted.url} has no tag, branch or commit {wanted.version}{hint}", fix)


def carry_out(wanted: Wanted, plan: Plan) -> tuple[git.Checkout, str]:
    """Make dest what the plan says. The text says what a user would not expect."""
    if plan.current is not None:
        return check_out(wanted, plan.target, fresh=False)
    parent, name = os.path.split(wanted.dest)
    with temporary_folder(parent, f".{name}.") as private:
        # One level below the private folder, so that the umask decides who may read it.
        folder = os.path.join(private, "checkout")
        os.mkdir(folder)
        git.do(["init", "--quiet", "--template="], folder)
        done = check_out(wanted._replace(dest=folder), plan.target, fresh=True)
        place_atomically(folder, wanted.dest)
        return done


def check_out(wanted: Wanted, target: git.Target, fresh: bool) -> tuple[git.Checkout, str]:
    """Fetch the target into the repository at dest, and only then touch its files."""
    name, note = fetch(wanted, target, fresh)
    git.do(["config", "remote.origin.url", wanted.repository.url], wanted.dest)
    if wanted.force:
        git.do(["clean", "-ffdq"], wanted.dest)
    git.do(["checkout", "--quiet", "--detach", *(["--force"] if wanted.force else []), name, "--"], wanted.dest)
    checkout = git.describe(wanted.dest, wanted.repository.url, wanted.version, target.kind)
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
        found = git.run(["rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"], cwd=wanted.dest)
        name = found.stdout.strip() or unknown(wanted)
    reason = "its server gives no less" if target.commit else "an abbreviated commit takes it"
    return name, f"the whole history of {wanted.url} was fetched: {reason}"


def predict(wanted: Wanted, plan: Plan) -> git.Checkout:
    """What will be checked out, as far as it is known without a fetch."""
    kind, commit, _note = plan.target
    if plan.current and plan.current.commit == commit:
        return plan.current._replace(repo=wanted.repository.url, version=wanted.version, kind=kind)
    return git.Checkout(wanted.repository.url, wanted.version, kind, commit, 0, [wanted.version] if kind == "tag" else [])


def checkout(wanted: Wanted) -> tuple[dict[str, t.Any], list[str]]:
    """The module without Ansible: its result and its warnings."""
    with contextlib.ExitStack() as stack:
        if not wanted.check:
            stack.enter_context(locked(os.path.join(os.path.dirname(wanted.dest), f".{os.path.basename(wanted.dest)}.lock")))
        plan = make_plan(wanted)
        done, note = predict(wanted, plan), ""
        if not wanted.check and not plan.settled:
            done, note = carry_out(wanted, plan)
        elif not wanted.check and done != plan.current:
            with contextlib.suppress(OSError):  # it only saves the next run some work
                git.write_record(wanted.dest, done)
    before = plan.current.commit if plan.current else None
    after = done.commit or None
    old = "".join(f"{line}\n" for line in ([f"commit {before}"] if before else []) + [f"modified {name}" for name in plan.modified])
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
