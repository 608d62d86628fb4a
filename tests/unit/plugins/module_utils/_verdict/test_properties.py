# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for all files, whatever they say of themselves."""

from __future__ import annotations

import json
import shlex
import subprocess

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.hooks import SIGNATURES
from ansible_collections.goplugins.tyk.plugins.module_utils._gobinary.model import Libraries, Module, Symbol
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.facts import RUNTIME, Facts, Plugin
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.kinds import EFFECTS, KINDS
from ansible_collections.goplugins.tyk.plugins.module_utils._verdict.verdict import as_text, judge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import PACKAGES, SETTINGS, TYK

NAMES = st.sampled_from([*PACKAGES, "main", "testplugin", "a", "a/b", "a/b/c", "/", "", "x.y/z/v2", TYK]) | st.text(max_size=8)
VERSIONS = st.sampled_from(["v1.0.0", "v1.0.1", "(devel)", "", "v0.0.0-20190805133618-6ad301e7eaed"]) | st.text(max_size=6)
PLAIN = st.builds(Module, NAMES, VERSIONS, st.sampled_from(["", "h1:a", "h1:b"]), st.none())
MODULES = st.builds(Module, NAMES, VERSIONS, st.sampled_from(["", "h1:a"]), st.none() | PLAIN)
KEYS = ["-trimpath", "-race", "-asan", "-msan", "-cover", "-tags", "-gcflags", "-pgo", "GOAMD64", "GOARM64", "GOFIPS140", "CGO_ENABLED"]
VALUES = st.sampled_from(["true", "false", "v1", "v3", "0", "all=-l", "goplugin", "goplugin,netgo"]) | st.text(max_size=5)
BUILD_SETTINGS = st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6).map(lambda changed: {**SETTINGS, **changed}) | st.just({})
FINGERPRINTS = st.dictionaries(NAMES, st.sampled_from([b"one", b"two"]), max_size=12)
SYMBOLS = st.builds(Symbol, NAMES, st.sampled_from(["func", "var"]), st.none() | st.text(max_size=5))
PATHS = st.sampled_from(["tyk", "one.so", "two.so", "three.so"]) | st.text(min_size=1, max_size=5).filter(lambda text: "\0" not in text)
READABLE = st.builds(
    Facts,
    path=PATHS,
    unreadable=st.just(""),
    absent=st.just(""),
    slices=st.sampled_from([(), (), ("linux/amd64",), ("linux/amd64", "linux/arm64")]),
    platform=st.sampled_from(["linux/amd64", "linux/amd64", "linux/arm64", ""]),
    go_version=st.sampled_from(["go1.22.7", "go1.22.7", "go1.22.6", "go1.21.1", "go1.23.1", "devel", ""]) | st.text(max_size=6),
    experiments=st.tuples() | st.tuples(st.text(max_size=4)),
    main=st.none() | MODULES,
    deps=st.lists(MODULES, max_size=5).map(tuple),
    settings=BUILD_SETTINGS,
    build_mode=st.sampled_from(["plugin", "plugin", "plugin", "exe", ""]),
    fingerprints=FINGERPRINTS.map(lambda found: {RUNTIME: b"one", **found}) | FINGERPRINTS,
    plugin_path=st.none() | NAMES,
    exported=st.dictionaries(NAMES, SYMBOLS, max_size=3),
    hook_types=st.dictionaries(NAMES, st.none() | st.booleans(), max_size=3),
    libraries=st.none() | st.builds(Libraries, st.just(()), st.just({}), st.sampled_from(["glibc", "musl", None]), st.none()),
    wanted=st.just(Plugin("")),
)
UNREADABLE = st.builds(
    Facts, PATHS, st.text(min_size=1, max_size=5), absent=st.sampled_from(["", "", "not-found", "not-a-file", "unreadable"])
)
FACTS = st.one_of(READABLE, READABLE, READABLE, UNREADABLE)
HOOKS = st.dictionaries(NAMES, st.sampled_from(list(SIGNATURES)), max_size=2)


@settings(deadline=None)
@given(FACTS, st.lists(FACTS, min_size=1, max_size=3), st.lists(NAMES, max_size=2), HOOKS, st.none() | NAMES)
def test_every_verdict_follows_from_its_findings(gateway, plugins, symbols, hooks, name):
    plugins = [plugin._replace(wanted=Plugin(plugin.path, name, tuple(symbols), hooks)) for plugin in plugins]
    verdicts = judge(gateway, plugins)
    assert [verdict.plugin for verdict in verdicts] == [plugin.path for plugin in plugins]
    for plugin, verdict in zip(plugins, verdicts):
        effects = [finding.effect for finding in verdict.findings]
        assert effects == sorted(effects, key=EFFECTS.index)
        assert verdict.verdict == ("fails" if "fails" in effects else "unknown" if "unknown" in effects else "loads")
        assert all(finding.code in KINDS for finding in verdict.findings)
        assert all(gateway.fingerprints[name] != plugin.fingerprints[name] for name in verdict.differing)
        json.dumps(verdict.as_dict())
        assert all(character.isprintable() for line in as_text(verdict).split("\n") for character in line)


@settings(deadline=None)
@given(FACTS, FACTS)
def test_differing_packages_are_refused_and_explained_once(gateway, plugin):
    (verdict,) = judge(gateway, [plugin])
    explained = [package for finding in verdict.findings for package in finding.packages]
    assert sorted(explained) == sorted(verdict.differing)
    assert all(finding.effect == "fails" for finding in verdict.findings if finding.packages)
    if verdict.differing:
        assert verdict.verdict == "fails"
        assert verdict.first_package in (verdict.differing[0], None)
    else:
        assert verdict.first_package is None


@settings(deadline=None)
@given(READABLE)
def test_nothing_differs_between_a_file_and_itself(facts):
    gateway = facts._replace(build_mode="exe", fingerprints={RUNTIME: b"one", **facts.fingerprints})
    (verdict,) = judge(gateway, [gateway._replace(path="p.so", build_mode="plugin")])
    assert {finding.code for finding in verdict.findings if finding.effect == "fails"} <= {"cgo-off", "asan-on-both", "nothing-exported"}
    assert verdict.differing == ()


PAYLOADS = st.sampled_from(
    ["x;touch PWN;#", "$(touch PWN)", "`touch PWN`", "a\ntouch PWN\n", "'; touch PWN; '", '"; touch PWN; "', "&& touch PWN", "-rf", ">PWN"]
)
HOSTILE_MODULES = st.builds(Module, PAYLOADS | st.just("a"), PAYLOADS | st.just("v1.0.0"), st.sampled_from(["", "h1:a", "h1:b"]), st.none())
HOSTILE_REPLACED = st.builds(
    Module, PAYLOADS | st.just("a"), PAYLOADS | st.just("v1.0.0"), st.sampled_from(["", "h1:a", "h1:b"]), st.none() | HOSTILE_MODULES
)
HOSTILE = READABLE.flatmap(
    lambda facts: st.builds(
        facts._replace,
        path=PAYLOADS,
        go_version=PAYLOADS | st.just("go1.22.7"),
        experiments=st.tuples(PAYLOADS),
        main=st.builds(Module, PAYLOADS, PAYLOADS, PAYLOADS, st.none() | HOSTILE_MODULES),
        deps=st.lists(HOSTILE_REPLACED, max_size=4).map(tuple),
        settings=st.dictionaries(st.sampled_from([*KEYS, "vcs.revision"]), PAYLOADS, max_size=5).map(
            lambda changed: {**SETTINGS, **changed}
        ),
        plugin_path=PAYLOADS,
        fingerprints=FINGERPRINTS.map(lambda found: {RUNTIME: b"one", **found}),
    )
)
STUBS = ("cp", "file", "git", "go", "grep", "ldd", "ls", "tr", "zig")


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """shell(lines) runs each as if it were pasted, in a folder of its own with commands that do nothing; gives the files that this made."""
    folder = tmp_path_factory.mktemp("shell")
    bin_ = folder / "bin"
    bin_.mkdir()
    for name in STUBS:
        (bin_ / name).write_text("#!/bin/sh\nexit 0\n")
        (bin_ / name).chmod(0o755)
    (bin_ / "touch").write_text(f"#!/bin/sh\n: > {folder}/PWN\n")
    (bin_ / "touch").chmod(0o755)
    work = folder / "work"
    (work / "PLUGIN_FOLDER").mkdir(parents=True)
    (work / "GATEWAY_CHECKOUT").mkdir()
    before = set(folder.rglob("*"))

    def run(lines):
        script = "\n".join(f"(eval {shlex.quote(line)})" for line in lines)
        subprocess.run(["/bin/sh", "-c", script], cwd=work, env={"PATH": str(bin_)}, check=False, capture_output=True)
        return set(folder.rglob("*")) - before

    return run


def test_the_shell_of_this_test_would_notice(shell):
    made = shell(["go x;touch PWN"])
    assert [path.name for path in made] == ["PWN"]
    made.pop().unlink()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(HOSTILE, HOSTILE, st.lists(PAYLOADS, max_size=2), st.dictionaries(PAYLOADS, st.sampled_from(list(SIGNATURES)), max_size=2))
def test_no_cure_runs_what_a_file_says(shell, gateway, plugin, symbols, hooks):
    plugin = plugin._replace(wanted=Plugin(plugin.path, None, tuple(symbols), hooks))
    verdicts = judge(gateway, [plugin, plugin._replace(path="other.so")])
    lines = [line for verdict in verdicts for finding in verdict.findings for line in finding.cure]
    assert all(line.isprintable() for line in lines)
    for line in lines:
        # What a payload has between blanks stands nowhere as a word of its own.
        assert not {"PWN", "touch", ";touch", "PWN;"} & set(shlex.split(line)), line
    assert not shell(lines)
