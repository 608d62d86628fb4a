# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running other programs: argv lists only, a time limit, bounded output, nothing left running behind.

Each command leads a process group of its own, and when the command has ended, the group is ended too. That holds for every end of this
process: SIGTERM, SIGHUP and SIGINT become an exception (C(stoppable)), and after SIGKILL a watcher does it, a process that notices that
this one is gone. The watcher also holds the locks of this process (C(held)) until then. So nobody gets a lock while something still
works under it, and a daemon that a command leaves behind (an agent of ssh, a server of ccache) holds none.

Commands may run in several threads, while the main thread waits for them.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import selectors
import signal
import subprocess
import sys
import threading
import time
import types
import typing as t

from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError, mask_credentials

# Seconds for a command, and for a wait for a lock, where the caller names none; and the variable of the environment that changes it. A
# gateway that is compiled for the first time on a small machine takes half an hour.
_LIMIT = 3600.0
LIMIT_VARIABLE = "GOPLUGINS_TIMEOUT"

# A line of stderr that is longer is handed on as its end.
_LONGEST_LINE = 64_000

# What is kept of each output stream, and what of it goes into an error: the first part names the cause, the last part the end.
_KEPT_BYTES = 8_000_000
_SHOWN_CHARACTERS = 40_000

# Seconds between two looks at a command that says nothing.
_LOOK = 0.05
# Seconds that its children may go on writing after a command has ended.
_AFTERMATH = 0.5
# Seconds from SIGTERM, upon which git removes its lock files, to SIGKILL, and from that to giving up on what the kernel does not let go.
_TO_KILL = 1.0
_TO_GO = 0.5

_STOPPING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


Watch = t.Callable[[t.List[str]], None]


class Completed(t.NamedTuple):
    """What a finished command said, unchanged, as it may be data. argv: list of str; rc: int (negative: killed by that signal).

    peak_memory: bytes that the largest of its processes had in memory at once, 0 where the system does not say.
    """

    argv: list[str]
    rc: int
    stdout: str
    stderr: str
    peak_memory: int = 0

    def details(self) -> dict[str, t.Any]:
        """For C(GoPluginsError(**details)): cmd, rc, stdout, stderr. Masked before they are cut: half a URL shows no password."""
        stdout, stderr = (_shortened(mask_credentials(stream), _SHOWN_CHARACTERS) for stream in (self.stdout, self.stderr))
        return {"cmd": self.argv, "rc": self.rc, "stdout": stdout, "stderr": stderr}


class Unstarted(GoPluginsError):
    """The program is missing, or cannot be started."""


class Stopped(BaseException):
    """A signal asked this process to end. No C(Exception): what goes on after an error must not go on after this."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")


def limit() -> float:
    """Seconds that a command may take, and that a lock is waited for, unless the caller says otherwise. Raises GoPluginsError."""
    return limit_of(os.environ.get(LIMIT_VARIABLE, ""))


def limit_of(text: str) -> float:
    """The seconds that C(text) says, as C(limit()) has them. Raises GoPluginsError."""
    try:
        seconds = float(text or _LIMIT)
    except ValueError:
        seconds = 0.0
    # Not a number compares as false too.
    if not 0 < seconds < 1e9:
        raise GoPluginsError(f"{LIMIT_VARIABLE} is {text!r}, not a number of seconds", f"{LIMIT_VARIABLE}={_LIMIT:.0f}")
    return seconds


def more_time(seconds: float) -> str:
    """The fix for what took longer than the limit."""
    return f"set {LIMIT_VARIABLE}={2 * seconds:.0f} in the environment of the task (tyk_go_environment) if it needs more time"


def run(
    argv: t.Sequence[str],
    *,
    cwd: str | None = None,
    env: t.Mapping[str, str] | None = None,
    timeout: float | None = None,
    watch: Watch | None = None,
) -> Completed:
    """Run C(argv) to its end, whatever its return code. The end of the command counts, not that of its children: they are ended with it.

    env replaces the whole environment (None: inherit). timeout: seconds (None: C(limit())); then the whole process group is ended.
    Of each stream the beginning and the end are kept, 8 MB together; the text says how much is left out between them.
    watch: called many times a second, while the command runs, with the lines that it has written to stderr since, or none. What it raises
    ends the command.
    Raises GoPluginsError if the program is missing, cannot be started, or does not end in time.
    """
    command = [str(word) for word in argv]
    seconds = limit() if timeout is None else timeout
    with _signals.held_back(), _watchers.watching() as watcher:
        process = _Process(command, cwd, env, watcher)
        output = _Output(process, watch)
        in_time = False
        try:
            _signals.let_through()
            in_time = output.follow(time.monotonic() + seconds)
        finally:
            _signals.hold_back()
            process.end()
            output.close()
            watcher.forget(process.pid)
    stdout, stderr = output.texts()
    if in_time:
        return Completed(command, process.returncode, stdout, stderr, process.peak_memory)
    last = (stderr.strip() or stdout.strip()).splitlines()[-1:]
    raise GoPluginsError(
        f"{os.path.basename(command[0])} did not end within {seconds:g} seconds and was stopped"
        + (f"; the last that it said: {_shortened(last[0], 300)}" if last else ""),
        more_time(seconds) if timeout is None else None,
        **Completed(command, -signal.SIGKILL, stdout, stderr).details(),
    )


def while_awaited(watch: Watch | None = None) -> Watch:
    """A watch that ends the command as SIGHUP does, once nobody reads what this process says: without a terminal, ssh sends no signal."""
    output = select.poll()
    output.register(1, 0)

    def watch_both(lines: list[str]) -> None:
        # poll(2): of a pipe without a reader, and of a socket whose other end is closed.
        if any(event & (select.POLLERR | select.POLLHUP) for _descriptor, event in output.poll(0)):
            raise Stopped(signal.SIGHUP)
        if watch:
            watch(lines)

    return watch_both


def check(message: str, completed: Completed, fix: str | None = None) -> Completed:
    """Return C(completed), or raise GoPluginsError(message + the program's own words) if it failed."""
    if completed.rc == 0:
        return completed
    words = completed.stderr.strip() or completed.stdout.strip() or f"return code {completed.rc}"
    raise GoPluginsError(f"{message}: {words}", fix, **completed.details())


@contextlib.contextmanager
def held(descriptor: int) -> t.Iterator[None]:
    """Let the watcher hold this open lock too, while commands run under it. The lock is to be released with LOCK_UN, not by closing."""
    _watchers.locks.append(descriptor)
    # The one that is there was started before, and does not have it.
    _watchers.retire()
    try:
        yield
    finally:
        _watchers.locks.remove(descriptor)


@contextlib.contextmanager
def adopting() -> t.Iterator[None]:
    """For commands that run a stranger's code: what they leave running at the end of this block is ended, in a session of its own too.

    On Linux. Elsewhere only what stays in the group of its command.
    """
    if not _adopt_orphans(True):
        yield
        return
    try:
        yield
    finally:
        until = time.monotonic() + _TO_KILL
        while time.monotonic() < until:
            left = _children() - _watchers.pids()
            if not left:
                break
            for pid in left:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
        _adopt_orphans(False)


def _adopt_orphans(wanted: bool) -> bool:
    """Become the parent of all orphans that come of this process, or no more. Whether the system can do that (Linux, prctl(2))."""
    if not sys.platform.startswith("linux"):
        return False
    # Only this needs it, and it takes longer than the rest of this file.
    import ctypes

    set_child_subreaper = 36
    try:
        return bool(ctypes.CDLL(None).prctl(set_child_subreaper, int(wanted), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _children() -> set[int]:
    """The children of this process (proc(5): pid, name in parentheses, state, parent)."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                if int(file.read().rpartition(")")[2].split()[1]) == os.getpid():
                    found.add(int(entry))
    return found


@contextlib.contextmanager
def stoppable() -> t.Iterator[None]:
    """In this block SIGTERM, SIGHUP and SIGINT raise Stopped, once, so that commands are ended and temporary files removed.

    A signal that the caller ignores, as nohup does, stays ignored.
    """
    former = {number: signal.getsignal(number) for number in _STOPPING}
    try:
        for number, handler in former.items():
            if handler != signal.SIG_IGN:
                signal.signal(number, _signals.receive)
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        _signals.received = None


class _Signals:
    """A signal may come at any point; a command that was just started must first be known to those who end it.

    Python calls handlers in the main thread; what waits for a command in another looks at C(received) instead.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._held_back = False

    def receive(self, number: int, _frame: types.FrameType | None) -> None:
        """The handler. Only the first signal counts: a second one must not end the cleaning up."""
        if self.received is None:
            self.received = number
            if not self._held_back:
                raise Stopped(number)

    @contextlib.contextmanager
    def held_back(self) -> t.Iterator[None]:
        """No signal interrupts this block, but where it says C(let_through)."""
        self.hold_back()
        try:
            yield
        finally:
            self.let_through()

    def hold_back(self) -> None:
        """Let none interrupt what follows, up to C(let_through)."""
        if threading.current_thread() is threading.main_thread():
            self._held_back = True

    def let_through(self) -> None:
        """Raise Stopped now if a signal came."""
        if threading.current_thread() is threading.main_thread():
            self._held_back = False
        if self.received is not None:
            raise Stopped(self.received)


class _Watcher:
    """The process that ends the commands of this one when this one is gone. It reads a pipe: the groups that run, one a line, and with a
    minus those that have ended. Its end of file means that this process is gone, or needs the watcher no more."""

    def __init__(self, locks: t.Sequence[int]) -> None:
        self.commands = 0
        reader, self.pipe = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                _watch(reader, locks)
            finally:
                os._exit(0)
        os.close(reader)

    def forget(self, group: int) -> None:
        """A command has ended."""
        # Somebody may have ended the watcher.
        with contextlib.suppress(OSError):
            os.write(self.pipe, b"-%d\n" % group)

    def has_ended(self, options: int = os.WNOHANG) -> bool:
        try:
            return os.waitpid(self.pid, options) != (0, 0)
        except ChildProcessError:
            # It is that of the process from which this one was forked, or the system collects all that end.
            return True

    def stop(self) -> None:
        """End it, and with it whatever it knows."""
        os.close(self.pipe)
        self.has_ended(0)


class _Watchers:
    """The watcher for the next command, and the locks that it is to hold. One that lacks a later lock ends with its last command."""

    def __init__(self) -> None:
        self.locks: list[int] = []
        self._current: _Watcher | None = None
        self._mutex = threading.Lock()

    @contextlib.contextmanager
    def watching(self) -> t.Iterator[_Watcher]:
        """A watcher that knows what is started in this block, and all locks of this process."""
        with self._mutex:
            if self._current is None or self._current.has_ended():
                self._current = _Watcher(self.locks)
            watcher = self._current
            watcher.commands += 1
        try:
            yield watcher
        except Unstarted:
            # It may know a group that never came to be, and whose number may become another's.
            self.retire()
            raise
        finally:
            with self._mutex:
                watcher.commands -= 1
                if watcher is not self._current and not watcher.commands:
                    watcher.stop()

    def pids(self) -> set[int]:
        """The process of the watcher, if there is one."""
        return {self._current.pid} if self._current else set()

    def retire(self) -> None:
        """Let the next command have another watcher."""
        with self._mutex:
            former, self._current = self._current, None
            if former and not former.commands:
                former.stop()


_signals = _Signals()
_watchers = _Watchers()


def _watch(pipe: int, locks: t.Sequence[int]) -> None:
    """The whole life of the watcher, in a process of its own that keeps nothing open but the pipe and the locks."""
    os.setsid()
    for number in _STOPPING:
        signal.signal(number, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    for name in os.listdir("/dev/fd"):
        if int(name) > 2 and int(name) not in (pipe, *locks):
            with contextlib.suppress(OSError):
                os.close(int(name))
    groups: set[int] = set()
    rest = b""
    while True:
        data = os.read(pipe, 4096)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            group = int(line)
            (groups.add if group > 0 else groups.discard)(abs(group))
    for group in groups:
        _signal(group, signal.SIGTERM)
    if not _are_gone(groups, _TO_KILL):
        for group in groups:
            _signal(group, signal.SIGKILL)
        _are_gone(groups, _TO_GO)


if t.TYPE_CHECKING:
    _Popen = subprocess.Popen[bytes]
else:
    # Python 3.8 cannot subscript it.
    _Popen = subprocess.Popen


class _Process(_Popen):
    """A command in a group of its own that the watcher knows. C(AnsibleModule.run_command) has no time limit and ends no children.

    peak_memory: bytes, known once it has ended, 0 where the system does not say.
    """

    def __init__(self, command: list[str], cwd: str | None, env: t.Mapping[str, str] | None, watcher: _Watcher) -> None:
        self.peak_memory = 0
        try:
            super().__init__(
                command,
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                # The new process itself, before it becomes the command: so none is started that the watcher does not know.
                preexec_fn=lambda: os.write(watcher.pipe, b"%d\n" % os.getpid()),
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise Unstarted(f"cannot start {command[0]}: {getattr(error, 'strerror', '') or error}", cmd=command) from error

    def has_ended(self) -> bool:
        """Whether it has; then also what it took, which the system says once, and only to who waits for it in this way."""
        if self.returncode is None:
            try:
                pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            except ChildProcessError:
                # The system collects all that end.
                return self.poll() is not None
            if pid:
                self.returncode = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
                self.peak_memory = _peak_memory(usage)
        return self.returncode is not None

    def end(self) -> None:
        """End it if it still runs, and all that is left of its group."""
        if self.poll() is None:
            _signal(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(_TO_KILL)
        if _signal(self.pid, signal.SIGKILL):
            # What the kernel does not let go, as on a dead network disk, is not waited for.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(_TO_GO)
            _are_gone({self.pid}, _TO_GO)


class _Kept:
    """The beginning and the end of a stream; what was between them is only counted."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def add(self, data: bytes) -> None:
        self._total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * self._half:
            del self._tail[: -self._half]

    def text(self) -> str:
        head, tail = bytes(self._head), bytes(self._tail[-self._half :])
        between = b""
        if len(head) + len(tail) < self._total:
            # Whole lines: half a URL does not show that it holds a password.
            head = head[: head.rfind(b"\n") + 1] or head
            tail = tail[tail.find(b"\n") + 1 :] or tail
            between = b"\n[... %d bytes left out ...]\n" % (self._total - len(head) - len(tail))
        return (head + between + tail).decode("utf-8", "replace")


class _Heard(_Kept):
    """A stream whose lines are handed on too, while they come."""

    def __init__(self, most: int, watch: Watch) -> None:
        super().__init__(most)
        self._watch = watch
        self._lines: list[bytes] = []
        self._rest = b""

    def add(self, data: bytes) -> None:
        super().add(data)
        *lines, rest = (self._rest + data).split(b"\n")
        self._lines += lines
        self._rest = rest[-_LONGEST_LINE:]

    def hand_on(self) -> None:
        lines, self._lines = self._lines, []
        self._watch([line.decode("utf-8", "replace") for line in lines])


def _peak_memory(usage: resource.struct_rusage) -> int:
    """Bytes (getrusage(2): kilobytes, but on macOS). os.wait4 imports that module too, when this user may not be able to any more."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class _Output:
    """Both streams of a command, read while it runs."""

    def __init__(self, process: _Process, watch: Watch | None) -> None:
        self._process = process
        self._files = (t.cast("t.IO[bytes]", process.stdout), t.cast("t.IO[bytes]", process.stderr))
        self._heard = _Heard(_KEPT_BYTES, watch) if watch else None
        self._kept = (_Kept(_KEPT_BYTES), self._heard or _Kept(_KEPT_BYTES))
        self._selector = selectors.DefaultSelector()
        for file, kept in zip(self._files, self._kept):
            self._selector.register(file, selectors.EVENT_READ, kept)

    def follow(self, deadline: float) -> bool:
        """Read until the command has ended and its children wrote their last, or had the time for it; whether it ended by then."""
        ended = False
        while self._selector.get_map():
            if _signals.received is not None:
                raise Stopped(_signals.received)
            now = time.monotonic()
            if not ended and self._process.has_ended():
                ended, deadline = True, now + _AFTERMATH
            if now >= deadline:
                return ended
            self._read(min(_LOOK, deadline - now))
            if self._heard:
                self._heard.hand_on()
        # It closed both, and may go on.
        while not self._process.has_ended():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            if _signals.received is not None:
                raise Stopped(_signals.received)
            time.sleep(min(_LOOK / 10, left))
        return True

    def close(self) -> None:
        """Take what is still in the pipes, but follow no process that left the group and writes on."""
        until = time.monotonic() + _AFTERMATH
        while time.monotonic() < until and self._read(0):
            pass
        self._selector.close()
        for file in self._files:
            file.close()

    def texts(self) -> tuple[str, str]:
        """stdout and stderr."""
        return self._kept[0].text(), self._kept[1].text()

    def _read(self, seconds: float) -> bool:
        """Wait so long for something to read; whether there was something."""
        if not self._selector.get_map():
            return False
        ready = self._selector.select(seconds)
        for key, _events in ready:
            data = os.read(key.fd, 1 << 16)
            if data:
                key.data.add(data)
            else:
                self._selector.unregister(key.fileobj)
        return bool(ready)


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; whether there is somebody in it."""
    try:
        os.killpg(group, number)
    except OSError:
        return False
    return True


def _are_gone(groups: t.Collection[int], seconds: float) -> bool:
    """Wait so long until nobody is left in these groups; whether nobody is."""
    until = time.monotonic() + seconds
    while any(_signal(group, 0) for group in groups):
        if time.monotonic() >= until:
            return False
        time.sleep(0.005)
    return True


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n[... {len(text) - most} characters left out ...]\n{text[-half:]}"
