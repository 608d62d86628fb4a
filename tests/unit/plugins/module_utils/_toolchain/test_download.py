# Copyright (c) 2026, The goplugins.tyk authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloads from a server on this host: the index, checksums, everything that a network does."""

from __future__ import annotations

import base64
import contextlib
import datetime
import hashlib
import http.server
import json
import os
import socket
import ssl
import threading
import time
import typing as t
import urllib.error
import urllib.request

import pytest
from ansible_collections.goplugins.tyk.plugins.module_utils._errors import GoPluginsError
from ansible_collections.goplugins.tyk.plugins.module_utils._toolchain import download
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "go1.22.7.linux-amd64.tar.gz"
DATA = bytes(range(256)) * 400
SHA256 = hashlib.sha256(DATA).hexdigest()
PROVED = f"sha256:{SHA256}"
INDEX = "/?mode=json&include=all"


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves DATA and its index. faults: what goes wrong, one a request; seen: (path, range, authorization) of each request."""

    faults: t.ClassVar[list[t.Any]] = []
    seen: t.ClassVar[list[tuple[str, str | None, str | None]]] = []

    def do_GET(self):
        self.seen.append((self.path, self.headers.get("Range"), self.headers.get("Authorization")))
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            self.send_error(fault)
        elif fault == "hang up":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif isinstance(fault, str) and fault.startswith(("http:", "https:", "file:", "ftp:")):
            self.answer(302, b"", Location=fault)
        elif self.path == INDEX:
            files = [{"filename": "other", "sha256": "0" * 64}, {"filename": NAME, "sha256": SHA256}]
            self.answer(200, json.dumps([{"version": "go1.22.7", "files": files}]).encode())
        elif self.path != f"/{NAME}":
            self.send_error(404)
        else:
            self.serve(int(self.headers["Range"][6:-1]) if "Range" in self.headers else 0, fault)

    def serve(self, begin, fault):
        if fault == "no ranges":
            begin = 0
        if begin >= len(DATA):
            self.send_error(416)
            return
        data = DATA[begin:]
        told = begin + (fault == "another place")
        header = {"Content-Range": f"bytes {told}-{len(DATA) - 1}/{len(DATA)}"} if begin else {}
        self.answer(206 if begin else 200, data, sent={"cut": len(data) // 2, "trickle": -1}.get(fault, len(data)), **header)

    def answer(self, status, data, sent=None, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(data), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if sent == -1:
            with contextlib.suppress(OSError):
                for byte in data[:30]:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.1)
            return
        self.wfile.write(data[:sent])

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def mirror(monkeypatch):
    monkeypatch.setattr(download.retries, "pauses", lambda: [0.01, 0.01, 0.01])
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    Mirror.faults, Mirror.seen = [], []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def fetch(url, tmp_path, checksum=PROVED, name=NAME, ca_path=""):
    return download.fetch(download.parse_site(url, ca_path), name, checksum, str(tmp_path / "part"))


def asked():
    return [path for path, _range, _authorization in Mirror.seen]


def ranges():
    return [offset for _path, offset, _authorization in Mirror.seen]


@pytest.mark.parametrize(
    ("url", "plain", "authorization"),
    [
        ("https://go.dev/dl", "https://go.dev/dl", ""),
        ("https://go.dev/dl/", "https://go.dev/dl", ""),
        ("http://[::1]:8080", "http://[::1]:8080", ""),
        ("https://user:s%40crt@mirror.example.com:8443/go/", "https://mirror.example.com:8443/go", "user:s@crt"),
        ("https://token@mirror.example.com", "https://mirror.example.com", "token"),
    ],
)
def test_sites(url, plain, authorization):
    site = download.parse_site(url)
    assert site.url == plain
    assert site.authorization == (f"Basic {base64.b64encode(authorization.encode()).decode()}" if authorization else "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "go.dev/dl",
        "file:///etc",
        "ftp://mirror/go",
        "https://",
        "https:///dl",
        "https://m/dl?x=1",
        "https://m/#x",
        "https://[::1/dl",
        "https://u:hunter2secret@",
    ],
)
def test_what_is_no_site(url):
    with pytest.raises(GoPluginsError, match="download_url is no address of a site") as caught:
        download.parse_site(url)
    assert "hunter2secret" not in str(caught.value.as_result())


def test_the_index_of_the_site_tells_the_checksum(mirror, tmp_path):
    assert fetch(mirror, tmp_path, checksum="") == PROVED
    assert (tmp_path / "part").read_bytes() == DATA
    assert asked() == [INDEX, f"/{NAME}"]


def test_a_given_checksum_needs_no_index(mirror, tmp_path):
    fetch(f"{mirror}/", tmp_path)
    assert asked() == [f"/{NAME}"]


def test_over_plain_http_the_index_proves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_open", lambda *_arguments: pytest.fail("it went to the network"))
    with pytest.raises(GoPluginsError, match="is not https") as caught:
        fetch("http://mirror.example.com/go", tmp_path, checksum="")
    assert caught.value.fix.startswith("give the checksum")


def test_a_wrong_checksum_is_told(mirror, tmp_path):
    with pytest.raises(GoPluginsError, match=f"/{NAME} has the checksum {PROVED}, not sha256:{'0' * 64}"):
        fetch(mirror, tmp_path, checksum=f"sha256:{'0' * 64}")
    assert not (tmp_path / "part").exists()


def test_a_cut_transfer_goes_on_where_it_ended(mirror, tmp_path):
    Mirror.faults = ["cut", "cut"]
    fetch(mirror, tmp_path)
    half, rest = len(DATA) // 2, len(DATA) * 3 // 4
    assert ranges() == [None, f"bytes={half}-", f"bytes={rest}-"]


def test_a_later_run_goes_on_where_one_ended(mirror, tmp_path):
    Mirror.faults = ["cut", 503, 503, 503]
    with pytest.raises(download.Unreachable, match="503"):
        fetch(mirror, tmp_path)
    half = len(DATA) // 2
    assert (tmp_path / "part").read_bytes() == DATA[:half]
    Mirror.seen.clear()
    fetch(mirror, tmp_path)
    assert (tmp_path / "part").read_bytes() == DATA and ranges() == [f"bytes={half}-"]


def test_a_site_that_sends_a_byte_now_and_then_is_not_waited_for_without_end(mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("GOPLUGINS_TIMEOUT", "0.5")
    Mirror.faults = ["trickle"]
    started = time.monotonic()
    with pytest.raises(GoPluginsError, match=f"{mirror}/{NAME} did not arrive within 0.5 seconds") as caught:
        fetch(mirror, tmp_path)
    assert "GOPLUGINS_TIMEOUT=" in caught.value.fix and time.monotonic() - started < 2


def test_a_file_that_grows_is_nobody_elses(mirror, tmp_path):
    former = os.umask(0)
    try:
        fetch(mirror, tmp_path)
    finally:
        os.umask(former)
    assert (tmp_path / "part").stat().st_mode & 0o777 == 0o600


def test_what_is_there_whole_is_not_asked_for(mirror, tmp_path):
    (tmp_path / "part").write_bytes(DATA)
    fetch(mirror, tmp_path)
    assert Mirror.seen == []


def test_a_part_of_something_else_is_thrown_away(mirror, tmp_path):
    (tmp_path / "part").write_bytes(b"something else")
    fetch(mirror, tmp_path)
    assert (tmp_path / "part").read_bytes() == DATA and ranges() == ["bytes=14-", None]


def test_a_part_does_not_save_a_file_that_is_not_the_wanted_one(mirror, tmp_path):
    (tmp_path / "part").write_bytes(DATA[:100])
    with pytest.raises(GoPluginsError, match="has the checksum"):
        fetch(mirror, tmp_path, checksum=f"sha256:{'0' * 64}")
    assert ranges() == ["bytes=100-", None] and not (tmp_path / "part").exists()


@pytest.mark.parametrize("fault", ["no ranges", "another place"])
def test_a_server_that_does_not_go_on_there_sends_the_whole_again(mirror, tmp_path, fault):
    Mirror.faults = ["cut", fault]
    fetch(mirror, tmp_path)
    assert (tmp_path / "part").read_bytes() == DATA


def test_a_part_that_is_longer_than_the_file_is_thrown_away(mirror, tmp_path):
    (tmp_path / "part").write_bytes(DATA + b"more")
    fetch(mirror, tmp_path)
    assert ranges() == [f"bytes={len(DATA) + 4}-", None]


@pytest.mark.parametrize("faults", [[503, 429, 500], ["hang up"], [502, "cut", "hang up"]])
def test_what_passes_is_waited_for(mirror, tmp_path, faults):
    Mirror.faults = list(faults)
    fetch(mirror, tmp_path)
    assert len(Mirror.seen) == len(faults) + 1


def test_the_index_is_asked_for_again_too(mirror, tmp_path):
    Mirror.faults = [503]
    fetch(mirror, tmp_path, checksum="")
    assert asked() == [INDEX, INDEX, f"/{NAME}"]


def test_a_pause_before_each_try_grows(monkeypatch):
    pauses = []
    monkeypatch.setattr(download.time, "sleep", pauses.append)

    def fail():
        raise ConnectionResetError("reset")

    with pytest.raises(download.Unreachable, match="reset"):
        download._retry("https://go.dev/dl/x", fail)
    assert pauses == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("fault", "words"), [(503, "503 Service Unavailable"), ("hang up", "cannot get http"), ("cut", "the connection ended after")]
)
def test_what_does_not_pass_is_told(mirror, tmp_path, fault, words):
    Mirror.faults = [fault] * 9
    with pytest.raises(download.Unreachable, match=words):
        fetch(mirror, tmp_path)
    assert len(Mirror.seen) == 4


@pytest.mark.parametrize(("name", "status"), [("go1.99.0.linux-amd64.tar.gz", "404 Not Found"), (NAME, "403 Forbidden")])
def test_what_is_not_there_is_not_asked_for_again(mirror, tmp_path, name, status):
    Mirror.faults = [403] if name == NAME else []
    with pytest.raises(download.Unreachable, match=f"cannot get {mirror}/{name}: {status}"):
        fetch(mirror, tmp_path, name=name)
    assert len(Mirror.seen) == 1


def test_nobody_listens(tmp_path, monkeypatch):
    monkeypatch.setattr(download.retries, "pauses", lambda: [])
    with pytest.raises(download.Unreachable, match=r"cannot get http://127.0.0.1:1/.*refused") as caught:
        fetch("http://user:hunter2secret@127.0.0.1:1", tmp_path)
    assert "hunter2secret" not in str(caught.value.as_result())


def test_a_certificate_that_does_not_hold_is_not_tried_again(monkeypatch):
    monkeypatch.setattr(download.time, "sleep", lambda _seconds: pytest.fail("it waited"))

    def fail():
        raise urllib.error.URLError(ssl.SSLCertVerificationError(1, "certificate verify failed"))

    with pytest.raises(download.Unreachable, match="certificate verify failed") as caught:
        download._retry("https://go.dev/dl/x", fail)
    assert "SSL_CERT_FILE" in caught.value.fix


@pytest.mark.parametrize("limit", [10, len(DATA) - 1])
def test_what_is_too_large_for_an_archive_is_refused(mirror, tmp_path, monkeypatch, limit):
    monkeypatch.setattr(download, "MAX_ARCHIVE", limit)
    with pytest.raises(GoPluginsError, match="no archive of a Go release"):
        fetch(mirror, tmp_path)
    assert len(Mirror.seen) == 1 and not (tmp_path / "part").exists()


def test_what_is_too_large_for_an_index_is_refused(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "MAX_INDEX", 10)
    with pytest.raises(GoPluginsError, match="no index of Go releases"):
        fetch(mirror, tmp_path, checksum="")


def test_a_redirect_is_followed_without_the_password(mirror, tmp_path):
    Mirror.faults = [f"{mirror}/{NAME}"]
    host = mirror.split("//")[1]
    fetch(f"http://user:hunter2secret@{host}/mirror", tmp_path)
    sent = "Basic " + base64.b64encode(b"user:hunter2secret").decode()
    assert Mirror.seen == [(f"/mirror/{NAME}", None, sent), (f"/{NAME}", None, None)]


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_out_of_the_web_is_not_followed(mirror, tmp_path, place, monkeypatch):
    monkeypatch.setattr(download.retries, "pauses", lambda: [])
    Mirror.faults = [place]
    with pytest.raises(GoPluginsError):
        fetch(mirror, tmp_path)
    assert not (tmp_path / "part").exists()


def test_a_redirect_from_https_to_http_is_not_followed():
    request = urllib.request.Request("https://go.dev/dl/x")
    with pytest.raises(GoPluginsError, match="leads to http://mirror/x, which is not https"):
        download._Redirects().redirect_request(request, None, 302, "Found", {}, "http://mirror/x")
    assert download._Redirects().redirect_request(request, None, 302, "Found", {}, "https://mirror/x").full_url == "https://mirror/x"


def test_the_proxy_of_the_environment_is_used(mirror, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", mirror)
    with pytest.raises(download.Unreachable, match="404"):
        fetch("http://mirror.example.com/go", tmp_path)
    assert asked() == [f"http://mirror.example.com/go/{NAME}"]


@pytest.fixture
def authority(tmp_path):
    """A private CA: path of its certificate, and of the key and certificate of the server "localhost"."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (tmp_path / "ca.pem").write_bytes(certificate.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "server.pem").write_bytes(secret + certificate.public_bytes(pem))
    return tmp_path / "ca.pem", tmp_path / "server.pem"


@pytest.fixture
def secure(mirror, authority):
    """The same mirror by https."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority[1])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


class Tunnel(http.server.BaseHTTPRequestHandler):
    """A proxy, which for https only passes bytes on."""

    seen: t.ClassVar[list[str]] = []

    def do_CONNECT(self):
        self.seen.append(self.path)
        host, port = self.path.split(":")
        with socket.create_connection((host, int(port))) as server:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=self.carry, args=(server, self.connection))
            back.start()
            self.carry(self.connection, server)
            back.join()

    @staticmethod
    def carry(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def log_message(self, *_arguments):
        pass


def test_nobody_trusts_a_private_ca_unasked(secure, tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with pytest.raises(download.Unreachable, match="certificate verify failed") as caught:
        fetch(secure, tmp_path)
    assert "ca_path" in caught.value.fix and Mirror.seen == []


def test_a_private_ca_is_trusted_when_it_is_named(secure, authority, tmp_path):
    fetch(secure, tmp_path, checksum="", ca_path=str(authority[0]))
    assert (tmp_path / "part").read_bytes() == DATA


def test_a_private_ca_is_trusted_when_the_environment_names_it(secure, authority, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority[0]))
    fetch(secure, tmp_path)
    assert (tmp_path / "part").read_bytes() == DATA


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_a_ca_file_that_is_none_is_told(tmp_path, text):
    if text:
        (tmp_path / "ca.pem").write_text(text)
    with pytest.raises(GoPluginsError, match=f"ca_path {tmp_path}/ca.pem holds no certificates: ."):
        fetch("https://localhost:1", tmp_path, ca_path=str(tmp_path / "ca.pem"))


def test_a_proxy_for_https_only_passes_bytes_on(secure, authority, tmp_path, monkeypatch):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tunnel) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{server.server_port}")
        try:
            fetch(secure, tmp_path, ca_path=str(authority[0]))
        finally:
            server.shutdown()
            thread.join()
    assert (tmp_path / "part").read_bytes() == DATA
    assert Tunnel.seen == [secure[len("https://") :]] and asked() == [f"/{NAME}"]


@pytest.mark.parametrize("index", [b"", b"{", b'[{"files": [{}]}]', b'{"files": 1}', b"[1]", b"null", b"[" * 100_000, b"\xff"])
def test_an_index_that_cannot_be_read(index):
    with pytest.raises(GoPluginsError, match="the site's index of Go releases cannot be read"):
        download.published_checksum(index, NAME)


@pytest.mark.parametrize("index", [[], [{"files": []}], [{"files": [{"filename": f"{NAME}.asc", "sha256": SHA256}]}]])
def test_an_index_without_the_release(index):
    with pytest.raises(GoPluginsError, match=f"{NAME} is not in the site's index"):
        download.published_checksum(json.dumps(index).encode(), NAME)


@pytest.mark.parametrize("checksum", ["", "abc", SHA256[:-1], f"{SHA256}0", None, 1, SHA256.upper()])
def test_an_index_without_a_checksum(checksum):
    with pytest.raises(GoPluginsError, match="has no SHA-256"):
        download.published_checksum(json.dumps([{"files": [{"filename": NAME, "sha256": checksum}]}]).encode(), NAME)
