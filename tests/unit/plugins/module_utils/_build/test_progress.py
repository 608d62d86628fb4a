# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a build is: the lines of go -v, the total, and the file. A real build is in the integration tests."""

from __future__ import annotations

import json
import threading

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import progress
from ansible_collections.goplugins.tyk.plugins.module_utils._command import Completed
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError

BUILD = {"what": "plugin p", "target": "linux/amd64"}


def watch_in(folder, remaining=lambda _watch: "", after=0.0, modules=()):
    return progress.Watch(progress.Seen("t0k", after), str(folder), BUILD, modules, remaining)


def state_in(folder):
    return json.loads((folder / "progress.t0k").read_text())


@pytest.mark.parametrize("line", ["fmt", "internal/abi", "vendor/golang.org/x/net/idna", "github.com/a/b.v2", "gopkg.in/x~y+z", "MyPlugin"])
def test_a_package_is_known_by_its_line(tmp_path, line):
    assert watch_in(tmp_path, modules=["MyPlugin"]).is_package(line)


@pytest.mark.parametrize(
    "line",
    [
        "# m/p",
        "./main.go:4:12: undefined: x",
        "Killed",
        "",
        "\thave (int)",
        "go: downloading a v1.0.0",
        "/usr/bin/ld: cannot find -lx",
        "^~~~",
    ],
)
def test_what_else_go_says_is_no_package(tmp_path, line):
    assert not watch_in(tmp_path).is_package(line)


def test_what_is_wrong_is_left_without_the_packages(tmp_path):
    said = "fmt\nm/p\n# m/p\n./main.go:4:12: undefined: x\n"
    completed = Completed(["go"], 1, "", said)
    assert progress.without_packages(completed, watch_in(tmp_path)).stderr == "# m/p\n./main.go:4:12: undefined: x\n"
    assert progress.without_packages(completed, None) == completed
    # A word alone looks like a package.
    assert progress.without_packages(completed._replace(stderr="broken\n"), watch_in(tmp_path)).stderr == "broken\n"


def test_a_short_build_writes_no_file_and_asks_for_nothing(tmp_path):
    watch = watch_in(tmp_path, remaining=lambda _watch: pytest.fail("asked"), after=3600)
    watch(["fmt"])
    watch.end()
    assert list(tmp_path.iterdir()) == []


def test_the_file_says_how_far_it_is_and_goes_away(tmp_path):
    asked = threading.Event()

    def remaining(_watch):
        asked.wait()
        return "m/a\n\nm/b\nm/p\n"

    watch = watch_in(tmp_path, remaining)
    watch(["fmt", "m/a", "# m/a"])
    told = state_in(tmp_path)
    assert (told.pop("seconds") >= 0, told) == (True, {**BUILD, "phase": "compile", "done": 2, "of": None})
    asked.set()
    watch._asking.join()
    assert watch.state(0)["of"] == 4 and watch.state(0)["phase"] == "compile"
    # The last package is linked, whatever became of those before it.
    watch(["m/p"])
    assert (watch.state(0)["done"], watch.state(0)["phase"]) == (3, "link")
    watch.end()
    assert list(tmp_path.iterdir()) == []


def test_nothing_left_to_compile_is_linking(tmp_path):
    watch = watch_in(tmp_path)
    watch([])
    watch._asking.join()
    assert (watch.state(0)["phase"], watch.state(0)["of"]) == ("link", 0)


def test_a_question_without_an_answer_changes_nothing(tmp_path):
    def remaining(_watch):
        raise GoPluginsError("go list failed")

    watch = watch_in(tmp_path, remaining)
    watch(["fmt"])
    watch._asking.join()
    assert watch.state(0)["of"] is None


def test_the_question_ends_with_the_build(tmp_path):
    """Whatever go list still does: a build that has ended waits for nothing."""
    over = threading.Event()

    def remaining(watch):
        while True:
            over.wait(0.01)
            watch([])

    with progress.watched(progress.Seen("t0k", 0), str(tmp_path), BUILD, (), remaining) as watch:
        watch([])
    assert not watch._asking.is_alive()


def test_a_full_disk_is_no_reason_to_stop(tmp_path):
    watch = watch_in(tmp_path / "missing")
    watch(["fmt"])
    watch.end()


def test_a_token_names_a_file_of_that_folder():
    assert progress.file_name("../../etc/passwd") == "progress.passwd"
    assert progress.words(None) == ()
