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
                self.no_log_values = {options[name] for name in ("source",) if name in options}
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


def test_whatever_a_module_meets_is_an_answer(run):
    failed, answer = run(raising(ValueError("embedded null byte")))
    assert failed and "null byte" in answer["msg"]
    failed, answer = run(raising(KeyError("x")))
    assert failed and "KeyError" in answer["msg"] and "Traceback" not in answer["msg"] and "raise error" in answer["exception"]


def test_a_result_and_the_arguments_are_shown_without_secrets_and_control_characters(run):
    source = "https://u:hunter2@h/\x1b"
    given = {}

    def work(module):
        given["module"] = module
        return {"a\x1b": ["\udcff", source], "diff": {"before": source}, "warnings": [source]}

    failed, answer = run(work, diff=True, source=source)
    assert (failed, answer) == (
        False,
        {
            "changed": False,
            "a\\x1b": ["\\xff", "https://***@h/\\x1b"],
            "diff": {"before": "https://***@h/\\x1b"},
            "warnings": ["https://***@h/\\x1b"],
        },
    )
    module = given["module"]
    assert module.params == {"source": "https://***@h/\\x1b"}
    assert module.no_log_values == {"hunter2"}


def test_nobody_else_may_write_to_what_is_made(run, tmp_path):
    before = os.umask(0)
    try:
        run(lambda _module: ((tmp_path / "made").write_text("") and {}) or {})
        assert (tmp_path / "made").stat().st_mode & 0o777 == 0o644
        os.umask(0o077)
        run(lambda _module: ((tmp_path / "private").write_text("") and {}) or {})
        assert (tmp_path / "private").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_the_environment_that_was_given_counts(run, monkeypatch):
    monkeypatch.setenv("GOPROXY", "off")
    monkeypatch.delenv("GOX", raising=False)
    assert run(lambda _module: {"seen": [os.environ["GOPROXY"], os.environ["GOX"]]}, environment={"GOPROXY": "direct", "GOX": 1})[1] == {
        "changed": False,
        "seen": ["direct", "1"],
    }
    monkeypatch.delenv("GOX")
