# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner of go: which toolchain it is, and what reaches a build."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang import command


def goroot(tmp_path, version, script="exit 9"):
    (tmp_path / "bin").mkdir()
    (tmp_path / "VERSION").write_text(version)
    go = tmp_path / "bin" / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)
    return str(tmp_path)


def test_the_toolchain_is_recognised_without_starting_it(tmp_path):
    go = command.toolchain(goroot(tmp_path, "go1.22.7\ntime 2024-08-30T18:40:53Z\n"))
    assert go.version == "1.22.7"
    assert go.binary == f"{tmp_path}/bin/go"


@pytest.mark.parametrize("version", ["", "devel +abc\n", "\x00\xff"])
def test_what_is_no_release_is_refused(tmp_path, version):
    with pytest.raises(GoPluginsError, match="does not name a Go release"):
        command.toolchain(goroot(tmp_path, version))


def test_no_toolchain_names_the_role_that_installs_it(tmp_path):
    with pytest.raises(GoPluginsError, match="there is no Go toolchain at") as caught:
        command.toolchain(str(tmp_path))
    assert "goplugins.tyk.go_toolchain" in caught.value.fix


def test_nothing_that_changes_a_build_leaks_into_it():
    leaks = {
        "GOFLAGS": "-race",
        "GOEXPERIMENT": "x",
        "CGO_CFLAGS": "-O0",
        "CC": "evil",
        "CPATH": "/x",
        "PKG_CONFIG_PATH": "/x",
        "GOAMD64": "v3",
        "GIT_DIR": "/other/.git",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_GLOBAL": "/x",
    }
    kept = {"HOME": "/home/u", "PATH": "/bin", "SSH_AUTH_SOCK": "/s", "https_proxy": "http://p", "GIT_SSH_COMMAND": "ssh -i key"}
    assert command.clean_environment({**leaks, **kept}) == kept


# The protocol of cmd/go/internal/cacheprog: JSON values on both sides, and after that of a "put" its body in base64, as one JSON string.
KEEPS_NOTHING = """#!{python}
import base64, json, pathlib, sys
def say(answer): print(json.dumps(answer), flush=True)
say({{"ID": 0, "KnownCommands": ["get", "put", "close"]}})
for line in iter(sys.stdin.readline, ""):
    request = json.loads(line) if line.strip() else None
    if not isinstance(request, dict): continue
    with open("{log}", "a") as log: print(request["Command"], file=log)
    answer = {{"ID": request["ID"]}}
    if request["Command"] == "put":
        body = b""
        while request.get("BodySize") and not body:
            text = sys.stdin.readline().strip()
            body = base64.b64decode(json.loads(text)) if text else b""
        path = pathlib.Path("{log}." + base64.b16encode(base64.b64decode(request["OutputID"])).decode())
        path.write_bytes(body)
        answer["DiskPath"] = str(path)
    elif request["Command"] == "get":
        answer["Miss"] = True
    say(answer)
    if request["Command"] == "close": break
"""


def test_network_settings_of_the_host_are_kept_and_the_rest_of_its_configuration_is_off(tmp_path):
    answer = '{"GOPROXY": "https://proxy.example", "GOSUMDB": "off", "GOAUTH": "", "GOFLAGS": "-race"}'
    go = command.Go(goroot(tmp_path, "go1.22.7", f"echo '{answer}'"), "1.22.7")
    assert command.go_environment(go.binary, {"PATH": "/usr/bin:/bin", "GOFLAGS": "-race"}) == {
        "PATH": "/usr/bin:/bin",
        "GOPROXY": "https://proxy.example",
        "GOSUMDB": "off",
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "GO111MODULE": "on",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "0",
    }


def test_the_program_that_keeps_the_build_cache_is_the_hosts_own(go, tmp_path):
    """Asked for by its own Go, it answers for what is compiled."""
    program = tmp_path / "cache"
    program.write_text(KEEPS_NOTHING.format(python=sys.executable, log=tmp_path / "asked"))
    program.chmod(0o755)
    environment = command.go_environment(go, {**os.environ, "GOCACHEPROG": str(program)})
    subprocess.run([go, "list", "-export", "unicode/utf8"], cwd="/", env=environment, check=True, capture_output=True)
    assert {"get", "put"} <= set((tmp_path / "asked").read_text().split())


def test_go_env_that_fails_is_told_in_its_own_words(tmp_path):
    go = command.Go(goroot(tmp_path, "go1.22.7", "echo broken >&2; exit 2"), "1.22.7")
    with pytest.raises(GoPluginsError, match="go env failed: broken"):
        command.go_environment(go.binary, {"PATH": "/usr/bin:/bin"})


def test_the_git_that_go_starts_runs_nothing_that_the_repository_names(tmp_path):
    go = command.Go(
        goroot(tmp_path, "go1.22.7", 'git config --get-all core.fsmonitor; git config --get-all filter.x.clean; echo "."'), "1.22.7"
    )
    folder = tmp_path / "src"
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for key in ("core.fsmonitor", "filter.x.clean"):
        subprocess.run(["git", "-C", str(folder), "config", key, "/evil"], check=True)
    # The last value is the one that holds.
    assert go.run([], cwd=str(folder), env=os.environ).stdout == "/evil\n\n/evil\n\n.\n"
