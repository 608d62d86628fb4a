# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images with real plugins: made by the module, read by the specification, and by podman, which has them from nobody else."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile

import pytest
import yaml
from ansible_collections.goplugins.tyk.tests import layouts

NAME = "registry.example.com/shop/plugins:v5.99.0"
ARTIFACT = "testplugin_v5.99.0_linux_amd64.so"


@pytest.fixture(scope="module")
def dist(workshop, examples, tmp_path_factory):
    """What build_plugins leaves on the controller, of one plugin for one gateway."""
    folder = tmp_path_factory.mktemp("built")
    common = {"profile": workshop.profile, "goroot": str(workshop.goroot())}
    source = str(examples / "plugins" / "testplugin")
    plugins = [{"name": "testplugin", "ldflags": "-s -w", "source": source, "remote_src": True}]
    workspaces = str(folder / "workspaces")
    workshop.run("go_workspace", plugins=plugins, path=workspaces, gateway=str(workshop.checkout), **common)
    workshop.run("go_plugin_build", plugins=plugins, workspaces=workspaces, output=str(folder / "dist" / "v5.99.0"), **common)
    return folder / "dist"


@pytest.fixture
def image(run_module, dist, tmp_path):
    def run(**options):
        return run_module(
            "tyk_plugin_image", **{"path": str(tmp_path / "srv" / "image"), "name": NAME, "artifacts": [str(dist)], **options}
        )

    return run


@pytest.fixture
def podman(tmp_path):
    """podman(*words) -> what it prints. Its images are in a folder of this test; it has no network and starts nothing."""
    assert shutil.which("podman"), "the tests need podman. Install with: apt-get install --no-install-recommends podman"
    # Podman takes no long one.
    short = tempfile.mkdtemp(dir="/tmp")
    own = ["--root", str(tmp_path / "images"), "--runroot", short, "--storage-driver", "vfs", "--log-level", "error"]

    def run(*words):
        done = subprocess.run(["podman", *own, *words], stdin=subprocess.DEVNULL, check=False, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    yield run
    run("rm", "--all", "--force")
    run("rmi", "--all", "--force")
    shutil.rmtree(short)


def unpacked(podman, image):
    """What is in an image as podman unpacks it: from path to (entry, bytes)."""
    container = podman("create", "--network", "none", image, "/nothing").decode().strip()
    with tarfile.open(fileobj=io.BytesIO(podman("export", container))) as archive:
        return {f"/{entry.name}": (entry, entry.isreg() and archive.extractfile(entry).read()) for entry in archive}


def test_an_image_of_a_real_plugin_is_made_once_and_podman_takes_it(image, podman, dist, tmp_path):
    planned = image(check=True, diff=True)
    assert planned["changed"] and planned["reason"] == "there is no image yet" and not (tmp_path / "srv").exists()
    made = image(diff=True)
    assert {**planned, "elapsed": 0} == {**{key: made[key] for key in planned}, "elapsed": 0}
    data = (dist / "v5.99.0" / ARTIFACT).read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    assert made["diff"] == {"before": "", "after": f"{NAME} {made['digest']}\nlinux/amd64 /{ARTIFACT} sha256:{digest}\n"}
    assert made["reference"] == f"registry.example.com/shop/plugins@{made['digest']}"
    assert not image()["changed"]

    (one,) = list(layouts.opened(tmp_path / "srv" / "image").values())
    assert {"linux/amd64": one.digest} == made["manifests"] and one.digest == made["digest"]
    (file,) = made["files"]
    path, version, platform = f"/{ARTIFACT}", "v5.99.0", "linux/amd64"
    assert file == {"path": path, "plugin": "testplugin", "version": version, "platform": platform, "size": len(data), "sha256": digest}

    podman("pull", f"oci:{made['path']}:v5.99.0")
    archive = image(path=str(tmp_path / "image.tar"), tar=True)
    assert archive["digest"] == made["digest"]
    assert f"Loaded image: {NAME}" in podman("load", "--input", archive["path"]).decode()
    (described,) = json.loads(podman("image", "inspect", NAME))
    assert described["Digest"] == made["digest"] and described["Config"] == {"User": "65532:65532"}
    files = unpacked(podman, NAME)
    entry, found = files[path]
    assert found == data and (entry.uid, entry.gid, entry.mode & 0o7777) == (65532, 65532, 0o644)


def test_folder_umask_time_and_zone_make_no_difference(image, dist, tmp_path):
    first = image()
    shutil.copytree(dist, tmp_path / "else" / "where")
    for path in (tmp_path / "else" / "where").glob("*/*.so"):
        os.utime(path, (10**9,) * 2)
        path.chmod(0o600)
    before = os.umask(0o077)
    try:
        zone = {"TZ": "Pacific/Auckland", "LC_ALL": "C"}
        second = image(env=zone, path=str(tmp_path / "other"), artifacts=[str(tmp_path / "else" / "where")])
    finally:
        os.umask(before)
    assert first["digest"] == second["digest"] and second["changed"]


def test_on_a_base_each_platform_gets_its_own_and_podman_takes_the_one_that_is_asked_for(image, podman, dist, tmp_path):
    layouts.made(tmp_path / "base", ["linux/arm64", "linux/amd64"])
    options = {"base": str(tmp_path / "base"), "folder": "/plugins", "user": 7, "group": 8, "mode": "0440", "platforms": ["linux/amd64"]}
    made = image(
        plugins=[{"name": "testplugin", "hooks": {"AuthCheck": "auth_check"}}], annotations={"org.example.team": "shop"}, **options
    )
    assert not made.get("failed"), made
    opened = layouts.opened(tmp_path / "srv" / "image")
    assert list(opened) == ["linux/amd64"] and opened["linux/amd64"].manifest["annotations"]["org.example.team"] == "shop"
    pulled = podman("pull", "--quiet", f"oci:{made['path']}:v5.99.0").decode().strip()
    (described,) = json.loads(podman("image", "inspect", pulled))
    assert described["Digest"] == made["digest"]
    assert described["Config"] == {"User": "1000", "Cmd": ["/bin/tyk"]} and len(described["RootFS"]["Layers"]) == 2
    files = unpacked(podman, pulled)
    assert files["/etc/platform"][1] == b"linux/amd64"
    entry, found = files[f"/plugins/{ARTIFACT}"]
    assert (entry.uid, entry.gid, entry.mode & 0o7777) == (7, 8, 0o440) and found == (dist / "v5.99.0" / ARTIFACT).read_bytes()


def test_what_no_gateway_could_use_is_refused_before_anything_is_written(image, dist, workshop, tmp_path):
    folder = tmp_path / "dist"
    shutil.copytree(dist / "v5.99.0", folder)

    def refused(**options):
        result = image(artifacts=[str(folder)], **options)
        assert result["failed"] and "Fix:" in result["msg"] and not (tmp_path / "srv").exists()
        return result["msg"]

    assert "does not export Authcheck; it exports" in refused(plugins=[{"name": "testplugin", "hooks": {"Authcheck": "auth_check"}}])
    assert "there is no artifact of other in" in refused(plugins=[{"name": "other"}])
    assert "there is no artifact for linux/arm64 in" in refused(platforms=["linux/arm64"])
    assert "cannot be the name of an image" in refused(name="plugins")
    assert "is not four octal digits" in refused(mode="420")
    assert "cannot be the folder in an image" in refused(folder="plugins")
    # A file of one platform under the name of another.
    artifact = folder / ARTIFACT
    arm = artifact.rename(folder / ARTIFACT.replace("amd64", "arm64"))
    assert "is for linux/amd64, not for linux/arm64 as its name says" in refused()
    arm.rename(artifact)
    with open(artifact, "ab") as file:
        file.write(b"x")
    assert "its record beside it has another SHA-256" in refused()
    (folder / f"{ARTIFACT}.json").unlink()
    shutil.copy(workshop.goroot() / "bin" / "go", artifact)
    assert "is no Go plugin: it was built with -buildmode=exe" in refused()


def examples_of(repository):
    """The YAML blocks of the page, in their order."""
    return re.findall(r"```yaml\n(.*?)```", (repository / "docs" / "kubernetes.md").read_text(), re.DOTALL)


def test_the_playbook_of_the_page_works_and_its_tasks_too(repository, collections, dist, tmp_path):
    texts = examples_of(repository)
    (playbook,) = (text for text in texts if text.startswith("# image.yml\n"))
    tasks = [text for text in texts if text.startswith("    - name: ")]
    assert len(tasks) == 2
    # The gateway of the tests calls itself v5.99.0.
    (tmp_path / "image.yml").write_text((playbook + "".join(tasks)).replace("dist/v5.3.6", "dist/v5.99.0"))
    (tmp_path / "dist").symlink_to(dist)
    for base in re.findall(r'base: "{{ playbook_dir }}/(.*)"', "".join(tasks)):
        layouts.made(tmp_path / base, ["linux/amd64", "linux/arm64"])
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_LOCALHOST_WARNING": "false"}
    done = subprocess.run(["ansible-playbook", "image.yml"], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.search(r"reference: registry\.example\.com/shop/plugins@(sha256:[0-9a-f]{64})", done.stdout)
    (one,) = list(layouts.opened(tmp_path / "plugins-image").values())
    assert one.digest == shown[1] and f"/{ARTIFACT}" in one.files
    for folder in ("gateway-image", "copying-image"):
        (one,) = list(layouts.opened(tmp_path / folder).values())
        assert f"/plugins/{ARTIFACT}" in one.files and "/etc/platform" in one.files
    done = subprocess.run(["ansible-playbook", "image.yml"], cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert "changed=0" in done.stdout


def test_the_values_of_the_page_say_what_they_must(repository):
    values = [yaml.safe_load(text)["gateway"] for text in examples_of(repository) if text.startswith("# values.yaml\n")]
    own, volume = values
    assert own == {"image": {"repository": "registry.example.com/shop/tyk-gateway", "tag": "v5.3.6-plugins"}}
    (one,), (mount,) = volume["extraVolumes"], volume["extraVolumeMounts"]
    assert one["name"] == mount["name"] and mount["readOnly"] and mount["mountPath"] == "/plugins"
    assert re.fullmatch(r"registry\.example\.com/shop/plugins@sha256:[0-9a-f]{64}", one["image"]["reference"])
    (text,) = (text for text in examples_of(repository) if text.startswith("# kustomization.yaml\n"))
    (operation,) = yaml.safe_load(yaml.safe_load(text)["patches"][0]["patch"])
    assert operation["value"]["volumeMounts"] == [{"name": "tyk-scratch", "mountPath": "/mnt/tyk-gateway"}]
