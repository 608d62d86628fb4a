# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's own part: arguments, documentation, and when the task fails."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.doc_fragments.plugins import ModuleDocFragment
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._module import runner
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.loader import COMMAND, Trial
from ansible_collections.goplugins.tyk.plugins.modules import tyk_plugin_verify


class Exit(Exception):
    """The module has answered."""


@pytest.fixture
def run(monkeypatch):
    """run(effect, check=False, **options) -> (failed, answer, options of verify). effect: of the one finding, or an exception."""

    def call(effect, check=False, **options):
        given = {}

        def verify(gateway, plugins, **rest):
            given.update(rest, gateway=gateway.path, plugins=plugins)
            if isinstance(effect, Exception):
                raise effect
            finding = {"code": "race-differs", "effect": effect, "title": "T", "meaning": "M.", "cure": ["that"], "packages": ["net"]}
            return {"verdict": "loads", "results": [{"plugin": "p.so", "findings": [finding]}], "msg": "text"}

        class Module:
            check_mode = check
            _diff = False

            def __init__(self, argument_spec, supports_check_mode, **_constraints):
                assert supports_check_mode
                self.no_log_values = set()
                defaults = {name: spec.get("default") for name, spec in argument_spec.items()}
                self.params = {**defaults, "gateway": "tyk", "plugin": ["p.so"], **options}

            def exit_json(self, **answer):
                raise Exit(False, answer)

            def fail_json(self, **answer):
                raise Exit(True, answer)

        info = SimpleNamespace(main=SimpleNamespace(path="gateway"))
        binary = SimpleNamespace(platform=Platform("linux", "arm64"), build_info=info, string=lambda _variable: "v5.3.6")

        @contextlib.contextmanager
        def open_file(path):
            yield SimpleNamespace(path=path, slices=(), binary=lambda _platform=None: binary)

        monkeypatch.setattr(runner, "AnsibleModule", Module)
        monkeypatch.setattr(tyk_plugin_verify, "verify", verify)
        monkeypatch.setattr(tyk_plugin_verify, "open_file", open_file)
        with pytest.raises(Exit) as exit_:
            tyk_plugin_verify.main()
        failed, answer = exit_.value.args
        assert answer.pop("elapsed") >= 0
        return failed, answer, given

    return call


@pytest.mark.parametrize(
    ("effect", "fail_on", "failed"),
    [
        ("fails", None, True),
        ("unknown", None, True),
        ("may-crash", None, False),
        ("info", None, False),
        ("may-crash", ["fails", "may-crash"], True),
        ("fails", ["may-crash"], False),
        ("info", ["info"], True),
        ("fails", ["never"], False),
        ("fails", [], False),
    ],
)
def test_fail_on_decides_whether_the_task_fails(run, effect, fail_on, failed):
    is_failed, answer, _given = run(effect, **({} if fail_on is None else {"fail_on": fail_on}))
    assert is_failed is failed
    assert answer.get("changed", False) is False
    assert answer["verdict"] == "loads"
    assert answer["msg"] == "text"


def test_an_error_is_reported_once_with_its_cure(run):
    failed, answer, _given = run(GoPluginsError("tyk: no such file", "ls tyk", code="not-a-file"))
    assert failed
    assert answer["code"] == "not-a-file"
    assert answer["msg"] == "tyk: no such file\nFix: ls tyk"


def test_nothing_is_loaded_unless_it_is_asked_for(run):
    assert run("info")[2]["load"] is None
    assert run("info", load=True)[2]["load"] == Trial(list(COMMAND), 60)


def test_nothing_is_loaded_in_check_mode(run):
    assert run("info", check=True, load=True)[2]["load"] is None


def test_an_error_is_explained_with_and_without_files(run):
    error = "plugin was built with a different version of package internal/goarch"
    failed, answer, given = run("fails", gateway=None, plugin=None, error=error)
    assert (failed, given) == (False, {})
    assert "trimpath-differs" in [kind["code"] for kind in answer["explained"]]
    assert "[trimpath-differs]" in answer["msg"]
    failed, answer, _given = run("fails", error=error)
    assert failed
    assert answer["explained"]
    assert answer["msg"].startswith("text\nthe gateway (line 1): ")
    assert run("info", gateway=None, plugin=None, error="all is well")[1]["msg"] == "no finding is known for this text"
    assert not {"explained", "logged"} & set(run("info")[1])


def test_an_error_that_was_broken_where_it_was_copied(run):
    error = "plugin was built with a different\n    version of package internal/goarch"
    assert run("info", gateway=None, plugin=None, error=error)[1]["explained"][0]["code"] == "go-line-differs"


def test_a_log_is_explained_with_and_without_files(run, tmp_path):
    log = tmp_path / "tyk.log"
    log.write_text("started\nplugin was built with a different version of package net\nplugin: symbol Own not found in plugin x\n")
    failed, answer, given = run("fails", gateway=None, plugin=None, log=str(log))
    assert (failed, given) == (False, {}) and "explained" not in answer
    assert [(one["line"], one["explained"][0]["code"]) for one in answer["logged"]] == [(2, "tags-differ"), (3, "symbol-missing")]
    _failed, answer, given = run("fails", log=str(log))
    assert next((row["code"], row["confirmed"]) for row in answer["logged"][0]["explained"]) == ("race-differs", True)
    # What the gateway looked for is looked for here too.
    assert [plugin.symbols for plugin in given["plugins"]] == [("Own",)]
    log.write_text("started\n")
    assert run("info", gateway=None, plugin=None, log=str(log))[1]["msg"] == f"no line about a plugin in {log}"
    failed, answer, _given = run("info", gateway=None, plugin=None, log=str(tmp_path / "away.log"))
    assert failed and "away.log" in answer["msg"] and "\nFix: " in answer["msg"]


PROFILE = {
    **dict.fromkeys(("module", "commit", "commit_time", "modified", "go_directive", "go_version", "gcflags", "asmflags", "pgo"), ""),
    **dict.fromkeys(("goexperiment", "gofips140"), ""),
    **dict.fromkeys(("trimpath", "race", "msan", "asan", "cover"), False),
    **{"version": "v5.3.6", "tags": [], "assumed": [], "cpu": {}, "source": "binary"},
}


def named(name, **more):
    """A plugin as Ansible hands it to the module."""
    return {"name": name, "symbols": [], "hooks": {}, "load": True, "load_environment": {}, "load_files": {}, **more}


def test_how_a_plugin_is_loaded_is_its_own_affair(run, tmp_path):
    (tmp_path / "x").touch()
    own = {"load": False, "load_environment": {"A": 1}, "load_files": {"x": str(tmp_path / "x")}}
    options = {"plugin": [], "plugins": [named("auth", **own)], "artifacts": "/out", "profile": PROFILE}
    (plugin,) = run("info", **options)[2]["plugins"]
    assert (plugin.load, plugin.environment, plugin.files) == (False, {"A": "1"}, {"x": str(tmp_path / "x")})


def test_plugins_are_files_by_path_and_by_name(run):
    plugins = [named("auth", symbols=["Own"], hooks={"AuthCheck": "auth_check"}), named("headers")]
    options = {"plugins": plugins, "artifacts": "/out", "profile": PROFILE, "symbols": ["Common"], "hooks": {"Hook": "pre"}}
    assert run("info", **options)[2]["plugins"] == [
        Plugin("p.so", None, ("Common",), {"Hook": "pre"}),
        Plugin("/out/auth_v5.3.6_linux_arm64.so", "auth", ("Common", "Own"), {"Hook": "pre", "AuthCheck": "auth_check"}),
        Plugin("/out/headers_v5.3.6_linux_arm64.so", "headers", ("Common",), {"Hook": "pre"}),
    ]


def test_plugins_are_the_files_of_folders(run, tmp_path):
    below = tmp_path / "below" / "deeper"
    below.mkdir(parents=True)
    for path in (tmp_path / "b.so", tmp_path / "a.so", below / "c.so", tmp_path / ".hidden.so", tmp_path / "a.so.json"):
        path.touch()
    (tmp_path / "link.so").symlink_to(tmp_path / "a.so")
    (tmp_path / "folder.so").mkdir()
    options = {"plugin": [str(tmp_path / "b.so")], "folders": [str(tmp_path), str(below)]}
    found = [tmp_path / "b.so", tmp_path / "a.so", below / "c.so"]
    assert [plugin.path for plugin in run("info", **options)[2]["plugins"]] == list(map(str, found))


@pytest.mark.parametrize(("fail_on", "fails"), [(["fails", "unknown"], True), (["fails"], False), (["never"], False)])
def test_a_folder_without_plugins_shows_nothing(run, tmp_path, fail_on, fails):
    failed, answer, given = run("info", plugin=None, folders=[str(tmp_path)], fail_on=fail_on)
    assert (failed, answer["verdict"], answer["results"], given) == (fails, "unknown", [], {})
    assert answer["msg"] == f"no plugin is in, or named by, {tmp_path}"


@pytest.mark.parametrize("name", ["away", "file"])
def test_a_folder_that_cannot_be_read_is_named(run, tmp_path, name):
    (tmp_path / "file").touch()
    failed, answer, given = run("info", folders=[str(tmp_path / name)])
    assert failed and not given and str(tmp_path / name) in answer["msg"]


def definition(folder, name, hook):
    text = {"api_id": name, "use_keyless": True, "custom_middleware": {"driver": "goplugin", **hook}}
    (folder / f"{name}.json").write_text(json.dumps(text))


def test_plugins_are_those_that_definitions_name_and_what_is_wrong_there_is_said(run, tmp_path):
    for name in ("own.so", "other.so"):
        (tmp_path / name).touch()
    apps = tmp_path / "apps"
    apps.mkdir()
    definition(apps, "a", {"pre": [{"name": "Pre", "path": str(tmp_path / "own.so")}]})
    definition(apps, "b", {"post": [{"name": "Post", "path": str(tmp_path / "own.so")}, {"name": "X", "path": "away.so"}]})
    # What is given beside counts before, and a file that a folder has too is verified once.
    files = [{"path": str(tmp_path / "own.so"), "hooks": {"Pre": "post_key_auth", "Own": "response"}}]
    options = {"plugin": None, "folders": [str(tmp_path)], "definitions": [str(apps)], "hooks": {"All": "pre"}, "files": files}
    failed, answer, given = run("info", **options)
    assert given["plugins"] == [
        Plugin(str(tmp_path / "other.so"), hooks={"All": "pre"}),
        Plugin(str(tmp_path / "own.so"), hooks={"All": "pre", "Pre": "post_key_auth", "Post": "post", "Own": "response"}),
    ]
    assert [(one["code"], one["definition"]) for one in answer["findings"]] == [("named-file-missing", str(apps / "b.json"))]
    assert failed and "[named-file-missing]" in answer["msg"] and answer["msg"].endswith("\ntext")
    assert not run("info", **options, fail_on=["never"])[0]


def test_definitions_that_name_no_plugin(run, tmp_path):
    definition(tmp_path, "a", {})
    failed, answer, given = run("info", plugin=None, definitions=[str(tmp_path)])
    assert (failed, answer["verdict"], answer["results"], answer["findings"], given) == (True, "unknown", [], [], {})
    failed, answer, _given = run("info", definitions=[str(tmp_path / "away")])
    assert failed and str(tmp_path / "away") in answer["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"plugin": None}, "no plugin is given"),
        ({"plugin": []}, "no plugin is given"),
        ({"hooks": {"AuthCheck": "before"}}, "no kind of hook"),
        ({"plugins": [named("a", hooks={"AuthCheck": "before"})]}, "no kind of hook"),
        ({"plugins": [named("a"), named("a")]}, "2 plugins of the name a"),
        ({"plugins": [named("../a")]}, "cannot be the name of a plugin"),
        ({"plugins": [named("a")], "profile": {"version": "v5.3.6"}}, "profile: module is missing"),
    ],
)
def test_wrong_arguments(run, options, message):
    failed, answer, given = run("info", **{"artifacts": "/out", "profile": PROFILE, **options})
    assert failed and message in answer["msg"] and not given


def test_the_documentation_agrees_with_the_arguments():
    own = yaml.safe_load(tyk_plugin_verify.DOCUMENTATION)["options"]
    fragment = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    options = {**own, "plugins": {**fragment["plugins"], **own["plugins"]}}
    kept = ("type", "elements", "default", "choices", "required")

    def plain(option, nested):
        found = {key: option[key] for key in kept if key in option}
        return {**found, **({nested: {name: plain(one, nested) for name, one in option[nested].items()}} if nested in option else {})}

    documented = {name: plain(option, "suboptions") for name, option in options.items()}
    for option in documented.values():
        if "suboptions" in option:
            option["options"] = option.pop("suboptions")
    assert documented == {name: plain(option, "options") for name, option in tyk_plugin_verify.ARGUMENTS.items()}
    assert isinstance(yaml.safe_load(tyk_plugin_verify.EXAMPLES), list)
    assert set(yaml.safe_load(tyk_plugin_verify.RETURN)) == {
        "msg",
        "verdict",
        "code",
        "results",
        "findings",
        "explained",
        "logged",
        "elapsed",
    }
