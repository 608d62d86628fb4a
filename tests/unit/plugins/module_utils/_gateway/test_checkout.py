# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gateway's checkout says of itself."""

from __future__ import annotations

import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.checkout import read_checkout


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "src"
    folder.mkdir()
    (folder / "go.mod").write_text("module example.com/gateway\n\ngo 1.22.7\n")
    (folder / "main.go").write_text("package main\n")
    who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "x", "--date=2024-09-24T12:54:26Z"], ["tag", "v1.2.3"]):
        subprocess.run(["git", *words], cwd=folder, check=True, env={"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": "2024-09-24T12:54:26Z"})
    return folder


def modified(checkout):
    return read_checkout(str(checkout)).modified


def test_a_clean_checkout(checkout):
    told = read_checkout(str(checkout))
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, check=True, capture_output=True, text=True).stdout.strip()
    assert (told.commit, told.commit_time, told.tags, told.modified) == (head, "20240924125426", ("v1.2.3",), "")
    assert (told.mod.module, told.mod.go) == ("example.com/gateway", "1.22.7")


def test_each_modification_is_another_digest(checkout):
    digests = [modified(checkout)]
    (checkout / "main.go").write_text("package main // one\n")
    digests.append(modified(checkout))
    (checkout / "main.go").write_text("package main // two\n")
    digests.append(modified(checkout))
    (checkout / "more.go").symlink_to("main.go")
    digests.append(modified(checkout))
    (checkout / "main.go").unlink()
    digests.append(modified(checkout))
    assert digests[0] == "" and len(set(digests)) == len(digests)
    (checkout / "more.go").unlink()
    (checkout / "main.go").write_text("package main\n")
    assert modified(checkout) == ""


def test_what_is_no_checkout_is_named(tmp_path):
    with pytest.raises(GoPluginsError, match=r"it has no go\.mod"):
        read_checkout(str(tmp_path))
    (tmp_path / "go.mod").write_text("module m\n")
    with pytest.raises(GoPluginsError, match="is no git checkout"):
        read_checkout(str(tmp_path))
