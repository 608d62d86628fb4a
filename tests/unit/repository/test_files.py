# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for the files of the whole repository."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.parse

import pytest
import yaml
from pip._internal.models.index import PyPI

HEADER = """\
# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""


@pytest.fixture(scope="module")
def texts(repository):
    """Every text file that is, or would be, committed: its path in the repository and what it says."""
    argv = ["git", "-C", str(repository), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split("\0")
    paths = [repository / name for name in listed if name]
    read = {path.relative_to(repository).as_posix(): path.read_bytes() for path in paths if path.is_file() and not path.is_symlink()}
    found = {name: data.decode() for name, data in read.items() if b"\0" not in data}
    assert "galaxy.yml" in found
    return found


def output(*argv):
    """What a command says, nothing where it is not installed: then it has no settings that could leak either."""
    try:
        return subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
    except FileNotFoundError:
        return ""


def registry_hosts(go):
    """The hosts from which this machine gets Go modules, Python packages and Debian packages."""
    told = [
        output(go, "env", "GOPROXY"),
        output(sys.executable, "-m", "pip", "config", "list"),
        output("npm", "config", "get", "registry"),
        output("apt-get", "indextargets", "--format", "$(REPO_URI)"),
        PyPI.url,
    ]
    return {urllib.parse.urlsplit(url).hostname for url in re.findall(r"https?://[^\s,|'\"]+", "\n".join(told))}


def test_no_registry_is_named(texts, go):
    hosts = registry_hosts(go)
    assert len(hosts) >= 2
    assert [(name, host) for name, text in texts.items() for host in sorted(hosts) if host in text] == []


def test_no_path_of_this_machine_is_named(texts, repository):
    here = re.compile(rf"(?<![\w.}}/-]){re.escape(str(repository))}/")
    assert [name for name, text in texts.items() if here.search(text)] == []


def test_python_files_begin_alike(texts):
    def begins_well(text):
        return text.removeprefix("#!/usr/bin/python\n").startswith(HEADER)

    # The file that makes a folder a package is empty.
    assert [name for name, text in texts.items() if name.endswith(".py") and text and not begins_well(text)] == []


def test_nothing_is_left_open(texts):
    marks = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "X" * 3, "NotImplemented" + "Error"]))
    assert [name for name, text in texts.items() if name.endswith((".py", ".yml", ".md")) and marks.search(text)] == []


def test_the_action_groups_list_every_module(repository):
    runtime = yaml.safe_load((repository / "meta" / "runtime.yml").read_text())
    modules = {path.stem: path.read_text() for path in (repository / "plugins" / "modules").glob("*.py")}
    with_environment = sorted(name for name, text in modules.items() if "**ENVIRONMENT" in text)
    assert runtime["action_groups"] == {"go": with_environment, "tyk": sorted(modules)}


def test_the_changelog_knows_this_version_and_every_module(repository):
    version = yaml.safe_load((repository / "galaxy.yml").read_text())["version"]
    releases = yaml.safe_load((repository / "changelogs" / "changelog.yaml").read_text())["releases"]
    assert version in releases
    told = {module["name"] for release in releases.values() for module in release.get("modules", [])}
    assert {path.stem for path in (repository / "plugins" / "modules").glob("*.py")} - told == set()


def test_no_sanity_test_is_silenced(repository):
    assert [path.name for path in (repository / "tests" / "sanity").glob("ignore-*.txt") if path.read_text().strip()] == []
