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
  - A new checkout is made beside O(dest) and renamed when it is whole. An existing one is updated in place, by fetching only what was
    asked for, and stays as it is when the fetch fails.
  - A run that is cut off, by a kill or a power cut, blocks no later one. That removes the locks of git and the temporary folders, and
    finishes the update. Where git cannot read the checkout any more, the module makes it anew, if it made it before and nobody has put a
    branch or a stash there.
  - A tag or a commit that is already checked out needs no network. The module takes over a checkout made by other means as it is.
  - Git never asks for anything. It gets in with what the user of the task has (SSH agent, credential helper, E(GIT_ASKPASS),
    C(~/.netrc)), or with the user and password in O(repo), which appear in no result, log, file or argument of a process.
  - Git starts no program that a checkout's own settings name, such as filters, a file system monitor or a credential helper. Of the
    caller's E(GIT_*) variables it gets those that let it in (E(GIT_ASKPASS), E(GIT_SSH), E(GIT_SSH_COMMAND), E(GIT_SSL_*), E(GIT_HTTP_*),
    E(GIT_PROXY_*)). Everything else belongs in the user's C(~/.gitconfig).
  - A checkout that is up to date may be read-only. One of another user is refused as git refuses it, unless only root can change it.
  - The module leaves out hooks, submodules and the files of Git LFS; line ends are those of the repository.
extends_documentation_fragment:
  - goplugins.tyk.attributes
  - goplugins.tyk.environment
attributes:
  check_mode:
    support: full
    details: Asks the repository what O(version) stands for. Where git, or a repository on the host, is still missing, the module warns
      and reports a change, as an earlier task may bring it.
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
        A user name without a password may be a token. It is handed to git as the password is, and git asks the user's credential helpers
        for the rest.
      - C(user:PASSWORD@host:path) is refused, as SSH takes no password from there.
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
      - The folder to check out to. The module makes its parent when that is missing; a lock file C(.NAME.lock) stays beside it.
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
    environment:
      https_proxy: http://proxy.example.com:3128
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
  description: What RV(version) is, V(tag), V(branch) or V(commit). Null in check mode where the repository could not be asked.
  returned: success
  type: str
  sample: tag
commit:
  description: The commit. Null in check mode where the repository could not be asked, or where only a fetch can find it out.
  returned: success
  type: str
  sample: 1db1935d899296c91a55ba528e7b653aec02883b
tags:
  description: The tags known to point at RV(commit).
  returned: success
  type: list
  elements: str
  sample: [v5.3.6, v5.3.6-rc4]
elapsed:
  description: How long the module took, in seconds.
  returned: always
  type: float
  sample: 0.82
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

import os

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials
from ansible_collections.goplugins.tyk.plugins.module_utils._git import git
from ansible_collections.goplugins.tyk.plugins.module_utils._git.checkout import Wanted, checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._module.runner import ENVIRONMENT, run


def work(module):
    """The result of the module. Raises GoPluginsError."""
    options = dict(module.params)
    repository = git.parse_repository(options["repo"])
    url = mask_credentials(options.pop("repo"))
    if options["depth"] < 0 or options["timeout"] < 1:
        raise GoPluginsError("depth is 0 or a number of commits, timeout a number of seconds", "set depth: 1 and timeout: 600")
    dest = options.pop("dest")
    if "\0" in dest or not dest or os.path.realpath(dest) == os.path.sep:
        raise GoPluginsError(
            f"dest {dest!r} names no folder for a checkout", "set dest to one such as /srv/tyk-plugins/gateways/v5.3.6/src"
        )
    options["version"] = git.parse_version(options["version"])
    wanted = Wanted(repository=repository, url=url, dest=os.path.realpath(dest), check=module.check_mode, **options)
    result, warnings = checkout(wanted)
    return {**result, "dest": dest, "warnings": warnings}


def main():
    run(
        work,
        {
            **ENVIRONMENT,
            # no_log keeps the URL out of the system's log, which is written before the module can mask it.
            "repo": {"type": "str", "required": True, "no_log": True},
            "version": {"type": "str", "required": True},
            "dest": {"type": "path", "required": True},
            "depth": {"type": "int", "default": 1},
            "update": {"type": "bool", "default": True},
            "force": {"type": "bool", "default": False},
            "timeout": {"type": "int", "default": 600},
        },
        writes_to="dest",
    )


if __name__ == "__main__":
    main()
