# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module cache against the sums that Go itself computed."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import zipfile

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import module_cache
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._files import sha256_file
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Module

NAME = "example.com/Quiet/Part"


@pytest.fixture
def cache(go, tmp_path):
    """A module cache with one module: its folder, the module with the sum that Go says, and how Go gets it."""
    proxy = tmp_path / "proxy" / "example.com/!quiet/!part/@v"
    proxy.mkdir(parents=True)
    (proxy / "v1.0.0-RC.mod").write_text(f"module {NAME}\n")
    (proxy / "v1.0.0-!r!c.mod").write_text(f"module {NAME}\n")
    (proxy / "v1.0.0-!r!c.info").write_text(json.dumps({"Version": "v1.0.0-RC"}))
    with zipfile.ZipFile(proxy / "v1.0.0-!r!c.zip", "w") as archive:
        for name, text in {
            "go.mod": f"module {NAME}\n",
            "quiet.go": "package quiet\n",
            "a/b-c.go": "package a\n",
            "a/b.go": "package a\n",
        }.items():
            archive.writestr(f"{NAME}@v1.0.0-RC/{name}", text)
    environment = {"PATH": "/bin", "HOME": str(tmp_path), "GOMODCACHE": str(tmp_path / "mod"), "GOPROXY": f"file://{tmp_path}/proxy"}
    environment.update(GOSUMDB="off", GOTOOLCHAIN="local")

    def get():
        output = subprocess.check_output([go, "mod", "download", "-json", f"{NAME}@v1.0.0-RC"], env=environment, cwd=tmp_path)
        return json.loads(output)

    told = get()
    yield pathlib.Path(told["Dir"]), Module(NAME, "v1.0.0-RC", told["Sum"]), get
    subprocess.run(["chmod", "-R", "u+w", str(tmp_path / "mod")], check=True)


def verify(folder, *modules):
    module_cache.verify(modules, str(folder.parents[2]))


def test_what_go_unpacked_is_what_its_sum_says(cache):
    folder, module, _get = cache
    verify(folder, module, Module("example.com/replaced", "v1.0.0", "", module), Module("example.com/local", "", ""))
    verify(folder, Module("example.com/elsewhere", "v1.0.0", "h1:="))


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "quiet.go").write_text("package quiet // x\n"),
        lambda folder: (folder / "more.go").write_text("package quiet\n"),
        lambda folder: (folder / "a" / "b.go").unlink(),
        lambda folder: (folder / "a" / "b.go").rename(folder / "b.go"),
        lambda folder: os.mkfifo(folder / "pipe"),
        lambda folder: (folder / "link.go").symlink_to("quiet.go"),
    ],
    ids=["edited", "added", "removed", "moved", "a pipe", "a link"],
)
def test_what_somebody_changed_is_named_with_what_brings_it_back(cache, change):
    folder, module, get = cache
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    change(folder)
    with pytest.raises(GoPluginsError, match=f"somebody changed {NAME}@v1.0.0-RC there") as caught:
        verify(folder, module)
    assert caught.value.fix.startswith(f"ls -ld '{folder}'\n")
    shutil.rmtree(folder)
    get()
    verify(folder, module)


def test_a_module_is_read_once_and_again_when_a_file_is_not_as_it_was(cache, monkeypatch):
    folder, module, _get = cache
    verify(folder, module)
    read = []
    monkeypatch.setattr(module_cache, "sha256_file", lambda path: read.append(path) or sha256_file(path))
    verify(folder, module)
    assert read == []
    os.utime(folder / "quiet.go")
    verify(folder, module)
    assert len(read) == 4


def test_a_sum_that_is_another_is_not_remembered_for(cache):
    folder, module, _get = cache
    verify(folder, module)
    with pytest.raises(GoPluginsError, match="somebody changed"):
        verify(folder, module._replace(sum="h1:other"))


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"example.com/Quiet/Part@v1.0.0-RC": 1}', "[" * 100_000])
def test_what_is_remembered_may_be_spoiled(cache, text):
    folder, module, _get = cache
    (folder.parents[2] / "cache" / "goplugins-verified.json").write_text(text)
    verify(folder, module)
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)
    (folder / "quiet.go").write_text("package other\n")
    with pytest.raises(GoPluginsError, match="somebody changed"):
        verify(folder, module)
