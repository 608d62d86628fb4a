# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bundles of real plugins: made, unpacked as the gateway does it, read by the linter, and cleaned away."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import zipfile

import pytest

PLUGINS = [
    {"name": "testplugin", "hooks": {"AuthCheck": "auth_check", "AddFooBarHeader": "pre"}},
    {"name": "enrich", "hooks": {"AddEnrichment": "pre"}},
]


@pytest.fixture(scope="module")
def dist(workshop, examples, tmp_path_factory):
    """Artifacts of two plugins as build_plugins leaves them, for one gateway; and the same files as those of another release."""
    folder = tmp_path_factory.mktemp("built")
    common = {"profile": workshop.profile, "goroot": str(workshop.goroot())}
    # Smaller files are packed faster.
    plugins = [
        {**plugin, "ldflags": "-s -w", "source": str(examples / "plugins" / plugin["name"]), "remote_src": True} for plugin in PLUGINS
    ]
    workspaces = str(folder / "workspaces")
    workshop.run("go_workspace", plugins=plugins, path=workspaces, gateway=str(workshop.checkout), **common)
    workshop.run("go_plugin_build", plugins=plugins, workspaces=workspaces, output=str(folder / "dist" / "v5.99.0"), **common)
    (folder / "dist" / "v5.98.0").mkdir()
    for path in (folder / "dist" / "v5.99.0").glob("[!.]*.so"):
        shutil.copy(path, folder / "dist" / "v5.98.0" / path.name.replace("v5.99.0", "v5.98.0"))
    return folder / "dist"


@pytest.fixture
def bundle(run_module, dist, tmp_path):
    def run(**options):
        return run_module(
            "tyk_plugin_bundle",
            **{"path": str(tmp_path / "srv"), "prefix": "shop", "plugins": PLUGINS, "artifacts": [str(dist)], **options},
        )

    return run


def test_from_artifacts_to_an_api_and_away_again(bundle, run_module, dist, tmp_path):
    planned = bundle(check=True, diff=True)
    assert planned["changed"] and not (tmp_path / "srv").exists()
    made = bundle(diff=True)
    assert {**planned, "elapsed": 0} == {**{key: made[key] for key in planned}, "elapsed": 0}
    (diff,) = made["diff"]
    assert diff["after_header"] == made["name"] and "enrich_v5.98.0_linux_amd64.so " in diff["after"] and diff["before"] == ""
    assert not bundle()["changed"]
    assert [path.name for path in (tmp_path / "srv").glob("[!.]*")] == [made["name"]]
    assert made["sha256"] == hashlib.sha256((tmp_path / "srv" / made["name"]).read_bytes()).hexdigest()
    assert [(file["plugin"], file["version"], file["platform"]) for file in made["files"]] == [
        (plugin, version, "linux/amd64") for plugin in ("enrich", "testplugin") for version in ("v5.98.0", "v5.99.0")
    ]

    # As the gateway unpacks it (gateway/coprocess_bundle.go).
    unpacked = tmp_path / "middleware" / "bundles" / hashlib.md5(made["name"].encode()).hexdigest()
    assert str(unpacked) == str(tmp_path / "middleware" / made["folder"])
    with zipfile.ZipFile(made["path"]) as opened:
        opened.extractall(unpacked)
    shell = subprocess.run(
        "LC_ALL=C; export LC_ALL; sha256sum * | sha256sum", shell=True, cwd=unpacked, check=True, capture_output=True, text=True
    )
    assert made["name"] == f"shop-{shell.stdout[:16]}.zip"
    data = b"".join((unpacked / name).read_bytes() for name in made["manifest"]["file_list"])
    assert json.loads((unpacked / "manifest.json").read_text()) == made["manifest"]
    assert made["manifest"]["checksum"] == hashlib.md5(data).hexdigest()

    (tmp_path / "apps").mkdir()
    definition = {"api_id": "shop", "custom_plugin_auth_enabled": True, "custom_middleware_bundle": made["name"]}
    (tmp_path / "apps" / "shop.json").write_text(json.dumps(definition))
    options = {"definitions": [str(tmp_path / "apps")], "platform": "linux/amd64", "directory": str(tmp_path)}
    for version in ("v5.98.0", "v5.99.0"):
        read = run_module("tyk_definition_lint", version=version, fail_on=["fails", "unknown", "info"], **options)
        assert not read.get("failed") and [(one["kind"], one["symbol"], os.path.basename(one["file"])) for one in read["plugins"]] == [
            ("pre", "AddFooBarHeader", f"testplugin_{version}_linux_amd64.so"),
            ("pre", "AddEnrichment", f"enrich_{version}_linux_amd64.so"),
            ("auth_check", "AuthCheck", f"testplugin_{version}_linux_amd64.so"),
        ]

    with open(unpacked / "enrich_v5.98.0_linux_amd64.so", "r+b") as file:
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))
    read = run_module("tyk_definition_lint", version="v5.99.0", **options)
    assert read["failed"] and [finding["code"] for finding in read["findings"]] == ["bundle-checksum-wrong"]

    clean = {"middleware": str(tmp_path / "middleware"), "definitions": [str(tmp_path / "apps")]}
    assert not run_module("tyk_bundle_clean", **clean)["changed"] and unpacked.exists()
    (tmp_path / "apps" / "shop.json").write_text(json.dumps({**definition, "custom_middleware_bundle": "shop-0.zip"}))
    for check in (True, False):
        done = run_module("tyk_bundle_clean", check=check, diff=True, **clean)
        assert done["changed"] and done["removed"] == [str(unpacked)] and done["diff"]["before"] == f"{unpacked}\n"
        assert unpacked.exists() == check
    assert not run_module("tyk_bundle_clean", **clean)["changed"]


def test_folder_umask_time_and_zone_make_no_difference(bundle, dist, tmp_path):
    first = bundle(compress=False)
    elsewhere = tmp_path / "else" / "where"
    shutil.copytree(dist, elsewhere)
    for number, path in enumerate(elsewhere.glob("*/*.so")):
        os.utime(path, (10**9 + number,) * 2)
        path.chmod(0o600)
    before = os.umask(0o077)
    try:
        second = bundle(
            env={"TZ": "Pacific/Auckland", "LC_ALL": "C"},
            compress=False,
            path=str(tmp_path / "other"),
            artifacts=[*map(str, elsewhere.iterdir())],
        )
    finally:
        os.umask(before)
    assert first["name"] == second["name"] and first["sha256"] == second["sha256"] and second["changed"]
    modes = [os.stat(one["path"]).st_mode & 0o777 for one in (first, second)]
    assert modes == [0o644, 0o644]


def test_what_no_gateway_could_use_is_refused_before_anything_is_written(bundle, dist, workshop, tmp_path):
    folder = tmp_path / "dist"
    folder.mkdir()
    artifact = folder / "testplugin_v5.99.0_linux_amd64.so"
    shutil.copy(dist / "v5.99.0" / artifact.name, artifact)

    def refused(hooks=None, **options):
        plugins = [{"name": "testplugin", "hooks": hooks or {"AuthCheck": "auth_check"}}]
        result = bundle(plugins=plugins, artifacts=[str(folder)], **options)
        assert result["failed"] and "Fix:" in result["msg"] and not (tmp_path / "srv").exists()
        return result["msg"]

    assert "does not export Authcheck; it exports AddFooBarHeader, AuthCheck" in refused({"Authcheck": "auth_check"})
    assert "the gateway uses response hooks as func(http.ResponseWriter, *http.Response, *http.Request)" in refused(
        {"AuthCheck": "response"}
    )
    assert "'before', which is no kind of hook" in refused({"AuthCheck": "before"})
    assert "which gateways before v5.15 do not take" not in refused({"AuthCheck": "analytics"})
    assert "keep is -1" in refused(keep=-1) and "rate is 0" in refused(rate=0)
    assert "is too large for an RSA private key" in refused(key=str(artifact))
    record = folder / f"{artifact.name}.json"
    shutil.copy(dist / "v5.99.0" / record.name, record)
    with open(artifact, "ab") as file:
        file.write(b"x")
    assert "its record beside it has another SHA-256" in refused()
    record.unlink()
    shutil.copy(workshop.goroot() / "bin" / "go", artifact)
    assert "is no Go plugin: it was built with -buildmode=exe" in refused()
    artifact.write_text("This is no plugin. " * 100)
    assert "it is neither an ELF nor a Mach-O file" in refused()


def test_a_signed_bundle_shows_nothing_of_the_key(bundle, tmp_path):
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    plain, signed = bundle(check=True, compress=False), bundle(key=str(key), compress=False)
    assert plain["name"] != signed["name"] and signed["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
    assert signed["manifest"] == {**plain["manifest"], "signature": signed["manifest"]["signature"]}
    assert not [line for line in key.read_text().splitlines()[1:-1] if line in json.dumps(signed)]
    assert not bundle(key=str(key), compress=False, keep=0)["changed"]


def test_a_slow_gateway_is_refused_and_one_that_may_be_slow_warned_of(bundle, tmp_path):
    made = bundle(compress=False, rate=10**9)
    assert not made.get("warnings") and made["seconds"] < 1
    result = bundle(compress=False, rate=1000, path=str(tmp_path / "slow"))
    assert result["failed"] and "gives up after 5" in result["msg"]
    assert not list((tmp_path / "slow").glob("[!.]*"))


def test_the_example_of_the_guide_works(repository, collections, dist, tmp_path):
    text = re.search(r"```yaml\n(# bundle\.yml\n.*?)```", (repository / "docs" / "guides" / "bundles.md").read_text(), re.DOTALL)[1]
    (tmp_path / "bundle.yml").write_text(text)
    (tmp_path / "dist").symlink_to(dist)
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_LOCALHOST_WARNING": "false"}
    done = subprocess.run(["ansible-playbook", "bundle.yml"], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (tmp_path / "bundles").glob("[!.]*")
    assert f"custom_middleware_bundle: {made.name}" in done.stdout
