# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make build` and the scripts below it, with a recorder in the place of ansible-playbook."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]

RECORDER = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["RECORD"], "w") as record:
    json.dump({{"argv": sys.argv[1:], "env": dict(os.environ)}}, record)
"""


@pytest.fixture
def checkout(tmp_path):
    """Makefile and scripts as they are, and a .venv that is ready."""
    folder = tmp_path / "a checkout with spaces"
    tools = folder / ".venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("Makefile", "scripts", "examples"):
        source = ROOT / name
        shutil.copytree(source, folder / name) if source.is_dir() else shutil.copy(source, folder / name)
    (folder / "scripts" / "setup").write_text("#!/bin/sh\n")
    (tools / "python").symlink_to(sys.executable)
    (tools / "ansible-playbook").write_text(RECORDER)
    (tools / "ansible-playbook").chmod(0o755)
    return folder


@pytest.fixture
def make(checkout, tmp_path):
    def run(*words, **environment):
        record = tmp_path / "record.json"
        record.unlink(missing_ok=True)
        plain = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        done = subprocess.run(
            ["make", "-C", str(checkout), "build", *words],
            env={**plain, **environment, "RECORD": str(record)},
            check=False,
            capture_output=True,
            text=True,
        )
        return done, json.loads(record.read_text()) if record.exists() else None

    return run


def extra_variables(record):
    words = [record["argv"][index + 1] for index, word in enumerate(record["argv"]) if word == "--extra-vars"]
    return [word if word.startswith("@") else json.loads(word) for word in words]


def test_without_arguments_it_is_the_embedded_gateway(make, checkout):
    done, record = make()
    assert done.returncode == 0, done.stderr
    file, variables = extra_variables(record)
    assert file == f"@{checkout}/examples/embedded.yml"
    dist = f"{checkout}/dist"
    assert variables == {"tyk_workspace_root": f"{checkout}/.build", "tyk_artifacts": dist, "tyk_report_folder": dist}
    assert record["argv"][-1] == f"{checkout}/playbooks/build_plugins.yml"
    assert (checkout / ".build" / "repository" / "HEAD").is_file()


def test_the_real_gateway_and_a_plugin(make, checkout):
    done, record = make("GATEWAY=v5.3.6", "PLUGIN=my/plugin", "SYMBOLS=AuthCheck, AddFooBarHeader")
    assert done.returncode == 0, done.stderr
    (variables,) = extra_variables(record)
    assert variables["tyk_gateway_version"] == "v5.3.6"
    assert variables["tyk_plugins"] == [{"name": "plugin", "source": f"{checkout}/my/plugin", "symbols": ["AuthCheck", "AddFooBarHeader"]}]


def test_what_a_plugin_is_called_and_must_be(make, checkout, tmp_path):
    (tmp_path / "2026-01-01").mkdir()
    (tmp_path / "current").symlink_to("2026-01-01")
    _done, record = make(f"PLUGIN={tmp_path}/current")
    assert extra_variables(record)[1]["tyk_plugins"] == [{"name": "current", "source": f"{tmp_path}/current", "symbols": []}]
    words = ["NAME=auth", "PACKAGE=cmd/auth", "ID=auto", "HOOKS=AuthCheck=auth_check, AddHeader=pre"]
    _done, record = make(f"PLUGIN={tmp_path}/my plugin", *words)
    assert extra_variables(record)[1]["tyk_plugins"] == [
        {
            "name": "auth",
            "source": f"{tmp_path}/my plugin",
            "symbols": [],
            "package": "cmd/auth",
            "id": "auto",
            "hooks": {"AuthCheck": "auth_check", "AddHeader": "pre"},
        }
    ]
    done, record = make("PLUGIN=p", "HOOKS=AuthCheck,AddHeader=pre")
    assert record is None and "HOOKS needs a kind for AuthCheck" in done.stderr
    done, record = make("NAME=auth", "SYMBOLS=A")
    assert record is None and "PLUGIN is missing: NAME, SYMBOLS" in done.stderr


def test_another_repository_and_the_binary_that_runs(make, checkout):
    _done, record = make(
        "REPO=ssh://git@git.example.com/tyk.git", "BINARY=bin/tyk", "PLUGIN=git@git.example.com:team/enrich.git", "PLUGIN_VERSION=v1"
    )
    (variables,) = extra_variables(record)
    assert variables["tyk_gateway_repo"] == "ssh://git@git.example.com/tyk.git"
    assert variables["tyk_gateway_binary"] == f"{checkout}/bin/tyk"
    assert variables["tyk_plugins"] == [{"name": "enrich", "source": "git@git.example.com:team/enrich.git", "version": "v1", "symbols": []}]


def test_a_repository_beside_the_checkout(make, checkout):
    _done, record = make("REPO=../tyk", "GATEWAY=v5.3.6", "PLUGIN=p")
    assert extra_variables(record)[0]["tyk_gateway_repo"] == f"{checkout.parent}/tyk"


def test_a_plugin_for_the_embedded_gateway(make, checkout):
    _done, record = make("PLUGIN=.")
    file, variables = extra_variables(record)
    assert file.startswith("@")
    assert variables["tyk_plugins"] == [{"name": checkout.name, "source": str(checkout), "symbols": []}]


def test_what_a_shell_would_run_stays_text(make, checkout):
    hostile = "\"; touch owned; `touch owned`; ' && touch owned #"
    _done, record = make("GATEWAY=" + hostile, "PLUGIN=p")
    (variables,) = extra_variables(record)
    assert variables["tyk_gateway_version"] == hostile
    assert not list(checkout.rglob("owned"))


@pytest.mark.parametrize(
    ("words", "missing", "example"),
    [
        (["GATEWAY=v5.3.6"], "PLUGIN", "make build GATEWAY=v5.3.6 PLUGIN="),
        (["REPO=/srv/tyk", "PLUGIN=p"], "GATEWAY", "make build GATEWAY=v5.3.6 PLUGIN="),
        (["PLUGIN=https://git.example.com/enrich.git"], "PLUGIN_VERSION", "PLUGIN_VERSION=v1.4.0"),
    ],
)
def test_half_an_order_is_refused(make, words, missing, example):
    done, record = make(*words)
    assert done.returncode != 0
    assert record is None
    assert f"{missing} is missing" in done.stderr
    assert example in done.stderr


def test_check_mode(make):
    assert {"--check", "--diff"}.isdisjoint(make()[1]["argv"])
    assert {"--check", "--diff"} <= set(make("CHECK=1")[1]["argv"])


def test_a_go_of_our_own_is_named_to_the_playbook(make, checkout):
    (checkout / ".venv" / "bin" / "go").touch()
    assert extra_variables(make()[1])[1]["go_toolchain_bootstrap_go"] == f"{checkout}/.venv/bin/go"


def test_the_environment_of_the_caller_decides_nothing(make, checkout):
    leaks = {
        "GATEWAY": "v0",
        "REPO": "https://example.com/else",
        "PLUGIN": "else",
        "CHECK": "1",
        "ANSIBLE_STDOUT_CALLBACK": "nonsense",
        "ANSIBLE_CONFIG": "/nowhere.cfg",
        "ANSIBLE_COLLECTIONS_PATH": "/nowhere",
        "PYTHONPATH": "/nowhere",
        "PYTHONHOME": "/nowhere",
    }
    done, record = make(**leaks)
    assert done.returncode == 0, done.stderr
    assert extra_variables(record)[0] == f"@{checkout}/examples/embedded.yml"
    assert "--check" not in record["argv"]
    ansible = {name: value for name, value in record["env"].items() if name.startswith("ANSIBLE_")}
    assert ansible == {"ANSIBLE_CONFIG": f"{checkout}/ansible.cfg"}
    assert record["env"]["PYTHONPATH"] == f"{checkout}/.venv/collections"
    assert "PYTHONHOME" not in record["env"]
