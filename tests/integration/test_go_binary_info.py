# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What go_binary_info tells, against what Go's and binutils' own tools tell of the same files."""

from __future__ import annotations

import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.modules import go_binary_info
from ansible_collections.goplugins.tyk.tests import oracle
from ansible_collections.goplugins.tyk.tests.fuzz import seeds

# What is of the file, of the run and of the moment.
DIFFERENT = ("path", "size", "invocation", "elapsed")


@pytest.fixture(scope="module")
def files(workshop, run_module, examples, tmp_path_factory):
    """The embedded gateway and a plugin for it, each as it was built and stripped of its symbol table."""
    folder = tmp_path_factory.mktemp("files")
    common = {"profile": workshop.profile, "goroot": str(workshop.goroot())}
    workshop.run(
        "go_workspace",
        plugins=[{"name": "enrich", "source": str(examples / "plugins" / "enrich"), "remote_src": True}],
        gateway=str(workshop.checkout),
        path=str(folder),
        **common,
    )
    built = workshop.run("go_plugin_build", plugins=[{"name": "enrich"}], workspaces=str(folder), output=str(folder / "out"), **common)
    made = {"gateway": workshop.gateway, "plugin": built["plugins"][0]["artifact"]}
    for name in list(made):
        stripped = folder / f"{name}-stripped"
        subprocess.run(["strip", "--strip-all", "-o", str(stripped), made[name]], check=True)
        made[f"{name}, stripped"] = str(stripped)
    return made


KINDS = ["gateway", "plugin", "gateway, stripped", "plugin, stripped"]


@pytest.mark.parametrize("kind", KINDS)
def test_build_information_equals_what_go_says(files, run_module, go, kind):
    info = run_module("go_binary_info", path=files[kind])
    said = subprocess.run([go, "version", "-m", files[kind]], check=True, capture_output=True, text=True).stdout.splitlines()
    assert said[0].endswith(f": go{info['go_version']}")
    rows = [line.split("\t")[1:] for line in said[1:]]
    assert {f"{name}={value}" for name, value in info["settings"].items()} == {row[1].replace('"', "") for row in rows if row[0] == "build"}
    assert [(module["path"], module["version"], module["sum"]) for module in info["modules"]] == [
        (row[1], row[2], (row[3:] or [""])[0]) for row in rows if row[0] == "dep"
    ]
    (path,) = [row[1] for row in rows if row[0] == "path"]
    assert info["main_package"] == path


@pytest.mark.parametrize("kind", KINDS)
def test_fingerprints_equal_what_nm_finds_and_the_file_holds(files, run_module, kind):
    info = run_module("go_binary_info", path=files[kind], fingerprints=True)
    listed = subprocess.run(["nm", "-gD", files[kind]], check=True, capture_output=True, text=True).stdout
    addresses = {
        path: int(address, 16) for address, path in re.findall(r"^([0-9a-f]+) \w go:link\.pkghashbytes\.(.+)$", listed, re.MULTILINE)
    }
    assert set(info["fingerprints"]) == set(addresses)
    # Where an address lies in the file, by readelf's own account of the section.
    sections = subprocess.run(["readelf", "-SW", files[kind]], check=True, capture_output=True, text=True).stdout
    places = [
        (int(address, 16), int(offset, 16), int(size, 16))
        for address, offset, size in re.findall(r"\] \S+ +PROGBITS +([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", sections)
    ]
    with open(files[kind], "rb") as file:
        for path, address in addresses.items():
            begin, offset, _size = next(place for place in places if place[0] <= address < place[0] + place[2])
            file.seek(offset + address - begin)
            assert file.read(8).hex() == info["fingerprints"][path], path


@pytest.mark.parametrize("kind", KINDS)
def test_libraries_equal_what_readelf_says(files, run_module, kind):
    libraries = run_module("go_binary_info", path=files[kind])["libraries"]
    dynamic = subprocess.run(["readelf", "-dVW", files[kind]], check=True, capture_output=True, text=True).stdout
    assert libraries["needed"] == re.findall(r"\(NEEDED\) .*\[(.+)\]", dynamic)
    assert {version for versions in libraries["versions"].values() for version in versions} == set(
        re.findall(r"Name: (GLIBC_\S+)", dynamic)
    )


def test_what_a_gateway_is_and_what_a_plugin_is(files, run_module):
    gateway, plugin = (run_module("go_binary_info", path=files[kind]) for kind in ("gateway", "plugin"))
    assert (gateway["build_mode"], gateway["loads_plugins"], gateway["plugin_path"], gateway["symbols"]) == ("exe", True, None, {})
    assert (plugin["build_mode"], plugin["loads_plugins"], plugin["plugin_path"]) == ("plugin", False, "example.com/enrich")
    assert plugin["symbols"] == {
        "AddEnrichment": {"kind": "func", "signature": "func(http.ResponseWriter, *http.Request)"},
        "SignResponse": {"kind": "func", "signature": "func(http.ResponseWriter, *http.Response, *http.Request)"},
    }


@pytest.mark.parametrize("kind", KINDS)
def test_other_readers_see_the_same(files, go, kind):
    assert oracle.disagreements(files[kind], go) == []


# Each word size and byte order of ELF, and Mach-O; with FULL=1 the others that gateways or build hosts have.
PLATFORMS = ["linux/amd64", "linux/s390x", "linux/386", "darwin/arm64"]
OTHERS = ["linux/arm64", "linux/arm", "linux/ppc64le", "freebsd/amd64", "darwin/amd64"]


@pytest.fixture(scope="module")
def program(go, tmp_path_factory):
    """A small program with a dependency, for a platform, as it is built or stripped."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "go.mod").write_text("module example.com/tiny\n\ngo 1.21\n\nrequire gopkg.in/yaml.v3 v3.0.1\n")
    (folder / "main.go").write_text('package main\n\nimport "gopkg.in/yaml.v3"\n\nfunc main() { yaml.Marshal(0) }\n')
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOWORK": "off"}

    @functools.cache
    def build(platform, kind):
        goos, goarch = platform.split("/")
        output = str(folder / f"{goos}-{goarch}-{kind}")
        command = [go, "build", "-trimpath", *(["-ldflags=-s -w"] if kind == "stripped" else []), "-o", output, "."]
        subprocess.run(command, cwd=folder, env={**environment, "GOOS": goos, "GOARCH": goarch}, check=True, capture_output=True)
        return output

    return build


@pytest.mark.parametrize("kind", ["whole", "stripped"])
@pytest.mark.parametrize("platform", [*PLATFORMS, *(pytest.param(platform, marks=pytest.mark.full) for platform in OTHERS)])
def test_programs_for_other_platforms_are_read_here(run_module, go, program, platform, kind):
    path = program(platform, kind)
    info = run_module("go_binary_info", path=path)
    assert (info["platform"], info["main_package"], info["loads_plugins"]) == (platform, "example.com/tiny", False)
    assert oracle.disagreements(path, go) == []
    refused = run_module("go_binary_info", path=path, platform="linux/riscv64")
    assert refused.get("failed") and refused["code"] == "other-platform"


@pytest.mark.parametrize(
    "platform", ["linux/amd64", *(pytest.param(other, marks=pytest.mark.full) for other in ("linux/386", "linux/s390x"))]
)
def test_programs_of_a_go_that_wrote_its_build_info_behind_pointers(run_module, go, tmp_path, platform):
    (tmp_path / "main.go").write_text("package main\n\nfunc main() {}\n")
    (tmp_path / "go.mod").write_text("module example.com/old\n\ngo 1.17\n")
    seeds.build(go, tmp_path, tmp_path / "old", platform, CGO_ENABLED="0", GOTOOLCHAIN=seeds.OLD)
    info = run_module("go_binary_info", path=str(tmp_path / "old"))
    assert (f"go{info['go_version']}", info["main_package"], info["platform"]) == (seeds.OLD, "example.com/old", platform)
    assert info["settings"] == {}
    assert oracle.disagreements(str(tmp_path / "old"), go) == []


@pytest.mark.full
def test_a_universal_file_is_read_slice_by_slice(run_module, program, tmp_path):
    thin = [program(platform, "whole") for platform in ("darwin/amd64", "darwin/arm64")]
    path = tmp_path / "universal"
    path.write_bytes(seeds.universal([pathlib.Path(one).read_bytes() for one in thin]))
    for platform, one in zip(("darwin/amd64", "darwin/arm64"), thin):
        info, alone = (run_module("go_binary_info", path=str(file), platform=platform) for file in (path, one))
        assert info["platform"] == platform
        assert {**info, **dict.fromkeys(DIFFERENT)} == {**alone, **dict.fromkeys(DIFFERENT)}


def test_what_is_no_go_file_is_told(run_module, tmp_path):
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    files = {str(tmp_path / "empty"), str(tmp_path / "pipe"), str(tmp_path), shutil.which("ls"), __file__, str(tmp_path / "missing")}
    for path in files:
        result = run_module("go_binary_info", path=path)
        assert result.get("failed") and path in result["msg"] and result["code"], result


def test_the_examples_run_as_they_stand(files, collections, tmp_path):
    tasks = yaml.safe_load(go_binary_info.EXAMPLES)
    reading = [task["goplugins.tyk.go_binary_info"] for task in tasks if "goplugins.tyk.go_binary_info" in task]
    assert len(reading) == 2
    # Only the places are others.
    for arguments, name in zip(reading, ("gateway", "plugin")):
        arguments["path"] = files[name]
    playbook = tmp_path / "examples.yml"
    variables = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    playbook.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": tasks}]))
    done = subprocess.run(
        ["ansible-playbook", "--inventory", "localhost,", str(playbook)],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
        stdin=subprocess.DEVNULL,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^localhost +: ok={len(tasks)} ", done.stdout, re.MULTILINE)
