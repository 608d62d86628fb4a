# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/awx.md says, against ansible-builder, ansible-playbook and the variables of the playbooks."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
TEXTS = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", (ROOT / "docs" / "awx.md").read_text(), re.DOTALL))
PLATFORMS = ("rpm", "dpkg")


def run(*words, cwd, **environment):
    done = subprocess.run(words, cwd=cwd, env={**os.environ, **environment}, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def folder(tmp_path):
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_the_builder_finds_what_the_collection_needs(collections, tmp_path):
    found = yaml.safe_load(run("ansible-builder", "introspect", str(collections), cwd=tmp_path))
    origin = "  # from collection goplugins.tyk"
    assert found == {
        "python": [],
        "system": [f"{name} [platform:{platform}]{origin}" for name in ("git", "openssl") for platform in PLATFORMS],
    }


def test_the_builder_makes_the_context_of_the_page(folder):
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    archive = f"goplugins-tyk-{version}.tar.gz"
    (folder / archive).write_text("the collection")
    run("ansible-builder", "create", "--output-filename", "Containerfile", cwd=folder)
    build = folder / "context" / "_build"
    # What is installed is there, under the name that is asked for: the builder itself does not look.
    (collection,) = yaml.safe_load((build / "requirements.yml").read_text())["collections"]
    assert collection["type"] == "file" and (build / collection["name"]).read_text() == "the collection"
    assert (build / "bindep.txt").read_text().split() == ["openssh-clients", "[platform:rpm]"]
    lines = (folder / "context" / "Containerfile").read_text().splitlines()
    wanted = {
        'ARG EE_BASE_IMAGE="quay.io/centos/centos:stream9"',
        'ARG PYCMD="/usr/bin/python3.12"',
        'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.19,<2.20 ansible-runner"',
        "COPY _build /build",
        "WORKDIR /build",
    }
    assert wanted - set(lines) == set()
    # From that folder the path in requirements.yml counts.
    install = next(number for number, line in enumerate(lines) if "collection install" in line and "-r requirements.yml" in line)
    assert [line for line in lines[:install] if line.startswith("WORKDIR")][-1] == "WORKDIR /build"


def test_the_environment_has_an_ansible_core_that_the_collection_takes():
    wanted = yaml.safe_load(TEXTS["execution-environment.yml"])["dependencies"]["ansible_core"]["package_pip"]
    assert wanted in (ROOT / "requirements" / "build.in").read_text().splitlines()


def test_the_playbook_of_the_project_is_one(folder, collections):
    run("ansible-playbook", "--syntax-check", "build.yml", cwd=folder, ANSIBLE_COLLECTIONS_PATH=str(collections))


def test_the_template_asks_for_variables_that_there_are_and_as_they_are():
    """A survey answers with a text or a list of texts, and the playbooks take nothing for what it is not."""
    specs = yaml.safe_load((ROOT / "playbooks" / "vars" / "argument_specs.yml").read_text())["options"]
    (play,) = yaml.safe_load(TEXTS["controller.yml"])
    (template,) = (task["awx.awx.job_template"] for task in play["tasks"] if "awx.awx.job_template" in task)
    assert template["playbook"] in TEXTS and template["job_slice_count"] == 1
    types = {"text": "str", "multiplechoice": "str", "multiselect": "list"}
    for question in template["survey_spec"]["spec"]:
        spec = specs[question["variable"]]
        assert types[question["type"]] == spec["type"] and spec.get("elements", "str") == "str"
        assert question.get("choices", spec.get("choices")) == spec.get("choices", question.get("choices"))
        assert question["type"] == "text" or question["default"] in question["choices"]
    assert template["survey_enabled"] and template["extra_vars"].keys() <= specs.keys()
    assert {key for plugin in template["extra_vars"]["tyk_plugins"] for key in plugin} <= specs["tyk_plugins"]["options"].keys()
