# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's own part: arguments, documentation, secrets, the answer."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import install
from ansible_collections.goplugins.tyk.plugins.modules import go_toolchain

NOTHING = install.Outcome((), "module", "h1:x")


class Exit(Exception):
    """The module has answered."""


@pytest.fixture
def run(monkeypatch):
    """run(result, check, diff, **options) -> (failed, answer, module, wanted). result: an Outcome, or an exception."""

    def call(result=NOTHING, check=False, diff=False, **options):
        seen = []

        def ensure(wanted, check_mode):
            seen.append(wanted)
            assert check_mode is check
            if isinstance(result, Exception):
                raise result
            return result

        class Module:
            check_mode = check
            _diff = diff

            def __init__(self, argument_spec, supports_check_mode):
                assert supports_check_mode
                Module.last = self
                self.spec = argument_spec
                self.no_log_values = {options[name] for name, spec in argument_spec.items() if spec.get("no_log") and name in options}
                self.warnings = []
                defaults = {name: spec.get("default") for name, spec in argument_spec.items()}
                self.params = {**defaults, "version": "1.22.7", "root": "/srv/go", **options}
                self.warn = self.warnings.append

            def exit_json(self, **answer):
                raise Exit(False, answer)

            def fail_json(self, **answer):
                raise Exit(True, answer)

        monkeypatch.setattr(go_toolchain, "AnsibleModule", Module)
        monkeypatch.setattr(install, "ensure_present", ensure)
        monkeypatch.setattr(install, "ensure_absent", ensure)
        with pytest.raises(Exit) as exit_:
            go_toolchain.main()
        return (*exit_.value.args, Module.last, seen[0] if seen else None)

    return call


def test_the_documentation_is_that_of_the_arguments(run):
    _failed, _answer, module, _wanted = run()
    documented = yaml.safe_load(go_toolchain.DOCUMENTATION)["options"]
    keys = ("type", "required", "default", "choices")
    assert {name: {key: option.get(key) for key in keys} for name, option in documented.items()} == {
        name: {key: spec.get(key) for key in keys} for name, spec in module.spec.items()
    }


def test_every_answer_is_documented(run):
    _failed, answer, _module, _wanted = run()
    assert {*answer} - {"changed"} == {*yaml.safe_load(go_toolchain.RETURN)}


def test_the_answer_when_nothing_changed(run):
    assert run(version="go1.22.7", diff=True)[:2] == (
        False,
        {
            "changed": False,
            "goroot": "/srv/go/1.22.7",
            "go": "/srv/go/1.22.7/bin/go",
            "version": "1.22.7",
            "source": "module",
            "checksum": "h1:x",
            "reasons": [],
        },
    )


def test_the_difference(run):
    done = install.Outcome(("VERSION was changed", "a is missing"), "module", "h1:x", "careful")
    _failed, answer, module, _wanted = run(done, diff=True, check=True)
    assert answer["changed"] and answer["reasons"] == ["VERSION was changed", "a is missing"]
    assert answer["diff"]["before"] == "VERSION was changed\na is missing\n"
    assert answer["diff"]["after"] == "go1.22.7 from module\n"
    assert module.warnings == ["careful"]
    assert "diff" not in run(done)[1]
    assert run(done, diff=True, state="absent")[1]["diff"]["after"] == ""


def test_what_is_wanted(run):
    wanted = run(
        download_url="https://user:pass@m.example.com/go/", checksum="AB" * 32, platform="linux/386", archive="/a", go="/g", goproxy="p"
    )[3]
    assert wanted.site.url == "https://m.example.com/go"
    assert wanted == install.Wanted("/srv/go", "1.22.7", ("linux", "386"), "auto", "/g", "p", wanted.site, "ab" * 32, "/a")
    assert run()[3].platform == host_platform()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "1.22"}, "is a language version"),
        ({"checksum": "abc"}, "not the 64 hexadecimal digits"),
        ({"checksum": "sha256:" + "0" * 64}, "not the 64 hexadecimal digits"),
        ({"platform": "amd64"}, "platform is 'amd64', not GOOS/GOARCH"),
        ({"platform": "linux/../amd64"}, "not GOOS/GOARCH"),
        ({"download_url": "mirror"}, "is no address"),
    ],
)
def test_bad_arguments(run, options, message):
    failed, answer, _module, wanted = run(**options)
    assert failed and message in answer["msg"] and "Cure: " in answer["msg"] and wanted is None


def test_an_error_becomes_one_answer(run):
    failed, answer, _module, _wanted = run(GoPluginsError("no https://u:hunter2secret@m", "do that", rc=3))
    assert failed and answer == {"msg": "no https://***@m\nCure: do that", "rc": 3}
    failed, answer, _module, _wanted = run(PermissionError(13, "Permission denied", "/srv/go"))
    assert failed and answer == {"msg": "/srv/go: Permission denied"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, []),
        ("https://go.dev/dl", []),
        ("https://user:hunter2secret@m/go", ["user:hunter2secret", "hunter2secret"]),
        ("https://ghp_token@m/go", ["ghp_token"]),
        ("https://a:first1@p,https://b:second2@q|direct", ["a:first1", "first1", "b:second2", "second2"]),
        ("https://u:x@m", []),
    ],
)
def test_secrets(url, words):
    assert go_toolchain.secrets(url) == words


def test_secrets_of_both_addresses_are_hidden(run):
    module = run(goproxy="https://a:first1@p", download_url="https://b:second2@q")[2]
    assert module.no_log_values == {"a:first1", "first1", "b:second2", "second2"}
    assert run(goproxy="direct")[2].no_log_values == set()
