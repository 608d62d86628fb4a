# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""go_toolchain, for real: Go releases through the host's own module proxy, and small archives in their place where that is enough."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile

import pytest

# A go that answers as a release does.
FAKE_GO = '#!/bin/sh\n[ "$1 $2" = "env GOVERSION" ] && echo go{version}\n'


@pytest.fixture
def fake(tmp_path):
    """Makes an archive of a toolchain that only knows its own version; gives the options that install it."""

    def make(version="1.22.7", told=None):
        path = tmp_path / f"go{version}.tar.gz"
        files = {
            "go/VERSION": f"go{told or version}\n",
            "go/bin/go": FAKE_GO.format(version=told or version),
            "go/pkg/tool/compile": "compile",
        }
        with tarfile.open(path, "w:gz") as tar:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(text)
                info.mode = 0o755
                tar.addfile(info, io.BytesIO(text.encode()))
        return {"version": version, "archive": str(path), "checksum": hashlib.sha256(path.read_bytes()).hexdigest()}

    return make


@pytest.fixture
def install(run_module, tmp_path):
    def run(check=False, env=None, **options):
        return run_module("go_toolchain", check=check, env=env, **{"root": str(tmp_path / "root"), **options})

    return run


@pytest.fixture(scope="module")
def real(run_module, tmp_path_factory):
    """A root with a real release, installed through the host's Go."""
    root = tmp_path_factory.mktemp("real")
    result = run_module("go_toolchain", version="1.22.7", root=str(root), source="module")
    assert not result.get("failed"), result["msg"]
    return root, result


def test_a_real_release(real):
    root, result = real
    assert result["changed"] and result["source"] == "module" and result["checksum"].startswith("h1:")
    told = subprocess.run(
        [result["go"], "version"], env={"HOME": str(root), "GOTOOLCHAIN": "local"}, check=True, capture_output=True, text=True
    ).stdout
    assert told.startswith("go version go1.22.7 ")
    assert (root / "1.22.7").stat().st_mode & 0o777 == 0o755


def test_a_second_run_changes_nothing_and_starts_no_go(real, run_module, tmp_path):
    root, result = real
    recorder = tmp_path / "go"
    recorder.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n")
    recorder.chmod(0o755)
    again = run_module("go_toolchain", version="1.22.7", root=str(root), go=str(recorder), env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (again["changed"], again["reason"], again["checksum"]) == (False, "", result["checksum"])
    assert not (tmp_path / "started").exists()


def flip_a_byte(root):
    path = next((root / "pkg" / "tool").rglob("compile"))
    with open(path, "r+b") as file:
        file.seek(1000)
        byte = file.read(1)
        file.seek(1000)
        file.write(bytes([byte[0] ^ 1]))


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (flip_a_byte, "compile was changed"),
        (lambda root: shutil.rmtree(root / "src"), "is missing"),
        (lambda root: (root / "src" / "stale.go").touch(), "src/stale.go does not belong to it"),
        (lambda root: os.truncate(root / "bin" / "go", 100), "bin/go was changed"),
    ],
    ids=["one byte", "half a tree", "stale file", "truncated"],
)
def test_a_tree_that_is_not_whole_is_noticed_and_repaired(real, run_module, harm, reason):
    root, _result = real
    harm(root / "1.22.7")
    told = run_module("go_toolchain", check=True, version="1.22.7", root=str(root))
    assert told["changed"] and reason in told["reason"]
    assert run_module("go_toolchain", version="1.22.7", root=str(root))["changed"]
    assert not run_module("go_toolchain", version="1.22.7", root=str(root))["changed"]


def test_two_releases_side_by_side_and_one_removed(install, fake, tmp_path):
    for version in ("1.21.1", "1.21.13"):
        assert install(**fake(version))["changed"]
    assert (tmp_path / "root" / "1.21.1" / "VERSION").read_text() == "go1.21.1\n"
    assert install(check=True, version="1.21.1", state="absent")["changed"]
    assert install(version="1.21.1", state="absent")["changed"]
    assert not install(version="1.21.1", state="absent")["changed"]
    assert not (tmp_path / "root" / "1.21.1").exists()
    assert not install(**fake("1.21.13"))["changed"]


def test_check_mode_on_a_bare_host(install, tmp_path):
    result = install(check=True, version="1.22.7", env={"PATH": "/nowhere"})
    assert result["changed"] and result["reason"] == "it is not installed"
    assert not (tmp_path / "root").exists()


def test_a_killed_installation_is_cleaned_up(install, fake, tmp_path):
    leftover = tmp_path / "root" / ".1.22.7.abcdef" / "go"
    leftover.mkdir(parents=True)
    assert install(**fake())["changed"]
    assert sorted(os.listdir(tmp_path / "root")) == [".1.22.7.json", ".1.22.7.lock", "1.22.7"]


def test_somebody_elses_folder_is_left_alone(install, fake, tmp_path):
    (tmp_path / "root" / "1.22.7").mkdir(parents=True)
    for state in ("present", "absent"):
        result = install(**fake(), state=state)
        assert result.get("failed") and "was not put there by this collection" in result["msg"]
    assert (tmp_path / "root" / "1.22.7").is_dir()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "1.22"}, "is a language version"),
        ({"version": "1.22.7/.."}, "is no Go release"),
        ({"root": "/usr/local/go"}, "it belongs to the system"),
        ({"root": "/usr/local/go/x"}, "it belongs to the system"),
        ({"checksum": "0" * 64}, "has the SHA-256"),
        ({"checksum": "abc"}, "not the 64 hexadecimal digits"),
        ({"archive": "/nowhere.tar.gz"}, "there is no archive"),
        ({"platform": "amd64"}, "GOOS/GOARCH"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_left(install, fake, tmp_path, options, message):
    result = install(**{**fake(), **options})
    assert result.get("failed") and message in result["msg"], result
    assert not list(tmp_path.glob("root/1*"))


def test_an_archive_of_another_release_is_refused(install, fake, tmp_path):
    result = install(**fake("1.21.1", told="1.21.13"))
    assert result.get("failed") and "the archive holds go1.21.13, not go1.21.1" in result["msg"]
    assert os.listdir(tmp_path / "root") == [".1.21.1.lock"]


def test_a_root_that_everybody_can_write_to_is_refused(install, fake, tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root").chmod(0o777)
    result = install(**fake())
    assert result.get("failed") and "can be written to by everybody" in result["msg"]


def test_a_release_that_does_not_exist_is_told_with_the_proxys_words(install, tmp_path):
    result = install(version="1.22.99", source="module")
    assert result.get("failed") and "Go 1.22.99 for" in result["msg"] and "cannot be fetched as a module" in result["msg"]
    assert os.listdir(tmp_path / "root") == [".1.22.99.lock"]


def test_a_proxy_that_cannot_be_reached_keeps_its_secret(install):
    result = install(version="1.22.98", source="module", goproxy="http://user:hunter2secret@127.0.0.1:1")
    assert result.get("failed") and "127.0.0.1:1" in result["msg"]
    assert "hunter2secret" not in str(result)


def test_without_a_go_the_module_source_says_what_helps(install):
    result = install(version="1.22.7", source="module", go="/nowhere/go")
    assert result.get("failed") and "source is module, but cannot start /nowhere/go" in result["msg"]
