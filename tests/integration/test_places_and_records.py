# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workspaces and builds replace, what they leave alone, what they believe, and what they leave behind."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import time

import pytest

RECORD = ".goplugins-workspace.json"


def everything(folder):
    """From path to content of each file below a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# What is not ours.


@pytest.mark.parametrize("check", [True, False])
def test_a_folder_of_the_users_is_left_alone(shop, source, check):
    theirs = shop.workspaces / "testplugin"
    theirs.mkdir(parents=True)
    (theirs / "mydata").write_text("precious")
    result = shop.workspace(source, check=check)
    assert result.get("failed") and f"{theirs} was not put there by this collection" in result["msg"]
    assert f"see what is there: ls -la {theirs}" in result["msg"]
    assert everything(shop.workspaces) == {pathlib.Path("testplugin/mydata"): b"precious"}
    theirs.rename(f"{theirs}.mine")
    assert shop.workspace(source)["changed"]


@pytest.mark.parametrize("where", ["itself", "below it", "above it"])
def test_the_source_is_left_alone_by_whatever_way_it_is_reached(shop, source, tmp_path, where):
    (source / ".git").mkdir()
    (source / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    repository = tmp_path / "repository"
    place = {"itself": repository / "testplugin", "below it": repository, "above it": repository / "testplugin" / "inner"}[where]
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, place)
    (tmp_path / "link").symlink_to(repository)
    before = everything(repository)
    result = shop.workspace(place, path=str(tmp_path / "link"))
    assert result.get("failed") and "lies inside the" in result["msg"], result
    assert everything(repository) == before


def test_a_workspace_that_is_a_link_is_left_alone(shop, source, tmp_path):
    shop.workspace(source)
    (shop.workspaces / "testplugin").rename(tmp_path / "moved")
    (shop.workspaces / "testplugin").symlink_to(tmp_path / "moved")
    before = everything(tmp_path / "moved")
    assert "is left alone" in shop.workspace(source)["msg"]
    assert everything(tmp_path / "moved") == before


def test_a_source_that_arrives_replaces_no_folder_of_the_users(shop, source, tmp_path):
    theirs = shop.workspaces / ".testplugin.source"
    theirs.mkdir(parents=True)
    (theirs / "mydata").write_text("precious")
    (tmp_path / "sent").write_bytes(b"")
    sent = {"source_digests": {"testplugin": "x"}, "source_archives": {"testplugin": str(tmp_path / "sent")}}
    result = shop.workspace(None, plugins=[{"name": "testplugin", "source": str(source)}], **sent)
    assert result.get("failed") and "was not put there by this collection" in result["msg"]
    assert (theirs / "mydata").read_text() == "precious"


def test_a_file_of_the_users_is_no_artifact_to_replace(shop, source, workshop, run_module, tmp_path):
    shop.workspace(source)
    theirs = shop.output / "testplugin_v5.99.0_linux_amd64.so"
    theirs.parent.mkdir()
    theirs.write_text("precious")
    gateway = tmp_path / "tyk"
    gateway.write_text("precious")
    for check in (True, False):
        results = [
            shop.build(check=check),
            run_module("tyk_gateway_build", check=check, **{**workshop.gateway_options, "path": str(gateway)}),
        ]
        for place, result in zip((theirs, gateway), results):
            assert result.get("failed") and f"{place} was not put there by this collection" in result["msg"]
            assert place.read_text() == "precious"


# Records that somebody spoiled.

SPOILED = {
    "another type": lambda path: path.write_text("[1]"),
    "empty": lambda path: path.write_text("{}"),
    "inputs of another type": lambda path: path.write_text(json.dumps({**json.loads(path.read_text()), "inputs": [1], "raised": [1]})),
    "deeply nested": lambda path: path.write_text("[" * 100_000),
    "no text": lambda path: path.write_bytes(b'{"digest": "\xff"}'),
    "huge": lambda path: os.truncate(path, 1 << 40),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "a folder": lambda path: (path.unlink(), path.mkdir(), (path / "mydata").write_text("precious")),
}


@pytest.mark.full
def test_a_spoiled_record_is_no_record_and_the_work_is_done_again(shop, source):
    artifact = pathlib.Path(shop.both(source)["artifact"])
    good = artifact.read_bytes()
    for name, spoil in SPOILED.items():
        spoil(shop.workspaces / "testplugin" / RECORD)
        assert shop.build().get("failed"), name
        again = shop.workspace(source)
        assert again["changed"] and not again.get("failed"), (name, again)
        assert not shop.workspace(source)["changed"], name
        spoil(pathlib.Path(f"{artifact}.json"))
        again = shop.build()
        assert again["changed"] and again["reasons"] == ["the artifact has no record"], (name, again)
        assert not shop.build()["changed"], name
        assert artifact.read_bytes() == good, name
    (kept,) = artifact.parent.glob(f"{artifact.name}.json.*")
    assert (kept / "mydata").read_text() == "precious"


def test_symbols_are_those_of_the_artifact_whatever_its_record_says(shop, source):
    built = shop.both(source)
    path = pathlib.Path(f"{built['artifact']}.json")
    forged = {**json.loads(path.read_text()), "symbols": [*built["record"]["symbols"], "Forged"]}
    path.write_text(json.dumps(forged))
    assert "does not export Forged" in shop.build(symbols=["Forged"])["msg"]
    path.write_text(json.dumps(forged))
    again = shop.build()
    assert again["reasons"] == ["the record does not say what the artifact is: symbols"]
    assert again["record"]["symbols"] == built["record"]["symbols"] == json.loads(path.read_text())["symbols"]
    assert not shop.build()["changed"]
    assert "does not export Forged" in shop.build(symbols=["Forged"])["msg"]


def test_a_gateways_record_is_believed_no_more(workshop, run_module, tmp_path):
    workshop.gateway  # noqa: B018
    options = {**workshop.gateway_options, "path": str(tmp_path / "tyk")}
    built = workshop.run("tyk_gateway_build", **options)
    for change in ({"inputs": [1]}, {"size": 1}, {"profile": {**built["record"]["profile"], "race": True}}):
        (tmp_path / "tyk.json").write_text(json.dumps({**built["record"], **change}))
        again = workshop.run("tyk_gateway_build", **options)
        assert again["changed"] and again["record"]["sha256"] == built["record"]["sha256"], change
    assert not workshop.run("tyk_gateway_build", **options)["changed"]


# Inputs.


def test_go_work_is_an_input(shop, source):
    shop.both(source)
    path = shop.workspaces / "testplugin" / "go.work"
    before = path.read_text()
    path.write_text(f"{before}\n// more\n")
    told = shop.build(check=True)
    assert told["changed"] and told["reasons"][0].startswith("go.work: "), told
    assert shop.workspace(source, check=True)["changed"]
    path.write_text(before)
    assert not shop.build(check=True)["changed"] and not shop.workspace(source)["changed"]


def test_what_go_adds_to_go_work_sum_is_no_change(shop, source):
    shop.both(source)
    with open(shop.workspaces / "testplugin" / "go.work.sum", "a") as file:
        file.write("example.com/more v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
    assert not shop.workspace(source)["changed"] and not shop.build()["changed"]


def test_the_digest_is_that_of_every_root(shop, source, tmp_path):
    first = shop.both(source)["record"]
    shop.workspaces, shop.output = tmp_path / "elsewhere" / "deep" / "workspaces", tmp_path / "other"
    assert shop.both(source)["record"]["digest"] == first["digest"]


# Links, other users, umask.


def test_a_root_that_is_a_link_works_and_is_the_same_root(shop, source, workshop, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "root").symlink_to("data")
    shutil.copytree(workshop.checkout, tmp_path / "data" / "gateway")
    gateway = {"gateway": str(tmp_path / "root" / "gateway")}
    shop.workspaces, shop.output = tmp_path / "root" / "deep" / "workspaces", tmp_path / "root" / "artifacts"
    laid_out = shop.workspace(source, **gateway)
    assert laid_out["changed"] and not laid_out.get("failed"), laid_out["msg"]
    assert laid_out["path"] == str(shop.workspaces / "testplugin")
    built = shop.build()
    assert built["changed"], built
    assert "=> ../../../gateway\n" in (shop.workspaces / "testplugin" / "go.work").read_text()
    shop.workspaces, shop.output = tmp_path / "data" / "deep" / "workspaces", tmp_path / "data" / "artifacts"
    gateway = {"gateway": str(tmp_path / "data" / "gateway")}
    assert not shop.workspace(source, **gateway)["changed"] and not shop.build()["changed"]


def test_what_is_up_to_date_is_neither_locked_nor_written(shop, source, workshop):
    """So a root may be read-only, or another user's."""
    shop.both(source)
    gateway = workshop.gateway_options
    workshop.run("tyk_gateway_build", **gateway)
    roots = [shop.workspaces, shop.output, pathlib.Path(gateway["path"]).parent]
    for root in roots:
        for lock in root.glob(".*.lock"):
            lock.unlink()
    before = [sorted((str(path), path.lstat().st_mtime_ns) for path in (root, *root.rglob("*"))) for root in roots]
    assert not shop.workspace(source)["changed"] and not shop.build(symbols=["AuthCheck"])["changed"]
    assert not workshop.run("tyk_gateway_build", **gateway)["changed"]
    assert [sorted((str(path), path.lstat().st_mtime_ns) for path in (root, *root.rglob("*"))) for root in roots] == before


def test_nobody_else_can_write_to_anything_whatever_the_umask(shop, source, tmp_path):
    before = os.umask(0)
    try:
        assert shop.both(source)["changed"]
    finally:
        os.umask(before)
    made = [path for root in (shop.workspaces, shop.output) for path in (root, *root.rglob("*"))]
    assert len(made) > 8 and [str(path) for path in made if not path.is_symlink() and path.stat().st_mode & stat.S_IWOTH] == []


# Sources that are no sources.


def test_no_source_is_a_traceback(shop, source):
    for name, make, message in (
        ("a\\xff.go", lambda path: path.write_text("package main\n"), "is not UTF-8"),
        ("giant", lambda path: (path.touch(), os.truncate(path, 1 << 40)), "giant holds more than 2048 MiB"),
        ("secret", lambda path: path.symlink_to(".git/config"), "is version control"),
    ):
        (source / ".git").mkdir(exist_ok=True)
        (source / ".git" / "config").write_text("secret")
        path = pathlib.Path(os.fsdecode(os.fsencode(source) + b"/" + name.encode().decode("unicode_escape").encode("latin-1")))
        make(path)
        result = shop.workspace(source)
        assert result.get("failed") and message in result["msg"] and "Fix: " in result["msg"], result
        path.unlink()
    assert not shop.workspaces.exists()


# Leftovers.

LETTERS = "abcdefgh"


def test_what_killed_runs_left_of_this_plugin_is_removed_and_nothing_else(shop, source):
    """What is the other plugin's begins as what is this one's would."""
    ours = [shop.workspaces / f".testplugin.goplugins-{LETTERS}", shop.output / f".testplugin_v5.99.0_linux_amd64.so.goplugins-{LETTERS}"]
    other = "testplugin.goplugins-a"
    assert shop.both(source, other)["changed"]
    kept = [
        shop.workspaces / f".{other}.source",
        shop.workspaces / f".{other}.goplugins-{LETTERS}",
        shop.output / f".testplugin_v5.99.0_linux_amd64.so_v5.99.0_linux_amd64.so.goplugins-{LETTERS}",
        shop.workspaces / ".testplugin.tmp",
    ]
    for folder in (*ours, *kept):
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / "file").write_text("x")
    assert shop.both(source)["changed"]
    assert [str(folder) for folder in ours if folder.exists()] == []
    assert [str(folder) for folder in kept if not folder.exists()] == []
    assert not shop.workspace(source, other)["changed"] and not shop.build(other)["changed"]


def test_a_killed_build_leaves_nothing_that_the_next_does_not_remove(shop, source, recording, collections, workshop, tmp_path):
    """Neither in the system's folder for temporary files nor where artifacts go."""
    shop.workspace(source)
    temporary, arguments, reached = tmp_path / "tmpdir", tmp_path / "arguments.json", tmp_path / "reached"
    temporary.mkdir()
    go = shop.goroot / "bin" / "go"
    good = go.read_text()
    go.write_text(good.replace("exec ", f'if [ "$1" = build ]; then touch "$TMPDIR/x" "$GOTMPDIR/y"; touch {reached}; sleep 60; fi\nexec '))
    options = {"plugins": [{"name": "testplugin"}], "workspaces": str(shop.workspaces), "output": str(shop.output)}
    options |= {"profile": workshop.profile, "goroot": str(shop.goroot)}
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    argv = [sys.executable, "-m", "ansible_collections.goplugins.tyk.plugins.modules.go_plugin_build", str(arguments)]
    environment = {**os.environ, "PYTHONPATH": str(collections), "TMPDIR": str(temporary)}
    with subprocess.Popen(argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        while not reached.exists():
            assert process.poll() is None
            time.sleep(0.1)
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
    left = list(shop.output.rglob("x")) + list(shop.output.rglob("y"))
    assert len(left) == 2
    go.write_text(good)
    assert shop.build(env={"TMPDIR": str(temporary)})["changed"]
    name = "testplugin_v5.99.0_linux_amd64.so"
    assert sorted(path.name for path in shop.output.iterdir()) == [f".{name}.lock", name, f"{name}.json"]
    assert list(temporary.iterdir()) == []


# Go's module cache.


def test_a_module_that_somebody_changed_in_the_cache_is_not_compiled_in(shop, source, go, tmp_path):
    known = subprocess.check_output([go, "env", "GOMODCACHE"], text=True, cwd="/").strip()
    usual = subprocess.check_output([go, "env", "GOPROXY"], text=True, cwd="/").strip()
    env = {"GOMODCACHE": str(tmp_path / "modules"), "GOPROXY": f"file://{known}/cache/download,{usual}", "GOFLAGS": "-modcacherw"}
    laid_out = shop.workspace(source, env=env)
    assert not laid_out.get("failed"), laid_out["msg"]
    first = shop.build(env=env)
    assert first["changed"], first
    (logrus,) = (tmp_path / "modules" / "github.com" / "sirupsen").glob("logrus@*")
    with open(logrus / "logrus.go", "a") as file:
        file.write("\nfunc init() { println(1) }\n")
    artifact = pathlib.Path(first["artifact"])
    good = artifact.read_bytes()
    assert not shop.build(env=env)["changed"]
    with open(source / "testplugin.go", "a") as file:
        file.write("\n// One more line.\n")
    shop.workspace(source, env=env)
    result = shop.build(env=env)
    assert result.get("failed") and f"somebody changed github.com/sirupsen/{logrus.name} there" in result["msg"], result
    assert artifact.read_bytes() == good
    (failure,) = result["failures"]
    assert failure["fix"][0] == f"ls -ld {logrus}"
    shutil.rmtree(logrus)
    assert shop.build(env=env)["changed"]
