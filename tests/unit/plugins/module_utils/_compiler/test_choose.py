# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ways to a compiler, on hosts that are made up: which is taken, and what is said to be missing."""

from __future__ import annotations

import json
import os
import stat

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler import choose, proof, zig
from ansible_collections.goplugins.tyk.plugins.module_utils._compiler.proof import Proof
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

NO_ZIG = zig.Source("0.17.1", "", "")


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A PATH with the programs of a host, and proofs that know only which glibc each compiles against."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    proved = []

    def install(*names, glibc="2.36"):
        for name in names:
            path = folder / name
            path.write_text(glibc)
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def prove(cc, target, goroot):
        proved.append((cc, str(target), goroot))
        return Proof(f"{cc} 1", f"glibc {(folder / cc.split()[0]).read_text()}", "2.34", "C")

    monkeypatch.setattr(proof, "prove", prove)
    install.proved = proved
    return install


def wanted(tmp_path, *targets, host="linux/amd64", family="debian", way="auto", given=None, glibc="", tools=()):
    return choose.Wanted(
        host=Platform(*host.split("/")),
        family=family,
        targets=tuple(Platform(*target.split("/")) for target in targets),
        root=str(tmp_path / "cc"),
        way=way,
        given=given or {},
        glibc=glibc,
        goroot="",
        tools=tools,
        zig=NO_ZIG,
    )


def ensure(*args, check_mode=False, **options):
    outcome = choose.ensure(wanted(*args, **options), check_mode)
    return {str(compiler.target): (compiler.way, compiler.cc) for compiler in outcome.compilers}, list(outcome.lacking)


def test_what_is_there_is_taken(tmp_path, programs):
    programs("gcc", "aarch64-linux-gnu-gcc", "git")
    found, lacking = ensure(tmp_path, "linux/amd64", "linux/arm64", tools=("git",))
    assert found == {"linux/amd64": ("native", "gcc"), "linux/arm64": ("cross", "aarch64-linux-gnu-gcc")}
    assert lacking == []


def test_what_is_missing_is_named_with_its_packages(tmp_path, programs):
    found, lacking = ensure(tmp_path, "linux/amd64", "linux/arm64", tools=("git",))
    assert found == {}
    assert {lack.what: lack.packages for lack in lacking} == {
        "linux/amd64": ("gcc", "libc6-dev"),
        "linux/arm64": ("gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"),
        "git": ("git",),
    }


def test_clang_serves_where_there_is_no_gcc(tmp_path, programs):
    programs("clang")
    assert ensure(tmp_path, "linux/amd64")[0] == {"linux/amd64": ("native", "clang")}


@pytest.mark.parametrize("family", ["rhel", "suse", "alpine"])
def test_zig_where_the_distribution_has_no_cross_compiler(tmp_path, programs, family):
    found, lacking = ensure(tmp_path, "linux/s390x", family=family)
    assert found == {}
    assert [(lack.zig, lack.packages) for lack in lacking] == [(True, ())]


def test_a_cross_compiler_of_an_unknown_distribution_is_taken(tmp_path, programs):
    programs("s390x-linux-gnu-gcc")
    assert ensure(tmp_path, "linux/s390x", family="")[0] == {"linux/s390x": ("cross", "s390x-linux-gnu-gcc")}


def test_the_users_own_comes_first(tmp_path, programs):
    programs("gcc", "mycc")
    found, _lacking = ensure(tmp_path, "linux/amd64", given={"linux/amd64": "mycc --sysroot=/x"}, glibc="2.17")
    assert found == {"linux/amd64": ("given", "mycc --sysroot=/x")}


def test_the_users_own_that_is_not_there_is_not_replaced(tmp_path, programs):
    programs("gcc")
    found, lacking = ensure(tmp_path, "linux/amd64", given={"linux/amd64": "mycc"})
    assert found == {} and "mycc" in lacking[0].why and not lacking[0].packages


def test_a_compiler_against_a_newer_glibc_is_passed_over(tmp_path, programs):
    programs("gcc", glibc="2.36")
    found, lacking = ensure(tmp_path, "linux/amd64", glibc="2.17")
    assert found == {} and lacking[0].zig
    programs("gcc", glibc="2.9")
    assert ensure(tmp_path, "linux/amd64", glibc="2.17")[0] == {"linux/amd64": ("native", "gcc")}


def test_a_floor_asks_for_no_package_of_unknown_glibc(tmp_path, programs):
    _found, lacking = ensure(tmp_path, "linux/amd64", "linux/arm64", glibc="2.17")
    assert [(lack.zig, lack.packages) for lack in lacking] == [(True, ()), (True, ())]


@pytest.mark.parametrize(
    ("host", "family", "target", "possible"),
    [
        ("linux/amd64", "debian", "darwin/arm64", "freebsd/amd64, linux/386, linux/amd64"),
        ("freebsd/amd64", "freebsd", "linux/amd64", "freebsd/amd64"),
        ("freebsd/amd64", "freebsd", "darwin/amd64", "freebsd/amd64"),
        ("linux/ppc64le", "rhel", "linux/amd64", "linux/ppc64le"),
    ],
)
def test_no_way_is_refused_with_what_is_possible(tmp_path, programs, host, family, target, possible):
    with pytest.raises(GoPluginsError, match=f"no C compiler for {target} is known on {host}") as raised:
        ensure(tmp_path, target, host=host, family=family)
    assert possible in raised.value.fix


def test_a_way_that_leads_nowhere_is_refused(tmp_path, programs):
    with pytest.raises(GoPluginsError, match="by the way 'cross'; here it could be: zig"):
        ensure(tmp_path, "freebsd/amd64", way="cross")


def test_apple_compiles_for_both_its_cpus(tmp_path, programs):
    programs("clang")
    found, _lacking = ensure(tmp_path, "darwin/arm64", "darwin/amd64", host="darwin/arm64", family="darwin")
    assert found == {"darwin/arm64": ("native", "clang"), "darwin/amd64": ("native", "clang -arch x86_64")}


def test_a_proof_is_kept_until_the_program_changes(tmp_path, programs):
    programs("gcc")
    ensure(tmp_path, "linux/amd64")
    ensure(tmp_path, "linux/amd64")
    assert len(programs.proved) == 1
    programs("gcc", glibc="2.360")
    ensure(tmp_path, "linux/amd64")
    assert len(programs.proved) == 2
    assert len(json.loads((tmp_path / "cc" / "proofs.json").read_text())) == 1


@pytest.mark.parametrize("check_mode", [True, False])
def test_not_where_everybody_can_write(tmp_path, programs, check_mode):
    programs("gcc")
    (tmp_path / "cc").mkdir()
    (tmp_path / "cc").chmod(0o777)
    with pytest.raises(GoPluginsError, match="can be written to by everybody"):
        ensure(tmp_path, "linux/amd64", check_mode=check_mode)
    assert list((tmp_path / "cc").iterdir()) == []


def test_check_mode_writes_nothing(tmp_path, programs):
    programs("gcc")
    ensure(tmp_path, "linux/amd64", check_mode=True)
    assert not (tmp_path / "cc").exists()


def test_broken_proofs_are_made_anew(tmp_path, programs):
    programs("gcc")
    (tmp_path / "cc").mkdir()
    for text in ("", "[]", '{"a": 1}', "null"):
        (tmp_path / "cc" / "proofs.json").write_text(text)
        assert ensure(tmp_path, "linux/amd64")[0]


@pytest.mark.parametrize("value", [[1, 2, 3, 4], [[], {}, None, 0.5], [], "text", 7, {"a": 1}])
def test_a_proof_of_other_types_is_made_anew(tmp_path, programs, value):
    programs("gcc")
    (before,), *_rest = ensure(tmp_path, "linux/amd64")
    path = tmp_path / "cc" / "proofs.json"
    path.write_text(json.dumps(dict.fromkeys(json.loads(path.read_text()), value)))
    (after,), *_rest = ensure(tmp_path, "linux/amd64")
    assert after == before and len(programs.proved) == 2


def test_what_was_proved_before_is_not_written_again(tmp_path, programs, monkeypatch):
    """Two tasks with different targets take turns."""
    programs("gcc", "aarch64-linux-gnu-gcc")
    ensure(tmp_path, "linux/amd64", "linux/arm64")
    (tmp_path / "cc" / ".lock").unlink()
    ensure(tmp_path, "linux/amd64")
    ensure(tmp_path, "linux/arm64")
    assert len(programs.proved) == 2
    assert [path.name for path in (tmp_path / "cc").iterdir()] == ["proofs.json"]


def test_a_root_that_cannot_be_written_to_serves_without_memory(tmp_path, programs):
    programs("gcc")
    (tmp_path / "cc").mkdir()
    (tmp_path / "cc" / ".lock").mkdir()
    assert ensure(tmp_path, "linux/amd64")[0]


def test_what_a_killed_run_left_goes_away_and_no_umask_lets_everybody_write(tmp_path, programs):
    programs("gcc")
    (tmp_path / "cc").mkdir()
    (tmp_path / "cc" / ".proofs.json.goplugins-abcdefgh").write_text("{")
    former = os.umask(0)
    try:
        ensure(tmp_path, "linux/amd64")
        zig.write_command(str(tmp_path / "cc"), "0.17.1", Platform("linux", "arm64"), "")
    finally:
        os.umask(former)
    assert sorted(path.name for path in (tmp_path / "cc").iterdir()) == [".lock", "bin", "proofs.json"]
    assert [path for path in (tmp_path / "cc").rglob("*") if path.stat().st_mode & 0o002] == []
