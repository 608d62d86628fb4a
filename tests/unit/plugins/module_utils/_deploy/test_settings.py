# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What counts of a gateway's configuration, as packages lay it out and processes have it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import settings
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A gateway as a package installs it, with no process."""
    folder = tmp_path / "opt" / "tyk-gateway"
    folder.mkdir(parents=True)
    (folder / "tyk").write_text("#!/bin/sh\n")
    (tmp_path / "default").write_text("")
    monkeypatch.setattr(settings, "ENVIRONMENT_FILES", (str(tmp_path / "default"), str(tmp_path / "sysconfig")))

    class Package:
        binary = str(folder / "tyk")
        config = folder / "tyk.conf"
        default, sysconfig = tmp_path / "default", tmp_path / "sysconfig"

        def read(self, **more):
            return settings.read(self.binary, **more)

    Package.config.write_text(json.dumps({"listen_port": 8081, "secret": "352d20ee67be67f6340b4c0605b044b7", "app_path": "/srv/apps"}))
    return Package()


def test_a_package_as_it_is(package):
    found = package.read()
    folder = os.path.dirname(package.binary)
    assert (found.directory, found.config, found.apps, found.middleware) == (
        folder,
        str(package.config),
        "/srv/apps",
        f"{folder}/middleware",
    )
    assert (found.listen, found.control) == ("http://127.0.0.1:8081",) * 2
    assert (found.secret, found.owner, found.pid) == ("352d20ee67be67f6340b4c0605b044b7", "", None)


def test_the_environment_outranks_the_file_and_the_later_file_the_earlier(package):
    package.default.write_text("# comment\nTYK_GW_SECRET='of default'\nexport TYK_GW_LISTENPORT=9000\nTYK_GW_APPPATH=relative/apps\n")
    package.sysconfig.write_text('TYK_GW_SECRET="of sysconfig"\nTYK_GW_CONTROLAPIPORT=9001\n')
    found = package.read()
    assert (found.secret, found.listen, found.control) == ("of sysconfig", "http://127.0.0.1:9000", "http://127.0.0.1:9001")
    assert found.apps == f"{os.path.dirname(package.binary)}/relative/apps"
    assert package.read(secret="given").secret == "given"


@pytest.mark.parametrize(
    ("values", "owner"),
    [
        ({"use_db_app_configs": True}, "a dashboard (use_db_app_configs)"),
        ({"slave_options": {"use_rpc": True}}, "a control plane (slave_options.use_rpc)"),
        ({"Use_DB_App_Configs": False}, ""),
    ],
)
def test_who_owns_the_definitions(package, values, owner):
    package.config.write_text(json.dumps(values))
    assert package.read().owner == owner


@pytest.mark.parametrize(
    ("values", "address"),
    [
        ({"listen_address": "0.0.0.0", "http_server_options": {"use_ssl": True}, "listen_port": 443}, "https://127.0.0.1:443"),
        ({"listen_address": "::1"}, "http://[::1]:8080"),
        ({"listen_address": "10.0.0.7", "listen_port": 80}, "http://10.0.0.7:80"),
    ],
)
def test_where_it_listens(package, values, address):
    package.config.write_text(json.dumps(values))
    assert package.read().listen == address


def test_secrets_that_are_elsewhere(package):
    package.config.write_text(json.dumps({"secret": "secrets://api", "secrets": {"api": "from the file"}}))
    assert package.read().secret == "from the file"
    package.config.write_text(json.dumps({"secret": "env://api"}))
    package.default.write_text("TYK_SECRET_API=of-the-environment\n")
    assert package.read().secret == "of-the-environment"
    package.config.write_text(json.dumps({"secret": "vault://secret/tyk.api"}))
    with pytest.raises(GoPluginsError, match="from vault"):
        package.read()
    assert package.read(secret="given").secret == "given"


def test_a_configuration_that_is_none_is_named(package):
    package.config.write_text("[]")
    with pytest.raises(GoPluginsError, match="is no configuration of a gateway"):
        package.read()
    with pytest.raises(FileNotFoundError):
        package.read(config=str(package.config) + ".not")


@pytest.fixture
def start(tmp_path):
    """Start copies of sleep under a name of their own, which stand for gateways."""
    binary = tmp_path / "bin" / "tyk"
    binary.parent.mkdir()
    shutil.copy(shutil.which("sleep"), binary)
    started = []

    def start(*words, cwd=tmp_path, **environment):
        started.append(subprocess.Popen([str(binary), "60", *words], cwd=cwd, env={**os.environ, **environment}, stderr=subprocess.DEVNULL))
        return started[-1]

    start.binary = str(binary)
    yield start
    for process in started:
        process.kill()
        process.wait()


def test_the_process_says_where_it_runs_and_with_what(start, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "tyk.conf").write_text(json.dumps({"listen_port": 8082}))
    process = start(cwd=folder, TYK_GW_SECRET="of the process")
    found = settings.read(start.binary)
    assert (found.pid, found.directory, found.config) == (process.pid, str(folder), str(folder / "tyk.conf"))
    assert (found.listen, found.secret) == ("http://127.0.0.1:8082", "of the process")
    assert settings.mapped(process.pid) is not None and settings.mapped(None) is None


def test_of_two_processes_one_must_be_named(start, tmp_path):
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        (folder / "tyk.conf").write_text("{}")
    _first, second = (start(cwd=folder) for folder in folders)
    with pytest.raises(GoPluginsError, match="2 processes run"):
        settings.read(start.binary)
    assert settings.read(start.binary, config=str(folders[1] / "tyk.conf")).pid == second.pid


def test_a_binary_that_was_replaced_while_it_ran_is_refused(start):
    start()
    other = f"{start.binary}.new"
    shutil.copy(start.binary, other)
    os.replace(other, start.binary)
    with pytest.raises(GoPluginsError, match=r"is not the file .* any more"):
        settings.read(start.binary)
