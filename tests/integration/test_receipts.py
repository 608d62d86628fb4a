# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbook does again, and what a receipt answers: whatever changes a result is noticed, and nothing else costs anything."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.plugin_utils import attestations, dsse
from ansible_collections.goplugins.tyk.tests import attested
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

EVERYTHING = {"cross_cc", "tyk_gateway", "go_toolchain", "plugin_workspace", "plugin_build"}
PLUGINS = {"plugin_workspace", "plugin_build"}
NOTHING = set()


class Job:
    """The playbook with places of its own. Two plugins, one of them with modules beside it, in the place of two of its requirements."""

    def __init__(self, folder, workshop, examples, repository):
        self.root, self.dist, self.sources = folder / "root", folder / "dist", folder / "sources"
        self.repository, self.goroot = folder / "repository", workshop.goroot()
        shutil.copytree(workshop.repository, self.repository)
        self.playbook = repository / "playbooks" / "build_plugins.yml"
        shutil.copytree(examples / "plugins" / "nomod", self.sources / "nomod")
        (self.sources / "lib").mkdir()
        (self.sources / "lib" / "go.mod").write_text("module example.com/lib\n")
        (self.sources / "lib" / "lib.go").write_text('package lib\n\nconst Word = "one"\n')
        shutil.copytree(self.sources / "lib", self.sources / "own")
        (self.sources / "own" / "go.mod").write_text("module example.com/own\n")
        (self.sources / "uses").mkdir()
        (self.sources / "uses" / "go.mod").write_text(
            "module uses.example.com\n\nrequire (\n\texample.com/lib v0.0.0\n\texample.com/own v0.0.0\n)\n\n"
            f"replace example.com/lib => ../lib\n\nreplace example.com/own => {self.sources / 'own'}\n"
        )
        (self.sources / "uses" / "main.go").write_text(
            'package main\n\nimport (\n\t"example.com/lib"\n\town "example.com/own"\n)\n\n'
            "func Word() string { return lib.Word + own.Word }\n\nfunc main() {}\n"
        )
        self.variables = {
            "tyk_gateway_repo": str(self.repository),
            "tyk_gateway_version": "release-5.99.0",
            "tyk_workspace_root": str(self.root),
            "go_toolchain_root": str(self.goroot.parent),
            "tyk_artifacts": str(self.dist),
            "tyk_plugins": [
                # As if the build host had it.
                {"name": "nomod", "source": str(self.sources / "nomod"), "symbols": ["Stamp"], "remote_src": True},
                {"name": "uses", "source": str(self.sources / "uses"), "symbols": ["Word"]},
            ],
        }

    def run(self, *arguments, **variables):
        """Run the play. Gives (return code, output, the roles that did something, number of changed tasks)."""
        given = json.dumps({"ansible_python_interpreter": sys.executable, **self.variables, **variables})
        command = [
            "ansible-playbook",
            "--inventory",
            "localhost,",
            "--connection",
            "local",
            "--extra-vars",
            given,
            *arguments,
            str(self.playbook),
        ]
        environment = {**os.environ, "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"}
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        output = done.stdout + done.stderr
        roles = set(re.findall(r"^TASK \[goplugins\.tyk\.(\w+) : ", output, re.MULTILINE))
        changed = re.search(r"^localhost .*\bchanged=(\d+)", output, re.MULTILINE)
        return done.returncode, output, roles, int(changed.group(1)) if changed else None

    def delivered(self, name):
        return self.dist / "v5.99.0" / f"{name}_v5.99.0_linux_amd64.so"


@pytest.fixture(scope="module")
def job(tmp_path_factory, workshop, examples, repository):
    made = Job(tmp_path_factory.mktemp("receipts"), workshop, examples, repository)
    code, output, roles, changed = made.run()
    assert code == 0 and changed and roles == EVERYTHING, output
    return made


@pytest.fixture
def settled(job):
    """The job, with nothing to do."""
    code, output, roles, changed = job.run()
    if roles:
        code, output, roles, changed = job.run()
    assert (code, roles, changed) == (0, NOTHING, 0), output
    return job


def rows(output):
    return re.findall(r"^(\w+) +v5\.99\.0 +linux/amd64 +loads +yes +(/.*)$", output, re.MULTILINE)


def test_when_nothing_changed_one_module_answers(settled, count_results):
    code, output, roles, changed = settled.run()
    assert (code, roles, changed) == (0, NOTHING, 0), output
    assert count_results() == {"localhost": ["Find out what earlier runs built that still holds"]}, output
    assert rows(output) == [(name, str(settled.delivered(name))) for name in ("nomod", "uses")]
    assert re.search(r"^Gateway v5\.99\.0: nothing has changed since the plugins were built and verified, \d{4}-", output, re.MULTILINE)
    # What was guessed is said each time.
    assert "is the least that the gateway's go.mod asks for" in output


def test_check_mode_tells_the_same(settled):
    code, output, roles, changed = settled.run("--check", "--diff")
    assert (code, roles, changed) == (0, NOTHING, 0), output


def test_all_can_be_looked_at_again(settled):
    code, output, roles, changed = settled.run(tyk_recheck=True)
    assert (code, roles, changed) == (0, EVERYTHING, 0), output
    assert "nothing has changed since" not in output and len(rows(output)) == 2


def test_what_the_controller_lost_it_gets_again(settled):
    settled.delivered("uses").unlink()
    code, output, roles, changed = settled.run()
    assert (code, roles, changed) == (0, NOTHING, 1), output
    assert settled.delivered("uses").exists()


def test_what_was_built_is_signed_and_what_is_beside_it_comes_back(settled, tmp_path):
    private, public = attested.write_keys(tmp_path)
    code, output, _roles, changed = settled.run(tyk_signing_key=private)
    assert (code, changed) == (0, 1), output
    for name in ("nomod", "uses"):
        artifact = str(settled.delivered(name))
        record = json.loads(pathlib.Path(f"{artifact}.json").read_text())
        attestations.check(artifact, record["sha256"], dsse.verifiers([public]))
        bill = pathlib.Path(f"{artifact}.cdx.json").read_text()
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
        metadata = json.loads(pathlib.Path(f"{artifact}.provenance.json").read_text())["predicate"]["runDetails"]["metadata"]
        assert (metadata["goplugins_verdict"], metadata["goplugins_loaded"]) == ("loads", "yes") and metadata["goplugins_peakMemory"] > 0
    provenance = pathlib.Path(f"{artifact}.provenance.json")
    before = provenance.read_bytes()
    provenance.unlink()
    code, output, roles, changed = settled.run(tyk_signing_key=private)
    assert (code, roles, changed) == (0, NOTHING, 1) and provenance.read_bytes() == before, output


def append(path, text):
    path.write_text(path.read_text() + text)


def move_branch(job):
    def git(*words):
        return subprocess.run(
            ["git", "-C", str(job.repository), "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
            check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip

    tip = git("rev-parse", "refs/heads/release-5.99.0")
    git("update-ref", "refs/heads/release-5.99.0", git("commit-tree", "-p", tip, "-m", "more", f"{tip}^{{tree}}"))


# What is done, the roles that must look, and whether anything must change then.
CHANGES = {
    "an edited plugin": (lambda job: append(job.sources / "nomod" / "nomod.go", "\n// more\n"), PLUGINS, True),
    "an edited module beside a plugin": (lambda job: append(job.sources / "lib" / "lib.go", "\nconst More = 1\n"), PLUGINS, True),
    "an edited module by its full path": (lambda job: append(job.sources / "own" / "lib.go", "\nconst More = 1\n"), PLUGINS, True),
    "a touched plugin": (lambda job: (job.sources / "uses" / "main.go").touch(), NOTHING, False),
    "a touched plugin of the build host's": (lambda job: (job.sources / "nomod" / "nomod.go").touch(), PLUGINS, False),
    "a moved branch": (move_branch, EVERYTHING, True),
}


def test_what_a_result_rests_on(settled):
    stamps = set()
    for path in (settled.root / "receipts").glob("*.json"):
        stamps |= json.loads(path.read_text())["stamps"].keys()
    (checkout,) = (settled.root / "gateways").glob("*/src")
    artifacts = settled.root / "artifacts" / "v5.99.0"
    expected = {
        *(checkout, checkout / ".git" / "HEAD", checkout.parent / "tyk", checkout.parent / "tyk.json"),
        *(settled.repository / "refs", settled.repository / "packed-refs"),
        settled.goroot,
        "gcc",
        # By its full path in a go.mod.
        settled.sources / "own",
        settled.sources / "nomod",
        *(settled.root / "workspaces" / "v5.99.0" / name for name in ("uses", "nomod")),
        *(artifacts / f"{name}_v5.99.0_linux_amd64.so{end}" for name in ("uses", "nomod") for end in ("", ".json")),
    }
    assert {str(path) for path in expected} <= stamps


EACH_TIME = {"an edited plugin", "a touched plugin", "a moved branch"}


@pytest.mark.parametrize("change", [pytest.param(change, marks=() if change in EACH_TIME else pytest.mark.full) for change in CHANGES])
def test_a_change_is_noticed(settled, change):
    do, expected, changes = CHANGES[change]
    do(settled)
    code, output, roles, changed = settled.run()
    assert (code, roles, bool(changed)) == (0, expected, changes), output
    assert len(rows(output)) == 2


@pytest.mark.full
def test_other_variables_are_another_request(settled):
    code, output, roles, changed = settled.run(plugin_build_min_free_mb=511)
    assert (code, roles, changed) == (0, PLUGINS, 0), output
    # Both are remembered.
    assert settled.run()[2] == settled.run(plugin_build_min_free_mb=511)[2] == NOTHING


def test_what_did_not_end_well_has_no_receipt(settled):
    plugins = [*settled.variables["tyk_plugins"], {"name": "bad", "source": str(settled.sources / "nomod"), "symbols": ["Nothing"]}]
    for _turn in range(2):
        code, output, roles, _changed = settled.run(tyk_plugins=plugins)
        assert code == 2 and roles == PLUGINS and "does not export Nothing" in output, output
    assert settled.run()[2] == NOTHING


def test_work_that_is_done_again_is_not_known_until_it_ends_well(run_module, tmp_path):
    def receipts(check=False, **options):
        result = run_module("tyk_build_receipt", folder=str(tmp_path / "receipts"), check=check, **options)
        return result["changed"], [one["current"] for one in result.get("known", [])]

    asked = ["a" * 64, "b" * 64, ""]
    assert receipts(state="written", receipts=[{"asked": one} for one in asked]) == (True, [])
    assert receipts(state="written", receipts=[{"asked": one} for one in asked]) == (False, [])
    assert receipts(asked=asked) == (False, [True, True, False])
    assert receipts(state="absent", asked=asked[1:], check=True) == (True, [False, False])
    assert receipts(asked=asked) == (False, [True, True, False])
    assert receipts(state="absent", asked=asked[1:]) == (True, [False, False])
    assert receipts(state="absent", asked=asked[1:]) == (False, [False, False])
    assert receipts(asked=asked) == (False, [True, False, False])


def test_no_receipt_answers_for_a_variable_without_a_value(tmp_path):
    def requests(**variables):
        play = [{"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"msg": "{{ asked | to_json }}"}}]}]
        play[0]["vars"] = {"asked": "{{ query('goplugins.tyk.build_requests', *query('goplugins.tyk.gateways')) }}"}
        (tmp_path / "play.yml").write_text(json.dumps(play))
        given = json.dumps({"tyk_gateway_version": "v5.3.6", **variables})
        command = ["ansible-playbook", "-i", "localhost,", "-c", "local", "-e", given, str(tmp_path / "play.yml")]
        output = subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
        return re.findall(r"\b[0-9a-f]{64}\b", output)

    assert len(requests()) == 2
    assert set(requests()).isdisjoint(requests(cross_cc_way="zig"))
    assert requests(cross_cc_way="{{ what_nobody_set }}") == []


@pytest.mark.full
def test_a_stop_at_a_role_and_a_role_left_out(settled):
    code, output, roles, changed = settled.run("--tags", "go_toolchain")
    assert (code, roles, changed) == (0, NOTHING, 0), output
    code, output, roles, changed = settled.run("--tags", "cross_cc")
    assert (code, roles, changed) == (0, {"cross_cc"}, 0), output
    code, output, roles, changed = settled.run("--skip-tags", "cross_cc", tyk_recheck=True)
    assert (code, roles, changed) == (0, EVERYTHING - {"cross_cc"}, 0), output
