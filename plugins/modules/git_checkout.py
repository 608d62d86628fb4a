#!/usr/bin/python
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: git_checkout
short_description: Check out one tag, branch or commit of a git repository
version_added: 0.1.0
author:
  - The goplugins.tyk authors (@goplugins)
description:
  - Gets one version of a repository as a shallow checkout with a detached HEAD, such as the source of Tyk Gateway or of a plugin.
  - A new checkout is made beside O(dest) and renamed when it is whole. One that exists is updated in place by fetching only what was
    asked for, and stays as it is when the fetch fails.
  - A tag or a commit that is already checked out needs no network. A checkout made by other means is taken over as it is.
  - Git never asks for anything. It is let in with what the user of the task has (SSH agent, credential helper, E(GIT_ASKPASS),
    C(~/.netrc)), or with the password in O(repo), which appears in no result, log, file or argument of a process.
  - Hooks, submodules and the files of Git LFS are left out; line ends are those of the repository.
extends_documentation_fragment:
  - goplugins.tyk.attributes
attributes:
  check_mode:
    support: full
    details: Asks the repository what O(version) stands for. Where git, or a repository on the host, is still missing, the module warns and
      reports a change, as an earlier task may bring it.
  diff_mode:
    support: full
  idempotent:
    support: full
    details: A branch that has moved, with O(update=true), is a change.
  platform:
    support: full
    platforms: posix
options:
  repo:
    description:
      - The repository. An C(https), C(http), C(ssh), C(git) or C(file) URL, C(host:path) for SSH, or an absolute path.
      - A token goes in the place of the password, with its special characters percent-encoded (C(https://user:token@host/path)).
        A user name without a password stays in the URL.
    type: str
    required: true
  version:
    description:
      - A tag, a branch, or a commit. A tag wins over a branch of the same name, with a warning.
      - An abbreviated commit (at least 7 digits) that no tag or branch points at takes a fetch of the whole history, as does any commit
        where the server serves only tags and branches, and anything from a server that serves no part of a history. A warning says so.
    type: str
    required: true
  dest:
    description:
      - The folder to check out to. Its parent is made when it is missing; a lock file C(.NAME.lock) stays beside it.
    type: path
    required: true
  depth:
    description:
      - How many commits of history a fetch brings; V(0) is the whole history. A checkout that has its whole history keeps it.
    type: int
    default: 1
  update:
    description:
      - Whether the repository is asked if a branch that is checked out has moved.
      - A tag that is checked out is never asked for again. Name a commit where a tag cannot be trusted to stay.
    type: bool
    default: true
  force:
    description:
      - Discard local modifications and untracked files (but not ignored ones), and turn a checkout of another repository into one of
        O(repo).
      - Without it, either is an error.
    type: bool
    default: false
  timeout:
    description:
      - Seconds that one command of git which uses the network may take.
    type: int
    default: 600
seealso:
  - module: ansible.builtin.git
"""

EXAMPLES = r"""
- name: Get the source of Tyk Gateway v5.3.6
  goplugins.tyk.git_checkout:
    repo: https://github.com/TykTechnologies/tyk.git
    version: v5.3.6
    dest: ~/tyk-plugins/gateways/v5.3.6/src

- name: Follow a branch of a private plugin
  goplugins.tyk.git_checkout:
    repo: git@github.com:example/plugin.git
    version: main
    dest: ~/tyk-plugins/sources/plugin
    update: true

- name: Get a commit from a slow server, and throw away what was changed in the checkout
  goplugins.tyk.git_checkout:
    repo: https://git.example.com/tyk.git
    version: 1db1935d899296c91a55ba528e7b653aec02883b
    dest: ~/tyk-plugins/gateways/1db1935d8992/src
    depth: 0
    force: true
    timeout: 1800
"""

RETURN = r"""
dest:
  description: The folder, as given.
  returned: success
  type: str
  sample: /home/build/tyk-plugins/gateways/v5.3.6/src
version:
  description: The version, as given.
  returned: success
  type: str
  sample: v5.3.6
kind:
  description: What RV(version) is, V(tag), V(branch) or V(commit). Null in check mode when nobody could be asked.
  returned: success
  type: str
  sample: tag
commit:
  description: The commit. Null in check mode when nobody could be asked, or when it takes a fetch to tell.
  returned: success
  type: str
  sample: 1db1935d899296c91a55ba528e7b653aec02883b
tags:
  description: The tags known to point at RV(commit).
  returned: success
  type: list
  elements: str
  sample: [v5.3.6, v5.3.6-rc4]
commit_time:
  description: When RV(commit) was made, in UTC. Null in check mode for a commit that is not checked out.
  returned: success
  type: str
  sample: '2024-09-24T12:54:26Z'
pseudo_time:
  description: RV(commit_time) as Go writes it in pseudo-versions.
  returned: success
  type: str
  sample: '20240924125426'
before:
  description: The commit that was checked out before. Null where there was none.
  returned: success
  type: str
  sample: 11f2780107835e53b08f0e09a8acf67b00b2e6b5
after:
  description: The commit that is checked out now, or would be. Equal to RV(commit).
  returned: success
  type: str
  sample: 1db1935d899296c91a55ba528e7b653aec02883b
"""

import contextlib
import os
import re
import shlex
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.goplugins.tyk.plugins.module_utils import _git
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._files import locked, place_atomically, temporary_folder

# A server that serves no commit by its name, or no part of a history. (That it has no such commit reads "not our ref".)
_NEEDS_HISTORY = re.compile(r"unadvertised object|want \S+ not valid|not support shallow", re.IGNORECASE)


class Wanted(t.NamedTuple):
    """The options, and whether this is check mode. url: for the user's eyes."""

    repository: _git.Repository
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

    current: _git.Checkout | None
    modified: t.Sequence[str]
    target: _git.Target
    settled: bool


def make_plan(wanted: Wanted) -> Plan:
    """Look, ask the repository where that is needed, change nothing."""
    if wanted.check and not _git.find_git():
        return Plan(None, (), undecided(wanted, "git is not installed yet"), False)
    current = _git.read_checkout(wanted.dest)
    if current is None:
        return Plan(None, (), ask(wanted), False)
    ours = _git.same_repository(current.repo, wanted.repository.url)
    if not ours and not wanted.force:
        origin = mask_credentials(current.repo) or "no repository"
        cure = "choose another dest, or set force: true to make this one a checkout of repo"
        raise GoPluginsError(f"{wanted.dest} is a checkout of {origin}, not of {wanted.url}", cure)
    modified = _git.modifications(wanted.dest)
    if modified and not wanted.force:
        names = ", ".join(modified[:10]) + (f" and {len(modified) - 10} more" if len(modified) > 10 else "")
        cure = f"keep them with: git -C {shlex.quote(wanted.dest)} stash --include-untracked; or discard them with force: true"
        raise GoPluginsError(f"{wanted.dest} has local modifications: {names}", cure)
    target = (_git.known(wanted.version, current, wanted.update) if ours else None) or ask(wanted)
    if not target.commit and ours and current.commit.startswith(wanted.version):
        target = target._replace(commit=current.commit)
    whole = wanted.depth > 0 or not _git.is_shallow(wanted.dest)
    return Plan(current, modified, target, ours and whole and not modified and target.commit == current.commit)


def undecided(wanted: Wanted, why: str) -> _git.Target:
    """In check mode an earlier task may still bring what is missing."""
    return _git.Target("", wanted.version if _git.is_full(wanted.version) else "", f"{why}: {wanted.version} was not looked up")


def ask(wanted: Wanted) -> _git.Target:
    """What the repository says that the version is; a full commit needs no asking."""
    path = wanted.repository.path
    if wanted.check and path and not os.path.exists(path):
        return undecided(wanted, f"{path} does not exist yet")
    names = [form.format(wanted.version) for form in ("refs/tags/{0}", "refs/tags/{0}^{{}}", "refs/heads/{0}")]
    refs = {} if _git.is_full(wanted.version) else _git.ls_remote(wanted.repository, names, wanted.timeout)
    target = _git.resolve(wanted.version, refs) or unknown(wanted)
    if target.commit:
        return target
    return target._replace(commit=_git.tip(wanted.version, _git.ls_remote(wanted.repository, (), wanted.timeout)))


def unknown(wanted: Wanted) -> t.NoReturn:
    """Name the versions that were perhaps meant."""
    near = _git.near_names(wanted.version, _git.ls_remote(wanted.repository, (), wanted.timeout))
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    cure = f"choose one of: git ls-remote --heads --tags {shlex.quote(wanted.url)}"
    raise GoPluginsError(f"{wanted.url} has no tag, branch or commit {wanted.version}{hint}", cure)


def carry_out(wanted: Wanted, plan: Plan) -> tuple[_git.Checkout, str]:
    """Make dest what the plan says. The text tells what a user would not expect."""
    if plan.current is not None:
        return check_out(wanted, plan.target, fresh=False)
    parent, name = os.path.split(wanted.dest)
    with temporary_folder(parent, f".{name}.") as private:
        # One level below the private folder, so that the umask decides who may read it.
        folder = os.path.join(private, "checkout")
        os.mkdir(folder)
        _git.do(["init", "--quiet", "--template="], folder)
        done = check_out(wanted._replace(dest=folder), plan.target, fresh=True)
        place_atomically(folder, wanted.dest)
        return done


def check_out(wanted: Wanted, target: _git.Target, fresh: bool) -> tuple[_git.Checkout, str]:
    """Fetch the target into the repository at dest, and only then touch its files."""
    name, note = fetch(wanted, target, fresh)
    _git.do(["config", "remote.origin.url", wanted.repository.url], wanted.dest)
    if wanted.force:
        _git.do(["clean", "-ffdq"], wanted.dest)
    _git.do(["checkout", "--quiet", "--detach", *(["--force"] if wanted.force else []), name, "--"], wanted.dest)
    checkout = _git.describe(wanted.dest, wanted.repository.url, wanted.version, target.kind)
    _git.write_record(wanted.dest, checkout)
    return checkout, note


def fetch(wanted: Wanted, target: _git.Target, fresh: bool) -> tuple[str, str]:
    """Bring the target; returns what to check out, and what a user would not expect."""
    shallow = _git.is_shallow(wanted.dest)
    whole = ["--unshallow"] if shallow else []
    part = [f"--depth={wanted.depth}"] if fresh or shallow else []
    commit = target.commit or wanted.version
    source = {"tag": f"refs/tags/{wanted.version}", "branch": f"refs/heads/{wanted.version}", "commit": commit}[target.kind]
    name = source if target.kind == "tag" else "refs/goplugins/wanted"
    place = (wanted.dest, wanted.timeout)
    if target.commit:
        completed = _git.fetch(wanted.repository, part if wanted.depth else whole, [f"+{source}:{name}"], *place)
        if "not our ref" in completed.stderr:
            unknown(wanted)
        if completed.rc == 0 or not _NEEDS_HISTORY.search(completed.stderr):
            _git.check(wanted.repository, completed)
            return name, ""
    everything = ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]
    if target.kind == "branch":
        everything.append(f"+{source}:{name}")
    _git.check(wanted.repository, _git.fetch(wanted.repository, whole, everything, *place))
    if target.kind == "commit":
        found = _git.run(["rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}"], cwd=wanted.dest)
        name = found.stdout.strip() or unknown(wanted)
    reason = "its server gives no less" if target.commit else "an abbreviated commit takes it"
    return name, f"the whole history of {wanted.url} was fetched: {reason}"


def predict(wanted: Wanted, plan: Plan) -> _git.Checkout:
    """What will be checked out, as far as it is known without a fetch."""
    kind, commit, _note = plan.target
    if plan.current and plan.current.commit == commit:
        return plan.current._replace(repo=wanted.repository.url, version=wanted.version, kind=kind)
    return _git.Checkout(wanted.repository.url, wanted.version, kind, commit, 0, [wanted.version] if kind == "tag" else [])


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
                _git.write_record(wanted.dest, done)
    before = plan.current.commit if plan.current else None
    after = done.commit or None
    old = "".join(f"{line}\n" for line in ([f"commit {before}"] if before else []) + [f"modified {name}" for name in plan.modified])
    result = {
        "changed": not plan.settled,
        "version": wanted.version,
        "kind": done.kind or None,
        "commit": after,
        "tags": list(done.tags),
        "commit_time": _git.utc(done.time, "%Y-%m-%dT%H:%M:%SZ") if done.time else None,
        "pseudo_time": _git.utc(done.time, "%Y%m%d%H%M%S") if done.time else None,
        "before": before,
        "after": after,
        "diff": {"before_header": wanted.dest, "after_header": wanted.dest, "before": old, "after": f"commit {after or wanted.version}\n"},
    }
    return result, [text for text in (plan.target.note, note) if text]


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            # no_log keeps the URL out of the system's log, which is written before anything here can mask it.
            "repo": {"type": "str", "required": True, "no_log": True},
            "version": {"type": "str", "required": True},
            "dest": {"type": "path", "required": True},
            "depth": {"type": "int", "default": 1},
            "update": {"type": "bool", "default": True},
            "force": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 600},
        },
        supports_check_mode=True,
    )
    options = dict(module.params)
    try:
        repository = _git.parse_repository(options["repo"])
        # Its parts are known now: the result may show all but the secret.
        module.no_log_values.discard(options["repo"])
        module.no_log_values.update(word for word in (repository.password,) if len(word) > 3)
        module.params["repo"] = url = mask_credentials(options.pop("repo"))
        if options["depth"] < 0 or options["timeout"] < 1:
            raise GoPluginsError("depth is 0 or a number of commits, timeout a number of seconds", "set depth: 1 and timeout: 600")
        dest = options.pop("dest")
        options["version"] = _git.parse_version(options["version"])
        wanted = Wanted(repository=repository, url=url, dest=os.path.realpath(dest), check=module.check_mode, **options)
        result, warnings = checkout(wanted)
    except GoPluginsError as error:
        module.fail_json(**error.as_result())
    except OSError as error:
        module.fail_json(msg=f"{error.filename or module.params['dest']}: {error.strerror or error}")
    for warning in warnings:
        module.warn(warning)
    if not module._diff:
        del result["diff"]
    module.exit_json(dest=dest, **result)


if __name__ == "__main__":
    main()
