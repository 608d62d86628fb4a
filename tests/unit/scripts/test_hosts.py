# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the script of molecule takes from the machine."""

from __future__ import annotations

import importlib.util
import pathlib
import types

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def hosts():
    spec = importlib.util.spec_from_file_location("hosts", ROOT / "scripts" / "hosts.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_test_hosts_need_root(hosts, monkeypatch):
    monkeypatch.setattr(hosts.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match="Run: sudo make molecule"):
        hosts.require_machine()


def test_everything_that_test_hosts_lack_is_named_at_once(hosts, monkeypatch):
    monkeypatch.setattr(hosts.os, "geteuid", lambda: 0)
    monkeypatch.setattr(hosts.shutil, "which", lambda name, path: None if name in ("podman", "ssh", "ssh-keygen") else f"/usr/bin/{name}")
    with pytest.raises(SystemExit) as error:
        hosts.require_machine()
    assert "need podman, ssh, ssh-keygen." in str(error.value)
    assert "apt-get install --no-install-recommends openssh-client podman\n" in str(error.value)


def test_the_hosts_are_of_this_machines_distribution(hosts, monkeypatch):
    monkeypatch.setattr(hosts.Path, "read_text", lambda _path: 'NAME="Debian"\nVERSION_CODENAME=trixie\n')
    listed = "trixie-updates https://mirror.example.com/updates/\ntrixie https://mirror.example.com/main/\n"
    monkeypatch.setattr(hosts, "run", lambda *_argv: listed)
    assert hosts.distribution() == ("trixie", "https://mirror.example.com/main/")
    monkeypatch.setattr(hosts, "run", lambda *_argv: "bookworm https://mirror.example.com/main/\n")
    with pytest.raises(SystemExit, match="no repository with the suite 'trixie'"):
        hosts.distribution()


@pytest.fixture
def making(hosts, monkeypatch, tmp_path):
    """What is made of each root filesystem, where nothing is fetched; the list of releases that were made."""
    made = []

    def mmdebstrap(command, **_words):
        *_options, release, folder, mirror = command
        made.append((release, mirror))
        for name in ("etc/apt/apt.conf.d", "etc/ssl/certs", "etc/ssh"):
            (pathlib.Path(folder) / name).mkdir(parents=True)
        return types.SimpleNamespace(returncode=0)

    monkeypatch.setattr(hosts, "CACHE", tmp_path)
    monkeypatch.setattr(hosts, "distribution", lambda: ("bookworm", "https://mirror.example.com/main/"))
    monkeypatch.setattr(hosts, "run", lambda *_argv: "")
    monkeypatch.setattr(hosts.subprocess, "run", mmdebstrap)
    return made


def test_each_release_has_a_root_filesystem_that_is_made_once(hosts, making, tmp_path):
    roots = hosts.root_filesystems({"", "bullseye", "bookworm"})
    assert hosts.root_filesystems({"bullseye", ""}) == {name: roots[name] for name in ("", "bullseye")}
    assert roots[""] == roots["bookworm"] != roots["bullseye"]
    assert sorted(making) == [(name, "https://mirror.example.com/main/") for name in ("bookworm", "bullseye")]
    assert sorted(str(path) for path in tmp_path.glob("root-*")) == sorted({*roots.values()})


def test_only_outdated_root_filesystems_of_the_same_release_go(hosts, making, monkeypatch):
    before = {name: pathlib.Path(path) for name, path in hosts.root_filesystems({"", "trixie"}).items()}
    monkeypatch.setattr(hosts, "PACKAGES", ["python3"])
    after = hosts.root_filesystems({"trixie"})
    assert before[""].is_dir() and pathlib.Path(after["trixie"]).is_dir()
    assert not before["trixie"].exists()
    assert len(making) == 3


def test_a_release_that_the_mirror_lacks_is_named_with_what_went_wrong(hosts, making, monkeypatch):
    def fails(_command, stdout, **_words):
        print("no such suite", file=stdout, flush=True)
        return types.SimpleNamespace(returncode=1)

    monkeypatch.setattr(hosts.subprocess, "run", fails)
    with pytest.raises(SystemExit, match=r"no such suite\n.*'woody' at https://mirror\.example\.com/main/"):
        hosts.root_filesystems({"woody"})
    assert making == []


def test_pythons_keep_what_they_compile_whoever_runs_them(hosts, monkeypatch, tmp_path):
    monkeypatch.setattr(hosts, "PYTHON_CACHE", tmp_path / "zipped")
    assert hosts.python_cache() == hosts.python_cache() == str(tmp_path / "zipped")
    assert (tmp_path / "zipped").stat().st_mode & 0o7777 == 0o1777


def test_go_has_a_cache_that_all_hosts_may_fill(hosts, monkeypatch, tmp_path):
    owners = {}
    monkeypatch.setattr(hosts.os, "chown", lambda path, user, _group: owners.update({str(path): user}))
    monkeypatch.setattr(hosts, "GO_CACHE", tmp_path / "go-build")
    assert hosts.go_cache() == hosts.go_cache() == str(tmp_path / "go-build")
    # Go would create these for whoever is first, and nobody else could write there.
    folders = [str(path) for path in (tmp_path / "go-build").iterdir()]
    assert len(folders) == 257 and owners == dict.fromkeys([*folders, str(tmp_path / "go-build")], hosts.BUILDER)
