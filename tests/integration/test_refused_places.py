# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Places where the system lets no module write or read: each answers with the path and what shows why, never with a traceback."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import subprocess
import sys

import pytest

MODULES = ("c_compiler", "git_checkout", "go_toolchain", "go_workspace", "go_plugin_build", "tyk_gateway_build", "tyk_gateway_info")


@pytest.fixture
def options(workshop, examples, tmp_path):
    """options(module, place): what makes a module write (tyk_gateway_info: read) at a place."""
    goroot = str(workshop.goroot())
    building = {"profile": workshop.profile, "goroot": goroot}
    plugins = [{"name": "nomod", "source": str(examples / "plugins" / "nomod"), "remote_src": True}]
    workspaces = str(tmp_path / "workspaces")

    def make(module, place):
        if module == "go_plugin_build":
            workshop.run("go_workspace", plugins=plugins, path=workspaces, gateway=str(workshop.checkout), **building)
        return {
            "c_compiler": {"root": place},
            "git_checkout": {"repo": f"file://{workshop.repository}", "version": "v5.99.0", "dest": place},
            "go_toolchain": {"root": place, "version": "1.22.7", "source": "module"},
            "go_workspace": {"plugins": plugins, "path": place, "gateway": str(workshop.checkout), **building},
            "go_plugin_build": {"plugins": plugins, "workspaces": workspaces, "output": place, **building},
            "tyk_gateway_build": {"path": f"{place}/tyk", "checkout": str(workshop.checkout), **building},
            "tyk_gateway_info": {"binary": place},
        }[module]

    return make


def is_explained(result, place):
    """Whether a module failed with the path in question and with something to do about it."""
    assert result["failed"] and result["elapsed"] >= 0, result
    message = result["msg"]
    return place in message and "Fix: " in message and "Traceback" not in json.dumps(result)


@pytest.mark.parametrize("module", MODULES)
def test_below_a_file_there_is_no_place(run_module, options, module):
    assert is_explained(run_module(module, **options(module, "/dev/null/x")), "/dev/null")


@pytest.mark.parametrize("module", MODULES)
def test_a_file_where_a_folder_belongs(run_module, options, module, tmp_path):
    place = tmp_path / "file"
    place.write_text("precious\n")
    assert is_explained(run_module(module, **options(module, str(place))), str(place))
    assert place.read_text() == "precious\n"


def test_a_folder_where_the_gateway_belongs(run_module, options, tmp_path):
    (tmp_path / "bin" / "tyk").mkdir(parents=True)
    result = run_module("tyk_gateway_build", **options("tyk_gateway_build", str(tmp_path / "bin")))
    assert is_explained(result, f"{tmp_path}/bin/tyk is a folder, where a file belongs")


@pytest.mark.parametrize("module", MODULES[:-1])
def test_a_disk_that_runs_full(options, collections, module, tmp_path):
    """A limit on the size of files stops every write, as a full disk does."""
    place, arguments = tmp_path / "place", tmp_path / "arguments.json"
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options(module, str(place))}))
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10));"
        f"sys.argv = [{module!r}, {str(arguments)!r}];"
        f"runpy.run_module('ansible_collections.goplugins.tyk.plugins.modules.{module}', run_name='__main__')"
    )
    environment = {**os.environ, "PYTHONPATH": str(collections), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False, capture_output=True, text=True)
    assert is_explained(json.loads(done.stdout), "")


@contextlib.contextmanager
def mounted(folder, options):
    """An empty file system of its own in memory. The tests run as root, as those on test hosts do."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        # Programs that were ended a moment ago may still hold it.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


# c_compiler is not among them: it keeps what it found out where it can, and goes on without.
@pytest.mark.parametrize("module", MODULES[1:-1])
def test_a_file_system_that_is_full(run_module, options, module, tmp_path):
    given = options(module, str(tmp_path / "disk" / "place"))
    with mounted(tmp_path / "disk", "size=64k") as disk:
        (disk / "place").mkdir()
        with contextlib.suppress(OSError), open(disk / "filler", "wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        if "profile" in given:
            given["min_free_mb"] = 0
        assert is_explained(run_module(module, **given), "disk")


@pytest.mark.parametrize("module", MODULES[1:-1])
def test_a_file_system_that_nobody_writes_to(run_module, options, module, tmp_path):
    given = options(module, str(tmp_path / "disk" / "place"))
    with mounted(tmp_path / "disk", "ro,size=64k"):
        assert is_explained(run_module(module, **given), f"{tmp_path}/disk")


@pytest.mark.parametrize("module", MODULES)
def test_a_name_that_no_terminal_and_no_shell_should_get(run_module, options, module, tmp_path):
    place = tmp_path / "x;touch PWN;#\x1b[2J\n"
    place.write_text("")
    result = run_module(module, **options(module, str(place)))
    assert is_explained(result, "x;touch PWN;#\\x1b[2J")
    assert "\x1b" not in json.dumps(result, ensure_ascii=False)
    commands = [line for line in result["msg"].partition("\nFix: ")[2].splitlines() if "touch" in line]
    for command in commands:
        assert any("x;touch PWN;#" in word for word in shlex.split(command)), command


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(("character", "message"), [("\0", "null byte"), ("\udcff", "UTF-8")])
def test_a_name_that_no_file_can_have(run_module, options, module, character, message, tmp_path):
    result = run_module(module, **options(module, f"{tmp_path}/a{character}b"))
    assert result["failed"] and (message in result["msg"] or "names no folder" in result["msg"]) and "Traceback" not in json.dumps(result)


def test_a_source_with_a_name_that_is_not_utf8(run_module, options, examples, tmp_path):
    given = options("go_workspace", str(tmp_path / "place"))
    source = tmp_path / "source"
    source.mkdir()
    (source / "main.go").write_text("package main\n")
    with open(os.fsencode(source) + b"/\xff\x1b.go", "wb") as file:
        file.write(b"package main\n")
    given["plugins"][0]["source"] = str(source)
    result = run_module("go_workspace", **given)
    assert "Traceback" not in json.dumps(result) and "\x1b" not in json.dumps(result, ensure_ascii=False)
    assert not result.get("failed") or "\\xff" in result["msg"]


def test_a_go_mod_that_is_not_utf8(run_module, options, tmp_path):
    given = options("go_workspace", str(tmp_path / "place"))
    source = tmp_path / "source"
    source.mkdir()
    (source / "main.go").write_text("package main\n")
    (source / "go.mod").write_bytes(b"module example.com/\xff\n\ngo 1.22\n")
    given["plugins"][0]["source"] = str(source)
    result = run_module("go_workspace", **given)
    assert result["failed"] and f"{source}/go.mod: not UTF-8" in result["msg"] and "Traceback" not in json.dumps(result)


@pytest.mark.parametrize("module", ["go_binary_info", "tyk_plugin_verify"])
@pytest.mark.parametrize("kind", ["absent", "file", "folder"])
def test_a_file_to_read_with_a_hostile_name(run_module, module, kind, tmp_path):
    place = tmp_path / "x;touch PWN;#\x1b[2J\n"
    {"absent": lambda: None, "file": lambda: place.write_text(""), "folder": place.mkdir}[kind]()
    options = {"go_binary_info": {"path": str(place)}, "tyk_plugin_verify": {"gateway": str(place), "plugin": [str(place)]}}[module]
    result = run_module(module, **options)
    assert result["failed"] and "\\x1b[2J" in result["msg"] and "\x1b" not in json.dumps(result, ensure_ascii=False)
