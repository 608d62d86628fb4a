# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports on the controller: written where something changed, and only over reports."""

from __future__ import annotations

import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.plugin_utils import overview, report_files

FIRST, LATER = "2026-01-31T12:00:00Z", "2026-02-01T12:00:00Z"


def found(verdict="loads", bad=False):
    row = {"host": "h", "plugin": "p", "gateway": "v1", "target": "t", "verdict": verdict, "bad": bad, "cause": "why" if bad else ""}
    return overview.of_rows("build_plugins", [row], True)


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "new" / "report")


def test_the_same_is_not_written_again_and_keeps_its_time(folder):
    paths = [os.path.join(folder, f"r.{ending}") for ending in ("html", "xml", "md")]
    assert report_files.write(folder, "r", found(), FIRST) == paths
    before = [os.stat(path) for path in paths]
    assert report_files.write(folder, "r", found(), LATER) == []
    assert [(one.st_ino, one.st_mtime_ns) for one in map(os.stat, paths)] == [(one.st_ino, one.st_mtime_ns) for one in before]


def test_what_changed_has_a_new_time_in_all_files(folder):
    report_files.write(folder, "r", found(), FIRST)
    written = report_files.write(folder, "r", found("fails", True), LATER)
    assert len(written) == 3
    for path in written:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        assert LATER.rstrip("Z") in text and FIRST not in text


def test_a_file_that_is_gone_or_was_changed_is_written_with_all_of_them(folder):
    html, xml, _md = report_files.write(folder, "r", found(), FIRST)
    os.unlink(xml)
    with open(html, "a", encoding="utf-8") as file:
        file.write("more")
    assert len(report_files.write(folder, "r", found(), LATER)) == 3
    assert report_files.write(folder, "r", found(), LATER) == []


def test_check_mode_says_what_it_would_write(folder):
    assert len(report_files.write(folder, "r", found(), FIRST, check_mode=True)) == 3
    assert not os.path.exists(folder)


def test_what_is_somebody_elses_stays(folder):
    os.makedirs(folder)
    for name, make in (
        ("file", lambda path: open(path, "w").close()),
        ("folder", os.mkdir),
        ("link", lambda path: os.symlink("/etc/hostname", path)),
    ):
        path = os.path.join(folder, f"{name}.md")
        make(path)
        with pytest.raises(GoPluginsError, match="is no report of this collection"):
            report_files.write(folder, name, found(), FIRST)
        assert os.listdir(folder) == [f"{name}.md"]
        os.rmdir(path) if os.path.isdir(path) else os.unlink(path)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a.b", "x" * 101, "a\n"])
def test_a_name_leads_nowhere_else(folder, name):
    with pytest.raises(GoPluginsError, match="no name for the files"):
        report_files.write(folder, name, found(), FIRST)


def test_a_folder_that_cannot_be_is_known_before(tmp_path):
    (tmp_path / "file").write_text("")
    assert report_files.problem(str(tmp_path / "new" / "deep")) == ""
    said = report_files.problem(str(tmp_path / "file" / "report"))
    assert f"{tmp_path}/file is not a folder" in said and f"ls -ld {tmp_path}/file" in said


def test_a_folder_that_may_not_be_written_is_known_before(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, how: False)
    assert f"you may not write to {tmp_path}." in report_files.problem(str(tmp_path / "new"))
