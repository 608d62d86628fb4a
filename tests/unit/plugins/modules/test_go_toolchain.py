# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module's own part: arguments, documentation, secrets, the answer."""

from __future__ import annotations

import pytest
import yaml
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._module import runner
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import cache, toolchains
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain.origin import Wanted
from ansible_collections.goplugins.tyk.plugins.modules import go_toolchain

NOTHING = toolchains.Outcome((), (), "module", "h1:x")
CACHED = cache.Cached((), "module", "h1:x", "/srv/go/go1.22.7.linux-amd64.zip")
HASH = "h1:kqngzYsxKTuUEL94hlWsfCcgirLVA4N+XMuxzddjzuM="


class Exit(Exception):
    """The module has answered."""


@pytest.fixture
def run(monkeypatch):
    """run(result, check, diff, **options) -> (failed, answer, module, wanted). result: an Outcome, or an exception."""

    def call(result=NOTHING, check=False, diff=False, **options):
        seen = []

        def ensure(wanted, *around_and_check_mode):
            seen.append(wanted)
            around, check_mode = (None, *around_and_check_mode)[-2:]
            assert check_mode is check
            if around:
                Module.around = around
            if isinstance(result, Exception):
                raise result
            return result

        class Module:
            check_mode = check
            _diff = diff

            def __init__(self, argument_spec, required_if, supports_check_mode):
                assert supports_check_mode
                self.required_if = required_if
                Module.last = self
                self.spec = argument_spec
                self.no_log_values = {options[name] for name, spec in argument_spec.items() if spec.get("no_log") and name in options}
                self.warnings = []
                defaults = {name: spec.get("default") for name, spec in argument_spec.items()}
                self.params = {**defaults, "version": "1.22.7", "root": "/srv/go", **options}
                self.warn = self.warnings.append

            def exit_json(self, elapsed, **answer):
                assert elapsed >= 0
                raise Exit(False, answer)

            def fail_json(self, elapsed, **answer):
                assert elapsed >= 0
                raise Exit(True, answer)

        monkeypatch.setattr(runner, "AnsibleModule", Module)
        monkeypatch.setattr(toolchains, "ensure_present", ensure)
        monkeypatch.setattr(toolchains, "ensure_absent", ensure)
        monkeypatch.setattr(cache, "ensure_cached", ensure)
        with pytest.raises(Exit) as exit_:
            go_toolchain.main()
        return (*exit_.value.args, Module.last, seen[0] if seen else None)

    return call


def test_the_documentation_is_that_of_the_arguments(run):
    _failed, _answer, module, _wanted = run()
    documented = yaml.safe_load(go_toolchain.DOCUMENTATION)["options"]
    keys = ("type", "required", "default", "choices", "elements")
    assert {name: {key: option.get(key) for key in keys} for name, option in documented.items()} == {
        # The fragment goplugins.tyk.environment describes that one.
        name: {key: spec.get(key) for key in keys}
        for name, spec in module.spec.items()
        if name != "environment"
    }


def test_every_answer_is_documented(run):
    told = {*run()[1], *run(CACHED, state="cached")[1]}
    assert told - {"changed"} | {"elapsed"} == {*yaml.safe_load(go_toolchain.RETURN)}


def test_the_answer_when_nothing_changed(run):
    assert run(version="go1.22.7", diff=True)[:2] == (
        False,
        {
            "changed": False,
            "goroot": "/srv/go/1.22.7",
            "go": "/srv/go/1.22.7/bin/go",
            "version": "1.22.7",
            "platform": str(host_platform()),
            "source": "module",
            "checksum": "h1:x",
            "removed": [],
            "reasons": [],
        },
    )


def test_the_difference(run):
    done = toolchains.Outcome(("VERSION was changed", "a is missing"), (), "module", "h1:x", "careful")
    _failed, answer, module, _wanted = run(done, diff=True, check=True)
    assert answer["changed"] and answer["reasons"] == ["VERSION was changed", "a is missing"]
    assert answer["diff"]["before"] == "VERSION was changed\na is missing\n"
    assert answer["diff"]["after"] == "go1.22.7 from module\n"
    assert module.warnings == ["careful"]
    assert "diff" not in run(done)[1]
    assert run(done, diff=True, state="absent")[1]["diff"]["after"] == ""


def test_what_is_wanted(run):
    checksum = f"sha256:{'ab' * 32}"
    wanted = run(
        download_url="https://user:pass@m.example.com/go/",
        checksum="AB" * 32,
        platform="linux/386",
        archive="/a",
        go="/g",
        goproxy="p",
        ca_path="/ca.pem",
    )[3]
    assert (wanted.site.url, wanted.site.ca_path) == ("https://m.example.com/go", "/ca.pem")
    assert wanted == Wanted("/srv/go", "1.22.7", ("linux", "386"), "auto", "/g", "p", wanted.site, checksum, "/a")
    assert run()[3].platform == host_platform() and run()[3].site.ca_path == ""
    assert run(checksum=checksum.upper().replace("SHA", "sha"))[3].checksum == checksum
    assert run(checksum=HASH)[3].checksum == HASH


def test_what_is_wanted_besides(run):
    assert run()[2].around == toolchains.Around(None, "", "goroot")
    around = run(keep=["go1.21.13", "1.20"], link="/srv/../go", link_to="go")[2].around
    assert around == toolchains.Around(frozenset(("1.21.13", "1.20")), "/go", "go")
    assert run(keep=[], state="absent")[2].around.keep == frozenset()


def test_an_archive_for_other_hosts(run):
    _failed, answer, _module, _wanted = run(
        CACHED._replace(reasons=("it is not there",)), state="cached", platform="linux/arm64", diff=True
    )
    assert answer == {
        "changed": True,
        "reasons": ["it is not there"],
        "version": "1.22.7",
        "platform": "linux/arm64",
        "source": "module",
        "checksum": "h1:x",
        "archive": "/srv/go/go1.22.7.linux-amd64.zip",
        "diff": {"before_header": "/srv/go", "before": "it is not there\n", "after_header": "/srv/go", "after": "go1.22.7 from module\n"},
    }


def test_without_a_version_there_are_only_others(run):
    done = toolchains.Outcome(("Go 1.21.13 is not wanted",), ("1.21.13",), "", "")
    _failed, answer, _module, wanted = run(done, state="absent", version=None, keep=["1.22.7"], diff=True)
    assert wanted.version == ""
    assert answer == {
        "changed": True,
        "reasons": ["Go 1.21.13 is not wanted"],
        "platform": str(host_platform()),
        "removed": ["1.21.13"],
        "diff": {"before_header": "/srv/go", "before": "Go 1.21.13 is not wanted\n", "after_header": "/srv/go", "after": ""},
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"version": "1.22"}, "is a language version"),
        ({"checksum": "abc"}, "not the 64 hexadecimal digits"),
        ({"checksum": "sha1:" + "0" * 64}, "not the 64 hexadecimal digits"),
        ({"checksum": "h1:abc"}, "not the 64 hexadecimal digits"),
        ({"keep": ["1.22"]}, "is a language version"),
        ({"platform": "amd64"}, "platform is 'amd64', not GOOS/GOARCH"),
        ({"platform": "linux/../amd64"}, "not GOOS/GOARCH"),
        ({"download_url": "mirror"}, "is no address"),
    ],
)
def test_bad_arguments(run, options, message):
    failed, answer, _module, wanted = run(**options)
    assert failed and message in answer["msg"] and "Fix: " in answer["msg"] and wanted is None


def test_an_error_becomes_one_answer(run):
    failed, answer, _module, _wanted = run(GoPluginsError("no https://u:hunter2secret@m", "do that", rc=3))
    assert failed and answer == {"msg": "no https://***@m\nFix: do that", "rc": 3}
    failed, answer, _module, _wanted = run(PermissionError(13, "Permission denied", "/srv/go"))
    assert failed and answer == {"msg": "/srv/go: Permission denied\nFix: ls -ld /srv"}


def test_secrets_of_both_addresses_are_hidden(run):
    module = run(goproxy="https://a:first1@p", download_url="https://b:second2@q")[2]
    assert module.no_log_values == {"first1", "second2"}
    assert run(goproxy="direct")[2].no_log_values == set()
