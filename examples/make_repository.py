# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a git repository of the gateway beside this file, with the tag and the release branch that a release of Tyk has.

Usage: make_repository.py FOLDER

The same files give the same commit, on each machine and in each run. When the gateway's files changed, branch and tag move to a new commit.
Prints {"changed": bool, "commit": "..."}.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "gateway"
BRANCH = "release-5.99.0"
TAG = "v5.99.0"

# Nothing of whoever runs this, and nothing of the machine, may enter the commit.
_FIXED = {
    "GIT_AUTHOR_NAME": "goplugins.tyk",
    "GIT_AUTHOR_EMAIL": "goplugins@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "goplugins.tyk",
    "GIT_COMMITTER_EMAIL": "goplugins@example.com",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "LC_ALL": "C",
}


def git(repository: Path, *words: str, stdin: bytes = b"") -> str:
    """Run git on a bare repository; its output without the last line end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "--git-dir", str(repository), *words], input=stdin, env={**environment, **_FIXED}, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def write_tree(repository: Path, folder: Path) -> str:
    """Put a folder into the repository; the name of its tree. Modes are fixed, as a umask would change them."""
    lines = []
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            lines.append(f"040000 tree {write_tree(repository, path)}\t{path.name}")
        else:
            lines.append(f"100644 blob {git(repository, 'hash-object', '-w', '--no-filters', str(path))}\t{path.name}")
    return git(repository, "mktree", stdin="\n".join(lines).encode() + b"\n")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    repository = Path(sys.argv[1]).resolve()
    marker = repository / "goplugins-example"
    if repository.exists() and any(repository.iterdir()) and not marker.exists():
        sys.exit(f"{repository} is not empty and was not made by this script: it is left alone")
    repository.mkdir(parents=True, exist_ok=True)
    if not marker.exists():
        git(repository, "init", "--quiet", "--bare", f"--initial-branch={BRANCH}")
        marker.touch()
    commit = git(repository, "commit-tree", "-m", "The gateway of examples/gateway", write_tree(repository, SOURCE))
    before = git(repository, "for-each-ref", "--format=%(objectname)", f"refs/heads/{BRANCH}", f"refs/tags/{TAG}")
    changed = before.split() != [commit, commit]
    if changed:
        git(repository, "update-ref", f"refs/heads/{BRANCH}", commit)
        git(repository, "update-ref", f"refs/tags/{TAG}", commit)
    print(json.dumps({"changed": changed, "commit": commit}))


if __name__ == "__main__":
    main()
