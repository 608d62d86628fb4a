# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The identity of a build, and one run of go build."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._build import gobuild
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway import profile
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.command import Go
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

PROFILE = profile.Profile(
    module="m",
    version="v5.3.6",
    commit="c" * 40,
    commit_time="20240924125426",
    modified="",
    go_directive="1.22.6",
    go_version="1.22.7",
    tags=("goplugin", "ee"),
    trimpath=True,
    race=False,
    msan=False,
    asan=False,
    cover=False,
    gcflags="",
    asmflags="",
    pgo="",
    goexperiment="",
    gofips140="",
    cpu={},
    source="checkout",
    assumed=(),
)

# Stands in for go: "env" answers as go does, "build" writes what -o names, and each start is noted.
FAKE_GO = """#!/bin/sh
echo "$*" >> {log}
if [ "$1" = env ]; then echo '{{"GOPROXY": "off", "GOCACHE": "{folder}/cache"}}'; exit 0; fi
while [ "$1" != -o ]; do shift; done
cat {folder}/main.go > "$2"
{end}
"""


@pytest.fixture
def request_for(tmp_path):
    def make(end="exit 0", **changes):
        folder = tmp_path / "plugin"
        folder.mkdir(exist_ok=True)
        (folder / "main.go").write_text("package main\n")
        go = tmp_path / "goroot" / "bin" / "go"
        go.parent.mkdir(parents=True, exist_ok=True)
        go.write_text(FAKE_GO.format(log=tmp_path / "started", folder=folder, end=end))
        go.chmod(0o755)
        values = {
            "what": "p",
            "go": Go(str(tmp_path / "goroot"), "1.22.7"),
            "profile": PROFILE,
            "target": Platform("linux", "amd64"),
            "cc": "gcc",
            "folder": str(folder),
            "package": ".",
            "work": "off",
            "build_mode": "plugin",
            "ldflags": "",
            "sources": {"plugin": "digest"},
            "artifact": str(tmp_path / "out" / "p.so"),
            "min_free": 1,
            "hooks": {},
            "shown": {str(folder): "plugins/p"},
        }
        return gobuild.Request(**{**values, **changes})

    return make


def starts(tmp_path):
    log = tmp_path / "started"
    return log.read_text().splitlines() if log.exists() else []


PRODUCT = gobuild.Product(inspect=lambda _path: {"symbols": ["AuthCheck"]}, accept=lambda _path, _modules: None)


def test_the_command_and_the_settings_are_those_of_the_profile(request_for):
    request = request_for(profile=PROFILE._replace(race=True, cpu={"GOAMD64": "v2"}), ldflags="-s -w")
    words = ["-trimpath", "-buildmode=plugin", "-tags=goplugin,ee", "-race", "-pgo=off", "-buildvcs=false"]
    assert gobuild.command(request) == ["build", *words, "-ldflags=-s -w"]
    assert gobuild.settings(request) == {"CGO_ENABLED": "1", "GOOS": "linux", "GOARCH": "amd64", "CC": "gcc", "GOAMD64": "v2"}


def test_it_is_built_once_and_then_go_is_not_started(request_for, tmp_path):
    outcome = gobuild.make(request_for(), PRODUCT, check_mode=False)
    assert (outcome.changed, outcome.reasons) == (True, ("there is no artifact yet",))
    assert outcome.record["symbols"] == ["AuthCheck"]
    assert json.loads((tmp_path / "out" / "p.so.json").read_text()) == outcome.record
    assert outcome.record["peak_memory"] > 0
    before = starts(tmp_path)
    again = gobuild.make(request_for(), PRODUCT, check_mode=False)
    assert (again.changed, again.record) == (False, outcome.record)
    assert starts(tmp_path) == before
    assert sorted(os.listdir(tmp_path / "out")) == [".p.so.lock", "p.so", "p.so.json"]


def test_a_secret_in_the_flags_counts_and_stands_nowhere(request_for, tmp_path):
    made = gobuild.make(request_for(ldflags="-X main.token=hunter2 -X main.url=https://u:hunter3@h"), PRODUCT, check_mode=False)
    text = (tmp_path / "out" / "p.so.json").read_text()
    assert "hunter" not in text and json.loads(text) == made.record
    assert not gobuild.make(request_for(ldflags="-X main.token=hunter2 -X main.url=https://u:hunter3@h"), PRODUCT, check_mode=False).changed
    assert gobuild.make(request_for(ldflags="-X main.token=hunter9 -X main.url=https://u:hunter3@h"), PRODUCT, check_mode=False).changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"profile": PROFILE._replace(tags=("goplugin",))}, "command: "),
        ({"go": Go("", "1.22.8")}, "go_version: 1.22.7 -> 1.22.8"),
        ({"cc": "gcc -m64"}, "environment: "),
        ({"ldflags": "-s"}, "command: nothing -> -ldflags=-s"),
        ({"sources": {"plugin": "other"}}, "plugin: digest -> other"),
        ({"sources": {"plugin": "digest", "gateway": "commit"}}, "gateway: nothing -> commit"),
        ({"target": Platform("linux", "arm64")}, "environment: GOARCH=amd64 -> GOARCH=arm64"),
        ({"package": "./cmd"}, "command: . -> ./cmd"),
    ],
)
def test_every_input_that_changes_is_a_reason_to_build(request_for, change, reason):
    gobuild.make(request_for(), PRODUCT, check_mode=False)
    request = request_for(**change)
    reasons = gobuild.look(request, PRODUCT).reasons
    assert any(line.startswith(reason) for line in reasons), reasons


def test_an_artifact_that_somebody_changed_is_built_again(request_for, tmp_path):
    gobuild.make(request_for(), PRODUCT, check_mode=False)
    (tmp_path / "out" / "p.so").write_text("other")
    assert gobuild.make(request_for(), PRODUCT, check_mode=False).reasons == ("the artifact is not the file that was built",)


def test_a_broken_record_is_a_reason_to_build(request_for, tmp_path):
    gobuild.make(request_for(), PRODUCT, check_mode=False)
    (tmp_path / "out" / "p.so.json").write_text("{")
    assert gobuild.make(request_for(), PRODUCT, check_mode=True).reasons == ("the artifact has no record",)


def test_check_mode_writes_nothing_and_starts_no_go(request_for, tmp_path):
    assert gobuild.make(request_for(), PRODUCT, check_mode=True).changed
    assert not (tmp_path / "out").exists()
    assert starts(tmp_path) == []


@pytest.mark.parametrize("fault", ["compile", "accept"])
def test_a_failed_build_leaves_the_good_artifact_and_nothing_else(request_for, tmp_path, fault):
    good = gobuild.make(request_for(), PRODUCT, check_mode=False)

    def refuse(_path, _modules):
        raise GoPluginsError("not this one")

    if fault == "compile":
        bad = request_for("echo './main.go:3:1: syntax error' >&2; exit 1", ldflags="-s")
        with pytest.raises(GoPluginsError, match=r"p does not build for linux/amd64:\nplugins/p/main.go:3:1: syntax error"):
            gobuild.make(bad, PRODUCT, check_mode=False)
    else:
        with pytest.raises(GoPluginsError, match="not this one"):
            gobuild.make(request_for(ldflags="-s"), PRODUCT._replace(accept=refuse), check_mode=False)
    assert sorted(os.listdir(tmp_path / "out")) == [".p.so.lock", "p.so", "p.so.json"]
    assert not gobuild.make(request_for(), PRODUCT, check_mode=True).changed
    assert gobuild.look(request_for(), PRODUCT).record == good.record


def test_a_folder_in_the_place_of_the_artifact_is_named_before_anything_is_compiled(request_for, tmp_path):
    (tmp_path / "out" / "p.so").mkdir(parents=True)
    with pytest.raises(GoPluginsError, match=r"p\.so is a folder, where a file belongs"):
        gobuild.make(request_for(), PRODUCT, check_mode=False)
    assert starts(tmp_path) == []


def test_too_little_disk_is_named_before_anything_changes(request_for, tmp_path):
    with pytest.raises(GoPluginsError, match="not enough disk for building p"):
        gobuild.make(request_for(min_free=10**15), PRODUCT, check_mode=False)
    assert not (tmp_path / "out").exists()


def test_a_missing_compiler_is_named_with_its_fix(request_for):
    with pytest.raises(GoPluginsError, match="the C compiler 'no-such-gcc' cannot be used") as caught:
        gobuild.make(request_for(cc="no-such-gcc"), PRODUCT, check_mode=False)
    assert "cross_cc" in caught.value.fix


def test_no_compiler_at_all():
    with pytest.raises(GoPluginsError, match="plugins need cgo"):
        gobuild.compiler_version("")


@pytest.mark.parametrize("name", ["GOMODCACHE", "GOCACHE"])
def test_there_must_be_room_wherever_go_writes(request_for, tmp_path, monkeypatch, name):
    request = request_for(min_free=50_000_000)
    (tmp_path / "full").mkdir()
    real = os.statvfs
    full = os.statvfs_result((4096, 4096, 10**6, 0, 0, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda place: full if str(place) == str(tmp_path / "full") else real(place))
    monkeypatch.setattr(gobuild, "go_environment", lambda _binary, environment: {**environment, name: str(tmp_path / "full")})
    with pytest.raises(GoPluginsError, match=f"not enough disk for building .*: {tmp_path}/full has 0 MB free, 50 MB are needed"):
        gobuild.make(request, PRODUCT, False)
    assert not os.path.exists(request.artifact)


def test_a_spoiled_build_cache_is_named_rather_than_what_go_says_then(request_for, tmp_path):
    request = request_for("echo 'main.go:2:8: could not import fmt (EOF)' >&2; exit 1")
    (tmp_path / "plugin" / "cache" / "aa").mkdir(parents=True)
    (tmp_path / "plugin" / "cache" / "aa" / f"{'a' * 64}-d").write_text("spoiled")
    with pytest.raises(GoPluginsError, match=r"Go's build cache .* is spoiled: 1 of its files") as caught:
        gobuild.make(request, PRODUCT, check_mode=False)
    assert caught.value.fix == f"GOCACHE={tmp_path}/plugin/cache {tmp_path}/goroot/bin/go clean -cache"


def test_go_and_the_compiler_have_their_temporary_files_in_the_folder_of_the_run(request_for, tmp_path):
    request = request_for('echo "$TMPDIR $GOTMPDIR" > ' + str(tmp_path / "told"))
    gobuild.make(request, PRODUCT, check_mode=False)
    first, second = (tmp_path / "told").read_text().split()
    assert first == second and first.startswith(f"{tmp_path}/out/.p.so.") and not os.path.exists(first)


def test_what_has_no_record_is_not_replaced(request_for, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "p.so").write_text("somebody's")
    for check_mode in (True, False):
        with pytest.raises(GoPluginsError, match=r"p\.so was not put there by this collection"):
            gobuild.make(request_for(), PRODUCT, check_mode)
    assert (tmp_path / "out" / "p.so").read_text() == "somebody's"


def test_where_a_build_of_ours_ran_the_artifact_is_ours_without_its_record(request_for, tmp_path):
    gobuild.make(request_for(), PRODUCT, check_mode=False)
    (tmp_path / "out" / "p.so.json").unlink()
    assert gobuild.make(request_for(), PRODUCT, check_mode=False).reasons == ("the artifact has no record",)
    assert not gobuild.make(request_for(), PRODUCT, check_mode=False).changed


def test_what_a_build_left_that_was_killed_at_its_end_goes_away(request_for, tmp_path):
    gobuild.make(request_for(), PRODUCT, check_mode=False)
    (tmp_path / "out" / ".p.so.goplugins-abcdefgh" / "tmp").mkdir(parents=True)
    assert not gobuild.make(request_for(), PRODUCT, check_mode=False).changed
    assert sorted(os.listdir(tmp_path / "out")) == [".p.so.lock", "p.so", "p.so.json"]


def test_a_power_cut_between_record_and_artifact_is_one_more_build(request_for, tmp_path, monkeypatch):
    def cut(temporary, path):
        if path.endswith("p.so"):
            raise OSError("cut")
        os.replace(temporary, path)

    with monkeypatch.context() as patched:
        patched.setattr(gobuild, "place_atomically", cut)
        with pytest.raises(OSError, match="cut"):
            gobuild.make(request_for(), PRODUCT, check_mode=False)
    assert (tmp_path / "out" / "p.so.json").exists() and not (tmp_path / "out" / "p.so").exists()
    assert gobuild.make(request_for(), PRODUCT, check_mode=False).changed
    assert not gobuild.make(request_for(), PRODUCT, check_mode=False).changed


def offered(request_for, tmp_path, **changes):
    """What another host has built, in a place of its own, with the folders of that host."""
    folder = tmp_path / "other"
    request = request_for(artifact=str(folder / "p.so"), **changes)
    record = gobuild.make(request, PRODUCT, check_mode=False).record
    return folder / "p.so", record


def test_what_another_host_built_is_taken_and_not_built(request_for, tmp_path):
    offer, record = offered(request_for, tmp_path)
    before = starts(tmp_path)
    outcome = gobuild.make(request_for(offer=str(offer)), PRODUCT, check_mode=False)
    assert (outcome.changed, outcome.taken, outcome.refused, outcome.record) == (True, True, (), record)
    assert starts(tmp_path) == before
    assert (tmp_path / "out" / "p.so").read_bytes() == offer.read_bytes()
    again = gobuild.make(request_for(offer=str(offer)), PRODUCT, check_mode=False)
    assert (again.changed, again.taken, again.record) == (False, False, record)
    assert sorted(os.listdir(tmp_path / "out")) == [".p.so.lock", "p.so", "p.so.json"]


def one_byte(offer):
    data = bytearray(offer.read_bytes())
    data[-2] ^= 1
    offer.write_bytes(data)


def changed_with_its_checksum(offer):
    """The record then says what the file is, but no longer of which inputs; or it does so, and not of which symbols."""
    path = offer.with_name("p.so.json")
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "symbols": ["Other"]}))


def of_another_name(offer):
    path = offer.with_name("p.so.json")
    path.write_text(path.read_text().replace('"artifact": "p.so"', '"artifact": "q.so"'))


HARM = {
    "one byte": (one_byte, "the artifact is not the file that was built"),
    "a record of something else": (changed_with_its_checksum, "the record does not say what the artifact is: symbols"),
    "a record of another name": (of_another_name, "the record does not say what the artifact is: artifact"),
    "half a record": (lambda offer: offer.with_name("p.so.json").write_text('{"digest": '), "the artifact has no record"),
    "no record": (lambda offer: offer.with_name("p.so.json").unlink(), "No such file"),
    "no artifact": (lambda offer: offer.unlink(), "No such file"),
    "a folder": (lambda offer: (offer.unlink(), offer.mkdir()), "Is a directory"),
}


@pytest.mark.parametrize(("harm", "reason"), HARM.values(), ids=list(HARM))
def test_what_does_not_fit_is_refused_and_built(request_for, tmp_path, harm, reason):
    offer, _record = offered(request_for, tmp_path)
    harm(offer)
    before = starts(tmp_path)
    (tmp_path / "goroot" / "bin" / "go").write_text(
        (tmp_path / "goroot" / "bin" / "go").read_text().replace("cat ", '[ ! -e "$2" ] || exit 7; cat ', 1)
    )
    outcome = gobuild.make(request_for(offer=str(offer)), PRODUCT, check_mode=False)
    assert outcome.changed and not outcome.taken and len(outcome.refused) == 1 and reason in outcome.refused[0]
    assert len(starts(tmp_path)) > len(before)
    assert (tmp_path / "out" / "p.so").read_text() == "package main\n"


@pytest.mark.parametrize("other", [{"sources": {"plugin": "other"}}, {"ldflags": "-s"}, {"target": Platform("linux", "arm64")}])
def test_what_was_built_of_other_inputs_is_refused(request_for, tmp_path, other):
    offer, record = offered(request_for, tmp_path, **other)
    outcome = gobuild.make(request_for(offer=str(offer)), PRODUCT, check_mode=False)
    assert outcome.refused and not outcome.taken and outcome.record["digest"] == outcome.digest != record["digest"]


def test_what_must_not_take_the_place_of_the_old_one_does_not_when_it_is_offered(request_for, tmp_path):
    offer, _record = offered(request_for, tmp_path)

    def accept(_path, modules):
        assert modules == ""
        raise GoPluginsError("it lacks a symbol")

    with pytest.raises(GoPluginsError, match="lacks a symbol"):
        gobuild.make(request_for(offer=str(offer)), PRODUCT._replace(accept=accept), check_mode=False)
    assert not (tmp_path / "out" / "p.so").exists()


def test_who_looks_at_a_build_changes_nothing_in_it(request_for, tmp_path):
    """Not the digest, not the record, and not what a failure says."""
    plain = gobuild.make(request_for(), PRODUCT, check_mode=False)
    seen = gobuild.progress.Seen("t0k", 3600)
    assert not gobuild.make(request_for(seen=seen), PRODUCT, check_mode=False).changed
    (tmp_path / "out" / "p.so").unlink()
    again = gobuild.make(request_for(seen=seen), PRODUCT, check_mode=False)
    assert (again.digest, again.record["command"]) == (plain.digest, plain.record["command"])
    assert [" -v " in f" {one} " for one in starts(tmp_path) if one.startswith("build")] == [False, True]
    (tmp_path / "out" / "p.so").unlink()
    end = "printf 'fmt\\nm/p\\n# m/p\\n./main.go:1:1: undefined: x\\n' >&2; exit 1"
    with pytest.raises(GoPluginsError, match="undefined: x") as caught:
        gobuild.make(request_for(end, seen=seen), PRODUCT, check_mode=False)
    assert "fmt" not in caught.value.message
    assert sorted(os.listdir(tmp_path / "out")) == [".p.so.lock", "p.so.json"]
