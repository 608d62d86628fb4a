# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings and verdict of a pair and of a set."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import SIGNATURES
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Libraries, Module, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import Facts, Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import (
    as_text,
    judge,
    overall,
    profile_findings,
)

from .conftest import LIBC, LOGRUS, PACKAGES, dependency, differ, module, settings, wanting

YAML = "gopkg.in/yaml.v3"


def found(verdict):
    """Code to effect, without what is only told."""
    return {finding.code: finding.effect for finding in verdict.findings if finding.effect != "info"}


def second(plugin, path="second.so", name="second", **changed):
    """A plugin like the first, but with a file and a path of its own."""
    fingerprints = {package: value for package, value in plugin.fingerprints.items() if package != plugin.plugin_path}
    main = Module(name, "(devel)", "")
    return plugin._replace(path=path, main=main, plugin_path=name, fingerprints={**fingerprints, name: name.encode()}, **changed)


def test_a_plugin_that_suits_the_gateway_loads(gateway, plugin):
    (verdict,) = judge(gateway, [wanting(plugin, "AuthCheck", AuthCheck="auth_check")])
    assert (verdict.verdict, verdict.first_package, verdict.differing, verdict.shared) == ("loads", None, (), len(PACKAGES))
    assert found(verdict) == {}


def test_the_first_package_is_the_one_that_the_loader_compares_first(gateway, plugin):
    (verdict,) = judge(gateway, [differ(settings(plugin, _race="true"), "net", "runtime")])
    assert (verdict.verdict, verdict.first_package, verdict.differing) == ("fails", "runtime", ("runtime", "net"))
    assert found(verdict) == {"race-differs": "fails"}


def test_findings_stand_the_worst_first(gateway, plugin):
    (verdict,) = judge(gateway, [wanting(differ(settings(plugin, GOAMD64="v3", _race="true"), "net"), "Missing")])
    assert [finding.effect for finding in verdict.findings] == ["fails", "fails", "may-crash", "info"]


# --- The two files


@pytest.mark.parametrize("mode", ["exe", "pie", "c-shared", ""])
def test_a_go_binary_that_is_no_plugin(gateway, plugin, mode):
    (verdict,) = judge(gateway, [plugin._replace(build_mode=mode, fingerprints={})])
    assert (verdict.verdict, verdict.first_package) == ("fails", None)
    assert found(verdict) == {"not-a-plugin": "fails"}


def test_a_file_that_is_no_go_binary(gateway):
    (verdict,) = judge(gateway, [wanting(Facts("x.so", unreadable="it is no ELF file"), "AuthCheck")])
    assert found(verdict) == {"not-a-go-binary": "fails"}
    assert "it is no ELF file" in verdict.findings[0].message


def test_of_a_gateway_that_is_no_go_binary_nothing_is_known(plugin):
    (verdict,) = judge(Facts("tyk", unreadable="it is no ELF file"), [plugin])
    assert (verdict.verdict, found(verdict)) == ("unknown", {"gateway-not-a-go-binary": "unknown"})


def test_a_gateway_without_plugin_loading(gateway, plugin):
    (verdict,) = judge(settings(gateway._replace(fingerprints={}), _tags="ee"), [plugin])
    assert found(verdict) == {"gateway-without-plugins": "fails"}
    assert "-tags=ee,goplugin" in verdict.findings[0].cure[0]


def test_a_gateway_without_cgo(gateway, plugin):
    (verdict,) = judge(settings(gateway._replace(fingerprints={}), CGO_ENABLED="0"), [plugin])
    assert found(verdict) == {"cgo-off": "fails"}


def test_another_platform_names_no_package(gateway, plugin):
    (verdict,) = judge(gateway, [differ(plugin._replace(platform="linux/arm64"), "net")])
    assert (verdict.verdict, verdict.first_package, verdict.differing) == ("fails", None, ("net",))
    assert found(verdict) == {"platform-differs": "fails"}


def test_a_layout_that_the_gateway_cannot_read_names_no_package(gateway, plugin):
    (verdict,) = judge(gateway, [differ(plugin._replace(go_version="go1.23.4"), *PACKAGES)])
    assert (verdict.verdict, verdict.first_package) == ("fails", None)
    assert found(verdict) == {"go-layout-differs": "fails"}


def test_a_plugin_without_fingerprints_cannot_be_judged(gateway, plugin):
    (verdict,) = judge(gateway, [plugin._replace(fingerprints={})])
    assert (verdict.verdict, found(verdict)) == ("unknown", {"fingerprints-missing": "unknown"})


def test_what_a_file_does_not_tell_may_differ(gateway, plugin):
    (verdict,) = judge(gateway._replace(settings={}, main=None, deps=()), [plugin])
    assert (verdict.verdict, found(verdict)) == ("loads", {"build-info-missing": "may-crash"})
    assert verdict.findings[0].evidence["missing"] == ["the build settings", "its modules"]


def test_a_plugin_that_was_built_from_single_files_has_no_main_module(gateway, plugin):
    """go build -buildmode=plugin file.go"""
    assert found(judge(gateway, [plugin._replace(main=None)])[0]) == {}


# --- Libraries


MUSL = Libraries(("libc.so",), {}, "musl", None)


@pytest.mark.parametrize(
    ("platform", "one", "other", "target"),
    [
        ("linux/amd64", LIBC, MUSL, "x86_64-linux-gnu.2.34"),
        ("linux/amd64", LIBC._replace(versions={}), MUSL, "x86_64-linux-gnu"),
        ("linux/amd64", MUSL, LIBC, "x86_64-linux-musl"),
        ("linux/arm", MUSL, LIBC, "arm-linux-musleabihf"),
    ],
)
def test_another_c_library(gateway, plugin, platform, one, other, target):
    files = [facts._replace(platform=platform, libraries=libc) for facts, libc in ((gateway, one), (plugin, other))]
    (verdict,) = judge(files[0], [differ(files[1], "net")])
    (finding,) = [finding for finding in verdict.findings if finding.code == "libc-differs"]
    assert (finding.effect, finding.evidence) == ("fails", {"gateway": one.libc, "plugin": other.libc})
    assert finding.cure[0].startswith(f"cd PLUGIN_FOLDER && CC='zig cc -target {target}' ")
    assert verdict.first_package is None


def test_the_c_library_of_another_platform_is_no_difference_of_its_own(gateway, plugin):
    other = plugin._replace(platform="freebsd/amd64", libraries=LIBC._replace(libc="freebsd"))
    (verdict,) = judge(gateway, [other])
    assert set(found(verdict)) == {"platform-differs"}


def test_a_newer_c_library_than_the_gateways_is_information(gateway, plugin):
    newer = Libraries(("libc.so.6",), {"libc.so.6": ("GLIBC_2.9", "GLIBC_2.38")}, "glibc", None)
    (verdict,) = judge(gateway, [plugin._replace(libraries=newer)])
    (finding,) = [finding for finding in verdict.findings if finding.code == "libc-newer-than-gateway"]
    assert (verdict.verdict, finding.effect, finding.evidence) == ("loads", "info", {"gateway": "2.34", "plugin": "2.38"})
    assert "CC='zig cc -target x86_64-linux-gnu.2.34' " in finding.cure[1]


@pytest.mark.parametrize(
    ("absent", "expected"),
    [
        ("not-found", {"plugin-file-missing": "fails"}),
        ("not-a-file", {"plugin-file-missing": "fails"}),
        ("unreadable", {"plugin-file-unreadable": "unknown"}),
    ],
)
def test_a_plugin_that_is_not_there_hides_no_other(gateway, plugin, absent, expected):
    away = Facts("away.so", unreadable="cannot open 'away.so'", absent=absent)
    verdicts = judge(gateway, [wanting(facts, "AuthCheck") for facts in (away, plugin)])
    assert [found(verdict) for verdict in verdicts] == [expected, {}]
    assert "cannot open 'away.so'" in verdicts[0].findings[0].message


@pytest.mark.parametrize(("side", "other"), [("gateway", "plugin"), ("plugin", "gateway")])
def test_which_slice_a_verdict_is_about_is_told(gateway, plugin, side, other):
    files = {"gateway": gateway, "plugin": plugin}
    files[side] = files[side]._replace(slices=("linux/amd64", "linux/arm64"))
    (verdict,) = judge(files["gateway"], [files["plugin"]])
    (finding,) = [finding for finding in verdict.findings if finding.code == "universal-file"]
    assert finding.evidence == {"judged": "linux/amd64", side: ["linux/amd64", "linux/arm64"], other: ["linux/amd64"]}
    assert (finding.effect, verdict.verdict) == ("info", "loads")


def test_a_universal_plugin_without_the_gateways_slice(gateway, plugin):
    universal = plugin._replace(platform="darwin/amd64", slices=("darwin/amd64", "darwin/arm64"))
    (verdict,) = judge(gateway, [universal])
    assert found(verdict) == {"platform-differs": "fails"}
    assert "the plugin for darwin/amd64, darwin/arm64." in verdict.findings[0].message


# --- Symbols


@pytest.mark.parametrize(
    ("symbols", "hooks", "expected"),
    [
        (["AuthCheck", "Variable"], {}, {}),
        (["authCheck"], {}, {"symbol-missing": "fails"}),
        ([], {"Missing": "pre"}, {"symbol-missing": "fails"}),
        ([], {"AuthCheck": "pre"}, {}),
        ([], {"AuthCheck": "response"}, {"signature-differs": "fails"}),
        ([], {"AuthCheck": "analytics"}, {"signature-differs": "fails"}),
        ([], {"Variable": "pre"}, {"symbol-not-a-function": "fails"}),
    ],
)
def test_symbols_and_hooks(gateway, plugin, symbols, hooks, expected):
    (verdict,) = judge(gateway, [wanting(plugin, *symbols, **hooks)])
    assert found(verdict) == expected
    assert verdict.verdict == ("fails" if expected else "loads")


@pytest.mark.parametrize("hook", SIGNATURES)
def test_each_hook_has_its_signature(gateway, plugin, hook):
    known = plugin._replace(exported={"Hook": Symbol("Hook", "func", SIGNATURES[hook])}, hook_types={"Hook": True})
    (verdict,) = judge(gateway, [wanting(known, Hook=hook)])
    assert "signature" not in " ".join(finding.code for finding in verdict.findings)
    for symbol in (Symbol("Hook", "func", None), Symbol("Hook", "func", SIGNATURES[hook])):
        unknown = plugin._replace(exported={"Hook": symbol}, hook_types={"Hook": None})
        (verdict,) = judge(gateway, [wanting(unknown, Hook=hook)])
        assert [finding.effect for finding in verdict.findings if finding.code == "signature-unknown"] == ["info"]


NEAR = "func(http.ResponseWriter, http.Request)"
FARTHER = "func(http.ResponseWriter, *http.Request, string)"


@pytest.mark.parametrize(
    ("signature", "symbols", "hooks", "expected"),
    [
        (NEAR, [], {}, {"signature-near-miss": "unknown"}),
        (NEAR, ["Hook"], {}, {"signature-near-miss": "unknown"}),
        # Others are named, so this one is a helper.
        (NEAR, ["AuthCheck"], {}, {}),
        (NEAR, [], {"AuthCheck": "pre"}, {}),
        (FARTHER, [], {}, {}),
        (FARTHER, ["Hook"], {}, {"signature-near-miss": "unknown"}),
        ("func() string", ["Hook"], {}, {}),
        (None, ["Hook"], {}, {}),
    ],
)
def test_a_function_that_is_nearly_a_hook(gateway, plugin, signature, symbols, hooks, expected):
    exported = {**plugin.exported, "Hook": Symbol("Hook", "func", signature)}
    (verdict,) = judge(gateway, [wanting(plugin._replace(exported=exported), *symbols, **hooks)])
    assert found(verdict) == expected


def test_signatures_that_were_not_compared(gateway, plugin):
    def unchecked(*symbols, **hooks):
        (verdict,) = judge(gateway, [wanting(plugin, *symbols, **hooks)])
        return [finding.message for finding in verdict.findings if finding.code == "signatures-unchecked"]

    assert unchecked("AuthCheck") == unchecked() == ["Nothing says of which kind these hooks are: AuthCheck."]
    assert unchecked(AuthCheck="pre") == unchecked("AuthCheck", AuthCheck="pre") == []


def test_a_package_of_the_same_name_is_another_package(gateway, plugin):
    (verdict,) = judge(gateway, [wanting(plugin._replace(hook_types={"AuthCheck": False}), AuthCheck="pre")])
    assert found(verdict) == {"signature-differs": "fails"}
    assert "needs func(net/http.ResponseWriter, *net/http.Request)" in verdict.findings[0].message


# --- A set


def test_plugins_that_suit_each_other_load(gateway, plugin):
    verdicts = judge(gateway, [plugin, second(plugin)])
    assert [(verdict.verdict, found(verdict)) for verdict in verdicts] == [("loads", {})] * 2


def test_the_second_plugin_of_one_path_is_refused_before_packages_are_compared(gateway, plugin):
    verdicts = judge(gateway, [plugin, differ(settings(plugin, _race="true"), "net")._replace(path="build2.so")])
    assert [verdict.verdict for verdict in verdicts] == ["loads", "fails"]
    assert verdicts[1].first_package is None
    assert found(verdicts[1]) == {"race-differs": "fails", "plugin-path-taken": "fails"}


def test_one_file_twice_is_one_plugin(gateway, plugin):
    assert [verdict.verdict for verdict in judge(gateway, [plugin, plugin._replace(path="./testplugin.so")])] == ["loads", "loads"]


def test_a_refused_plugin_does_not_take_its_path(gateway, plugin):
    refused = differ(settings(plugin, _race="true"), "net")._replace(path="build2.so")
    verdicts = judge(gateway, [refused, plugin])
    assert [found(verdict) for verdict in verdicts] == [{"race-differs": "fails"}, {}]


def test_packages_that_the_gateway_lacks_are_compared_with_the_plugin_that_brought_them(gateway, plugin):
    other = dependency(differ(second(plugin), YAML), module(YAML, "v3.0.0"))
    verdicts = judge(gateway, [plugin, other])
    assert [verdict.verdict for verdict in verdicts] == ["loads", "fails"]
    assert (verdicts[1].first_package, verdicts[1].differing) == (YAML, ())
    (finding,) = [finding for finding in verdicts[1].findings if finding.effect == "fails"]
    assert (finding.code, finding.packages) == ("plugins-differ", (YAML,))
    assert finding.cure[0] == f"cd PLUGIN_FOLDER && go mod edit -require={YAML}@v3.0.1"


def test_a_refused_plugin_still_brings_its_packages(gateway, plugin):
    refused = differ(settings(plugin, _trimpath=None), "net", YAML)
    verdicts = judge(gateway, [refused, second(plugin)])
    assert found(verdicts[1]) == {"plugins-differ": "fails"}
    (finding,) = [finding for finding in verdicts[1].findings if finding.effect == "fails"]
    assert finding.message.endswith("fix that plugin first.")
    assert finding.cure == ()


def test_a_plugin_that_cannot_be_opened_brings_nothing(gateway, plugin):
    foreign = differ(plugin._replace(platform="linux/arm64"), YAML)
    assert found(judge(gateway, [foreign, second(plugin)])[1]) == {}


def test_the_first_package_is_first_among_gateway_and_plugins(gateway, plugin):
    """The gateway's own packages stand before those that only the plugins have."""
    other = differ(settings(second(plugin), _tags="netgo"), "net", YAML)
    assert judge(gateway, [plugin, other])[1].first_package == "net"
    order = {YAML: b"other", **{name: value for name, value in other.fingerprints.items() if name != YAML}}
    assert judge(gateway, [plugin, other._replace(fingerprints=order)])[1].first_package == YAML


# --- Profile and text


def test_a_gateway_of_another_profile_is_named(gateway):
    expected = {**gateway.profile.as_dict(), "go_version": "1.22.6", "tags": ["ee", "goplugin"]}
    findings = profile_findings(gateway, expected)
    assert [(finding.code, finding.effect) for finding in findings] == [("profile-differs", "info")] * 2
    assert findings[0].evidence == {"name": "go_version", "expected": "1.22.6", "gateway": "1.22.7"}
    assert findings[1].message == "tags: expected ee, goplugin, the gateway's binary has goplugin."
    assert profile_findings(gateway, gateway.profile.as_dict()) == []
    assert profile_findings(Facts("tyk", unreadable="it is no ELF file"), expected) == []


def test_overall_is_the_worst():
    assert overall(["loads", "unknown", "loads"]) == "unknown"
    assert overall(["unknown", "fails"]) == "fails"
    assert overall([]) == "loads"


def test_the_text_names_package_cause_and_fix(gateway, plugin):
    changed = differ(dependency(plugin, module(LOGRUS, "v1.9.2")), LOGRUS)
    (verdict,) = judge(gateway, [changed])
    assert as_text(verdict).splitlines() == [
        f"testplugin.so: fails (plugin was built with a different version of package {LOGRUS})",
        "  fails: A shared dependency has another version [dependency-version-differs]. "
        f"{LOGRUS}: gateway v1.9.3, plugin v1.9.2. 1 of 12 shared packages differs because of it: {LOGRUS}.",
        f"    Fix: cd PLUGIN_FOLDER && go mod edit -require={LOGRUS}@v1.9.3",
        f"         cd PLUGIN_FOLDER && go mod graph | grep -F ' '{LOGRUS}@",
        "         cd PLUGIN_FOLDER && GOTOOLCHAIN=go1.22.7 CGO_ENABLED=1 GOOS=linux GOARCH=amd64 GOAMD64=v1 "
        "go build -trimpath -buildmode=plugin -tags=goplugin -pgo=off -buildvcs=false -o PLUGIN.so .",
    ]


def test_the_text_names_the_plugin_where_its_name_is_known(gateway, plugin):
    (verdict,) = judge(gateway, [plugin._replace(wanted=Plugin("testplugin.so", "testplugin"))])
    assert (verdict.plugin, verdict.name, as_text(verdict)) == ("testplugin.so", "testplugin", "testplugin (testplugin.so): loads")
