# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""C compilers of this machine, found and proved for real."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform

HOST = str(host_platform())


def test_the_hosts_own_compiler_is_proved(run_module, tmp_path):
    root = tmp_path / "cc"
    first = run_module("c_compiler", root=str(root), tools=["git"])
    assert first["changed"] is False and first["lacking"] == []
    (compiler,) = first["compilers"]
    assert (compiler["target"], compiler["way"], compiler["proved_by"]) == (HOST, "native", "C")
    assert compiler["libc"] and compiler["version"]
    assert run_module("c_compiler", root=str(root), tools=["git"])["compilers"] == [compiler]


def test_cgo_can_use_it(run_module, workshop, tmp_path):
    result = run_module("c_compiler", root=str(tmp_path / "cc"), goroot=str(workshop.goroot()))
    assert [compiler["proved_by"] for compiler in result["compilers"]] == ["cgo"]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 1", "does not compile"),
        ("exit 0", "proof.so"),
        ('for word do [ "$last" = -o ] && cp /bin/sh "$word"; last=$word; done', ""),
    ],
)
def test_what_does_not_compile_is_no_compiler(run_module, tmp_path, script, message):
    fake = tmp_path / "cc"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    other = "linux/s390x" if HOST != "linux/s390x" else "linux/amd64"
    result = run_module("c_compiler", root=str(tmp_path / "root"), targets=[other], given={other: str(fake)})
    assert result["failed"] and message in result["msg"] and f"{other}: " in result["msg"], result["msg"]
    assert "Traceback" not in result["msg"]
    assert not (tmp_path / "root").exists()


def test_what_is_missing_is_listed(run_module, tmp_path):
    given = {HOST: "no-such-compiler"}
    result = run_module("c_compiler", root=str(tmp_path), given=given, tools=["no-such-tool"])
    assert result["failed"] and "no-such-compiler" in result["msg"] and "no-such-tool" in result["msg"]
    looked = run_module("c_compiler", root=str(tmp_path), given=given, required=False)
    assert not looked.get("failed") and [lack["what"] for lack in looked["lacking"]] == [HOST]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targets": ["freebsd/arm64"]}, "no plugin mode"),
        ({"targets": ["windows/amd64"]}, "no plugin mode"),
        ({"targets": ["darwin/arm64"]}, "no C compiler for darwin/arm64 is known"),
        ({"glibc": "new"}, "not the version"),
        ({"zig_archive": "/x.whl"}, "go together"),
    ],
)
def test_what_can_never_be_is_refused(run_module, tmp_path, options, message):
    result = run_module("c_compiler", root=str(tmp_path / "cc"), **options)
    assert result["failed"] and message in result["msg"] and "Fix: " in result["msg"]
    assert not (tmp_path / "cc").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_a_module_that_is_ended_leaves_neither_processes_nor_files(collections, tmp_path, number):
    """Killed too: then a watcher ends the compiler and what that started, and the next run removes the files."""
    pids, scratch = tmp_path / "pids", tmp_path / "scratch"
    scratch.mkdir()
    fake = tmp_path / "cc"
    fake.write_text(f"#!/bin/sh\nsleep 61 &\necho $$ $! > {pids}.new\nmv {pids}.new {pids}\nsleep 60\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    arguments = tmp_path / "arguments.json"
    options = {"root": str(tmp_path / "root"), "given": {HOST: str(fake)}, "targets": [HOST]}
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    argv = [sys.executable, "-m", "ansible_collections.goplugins.tyk.plugins.modules.c_compiler", str(arguments)]
    environment = {**os.environ, "PYTHONPATH": str(collections), "TMPDIR": str(scratch)}
    module = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True)
    wait_for(pids.exists)
    module.send_signal(number)
    # The watcher closes what the module had open: nobody waits for its output.
    output = module.communicate(timeout=10)[0]
    if number == signal.SIGKILL:
        assert output == ""
    else:
        assert json.loads(output)["msg"].startswith(f"stopped by {number.name}\n")
        assert os.listdir(scratch) == []
    wait_for(lambda: not any(map(runs, pids.read_text().split())))
    fake.write_text("#!/bin/sh\nexit 1\n")

    def removed():
        # As long as the watcher lives, the folder is in use.
        subprocess.run(argv, env=environment, stdout=subprocess.DEVNULL, check=False)
        return os.listdir(scratch) == []

    wait_for(removed)


def wait_for(condition):
    until = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.05)


def runs(pid):
    """A zombie does not: some containers have nobody who collects them."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    return done.stdout.strip()[:1] not in ("", "Z")
