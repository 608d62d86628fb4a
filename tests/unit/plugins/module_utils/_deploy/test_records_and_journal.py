# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of artifacts, the journal, and files that are replaced at once."""

from __future__ import annotations

import json
import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy import journal, records
from ansible_collections.goplugins.tyk.plugins.module_utils._deploy.journal import Change, Folder, Journal, sha256
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._gateway.profile import from_dict
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform

AMD64 = Platform("linux", "amd64")
PROFILE = {
    **dict.fromkeys(("module", "commit_time", "modified", "go_directive", "gcflags", "asmflags", "pgo", "goexperiment", "gofips140"), ""),
    **dict.fromkeys(("race", "msan", "asan", "cover"), False),
    "version": "v5.3.6",
    "commit": "a" * 40,
    "go_version": "1.22.6",
    "tags": ["goplugin"],
    "trimpath": True,
    "cpu": {},
    "source": "binary",
    "assumed": [],
}


@pytest.fixture
def put(tmp_path):
    def put(folder, name, sha, target="linux/amd64", **profile):
        place = tmp_path / folder
        place.mkdir(exist_ok=True)
        record = {"target": target, "size": 3, "sha256": sha * 64, "profile": {**PROFILE, **profile}}
        path = place / f"{name}_v5.3.6_{target.replace('/', '_')}.so.json"
        path.write_text(json.dumps(record))
        return str(path)[: -len(".json")]

    return put


def test_the_artifact_whose_gateway_was_built_most_alike(put, tmp_path):
    put("other", "auth", "1", commit="b" * 40)
    ours = put("ours", "auth", "2")
    put("race", "auth", "3", race=True, go_version="1.21.0")
    put("arm", "auth", "4", target="linux/arm64")
    put("ours", "auth-key", "5")
    found = records.candidates(str(tmp_path), ["auth"])
    assert {one.sha256[0] for one in found} == set("1234")
    chosen = records.choose("auth", found, AMD64, from_dict(PROFILE))
    assert (chosen.file, records.from_dict(chosen.as_dict())) == (ours, chosen)


def test_only_the_artifact_that_would_be_deployed_must_be_signed(put, tmp_path):
    put("ours", "auth", "2")
    put("race", "auth", "3", race=True)
    found = records.candidates(str(tmp_path), ["auth"])
    refused = {one.sha256[0]: one._replace(refused="it is signed by another key\nFix: build it again") for one in found}
    assert records.choose("auth", [found[0], refused["3"]], AMD64, from_dict(PROFILE)).sha256[0] == "2"
    with pytest.raises(GoPluginsError, match=r"^it is signed by another key$") as error:
        records.choose("auth", [records.from_dict(refused["2"].as_dict()), found[1]], AMD64, from_dict(PROFILE))
    assert error.value.fix == "build it again"


def test_signatures_are_never_left_out_without_a_word():
    records.refuse_signers([])
    with pytest.raises(GoPluginsError, match="checked on the controller"):
        records.refuse_signers(["key.pub"])


def test_alike_artifacts_are_not_guessed_between(put, tmp_path):
    one, two = put("one", "auth", "1"), put("two", "auth", "2")
    with pytest.raises(GoPluginsError) as error:
        records.choose("auth", records.candidates(str(tmp_path), ["auth"]), AMD64, from_dict(PROFILE))
    assert one in error.value.message and two in error.value.message
    put("two", "auth", "1")
    assert records.choose("auth", records.candidates(str(tmp_path), ["auth"]), AMD64, from_dict(PROFILE)).sha256[0] == "1"


def test_what_there_is_is_named_where_nothing_fits(put, tmp_path):
    put("arm", "auth", "4", target="linux/arm64")
    with pytest.raises(GoPluginsError, match=r"no artifact of auth for linux/amd64.* for linux/arm64"):
        records.choose("auth", records.candidates(str(tmp_path), ["auth"]), AMD64, from_dict(PROFILE))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"target": "linux/amd64", "size": 1, "sha256": "../../etc", "profile": {}}'])
def test_a_record_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "auth_v5.3.6_linux_amd64.so.json").write_text(text)
    with pytest.raises(GoPluginsError, match="is no record"):
        records.candidates(str(tmp_path), ["auth"])


@pytest.fixture
def folder(tmp_path):
    made = Folder(str(tmp_path / "state"), "/opt/tyk-gateway/tyk.conf")
    made.make()
    return made


def test_the_folder_is_the_users_alone_and_named_after_the_gateway(folder):
    assert os.path.basename(folder.path) == "opt-tyk-gateway-tyk.conf"
    assert os.stat(folder.path).st_mode & 0o77 == 0


def test_a_journal_is_read_as_it_was_written_and_leaves_nothing(folder):
    change = Change("/apps/shop.json", sha256(b"before"), sha256(b"after"), "1.before")
    entry = Journal({"auth": "1" * 64}, (change,), ("200 [] True True", "0"))
    assert folder.journal() is None
    folder.begin(entry, {"1.before": b"before"})
    assert (folder.journal(), folder.before(change)) == (entry, b"before")
    assert os.stat(os.path.join(folder.path, "1.before")).st_mode & 0o77 == 0
    folder.end(entry)
    assert folder.journal() is None and os.listdir(folder.path) == []


def test_a_copy_that_is_not_what_was_there_is_not_put_back(folder):
    change = Change("/apps/shop.json", sha256(b"before"), sha256(b"after"), "1.before")
    folder.begin(Journal({}, (change,), ()), {"1.before": b"something else"})
    with pytest.raises(GoPluginsError, match="is not what"):
        folder.before(change)


@pytest.mark.parametrize("text", ["", "[]", '{"changes": [{}]}', '{"changes": [], "answers": [], "wanted": [], "direction": "back"}'])
def test_a_journal_that_cannot_be_read_stops_the_run(folder, text):
    with open(os.path.join(folder.path, "journal.json"), "w") as file:
        file.write(text)
    with pytest.raises(GoPluginsError, match="cannot be read"):
        folder.journal()


def test_a_replaced_file_keeps_its_rights_and_a_link_stays_one(tmp_path):
    real = tmp_path / "real.json"
    real.write_text("old")
    real.chmod(0o640)
    (tmp_path / "link.json").symlink_to(real)
    (tmp_path / ".real.json.goplugins-abcdefgh").write_text("of a killed run")
    journal.replace_content(str(tmp_path / "link.json"), b"new")
    assert (real.read_text(), real.stat().st_mode & 0o7777) == ("new", 0o640)
    assert (tmp_path / "link.json").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "real.json"]
