# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Definitions and plugins in real folders."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions import files
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.document import MAX_BYTES
from ansible_collections.goplugins.tyk.plugins.module_utils._definitions.names import Gateway
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._golang.platform import Platform


def definition(*hooks):
    return {
        "api_id": "a",
        "use_keyless": True,
        "custom_middleware": {"driver": "goplugin", "pre": [{"path": p, "name": n} for p, n in hooks]},
    }


@pytest.fixture
def apps(tmp_path):
    folder = tmp_path / "apps"
    folder.mkdir()
    (folder / "b.json").write_text(json.dumps(definition(("hook.so", "Second"))))
    (folder / "a.json").write_text(json.dumps(definition(("hook.so", "First"), ("hook.so", "Second"))))
    (folder / "a.json.bak").write_text("{")
    (folder / "below").mkdir()
    (folder / "below" / "c.json").write_text(json.dumps(definition(("hook.so", "Third"))))
    return folder


@pytest.fixture
def lint(tmp_path):
    def run(*paths, check_files=True):
        gateway = Gateway((5, 3, 6), Platform("linux", "amd64"), str(tmp_path), "middleware")
        return files.lint_files([str(path) for path in paths], gateway, check_files)

    return run


def test_a_folder_is_read_in_the_gateways_order_and_not_below(lint, apps, tmp_path):
    plugin = tmp_path / "hook_v5.3.6_linux_amd64.so"
    plugin.touch()
    report = lint(apps)
    assert [(os.path.basename(one.definition), one.hook.symbol, one.file) for one in report.plugins] == [
        ("a.json", "First", str(plugin)),
        ("a.json", "Second", str(plugin)),
        ("b.json", "Second", str(plugin)),
    ]
    assert report.findings == ()
    assert files.files_of(report.plugins) == [{"path": str(plugin), "hooks": {"First": "pre", "Second": "pre"}}]


def test_files_need_not_be_here(lint, apps):
    assert {finding.code for finding in lint(apps).findings} == {"named-file-missing"}
    report = lint(apps, check_files=False)
    assert report.findings == () and len(report.plugins) == 3 and files.files_of(report.plugins) == []


def test_what_is_no_file_is_a_message_and_stops_no_other(lint, apps, tmp_path):
    (tmp_path / "hook.so").touch()
    os.mkfifo(apps / "c.json")
    (apps / "d.json").symlink_to(tmp_path / "nowhere")
    (apps / "e.json").mkdir()
    (apps / "f.json").symlink_to("/dev/zero")
    report = lint(apps)
    assert [(os.path.basename(one.definition), one.code) for one in report.findings] == [
        (f"{name}.json", "definition-unreadable") for name in "cdef"
    ]
    assert len(report.plugins) == 3


def test_of_a_large_file_no_more_is_read_than_the_limit(tmp_path):
    path = tmp_path / "large"
    with open(path, "wb") as file:
        file.truncate(1 << 40)
    assert len(files.read(str(path))) == MAX_BYTES + 1


def test_a_path_that_is_not_there_is_an_error(lint, tmp_path):
    with pytest.raises(FileNotFoundError):
        lint(tmp_path / "nowhere")


def test_a_folder_of_too_many_files(lint, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILES", 2)
    for number in range(3):
        (tmp_path / f"{number}.json").write_text("{}")
    with pytest.raises(GoPluginsError, match="more than 2 definitions"):
        lint(tmp_path)


def test_a_file_is_missing_only_if_the_system_says_so(tmp_path):
    """As os.ErrNotExist is to Go. A file as a folder, a long name and a circle of links are for the loader to complain about."""
    (tmp_path / "file").touch()
    (tmp_path / "circle").symlink_to("circle")
    assert not files.exists(str(tmp_path / "nowhere")) and not files.exists("a\0b")
    for name in ("file", "file/below", "x" * 300, "circle"):
        assert files.exists(str(tmp_path / name)), name


def test_a_bundle_that_was_unpacked(lint, tmp_path):
    bundle = tmp_path / "middleware" / "bundles" / "05a671c66aefea124cc08b76ea6d30bb"  # the MD5 digest of testtest
    bundle.mkdir(parents=True)
    (bundle / "hook.so").touch()
    manifest = {"file_list": ["hook.so"], "custom_middleware": {"driver": "goplugin", "pre": [{"path": "hook.so", "name": "First"}]}}
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    api = tmp_path / "api.json"
    api.write_text(json.dumps({"api_id": "a", "use_keyless": True, "custom_middleware_bundle": "testtest"}))
    report = lint(api)
    assert report.findings == ()
    assert [(one.definition, one.file) for one in report.plugins] == [(str(bundle / "manifest.json"), str(bundle / "hook.so"))]


def test_the_definition_of_the_examples_is_right(lint, repository):
    report = lint(repository / "examples" / "api.json", check_files=False)
    assert report.findings == ()
    assert {plugin.hook.symbol for plugin in report.plugins} >= {"AuthCheck", "SignResponse", "Stamp"}


def test_the_checksum_is_of_the_files_one_after_the_other_and_of_no_more_than_a_bundle_can_have(tmp_path, monkeypatch):
    for name, data in (("a", b"a" * 3_000_000), ("b", b""), ("c", b"c")):
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in "acb"]
    assert files.checksum(paths) == hashlib.md5(b"a" * 3_000_000 + b"c").hexdigest() != files.checksum(sorted(paths, reverse=True))
    monkeypatch.setattr(files, "MAX_BUNDLE", 3_000_000)
    with pytest.raises(OSError, match="too large"):
        files.checksum(paths)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="no regular file"):
        files.checksum([str(tmp_path / "pipe")])


def test_a_bundle_whose_files_cannot_be_read_is_not_known(lint, tmp_path):
    manifest = {"file_list": ["a.so"], "custom_middleware": {"driver": "goplugin", "pre": [{"path": "a.so", "name": "A"}]}, "checksum": "0"}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    os.mkfifo(tmp_path / "a.so")
    (finding,) = lint(tmp_path / "manifest.json").findings
    assert (finding.code, finding.where) == ("definition-unreadable", "file_list") and f"{tmp_path}/a.so" in finding.message


def test_a_definition_that_was_moved_is_read_as_if_it_was_in_its_place(apps, tmp_path):
    gateway = Gateway((5, 3, 6), Platform("linux", "amd64"), str(tmp_path), "middleware")
    whole = files.lint_files([str(apps)], gateway)
    (apps / "a.json").rename(tmp_path / "elsewhere")
    report = files.lint_files([str(apps)], gateway, moved={str(apps / "a.json"): str(tmp_path / "elsewhere")})
    assert sorted(report.plugins) == sorted(whole.plugins) and sorted(report.apis) == sorted(whole.apis)


def test_an_api_has_the_files_that_say_which_plugins_it_has(lint, apps, tmp_path):
    bundle = tmp_path / "middleware" / "bundles" / hashlib.md5(b"b.zip").hexdigest()
    bundle.mkdir(parents=True)
    (bundle / "manifest.json").write_text(json.dumps({"file_list": [], "custom_middleware": {"driver": "goplugin"}}))
    (apps / "a.json").write_text(json.dumps({**definition(), "custom_middleware_bundle": "b.zip", "is_oas": True}))
    (apps / "a-oas.json").write_text(json.dumps({"openapi": "3.0.3", "x-tyk-api-gateway": {}}))
    (apps / "b.json").write_text("[")
    (apps / "c.json").write_text(json.dumps({"API_ID": "named"}))
    assert [(os.path.basename(api.definition), api.identifier, api.sources) for api in lint(apps).apis] == [
        ("a.json", "a", (str(apps / "a.json"), str(apps / "a-oas.json"), str(bundle / "manifest.json"))),
        ("b.json", "", (str(apps / "b.json"),)),
        ("c.json", "named", (str(apps / "c.json"),)),
    ]
