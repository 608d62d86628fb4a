# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running commands: time limits, bounded output, nothing left running, whatever ends this process."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils import _command, _files
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials


def python(code, **options):
    return _command.run([sys.executable, "-c", code], **options)


def test_return_code_and_both_streams_come_back():
    code = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    assert python(code)[1:4] == (3, "out\n", "err\n")


def test_the_memory_of_a_command_is_its_own_and_that_of_its_children():
    """Measured by a small process: until a command begins, it has the memory of the one that starts it, and this one may be large."""
    code = """
import sys
from ansible_collections.goplugins.tyk.plugins.module_utils import _command

large = "len(b'x' * (100 << 20))"
for code in (large, "pass", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"):
    print(_command.run([sys.executable, "-c", code]).peak_memory)
"""
    own, none, childs = map(int, python(code).stdout.split())
    assert own > 100 << 20 and childs > 100 << 20
    # One that was larger does not count for those after it.
    assert 1 << 20 < none < 100 << 20


@pytest.mark.parametrize("by_socket", [False, True])
def test_a_command_ends_when_nobody_waits_for_its_process_any_more(tmp_path, by_socket):
    """As after Ctrl-C, where ssh has no terminal."""
    code = """
import os, sys
from ansible_collections.goplugins.tyk.plugins.module_utils import _command

with _command.stoppable():
    _command.run(["sh", "-c", "echo $$ > pid; mv pid running; sleep 600"], cwd=sys.argv[1], watch=_command.while_awaited())
"""
    ours, theirs = socket.socketpair() if by_socket else (None, None)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=theirs or subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    while not (tmp_path / "running").exists():
        time.sleep(0.02)
    assert process.poll() is None
    for end in (ours, theirs, process.stdout):
        if end:
            end.close()
    assert b"stopped by SIGHUP" in process.communicate(timeout=60)[1]
    pid = int((tmp_path / "running").read_text())
    while runs(pid):
        time.sleep(0.02)


def test_no_shell_sees_the_words():
    assert _command.run([sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; *"]).stdout == "$HOME; *\n"


def test_the_environment_is_replaced():
    code = "import os; print(os.environ.get('HOME'), os.environ['X'])"
    assert python(code, env={"X": "1"}).stdout == "None 1\n"


def test_a_missing_program_is_named():
    with pytest.raises(GoPluginsError, match="cannot start /nowhere/go: No such file"):
        _command.run(["/nowhere/go"])
    assert _command.run(["true"]).rc == 0


def test_words_that_no_program_can_get_are_an_error():
    with pytest.raises(GoPluginsError, match="cannot start echo: embedded null byte"):
        _command.run(["echo", "a\0b"])


def test_check_raises_with_the_programs_own_words():
    completed = _command.Completed(["go", "build"], 1, "", "no such package\n")
    with pytest.raises(GoPluginsError, match="go build failed: no such package") as caught:
        _command.check("go build failed", completed)
    assert caught.value.details["rc"] == 1


def test_credentials_are_masked_in_errors_and_nowhere_else():
    """What git and go print is data: a path, a setting. Masked, it would be another one."""
    completed = python("print('https://u:secret@h token=x1')")
    assert completed.stdout == "https://u:secret@h token=x1\n"
    assert completed.details()["stdout"].startswith("https://***@h")


# --- The time limit


def test_a_command_that_does_not_end_is_stopped_with_its_children(tmp_path):
    alive = tmp_path / "alive"
    child = f"import time; time.sleep(3); open({str(alive)!r}, 'w')"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    with pytest.raises(GoPluginsError, match="did not end within 1 seconds"):
        python(parent, timeout=1)
    time.sleep(3.5)
    assert not alive.exists()


def test_every_command_has_a_limit_that_the_environment_changes(monkeypatch):
    assert _command.limit() == 3600
    monkeypatch.setenv("GOPLUGINS_TIMEOUT", "0.5")
    with pytest.raises(
        GoPluginsError, match=r"sh did not end within 0.5 seconds and was stopped; the last that it said: asking proxy"
    ) as caught:
        _command.run(["sh", "-c", "echo first; echo asking proxy; exec sleep 60"])
    assert "GOPLUGINS_TIMEOUT=" in caught.value.fix
    assert caught.value.details["stdout"] == "first\nasking proxy\n"
    assert _command.run(["sleep", "0.8"], timeout=10).rc == 0


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf"])
def test_a_limit_that_is_no_number_of_seconds_is_refused(monkeypatch, value):
    monkeypatch.setenv("GOPLUGINS_TIMEOUT", value)
    with pytest.raises(GoPluginsError, match=f"GOPLUGINS_TIMEOUT is '{value}', not a number of seconds"):
        _command.run(["true"])


def test_a_command_may_clean_up_before_it_is_killed(tmp_path):
    lock = tmp_path / "lock"
    with pytest.raises(GoPluginsError):
        _command.run(["sh", "-c", f'trap "rm {lock}; exit" TERM; : > {lock}; while :; do sleep 0.05; done'], timeout=0.5)
    assert not lock.exists()


def test_a_command_that_cannot_be_asked_to_end_is_killed():
    started = time.monotonic()
    with pytest.raises(GoPluginsError):
        _command.run(["sh", "-c", 'trap "" TERM; while :; do sleep 0.1; done'], timeout=0.3)
    assert time.monotonic() - started < 3


ESCAPED = "import os, sys, time; os.fork() and sys.exit(print('done')); {leave}; time.sleep(20)"


@pytest.mark.parametrize("leave", ["pass", "os.setsid()"])
def test_the_commands_own_end_counts_whoever_holds_its_streams(leave):
    started = time.monotonic()
    completed = python(ESCAPED.format(leave=leave), timeout=15)
    assert (completed.rc, completed.stdout) == (0, "done\n")
    assert time.monotonic() - started < 5


def test_the_limit_is_kept_whoever_holds_the_streams():
    started = time.monotonic()
    with pytest.raises(GoPluginsError, match="did not end within 1 seconds"):
        python("import os, time; os.fork() or os.setsid(); time.sleep(20)", timeout=1)
    assert time.monotonic() - started < 5


def test_the_limit_is_kept_for_a_command_that_closed_its_streams():
    with pytest.raises(GoPluginsError, match=r"did not end within 0\.5 seconds"):
        python("import os, time; os.closerange(0, 3); time.sleep(20)", timeout=0.5)


def test_nothing_of_the_group_runs_on_after_the_end():
    completed = _command.run(["sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!"])
    assert not runs(int(completed.stdout))


def test_what_a_child_writes_right_after_the_end_is_read():
    assert _command.run(["sh", "-c", "(sleep 0.1; echo late) &"]).stdout == "late\n"


# --- Output


def test_endless_output_is_cut_in_the_middle(monkeypatch):
    monkeypatch.setattr(_command, "_KEPT_BYTES", 1000)
    completed = python("print('a' * 150_000 + 'b' * 150_000)")
    assert completed.stdout.startswith("aaa") and completed.stdout.endswith("bbb\n")
    assert "[... 299001 bytes left out ...]" in completed.stdout
    assert len(completed.stdout) < 1100


def test_only_whole_lines_are_left_where_output_is_cut(monkeypatch):
    monkeypatch.setattr(_command, "_KEPT_BYTES", 1000)
    text = mask_credentials(python("for i in range(1000): print('https://u:secret@h/%d' % i)").stdout)
    assert "secret" not in text and "https://***@h/0\n" in text and "https://***@h/999\n" in text


def test_output_is_bounded_while_it_is_read():
    """Not only what comes back: half a gigabyte would fill the memory before."""
    code = (
        "import tracemalloc\n"
        "from ansible_collections.goplugins.tyk.plugins.module_utils import _command\n"
        "tracemalloc.start()\n"
        "text = _command.run(['sh', '-c', 'yes 0123456789abcde | head -c 500000000; echo end']).stdout\n"
        "assert text.startswith('0123456789abcde\\n') and text.endswith('end\\n') and len(text) < 8_100_000\n"
        "print(tracemalloc.get_traced_memory()[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    # Bytes, at the peak.
    assert int(done.stdout) < 80_000_000


def test_an_error_holds_no_more_than_can_be_read():
    details = _command.Completed(["x"], 1, "o" * 100_000, "e").details()
    assert len(details["stdout"]) < 41_000
    assert details["stderr"] == "e"


# --- The end of this process

RUN = """
import sys, time
from ansible_collections.goplugins.tyk.plugins.module_utils import _command, _files
with {around}:
    _command.run(["sh", "-c", "(exec sleep 61) & echo $! $$ > {pids}.new; mv {pids}.new {pids}; exec sleep 60"])
"""


@pytest.fixture
def running(tmp_path):
    """running(around) -> (process, pids): a process that runs a command with a child; the pids of those two."""
    processes = []

    def start(around="_command.stoppable()"):
        pids = tmp_path / "pids"
        code = RUN.format(around=around, pids=pids)
        processes.append(subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        until = time.monotonic() + 20
        while not pids.exists() and time.monotonic() < until:
            time.sleep(0.02)
        return processes[-1], [int(pid) for pid in pids.read_text().split()]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def are_gone(pids, seconds=5.0):
    until = time.monotonic() + seconds
    while any(runs(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def runs(pid):
    """A zombie does not: some containers have nobody who collects them."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_commands_and_then_this_process(running, number):
    process, pids = running()
    assert all(runs(pid) for pid in pids)
    process.send_signal(number)
    output = process.communicate(timeout=10)[0].decode()
    assert f"Stopped: stopped by {number.name}" in output
    assert not any(runs(pid) for pid in pids)


def test_a_killed_process_takes_its_commands_with_it(running):
    process, pids = running()
    process.kill()
    assert are_gone(pids)


def test_a_kill_of_the_whole_process_group_does_too(running, tmp_path):
    process, pids = running()
    # As a terminal or a time limit around it would; the test itself is in that group too, so only what is not.
    members = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
    assert all(os.getpgid(int(pid)) != os.getpgid(process.pid) for pid in members)
    process.kill()
    assert are_gone(pids)


# It cleans up for a while when it is asked to end. dash says of each child that it was ended, to a pipe that is closed by then.
CLEANING = 'exec 2>/dev/null; trap "sleep 0.3; echo end > end; exit" TERM; : > up; while :; do sleep 0.05; done'


def test_the_lock_of_a_killed_process_lasts_as_long_as_its_commands(tmp_path):
    lock = tmp_path / "lock"
    code = (
        "import os\n"
        "from ansible_collections.goplugins.tyk.plugins.module_utils import _command, _files\n"
        f"with _files.locked({str(lock)!r}):\n"
        "    _command.run(['true'])\n"
        f"    _command.run(['sh', '-c', {CLEANING!r}], cwd={str(tmp_path)!r})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    while not (tmp_path / "up").exists():
        time.sleep(0.02)
    process.kill()
    process.wait()
    with open(lock, "a") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_EX)
    assert (tmp_path / "end").read_text() == "end\n"


def test_a_daemon_that_a_command_leaves_behind_holds_no_lock(tmp_path):
    lock = tmp_path / "lock"
    with _files.locked(str(lock)):
        pid = int(
            python("import os, sys, time; p = os.fork()\nif p: sys.exit(print(p))\nos.setsid(); os.closerange(0, 3); time.sleep(30)").stdout
        )
    try:
        assert runs(pid)
        with open(lock, "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.kill(pid, signal.SIGKILL)


def test_no_command_is_lost_whenever_the_process_is_killed(tmp_path):
    """Also between two commands, and while one is being started."""
    marker = f"{os.getpid()}.{time.monotonic_ns()}"
    code = (
        "from ansible_collections.goplugins.tyk.plugins.module_utils import _command\n"
        f"while True:\n    _command.run(['sh', '-c', ': {marker}; sleep 0.01; sleep 30 & sleep 0.01; exit'])\n"
    )
    for number in range(25):
        process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
        time.sleep(0.3 + number * 0.0037)
        process.kill()
        process.wait()
    time.sleep(2)
    found = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    assert [line for line in found.splitlines() if marker in line] == []


def test_a_watcher_that_somebody_ended_is_replaced():
    _command.run(["true"])
    os.kill(_command._watchers._current.pid, signal.SIGKILL)
    time.sleep(0.1)
    assert _command.run(["echo", "x"]).stdout == "x\n"


def test_commands_of_several_threads_end_with_a_signal_too():
    code = (
        "import concurrent.futures, os, threading, time\n"
        "from ansible_collections.goplugins.tyk.plugins.module_utils import _command\n"
        "threading.Timer(0.5, os.kill, (os.getpid(), 15)).start()\n"
        "with _command.stoppable(), concurrent.futures.ThreadPoolExecutor(2) as pool:\n"
        "    list(pool.map(lambda _number: _command.run(['sleep', '60']), range(5)))\n"
    )
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert "Stopped: stopped by SIGTERM" in done.stderr and time.monotonic() - started < 10


def test_a_lock_that_one_thread_takes_ends_no_command_of_another(tmp_path):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(_command.run(["sleep", "0.6"]).rc))
    thread.start()
    time.sleep(0.2)
    with _files.locked(str(tmp_path / "lock")):
        _command.run(["true"])
    thread.join()
    assert codes == [0]


def test_an_ignored_signal_stays_ignored():
    code = (
        "import os, signal\n"
        "from ansible_collections.goplugins.tyk.plugins.module_utils import _command\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with _command.stoppable():\n    os.kill(os.getpid(), signal.SIGHUP)\nprint('on')\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "on\n"


def test_handlers_are_as_before_afterwards():
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)]
    with _command.stoppable(), pytest.raises(_command.Stopped, match="stopped by SIGTERM"):
        os.kill(os.getpid(), signal.SIGTERM)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)] == before


def test_the_lines_of_stderr_are_handed_on_while_the_command_runs(tmp_path):
    """It waits for what the watching does upon its first line."""
    heard, gate = [], tmp_path / "gate"
    code = f"""
import os, sys, time
sys.stderr.write("one\\ntw"); sys.stderr.flush()
while not os.path.exists({str(gate)!r}): time.sleep(0.01)
print("no line of stderr"); sys.stderr.write("o\\nrest")
"""

    def watch(lines):
        heard.extend(lines)
        if heard == ["one"]:
            gate.touch()

    completed = python(code, watch=watch)
    # What is no whole line is no line, and everything is kept.
    assert (heard, completed.stderr) == (["one", "two"], "one\ntwo\nrest")


def test_a_silent_command_is_watched_too_and_ended_by_what_the_watching_raises():
    class Enough(Exception):
        pass

    looks = []

    def watch(lines):
        looks.append(lines)
        if len(looks) == 3:
            raise Enough

    with pytest.raises(Enough):
        python("import time; time.sleep(3600)", watch=watch)
    assert looks == [[], [], []]


def test_a_line_without_end_is_not_kept_for_the_watching():
    heard = []
    python("import sys; sys.stderr.write('x' * 1_000_000 + '\\n')", watch=heard.extend)
    assert len(heard) == 1 and len(heard[0]) <= 64_000 + (1 << 16)
