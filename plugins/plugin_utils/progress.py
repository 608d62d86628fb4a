# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees while a build takes its time.

The module runs as any other, to its end, and so ends with its connection. Beside it a thread reads now and then what the module writes of
its progress (C(_build/progress.py)), by a command over a connection of its own.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
import secrets
import shlex
import signal
import threading

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.goplugins.tyk.plugins.module_utils._build.progress import file_name
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import visible
from ansible_collections.goplugins.tyk.plugins.plugin_utils import output

# Connections whose commands are processes of their own, so that one may run beside another.
_TRANSPORTS = ("ssh", "local", "community.docker.docker", "containers.podman.podman", "kubernetes.core.kubectl")

# A line now and then, not one rewritten in place: Ansible prints from other hosts at any moment, and does not know what stands in the
# last line of the terminal. Each pause is half as long again as the one before, up to this.
_LONGEST_PAUSE = 30.0
_GROWTH = 1.5
_LONGEST_WAIT = 86_400.0

# The signals by which Ansible ends a worker.
_ENDING = (signal.SIGINT, signal.SIGTERM)

# The module's file has a few hundred.
_MOST_BYTES = 4000
# A command that hangs is not waited for any longer when the module has ended.
_TO_END = 5.0
# Before so many packages have begun, nobody knows how long the others take.
_ENOUGH = 10


class BuildAction(ActionBase):
    """The controller's part of a module that builds. MODULE: its name."""

    MODULE = ""

    _supports_check_mode = True
    _supports_async = True

    def _build(self, arguments, folder, task_vars):
        """Run the module, as the task has it. folder: where it builds."""
        pause = self._first_pause(arguments)
        if not pause:
            return self._execute(arguments, task_vars, self._task.async_val)
        token = secrets.token_hex(16)
        with self._shown(command(folder, token), host(self._task, task_vars), pause):
            return self._execute({**arguments, "progress_token": token}, task_vars)

    def _execute(self, arguments, task_vars, wrap_async=0):
        return self._execute_module(module_name=self.MODULE, module_args=arguments, task_vars=task_vars, wrap_async=wrap_async)

    def _first_pause(self, arguments):
        """Seconds before the first line; 0 for none at all."""
        task = self._task
        if task.check_mode or task.async_val or task.no_log or self._connection.transport not in _TRANSPORTS or output.is_for_programs():
            return 0
        # What else is given there, the module refuses.
        with contextlib.suppress(TypeError, ValueError):
            if boolean(arguments.get("progress", True)):
                return min(max(0.0, float(arguments.get("progress_interval", 5))), _LONGEST_WAIT)
        return 0

    @contextlib.contextmanager
    def _shown(self, ask, name, pause):
        """In this block, show now and then what the host answers to a command."""
        over, writing = threading.Event(), threading.RLock()
        thread = threading.Thread(target=_show, args=(self._second(), ask, name, pause, over, writing), daemon=True)
        with _ended_between_lines(writing):
            _start_without_signals(thread)
            try:
                yield
            finally:
                over.set()
                thread.join(_TO_END)

    def _second(self):
        """This action over a connection of its own, made before the first has begun: what they know of a running command, and of its
        becoming another user, they keep apart."""
        second = copy.copy(self)
        second._connection = copy.copy(self._connection)
        if second._connection.become:
            second._connection.become = copy.copy(second._connection.become)
        return second


def _start_without_signals(thread):
    """Start a thread that gets no signal by which Ansible ends a worker, or a task that takes too long.

    The kernel gives a signal to any thread that takes it, but Python's handlers run in the main one alone, which would go on waiting for
    the module: Ctrl-C would be lost.
    """
    # A thread starts with the signals blocked that its parent has blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*_ENDING, signal.SIGALRM))
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _ended_between_lines(writing):
    """In this block, a signal that ends this worker waits until no thread writes. writing: held while a thread writes.

    A worker that ends while it writes keeps the lock of the queue to Ansible's main process, which then waits for that lock for ever.
    """

    def wait(number, frame):
        # Not for ever: what does not come to an end is no reason to stay.
        held = writing.acquire(timeout=_TO_END)
        try:
            before[number](number, frame)
        finally:
            if held:
                writing.release()

    before = {}
    # Only the main thread may set handlers, and only it can be interrupted by one.
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in _ENDING if callable(signal.getsignal(number))}
    for number in before:
        signal.signal(number, wait)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(action, ask, name, pause, over, writing):
    while not over.wait(pause):
        # Progress is no reason to fail; a host that is lost, the module's own connection will notice.
        with contextlib.suppress(Exception):
            text = "\n".join(lines(name, action._low_level_execute_command(ask)["stdout"]))
            with writing:
                if text and not over.is_set():
                    # Ansible lets a worker's words pass through its main process, a whole line at a time. stdout is left to the results.
                    Display().display(text, stderr=True)
        pause = max(pause, min(pause * _GROWTH, _LONGEST_PAUSE))


def command(folder, token):
    """For a shell on the host: print what the module wrote, from the temporary folder of a build in this folder. No more than it may be."""
    start, slash, rest = folder.partition("/")
    # The home is that of the user as whom the module runs.
    home = start if re.fullmatch("~[A-Za-z0-9_.-]*", start) else shlex.quote(start)
    # A slash in quotes would end no "~".
    place = f"{home}{slash}{shlex.quote(rest) if rest else ''}"
    return f"head -c {_MOST_BYTES} {place}/.*.goplugins-????????/{file_name(token)} 2>/dev/null"


def host(task, task_vars):
    """The host as Ansible names it."""
    name = str(task_vars.get("inventory_hostname", ""))
    return f"{name} -> {task.delegate_to}" if task.delegate_to else name


def lines(name, said):
    """What a person reads of a host's progress, a line for each build; C(head) puts a header before each of several files."""
    return list(filter(None, (line(name, text) for text in said.splitlines() if text.startswith("{"))))


def line(name, said):
    """What a person reads of the progress of one build; empty for what is none."""
    try:
        state = json.loads(said)
        what, target, phase = (visible(str(state[key]), "")[:200] for key in ("what", "target", "phase"))
        done, seconds = int(state["done"]), float(state["seconds"])
        every = None if state["of"] is None else int(state["of"])
    except (ValueError, TypeError, KeyError, OverflowError):
        return ""
    words = [duration(seconds)]
    if phase == "link":
        words.insert(0, f"{done} packages, linking" if done else "linking")
    elif every is None:
        words.insert(0, f"{done} packages" if done else "compiling")
    else:
        words.insert(0, f"{done} of {every} packages")
        left = remaining(seconds, done, every)
        words += [f"about {about(left)} left"] if left is not None else []
    return f"[{visible(name, '')}] {what} for {target}: {', '.join(words)}"


def remaining(seconds, done, every):
    """Seconds that the rest of the packages takes, if it takes as long as what is done; None where too little is."""
    return seconds / done * (every - done) if _ENOUGH <= done < every else None


def duration(seconds):
    """As people write it: 9 s, 1 min 12 s, 2 h 5 min."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(seconds):
    """The same for what nobody knows to the second."""
    if seconds < 50:
        return f"{max(10, round(seconds / 10) * 10)} s"
    return f"{max(1, round(seconds / 60))} min" if seconds < 3570 else f"{seconds / 3600:.1f} h"
