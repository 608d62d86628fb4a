# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job as a user runs it: ansible-playbook on this machine, from nothing to loaded plugins, and again."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import inventory


class Job:
    """The playbook with places of its own. sources: copies of the example plugins, free to change."""

    def __init__(self, folder, workshop, examples, repository):
        self.folder = folder
        self.root = folder / "root"
        self.dist = folder / "dist"
        self.sources = folder / "sources"
        shutil.copytree(examples / "plugins", self.sources)
        self.playbook = repository / "playbooks" / "build_plugins.yml"
        self.collections = os.environ["PYTHONPATH"]
        self.variables = {
            "tyk_gateway_repo": str(workshop.repository),
            "tyk_gateway_version": "release-5.99.0",
            "tyk_workspace_root": str(self.root),
            "tyk_artifacts": str(self.dist),
            "tyk_plugins": [
                {"name": "testplugin", "source": str(self.sources / "testplugin"), "symbols": ["AuthCheck"]},
                {"name": "nomod", "source": str(self.sources / "nomod"), "symbols": ["Stamp"]},
            ],
        }

    def run(self, *arguments, path="", **variables):
        """Run the play. Gives (return code, output, number of changed tasks)."""
        command = [
            "ansible-playbook",
            "--inventory",
            "localhost,",
            "--connection",
            "local",
            "--diff",
            "--extra-vars",
            json.dumps({"ansible_python_interpreter": sys.executable, **self.variables, **variables}),
            *arguments,
            str(self.playbook),
        ]
        environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": self.collections, "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
        environment["PATH"] = path + environment["PATH"]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False, capture_output=True, text=True)
        output = done.stdout + done.stderr
        changed = re.search(r"^localhost .*\bchanged=(\d+)", output, re.MULTILINE)
        return done.returncode, output, int(changed.group(1)) if changed else None

    def artifacts(self):
        return {path.name: path.stat().st_mtime_ns for path in (self.root / "artifacts" / "v5.99.0").glob("*.so")}


def built(output):
    """The plugins that a run built, or in check mode would build."""
    told = output.partition("TASK [goplugins.tyk.plugin_build : Build the plugins]")[2].partition("\nTASK ")[0]
    return re.findall(r"^\+\+\+ after: (\w+)$", told, re.MULTILINE)


@pytest.fixture(scope="module")
def job(tmp_path_factory, workshop, examples, repository):
    """The main job, run once."""
    made = Job(tmp_path_factory.mktemp("job"), workshop, examples, repository)
    code, output, changed = made.run()
    assert code == 0 and changed, output
    made.output = output
    return made


def loaded(output, plugin, gateway="v5.99.0"):
    """Whether the closing table says that the gateway loads the plugin, as it proved by loading it."""
    return re.search(rf"^{plugin} +{gateway} +linux/amd64 +loads +yes +/", output, re.MULTILINE) is not None


def test_the_first_guide_shows_the_table_that_a_run_prints(job, repository):
    guide = (repository / "docs" / "guides" / "first-plugin.md").read_text()
    shown = re.findall(r"^(?:plugin|testplugin) .*", guide, re.MULTILINE)
    printed = re.findall(r"^(?:plugin|testplugin) .*", job.output, re.MULTILINE)
    assert [line.replace("/home/ann/goplugins/dist", str(job.dist)).split() for line in shown] == [line.split() for line in printed]


def test_it_ends_with_one_row_for_each_plugin_and_the_gateways_own_word(job):
    for name in ("testplugin", "nomod"):
        artifact = job.dist / "v5.99.0" / f"{name}_v5.99.0_linux_amd64.so"
        assert re.search(rf"^{name} +v5\.99\.0 +linux/amd64 +loads +yes +{artifact}$", job.output, re.MULTILINE), job.output
        record = json.loads((artifact.parent / f"{artifact.name}.json").read_text())
        assert record["size"] == artifact.stat().st_size


@pytest.mark.full
def test_gateway_and_plugins_are_compiled_for_a_debugger_beside_the_others(job):
    before = job.artifacts()
    code, output, _changed = job.run("--extra-vars", "tyk_gateway_debug=true", tyk_plugins=[job.variables["tyk_plugins"][1]])
    assert code == 0 and loaded(output, "nomod"), output
    artifact = job.dist / "release-5.99.0-debug" / "nomod_v5.99.0_linux_amd64.so"
    for path in (artifact, job.root / "gateways" / "release-5.99.0-debug" / "tyk"):
        told = subprocess.run(["go", "version", "-m", str(path)], check=True, capture_output=True, text=True).stdout
        assert '\tbuild\t-gcflags="all=-N -l"\n' in told, told
    assert job.artifacts() == before


def test_a_second_run_changes_nothing_and_starts_no_go(job, tmp_path):
    """Each go that the job could start is replaced by one that leaves a mark and does the work."""
    mark = tmp_path / "started"
    recorder = f'#!/bin/sh\necho go >> {mark}\nexec {{}} "$@"\n'
    bootstrap = tmp_path / "bin" / "go"
    bootstrap.parent.mkdir()
    bootstrap.write_text(recorder.format(shutil.which("go")))
    bootstrap.chmod(0o755)
    root = job.root / "go"
    installed = root / "1.22.7" / "bin" / "go"
    real = tmp_path / "go.real"
    shutil.move(installed, real)
    installed.write_text(recorder.format(f"env GOROOT={root / '1.22.7'} {real}"))
    installed.chmod(0o755)
    inventory.write(str(root), inventory.read(str(root), "1.22.7")._replace(files=inventory.take(str(root / "1.22.7"))))
    try:
        code, output, changed = job.run(path=f"{bootstrap.parent}:")
        assert (code, changed) == (0, 0), output
        assert not mark.exists()
        path = job.sources / "nomod" / "nomod.go"
        path.write_text(path.read_text() + "\n// one more line\n")
        code, output, changed = job.run(path=f"{bootstrap.parent}:")
        assert code == 0 and changed and mark.exists(), "the recorder must see a build: " + output
    finally:
        shutil.move(real, installed)
        inventory.write(str(root), inventory.read(str(root), "1.22.7")._replace(files=inventory.take(str(root / "1.22.7"))))


def test_an_edit_of_one_line_rebuilds_only_that_plugin(job):
    before = job.artifacts()
    path = job.sources / "testplugin" / "testplugin.go"
    path.write_text(path.read_text().replace('"Bar"', '"Baz"'))
    code, output, _changed = job.run()
    assert code == 0, output
    after = job.artifacts()
    assert {name for name in after if after[name] != before[name]} == {"testplugin_v5.99.0_linux_amd64.so"}


def test_two_jobs_at_once_build_a_plugin_once(job):
    path = job.sources / "nomod" / "nomod.go"
    path.write_text(path.read_text() + "\n// and one more line\n")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        ended = [future.result() for future in [pool.submit(job.run) for _number in range(2)]]
    assert [code for code, _output, _changed in ended] == [0, 0], ended
    assert sorted(len(built(output)) for _code, output, _changed in ended) == [0, 1], ended


def test_another_gateway_flag_rebuilds_all(job):
    code, output, _changed = job.run("--check", tyk_gateway_tags=["goplugin", "ee"])
    assert code == 0 and built(output) == ["testplugin", "nomod"], output
    assert "+command: -tags=goplugin -> -tags=goplugin,ee\n" in output, output


@pytest.mark.full
def test_another_commit_of_the_gateway_rebuilds_all(job, workshop, examples):
    make_repository = [sys.executable, examples / "make_repository.py", workshop.repository]
    before = job.artifacts()
    subprocess.run([*make_repository, "--commit-extra"], check=True, capture_output=True)
    try:
        code, output, _changed = job.run()
        assert code == 0 and built(output) == ["testplugin", "nomod"], output
        after = job.artifacts()
        assert before.keys() == after.keys() and all(after[name] != before[name] for name in before)
    finally:
        subprocess.run(make_repository, check=True, capture_output=True)
    code, output, _changed = job.run()
    assert code == 0 and built(output) == ["testplugin", "nomod"], output


def test_check_mode_on_a_built_host_reports_no_change(job):
    job.run()
    code, output, changed = job.run("--check")
    assert (code, changed) == (0, 0), output


def test_check_mode_on_a_bare_host_says_what_would_be_done(job, tmp_path):
    code, output, changed = job.run("--check", tyk_workspace_root=str(tmp_path / "bare"), tyk_artifacts=str(tmp_path / "dist"))
    assert code == 0 and changed == 1, output
    said = " ".join(output.split())
    assert "this would install the Go release that it names" in said and "testplugin, nomod" in said
    assert os.listdir(tmp_path) == []


def test_what_is_said_of_a_plugin_and_of_the_edition_counts(job):
    plugin = {"name": "nomod", "source": str(job.sources / "nomod"), "hooks": {"Stamp": "pre"}, "id": "blue", "ldflags": "-s -w"}
    code, output, _changed = job.run("--check", tyk_plugins=[plugin], tyk_gateway_edition="ee")
    assert code == 0 and built(output) == ["nomod"], output
    assert re.search(r"^ *\+module .*blue", output, re.MULTILINE), output
    assert "+command: -tags=goplugin -> -tags=goplugin,ee -ldflags=-s -w\n" in output, output
    assert "+hooks: nothing -> Stamp=pre\n" in output, output


def test_what_a_plugin_raises_is_refused_or_lowered(job, tmp_path):
    source = tmp_path / "raises"
    shutil.copytree(job.sources / "testplugin", source)
    mod = source / "go.mod"
    mod.write_text(mod.read_text() + "\nrequire github.com/sirupsen/logrus v1.9.4\n")
    plugin = {"name": "raises", "source": str(source), "symbols": ["AuthCheck"]}
    code, output, _changed = job.run(tyk_plugins=[plugin])
    assert code == 2 and "v1.9.4" in output and "v1.9.3" in output and not built(output), output
    code, output, _changed = job.run(tyk_plugins=[plugin], tyk_align="apply")
    assert code == 0 and loaded(output, "raises"), output
    assert "v1.9.4" in mod.read_text()


def test_the_environment_of_go_counts(job, tmp_path):
    environment = {"GOPROXY": "off", "GOMODCACHE": str(tmp_path / "mod")}
    code, output, _changed = job.run(tyk_workspace_root=str(tmp_path / "root"), tyk_go_environment=environment)
    assert code == 2 and "GOPROXY=off" in output, output


def test_a_plugin_from_git(job, tmp_path):
    source = tmp_path / "repository"
    shutil.copytree(job.sources / "nomod", source)
    for words in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x"],
    ):
        subprocess.run(["git", *words], cwd=source, check=True)
    plugin = {"name": "fromgit", "source": f"file://{source}", "version": "main", "symbols": ["Stamp"]}
    code, output, _changed = job.run(tyk_plugins=[plugin])
    assert code == 0 and (job.dist / "v5.99.0" / "fromgit_v5.99.0_linux_amd64.so").exists(), output
    code, output, changed = job.run(tyk_plugins=[plugin])
    assert (code, changed) == (0, 0), output


@pytest.mark.full
def test_the_gateways_source_by_way_of_the_controller(job, workshop, tmp_path):
    """Of the repository the build host sees nothing; what it has after a run is the commit and no way back."""
    repository = tmp_path / "repository"
    shutil.copytree(workshop.repository, repository, symlinks=True)
    own = {
        "tyk_gateway_repo": str(repository),
        "tyk_gateway_repo_on": "controller",
        "tyk_controller_cache": str(tmp_path / "cache"),
        "tyk_workspace_root": str(tmp_path / "root"),
        "tyk_artifacts": str(tmp_path / "dist"),
        "go_toolchain_root": str(job.root / "go"),
        "tyk_plugins": [{"name": "fold", "source": str(job.sources / "enrich"), "symbols": ["SignResponse"]}],
    }
    place = tmp_path / "root" / "gateways" / "release-5.99.0"

    def head():
        return subprocess.check_output(["git", "-C", str(place / "src"), "rev-parse", "HEAD"], text=True).strip()

    code, output, _changed = job.run("--check", **own)
    assert code == 0 and "this would install the Go release that it names" in " ".join(output.split()), output
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("repository", "cache")] == []
    code, output, _changed = job.run(**own)
    assert code == 0 and loaded(output, "fold"), output
    assert head() == workshop.profile["commit"]
    assert sorted(path.name for path in place.iterdir() if not path.name.startswith(".")) == ["src", "tyk", "tyk.json"]
    # A second copy would be taken for whole, however a run ended that made it.
    assert [path.name for path in tmp_path.glob("cache/sources/*/*") if not path.name.startswith(".")] == ["release-5.99.0"]
    code, output, changed = job.run(**own)
    assert (code, changed) == (0, 0), output

    (place / "src" / "main.go").write_text("package main\n")
    code, output, _changed = job.run(**own)
    assert code == 2 and "has local modifications: main.go" in output, output
    code, output, _changed = job.run(tyk_gateway_force=True, **own)
    assert code == 0, output

    tip = ["commit-tree", "release-5.99.0^{tree}", "-p", "release-5.99.0", "-m", "The branch moves"]
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    git = ["git", "-C", str(repository), *identity]
    moved = subprocess.check_output([*git, *tip], text=True).strip()
    subprocess.run([*git, "update-ref", "refs/heads/release-5.99.0", moved], check=True)
    code, output, _changed = job.run(**own)
    assert (code, head()) == (0, moved), output


def full(*values):
    return pytest.param(*values, marks=pytest.mark.full)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"tyk_gateway_version": "v5.99.1"}, "v5.99.0"),
        ({"tyk_gateway_version": ""}, "tyk_gateway_version"),
        full({"tyk_gateway_repo": "/nowhere/tyk.git"}, "/nowhere/tyk.git"),
        ({"tyk_gateway_repo": "http://user:hunter2secret@127.0.0.1:1/tyk.git"}, "127.0.0.1"),
        full({"tyk_plugins": [{"name": "x", "source": "http://user:hunter2secret@127.0.0.1:1/x.git", "version": "main"}]}, "127.0.0.1"),
        ({"tyk_plugins": [{"name": "../x", "source": "/tmp"}]}, "cannot be the name of a plugin"),
        ({"tyk_plugins": [{"name": "x", "source": "/nowhere"}]}, "there is no source folder"),
        ({"tyk_plugins": [{"name": "x"}]}, "tyk_plugins[0] (x) has no source"),
        ({"tyk_plugins": [{"name": "x", "source": "https://example.com/x.git"}]}, "so it needs a version too"),
        ({"tyk_plugin_targets": ["freebsd/arm64"]}, "no plugin mode"),
        full({"tyk_gateway_go_version": "1.22"}, "language version"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_bad_input_is_one_clear_error(job, tmp_path, variables, message):
    code, output, _changed = job.run(tyk_workspace_root=str(tmp_path / "root"), **variables)
    assert code == 2 and message in output, output
    assert "Traceback" not in output and "hunter2secret" not in output
    # The proofs of compilers are no part of any gateway.
    made = {path.name for path in (tmp_path / "root").glob("*")}
    # What is fetched first is whole: the gateway's source before that of plugins.
    assert made <= {"cc", "gateways"} | ({"go", "sources", "receipts"} if "version" in variables.get("tyk_plugins", [{}])[0] else set())
    assert not list((tmp_path / "root").glob("sources/x*")), output


def test_a_failed_build_keeps_the_good_artifact(job):
    path = job.sources / "nomod" / "broken.go"
    before = job.artifacts()
    path.write_text('package main\n\nvar x int = "text"\n')
    try:
        code, output, _changed = job.run()
        assert code == 2 and re.search(r"broken\.go:3:\d+: cannot use", output) and "Traceback" not in output, output
        assert f"{path}:3:" in output, output
        assert job.artifacts() == before
    finally:
        path.unlink()
    code, output, _changed = job.run()
    assert code == 0 and job.artifacts() == before, output


def test_one_bad_plugin_keeps_no_other_from_the_controller(job, tmp_path):
    """One does not compile, one has no such symbol, one is not in its repository, one raises a module; the good one arrives."""
    broken, raises = tmp_path / "broken", tmp_path / "raises"
    shutil.copytree(job.sources / "nomod", broken)
    (broken / "more.go").write_text('package main\n\nvar x int = "text"\n')
    shutil.copytree(job.sources / "testplugin", raises)
    (raises / "go.mod").write_text((raises / "go.mod").read_text() + "\nrequire github.com/sirupsen/logrus v1.9.4\n")
    plugins = [
        {"name": "broken", "source": str(broken)},
        {"name": "good", "source": str(job.sources / "nomod"), "symbols": ["Stamp"]},
        {"name": "lacks", "source": str(job.sources / "nomod"), "symbols": ["Stmp"]},
        {"name": "away", "source": f"file://{tmp_path}/nowhere", "version": "v1"},
        {"name": "raises", "source": str(raises)},
    ]
    code, output, _changed = job.run(tyk_plugins=plugins, tyk_artifacts=str(tmp_path / "dist"))
    assert code != 0, output
    assert sorted(path.name for path in (tmp_path / "dist").rglob("*.so")) == ["good_v5.99.0_linux_amd64.so"]
    assert loaded(output, "good"), output
    for name, said in (
        ("broken", r"broken does not build for linux/amd64"),
        ("lacks", r"plugin lacks does not export Stmp; it exports Stamp"),
        ("away", r".*nowhere"),
        ("raises", r"plugin raises would not load"),
    ):
        assert re.search(rf"^{name} v5\.99\.0( linux/amd64)?: {said}", output, re.MULTILINE), (name, output)
    assert f"{broken}/more.go:3:" in output and "/workspaces/" not in output.partition("PLAY [Report]")[2], output
    # At most one screen from the closing table on.
    assert len(output.partition("PLAY [Report]")[2].splitlines()) < 80, output
    assert "5 plugins: 1 loads, 4 were not built" in output, output


def test_check_mode_says_that_a_compiler_is_still_to_be_installed(job, tmp_path):
    """The host has the gateway's source and its Go, and no compiler for another CPU. No package manager is asked."""
    foreign = "linux/riscv64"
    own = {"tyk_plugin_targets": [foreign], "cross_cc_way": "cross", "cross_cc_packages": {foreign: []}}
    code, output, _changed = job.run("--check", tyk_artifacts=str(tmp_path / "dist"), **own)
    assert code == 0, output
    assert re.search(rf"^nomod +v5\.99\.0 +{foreign} +to be built", output, re.MULTILINE), output
    assert re.search(r"^testplugin .*nomod .*: .*riscv64-linux-gnu-gcc.* not installed yet", output, re.MULTILINE), output
    assert not (tmp_path / "dist").exists()


def test_switches_on_the_command_line_are_texts_and_mean_what_they_say(job):
    """C(-e plugin_build_load=false) gives the text "false", which is true to Jinja."""
    code, output, changed = job.run("-e", "plugin_build_load=false", "-e", "cross_cc_install=no", "-e", "tyk_allow_empty=false")
    assert (code, changed) == (0, 0), output
    assert re.search(r"^nomod +v5\.99\.0 +linux/amd64 +loads +not tried ", output, re.MULTILINE), output
