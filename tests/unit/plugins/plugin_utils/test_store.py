# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store of artifacts: a folder, or a real server that answers GET and PUT."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import threading

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.plugin_utils import store

DIGEST = "d" * 64
FILE = "p_v5.3.6_linux_amd64.so"
NAME = f"{DIGEST}_{FILE}"
LOGIN = "Basic " + base64.b64encode(b"ann:pass word").decode()


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps what is put, for those who say who they are."""

    def do_GET(self):
        data = self.server.files.get(self.path)
        self.answer(200 if data is not None else 404, data or b"")

    def do_PUT(self):
        self.server.files[self.path] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(self.server.put_status, b"")

    def answer(self, status, data):
        status = status if self.headers.get("Authorization") == LOGIN else 401
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) if status == 200 else 0))
        self.end_headers()
        self.wfile.write(data if status == 200 else b"")

    def log_message(self, *_words):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.files, running.put_status = {}, 201
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture(params=["folder", "file URL", "URL"])
def location(request, tmp_path, server):
    folder = tmp_path / "store" / "below"
    url = f"http://ann:pass%20word@127.0.0.1:{server.server_port}/tyk/plugins/"
    return {"folder": str(folder), "file URL": f"file://{folder}", "URL": url}[request.param]


@pytest.fixture
def artifacts(tmp_path):
    """As go_plugin_build returned them, with the files that the controller has."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / FILE).write_bytes(b"bytes")
    short = {"digest": DIGEST, "sha256": hashlib.sha256(b"bytes").hexdigest()}
    return [delivered(tmp_path / "dist", short)]


def delivered(dist, short):
    """With a record on the controller that has a long list, too."""
    text = json.dumps({**short, "modules": [{"path": "example.com/m", "version": "v1.0.0"}]})
    (dist / f"{FILE}.json").write_text(text)
    return {"artifact": f"/on/the/host/{FILE}", "record": short, "record_sha256": hashlib.sha256(text.encode()).hexdigest()}


def full(short):
    return {**short, "modules": [{"path": "example.com/m", "version": "v1.0.0"}]}


def got(location, folder):
    path = store.store_at(location).get(NAME, str(folder))
    if not path:
        return None
    with open(path, "rb") as artifact, open(f"{path}.json", encoding="utf-8") as record:
        return artifact.read(), json.load(record)


def test_what_is_kept_is_got_and_kept_once(location, artifacts, tmp_path):
    dist = str(tmp_path / "dist")
    assert got(location, tmp_path) is None
    assert store.keep(store.store_at(location), artifacts, dist, check_mode=True) == [NAME]
    assert got(location, tmp_path) is None
    assert store.keep(store.store_at(location), artifacts, dist) == [NAME]
    assert got(location, tmp_path) == (b"bytes", full(artifacts[0]["record"]))
    assert store.keep(store.store_at(location), artifacts, dist) == []


def test_an_entry_with_another_record_is_replaced(location, artifacts, tmp_path):
    dist = str(tmp_path / "dist")
    store.keep(store.store_at(location), artifacts, dist)
    (tmp_path / "dist" / FILE).write_bytes(b"other")
    artifacts = [delivered(tmp_path / "dist", {"digest": DIGEST, "sha256": hashlib.sha256(b"other").hexdigest()})]
    assert store.keep(store.store_at(location), artifacts, dist) == [NAME]
    assert got(location, tmp_path) == (b"other", full(artifacts[0]["record"]))


@pytest.mark.parametrize("ending", ["", ".json"])
def test_what_is_not_what_was_built_is_not_kept(location, artifacts, tmp_path, ending):
    file = tmp_path / "dist" / f"{FILE}{ending}"
    file.write_bytes(file.read_bytes().replace(b"v1.0.0", b"v1.0.1").replace(b"bytes", b"Bytes"))
    with pytest.raises(GoPluginsError, match="is not what was built"):
        store.keep(store.store_at(location), artifacts, str(tmp_path / "dist"))
    assert got(location, tmp_path) is None


def test_a_folder_has_whole_files_alone(artifacts, tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    left = folder / ".entry.goplugins-abcdefgh"
    left.mkdir()
    store.keep(store.store_at(str(folder)), artifacts, str(tmp_path / "dist"))
    assert sorted(os.listdir(folder)) == [".lock", NAME, f"{NAME}.json"]


@pytest.mark.parametrize(
    ("digest", "artifact"), [("../x", FILE), (DIGEST, "../p.so"), (DIGEST, "p"), (DIGEST, ".p.so"), (DIGEST.upper(), FILE)]
)
def test_a_build_host_names_nothing_else(digest, artifact):
    with pytest.raises(GoPluginsError):
        store.entry_name(digest, artifact)


@pytest.mark.parametrize(
    "location",
    ["ftp://h/x", "s3://bucket/x", "http://ann:secret@127.0.0.1:1/x", "http://ann:secret@[::1/x", "http://ann:secret@h\u2100/x"],
)
def test_a_store_that_cannot_be_used_is_named_without_its_password(location, tmp_path):
    with pytest.raises(GoPluginsError, match="store") as error:
        store.store_at(location).get(NAME, str(tmp_path))
    assert "secret" not in str(error.value.as_result())


def test_who_is_not_let_in_is_told(server, tmp_path):
    with pytest.raises(GoPluginsError, match=r"GET .*: 401"):
        store.store_at(f"http://127.0.0.1:{server.server_port}").get(NAME, str(tmp_path))


def test_a_server_that_takes_nothing_is_named(server, artifacts, tmp_path):
    server.put_status = 405
    with pytest.raises(GoPluginsError, match=r"PUT .*: 405"):
        store.keep(store.store_at(f"http://ann:pass%20word@127.0.0.1:{server.server_port}"), artifacts, str(tmp_path / "dist"))


def test_what_is_too_large_is_left(server, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_MAX_RECORD", 10)
    server.files[f"/{NAME}.json"] = b"{" * 100
    with pytest.raises(GoPluginsError, match="nothing that was kept there"):
        store.store_at(f"http://ann:pass%20word@127.0.0.1:{server.server_port}").get(NAME, str(tmp_path))
