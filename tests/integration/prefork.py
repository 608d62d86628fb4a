# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules in processes of their own that need not import anything first: forks of a server that has imported what modules share.

Imports are three quarters of the time that most modules take. What a fork starts with is what a new process would have after its imports,
but for variables that Python reads while it starts: needs_a_start tells them.

Usage: prefork.py SOCKET  serves requests at that Unix socket until its standard input ends.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pathlib
import pkgutil
import runpy
import select
import socket
import socketserver
import subprocess
import sys
import threading
import traceback
import typing as t

READY = b"ready\n"
PACKAGE = "ansible_collections.goplugins.tyk.plugins.modules"
# Python, its locale and its time zone go by these as soon as they start.
READ_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_")


def needs_a_start(changes: t.Mapping[str, t.Any]) -> bool:
    """Whether a process must be started for these changes of the environment to count."""
    return any(name.startswith(READ_AT_START) for name in changes)


class Server:
    """The server, for one session of tests. folder: for its socket and what modules print."""

    def __init__(self, folder: pathlib.Path, python_path: str) -> None:
        self._socket, self._folder = str(folder / "socket"), folder
        self._numbers, self._lock = iter(range(1 << 62)), threading.Lock()
        environment = {**os.environ, "PYTHONPATH": python_path}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self._process = subprocess.Popen([sys.executable, __file__, self._socket], env=environment, **pipes)
        assert self._process.stdout.readline() == READY, "the server of forks did not start"

    def run(self, module: str, path: str, environment: t.Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run the module as this process would start it, with the arguments in the file at that path."""
        with self._lock:
            place = self._folder / str(next(self._numbers))
        umask = os.umask(0o022)
        os.umask(umask)
        wanted = {
            "module": module,
            "path": path,
            "environment": dict(environment),
            "folder": os.getcwd(),
            "umask": umask,
            "place": str(place),
        }
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self._socket)
            connection.sendall(json.dumps(wanted).encode() + b"\n")
            with connection.makefile() as answer:
                code = int(answer.read())
        printed = []
        for name in ("out", "err"):
            file = place.with_suffix(f".{name}")
            printed.append(file.read_text(encoding="utf-8"))
            file.unlink()
        return subprocess.CompletedProcess([module, path], code, *printed)

    def end(self) -> None:
        self._process.communicate(timeout=60)


class Request(socketserver.StreamRequestHandler):
    """Runs in a fork of the server. The module runs in a fork of its own, so that its exit code can be told."""

    def handle(self) -> None:
        wanted = json.loads(self.rfile.readline())
        child = os.fork()
        if not child:
            self.run(**wanted)
        self.wfile.write(b"%d" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    def run(self, module: str, path: str, environment: dict[str, str], folder: str, umask: int, place: str) -> t.NoReturn:
        code: t.Any = 1
        try:
            self.connection.close()
            for number, name in ((1, "out"), (2, "err")):
                descriptor = os.open(f"{place}.{name}", os.O_WRONLY | os.O_CREAT, 0o600)
                os.dup2(descriptor, number)
                os.close(descriptor)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.environ.clear()
            os.environ.update(environment)
            os.chdir(folder)
            os.umask(umask)
            sys.argv = [module, path]
            runpy.run_module(f"{PACKAGE}.{module}", run_name="__main__", alter_sys=True)
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
        except BaseException:
            traceback.print_exc()
        finally:
            # What the end of a process does, but for the ends of what the server had begun.
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code if isinstance(code, int) else 1)


class ForkingServer(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    max_children = 1000
    request_queue_size = 100
    block_on_close = False


def serve(path: str) -> None:
    modules = importlib.import_module(PACKAGE)
    for found in pkgutil.iter_modules(modules.__path__):
        # Each run begins with the module itself.
        importlib.import_module(f"{PACKAGE}.{found.name}")
        del sys.modules[f"{PACKAGE}.{found.name}"]
        delattr(modules, found.name)
    with ForkingServer(path, Request) as server:
        os.write(1, READY)
        # No thread waits for either, as forks would lose it.
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            server.handle_request()
            server.service_actions()


if __name__ == "__main__":
    serve(sys.argv[1])
