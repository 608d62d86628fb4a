# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sources of toolchains: the index, downloads from a server on this host, checksums."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
import typing

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._platform import Platform
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import source

AMD64 = Platform("linux", "amd64")
NAME = "go1.22.7.linux-amd64.tar.gz"
DATA = bytes(range(256)) * 40
SHA256 = hashlib.sha256(DATA).hexdigest()


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves DATA and its index; `faults` is what goes wrong before, one a request."""

    faults: typing.ClassVar[list] = []
    requests: typing.ClassVar[list] = []

    def do_GET(self):
        self.requests.append((self.path, self.headers.get("Range")))
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return self.send_error(fault)
        if self.path.startswith("/?"):
            index = [{"files": [{"filename": NAME, "sha256": SHA256}, {"filename": "other", "sha256": "0" * 64}]}]
            return self.answer(200, json.dumps(index).encode())
        if self.path != f"/{NAME}":
            return self.send_error(404)
        begin = int(self.headers["Range"][6:-1]) if "Range" in self.headers else 0
        if begin >= len(DATA):
            return self.send_error(416)
        data = DATA[begin:]
        return self.answer(206 if begin else 200, data, data[: len(data) // 2] if fault == "cut" else data)

    def answer(self, status, announced, sent=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(announced)))
        self.end_headers()
        self.wfile.write(announced if sent is None else sent)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def mirror(monkeypatch):
    monkeypatch.setattr(source, "_SECONDS_BETWEEN_TRIES", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Mirror.faults, Mirror.requests = [], []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def download(mirror, tmp_path, **options):
    return source.from_download(mirror, "1.22.7", AMD64, options.get("checksum"), str(tmp_path))


def test_the_index_of_the_site_tells_the_checksum(mirror, tmp_path):
    got = download(mirror, tmp_path)
    assert got == source.Archive(str(tmp_path / NAME), "", f"sha256:{SHA256}")
    assert (tmp_path / NAME).read_bytes() == DATA
    assert [path for path, _range in Mirror.requests] == ["/?mode=json&include=all", f"/{NAME}"]


def test_a_given_checksum_needs_no_index(mirror, tmp_path):
    download(mirror, tmp_path, checksum=SHA256.upper())
    assert [path for path, _range in Mirror.requests] == [f"/{NAME}"]


def test_a_wrong_checksum_is_told_and_the_file_is_gone(mirror, tmp_path):
    with pytest.raises(GoPluginsError, match=f"has the SHA-256 {SHA256}, not {'0' * 64}"):
        download(mirror, tmp_path, checksum="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_transfer_goes_on_where_it_ended(mirror, tmp_path):
    Mirror.faults = ["cut"]
    download(mirror, tmp_path, checksum=SHA256)
    assert Mirror.requests == [(f"/{NAME}", None), (f"/{NAME}", f"bytes={len(DATA) // 2}-")]


def test_the_next_run_goes_on_too(mirror, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(DATA[:100])
    download(mirror, tmp_path, checksum=SHA256)
    assert Mirror.requests == [(f"/{NAME}", "bytes=100-")]


def test_a_part_of_another_file_does_not_stay_in_the_way(mirror, tmp_path):
    (tmp_path / f"{NAME}.part").write_bytes(DATA + b"more")
    download(mirror, tmp_path, checksum=SHA256)
    assert (tmp_path / NAME).read_bytes() == DATA


def test_a_server_that_fails_for_now_is_asked_again(mirror, tmp_path):
    Mirror.faults = [503, 429, 500]
    download(mirror, tmp_path, checksum=SHA256)
    assert len(Mirror.requests) == 4


def test_a_server_that_keeps_failing_is_named(mirror, tmp_path):
    Mirror.faults = [503] * 9
    with pytest.raises(GoPluginsError, match=r"HTTP Error 503.*tried 4 times"):
        download(mirror, tmp_path, checksum=SHA256)


def test_a_release_that_is_not_there_is_not_asked_for_again(mirror, tmp_path):
    with pytest.raises(GoPluginsError, match="HTTP status 404"):
        source.from_download(mirror, "1.99.0", AMD64, SHA256, str(tmp_path))
    assert len(Mirror.requests) == 1


def test_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "_SECONDS_BETWEEN_TRIES", 0.01)
    with pytest.raises(GoPluginsError, match=r"http://\*\*\*@127.0.0.1:1/.*: .*tried 4 times") as caught:
        download("http://user:secret@127.0.0.1:1", tmp_path, checksum=SHA256)
    assert "secret" not in str(caught.value.as_result())


def test_an_archive_that_is_too_large_is_refused(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MAX_ARCHIVE", 10)
    with pytest.raises(GoPluginsError, match="is larger than 10 bytes"):
        download(mirror, tmp_path, checksum=SHA256)


@pytest.mark.parametrize("index", [b"", b"{", b"[]", b'[{"files": [{}]}]', b'{"files": 1}', b"[1]", b"null"])
def test_an_index_that_does_not_tell_is_no_checksum(index):
    with pytest.raises(GoPluginsError, match="index of Go releases"):
        source.published_checksum(index, NAME)


def test_a_file_is_taken_only_with_the_right_checksum(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(DATA)
    assert source.from_archive(str(path), SHA256).checksum == f"sha256:{SHA256}"
    with pytest.raises(GoPluginsError, match="has the SHA-256"):
        source.from_archive(str(path), "0" * 64)
    with pytest.raises(GoPluginsError, match="there is no archive"):
        source.from_archive(str(tmp_path / "none"), SHA256)


@pytest.mark.parametrize(("goarch", "name"), [("amd64", "go1.22.7.linux-amd64.tar.gz"), ("arm", "go1.22.7.linux-armv6l.tar.gz")])
def test_names_on_the_site(goarch, name):
    assert source.archive_name("1.22.7", Platform("linux", goarch)) == name


def test_before_1_21_there_are_no_modules(tmp_path):
    with pytest.raises(GoPluginsError, match=r"Go 1.20.14 is no module"):
        source.from_module("go", "1.20.14", AMD64, None, str(tmp_path))


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("echo go1.22.7", ""),
        ("echo go1.27rc1", ""),
        ("echo go1.20.14", "only Go 1.21 and later"),
        ("echo devel", "does not tell a Go release"),
        ("exit 1", "does not tell a Go release"),
    ],
)
def test_which_go_can_fetch_others(tmp_path, script, problem):
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)
    told = source.bootstrap_problem(str(go))
    assert problem in told and bool(problem) == bool(told)


def test_no_go_at_all():
    assert source.bootstrap_problem(None) == "there is no Go on this host"
    assert "cannot start /nowhere/go" in source.bootstrap_problem("/nowhere/go")
