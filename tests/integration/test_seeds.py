# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new build host with a seed compiles nothing but its plugin."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import types

import pytest

TARGET = "linux/amd64"


def size(folder):
    return sum(path.stat().st_size for path in pathlib.Path(folder).rglob("*") if path.is_file())


def linked(source, target):
    """As a copy, in no time where that can be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def packed(tmp_path_factory, workshop):
    """archive, record, caches: what one host packed, and its caches. common: arguments."""
    folder = tmp_path_factory.mktemp("packed")
    caches = {"GOCACHE": str(folder / "build")}
    go = f"{workshop.goroot()}/bin/go"
    # What all that was compiled here has left.
    ours = subprocess.run([go, "env", "GOCACHE"], check=True, capture_output=True, text=True).stdout.strip()
    shutil.copytree(ours, caches["GOCACHE"], copy_function=linked, ignore=shutil.ignore_patterns("goplugins-seed-*", ".seed.*"))
    subprocess.run([go, "build", "encoding/json"], env={**os.environ, **caches}, cwd="/", check=True)
    common = {
        "store": "x",
        "checkout": str(workshop.checkout),
        "profile": workshop.profile,
        "goroot": str(workshop.goroot()),
    }
    asked = workshop.run("go_build_seed", environment=caches, **common)
    archive = folder / "archive"
    made = workshop.run("go_build_seed", environment=caches, state="kept", archive=str(archive), **common)
    again = workshop.run("go_build_seed", environment=caches, **common)
    return types.SimpleNamespace(archive=archive, record=made["record"], caches=caches, common=common, asked=asked, again=again)


@pytest.fixture
def host(tmp_path):
    """The environment of a host with empty caches that reaches no proxy."""
    return {"GOCACHE": str(tmp_path / "build"), "GOMODCACHE": str(tmp_path / "modules"), "GOPROXY": "off", "GOFLAGS": "-modcacherw"}


def plant(workshop, packed, host, **changes):
    arguments = {"archive": str(packed.archive), "sha256": packed.record["sha256"], **packed.common, **changes}
    return workshop.run("go_build_seed", environment=host, **arguments)


def test_a_seed_is_what_one_gateway_needs_and_no_more(workshop, packed):
    assert not packed.asked["planted"] and packed.again["planted"] and packed.again["seed"] == packed.asked["seed"]
    assert packed.asked["seed"] == f"{packed.record['digest']}_plugins_v5.99.0_linux_amd64.seed"
    with tarfile.open(packed.archive) as tar:
        names = tar.getnames()
    assert names[0] == "seed.json" and len(names) == len(set(names))
    kinds = [name[-2:] for name in names if name.startswith("build/")]
    assert kinds == sorted(kinds, reverse=True) and set(kinds) == {"-d", "-a"}
    there = {path.name for path in pathlib.Path(packed.caches["GOCACHE"]).rglob("*-a")}
    assert 100 < kinds.count("-a") < len(there) - 20


def test_it_has_the_modules_of_go_sum_and_those_that_cannot_be_had_are_named(workshop, packed, tmp_path):
    named = [line.split() for line in (workshop.checkout / "go.sum").read_text().splitlines()]
    assert packed.record["modules"] == sum(not version.endswith("/go.mod") for _module, version, _sum in named) > 5
    checkout = tmp_path / "src"
    shutil.copytree(workshop.checkout, checkout)
    with (checkout / "go.sum").open("a") as sums:
        sums.write(f"example.invalid/nowhere v1.0.0 h1:{'A' * 43}=\n")
    arguments = {**packed.common, "checkout": str(checkout), "state": "kept", "archive": str(tmp_path / "archive")}
    lacking = workshop.run("go_build_seed", environment=packed.caches, **arguments)
    assert lacking["record"]["modules"] == packed.record["modules"]
    assert "could not be fetched: example.invalid/nowhere@v1.0.0" in json.dumps(lacking["warnings"])


def test_with_it_a_host_compiles_the_plugin_alone(workshop, packed, host, examples, tmp_path):
    first = plant(workshop, packed, host)
    assert first["changed"] and first["placed"] > packed.record["entries"]
    assert plant(workshop, packed, host)["placed"] == 0
    assert workshop.run("go_build_seed", environment=host, **packed.common)["planted"]
    common = {name: packed.common[name] for name in ("profile", "goroot")}
    plugins = [{"name": "testplugin", "source": str(examples / "plugins" / "testplugin"), "remote_src": True}]
    gateway = packed.common["checkout"]
    # What is compiled is there. For go.mod, Go asks for a few modules that the gateway's go.sum does not name.
    online = {name: value for name, value in host.items() if name != "GOPROXY"}
    workshop.run("go_workspace", plugins=plugins, gateway=gateway, path=str(tmp_path / "w"), environment=online, **common)
    before = {path.name for path in pathlib.Path(host["GOCACHE"]).rglob("*-d")}
    workshop.run(
        "go_plugin_build",
        plugins=[{"name": "testplugin"}],
        workspaces=str(tmp_path / "w"),
        output=str(tmp_path / "artifacts"),
        environment=host,
        **common,
    )
    new = [path for path in pathlib.Path(host["GOCACHE"]).rglob("*-d") if path.name not in before]
    compiled = [path for path in new if path.read_bytes()[:8] == b"!<arch>\n"]
    assert len(compiled) == 1


def test_the_gateway_comes_as_it_was_linked(workshop, run_module, packed, host, tmp_path):
    """And only if its record says that it is what would be built here."""
    built, here = pathlib.Path(workshop.gateway), tmp_path / "here" / pathlib.Path(workshop.gateway).name
    archive = tmp_path / "archive"
    both = {**packed.common, "state": "kept", "archive": str(archive)}
    record = workshop.run("go_build_seed", environment=packed.caches, gateway=str(built), **both)["record"]
    assert record["digest"] != packed.record["digest"]
    common = {**packed.common, "gateway": str(here), "archive": str(archive), "sha256": record["sha256"]}
    assert workshop.run("go_build_seed", environment=host, **common)["changed"]
    assert here.read_bytes() == built.read_bytes() and here.stat().st_mode & 0o777 == 0o755
    options = {**workshop.gateway_options, "path": str(here), "environment": host}
    assert not workshop.run("tyk_gateway_build", **options)["changed"]
    assert not workshop.run("go_build_seed", environment=host, **common)["changed"]

    shutil.rmtree(here.parent)
    packed_with_it = types.SimpleNamespace(archive=archive)

    def of_another(name, content):
        return (name, content.replace(b'"digest": "', b'"digest": "0')) if name == "gateway.json" else (name, content)

    result = run_module("go_build_seed", environment=host, **{**common, **rewritten(packed_with_it, tmp_path, of_another)})
    assert result["failed"] and "the gateway in it is none that would be built here" in result["msg"], result
    assert not here.exists()


def rewritten(packed, folder, change):
    """The archive with other members, and its SHA-256. change: from (name, content) to that of the new one, or None to leave it out."""
    path = folder / "other"
    with tarfile.open(packed.archive) as old, tarfile.open(path, "w:gz", compresslevel=1) as new:
        for member in old:
            changed = change(member.name, old.extractfile(member).read())
            if changed:
                info = tarfile.TarInfo(changed[0])
                info.size = len(changed[1])
                new.addfile(info, io.BytesIO(changed[1]))
    return {"archive": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def of_another(name, content):
    return (name, json.dumps({**json.loads(content), "digest": 64 * "0"}).encode()) if name == "seed.json" else None


def outside(name, content):
    return (name.replace("module/", "module/../../../", 1), content)


def spoiled(name, content):
    return (name, content[:-1] + b"\n" if content[-1:] != b"\n" else content + b"x") if name.endswith(("-d", "-a")) else (name, content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (of_another, "it is the seed of another gateway, Go, target or C compiler"),
        (outside, "is nothing that a cache holds"),
        (spoiled, "is not what its name says"),
    ],
)
def test_what_is_no_seed_for_this_is_refused(run_module, packed, host, tmp_path, change, said):
    arguments = {**packed.common, **rewritten(packed, tmp_path, change)}
    result = run_module("go_build_seed", environment=host, **arguments)
    assert result["failed"] and said in result["msg"], result
    assert not run_module("go_build_seed", environment=host, **packed.common)["planted"]


def test_a_changed_byte_is_refused_before_anything_is_there(run_module, packed, host, tmp_path):
    data = bytearray(packed.archive.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "changed").write_bytes(data)
    arguments = {**packed.common, "archive": str(tmp_path / "changed"), "sha256": packed.record["sha256"]}
    result = run_module("go_build_seed", environment=host, **arguments)
    assert result["failed"] and "its SHA-256 is another" in result["msg"]
    assert size(host["GOCACHE"]) == 0


def test_another_compiler_has_another_seed(run_module, workshop, packed, tmp_path):
    cc = tmp_path / "cc"
    cc.write_text('#!/bin/sh\nexec gcc "$@"\n')
    cc.chmod(0o755)
    for changes in ({"cc": str(cc)}, {"gateway": str(tmp_path / "tyk")}):
        other = workshop.run("go_build_seed", environment=packed.caches, **{**packed.common, **changes})
        assert other["seed"] != packed.asked["seed"] and not other["planted"]


def test_a_killed_run_leaves_whole_files_and_the_next_one_ends_it(workshop, packed, host, tmp_path):
    arguments = tmp_path / "arguments.json"
    words = {**packed.common, "environment": host, "archive": str(packed.archive), "sha256": packed.record["sha256"]}
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": words}))
    command = [sys.executable, "-m", "ansible_collections.goplugins.tyk.plugins.modules.go_build_seed", str(arguments)]
    cache = pathlib.Path(host["GOCACHE"])
    for number in range(1, 6):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            # At first in the middle, then nearer to the end.
            while process.poll() is None and len(list(cache.glob("??/*-[ad]"))) < number * packed.record["entries"] / 4:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
        assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name[:-2] for path in cache.glob("??/*-d"))
        assert all(re.match(rb"v1 ([0-9a-f]{64}) ", path.read_bytes())[1].decode() == path.name[:-2] for path in cache.glob("??/*-a"))
    plant(workshop, packed, host)
    assert workshop.run("go_build_seed", environment=host, **packed.common)["planted"]
    with tarfile.open(packed.archive) as tar:
        wanted = {name[len("build/") :] for name in tar.getnames() if name.startswith("build/")}
    assert wanted == {str(path.relative_to(cache)) for path in cache.glob("??/*-[ad]")}
