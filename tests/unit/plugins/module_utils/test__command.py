# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running commands: time limits, output, nothing left running."""

from __future__ import annotations

import sys
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _command
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


def test_return_code_and_both_streams_come_back():
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert _command.run([sys.executable, "-c", code])[1:] == (3, "out\n", "err\n")


def test_no_shell_sees_the_words():
    assert _command.run([sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; *"]).stdout == "$HOME; *\n"


def test_the_environment_is_replaced():
    code = "import os; print(os.environ.get('HOME'), os.environ['X'])"
    assert _command.run([sys.executable, "-c", code], env={"X": "1"}).stdout == "None 1\n"


def test_a_missing_program_is_named():
    with pytest.raises(GoPluginsError, match="cannot start /nowhere/go: No such file"):
        _command.run(["/nowhere/go"])


def test_a_command_that_does_not_end_is_stopped_with_its_children(tmp_path):
    alive = tmp_path / "alive"
    child = f"import time; time.sleep(3); open({str(alive)!r}, 'w')"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    with pytest.raises(GoPluginsError, match="did not end within 1 seconds"):
        _command.run([sys.executable, "-c", parent], timeout=1)
    time.sleep(3.5)
    assert not alive.exists()


def test_endless_output_is_cut_in_the_middle(monkeypatch):
    monkeypatch.setattr(_command, "_KEPT_CHARACTERS", 1000)
    completed = _command.run([sys.executable, "-c", "print('a' * 150_000 + 'b' * 150_000)"])
    assert completed.stdout.startswith("aaa") and completed.stdout.endswith("bbb\n") and "characters left out" in completed.stdout
    assert len(completed.stdout) < 1100


def test_an_error_holds_no_more_than_can_be_read():
    details = _command.Completed(["x"], 1, "o" * 100_000, "e").details()
    assert len(details["stdout"]) < 41_000
    assert details["stderr"] == "e"


def test_check_raises_with_the_programs_own_words():
    completed = _command.Completed(["go", "build"], 1, "", "no such package\n")
    with pytest.raises(GoPluginsError, match="go build failed: no such package") as caught:
        _command.check("go build failed", completed)
    assert caught.value.details["rc"] == 1


def test_credentials_in_output_are_masked():
    assert _command.run([sys.executable, "-c", "print('https://u:secret@h')"]).stdout == "https://***@h\n"
