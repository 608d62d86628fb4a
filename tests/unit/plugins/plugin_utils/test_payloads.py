# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import time

import pytest
from ansible import constants
from ansible_collections.goplugins.tyk.plugins.plugin_utils import payloads, specification

NAME = "ansible_collections.goplugins.tyk.plugins.modules.go_workspace-ZIP_DEFLATED-none"
OTHERS = (
    f"{NAME}.lock",
    f"{NAME}-part",
    "ansible.modules.ping-ZIP_DEFLATED-none",
    "ansible_collections.other.tyk.plugins.modules.go_workspace-ZIP_DEFLATED-none",
)


class Runs:
    """Runs of Ansible in one home, each with a temporary folder of its own."""

    def __init__(self, folder, monkeypatch):
        self._folder, self._monkeypatch = folder, monkeypatch
        monkeypatch.setattr(constants, "ANSIBLE_HOME", str(folder / "home"), raising=False)
        self.kept = folder / "home" / "goplugins.tyk" / "payloads"

    def begin(self):
        """The folder of payloads of a new run, with what is brought."""
        number = len(list(self._folder.glob("run*")))
        run = self._folder / f"run{number}"
        run.mkdir()
        self._monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(run), raising=False)
        payloads.bring()
        found = run / "ansiballz_cache"
        found.mkdir(exist_ok=True)
        return found


@pytest.fixture
def runs(tmp_path, monkeypatch):
    return Runs(tmp_path, monkeypatch)


def pack(run, name=NAME, content=b"packed"):
    (run / name).write_bytes(content)


def test_a_run_gets_what_another_has_packed(runs):
    first = runs.begin()
    assert not list(first.iterdir())
    for name in (NAME, *OTHERS):
        pack(first, name)
    payloads.keep()
    second = runs.begin()
    assert [path.name for path in second.iterdir()] == [NAME]
    assert (second / NAME).read_bytes() == b"packed"


def test_what_was_brought_is_not_kept_again(runs):
    pack(runs.begin())
    payloads.keep()
    (kept,) = runs.kept.glob(f"*/{NAME}")
    before = kept.stat()
    second = runs.begin()
    pack(second, NAME.replace("go_workspace", "go_plugin_build"), b"more")
    payloads.keep()
    assert kept.stat().st_ino == before.st_ino
    assert len(list(kept.parent.iterdir())) == 2


@pytest.mark.parametrize("what", ["collection", "ansible", "own module_utils"])
def test_other_sources_get_nothing_of_it(runs, monkeypatch, tmp_path, what):
    own = tmp_path / "module_utils"
    own.mkdir()
    paths = f"{payloads.module_utils_loader.print_paths()}{os.pathsep}{own}"
    monkeypatch.setattr(payloads.module_utils_loader, "print_paths", lambda: paths)
    pack(runs.begin())
    payloads.keep()
    assert list(runs.begin().iterdir())
    if what == "collection":
        monkeypatch.setattr(specification, "digest", lambda: "another")
    elif what == "ansible":
        monkeypatch.setattr(payloads, "ansible_version", "2.99.0")
    else:
        (own / "basic.py").write_text("# a user's own\n")
    assert not list(runs.begin().iterdir())


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o702])
def test_a_folder_into_which_others_write_is_not_trusted(runs, mode):
    pack(runs.begin())
    payloads.keep()
    (folder,) = runs.kept.iterdir()
    folder.chmod(mode)
    assert not list(runs.begin().iterdir())
    folder.chmod(0o700)
    assert list(runs.begin().iterdir())


def test_a_link_is_not_trusted(runs, tmp_path):
    pack(runs.begin())
    payloads.keep()
    (folder,) = runs.kept.iterdir()
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    run = runs.begin()
    assert not list(run.iterdir())
    pack(run, content=b"new")
    payloads.keep()
    assert (tmp_path / "elsewhere" / NAME).read_bytes() == b"packed"


def test_nobody_else_can_read_what_is_kept(runs):
    pack(runs.begin())
    payloads.keep()
    (folder,) = runs.kept.iterdir()
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / NAME).stat().st_mode & 0o777 == 0o600


def test_what_no_run_of_a_week_used_goes(runs, monkeypatch):
    pack(runs.begin())
    payloads.keep()
    (old,) = runs.kept.iterdir()
    monkeypatch.setattr(specification, "digest", lambda: "another")
    pack(runs.begin())
    payloads.keep()
    assert old.exists()
    eight_days_ago = time.time() - 8 * 24 * 3600
    os.utime(old, (eight_days_ago, eight_days_ago))
    pack(runs.begin(), NAME.replace("go_workspace", "go_plugin_build"))
    payloads.keep()
    assert not old.exists()


def test_where_nothing_can_be_kept_ansible_packs_as_ever(runs):
    pathlib.Path(constants.ANSIBLE_HOME).write_text("no folder")
    pack(runs.begin())
    payloads.keep()
    assert not list(runs.begin().iterdir())
