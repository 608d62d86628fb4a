# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way in and out of a module."""

from __future__ import annotations

import errno
import os
import signal

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._module import runner


class Exit(Exception):
    """The module has answered."""


@pytest.fixture
def run(monkeypatch):
    """run(work, diff=False, **options) -> (failed, answer); answer has the warnings if there are any"""

    def call(work, diff=False, **options):
        class Module:
            _diff = diff
            params = options

            def __init__(self, argument_spec, supports_check_mode, **more):
                assert supports_check_mode and argument_spec == {"path": {}} and more == {"mutually_exclusive": []}

            def warn(self, line):
                warnings.append(line)

            def exit_json(self, **answer):
                raise Exit(False, answer)

            def fail_json(self, **answer):
                raise Exit(True, answer)

        warnings = []
        monkeypatch.setattr(runner, "AnsibleModule", Module)
        with pytest.raises(Exit) as exit_:
            runner.run(work, {"path": {}}, writes_to="path", mutually_exclusive=[])
        failed, answer = exit_.value.args
        assert answer.pop("elapsed") >= 0
        return failed, {**answer, **({"warnings": warnings} if warnings else {})}

    return call


def raising(error):
    def work(_module):
        raise error

    return work


def test_a_result_is_answered_with_a_diff_only_where_it_was_asked_for(run):
    result = {"changed": True, "diff": {"after": "x"}}
    assert run(lambda _module: dict(result)) == (False, {"changed": True})
    assert run(lambda _module: dict(result), diff=True) == (False, result)
    assert run(lambda _module: {}) == (False, {"changed": False})


def test_a_result_can_be_a_failure(run):
    assert run(lambda _module: {"failed": True, "msg": "no", "rows": [1]}) == (True, {"msg": "no", "rows": [1]})


def test_errors_are_answers(run):
    assert run(raising(GoPluginsError("no https://u:pw12@h", "do that", rc=3))) == (
        True,
        {"msg": "no https://***@h\nFix: do that", "rc": 3},
    )
    full = OSError(errno.ENOSPC, "No space left on device")
    assert run(raising(full), path="/dev")[1]["msg"] == "/dev: No space left on device\nFix: df -h /dev"
    assert run(raising(full))[1]["msg"] == "No space left on device"


def test_a_signal_is_an_answer_and_comes_once(run):
    cleaned = []

    def work(_module):
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            cleaned.append(True)

    failed, answer = run(work)
    assert (failed, cleaned) == (True, [True])
    assert answer["msg"].startswith("stopped by SIGTERM\nFix: ")


def test_a_long_wait_for_a_lock_is_a_warning(run, monkeypatch):
    monkeypatch.setattr(_files, "_waits", ["waited 7 seconds for x"])
    assert run(lambda _module: {}) == (False, {"changed": False, "warnings": ["waited 7 seconds for x"]})


@pytest.mark.parametrize(
    ("make", "message", "fix"),
    [
        (lambda folder: os.makedirs(folder / "file" / "x"), "{0}/file/x cannot exist, as {0}/file is not a folder", "ls -ld {0}/file"),
        (lambda folder: os.makedirs(folder / "file"), "{0}/file is not a folder", "ls -ld {0}/file"),
        (lambda folder: os.open(folder, os.O_WRONLY), "{0} is a folder, where a file belongs", "ls -ld {0}"),
        (lambda folder: os.open(folder / "no" / "where", os.O_RDONLY), "{0}/no/where: No such file or directory", "ls -ld {0}"),
        (lambda folder: os.open(os.fsencode(folder / "nowhere"), os.O_RDONLY), "{0}/nowhere: No such file or directory", "ls -ld {0}"),
    ],
)
def test_what_the_system_refused_is_named_with_what_shows_why(tmp_path, make, message, fix):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError) as caught:
        make(tmp_path)
    error = runner.from_system(caught.value)
    assert (error.message, error.fix) == (message.format(tmp_path), fix.format(tmp_path))


def test_a_copy_to_a_full_disk_names_the_disk_that_is_full():
    error = OSError(errno.ENOSPC, "No space left on device", "/source", None, "/dev/destination")
    assert runner.from_system(error, "/tmp").as_result()["msg"] == "/dev/destination: No space left on device\nFix: df -h /dev"
