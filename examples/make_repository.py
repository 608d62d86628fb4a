# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make a git repository of the gateway beside this file, with the tag and the release branch that a release of Tyk has.

The same files give the same commit, on each machine and in each run. When a file changed, branches and tag move to a new commit.
Prints {"changed": bool, "commit": "..."}; the commit is that of the release branch.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "gateway"
HEAD = "refs/heads/master"
BRANCH = "refs/heads/release-5.99.0"
TAG = "refs/tags/v5.99.0"

# What stands in a repository that this script made, and in no other.
MARKER = "goplugins-example"

# What a build leaves in the gateway's folder is no source.
SUFFIXES = {".go", ".mod", ".sum"}

# A commit after the release, as a release branch gets them: a plugin that is built with it does not load into the release.
EXTRA = ("log/next.go", "package log\n\n// Next says that this is what comes after the release.\nconst Next = true\n")

# Nothing of whoever runs this, and nothing of the machine, may enter the commit.
FIXED = {
    "GIT_AUTHOR_NAME": "goplugins.tyk",
    "GIT_AUTHOR_EMAIL": "goplugins@example.com",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_NAME": "goplugins.tyk",
    "GIT_COMMITTER_EMAIL": "goplugins@example.com",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "GIT_CONFIG_NOSYSTEM": "1",
    "HOME": os.devnull,
    "XDG_CONFIG_HOME": os.devnull,
    "LC_ALL": "C",
}


class Repository(t.NamedTuple):
    """A bare git repository."""

    path: Path

    def git(self, *words: str, stdin: str = "", **variables: str) -> str:
        """Run git on it; the output without the last line end."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", "--git-dir", str(self.path), *words],
            input=stdin.encode(),
            env={**environment, **FIXED, **variables},
            check=True,
            capture_output=True,
        )
        return done.stdout.decode().strip()

    def commit(self, message: str, blobs: t.Mapping[str, str], *parents: str) -> str:
        """Commit these files and no others. Modes are fixed, as a umask would change them."""
        lines = "".join(f"100644 {blob}\t{path}\n" for path, blob in sorted(blobs.items()))
        with tempfile.TemporaryDirectory() as folder:
            index = str(Path(folder) / "index")
            self.git("update-index", "--add", "--index-info", stdin=lines, GIT_INDEX_FILE=index)
            tree = self.git("write-tree", GIT_INDEX_FILE=index)
        return self.git("commit-tree", "-m", message, *(word for parent in parents for word in ("-p", parent)), tree)

    def state(self) -> dict[str, str]:
        """Where branches and tags stand, and which branch is the default."""
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return {**dict(line.split(" ") for line in refs), "HEAD": self.git("symbolic-ref", "HEAD")}


def open_repository(path: Path) -> Repository:
    """The repository in this folder, made when there is none. A folder that was not made by this script is left alone."""
    marker = path / MARKER
    if not marker.exists():
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            sys.exit(f"{path} is not empty and was not made by this script: it is left alone. Name another folder.")
        path.mkdir(parents=True, exist_ok=True)
        # First of all: what a run leaves that was killed is the next one's to finish.
        marker.touch()
    repository = Repository(path)
    if not (path / "HEAD").exists():
        repository.git("init", "--quiet", "--bare", "--template=")
    return repository


def store(repository: Repository) -> dict[str, str]:
    """Put the gateway's files into the repository: their paths and the names of their contents."""
    paths = sorted(path for path in SOURCE.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    names = repository.git("hash-object", "-w", "--no-filters", "--stdin-paths", stdin="".join(f"{path}\n" for path in paths))
    return dict(zip((path.relative_to(SOURCE).as_posix() for path in paths), names.split()))


def make(path: Path, extra: bool) -> dict[str, t.Any]:
    """Make the repository, or bring it up to date."""
    repository = open_repository(path)
    blobs = store(repository)
    release = repository.commit("The gateway of examples/gateway", blobs)
    tip = release
    if extra:
        name, text = EXTRA
        blobs[name] = repository.git("hash-object", "-w", "--stdin", stdin=text)
        tip = repository.commit("What comes after the release", blobs, release)
    wanted = {HEAD: tip, BRANCH: tip, TAG: release, "HEAD": HEAD}
    state = repository.state()
    changed = any(state.get(name) != value for name, value in wanted.items())
    if changed:
        repository.git("update-ref", "--stdin", stdin="".join(f"update {ref} {wanted[ref]}\n" for ref in (HEAD, BRANCH, TAG)))
        repository.git("symbolic-ref", "HEAD", HEAD)
    return {"changed": changed, "commit": tip}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the repository; a new or empty folder, or one that this script made")
    parser.add_argument("--commit-extra", action="store_true", help="put one more commit on the branches, after the tag")
    arguments = parser.parse_args()
    try:
        print(json.dumps(make(arguments.folder.resolve(), arguments.commit_extra)))
    except FileNotFoundError as error:
        sys.exit(f"{error.filename}: {error.strerror}. The repository is made with git: is it installed?")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{' '.join(error.cmd)}: {error.stderr.decode(errors='replace').strip()}")


if __name__ == "__main__":
    main()
