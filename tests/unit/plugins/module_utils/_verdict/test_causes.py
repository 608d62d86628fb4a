# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which difference explains which packages."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Module
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.causes import Owners, compare, explain

from .conftest import COMMIT, LOGRUS, PACKAGES, TYK, dependency, differ, module, settings

SYSLOG = f"{LOGRUS}/hooks/syslog"
LOG = f"{TYK}/log"
CTX = f"{TYK}/ctx"


def codes(findings):
    """Code to (effect, packages), without what is only told."""
    return {finding.code: (finding.effect, finding.packages) for finding in findings if finding.effect != "info"}


def by_code(findings):
    return {finding.code: finding for finding in findings}


def test_equal_builds_have_no_finding_but_the_dependencies_to_keep_in_step(gateway, plugin):
    (finding,) = explain(gateway, plugin)
    assert (finding.code, finding.effect) == ("dependencies-in-step", "info")
    assert finding.evidence["modules"] == {LOGRUS: "v1.9.3", "golang.org/x/text": "v0.19.0"}


def test_packages_are_compared_in_the_order_of_the_plugin(gateway, plugin):
    changed = differ(plugin, CTX, "net")
    shuffled = changed._replace(fingerprints=dict(reversed(list(changed.fingerprints.items()))))
    assert compare(gateway, changed) == (PACKAGES, ("net", CTX))
    assert compare(gateway, shuffled)[1] == (CTX, "net")


# --- Toolchain and flags


@pytest.mark.parametrize(
    ("code", "setting"),
    [("trimpath-differs", "_trimpath"), ("race-differs", "_race"), ("msan-differs", "_msan"), ("asan-differs", "_asan")],
)
def test_a_flag_on_one_side_explains_every_package(gateway, plugin, code, setting):
    base = [settings(facts, **{setting: None}) for facts in (gateway, plugin)]
    with_flag = settings(base[0], **{setting: "true"})
    finding = by_code(explain(with_flag, differ(base[1], *PACKAGES)))[code]
    assert (finding.effect, finding.stage, finding.packages) == ("fails", "packages", PACKAGES)
    assert finding.evidence == {"with": "gateway", "without": "plugin"}


@pytest.mark.parametrize("setting", ["_asan", "_msan"])
def test_a_sanitizer_in_the_plugin_alone_stops_it_before_packages_are_compared(gateway, plugin, setting):
    (code,) = codes(explain(gateway, differ(settings(plugin, **{setting: "true"}), "runtime")))
    assert code == f"{setting[1:]}-differs"
    finding = by_code(explain(gateway, settings(plugin, **{setting: "true"})))[code]
    assert (finding.effect, finding.stage) == ("fails", "open")


def test_the_address_sanitizer_on_both_sides_ends_the_gateway(gateway, plugin):
    finding = by_code(explain(settings(gateway, _asan="true"), settings(plugin, _asan="true")))["asan-on-both"]
    assert (finding.effect, finding.stage) == ("fails", "open")


def test_two_flags_are_two_findings_and_each_package_is_in_one(gateway, plugin):
    findings = codes(explain(gateway, differ(settings(plugin, _trimpath=None, _race="true"), *PACKAGES)))
    assert findings == {"trimpath-differs": ("fails", PACKAGES), "race-differs": ("fails", ())}


def test_a_flag_that_changes_no_package_is_not_fatal(gateway, plugin):
    finding = by_code(explain(gateway, settings(plugin, _race="true")))["race-differs"]
    assert finding.effect == "may-crash"
    assert finding.message.endswith("No shared package differs because of it.")


@pytest.mark.parametrize(
    ("version", "code", "stage", "effect"),
    [
        ("go1.22.6", "go-patch-differs", "packages", "may-crash"),
        ("go1.22rc1", "go-patch-differs", "packages", "may-crash"),
        ("go1.21.13", "go-line-differs", "packages", "may-crash"),
        ("devel go1.23-f01dc0d", "go-line-differs", "packages", "may-crash"),
        ("go1.23.0", "go-layout-differs", "open", "fails"),
        ("go1.20.14", "go-layout-differs", "open", "fails"),
        ("go1.99", "go-layout-differs", "open", "fails"),
    ],
)
def test_go_versions(gateway, plugin, version, code, stage, effect):
    finding = by_code(explain(gateway, plugin._replace(go_version=version)))[code]
    assert (finding.effect, finding.stage) == (effect, stage)
    assert finding.evidence == {"gateway": "go1.22.7", "plugin": version}


@pytest.mark.parametrize(("one", "other"), [("go1.23.4", "go1.25.1"), ("go1.24.0", "go1.23.12"), ("go1.21.1", "go1.22.1")])
def test_go_lines_of_one_layout_are_refused_in_order(gateway, plugin, one, other):
    found = codes(explain(gateway._replace(go_version=one), differ(plugin._replace(go_version=other), *PACKAGES)))
    assert found == {"go-line-differs": ("fails", PACKAGES)}


def test_go_1_18_does_not_say_whether_it_trimmed_paths(gateway, plugin):
    without = {name: value for name, value in gateway.settings.items() if name != "-trimpath"}
    silent = gateway._replace(go_version="go1.18.10", settings=without)
    for version, told in ("go1.18.10", False), ("go1.19.13", True):
        findings = explain(silent._replace(go_version=version), plugin._replace(go_version=version))
        assert ("trimpath-differs" in {finding.code for finding in findings}) is told


def test_a_patch_release_explains_single_packages_of_the_standard_library(gateway, plugin):
    changed = differ(plugin._replace(go_version="go1.22.6"), "encoding/gob", CTX)
    assert codes(explain(gateway, changed)) == {"go-patch-differs": ("fails", ("encoding/gob", CTX))}


def test_a_patch_release_does_not_hide_another_source_of_the_gateway(gateway, plugin):
    found = codes(explain(gateway, differ(plugin._replace(go_version="go1.22.6"), LOG)))
    assert found == {"go-patch-differs": ("may-crash", ()), "gateway-source-differs": ("fails", (LOG,))}


def test_tags_explain_the_package_that_looks_at_them_and_what_imports_it(gateway, plugin):
    found = codes(explain(gateway, differ(settings(plugin, _tags="goplugin,netgo"), "net", "net/http", CTX)))
    assert found == {"tags-differ": ("fails", ("net", "net/http", CTX))}


@pytest.mark.parametrize("tags", [None, "goplugin,ee"])
def test_tags_that_change_nothing_are_told(gateway, plugin, tags):
    finding = by_code(explain(gateway, settings(plugin, _tags=tags)))["tags-differ"]
    assert finding.effect == "info"


def test_the_tag_goplugin_hides_no_other_cause(gateway, plugin):
    found = codes(explain(gateway, differ(settings(plugin, _tags=None), LOG)))
    assert found == {"gateway-source-differs": ("fails", (LOG,))}


def test_the_tag_goplugin_explains_the_package_that_loads_plugins(gateway, plugin):
    package = f"{TYK}/goplugin"
    pair = [facts._replace(fingerprints={**facts.fingerprints, package: facts.path.encode()}) for facts in (gateway, plugin)]
    assert codes(explain(pair[0], settings(pair[1], _tags=None))) == {"tags-differ": ("fails", (package,))}


def test_experiments(gateway, plugin):
    changed = differ(plugin._replace(experiments=("rangefunc",)), "internal/goexperiment")
    finding = by_code(explain(gateway, changed))["goexperiment-differs"]
    assert (finding.effect, finding.packages) == ("fails", ("internal/goexperiment",))
    assert finding.message.startswith("GOEXPERIMENT of the gateway: none, of the plugin: rangefunc.")


def test_fips(gateway, plugin):
    changed = settings(gateway, GOFIPS140="v1.0.0")
    assert codes(explain(changed, differ(plugin, "net"))) == {"gofips140-differs": ("fails", ("net",))}
    assert codes(explain(changed, settings(plugin, GOFIPS140="v1.0.0"))) == {}


def test_compiler_flags_for_all_packages(gateway, plugin):
    changed = settings(plugin, _gcflags="all=-N -l")
    assert codes(explain(gateway, differ(changed, *PACKAGES))) == {"gcflags-differ": ("fails", PACKAGES)}


def test_compiler_flags_of_the_main_package_alone_explain_nothing(gateway, plugin):
    found = by_code(explain(gateway, differ(settings(plugin, _gcflags="-N -l"), LOG)))
    assert found["gcflags-differ"].effect == "info"
    assert found["gateway-source-differs"].packages == (LOG,)


def test_a_profile_for_optimization(gateway, plugin):
    changed = settings(gateway, _pgo="/src/default.pgo")
    finding = by_code(explain(changed, differ(plugin, "runtime", CTX)))["pgo-differs"]
    assert (finding.effect, finding.packages) == ("fails", ("runtime", CTX))
    assert "-pgo=GATEWAY_CHECKOUT/default.pgo" in finding.cure[0]


def test_equal_names_of_profiles_do_not_prove_equal_profiles(gateway, plugin):
    pair = [settings(facts, _pgo="default.pgo") for facts in (gateway, plugin)]
    assert codes(explain(*pair)) == {}
    assert codes(explain(pair[0], differ(pair[1], "runtime"))) == {"pgo-differs": ("fails", ("runtime",))}


@pytest.mark.parametrize(
    ("setting", "one", "other", "effect"),
    [
        ("GOAMD64", "v1", "v3", "may-crash"),
        ("GOAMD64", "v3", "v2", "info"),
        ("GOARM64", "v8.0", "v8.0,lse", "may-crash"),
        ("GOARM64", "v8.0,crypto", "v8.0,lse", "may-crash"),
        ("GOARM64", "v8.1,crypto", "v8.0,crypto", "info"),
        ("GOPPC64", "power8", "power10", "may-crash"),
        ("GOPPC64", "power10", "power8", "info"),
        ("GO386", "softfloat", "sse2", "may-crash"),
        ("GO386", "sse2", "softfloat", "may-crash"),
        ("GORISCV64", "rva20u64", "rva22u64", "may-crash"),
    ],
)
def test_cpu_levels(gateway, plugin, setting, one, other, effect):
    finding = by_code(explain(settings(gateway, **{setting: one}), settings(plugin, **{setting: other})))["cpu-level-differs"]
    assert finding.effect == effect
    assert setting in finding.message


def test_coverage_explains_packages_of_the_main_modules(gateway, plugin):
    changed = differ(settings(plugin, _cover="true"), LOG)
    assert codes(explain(gateway, changed)) == {"cover-differs": ("fails", (LOG,))}


def test_coverage_that_is_not_recorded_shows_in_the_packages(gateway, plugin):
    changed = plugin._replace(fingerprints={"runtime/coverage": b"", **plugin.fingerprints})
    assert by_code(explain(gateway, changed))["cover-differs"].effect == "info"


def test_a_plugin_for_a_gateway_that_counts_is_built_to_count_even_where_that_is_not_recorded(gateway, plugin):
    counting = gateway._replace(fingerprints={"runtime/coverage": b"", **gateway.fingerprints})
    finding = by_code(explain(counting, differ(plugin, LOG)))["cover-differs"]
    assert finding.effect == "fails"
    assert " -cover " in finding.cure[0]


@pytest.mark.parametrize("side", ["gateway", "plugin"])
def test_without_trimpath_the_side_that_lacks_it_is_built_again(gateway, plugin, side):
    files = {"gateway": gateway, "plugin": plugin}
    files[side] = settings(files[side], _trimpath=None)
    finding = by_code(explain(files["gateway"], differ(files["plugin"], *PACKAGES)))["trimpath-differs"]
    assert all(" -trimpath " in command for command in finding.cure)
    assert [command.split()[1] for command in finding.cure] == ["GATEWAY_CHECKOUT"] * (side == "gateway") + ["PLUGIN_FOLDER"]


def test_a_gateway_with_the_address_sanitizer_must_also_be_told_to_let_the_plugin_in(gateway, plugin):
    finding = by_code(explain(settings(gateway, _asan="true"), differ(plugin, *PACKAGES)))["asan-differs"]
    assert " -asan " in finding.cure[0]
    assert finding.cure[1] == "export ASAN_OPTIONS=detect_odr_violation=0"
    assert "ASAN_OPTIONS" not in str(by_code(explain(gateway, settings(plugin, _asan="true")))["asan-differs"].cure)


def test_untrimmed_builds_in_different_folders(gateway, plugin):
    pair = [settings(facts, _trimpath=None) for facts in (gateway, plugin)]
    assert codes(explain(*pair)) == {}
    assert codes(explain(pair[0], differ(pair[1], *PACKAGES))) == {"build-folders-differ": ("fails", PACKAGES)}
    assert codes(explain(pair[0], differ(pair[1], LOGRUS, LOG))) == {"build-folders-differ": ("fails", (LOGRUS, LOG))}


def test_another_standard_library_under_the_same_name(gateway, plugin):
    assert codes(explain(gateway, differ(plugin, "net", "net/http", CTX))) == {
        "standard-library-differs": ("fails", ("net", "net/http", CTX))
    }


def test_files_without_settings_are_not_said_to_differ_in_them(gateway, plugin):
    assert codes(explain(gateway._replace(settings={}), plugin)) == {}


# --- Modules


def test_one_module_is_one_finding_with_what_imports_it(gateway, plugin):
    changed = differ(dependency(plugin, module(LOGRUS, "v1.9.2")), LOGRUS, SYSLOG, LOG, CTX)
    finding = by_code(explain(gateway, changed))["dependency-version-differs"]
    assert (finding.effect, finding.packages) == ("fails", (LOGRUS, SYSLOG, LOG, CTX))
    assert finding.evidence == {"module": LOGRUS, "gateway": "v1.9.3", "plugin": "v1.9.2"}
    assert finding.message.endswith(f"4 of 12 shared packages differ because of it, first {LOGRUS}.")
    assert finding.cure[0] == f"cd PLUGIN_FOLDER && go mod edit -require={LOGRUS}@v1.9.3"


def test_what_differs_before_a_module_does_not_import_it(gateway, plugin):
    """The order of the fingerprints puts each package after those that it imports."""
    first = {LOG: b"tyk", **{name: value for name, value in gateway.fingerprints.items() if name != LOG}}
    reordered = [facts._replace(fingerprints={**first, **facts.fingerprints}) for facts in (gateway, plugin)]
    changed = differ(dependency(reordered[1], module(LOGRUS, "v1.9.2")), LOG, LOGRUS)
    found = codes(explain(reordered[0], changed))
    assert found == {"dependency-version-differs": ("fails", (LOGRUS,)), "gateway-source-differs": ("fails", (LOG,))}


def test_two_modules_are_two_findings(gateway, plugin):
    changed = dependency(dependency(plugin, module(LOGRUS, "v1.9.2")), module("golang.org/x/text", "v0.20.0"))
    findings = [f for f in explain(gateway, differ(changed, LOGRUS, LOG, "golang.org/x/text/unicode/norm", CTX)) if f.effect == "fails"]
    assert [(f.evidence["module"], f.packages) for f in sorted(findings, key=lambda f: f.evidence["module"])] == [
        (LOGRUS, (LOGRUS, LOG)),
        ("golang.org/x/text", ("golang.org/x/text/unicode/norm", CTX)),
    ]


def test_another_version_of_a_module_without_shared_packages_is_told(gateway, plugin):
    pair = [dependency(facts, module("example.com/x", version)) for facts, version in ((gateway, "v1.0.0"), (plugin, "v1.1.0"))]
    assert by_code(explain(*pair))["dependency-version-differs"].effect == "info"


@pytest.mark.parametrize(
    "version",
    [
        "v0.0.0-20190805133618-6ad301e7eaed",
        "v1.9.4-0.20240919081633-6ad301e7eaed",
        "v1.9.4-pre.0.20240919081633-6ad301e7eaed",
        "v2.0.0+incompatible",
    ],
)
def test_pseudo_versions(gateway, plugin, version):
    changed = differ(dependency(plugin, module(LOGRUS, version)), LOGRUS)
    assert codes(explain(gateway, changed)) == {"dependency-pseudo-version": ("fails", (LOGRUS,))}


def test_a_replacement_on_one_side(gateway, plugin):
    changed = dependency(plugin, module(LOGRUS, "v1.9.3", Module("./logrus", "(devel)", "")))
    assert by_code(explain(gateway, changed))["dependency-replaced"].effect == "info"
    finding = by_code(explain(gateway, differ(changed, LOGRUS, LOG)))["dependency-replaced"]
    assert (finding.effect, finding.packages) == ("fails", (LOGRUS, LOG))
    assert finding.evidence["plugin"] == "v1.9.3 replaced by ./logrus (devel)"
    assert f"go mod edit -dropreplace={LOGRUS}" in finding.cure[1]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (Module("github.com/fork/logrus", "v1.0.0", "h1:fork"), "github.com/fork/logrus@v1.0.0"),
        (Module("./fork", "(devel)", ""), "GATEWAY_CHECKOUT/./fork"),
        (Module("/src/fork", "(devel)", ""), "/src/fork"),
    ],
)
def test_the_gateways_replacement_is_taken_over(gateway, plugin, source, target):
    changed = dependency(gateway, module(LOGRUS, "v1.9.3", source))
    finding = by_code(explain(changed, differ(plugin, LOGRUS)))["dependency-replaced"]
    assert finding.cure[1] == f"cd PLUGIN_FOLDER && go mod edit -replace={LOGRUS}={target}"


def test_the_same_version_with_other_content(gateway, plugin):
    changed = differ(dependency(plugin, module(LOGRUS, "v1.9.3", checksum="h1:moved")), LOGRUS)
    assert codes(explain(gateway, changed)) == {"dependency-content-differs": ("fails", (LOGRUS,))}


def test_changed_source_under_the_same_version(gateway, plugin):
    findings = explain(gateway, differ(plugin, LOGRUS, LOG))
    assert codes(findings) == {"dependency-edited": ("fails", (LOGRUS, LOG))}
    # What follows the package's "." would be packages to go build.
    assert by_code(findings)["dependency-edited"].cure[1].startswith("cd PLUGIN_FOLDER && GOFLAGS=-mod=readonly ")
    assert by_code(findings)["dependency-edited"].cure[1].endswith(" .")


def test_another_major_version_coexists(gateway, plugin):
    pair = [dependency(gateway, module("gopkg.in/yaml.v2", "v2.4.0")), dependency(plugin, module(f"{LOGRUS}/v2", "v2.0.0"))]
    found = [finding for finding in explain(*pair) if finding.code == "dependency-major-coexists"]
    assert {finding.evidence["plugin"] for finding in found} == {"gopkg.in/yaml.v3 v3.0.1", f"{LOGRUS}/v2 v2.0.0"}
    assert {finding.effect for finding in found} == {"info"}


def test_the_gateway_outside_of_a_workspace(gateway, plugin):
    required = "v0.0.0-20240924125426-1db1935d8992"
    changed = differ(dependency(plugin, Module(TYK, required, "", Module("../tyk", "(devel)", ""))), LOG, CTX)
    finding = by_code(explain(gateway, changed))["gateway-not-in-workspace"]
    assert (finding.effect, finding.packages) == ("fails", (LOG, CTX))
    assert finding.evidence["gateway"] == "a checkout"


def test_the_version_that_go_notes_of_a_checkouts_tag_is_no_downloaded_version(gateway, plugin):
    assert codes(explain(gateway._replace(main=Module(TYK, "v5.8.5", "")), plugin)) == {}


def test_a_gateway_that_was_downloaded_wants_the_same_version(gateway, plugin):
    installed = gateway._replace(main=Module(TYK, "v5.8.5", "h1:sum"))
    assert codes(explain(installed, dependency(plugin, Module(TYK, "v5.8.5", "h1:sum")))) == {}
    assert "gateway-not-in-workspace" in codes(explain(installed, differ(plugin, LOG)))


def test_another_source_of_the_gateway_names_the_commit(gateway, plugin):
    finding = by_code(explain(gateway, differ(plugin, LOG, CTX)))["gateway-source-differs"]
    assert finding.packages == (LOG, CTX)
    assert f"git checkout --detach {COMMIT}" in finding.cure[0]


def test_a_plugin_that_is_named_as_a_package_of_the_gateway(gateway, plugin):
    pair = [facts._replace(fingerprints={**facts.fingerprints, "main": facts.path.encode()}) for facts in (gateway, plugin)]
    assert codes(explain(pair[0], pair[1]._replace(plugin_path="main"))) == {"plugin-path-collides": ("fails", ("main",))}


def test_packages_of_no_known_module(gateway, plugin):
    pair = [facts._replace(deps=(), main=None) for facts in (gateway, plugin)]
    assert codes(explain(pair[0], differ(pair[1], LOGRUS, LOG))) == {"unexplained-packages": ("fails", (LOGRUS, LOG))}


def test_the_longest_module_path_owns_a_package(gateway, plugin):
    owners = Owners(dependency(gateway, module(f"{LOGRUS}/hooks", "v1.0.0")), plugin)
    assert owners.module(SYSLOG) == f"{LOGRUS}/hooks"
    assert owners.module(LOGRUS) == LOGRUS
    assert owners.module(f"{LOGRUS}x") == ""
    assert [name for name in PACKAGES if owners.is_standard(name)] == list(PACKAGES[:7])
    assert not owners.is_standard("testplugin")
    assert not owners.is_standard("testplugin/inner")


def test_each_differing_package_stands_in_one_finding(gateway, plugin):
    changed = dependency(plugin._replace(go_version="go1.22.1"), module(LOGRUS, "v1.9.2"))
    changed = differ(settings(changed, _tags="netgo", _cover="true"), *PACKAGES[3:])
    assert sorted(name for finding in explain(gateway, changed) for name in finding.packages) == sorted(PACKAGES[3:])
