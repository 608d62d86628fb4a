# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspaces and builds with the embedded gateway: what is made, what is not made again, and what is refused."""

from __future__ import annotations

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import hookcheck
from ansible_collections.goplugins.tyk.plugins.module_utils._tree import pack_tree, read_tree


@pytest.mark.parametrize(("name", "symbol"), [("testplugin", "AuthCheck"), ("enrich", "AddEnrichment"), ("nomod", "Stamp")])
def test_each_example_is_built_and_the_gateway_loads_it(shop, examples, name, symbol):
    built = shop.both(examples / "plugins" / name, name, symbols=[symbol])
    assert built["changed"], built
    assert os.path.basename(built["artifact"]) == f"{name}_v5.99.0_linux_amd64.so"
    loaded = shop.load(built["artifact"], symbol)
    assert "loaded ok, got 0x" in loaded.stdout, loaded.stderr
    text = pathlib.Path(f"{built['artifact']}.json").read_bytes()
    record = json.loads(text)
    assert {name: value for name, value in record.items() if name not in ("modules", "licenses")} == built["record"]
    assert built["record_sha256"] == hashlib.sha256(text).hexdigest()
    assert record["peak_memory"] > 1 << 20
    assert os.stat(built["artifact"]).st_mode & 0o777 == 0o644


def test_a_second_run_starts_no_go_and_a_touched_file_is_no_change(shop, source, recording):
    assert shop.both(source)["changed"]
    started = recording()
    assert any(line.startswith("build ") for line in started)
    os.utime(source / "go.mod", (1, 1))
    assert not shop.workspace(source)["changed"]
    assert not shop.build()["changed"]
    assert recording() == started


def test_the_users_source_is_not_changed_unless_asked(shop, source):
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    assert shop.both(source)["changed"]
    assert {path.name: path.read_bytes() for path in source.iterdir()} == before
    asked = shop.workspace(source, write_back=True)
    assert asked["written_back"] and asked["changed"]
    assert "v0.0.0-" in (source / "go.mod").read_text()
    again = shop.workspace(source, write_back=True)
    assert not again["changed"] and not again["written_back"]
    assert not shop.build()["changed"]


def test_plugins_are_built_side_by_side_as_the_host_has_processors(shop, source, recording, tmp_path):
    """The first goes alone. Each of the others begins only when so many have begun as may run at once."""
    names = ["first", "second", "third"]
    for name in names:
        assert shop.workspace(source, name)["changed"]
    real, go, begun = shop.goroot / "bin" / "go.real", shop.goroot / "bin" / "go", tmp_path / "begun"
    shutil.move(go, real)
    begun.mkdir()
    together = 1 + min(2, len(os.sched_getaffinity(0)))
    go.write_text(
        f"""#!/bin/sh
case $1 in
build)
    touch {begun}/$$
    tries=0
    while [ $(ls {begun} | wc -l) -gt 1 ] && [ $(ls {begun} | wc -l) -lt {together} ] && [ $tries -lt 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
    [ $tries -lt 600 ] || exit 9
    [ $(ls {begun} | wc -l) -gt 1 ] || sleep 1
    [ $(ls {begun} | wc -l) -ne 2 ] || [ {together} -eq 2 ] || exit 8
esac
exec {real} "$@"
"""
    )
    go.chmod(0o755)
    result = shop.build(plugins=[{"name": name} for name in names])
    assert [one["name"] for one in result["plugins"]] == names, result
    assert len(list(begun.iterdir())) == 3
    assert not shop.build(plugins=[{"name": name} for name in names])["changed"]


def test_an_edit_rebuilds_only_that_plugin(shop, source, examples):
    shop.both(source)
    shop.both(examples / "plugins" / "nomod", "nomod")
    path = next(source.glob("*.go"))
    path.write_text(path.read_text() + "\n// one more line\n")
    edited = shop.both(source)
    assert edited["changed"] and edited["reasons"][0].startswith("plugin: ")
    assert not shop.both(examples / "plugins" / "nomod", "nomod")["changed"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"commit": "f" * 40}, "gateway: "),
        ({"modified": "something"}, "gateway: "),
        ({"tags": ["goplugin", "ee"]}, "command: "),
        ({"race": True}, "command: "),
        ({"cpu": {"GOAMD64": "v2"}}, "environment: "),
        ({"goexperiment": "rangefunc"}, "environment: "),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_an_edit_of_the_gateways_profile_rebuilds(shop, source, workshop, change, reason):
    shop.both(source)
    told = shop.build(profile={**workshop.profile, **change}, check=True)
    assert told["changed"] and told["reasons"][0].startswith(reason), told


def test_another_compiler_or_linker_flag_rebuilds(shop, source):
    shop.both(source)
    assert shop.build(cc="gcc -g0", check=True)["reasons"][0].startswith("environment: ")
    assert shop.build(ldflags="-s -w", check=True)["reasons"][0].startswith("command: ")


def test_check_mode_reports_and_changes_nothing(shop, source, tmp_path):
    told = shop.workspace(source, check=True, diff=True)
    assert told["changed"]
    assert "github.com/TykTechnologies/tyk v0.0.0-" in told["diff"][0]["after"]
    assert not shop.workspaces.exists()
    assert shop.build(check=True)["changed"]
    assert not shop.output.exists()
    shop.both(source)
    assert not shop.workspace(source, check=True)["changed"]
    assert not shop.build(check=True)["changed"]


def test_a_workspace_that_somebody_changed_is_made_again(shop, source):
    shop.workspace(source)
    (shop.workspaces / "testplugin" / "plugin" / "go.mod").write_text("module other\n")
    assert shop.workspace(source)["changed"]
    assert not shop.workspace(source)["changed"]


def at_once(work):
    """The results of doing the work twice at the same time."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return [future.result() for future in [pool.submit(work) for _number in range(2)]]


def test_one_works_and_the_other_waits(shop, source):
    for work in (lambda: shop.workspace(source), shop.build):
        results = at_once(work)
        assert sorted(result["changed"] for result in results) == [False, True], results


def test_two_builds_are_the_same_bytes(shop, source, tmp_path):
    first = shop.both(source)["record"]
    shop.workspaces, shop.output = tmp_path / "elsewhere" / "deep" / "workspaces", tmp_path / "other"
    assert shop.both(source)["record"]["sha256"] == first["sha256"]


def test_nothing_of_the_callers_environment_reaches_the_build(shop, source, tmp_path):
    first = shop.both(source)["record"]
    shop.workspaces, shop.output = tmp_path / "w2", tmp_path / "a2"
    leaks = {
        "GOFLAGS": "-race -mod=mod",
        "CGO_CFLAGS": "-O0 -Dx",
        "GOAMD64": "v3",
        "GOEXPERIMENT": "rangefunc",
        "CC": "false",
        "GOWORK": "off",
    }
    shop.workspace(source, env=leaks)
    assert shop.build(env=leaks)["record"]["sha256"] == first["sha256"]


def test_a_folder_in_the_place_of_a_module_is_an_input(shop, source, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    (library / "go.mod").write_text("module example.com/library\n\ngo 1.20\n")
    (library / "l.go").write_text('package library\n\nconst Name = "one"\n')
    with open(source / "go.mod", "a") as file:
        file.write("\nrequire example.com/library v0.0.0\n\nreplace example.com/library => ../library\n")
    (source / "more.go").write_text('package main\n\nimport "example.com/library"\n\nvar Name = library.Name\n')
    first = shop.both(source)
    assert first["changed"] and "Name" in first["record"]["symbols"]
    assert not shop.both(source)["changed"]
    (library / "l.go").write_text('package library\n\nconst Name = "two"\n')
    assert shop.both(source)["record"]["sha256"] != first["record"]["sha256"]


def test_a_newer_plugin_is_brought_to_the_gateways_go(shop, source):
    text = (source / "go.mod").read_text()
    (source / "go.mod").write_text(re.sub(r"(?m)^go .*$", "go 1.25.0\n\ntoolchain go1.25.3\n\ntool example.com/tool", text))
    laid_out = shop.workspace(source)
    assert not laid_out.get("failed"), laid_out["msg"]
    assert laid_out["notes"] == [
        "testplugin: go.mod: 'tool' was left out, Go 1.22.7 does not know it",
        "testplugin: go.mod: go 1.25.0 -> 1.22.7, as the gateway has it",
    ]
    assert shop.build()["changed"]


def test_a_plugin_that_does_not_build_keeps_no_other_from_it(shop, source, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(source, broken)
    shop.workspace(source)
    (broken / "testplugin.go").write_text("package main\n\nfunc Broken() { return 1 }\n")
    shop.workspace(broken, "broken")
    result = shop.build(plugins=[{"name": name} for name in ("broken", "testplugin")])
    assert result["failed"] and re.match(r"broken does not build for linux/amd64:\n(?s:.*)testplugin\.go:3:", result["msg"]), result["msg"]
    assert [os.path.basename(made["artifact"]) for made in result["plugins"]] == ["testplugin_v5.99.0_linux_amd64.so"]
    assert [failure["name"] for failure in result["failures"]] == ["broken"]
    assert f"{broken}/testplugin.go:3:" in result["msg"] and str(shop.workspaces) not in result["msg"]
    assert "loaded ok" in shop.load(result["plugins"][0]["artifact"], "AuthCheck").stdout
    kept = shop.build(plugins=[{"name": name} for name in ("broken", "testplugin")], keep_going=True)
    assert not kept.get("failed") and not kept["changed"] and kept["failures"] == result["failures"]
    assert [made["name"] for made in kept["plugins"]] == ["testplugin"]


def test_two_plugins_of_one_name_are_refused_before_anything_is_built(shop, source, tmp_path):
    shop.workspace(source)
    result = shop.build(plugins=[{"name": "testplugin"}] * 2)
    assert result["failed"] and "there are 2 plugins of the name testplugin" in result["msg"]
    assert not shop.output.exists()


def edit(source, old, new):
    for path in source.glob("*.go"):
        path.write_text(path.read_text().replace(old, new))


BAD_SOURCES = {
    "missing": (shutil.rmtree, "there is no source folder"),
    "no Go files": (lambda source: [path.unlink() for path in source.glob("*.go")], "there are no Go files in"),
    "not main": (lambda source: edit(source, "package main", "package other"), "a plugin must be package main, but .* is package other"),
    "broken go.mod": (lambda source: (source / "go.mod").write_text("module\n"), "go.mod:1: cannot read the directive"),
    "leaves the source": (lambda source: (source / "l.go").symlink_to("/etc/hostname"), "a link that leaves the source folder"),
}


@pytest.mark.parametrize("case", BAD_SOURCES)
def test_a_bad_source_is_refused_before_anything_changes(shop, source, case):
    spoil, message = BAD_SOURCES[case]
    spoil(source)
    result = shop.workspace(source)
    assert result.get("failed") and re.search(message, result["msg"]), result
    assert not shop.workspaces.exists()


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", "", ".hidden", "-flag", "a..b", "a b"])
def test_a_name_that_is_no_file_name_is_refused(shop, source, name):
    result = shop.workspace(source, name)
    assert result.get("failed") and "cannot be the name of a plugin" in result["msg"]
    assert not shop.workspaces.exists()


def test_one_bad_plugin_keeps_no_other_from_its_workspace(shop, source, examples):
    plugins = [
        {"name": "bad", "source": str(source / "nowhere"), "remote_src": True},
        {"name": "nomod", "source": str(examples / "plugins" / "nomod"), "remote_src": True},
    ]
    result = shop.workspace(source, plugins=plugins)
    assert result.get("failed") and "nowhere" in result["msg"]
    assert [(item["name"], item["changed"]) for item in result["workspaces"]] == [("nomod", True)]
    (failure,) = result["failures"]
    assert failure["name"] == "bad" and "nowhere" in failure["message"] and failure["fix"] == [f"ls -ld {source / 'nowhere'}"]
    kept = shop.workspace(source, plugins=plugins, keep_going=True)
    assert not kept.get("failed") and kept["failures"] == [failure]
    assert [(item["name"], item["changed"]) for item in kept["workspaces"]] == [("nomod", False)]
    assert shop.build("nomod")["changed"]


def test_two_plugins_of_one_name_are_refused(shop, source):
    plugin = {"name": "twice", "source": str(source), "remote_src": True}
    result = shop.workspace(source, plugins=[plugin, plugin])
    assert result.get("failed") and "2 plugins of the name twice" in result["msg"]
    assert not shop.workspaces.exists()


def test_a_workspace_inside_its_own_source_is_refused(shop, source):
    result = shop.workspace(source, path=str(source))
    assert result.get("failed") and "lies inside the source" in result["msg"]


def test_a_module_that_nobody_has_is_named(shop, source):
    (source / "more.go").write_text('package main\n\nimport _ "example.invalid/nothing"\n')
    result = shop.workspace(source)
    assert result.get("failed") and "go mod tidy failed for testplugin" in result["msg"] and "example.invalid/nothing" in result["msg"]
    assert not (shop.workspaces / "testplugin").exists()
    assert [path.name for path in shop.workspaces.iterdir()] == [".testplugin.lock"]


def test_a_compile_error_shows_the_compilers_lines_and_keeps_the_good_artifact(shop, source):
    good = shop.both(source)
    (source / "broken.go").write_text("package main\n\nfunc Broken() { return 1 }\n")
    shop.workspace(source)
    result = shop.build()
    assert result.get("failed") and "broken.go:3:24: too many return values" in result["msg"], result["msg"]
    assert "Traceback" not in result["msg"]
    (source / "broken.go").unlink()
    shop.workspace(source)
    again = shop.build()
    assert (again["changed"], again["record"]) == (False, good["record"])
    assert "loaded ok" in shop.load(good["artifact"], "AuthCheck").stdout


@pytest.mark.parametrize("already_built", [False, True])
def test_a_symbol_that_is_not_exported_is_named(shop, source, already_built):
    if already_built:
        shop.both(source)
        result = shop.build(symbols=["AuthCheck", "NoSuchHook"])
    else:
        result = shop.both(source, symbols=["AuthCheck", "NoSuchHook"])
        assert not (shop.output / "testplugin_v5.99.0_linux_amd64.so").exists()
    assert result.get("failed") and "does not export NoSuchHook; it exports AddFooBarHeader, AuthCheck" in result["msg"], result["msg"]


@pytest.mark.parametrize("target", ["freebsd/arm64", "windows/amd64", "linux", "../../x"])
def test_a_target_without_plugin_mode_is_refused(shop, source, target):
    shop.workspace(source)
    result = shop.build(target=target)
    assert result.get("failed") and "no plugin mode for" in result["msg"] and "linux/amd64" in result["msg"]
    assert not shop.output.exists()


def test_a_toolchain_that_is_not_the_gateways_is_refused(shop, source, workshop):
    result = shop.workspace(source, profile={**workshop.profile, "go_version": "1.22.6"})
    assert result.get("failed") and "the gateway wants Go 1.22.6" in result["msg"]


def test_not_enough_disk_is_named_before_anything_changes(shop, source):
    result = shop.workspace(source, min_free_mb=10**9)
    assert result.get("failed") and "not enough disk for the workspace of testplugin" in result["msg"]
    assert not shop.workspaces.exists()
    shop.workspace(source)
    result = shop.build(min_free_mb=10**9)
    assert result.get("failed") and "not enough disk for building testplugin" in result["msg"]
    assert not shop.output.exists()


def test_a_disk_that_runs_full_leaves_nothing_behind(shop, source, workshop, collections, tmp_path):
    """A file size limit stops the linker in the middle of the artifact, as a full disk would."""
    shop.workspace(source)
    arguments = tmp_path / "arguments.json"
    options = {
        "plugins": [{"name": "testplugin"}],
        "workspaces": str(shop.workspaces),
        "profile": workshop.profile,
        "goroot": str(shop.goroot),
        "output": str(shop.output),
    }
    arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    code = (
        "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20));"
        f"sys.argv = ['go_plugin_build', {str(arguments)!r}];"
        "runpy.run_module('ansible_collections.goplugins.tyk.plugins.modules.go_plugin_build', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(collections)}, check=False, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["failed"], done.stdout
    assert [path.name for path in shop.output.iterdir()] == [".testplugin_v5.99.0_linux_amd64.so.lock"]


def test_a_shallow_checkout_and_no_proxy_for_the_gateway_will_do(shop, source, workshop):
    """The gateway's module path is refused by the proxy settings; only the checkout can serve it."""
    assert (workshop.checkout / ".git" / "shallow").exists()
    result = shop.workspace(source, env={"GOPRIVATE": "github.com/TykTechnologies/tyk", "GOVCS": "github.com/TykTechnologies/tyk:off"})
    assert not result.get("failed"), result["msg"]


def test_the_gateway_is_built_once(workshop, run_module):
    again = run_module("tyk_gateway_build", **workshop.gateway_options)
    assert not again["changed"]
    changed = run_module(
        "tyk_gateway_build", check=True, **{**workshop.gateway_options, "profile": {**workshop.profile, "tags": ["goplugin", "ee"]}}
    )
    assert changed["changed"] and changed["reasons"][0].startswith("command: ")


def test_a_gateway_without_plugin_loading_is_refused(workshop, run_module, tmp_path):
    options = {**workshop.gateway_options, "path": str(tmp_path / "tyk"), "profile": {**workshop.profile, "tags": []}}
    result = run_module("tyk_gateway_build", **options)
    assert result.get("failed") and "built without plugin loading" in result["msg"] and "goplugin" in result["msg"]
    assert not (tmp_path / "tyk").exists()


def test_binary_and_checkout_give_the_same_profile(workshop, run_module):
    told = run_module("tyk_gateway_info", binary=workshop.gateway, checkout=str(workshop.checkout), version="release-5.99.0")["profile"]
    differing = {name for name in told if told[name] != workshop.profile[name]}
    assert differing == {"source", "assumed", "cpu"}
    assert told["cpu"] == {"GOAMD64": "v1"}


def test_info_in_check_mode_on_a_bare_host(run_module, tmp_path):
    assert run_module("tyk_gateway_info", check=True, checkout=str(tmp_path / "nothing"))["profile"] is None
    assert "there is no gateway checkout at" in run_module("tyk_gateway_info", checkout=str(tmp_path / "nothing"))["msg"]


def lay_out(shop, *plugins):
    result = shop.workspace(None, plugins=[{"remote_src": True, **plugin} for plugin in plugins])
    assert not result.get("failed"), result["msg"]
    return result["workspaces"]


def test_two_builds_of_one_plugin_load_side_by_side_with_ids_of_their_own(shop, examples, workshop):
    source = str(examples / "plugins" / "enrich")
    one, other = lay_out(shop, {"name": "one", "source": source, "id": "blue"}, {"name": "other", "source": source, "id": "auto"})
    assert one["module"] == "example.com/enrich_blue"
    assert re.fullmatch(r"example\.com/enrich_[0-9a-f]{12}", other["module"])
    artifacts = [shop.build(name)["artifact"] for name in ("one", "other")]
    loaded = shop.load(",".join(artifacts), "AddEnrichment")
    assert loaded.stdout.count("loaded ok") == 2, loaded.stderr
    result = workshop.run("tyk_plugin_verify", gateway=workshop.gateway, plugin=artifacts, symbols=["AddEnrichment"])
    assert result["verdict"] == "loads"


def test_without_ids_they_do_not_and_the_verdict_says_so(shop, examples, run_module, workshop):
    source = str(examples / "plugins" / "enrich")
    lay_out(shop, {"name": "one", "source": source}, {"name": "other", "source": source})
    artifacts = [shop.build("one")["artifact"], shop.build("other", ldflags="-s -w")["artifact"]]
    assert "plugin already loaded" in shop.load(",".join(artifacts), "AddEnrichment").stderr
    result = run_module("tyk_plugin_verify", gateway=workshop.gateway, plugin=artifacts, symbols=["AddEnrichment"])
    assert result["failed"] and "plugin-path-taken" in result["msg"]


def test_an_id_of_the_inputs_changes_with_the_source_and_with_nothing_else(shop, source):
    (first,) = lay_out(shop, {"name": "testplugin", "source": str(source), "id": "auto"})
    (again,) = lay_out(shop, {"name": "testplugin", "source": str(source), "id": "auto"})
    assert again["module"] == first["module"] and not again["changed"]
    moved = source.parent / "moved"
    source.rename(moved)
    (elsewhere,) = lay_out(shop, {"name": "elsewhere", "source": str(moved), "id": "auto"})
    assert elsewhere["module"] == first["module"]
    edit(moved, "package main\n", "package main\n\n// One more line.\n")
    (edited,) = lay_out(shop, {"name": "testplugin", "source": str(moved), "id": "auto"})
    assert edited["module"] != first["module"] and edited["changed"]


def test_an_id_stays_out_of_the_users_source(shop, source):
    lay_out(shop, {"name": "testplugin", "source": str(source), "id": "blue"})
    written = shop.workspace(
        None, write_back=True, plugins=[{"name": "testplugin", "source": str(source), "remote_src": True, "id": "blue"}]
    )
    assert written["workspaces"][0]["written_back"]
    assert (source / "go.mod").read_text().startswith("module testplugin\n")


@pytest.mark.parametrize("bad", ["a/b", "..", "-x", "a b", "x" * 65])
def test_an_id_that_cannot_be_part_of_a_module_path_is_refused(shop, source, bad):
    result = shop.workspace(None, plugins=[{"name": "testplugin", "source": str(source), "remote_src": True, "id": bad}])
    assert result.get("failed") and "cannot be the id of a plugin" in result["msg"]
    assert not shop.workspaces.exists()


def test_a_hook_of_another_type_is_named_before_anything_is_linked(shop, source, recording):
    good = shop.both(source)
    (source / "wrong.go").write_text('package main\n\nimport "net/http"\n\nfunc Wrong(w http.ResponseWriter, r http.Request) {}\n')
    shop.workspace(source)
    before = len(recording())
    result = shop.build(hooks={"AuthCheck": "auth_check", "Wrong": "pre"})
    assert result.get("failed"), result
    assert "wrong.go:5: " in result["msg"] and "func(w http.ResponseWriter, r http.Request)" in result["msg"]
    assert "as pre hook it must be: func Wrong(http.ResponseWriter, *http.Request)" in result["msg"]
    assert "AuthCheck" not in result["msg"]
    assert not any(line.startswith("build ") for line in recording()[before:])
    assert os.path.exists(good["artifact"])


def test_hooks_change_nothing_of_the_artifact(shop, source):
    first = shop.both(source)
    checked = shop.build(hooks={"AuthCheck": "auth_check", "AddFooBarHeader": "post"})
    assert checked["changed"] and checked["record"]["sha256"] == first["record"]["sha256"]
    assert not shop.build(hooks={"AuthCheck": "auth_check", "AddFooBarHeader": "post"})["changed"]


def test_with_hooks_nothing_is_compiled_twice(shop, source, tmp_path):
    """What the check compiles, of packages that nobody has compiled, is there for the build, which compiles the plugin's own alone."""
    hooks = {"AuthCheck": "auth_check"}
    record = shop.both(source, hooks=hooks)["record"]
    package = shop.workspaces / "testplugin" / "plugin"
    (package / "fresh").mkdir()
    (package / "fresh" / "fresh.go").write_text(f"package fresh\n\nconst Now = {time.time_ns()}\n")
    (package / "uses.go").write_text('package main\n\nimport "testplugin/fresh"\n\nvar Now int64 = fresh.Now\n')
    environment = {**os.environ, **record["inputs"]["environment"], "GOENV": "off", "GOFLAGS": ""}
    environment |= {"GOTOOLCHAIN": "local", "GOWORK": str(package.parent / "go.work")}
    flags = [word for word in record["command"] if word.startswith("-")]

    def compiled(*words):
        done = subprocess.run(
            [str(shop.goroot / "bin" / "go"), *words], cwd=package, env=environment, check=True, capture_output=True, text=True
        )
        return re.findall(r"/compile -o \S+ .*?-p (\S+)", done.stderr)

    overlay = hookcheck.overlay(hooks, str(package), str(tmp_path))
    checked = compiled("list", "-x", *flags, "-e", "-export", "-overlay", overlay, "-f", "{{with .Error}}{{.}}{{end}}", ".")
    assert "testplugin/fresh" in checked
    assert compiled("build", "-x", *flags, "-o", str(tmp_path / "p.so"), ".") == ["testplugin"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("var Stored = AuthCheck", "exports Stored as a variable"),
        ("", "goplugins_hooks_check.go|undefined: Stored|does not export Stored"),
    ],
)
def test_a_hook_must_be_there_and_a_function(shop, source, line, message):
    (source / "stored.go").write_text(f"package main\n\n{line}\n")
    shop.workspace(source)
    result = shop.build(hooks={"Stored": "auth_check"})
    assert result.get("failed") and re.search(message, result["msg"]), result
    assert not list(shop.output.glob("*.so"))


def test_a_kind_of_hook_that_does_not_exist_is_refused(shop, source):
    shop.workspace(source)
    result = shop.build(hooks={"AuthCheck": "auth"})
    assert result.get("failed") and "no kind of hook" in result["msg"] and "auth_check" in result["msg"]


def test_a_plugin_in_git_is_taken_from_its_checkout(shop, source, tmp_path):
    plugin = {"name": "testplugin", "source": "https://me:hunter2@git.example.com/p.git", "version": "v1.0.0"}
    checkouts = tmp_path / "checkouts"
    checkouts.mkdir()
    told = shop.workspace(None, plugins=[plugin], checkouts=str(checkouts), check=True)
    assert told["notes"] == [f"{checkouts}/testplugin is not there yet"] and told["changed"]
    refused = shop.workspace(None, plugins=[plugin])
    assert refused["failed"] and "nothing says where it is checked out" in refused["msg"]
    source.rename(checkouts / "testplugin")
    laid_out = shop.workspace(None, plugins=[plugin], checkouts=str(checkouts))
    built = shop.build(plugins=[plugin])
    assert laid_out["changed"] and built["changed"]
    assert "hunter2" not in json.dumps([told, refused, laid_out, built])
    assert laid_out["invocation"]["module_args"]["plugins"][0]["source"] == "https://***@git.example.com/p.git"


def test_a_plugin_without_a_source_is_refused(shop):
    result = shop.workspace(None, plugins=[{"name": "testplugin"}])
    assert result["failed"] and "plugin testplugin has no source" in result["msg"]


def test_a_source_whose_name_ends_as_that_of_an_archive_is_a_folder(shop, source, tmp_path):
    """The action plugin says what is an archive; the name does not."""
    folder, archive = tmp_path / "plugin.tar", tmp_path / "sent"
    source.rename(folder)
    tree = read_tree(str(folder))
    plugins = [{"name": "testplugin", "source": str(folder)}]
    asked = shop.workspace(None, plugins=plugins, source_digests={"testplugin": tree.digest})
    assert asked.get("wants_sources") == ["testplugin"], asked
    pack_tree(tree, str(archive))
    sent = {"source_digests": {"testplugin": tree.digest}, "source_archives": {"testplugin": str(archive)}}
    assert shop.workspace(None, plugins=plugins, **sent)["changed"]
    assert not shop.workspace(None, plugins=plugins, source_digests=sent["source_digests"])["changed"]
    edit(folder, "package main", "package other")
    tree = read_tree(str(folder))
    pack_tree(tree, str(archive))
    sent["source_digests"] = {"testplugin": tree.digest}
    refused = shop.workspace(None, plugins=plugins, **sent)
    assert refused["failed"] and f"but {folder}/testplugin.go is package other" in refused["msg"]


@pytest.mark.parametrize("cc", [{"cc": "no-such-gcc -g0"}, {"cc": "/nowhere/gcc"}])
def test_in_check_mode_a_compiler_may_still_have_to_be_installed(shop, source, workshop, run_module, tmp_path, cc):
    shop.workspace(source)
    reason = f"the C compiler {cc['cc'].split()[0]} is not installed yet"
    told = shop.build(check=True, **cc)
    assert (told["changed"], told["artifact"], told["reasons"]) == (True, None, [reason])
    options = {**workshop.gateway_options, **cc, "path": str(tmp_path / "tyk")}
    told = run_module("tyk_gateway_build", check=True, **options)
    assert (told["changed"], told["binary"], told["reasons"]) == (True, None, [reason])
    assert run_module("tyk_gateway_build", **options)["failed"] and shop.build(**cc)["failed"]


def test_in_check_mode_no_artifact_is_named_that_is_not_there(shop, source, workshop, run_module, tmp_path):
    shop.workspace(source)
    told = shop.build(check=True)
    assert (told["changed"], told["artifact"], told["target"], told["native"]) == (True, None, "linux/amd64", True)
    gateway = run_module("tyk_gateway_build", check=True, **{**workshop.gateway_options, "path": str(tmp_path / "tyk")})
    assert (gateway["changed"], gateway["binary"]) == (True, None)
    artifact = shop.build()["artifact"]
    assert shop.build(check=True, ldflags="-s -w")["artifact"] == artifact


@pytest.mark.parametrize("name", ["plugin", "main", "log"])
def test_a_source_without_go_mod_may_be_called_as_a_package_of_go(shop, examples, name):
    built = shop.both(examples / "plugins" / "nomod", name, symbols=["Stamp"])
    assert built["changed"], built
    assert "loaded ok" in shop.load(built["artifact"], "Stamp").stdout


@pytest.mark.parametrize("module", ["plugin", "main", "net/http"])
def test_a_module_path_of_go_itself_is_refused_before_anything_is_compiled(shop, source, recording, module):
    (source / "go.mod").write_text(f"module {module}\n\ngo 1.22\n")
    result = shop.workspace(source)
    assert result["failed"] and f"the module path {module} is that of a package of Go's own" in result["msg"], result
    assert f"Fix: go mod edit -module=example.com/{module} {source}/go.mod" in result["msg"]
    assert not any(line.startswith(("build", "mod tidy")) for line in recording())
