# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real systems, most of which no test runs on: what is made of what they say of themselves, pinned for each target."""

from __future__ import annotations

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import choose, proof, table, zig
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler.proof import Proof
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform, host_platform
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.release import archive_name
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.target import PLUGIN_TARGETS
from ansible_collections.goplugins.tyk.plugins.modules import c_compiler
from ansible_collections.goplugins.tyk.tests import recorded


@pytest.fixture(params=recorded.HOSTS, ids=lambda host: f"{host.name}-{host.machine}")
def host(request):
    return request.param


@pytest.fixture
def have(tmp_path, monkeypatch):
    """have(*names): the host has these commands and no others, and each compiles."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(proof, "prove", lambda *_arguments: Proof("", "", "", "C"))

    def install(*names):
        for name in names:
            (folder / name).touch(0o755)

    return install


def outcome(host, root, *targets, tools=()):
    return choose.ensure(
        choose.Wanted(
            host=host_platform(host.system, host.machine, 64),
            family=table.family(host.os_release, host.platform.split("/")[0]),
            targets=tuple(Platform(*target.split("/")) for target in targets),
            root=str(root),
            way="auto",
            given={},
            glibc="",
            goroot="",
            tools=tools,
            zig=zig.Source("0.17.1", "", ""),
        ),
        check_mode=True,
    )


def parameters(root, targets=()):
    """What the module gets."""
    empty = {"given": {}, "glibc": "", "goroot": None, "tools": [], "zig_archive": None, "zig_checksum": None}
    return {**empty, "targets": list(targets), "root": str(root), "way": "auto", "zig_version": "0.17.1"}


def test_each_target_is_spoken_of_once(host):
    assert sorted([*host.possible, *host.none]) == sorted(PLUGIN_TARGETS)


def test_its_platform_and_its_archive(host):
    platform = host_platform(host.system, host.machine, 64)
    assert (str(platform), archive_name("1.22.7", platform)) == (host.platform, host.archive)


def test_what_is_there_is_taken(host, have, tmp_path):
    have(*host.commands)
    assert {str(found.target): found.cc for found in outcome(host, tmp_path, *host.possible).compilers} == host.there


def test_packages_bring_the_rest_but_for_what_is_left_to_zig(host, have, tmp_path):
    have(*host.commands)
    lacking = {lack.what: lack for lack in outcome(host, tmp_path, *host.possible, tools=("git",)).lacking}
    git = lacking.pop("git", None)
    assert list(git.packages if git else ()) == host.git
    assert {name: list(lack.packages) for name, lack in lacking.items() if not lack.zig} == {
        name: brought["names"] for name, brought in host.packages.items()
    }
    assert sorted(name for name, lack in lacking.items() if lack.zig) == sorted(host.zig)


def test_the_commands_that_packages_bring(host, have, tmp_path):
    commands = {name: brought["command"] for name, brought in host.packages.items()}
    have(*host.commands, *commands.values())
    assert {str(found.target): found.cc for found in outcome(host, tmp_path, *host.possible).compilers} == {**host.there, **commands}


def test_zig_has_a_command_of_its_own_for_each_target(host, have, tmp_path, monkeypatch):
    monkeypatch.setattr(zig, "reasons", lambda *_arguments: ())
    found = {str(compiler.target): compiler.cc for compiler in outcome(host, tmp_path, *host.zig).compilers}
    floors = {"linux/ppc64le": "2.19", "linux/riscv64": "2.27", "linux/loong64": "2.36"}
    for target in host.zig:
        floor = f"-glibc{floors.get(target, '2.17')}" if target.startswith("linux/") else ""
        assert found[target] == f"{tmp_path}/bin/zig-0.17.1-{target.replace('/', '-')}{floor}"


@pytest.mark.parametrize("target", ["freebsd/arm64", "windows/amd64", "linux/mips64"])
def test_a_target_without_plugins_is_refused_on_each_host(host, monkeypatch, tmp_path, target):
    monkeypatch.setattr(c_compiler, "host_platform", lambda: Platform(*host.platform.split("/")))
    with pytest.raises(GoPluginsError, match=f"Go has no plugin mode for the target '{target}'") as raised:
        c_compiler.wanted_compilers(parameters(tmp_path, targets=[target]))
    assert raised.value.fix == f"one of {', '.join(PLUGIN_TARGETS)}"


def test_a_host_without_plugins_is_no_target_of_its_own(host, monkeypatch, tmp_path):
    monkeypatch.setattr(c_compiler, "host_platform", lambda: Platform(*host.platform.split("/")))
    if host.platform in PLUGIN_TARGETS:
        assert [str(target) for target in c_compiler.wanted_compilers(parameters(tmp_path)).targets] == [host.platform]
    else:
        with pytest.raises(GoPluginsError, match=f"no plugin mode for the target '{host.platform}'"):
            c_compiler.wanted_compilers(parameters(tmp_path))


def test_the_others_are_refused_with_what_is_possible(host, have, tmp_path):
    for target in host.none:
        with pytest.raises(GoPluginsError, match=f"no C compiler for {target} is known on {host.platform}") as raised:
            outcome(host, tmp_path, target)
        possible = f", or one of the targets {', '.join(host.possible)}" if host.possible else ""
        assert raised.value.fix == f"name one of your own (given, cross_cc_given){possible}"
