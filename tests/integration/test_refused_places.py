# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Places where the system lets no module write or read: each answers with the path and what shows why, never with a traceback."""

from __future__ import annotations

import json
import os
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
