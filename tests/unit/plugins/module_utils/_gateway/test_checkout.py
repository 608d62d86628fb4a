# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a gateway's checkout says of itself."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.checkout import read_checkout
from ansible_collections.goplugins.tyk.plugins.module_utils._git.git import Checkout, write_record


def git(folder, *words):
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "src"
    (folder / "log" / "schema").mkdir(parents=True)
    (folder / "go.mod").write_text("module example.com/gateway\n\ngo 1.22.7\n\nreplace example.com/near => ./near\n")
    (folder / "main.go").write_text("package main\n")
    (folder / "README").write_text("read me\n")
    (folder / "link.go").symlink_to("main.go")
    (folder / "log" / "log.go").write_text('package log\n\n//go:embed schema "a b/*.txt" all:deep\nvar files embed.FS\n')
    (folder / "log" / "schema" / "one.json").write_text("{}\n")
    (folder / os.fsdecode(b'caf\xe9 "x"\\')).write_text("")
    (folder / ".gitignore").write_text("*.json\n!one.json\n/ignored*\n/vendor\n")
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


def ignored_file(checkout):
    (checkout / "ignored.go").write_text("package main\n")


def excluded_file(checkout):
    (checkout / ".git" / "info" / "exclude").write_text("*.s\n")
    (checkout / "log" / "fast.s").write_text("TEXT\n")


def assumed_unchanged(checkout):
    git(checkout, "update-index", "--assume-unchanged", "main.go")
    (checkout / "main.go").write_text("package main // mine\n")


def skipped(checkout):
    git(checkout, "update-index", "--skip-worktree", "main.go")
    (checkout / "main.go").unlink()


def smudged(checkout):
    (checkout / ".git" / "info" / "attributes").write_text("/main.go filter=x\n")
    git(checkout, "config", "filter.x.clean", "git cat-file blob HEAD:main.go")
    # Of another length git would not even ask the filter.
    (checkout / "main.go").write_text("package mine\n")


def embedded(checkout):
    (checkout / "log" / "schema" / "two.json").write_text("{}\n")


def embedded_by_a_quoted_pattern(checkout):
    (checkout / "log" / "a b").mkdir()
    (checkout / "log" / "a b" / "c.txt").write_text("")


def embedded_deeply(checkout):
    (checkout / "log" / "deep" / ".hidden").mkdir(parents=True)
    (checkout / "log" / "deep" / ".hidden" / "x.json").write_text("")


def vendored(checkout):
    (checkout / "vendor").mkdir()
    (checkout / "vendor" / "modules.txt").write_text("# example.com/x v1.0.0\n")


def replaced_module(checkout):
    (checkout / "ignored").mkdir()
    (checkout / "near").mkdir()
    for folder in ("ignored", "near"):
        (checkout / folder / "go.mod").write_text("module example.com/near\n")


def link_out_of_the_checkout(checkout):
    (checkout.parent / "other.go").write_text("package main\n")
    (checkout / "main.go").unlink()
    (checkout / "main.go").symlink_to(checkout.parent / "other.go")


def package_behind_a_link(checkout):
    (checkout / "log").rename(checkout.parent / "log")
    (checkout / "log").symlink_to(checkout.parent / "log")
    (checkout.parent / "log" / "log.go").write_text("package log // mine\n")


def module_in_a_package(checkout):
    (checkout / "log" / "go.mod").write_text("module example.com/log\n")


CHANGES = (
    *(ignored_file, excluded_file, assumed_unchanged, skipped, smudged, embedded, embedded_by_a_quoted_pattern, embedded_deeply, vendored),
    *(replaced_module, link_out_of_the_checkout, package_behind_a_link, module_in_a_package),
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_compiler_reads_counts_whatever_git_was_asked_to_ignore(checkout, change):
    assert modified(checkout) == ""
    change(checkout)
    assert modified(checkout) != ""


def test_another_content_behind_a_link_is_another_digest(checkout):
    package_behind_a_link(checkout)
    before = modified(checkout)
    (checkout.parent / "log" / "log.go").write_text("package log // mine again\n")
    assert modified(checkout) not in ("", before)


def test_what_no_build_reads_does_not_count(checkout):
    (checkout / "ignored.so").write_bytes(b"a plugin")
    (checkout / "notes").write_text("mine\n")
    (checkout / "log" / "other.json").write_text("{}\n")
    module = checkout / "ignored-cache" / "example.com" / "x@v1.0.0"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module example.com/x\n")
    (module / "x.go").write_text("package x\n")
    (checkout / "ignored-link").symlink_to("/")
    assert modified(checkout) == ""


def test_a_deleted_file_is_no_empty_one(checkout):
    (checkout / "main.go").write_text("")
    empty = modified(checkout)
    (checkout / "main.go").unlink()
    assert modified(checkout) != empty


def test_a_clean_checkout_is_read_by_one_git(checkout, tmp_path, monkeypatch):
    read_checkout(str(checkout))
    script = tmp_path / "bin" / "git"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho $1 >> {tmp_path}/started\nexec /usr/bin/env -S PATH={os.environ["PATH"]} git "$@"\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:{os.environ['PATH']}")
    head = git(checkout, "rev-parse", "HEAD")
    (tmp_path / "started").unlink()
    (checkout / ".git" / "HEAD").write_text(f"{head}\n")
    write_record(str(checkout), Checkout("", "v1.2.3", "tag", head, 1727182466, ["v1.2.3"]))
    assert modified(checkout) == ""
    assert pathlib.Path(tmp_path / "started").read_text() == "ls-tree\n"
