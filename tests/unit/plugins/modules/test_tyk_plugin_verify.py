# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's own part: arguments, documentation, and when the task fails."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.modules import tyk_plugin_verify


class Exit(Exception):
    """The module has answered."""


@pytest.fixture
def run(monkeypatch):
    """run(effect, check=False, **options) -> (failed, answer, options of verify). effect: of the one finding, or an exception."""

    def call(effect, check=False, **options):
        given = {}

        def verify(gateway, plugins, **rest):
            given.update(rest, gateway=gateway, plugins=plugins)
            if isinstance(effect, Exception):
                raise effect
            return {"verdict": "loads", "results": [{"findings": [{"effect": effect}]}], "msg": "text"}

        class Module:
            check_mode = check

            def __init__(self, argument_spec, supports_check_mode, **_constraints):
                assert supports_check_mode
                defaults = {name: spec.get("default") for name, spec in argument_spec.items()}
                self.params = {**defaults, "gateway": "tyk", "plugins": ["p.so"], **options}
                self.spec = argument_spec

            def exit_json(self, **answer):
                raise Exit(False, answer)

            def fail_json(self, **answer):
                raise Exit(True, answer)

        monkeypatch.setattr(tyk_plugin_verify, "AnsibleModule", Module)
        monkeypatch.setattr(tyk_plugin_verify, "verify", verify)
        with pytest.raises(Exit) as exit_:
            tyk_plugin_verify.main()
        return (*exit_.value.args, given)

    return call


@pytest.mark.parametrize(
    ("effect", "fail_on", "failed"),
    [
        ("fails", None, True),
        ("unknown", None, True),
        ("may-crash", None, False),
        ("told", None, False),
        ("may-crash", ["fails", "may-crash"], True),
        ("fails", ["may-crash"], False),
        ("told", ["told"], True),
        ("fails", ["never"], False),
        ("fails", [], False),
    ],
)
def test_fail_on_decides_whether_the_task_fails(run, effect, fail_on, failed):
    is_failed, answer, _given = run(effect, **({} if fail_on is None else {"fail_on": fail_on}))
    assert is_failed is failed
    assert answer["changed"] is False
    assert answer["verdict"] == "loads"
    assert answer["msg"] == "text"


def test_an_error_is_reported_once_with_its_cure(run):
    failed, answer, _given = run(GoPluginsError("tyk: no such file", "ls tyk", code="not-a-file"))
    assert failed
    assert answer == {"msg": "tyk: no such file\nFix: ls tyk", "code": "not-a-file"}


def test_nothing_is_loaded_unless_it_is_asked_for(run):
    assert run("told")[2]["load"] is None
    assert run("told", load=True)[2]["load"] == (["{gateway}", "plugin", "load", "-f", "{plugin}", "-s", "{symbol}"], 60)


def test_nothing_is_loaded_in_check_mode(run):
    assert run("told", check=True, load=True)[2]["load"] is None


def test_an_error_is_explained_with_and_without_files(run):
    error = "plugin was built with a different version of package internal/goarch"
    failed, answer, given = run("fails", gateway=None, plugins=None, error=error)
    assert (failed, given) == (False, {})
    assert "trimpath-differs" in [kind["code"] for kind in answer["explained"]]
    assert "[trimpath-differs]" in answer["msg"]
    failed, answer, _given = run("fails", error=error)
    assert failed
    assert answer["explained"]
    assert answer["msg"] == "text"
    assert run("told", gateway=None, plugins=None, error="all is well")[1]["msg"] == "no finding is known for this text"
    assert "explained" not in run("told")[1]


def test_the_documentation_tells_the_arguments(monkeypatch):
    def module(argument_spec, **_constraints):
        raise Exit(argument_spec)

    monkeypatch.setattr(tyk_plugin_verify, "AnsibleModule", module)
    with pytest.raises(Exit) as exit_:
        tyk_plugin_verify.main()
    (spec,) = exit_.value.args
    options = yaml.safe_load(tyk_plugin_verify.DOCUMENTATION)["options"]
    told = {name: {key: value for key, value in option.items() if key != "description"} for name, option in options.items()}
    assert told == spec
    assert isinstance(yaml.safe_load(tyk_plugin_verify.EXAMPLES), list)
    assert set(yaml.safe_load(tyk_plugin_verify.RETURN)) == {"msg", "verdict", "code", "results", "explained"}
